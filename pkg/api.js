// Everything that the entries of both halves share; an entry adds how the kernel is loaded.

export * from "./fold/api.js";
export * from "./near/api.js";
