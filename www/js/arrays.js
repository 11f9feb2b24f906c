// Which numbers does the fold lab offer? Each fills a Float64Array; the same seed gives the same numbers on every machine.

/** Returns a generator of doubles in [0, 1) with 53 random bits: xorshift64* in 32-bit halves is slow, so xoshiro128**. */
export function random(seed) {
  let [a, b, c, d] = [seed, seed ^ 0x9e3779b9, 0x243f6a88, 0xb7e15162];
  const next = () => {
    const product = Math.imul(b, 5);
    const result = Math.imul((product << 7) | (product >>> 25), 9) >>> 0;
    const shifted = b << 9;
    c ^= a;
    d ^= b;
    b ^= c;
    a ^= d;
    c ^= shifted;
    d = (d << 11) | (d >>> 21);
    return result;
  };
  for (let i = 0; i < 16; i++) next();
  return () => (next() * 2097152 + (next() >>> 11)) / 9007199254740992;
}

/** Puts the values in another order: Fisher–Yates. */
export function shuffle(values, seed) {
  const uniform = random(seed);
  for (let i = values.length - 1; i > 0; i--) {
    const j = Math.floor(uniform() * (i + 1));
    const value = values[i];
    values[i] = values[j];
    values[j] = value;
  }
}

export const ARRAYS = {
  uniform: {
    label: "random",
    note: "Random numbers between 0 and 1: nothing difficult, and still the last digits of a loop depend on the order.",
    fill(values) {
      const uniform = random(7);
      for (let i = 0; i < values.length; i++) values[i] = uniform();
    },
  },
  tenth: {
    label: "0.1, repeated",
    note: "The double nearest to 0.1, again and again. All are equal, so no order can change anything: only the rounding of each step is left.",
    fill(values) {
      values.fill(0.1);
    },
  },
  cancelling: {
    label: "large and small",
    note: "A third are 10¹⁶, a third −10¹⁶, a third 1. The large ones cancel; what remains is as many ones as there are.",
    fill(values) {
      const third = Math.floor(values.length / 3);
      values.fill(1);
      values.fill(1e16, 0, third);
      values.fill(-1e16, third, 2 * third);
      shuffle(values, 11);
    },
  },
  illConditioned: {
    label: "ill-conditioned",
    note: "Numbers of sixty binary orders of magnitude, each with its opposite, and a few small ones that have none: those are the sum.",
    fill(values) {
      const uniform = random(13);
      const pairs = Math.floor((values.length * 0.495)) * 2;
      for (let i = 0; i < pairs; i += 2) {
        const value = (uniform() + 0.5) * 2 ** Math.floor(uniform() * 60);
        values[i] = value;
        values[i + 1] = -value;
      }
      for (let i = pairs; i < values.length; i++) values[i] = uniform();
      shuffle(values, 17);
    },
  },
  offset: {
    label: "far from zero",
    note: "Readings near a thousand million that differ by less than one, as time stamps do.",
    fill(values) {
      const uniform = random(19);
      for (let i = 0; i < values.length; i++) values[i] = 1e9 + uniform();
    },
  },
};

/** Returns the numbers in a text: separated by spaces, commas, semicolons or lines, with or without brackets. */
export function parseNumbers(text) {
  const words = text.replace(/[[\](){}]/g, " ").split(/[\s,;]+/).filter((word) => word !== "");
  return Float64Array.from(words, (word, at) => {
    const special = /^([+-]?)(inf(?:inity)?|nan)$/i.exec(word);
    if (special) return special[2][0].toLowerCase() === "n" ? NaN : special[1] === "-" ? -Infinity : Infinity;
    const value = Number(word.replaceAll("_", ""));
    if (Number.isNaN(value)) throw new Error(`“${word.slice(0, 40)}” (number ${at + 1}) is not a number.`);
    return value;
  });
}
