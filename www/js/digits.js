// Where do two doubles differ? Digits for the eye, ulps for the record.
import { count } from "./dom.js";

const scratch = new DataView(new ArrayBuffer(8));

/** Returns the bits of a double as sixteen hexadecimal digits. */
export function hex(value) {
  scratch.setFloat64(0, value);
  return scratch.getBigUint64(0).toString(16).padStart(16, "0");
}

/** Returns how many doubles lie between two, or null when one is not finite. */
export function ulps(a, b) {
  if (!Number.isFinite(a) || !Number.isFinite(b)) return null;
  const ordered = (value) => {
    scratch.setFloat64(0, value);
    const bits = scratch.getBigInt64(0);
    return bits < 0n ? -(bits & 0x7fffffffffffffffn) : bits;
  };
  const distance = ordered(a) - ordered(b);
  return distance < 0n ? -distance : distance;
}

/** Returns 17 significant digits, enough to tell every double from its neighbours; fewer where `whole` drops a fraction's zeros. */
export function write(value, whole = Number.isInteger(value)) {
  if (!Number.isFinite(value)) return String(value).replace("-", "−");
  if (value === 0) return Object.is(value, -0) ? "−0" : "0";
  const size = Math.abs(value);
  const text = size >= 1e-5 && size < 1e16 ? value.toPrecision(17) : value.toExponential(16);
  const [mantissa, exponent] = text.split("e");
  const digits = whole && mantissa.includes(".") ? mantissa.replace(/\.?0+$/, "") : mantissa;
  const power = exponent === undefined ? "" : ` × 10^${exponent.replace("+", "")}`;
  return (digits + power).replaceAll("-", "−");
}

/**
 * Returns the text in pieces `{ text, differs }`: digits group by three from the point, and
 * `differs` from the first digit that is not the reference's.
 */
export function pieces(text, reference) {
  let same = 0;
  if (text === reference) same = text.length;
  else {
    const place = (t) => t.replace("−", "").search(/[.\s]|$/);
    const comparable = place(text) === place(reference) && text.startsWith("−") === reference.startsWith("−")
      && text.split(" × ")[1] === reference.split(" × ")[1];
    if (comparable) while (text[same] === reference[same]) same++;
  }
  const [mantissa, power] = text.split(/ × 10\^/);
  const point = mantissa.includes(".") ? mantissa.indexOf(".") : mantissa.length;
  const out = [];
  const push = (character, differs, gap) => {
    const previous = out.at(-1);
    if (previous && previous.differs === differs && !gap && !previous.power) previous.text += character;
    else out.push({ text: character, differs, gap });
  };
  [...mantissa].forEach((character, at) => {
    const fromPoint = at < point ? point - at : at - point - 1;
    const gap = /\d/.test(character) && at > 0 && /\d/.test(mantissa[at - 1]) && fromPoint % 3 === 0 && fromPoint > 0;
    push(character, at >= same, gap);
  });
  if (power !== undefined) out.push({ text: power, differs: same < text.length && same === 0, power: true });
  return out;
}

const RAISED = { "-": "⁻", 0: "⁰", 1: "¹", 2: "²", 3: "³", 4: "⁴", 5: "⁵", 6: "⁶", 7: "⁷", 8: "⁸", 9: "⁹" };

/** Returns two digits of a size: `0.25`, `330,000` or `4.4 × 10⁻⁹`. */
export function roughly(size) {
  if (size >= 1e3 && size < 1e6) return count(Number(size.toPrecision(2)));
  if (size >= 1e-3 && size < 1e3) return String(Number(size.toPrecision(2)));
  const [digits, power] = size.toExponential(1).split("e");
  return `${digits} × 10${[...power.replace("+", "")].map((character) => RAISED[character]).join("")}`;
}
