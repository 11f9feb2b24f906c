// Which ids of an index a search may return, worked out once for many searches.

import { FilterCore } from "./wasm/nearfold.js";
import { NearfoldError, badParameter, owned } from "./error.js";
import { near } from "./kernel.js";

/** Made by `Index.filter`. */
export class Filter {
  #core;
  #index;

  constructor(core, index) {
    if (!(core instanceof FilterCore)) throw new TypeError("a Filter is made by index.filter(…)");
    this.#core = core;
    this.#index = index;
  }

  get count() {
    return near.enter(() => this.#live().count);
  }

  /** The kernel's handle, for searches of the index that the filter was made from. */
  coreFor(index) {
    if (index !== this.#index) throw badParameter("filter", "a filter of this index", "one of another index");
    return this.#live();
  }

  free() {
    near.forget(this.#core);
    this.#core = undefined;
  }

  #live() {
    near.ready();
    if (!this.#core) throw new NearfoldError("freed", "this Filter was freed");
    return this.#core;
  }
}
owned(Filter, "Filter");
