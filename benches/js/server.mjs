// Serves the bench's page, node_modules, bundled peers and the data set to one browser.

import { build } from "esbuild";
import { readFile } from "node:fs/promises";
import { createServer } from "node:http";
import { extname, normalize } from "node:path";
import { fileURLToPath } from "node:url";

const HERE = fileURLToPath(new URL(".", import.meta.url));
const TYPES = { ".html": "text/html", ".js": "text/javascript", ".mjs": "text/javascript", ".wasm": "application/wasm" };

export async function serve() {
  let set;
  const server = createServer(async (request, response) => {
    try {
      const path = normalize(decodeURIComponent(request.url.split("?")[0]));
      const type = TYPES[extname(path)] ?? "application/octet-stream";
      const body = await content(path, set);
      response.writeHead(200, { "content-type": type }).end(body);
    } catch (error) {
      response.writeHead(error.code === "ENOENT" ? 404 : 500).end(String(error.message));
    }
  });
  await new Promise((resolve) => server.listen(0, "127.0.0.1", resolve));
  return {
    origin: `http://127.0.0.1:${server.address().port}`,
    use: (next) => (set = next),
    close: () => server.close(),
  };
}

async function content(path, set) {
  if (path === "/set/base") return Buffer.from(set.base.buffer);
  if (path === "/set/queries") return Buffer.from(set.queries.buffer);
  if (path.startsWith("/bundled/")) return bundle(path.slice("/bundled/".length));
  return readFile(HERE + path.slice(1));
}

// A script of node_modules with all that it imports, minified.
export async function bundle(script) {
  const { outputFiles } = await build({
    entryPoints: [`${HERE}node_modules/${script}`],
    bundle: true,
    minify: true,
    format: "esm",
    platform: "browser",
    target: "es2022",
    write: false,
    logLevel: "silent",
    external: ["node:*", "module", "fs", "path", "url", "crypto", "worker_threads"],
  });
  return outputFiles[0].contents;
}
