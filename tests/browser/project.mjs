// A stranger's project: an empty folder, the tarball installed, some files.

import { execFileSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after } from "node:test";
import { fileURLToPath } from "node:url";

const ROOT = fileURLToPath(new URL("../..", import.meta.url));
const { version } = JSON.parse(readFileSync(join(ROOT, "pkg/package.json"), "utf8"));

/** Returns the path of a new project with these files, removed when the tests of the file are done. */
export function projectOf(files) {
  const path = mkdtempSync(join(tmpdir(), "nearfold-page-"));
  after(() => rmSync(path, { recursive: true, force: true }));
  writeFileSync(join(path, "package.json"), '{ "private": true, "type": "module" }\n');
  execFileSync("npm", ["install", join(ROOT, `target/npm/nearfold-${version}.tgz`), "--no-audit", "--no-fund", "--offline", "--loglevel=error"], { cwd: path });
  for (const [name, content] of Object.entries(files)) writeFileSync(join(path, name), content);
  return path;
}
