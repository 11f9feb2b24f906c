// What runs the fold lab? One array, resident in the kernel's memory, that both sides read in place.
import { alloc, init, kernelMemory, mean, norm, sum, variance } from "../nearfold/index.js";
import { ARRAYS, parseNumbers, shuffle } from "./arrays.js";
import * as loops from "./loops.js";
import { readNpy } from "./npy.js";
import { measure, serve, start } from "./serve.js";

const KERNEL = { sum, mean, variance, norm };
const BUDGET = 160; // milliseconds of measuring for each side

let array = null;
let orders = 0;

function hold(n) {
  array?.free();
  array = null; // should there be no room for the next, the lab is empty rather than broken
  array = alloc(n, "float64");
  orders = 0;
  return array.view();
}

/** Makes the array of a choice, of the page's text or of a .npy file; returns how many numbers there are. */
function make({ choice, n, text, file }) {
  if (choice !== "own") {
    ARRAYS[choice].fill(hold(n));
  } else {
    const values = file ? readNpy(file).values : parseNumbers(text);
    hold(values.length).set(values);
  }
  return { n: array.view().length, kernelMemory: kernelMemory() };
}

/** Folds the array both ways: the values and the milliseconds. */
function fold({ op }) {
  const values = array.view();
  const ours = KERNEL[op](array);
  const theirs = loops[op](values);
  const ourTime = measure(() => KERNEL[op](array), BUDGET, "best");
  const theirTime = measure(() => loops[op](values), BUDGET, "best");
  return { n: values.length, order: orders, ours: { value: ours, ...ourTime }, theirs: { value: theirs, ...theirTime } };
}

/** Puts the numbers in another order and folds them again, without measuring. */
function reorder({ op }) {
  orders += 1;
  shuffle(array.view(), orders);
  return { order: orders, ours: { value: KERNEL[op](array) }, theirs: { value: loops[op](array.view()) } };
}

serve({ load: () => start(init), make, fold, reorder });
