// What do the tests open pages with? Debian's Chromium, and a record of all that went wrong in a page.

import { existsSync } from "node:fs";
import { join } from "node:path";
import { after } from "node:test";
import { fileURLToPath } from "node:url";
import { chromium } from "playwright-core";
import { serve } from "../../tools/serve.mjs";

export const ROOT = fileURLToPath(new URL("../..", import.meta.url));
export const SITE = join(ROOT, "target/site");
export const CLI = join(ROOT, "target/release/nearfold");

const EXECUTABLE = process.env.CHROMIUM ?? "/usr/bin/chromium";
const FLAGS = [
  "--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run",
  "--disable-background-networking", "--disable-component-update", "--disable-sync",
];

const browser = await chromium.launch({ executablePath: EXECUTABLE, args: FLAGS });
after(() => browser.close());

/** Serves a folder while the tests of this file run; returns its address. */
export async function served(folder) {
  if (!existsSync(folder)) throw new Error(`${folder} is missing: run “make site” first`);
  const { address, close } = await serve(folder);
  after(close);
  return address;
}

/**
 * Opens a page in a context of its own. `page.problems` lists console errors, uncaught exceptions,
 * failed requests, answers of 400 and above, and requests to anywhere but `address`.
 */
export async function open(address, { hash = "", ...options } = {}) {
  const context = await browser.newContext(options);
  const page = await context.newPage();
  page.problems = [];
  page.on("console", (message) => message.type() === "error" && page.problems.push(`console: ${message.text()}`));
  page.on("pageerror", (error) => page.problems.push(`exception: ${error.message}`));
  page.on("requestfailed", (request) => page.problems.push(`failed: ${request.url()} ${request.failure().errorText}`));
  page.on("response", (response) => response.status() >= 400 && page.problems.push(`${response.status()}: ${response.url()}`));
  context.on("request", (request) => {
    const { origin, protocol } = new URL(request.url());
    const local = origin === new URL(address).origin || protocol === "data:" || protocol === "blob:";
    if (!local) page.problems.push(`left this machine: ${request.url()}`);
  });
  await page.goto(address + hash);
  return page;
}

/** Returns the milliseconds of processor time of the longest task of `page`'s main thread while `visit` runs. */
export async function longestTask(page, visit) {
  await browser.startTracing(page, { categories: ["devtools.timeline", "disabled-by-default-devtools.timeline"] });
  await visit();
  const { traceEvents } = JSON.parse(await browser.stopTracing());
  const key = ({ pid, tid }) => `${pid} ${tid}`;
  const main = new Set(traceEvents.filter(({ name, args }) => name === "thread_name" && args.name === "CrRendererMain").map(key));
  // A task that the trace cuts off has no processor time.
  const tasks = traceEvents.filter(({ name, ph, tdur, ...at }) => name === "RunTask" && ph === "X" && tdur !== undefined && main.has(key(at)));
  return { tasks: tasks.length, longest: Math.max(...tasks.map(({ tdur }) => tdur / 1000)) };
}
