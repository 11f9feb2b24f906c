// Do the digits on the page say what the double is, and mark what differs?

import assert from "node:assert/strict";
import { test } from "node:test";
import { parseNumbers, random, shuffle } from "../../www/js/arrays.js";
import { hex, pieces, roughly, ulps, write } from "../../www/js/digits.js";
import { bytes, count, duration } from "../../www/js/dom.js";
import { readNpy } from "../../www/js/npy.js";

const read = (text) => Number(text.replaceAll("−", "-").replace(" × 10^", "e"));

test("what is written reads back as the same double", () => {
  const uniform = random(3);
  const some = [0, 1, 333334, 0.1, 1e16, 1e22, 1e100, -1e300, -2.5, 100, 1e-7, 5e-324, Number.MAX_VALUE, 999999.9998389754];
  for (let i = 0; i < 500; i++) some.push((uniform() - 0.5) * 2 ** Math.floor(uniform() * 200 - 100));
  for (const value of some) {
    assert.equal(read(write(value)), value);
    assert.equal(read(write(value, false)), value);
  }
  assert.deepEqual([write(-0), write(NaN), write(-Infinity)], ["−0", "NaN", "−Infinity"]);
  assert.deepEqual([write(333334), write(-1e300), write(1e16)], ["333334", "−1.0000000000000001 × 10^300", "1 × 10^16"]);
});

/** `_` before a gap, `!` before what differs, `^` before the power. */
const marks = (value, reference) =>
  pieces(write(value, false), write(reference, false)).map(({ text, differs, gap, power }) => `${gap ? "_" : ""}${differs ? "!" : ""}${power ? "^" : ""}${text}`).join("");

test("digits are marked from the first that differs", () => {
  assert.equal(marks(0.5, 0.5), "0.500_000_000_000_000_00");
  assert.equal(marks(500078.46904043603, 500078.4690404404), "500_078.469_040_4!36_!03");
  assert.equal(marks(5, 333334), "!5.000_!000_!000_!000_!000_!0");
  assert.equal(marks(-2, 2).includes("!"), true);
  assert.equal(marks(1e20, 1e21).endsWith("!^20"), true);
});

test("ulps count the doubles between two, across zero too", () => {
  assert.equal(ulps(1, 1), 0n);
  assert.equal(ulps(1 + Number.EPSILON, 1), 1n);
  assert.equal(ulps(5e-324, -5e-324), 2n);
  assert.equal(ulps(0, -0), 0n);
  assert.equal(ulps(NaN, 1), null);
  assert.equal(hex(-0), "8000000000000000");
});

test("sizes, counts, times and bytes are written for the eye", () => {
  assert.deepEqual([4.44e-9, 333329, 1, 0.25, 1e100].map(roughly), ["4.4 × 10⁻⁹", "330,000", "1", "0.25", "1.0 × 10¹⁰⁰"]);
  assert.deepEqual([999, 1000, 1234567, 12345n].map(count), ["999", "1,000", "1,234,567", "12,345"]);
  assert.deepEqual([3.2e-7, 0.0382, 1.163, 19.6, 2500].map(duration), ["0.320 ns", "38.2 µs", "1.16 ms", "19.6 ms", "2.50 s"]);
  assert.deepEqual([431, 774000, 8491133].map(bytes), ["431 B", "774 kB", "8.49 MB"]);
});

test("pasted numbers may stand in brackets, with commas, lines or spaces; a word is named with its place", () => {
  assert.deepEqual([...parseNumbers("[1, 2.5;\n-3e2\t.5 1_000 -inf NaN]")], [1, 2.5, -300, 0.5, 1000, -Infinity, NaN]);
  assert.equal(parseNumbers(" ").length, 0);
  assert.throws(() => parseNumbers("1 2 x3"), /“x3” \(number 3\) is not a number/);
});

test("the same seed gives the same numbers in [0, 1) and the same order, which keeps every number", () => {
  const [a, b] = [random(7), random(7)];
  const values = Float64Array.from({ length: 1000 }, a);
  assert.deepEqual(values, Float64Array.from({ length: 1000 }, b));
  assert.ok(values.every((value) => value >= 0 && value < 1));
  assert.ok(Math.abs(values.reduce((x, y) => x + y) / 1000 - 0.5) < 0.05);
  const mixed = values.slice();
  shuffle(mixed, 1);
  assert.notDeepEqual(mixed, values);
  assert.deepEqual(mixed.toSorted(), values.toSorted());
});

test("a .npy file is read by its header; what is cut off or of another type is refused", () => {
  const file = (header, data) => {
    const text = header.padEnd(117) + "\n";
    return Uint8Array.from([...Buffer.from("\x93NUMPY\x01\x00\x76\x00", "latin1"), ...Buffer.from(text), ...new Uint8Array(data.buffer)]).buffer;
  };
  const { values, shape } = readNpy(file("{'descr': '<i2', 'fortran_order': False, 'shape': (2, 2), }", Int16Array.of(1, -2, 3, 4)));
  assert.deepEqual([[...values], shape], [[1, -2, 3, 4], [2, 2]]);
  assert.deepEqual(readNpy(file("{'descr': '<f8', 'fortran_order': False, 'shape': (), }", Float64Array.of(7))).values[0], 7);
  assert.throws(() => readNpy(file("{'descr': '<i8', 'fortran_order': False, 'shape': (1,), }", BigInt64Array.of(1n))), /holds <i8; expected one of/);
  assert.throws(() => readNpy(file("{'descr': '<f8', 'fortran_order': False, 'shape': (9,), }", Float64Array.of(1))), /cut off/);
  assert.throws(() => readNpy(new ArrayBuffer(4)), /not a .npy file/);
});
