// The script of a worker: it is run, not imported from. `nearfold/worker` says when one has to name it.
export {};
