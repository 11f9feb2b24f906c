// Where an engine runs: a Node process or a page of Chromium, each its own, behind one function `ask`.

import { fork } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { fileURLToPath } from "node:url";
import { chromium } from "playwright-core";

const CHROMIUM = process.env.CHROMIUM ?? "/usr/bin/chromium";
const FLAGS = [
  "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run",
  "--disable-background-networking", "--disable-component-update", "--disable-sync",
]; // prettier-ignore

export function node(name, set, parameters) {
  const child = fork(fileURLToPath(new URL("child.mjs", import.meta.url)), {
    execArgv: ["--expose-gc"],
    serialization: "advanced",
    stdio: ["ignore", "ignore", "ignore", "ipc"], // peers print
  });
  const ask = (...message) =>
    new Promise((resolve, reject) => {
      const ended = (code) => reject(new Error(`its process ended with ${code}`));
      child.once("exit", ended);
      child.once("message", ({ value, error }) => {
        child.off("exit", ended);
        if (error === undefined) resolve(value);
        else reject(new Error(error));
      });
      child.send(message);
    });
  return { name, ask, open: () => ask("open", name, set, parameters), close: () => child.kill() };
}

export async function browser(origin) {
  const profile = mkdtempSync(`${tmpdir()}/nearfold-bench-`);
  const context = await chromium.launchPersistentContext(profile, { executablePath: CHROMIUM, headless: true, args: FLAGS });
  return {
    version: context.browser()?.version(),
    async page(name, { base, queries, ...set }, parameters) {
      const page = await context.newPage();
      await page.goto(`${origin}/page.html`);
      await page.waitForFunction(() => window.command !== undefined);
      // Every engine has a page. Chromium runs those that are not in front at a lower priority.
      const ask = async (...message) => {
        await page.bringToFront();
        return page.evaluate((message) => window.command(...message), message);
      };
      return { name, ask, open: () => ask("open", name, { ...set, limits: Array.from(set.limits) }, parameters), close: () => page.close() };
    },
    async close() {
      await context.close();
      rmSync(profile, { recursive: true, force: true });
    },
  };
}
