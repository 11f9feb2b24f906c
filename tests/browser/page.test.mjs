// Does the demo page do what it says, in a real browser?

import assert from "node:assert/strict";
import { test } from "node:test";
import { longestTask, open, served, SITE } from "./browser.mjs";

const address = await served(SITE);

const names = (page) => page.locator("#neighbours .name").allTextContents();
const status = (page, text) => page.locator("#near-status", { hasText: text }).waitFor({ state: "attached" });

/** Opens the page and waits for the first search. */
async function opened(options) {
  const page = await open(address, options);
  await page.locator("#neighbours li").nth(9).waitFor();
  return page;
}

/** Waits until the fold lab has answered. */
const folded = (page) => page.locator('#versus[aria-busy="false"]').waitFor();

async function choose(page, name, value) {
  const before = await page.locator("#fold-status").textContent();
  await page.locator(`input[name=${name}][value="${value}"]`).check();
  await page.waitForFunction((before) => document.querySelector("#fold-status").textContent !== before, before);
  await folded(page);
}

const spoken = (page, id) => page.locator(`#${id} .visually-hidden`).textContent();

test("a package's neighbours are packages like it", async () => {
  // Not from that package, which is the first: its answer would be taken for the one after the typing.
  const page = await opened({ hash: "#package=fdupes" });
  await status(page, "neighbours of fdupes");
  await page.locator("#package").fill("");
  await page.locator("#package").pressSequentially("gnuchess");
  await page.locator("#completions [role=option]").first().waitFor();
  await page.keyboard.press("Enter");
  await status(page, "neighbours of gnuchess");
  const found = await names(page);
  assert.equal(found.length, 10);
  assert.equal(found.includes("gnuchess"), false, "a package is not its own neighbour");
  const chess = await page.locator("#neighbours li", { hasText: /chess/i }).count();
  assert.ok(chess >= 8, `${chess} of 10 speak of chess: ${found}`);
  const distances = (await page.locator("#neighbours .distance .figure").allTextContents()).map(Number);
  assert.deepEqual(distances, distances.toSorted((a, b) => a - b));
  assert.match(await page.locator("#recall-text").textContent(), /^\d+ of 10$/);
  assert.match(await page.locator("#graph-time").textContent(), /^[\d.]+ (µs|ms)$/);
  assert.deepEqual(page.problems, []);
});

test("neighbours follow the typing, before anything is chosen", async () => {
  const page = await opened();
  await page.locator("#package").fill("postgresql-15");
  await status(page, "neighbours of postgresql-15");
  assert.match(await page.locator("#query-line").textContent(), /^postgresql-15/);
  assert.deepEqual(page.problems, []);
});

test("a click on a neighbour makes it the query, and Back returns", async () => {
  const page = await opened();
  const [first] = await names(page);
  await page.locator("#neighbours .name").first().click();
  await status(page, `neighbours of ${first}`);
  assert.equal(await page.locator("#package").inputValue(), first);
  await page.goBack();
  await status(page, "neighbours of gnuchess");
  assert.deepEqual(page.problems, []);
});

test("a question in words finds what it asks for", async () => {
  const page = await opened();
  await page.locator("#question").selectOption({ label: "find duplicate files" });
  await status(page, "neighbours of find duplicate files");
  const found = await names(page);
  assert.ok(found.some((name) => ["fdupes", "rdfind", "jdupes", "duff", "hardlink"].includes(name)), String(found));
  assert.deepEqual(page.problems, []);
});

test("a wider ef_search compares more candidates and misses nothing", async () => {
  const page = await opened();
  await page.locator("#ef").fill("8");
  await page.locator("#near-code code", { hasText: "efSearch: 512" }).waitFor({ state: "attached" });
  assert.equal(await page.locator("#ef-value").textContent(), "512");
  assert.equal(await page.locator("#recall-text").textContent(), "10 of 10");
  assert.deepEqual(page.problems, []);
});

test("the index that the page builds has the bytes of the command line's", async () => {
  const page = await opened();
  await page.locator("#build").click();
  await page.locator("#build-status", { hasText: /Built in|not|answered/ }).waitFor({ timeout: 240_000 });
  assert.match(await page.locator("#build-status").textContent(), /^Built in [\d.]+ s, [\d,]+ vectors per second\. [\d,]+ bytes: the same as the command line’s, every one\.$/);
  assert.deepEqual(page.problems, []);
});

