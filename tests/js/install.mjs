// Installs the packed tarball into an empty project, as a stranger would: what the tests import.

import { execFileSync, spawnSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after } from "node:test";
import { fileURLToPath, pathToFileURL } from "node:url";

export const ROOT = fileURLToPath(new URL("../..", import.meta.url));
const { version } = JSON.parse(readFileSync(join(ROOT, "pkg/package.json"), "utf8"));
export const TARBALL = join(ROOT, `target/npm/nearfold-${version}.tgz`);

/** A project that has only nearfold in it. It is removed when the tests of the file are done. */
export class Project {
  constructor() {
    this.path = mkdtempSync(join(tmpdir(), "nearfold-"));
    after(() => rmSync(this.path, { recursive: true, force: true }));
    writeFileSync(join(this.path, "package.json"), '{ "private": true, "type": "module" }\n');
    execFileSync("npm", ["install", TARBALL, "--no-audit", "--no-fund", "--offline", "--loglevel=error"], { cwd: this.path });
  }

  /** Returns the path of a file of the installed package. */
  file(name) {
    return join(this.path, "node_modules/nearfold", name);
  }

  /** Imports a file of the installed package. */
  import(name) {
    return import(pathToFileURL(this.file(name)));
  }

  /** Runs a script in the project and returns what it printed. */
  run(script, args = []) {
    const { status, stdout, stderr } = spawnSync(process.execPath, [...args, "--input-type=module", "--eval", script], { cwd: this.path, encoding: "utf8" });
    if (status !== 0) throw new Error(stderr);
    return stdout.trim();
  }
}
