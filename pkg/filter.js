// Which ids of an index a search may return, worked out once for many searches.

import { badParameter } from "./error.js";
import { Handle, MADE } from "./handle.js";
import { near } from "./kernel.js";

/** Made by `Index.filter`. */
export class Filter extends Handle {
  #index;

  constructor(made, address, index) {
    if (made !== MADE) throw new TypeError("a Filter is made by index.filter(…)");
    super(near, "filter", address);
    this.#index = index;
  }

  get [Symbol.toStringTag]() {
    return "Filter";
  }

  get count() {
    return near.call("filter_count", this.core);
  }

  /** The kernel's handle, for searches of the index that the filter was made from. */
  coreFor(index) {
    if (index !== this.#index) throw badParameter("filter", "a filter of this index", "one of another index");
    return this.core;
  }
}
