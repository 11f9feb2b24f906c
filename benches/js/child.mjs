// A Node process for one engine: commands in, results out.

import { load } from "./libraries.mjs";
import { Session } from "./session.mjs";

const clock = () => {
  const { user, system } = process.cpuUsage();
  return (user + system) / 1000;
};
const session = new Session(clock);
let before;

const resident = () => {
  globalThis.gc?.();
  return process.memoryUsage().rss;
};

const commands = {
  open: (name, set, parameters) => session.open(name, set, parameters, load),
  async build(ef) {
    before ??= resident();
    return session.build(ef);
  },
  recall: (ef) => session.recall(ef),
  round: (ef) => session.round(ef),
  memory: () => resident() - before,
};

process.on("message", async ([command, ...values]) => {
  try {
    process.send({ value: await commands[command](...values) });
  } catch (error) {
    process.send({ error: String(error?.message ?? error) });
  }
});
