// What counts as ids.

import { NearfoldError, badParameter, describe, refuseDetached } from "./error.js";

/** No vector has this id. */
const NONE = 2n ** 64n - 1n;

/** Returns ids as the kernel takes them: a copy, a BigUint64Array or an array of strings. */
export function idList(ids) {
  if (!Array.isArray(ids) || typeof ids[0] !== "string") return idsToBigints(ids);
  return Array.from(ids, (id, i) => {
    if (typeof id !== "string") throw badParameter("ids", `strings, as the first one is, in row ${i}`, id);
    // What is no UTF-16 would be another string in UTF-8.
    if (/\p{Surrogate}/u.test(id)) throw badParameter("ids", `strings without lone surrogates in row ${i}`, id);
    return id;
  });
}

/** Orders strings by their bytes in UTF-8, as ties are: UTF-16 has the characters beyond U+FFFF before the last ones below. */
export function byBytes(a, b) {
  for (let i = 0; i < a.length && i < b.length; i++) {
    const difference = rank(a.charCodeAt(i)) - rank(b.charCodeAt(i));
    if (difference) return difference;
  }
  return a.length - b.length;
}

const rank = (unit) => (unit < 0xd800 ? unit : unit < 0xe000 ? unit + 0x2000 : unit - 0x800);

export function idsToBigints(ids) {
  refuseDetached(ids, "ids");
  // A copy: what the caller does to its own meanwhile does not matter.
  if (ids instanceof BigUint64Array) return new BigUint64Array(ids);
  if (!Array.isArray(ids) && !(ArrayBuffer.isView(ids) && ids.length !== undefined)) throw badParameter("ids", "an array of integers or of strings, or a BigUint64Array", ids);
  return BigUint64Array.from(ids, (id) => {
    if (Number.isSafeInteger(id) && id >= 0) return BigInt(id);
    if (typeof id === "bigint" && BigInt.asUintN(64, id) === id && id !== NONE) return id;
    throw new NearfoldError("bad_parameter", `ids: expected integers from 0 to 2^53 - 1, or BigInts up to 2^64 - 2, got ${describe(id)}`);
  });
}
