#!/usr/bin/env node
/**
 * How does a folder become a web page on this machine? A static server, Node's standard library only.
 *
 *     node tools/serve.mjs target/site [--port 8080] [--name "nearfold demo"]
 *
 * Listens on 127.0.0.1 alone. Takes the next free port when the one asked for is taken (`--port 0`:
 * any free one) and ends its greeting with the address. `serve()` is the same for tests.
 */
import { createReadStream } from "node:fs";
import { realpath, stat } from "node:fs/promises";
import { createServer } from "node:http";
import { extname, join, resolve, sep } from "node:path";
import { pipeline } from "node:stream";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";

const HOST = "127.0.0.1";
const DEFAULT_PORT = 8080;
const PORTS_TRIED = 20;

const TYPES = {
  ".css": "text/css; charset=utf-8",
  ".html": "text/html; charset=utf-8",
  ".ico": "image/x-icon",
  ".ipynb": "application/json; charset=utf-8",
  ".js": "text/javascript; charset=utf-8",
  ".json": "application/json; charset=utf-8",
  ".map": "application/json; charset=utf-8",
  ".md": "text/markdown; charset=utf-8",
  ".mjs": "text/javascript; charset=utf-8",
  ".png": "image/png",
  ".svg": "image/svg+xml; charset=utf-8",
  ".ts": "text/plain; charset=utf-8",
  ".tsv": "text/tab-separated-values; charset=utf-8",
  ".txt": "text/plain; charset=utf-8",
  ".wasm": "application/wasm",
  ".webmanifest": "application/manifest+json",
  ".whl": "application/zip",
  ".woff2": "font/woff2",
  ".xml": "application/xml; charset=utf-8",
  ".zip": "application/zip",
  ".gz": "application/gzip", // a file that is gzip, not a transfer that is: the page unpacks it
};

function refuse(response, status, why) {
  response.writeHead(status, { "content-type": "text/plain; charset=utf-8" });
  response.end(`${status} ${why}\n`);
}

/** Returns the real path of what `url` names inside `root`, or null when that lies elsewhere or nowhere. */
async function locate(root, url) {
  let path;
  try {
    path = decodeURIComponent(url.split(/[?#]/, 1)[0]);
  } catch {
    return null; // a broken %-escape names nothing
  }
  if (path.includes("\0")) return null;
  try {
    // After symbolic links are followed the file must still be inside: "..", links and absolute paths end here.
    const real = await realpath(join(root, path));
    return real === root || real.startsWith(root + sep) ? real : null;
  } catch {
    return null;
  }
}

/** Parses `bytes=a-b` against a size; null for none or one that we don't understand (then all is sent). */
function byteRange(header, size) {
  const match = /^bytes=(\d*)-(\d*)$/.exec(header ?? "");
  if (!match || (match[1] === "" && match[2] === "")) return null;
  const start = match[1] === "" ? Math.max(0, size - Number(match[2])) : Number(match[1]);
  const end = match[1] === "" || match[2] === "" ? size - 1 : Math.min(Number(match[2]), size - 1);
  return start <= end ? { start, end } : { unsatisfiable: true };
}

async function answer(root, request, response) {
  if (request.method !== "GET" && request.method !== "HEAD") {
    response.setHeader("allow", "GET, HEAD");
    return refuse(response, 405, "only GET and HEAD");
  }
  let path = await locate(root, request.url);
  let info = path && (await stat(path));
  if (info?.isDirectory()) {
    const [pathname, query] = request.url.split("?", 2);
    if (!pathname.endsWith("/")) {
      // Relative addresses in the page need the final slash. One leading slash: "//host" would leave the site.
      response.writeHead(301, { location: `/${pathname.replace(/^\/+/, "")}/${query ? `?${query}` : ""}` });
      return response.end();
    }
    path = await locate(root, `${pathname}index.html`);
    info = path && (await stat(path));
  }
  if (!info?.isFile()) return refuse(response, 404, "no such file");

  const modified = info.mtime.toUTCString();
  const headers = {
    "content-type": TYPES[extname(path).toLowerCase()] ?? "application/octet-stream",
    "last-modified": modified,
    "cache-control": "no-cache", // ask again each time: a rebuilt site shows at once
    "accept-ranges": "bytes",
    "x-content-type-options": "nosniff",
  };
  if (request.headers["if-modified-since"] === modified) {
    response.writeHead(304, headers);
    return response.end();
  }
  const range = byteRange(request.headers.range, info.size);
  if (range?.unsatisfiable) {
    response.setHeader("content-range", `bytes */${info.size}`);
    return refuse(response, 416, "no such range");
  }
  const { start, end } = range ?? { start: 0, end: info.size - 1 };
  if (range) headers["content-range"] = `bytes ${start}-${end}/${info.size}`;
  response.writeHead(range ? 206 : 200, { ...headers, "content-length": end - start + 1 });
  if (request.method === "HEAD" || info.size === 0) return response.end();
  pipeline(createReadStream(path, { start, end }), response, () => {}); // a reader that hangs up is no error of ours
}

/**
 * Serves `directory` and returns `{ server, address, port, close }`.
 *
 * @param {string} directory
 * @param {{ port?: number, onTaken?: (port: number) => void }} [options] `port` 0: any free one.
 */
export async function serve(directory, { port = 0, onTaken = () => {} } = {}) {
  const root = await realpath(resolve(directory));
  if (!(await stat(root)).isDirectory()) throw new Error(`${directory} is not a directory`);
  const server = createServer((request, response) => {
    answer(root, request, response).catch((error) => {
      if (response.headersSent) response.destroy();
      else refuse(response, 500, error.code ?? "unexpected error");
    });
  });
  for (let candidate = port; ; candidate++) {
    try {
      await new Promise((resolve, reject) => {
        server.once("error", reject);
        server.listen(candidate, HOST, () => {
          server.off("error", reject);
          resolve();
        });
      });
      break;
    } catch (error) {
      if (error.code !== "EADDRINUSE" || candidate >= Math.min(port + PORTS_TRIED, 65535)) throw error;
      onTaken(candidate);
    }
  }
  const taken = server.address().port;
  return {
    server,
    port: taken,
    address: `http://${HOST}:${taken}/`,
    close: () =>
      new Promise((resolve) => {
        server.close(resolve);
        server.closeAllConnections();
      }),
  };
}

async function main() {
  const { values, positionals } = parseArgs({
    allowPositionals: true,
    options: {
      port: { type: "string", default: String(DEFAULT_PORT) },
      name: { type: "string", default: "serving" },
    },
  });
  const port = Number(values.port);
  if (positionals.length !== 1 || !Number.isInteger(port) || port < 0 || port > 65535) {
    throw new Error("usage: serve.mjs DIRECTORY [--port 0..65535] [--name TEXT]");
  }
  const { address } = await serve(positionals[0], {
    port,
    onTaken: (taken) => console.log(`port ${taken} is taken, trying ${taken + 1}`),
  });
  console.log(`${values.name}: ${address}`);
}

if (process.argv[1] && resolve(process.argv[1]) === fileURLToPath(import.meta.url)) {
  main().catch((error) => {
    console.error(`serve: ${error.message}`);
    process.exitCode = 2;
  });
}