test("a build can be stopped, and the search goes on", async () => {
  const page = await opened();
  await page.locator("#build").click();
  await page.locator("#build", { hasText: "Stop" }).click();
  await page.locator("#build-status", { hasText: "Stopped." }).waitFor();
  await page.locator("#neighbours .name").first().click();
  await page.waitForFunction(() => !document.querySelector("#near-status").textContent.includes("gnuchess"));
  assert.deepEqual(page.problems, []);
});

test("the address names the package", async () => {
  const page = await opened({ hash: "#package=0ad" });
  await status(page, "neighbours of 0ad");
  const other = await opened({ hash: "#package=no-such-package" });
  await status(other, "neighbours of gnuchess");
  assert.deepEqual([...page.problems, ...other.problems], []);
});

test("shuffling changes the plain loop's sum and never ours", async () => {
  const page = await opened();
  await folded(page);
  await choose(page, "array", "illConditioned");
  for (let shuffle = 1; shuffle <= 3; shuffle++) {
    await page.locator("#shuffle").click();
    await page.locator("#orders th", { hasText: `shuffle ${shuffle}` }).waitFor();
  }
  const bits = (column) => page.locator(`#orders td:nth-child(${column}) .bits`).allTextContents();
  const [ours, theirs] = [await bits(2), await bits(3)];
  assert.equal(ours.length, 4);
  assert.equal(new Set(ours).size, 1, `ours: ${ours}`);
  assert.ok(new Set(theirs).size > 1, `the loop: ${theirs}`);
  assert.deepEqual(page.problems, []);
});

test("a third of 10¹⁶, a third of −10¹⁶ and a third of 1 add up to the ones", async () => {
  const page = await opened();
  await folded(page);
  await choose(page, "array", "cancelling");
  assert.equal(Number(await spoken(page, "ours-digits")), 333334);
  assert.notEqual(Number(await spoken(page, "theirs-digits")), 333334);
  assert.deepEqual(page.problems, []);
});

test("0.1 ten million times is the correctly rounded sum", async () => {
  const page = await opened();
  await folded(page);
  await choose(page, "array", "tenth");
  await choose(page, "size", "10000000");
  // 0.1 as a double is 3602879701896397 / 2^55; times 10^7 and rounded once that is 1000000.
  assert.equal(Number(await spoken(page, "ours-digits")), 1e6);
  assert.equal(Number(await spoken(page, "theirs-digits")), 999999.9998389754);
  assert.deepEqual(page.problems, []);
});

test("your own numbers are folded; what is not a number is named, and the lab goes on", async () => {
  const page = await opened();
  await folded(page);
  await choose(page, "array", "own");
  assert.equal(Number(await spoken(page, "ours-digits")), 1);
  assert.equal(Number(await spoken(page, "theirs-digits")), 0);
  await page.locator("#own-numbers").fill("1, two, 3");
  await page.locator("#own-message", { hasText: "“two” (number 2) is not a number." }).waitFor();
  await page.locator("#own-numbers").fill("1, 2, 3");
  await page.locator("#own-message", { hasText: "3 numbers" }).waitFor();
  await folded(page);
  assert.equal(Number(await spoken(page, "ours-digits")), 6);
  await page.locator("input[name=op][value=mean]").check();
  await page.locator("#own-numbers").fill("");
  await page.locator("#own-message", { hasText: "(empty)" }).waitFor();
  await page.locator("#own-numbers").fill("4 6");
  await page.locator("#own-message", { hasText: "2 numbers" }).waitFor();
  await folded(page);
  assert.equal(Number(await spoken(page, "ours-digits")), 5);
  assert.deepEqual(page.problems, []);
});

