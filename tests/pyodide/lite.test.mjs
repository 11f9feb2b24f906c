// Does the notebook run to its end in JupyterLite, in Chromium, without asking anybody but its own server?

import assert from "node:assert/strict";
import { after, test } from "node:test";
import { fileURLToPath } from "node:url";
import { chromium } from "playwright-core";
import { serve } from "../../tools/serve.mjs";

const SITE = fileURLToPath(new URL("../../target/lite", import.meta.url));
const NOTEBOOK_MS_MAX = 300_000;

/** What a cell must print, by its place among the code cells. */
const EXPECTED = [
  /0\.1\.0/,
  /a loop says 0\.0 and the sum is 1\.0/,
  /20000 packages; \(20000, 384\) numbers read in place: 7680000 bytes/,
  /7,680,000 numbers, twice, in [\d.]+ s[^]*the component that varies most: \d+/,
  /<nearfold\.Index of 5000 vectors, dim=384, metric="cosine", storage="i8"[^]*built in/,
  /apache2 +Apache HTTP Server/,
  /ms a search; (9|10) of the 10 truly nearest found/,
  /the same answer: True from \d+ bytes\s+corrupt: /,
];

const { address, close } = await serve(SITE);
const browser = await chromium.launch({
  executablePath: process.env.CHROMIUM ?? "/usr/bin/chromium",
  args: [
    "--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run",
    "--disable-background-networking", "--disable-component-update", "--disable-sync",
  ],
});
after(() => Promise.all([browser.close(), close()]));

test("the notebook's cells print what they say, and nothing leaves this machine", { timeout: 2 * NOTEBOOK_MS_MAX }, async () => {
  const context = await browser.newContext({ viewport: { width: 1300, height: 4000 } });
  const outside = [];
  // Requests of workers are seen here too.
  context.on("request", (request) => {
    const { origin, protocol } = new URL(request.url());
    if (origin !== new URL(address).origin && !["data:", "blob:"].includes(protocol)) outside.push(request.url());
  });
  const page = await context.newPage();
  const thrown = [];
  page.on("pageerror", (error) => thrown.push(error.message));
  await page.goto(new URL("lab/index.html?path=nearfold.ipynb", address).href);
  const cells = page.locator(".jp-Notebook .jp-CodeCell");
  await cells.first().waitFor({ timeout: 120_000 });
  // The notebook draws its cells when there is time.
  await page.waitForFunction((n) => document.querySelectorAll(".jp-Notebook .jp-CodeCell").length === n, EXPECTED.length);
  for (const [i, expected] of EXPECTED.entries()) {
    const cell = cells.nth(i);
    await cell.locator(".cm-content").first().click();
    await page.keyboard.press("Shift+Enter");
    const prompt = cell.locator(".jp-InputPrompt").first();
    await page.waitForFunction((element) => /\[\d+\]/.test(element.textContent), await prompt.elementHandle(), { timeout: NOTEBOOK_MS_MAX });
    const output = cell.locator(".jp-OutputArea").first();
    // The last words of a cell may be drawn after its number.
    await page
      .waitForFunction(
        ([element, source]) => new RegExp(source).test(element.innerText),
        [await output.elementHandle(), expected.source],
        { timeout: 10_000 },
      )
      .catch(() => {});
    assert.match(await output.innerText(), expected, `cell ${i}`);
    assert.doesNotMatch(await output.innerText(), /Traceback/, `cell ${i}`);
  }
  assert.deepEqual(outside, []);
  assert.deepEqual(thrown, []);
});
