// The worker of a page: fetches the engine, starts Python in it, runs one cell at a time.
const KEPT = "netinit-engine";

/** The files kept by the browser for the next page; none where the page is not secure. */
function openCache() {
  return globalThis.caches ? caches.open(KEPT).catch(() => null) : Promise.resolve(null);
}

/** The bytes of one file, from the cache if it has them; `more` hears of each piece. */
async function bytesOf(cache, address, size, more) {
  const known = await cache?.match(address);
  if (known) {
    more(size);
    return new Uint8Array(await known.arrayBuffer());
  }
  const answer = await fetch(address);
  if (!answer.ok) throw new Error(`${address.split("/").pop()} was not found (${answer.status})`);
  const bytes = new Uint8Array(size);
  let at = 0;
  for (const reader = answer.body.getReader();;) {
    const { done, value } = await reader.read();
    if (done) break;
    if (at + value.length > size) throw new Error(`${address} is longer than the engine says`);
    bytes.set(value, at);
    at += value.length;
    more(value.length);
  }
  if (at !== size) throw new Error(`${address} ended after ${at} of ${size} bytes`);
  // A full disk or a private window must not stop anything.
  await cache?.put(address, new Response(bytes)).catch(() => {});
  return bytes;
}

/** All files of the engine, by name, while the page is told how many bytes are there. */
async function fetchAll(base, files) {
  const cache = await openCache();
  const total = Object.values(files).reduce((sum, file) => sum + file.bytes, 0);
  const addresses = Object.entries(files).map(
    ([name, { sha256, bytes }]) => [name, `${base}${name}?${sha256.slice(0, 16)}`, bytes],
  );
  let loaded = 0;
  const more = (bytes) => {
    loaded += bytes;
    postMessage({ kind: "progress", loaded, total });
  };
  const found = await Promise.all(
    addresses.map(async ([name, address, size]) => [
      name,
      await bytesOf(cache, address, size, more),
    ]),
  );
  await forget(cache, new Set(addresses.map(([, address]) => address)));
  return Object.fromEntries(found);
}

/** Drop what an older engine left. */
async function forget(cache, wanted) {
  for (const request of await cache?.keys() ?? []) {
    if (!wanted.has(request.url)) await cache.delete(request);
  }
}

/** Pyodide asks for its files by address: it gets those that are already here. */
function serve(base, files) {
  const outside = globalThis.fetch;
  globalThis.fetch = (asked, ...options) => {
    const address = String(asked.url ?? asked);
    const name = address.startsWith(base) ? address.slice(base.length) : "";
    if (!files[name]) return outside(asked, ...options);
    const type = name.endsWith(".wasm") ? "application/wasm" : "application/octet-stream";
    return Promise.resolve(new Response(files[name], { headers: { "Content-Type": type } }));
  };
}

function importText(bytes) {
  const address = URL.createObjectURL(new Blob([bytes], { type: "text/javascript" }));
  return import(address).finally(() => URL.revokeObjectURL(address));
}

const PREPARE = `
import os, sys
sys.path[:0] = ["/engine/book", "/engine/libraries"]
os.environ |= {
    "MPLBACKEND": "agg", "MPLCONFIGDIR": "/engine/matplotlib",
    "NETINIT_THREADS": "1",
}
`;

let cells;

async function start({ base, files, folder }) {
  const found = await fetchAll(base, files);
  postMessage({ kind: "loaded" });
  serve(base, found);
  await importText(found["pyodide.asm.js"]);
  const { loadPyodide } = await importText(found["pyodide.mjs"]);
  const python = await loadPyodide({ indexURL: base });
  python.unpackArchive(found["libraries.zip"], "zip", { extractDir: "/engine/libraries" });
  python.unpackArchive(found["book.zip"], "zip", { extractDir: "/engine/book" });
  python.runPython(PREPARE);
  cells = python.pyimport("cells");
  begin({ folder });
}

/** Forgets all that cells have defined. */
function begin({ folder }) {
  cells.begin(`/engine/book/${folder}`);
}

function run({ id, source, name }) {
  const from = performance.now();
  const ok = cells.run(source, name, (event) => postMessage({ id, ...JSON.parse(event) }));
  postMessage({ kind: "done", id, ok, seconds: (performance.now() - from) / 1000 });
}

globalThis.onmessage = async ({ data }) => {
  try {
    if (data.kind === "start") {
      await start(data);
      postMessage({ kind: "ready" });
    } else if (data.kind === "begin") begin(data);
    else run(data);
  } catch (error) {
    postMessage({ kind: "failed", id: data.id, text: String(error.message ?? error) });
  }
};