test("a .npy file is read, and a file that is none is refused by name", async () => {
  const page = await opened();
  await folded(page);
  await page.locator("input[name=array][value=own]").check();
  await page.locator("#own-message", { hasText: "3 numbers" }).waitFor();
  const header = "{'descr': '<f4', 'fortran_order': False, 'shape': (4,), }".padEnd(117) + "\n";
  const file = Buffer.concat([Buffer.from("\x93NUMPY\x01\x00\x76\x00", "latin1"), Buffer.from(header), Buffer.from(Float32Array.of(1, 2, 3, 4.5).buffer)]);
  await page.locator("#own-file").setInputFiles({ name: "four.npy", mimeType: "application/octet-stream", buffer: file });
  await page.locator("#own-message", { hasText: "4 numbers from the file" }).waitFor();
  await folded(page);
  assert.equal(Number(await spoken(page, "ours-digits")), 10.5);
  await page.locator("#own-file").setInputFiles({ name: "not.npy", mimeType: "text/plain", buffer: Buffer.from("no array at all") });
  await page.locator("#own-message", { hasText: "not a .npy file" }).waitFor();
  assert.deepEqual(page.problems, []);
});

test("the page says what it runs on", async () => {
  const page = await opened();
  await page.locator("#environment dd", { hasText: "of wasm" }).waitFor();
  const text = await page.locator("#environment").innerText();
  assert.match(text, /Chrom(e|ium) \d+/);
  assert.match(text, /128 bit/);
  assert.match(text, /ready in\s+[\d.]+ ms/);
  assert.deepEqual(page.problems, []);
});

test("the main thread never works for 200 ms at a stretch while the index loads, searches and folds", async () => {
  // Processor time, not the clock's: on a busy machine any thread may be made to wait.
  const page = await open("about:blank");
  const { tasks, longest } = await longestTask(page, async () => {
    await page.goto(address);
    await page.locator("#neighbours li").nth(9).waitFor();
    await page.locator("#package").fill("");
    await page.locator("#package").pressSequentially("libre");
    await status(page, "neighbours of libre");
    await folded(page);
    await choose(page, "size", "10000000");
    await page.locator("#shuffle").click();
    await page.locator("#orders th", { hasText: "shuffle 1" }).waitFor();
  });
  assert.ok(tasks > 100, `${tasks} tasks were seen`);
  assert.ok(longest < 200, `the longest task took ${longest} ms`);
});

test("every control has a name, every reference a target, every image a text", async () => {
  const page = await opened();
  await folded(page);
  await page.locator("#package").fill("chess");
  await page.locator("#completions [role=option]").first().waitFor();
  await page.locator("summary").first().click();
  const faults = await page.evaluate(() => {
    const faults = [];
    const shown = (node) => node.getClientRects().length > 0;
    const line = (node) => node.outerHTML.slice(0, 90);
    for (const node of document.querySelectorAll("button, a[href], input, select, textarea, summary, [role=tab], [role=option], [role=listbox], [tabindex='0']")) {
      if (!shown(node)) continue;
      const labels = [...(node.labels ?? [])].map((label) => label.textContent).join("");
      const name = node.getAttribute("aria-label") ?? node.getAttribute("aria-labelledby") ?? (labels || node.textContent);
      if (!name.trim()) faults.push(`no name: ${line(node)}`);
    }
    for (const attribute of ["aria-labelledby", "aria-describedby", "aria-controls", "aria-activedescendant", "for"]) {
      for (const node of document.querySelectorAll(`[${attribute}]`)) {
        for (const id of node.getAttribute(attribute).split(" ")) {
          if (!document.getElementById(id)) faults.push(`${attribute} names nothing: ${line(node)}`);
        }
      }
    }
    const ids = [...document.querySelectorAll("[id]")].map((node) => node.id);
    for (const id of ids) if (ids.indexOf(id) !== ids.lastIndexOf(id)) faults.push(`id twice: ${id}`);
    for (const node of document.querySelectorAll("canvas, img")) if (!node.getAttribute("aria-label") && !node.alt) faults.push(`no text: ${line(node)}`);
    let level = 0;
    for (const heading of document.querySelectorAll("h1, h2, h3, h4")) {
      const next = Number(heading.tagName[1]);
      if (next > level + 1) faults.push(`heading jumps from ${level} to ${next}: ${heading.textContent}`);
      level = next;
    }
    if (!document.documentElement.lang) faults.push("no language");
    if (document.querySelectorAll("main").length !== 1) faults.push("not one main");
    if (document.querySelectorAll("h1").length !== 1) faults.push("not one h1");
    if (document.querySelectorAll("[role=status]").length === 0) faults.push("nothing announces results");
    return faults;
  });
  assert.deepEqual(faults, []);
});

