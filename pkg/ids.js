// What counts as ids.

import { NearfoldError, badParameter, describe, refuseDetached } from "./error.js";

/** No vector has this id. */
const NONE = 2n ** 64n - 1n;

export function idsToBigints(ids) {
  refuseDetached(ids, "ids");
  // A copy: what the caller does to its own meanwhile does not matter.
  if (ids instanceof BigUint64Array) return new BigUint64Array(ids);
  if (!Array.isArray(ids) && !(ArrayBuffer.isView(ids) && ids.length !== undefined)) throw badParameter("ids", "an array of integers or a BigUint64Array", ids);
  return BigUint64Array.from(ids, (id) => {
    if (Number.isSafeInteger(id) && id >= 0) return BigInt(id);
    if (typeof id === "bigint" && BigInt.asUintN(64, id) === id && id !== NONE) return id;
    throw new NearfoldError("bad_parameter", `ids: expected integers from 0 to 2^53 - 1, or BigInts up to 2^64 - 2, got ${describe(id)}`);
  });
}
