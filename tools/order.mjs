// In which order do functions compress best? gzip finds what it saw in the last 32 KiB: like stands beside like.

/** How many instructions in a row are looked for. */
const RUN = 4;

/** How many bytes back is looked: what gzip keeps, less what a long function pushes out of it. */
const WINDOW = 20_000;

/** Returns a function's runs of instructions, each as a number. */
function runsOf({ code }) {
  const words = code.map(({ op, to, bytes }) => {
    let word = op;
    for (const part of bytes ?? [to].flat()) word = (Math.imul(word, 31) + part) | 0;
    return word;
  });
  const runs = new Set();
  for (let i = 0; i + RUN <= words.length; i++) {
    let run = 0;
    for (let j = i; j < i + RUN; j++) run = (Math.imul(run, 0x9e3779b1) ^ words[j]) | 0;
    runs.add(run);
  }
  return runs;
}

/**
 * Returns these functions' numbers, each followed by the one that has the largest part of its runs among those just
 * before it. Ties by number: the same module gives the same order.
 */
export function alike(module, numbers) {
  const nodes = numbers.map((f) => {
    const runs = runsOf(module.at(f));
    return { f, runs, bytes: module.at(f).code.reduce((sum, { bytes, to }) => sum + (bytes?.length ?? 1 + [to].flat().length), 0), seen: 0 };
  });
  const owners = new Map();
  for (const node of nodes) for (const run of node.runs) owners.has(run) ? owners.get(run).push(node) : owners.set(run, [node]);
  const inWindow = new Map();
  const step = (node, by) => {
    for (const run of node.runs) {
      const before = inWindow.get(run) ?? 0;
      inWindow.set(run, before + by);
      // The first in the window, or the last to leave it.
      if (before === 0 || before + by === 0) for (const other of owners.get(run)) other.seen += by;
    }
  };
  const left = new Set(nodes);
  const order = [];
  const window = [];
  let width = 0;
  while (left.size) {
    let best;
    let most = -1;
    for (const node of left) {
      const share = node.seen / (node.runs.size + 20);
      if (share > most) [best, most] = [node, share];
    }
    left.delete(best);
    order.push(best.f);
    window.push(best);
    width += best.bytes;
    step(best, 1);
    while (width > WINDOW && window.length > 1) {
      const gone = window.shift();
      width -= gone.bytes;
      step(gone, -1);
    }
  }
  return order;
}
