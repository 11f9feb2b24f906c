// Which code gives what the page shows? The text of the three languages.

const quoted = (text) => JSON.stringify(text);

/** The search that the page ran: of a package (`id`, `name`) or of a question's vector. */
export function nearCode({ id, name, text, k, efSearch }) {
  const words = text !== undefined;
  const note = words ? `the vector of ${quoted(text)}` : `the vector of ${quoted(name)}`;
  return {
    js: `import { init, Index } from "nearfold";

await init();
const file = await fetch("debian20k.nearfold");
const index = Index.fromBytes(new Uint8Array(await file.arrayBuffer()));

${words ? `// query: ${note}, a Float32Array(384)` : `const query = index.vector(${id}); // ${note}`}
const { ids, distances } = index.search(query, { k: ${k}, efSearch: ${efSearch} });`,
    python: `import nearfold as nf

index = nf.Index.load("debian20k.nearfold")

${words ? `# query: ${note}, float32 (384,)` : `query = index.vector(${id})  # ${note}`}
ids, distances = index.search(query, k=${k}, ef_search=${efSearch})`,
    rust: `use nearfold::{Index, SearchParams};

let index = Index::from_bytes(&std::fs::read("debian20k.nearfold")?)?;

${words ? `// query: ${note}, &[f32] of 384` : `let query = index.vector(${id})?; // ${note}`}
let found = index.search(&query, ${k}, &SearchParams::default().ef_search(${efSearch}))?;
// found.ids, found.distances`,
  };
}

const PYTHON_NAMES = { sum: "sum", mean: "mean", variance: "var", norm: "norm" };

/** The reduction that the page ran, with the loop that it is compared with. */
export function foldCode({ op, loop }) {
  const name = PYTHON_NAMES[op];
  return {
    js: `import { init, ${op} } from "nearfold";

await init();
const ours = ${op}(values); // a Float64Array, or any other typed array

// the plain loop, as this page runs it
${loop.replace(/^function \w+/, "function plainLoop")}
const theirs = plainLoop(values);`,
    python: `import nearfold as nf

ours = nf.${name}(values)  # a NumPy array, array.array or any buffer, read in place`,
    rust: `use nearfold::fold;

let ours = fold::${name}(&values, &fold::Options::default())?; // a Vec<f64>, or any other number type`,
  };
}