for (const colorScheme of ["light", "dark"]) {
  test(`text stands out from its ground, ${colorScheme}`, async () => {
    const page = await opened({ colorScheme });
    await folded(page);
    await page.locator("#ef").fill("0");
    const faint = await page.evaluate(() => {
      const channels = (text) => text.match(/[\d.]+/g).map(Number);
      const luminance = (rgb) => {
        const [r, g, b] = rgb.slice(0, 3).map((c) => (c / 255 <= 0.03928 ? c / 255 / 12.92 : ((c / 255 + 0.055) / 1.055) ** 2.4));
        return 0.2126 * r + 0.7152 * g + 0.0722 * b;
      };
      const ground = (node) => {
        for (let at = node; at; at = at.parentElement) {
          const colour = channels(getComputedStyle(at).backgroundColor);
          if (colour.length === 3 || colour[3] === 1) return colour;
        }
        return [255, 255, 255];
      };
      const faint = [];
      for (const node of document.querySelectorAll("body *")) {
        const own = [...node.childNodes].some((child) => child.nodeType === 3 && child.textContent.trim());
        if (!own || node.getClientRects().length === 0 || node.closest(":disabled, .visually-hidden, .skip, noscript")) continue;
        const [a, b] = [luminance(channels(getComputedStyle(node).color)), luminance(ground(node))];
        const contrast = (Math.max(a, b) + 0.05) / (Math.min(a, b) + 0.05);
        if (contrast < 4.5) faint.push(`${contrast.toFixed(2)} ${node.className} ${node.textContent.slice(0, 40)}`);
      }
      return faint;
    });
    assert.deepEqual(faint, []);
  });
}

test("the whole page can be used from the keyboard", async () => {
  const page = await opened();
  await folded(page);
  await page.locator("#package").focus();
  // At once: completions of a part of the word may come before those of the whole, which mark none.
  await page.keyboard.insertText("gimp");
  await page.locator("#completions [role=option]").nth(1).waitFor();
  await page.keyboard.press("ArrowDown");
  await page.keyboard.press("ArrowDown");
  const active = await page.locator("#package").getAttribute("aria-activedescendant");
  const chosen = await page.locator(`#${active} .name`).textContent();
  await page.keyboard.press("Enter");
  await status(page, `neighbours of ${chosen}`);
  assert.equal(await page.locator("#package").getAttribute("aria-expanded"), "false");
  await page.locator("summary").first().focus();
  await page.keyboard.press("Enter");
  await page.locator("#near-code [role=tab][aria-selected=true]").focus();
  await page.keyboard.press("ArrowRight");
  assert.equal(await page.evaluate(() => document.activeElement.textContent), "Python");
  assert.match(await page.locator("#near-code code").textContent(), /^import nearfold as nf/);
  assert.deepEqual(page.problems, []);
});

test("a phone shows everything without scrolling sideways", async () => {
  const page = await opened({ viewport: { width: 360, height: 740 }, hasTouch: true, isMobile: true });
  await folded(page);
  const [content, screen] = await page.evaluate(() => [document.documentElement.scrollWidth, document.documentElement.clientWidth]);
  assert.ok(content <= screen, `${content} pixels on a screen of ${screen}`);
  assert.deepEqual(page.problems, []);
});

test("when a file is missing the page says which, and does not hang", async () => {
  const page = await open("about:blank");
  await page.route("**/debian20k.nearfold", (route) => route.fulfill({ status: 404, body: "" }));
  await page.goto(address);
  await page.locator("#failure", { hasText: "debian20k.nearfold" }).waitFor();
});

test("a damaged index is refused with its code, and the fold lab still works", async () => {
  const page = await open("about:blank");
  await page.route("**/debian20k.nearfold", (route) => route.fulfill({ status: 200, body: Buffer.alloc(4096, 7) }));
  await page.goto(address);
  await page.locator("#failure", { hasText: /^debian20k\.nearfold .*\(corrupt\)$/ }).waitFor();
  await folded(page);
  assert.ok(Number(await spoken(page, "ours-digits")) > 0);
});
