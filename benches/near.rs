//! How fast, how good, how large: recall, queries per second, build time and bytes per vector on
//! the data sets beside the checkout (`../shared/data`).
//!
//! `cargo bench --bench near [-- <data set> <storage>]`; `scan` in the place of a storage is what comparing all vectors costs, `million` is a made set of 10⁶ × 32, `duplicates` one of 10⁵ equal
//! vectors. Rows go to `target/bench/near-own.jsonl`, which `make bench-near` puts behind its own.

#![expect(clippy::print_stdout, reason = "a bench prints its table")]

use nearfold::columns::{Expression, Value};
use nearfold::{Index, Metric, Neighbors, Params, SearchParams, Storage};
use std::collections::HashSet;
use std::path::Path;
use std::time::Instant;

/// What is written: `benches/README.md` says what the fields mean.
#[derive(Default)]
struct Rows(Vec<serde_json::Value>);

impl Rows {
    /// `ours` has to be at most (or at least) `bar`, or `bar` times the peer's figure.
    fn add(&mut self, case: &str, ours: f64, peer: Option<(&str, f64)>, bar: f64, less_is_better: bool) {
        let ratio = peer.map(|(_, peer)| ours / peer);
        let value = ratio.unwrap_or(ours);
        let met = if less_is_better { value <= bar } else { value >= bar };
        let rounded = |value: f64| format!("{value:.4}").parse::<f64>().unwrap_or(value);
        println!(
            "  {case}: {ours:.4}, {} {bar}: {}",
            if less_is_better { "at most" } else { "at least" },
            if met { "met" } else { "NOT MET" }
        );
        self.0.push(serde_json::json!({
            "case": case,
            "ours": rounded(ours),
            "peer_name": peer.map(|(name, _)| name),
            "peer": peer.map(|(_, peer)| rounded(peer)),
            "ratio": ratio.map(rounded),
            "bar": bar,
            "met": met,
        }));
    }

    fn write(&self) {
        let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("target/bench");
        let text: String = self.0.iter().map(|row| format!("{row}\n")).collect();
        std::fs::create_dir_all(&folder).expect("a folder");
        std::fs::write(folder.join("near-own.jsonl"), text).expect("a file");
    }
}

const EF: [usize; 8] = [10, 20, 32, 48, 64, 96, 128, 256];
const K: usize = 10;

struct Data {
    name: &'static str,
    metric: Metric,
    dim: usize,
    base: Vec<f32>,
    queries: Vec<f32>,
    truth: Vec<Vec<u32>>,
}

fn u32s(bytes: &[u8]) -> Vec<u32> {
    bytes.as_chunks::<4>().0.iter().map(|x| u32::from_le_bytes(*x)).collect()
}

fn f32s(bytes: &[u8]) -> Vec<f32> {
    bytes.as_chunks::<4>().0.iter().map(|x| f32::from_le_bytes(*x)).collect()
}

/// The payload of a `.npy` file of version 1.
fn npy(path: &Path) -> Option<Vec<u8>> {
    let bytes = std::fs::read(path).ok()?;
    let header = 10 + usize::from(u16::from_le_bytes([bytes[8], bytes[9]]));
    Some(bytes[header..].to_vec())
}

/// Rows, columns and payload of a big-ann-benchmarks file.
fn bin(path: &Path) -> Option<(usize, Vec<u8>)> {
    let bytes = std::fs::read(path).ok()?;
    Some((u32s(&bytes[..8])[1] as usize, bytes[8..].to_vec()))
}

fn rows(values: &[u32], columns: usize) -> Vec<Vec<u32>> {
    values.chunks(columns).map(<[u32]>::to_vec).collect()
}

fn load(name: &str) -> Option<Data> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../shared/data");
    match name {
        "debian" => {
            let dir = root.join("debian");
            Some(Data {
                name: "debian",
                metric: Metric::Cosine,
                dim: 384,
                base: f32s(&npy(&dir.join("debian20k-minilm-f32.npy"))?),
                queries: f32s(&npy(&dir.join("queries1040-minilm-f32.npy"))?),
                truth: rows(&u32s(&npy(&dir.join("gt100-u32.npy"))?), 100),
            })
        }
        "words" => {
            let dir = root.join("ann");
            let (dim, base) = bin(&dir.join("reuters_words128_base.fbin"))?;
            let (columns, truth) = bin(&dir.join("reuters_words128_gt_cos.ibin"))?;
            Some(Data {
                name: "words",
                metric: Metric::Cosine,
                dim,
                base: f32s(&base),
                queries: f32s(&bin(&dir.join("reuters_words128_query.fbin"))?.1),
                truth: rows(&u32s(&truth), columns),
            })
        }
        "bigann" => {
            let dir = root.join("ann");
            let (dim, base) = bin(&dir.join("bigann10k_base.u8bin"))?;
            let (columns, truth) = bin(&dir.join("bigann10k_gt_l2.ibin"))?;
            Some(Data {
                name: "bigann",
                metric: Metric::L2sq,
                dim,
                base: base.iter().map(|x| f32::from(*x)).collect(),
                queries: bin(&dir.join("bigann10k_query.u8bin"))?.1.iter().map(|x| f32::from(*x)).collect(),
                truth: rows(&u32s(&truth), columns),
            })
        }
        _ => None,
    }
}

/// Finds all queries one by one; returns recall@10 and queries per second.
fn measure(index: &Index, data: &Data, params: &SearchParams, repeats: usize) -> (f64, f64) {
    let mut best = f64::INFINITY;
    let mut hits = 0;
    for _ in 0..repeats {
        hits = 0;
        let mut seconds = 0.0;
        for (query, truth) in data.queries.chunks(data.dim).zip(&data.truth) {
            let start = Instant::now();
            let found = index.search(query, K, params).expect("a search");
            seconds += start.elapsed().as_secs_f64();
            let truth: HashSet<u64> = truth[..K].iter().map(|id| u64::from(*id)).collect();
            hits += found.ids.iter().filter(|id| truth.contains(id)).count();
        }
        best = best.min(seconds);
    }
    let queries = data.queries.len() / data.dim;
    (hits as f64 / (queries * K) as f64, queries as f64 / best)
}

/// Selectivities, filters that go with and against the query or stand beside it: recall, and the 99th
/// percentile of the time beside that of comparing all that is allowed and one search without a filter.
fn filters(index: &mut Index, data: &Data, rows: &mut Rows) {
    let n = data.base.len() / data.dim;
    let distance = |a: &[f32], b: &[f32]| a.iter().zip(b).map(|(a, b)| f64::from(a - b).powi(2)).sum::<f64>();
    let ids: Vec<u64> = (0..n as u64).collect();
    let mixed: Vec<Value> = (0..n).map(|i| Value::Int((i * 7919 % n) as i64)).collect();
    // The queries round the first one: a filter by the distance to it is with them or against them.
    let anchor = &data.queries[..data.dim];
    let mut by_distance: Vec<usize> = (0..n).collect();
    by_distance
        .sort_by_cached_key(|row| distance(&data.base[row * data.dim..][..data.dim], anchor).to_bits());
    let mut rank = vec![Value::Null; n];
    for (place, row) in by_distance.iter().enumerate() {
        rank[*row] = Value::Int(place as i64);
    }
    index.set_columns(&ids, &[("mixed", &mixed), ("rank", &rank)]).expect("columns");
    let mut queries: Vec<&[f32]> = data.queries.chunks(data.dim).collect();
    queries.sort_by_cached_key(|query| distance(query, anchor).to_bits());
    queries.truncate(200);
    for selectivity in [0.5, 0.1, 0.01, 0.001, 0.0001] {
        let count = ((n as f64 * selectivity) as i64).max(1);
        for (how, expression) in [
            ("beside", Expression::lt("mixed", count)),
            ("with", Expression::lt("rank", count)),
            ("against", Expression::gte("rank", n as i64 - count)),
        ] {
            let start = Instant::now();
            let filter = index.filter_where(&expression).expect("a filter");
            let making = start.elapsed().as_secs_f64() * 1e6;
            let (exact, default) = (SearchParams::default().exact(true), SearchParams::default());
            let (mut hits, mut all) = (0, 0);
            // The best of some runs of each query; the three are asked in turn.
            let mut micros = vec![[f64::INFINITY; 3]; queries.len()];
            for _ in 0..7 {
                (hits, all) = (0, 0);
                for (query, micros) in queries.iter().zip(&mut micros) {
                    let mut timed = |at: usize, search: &dyn Fn() -> Neighbors| {
                        let start = Instant::now();
                        let found = search();
                        micros[at] = micros[at].min(start.elapsed().as_secs_f64() * 1e6);
                        found.ids
                    };
                    let found =
                        timed(0, &|| index.search_filtered(query, K, &default, &filter).expect("a search"));
                    let truth =
                        timed(1, &|| index.search_filtered(query, K, &exact, &filter).expect("a search"));
                    timed(2, &|| index.search(query, K, &default).expect("a search"));
                    hits += found.iter().filter(|id| truth.contains(id)).count();
                    all += truth.len();
                }
            }
            let p99 = |at: usize| {
                let mut all: Vec<f64> = micros.iter().map(|micros| micros[at]).collect();
                all.sort_by(f64::total_cmp);
                all[all.len() * 99 / 100]
            };
            println!("  filter {how} {:.2} %, made in {making:.0} us", selectivity * 100.0);
            let case = format!("{} filter {how} the query, {} %", data.name, selectivity * 100.0);
            rows.add(&format!("{case}: recall@10"), hits as f64 / all as f64, None, 0.95, false);
            let most = ("all that is allowed, and one search", p99(1) + p99(2));
            rows.add(&format!("{case}: p99, us"), p99(0), Some(most), 1.0, true);
        }
    }
}

/// The wall time of a build by one thread over that by two, the best of alternating builds.
#[cfg(feature = "parallel")]
fn threads(data: &Data, rows: &mut Rows) {
    let mut best = [f64::INFINITY; 2];
    for _ in 0..3 {
        for (threads, best) in (1..).zip(&mut best) {
            let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build().expect("threads");
            let mut index = Index::new(data.dim, Params::new(data.metric)).expect("an index");
            let start = Instant::now();
            pool.install(|| index.add(&data.base, None)).expect("an add");
            *best = best.min(start.elapsed().as_secs_f64());
        }
    }
    rows.add(
        &format!("{}: builds by two threads in the time of one", data.name),
        best[0] / best[1],
        None,
        1.8,
        false,
    );
}

#[cfg(not(feature = "parallel"))]
fn threads(_: &Data, _: &mut Rows) {
    println!("  built without the feature `parallel`");
}

/// What comparing every vector costs, of a query alone and of one of many, beside reading the codes: the best of alternating runs.
fn scans(data: &Data, rows: &mut Rows) {
    let storages = [Storage::F32, Storage::F16, Storage::I8, Storage::I4, Storage::B1];
    let indexes: Vec<Index> = storages
        .iter()
        .map(|storage| {
            // Scans need no graph: the least that there is.
            let params = Params::new(data.metric).storage(*storage).m(2).ef_construction(1);
            let mut index = Index::new(data.dim, params).expect("an index");
            index.add(&data.base, None).expect("an add");
            Index::from_bytes(&index.to_bytes()).expect("a file")
        })
        .collect();
    let n = 128.min(data.queries.len() / data.dim);
    let queries = &data.queries[..n * data.dim];
    let exact = SearchParams::default().exact(true);
    let mut best = [[f64::INFINITY; 3]; 5];
    for _ in 0..7 {
        for (index, best) in indexes.iter().zip(&mut best) {
            let codes = vec![1u64; index.memory().vectors / 8];
            let read = || core::hint::black_box(&codes).iter().fold(0, |bits, code| bits ^ code);
            let one = |query| index.search(query, K, &exact).expect("a search").ids.len();
            let one_by_one = || queries.chunks(data.dim).map(one).sum::<usize>();
            let many = || index.search_many(queries, K, &exact).expect("a search").ids.len();
            let timed = |best: &mut f64, each: f64, work: &dyn Fn() -> u64| {
                let start = Instant::now();
                core::hint::black_box(work());
                *best = best.min(start.elapsed().as_secs_f64() * 1e6 / each);
            };
            timed(&mut best[0], 1.0, &read);
            timed(&mut best[1], n as f64, &|| one_by_one() as u64);
            timed(&mut best[2], n as f64, &|| many() as u64);
        }
    }
    for (storage, [read, one, many]) in storages.iter().zip(best) {
        let read = Some(("reading the codes", read));
        for (what, ours, bar) in [("alone", one, 2.5), ("of 128", many, 1.2)] {
            let case = format!("{} {}: scan of a query {what}, us", data.name, storage.name());
            rows.add(&case, ours, read, bar, true);
        }
    }
}

/// Clouds round 200 points, the same in every run.
fn made(n: usize, dim: usize) -> Vec<f32> {
    let mut state = 7u64;
    let mut random = || {
        state = state.wrapping_mul(6364136223846793005).wrapping_add(1442695040888963407);
        (state >> 40) as f32 / (1 << 24) as f32 - 0.5
    };
    let centres: Vec<f32> = (0..200 * dim).map(|_| random() * 2.0).collect();
    (0..n * dim).map(|i| centres[(i / dim * 7919 % 200) * dim + i % dim] + random()).collect()
}

fn million(rows: &mut Rows) {
    let (n, dim, queries) = (1_000_000, 32, 200);
    let all = made(n + queries, dim);
    let (base, queries) = all.split_at(n * dim);
    let mut index = Index::new(dim, Params::new(Metric::L2sq)).expect("an index");
    let start = Instant::now();
    index.add(base, None).expect("an add");
    println!(
        "million: built in {:.1} s, {:.1} B/vector",
        start.elapsed().as_secs_f64(),
        index.to_bytes().len() as f64 / n as f64
    );
    let find = |params: &SearchParams| index.search_many(queries, K, params).expect("a search").ids;
    let (found, truth) = (find(&SearchParams::default()), find(&SearchParams::default().exact(true)));
    let hits: usize =
        found.chunks(K).zip(truth.chunks(K)).map(|(f, t)| f.iter().filter(|id| t.contains(id)).count()).sum();
    rows.add("10^6 x 32: recall@10 of a default search", hits as f64 / truth.len() as f64, None, 0.95, false);
    rows.add("10^6 x 32: vectors that cannot be reached", index.health().orphans as f64, None, 0.0, true);
}

fn duplicates(rows: &mut Rows) {
    let (n, dim) = (100_000, 128);
    let one = made(1, dim);
    let mut index = Index::new(dim, Params::new(Metric::Cosine)).expect("an index");
    index.add(&one.repeat(n), None).expect("an add");
    let each = index.to_bytes().len() as f64 / n as f64;
    rows.add("10^5 equal vectors: file, bytes/vector", each, None, 4.1, true);
    index.compact().expect("memory");
    let memory = index.memory();
    let each = (memory.vectors + memory.links + memory.ids) as f64 / n as f64;
    rows.add("10^5 equal vectors: heap, bytes/vector", each, None, 4.1, true);
}

fn main() {
    let mut rows = Rows::default();
    let args: Vec<String> = std::env::args().skip(1).filter(|arg| !arg.starts_with("--")).collect();
    let chosen = |i: usize, name: &str| args.get(i).is_none_or(|arg| arg == name || arg == "all");
    for name in ["debian", "words", "bigann"].into_iter().filter(|name| chosen(0, name)) {
        let Some(data) = load(name) else {
            println!("{name}: skipped, ../shared/data is not there");
            continue;
        };
        if name == "debian" && chosen(1, "scan") {
            scans(&data, &mut rows);
        }
        for storage in
            [Storage::F32, Storage::I8, Storage::I4].into_iter().filter(|storage| chosen(1, storage.name()))
        {
            let mut index =
                Index::new(data.dim, Params::new(data.metric).storage(storage)).expect("an index");
            let start = Instant::now();
            index.add(&data.base, None).expect("an add");
            let build = start.elapsed().as_secs_f64();
            let file = index.to_bytes();
            let mut index = Index::from_bytes(&file).expect("a file");
            let memory = index.memory();
            let n = index.len() as f64;
            println!(
                "{} {} build {build:.2} s, file {:.1} B/vector, heap {:.1} (vectors {:.1}, links {:.1}, ids {:.1})",
                data.name,
                storage.name(),
                file.len() as f64 / n,
                (memory.vectors + memory.links + memory.ids) as f64 / n,
                memory.vectors as f64 / n,
                memory.links as f64 / n,
                memory.ids as f64 / n,
            );
            for ef in EF {
                let (recall, qps) = measure(&index, &data, &SearchParams::default().ef_search(ef), 5);
                println!("  ef {ef:4}  recall {recall:.4}  {qps:8.0} QPS  {:6.1} us", 1e6 / qps);
            }
            let (recall, qps) = measure(&index, &data, &SearchParams::default().exact(true), 1);
            println!("  exact    recall {recall:.4}  {qps:8.0} QPS");
            if storage == Storage::I8 {
                filters(&mut index, &data, &mut rows);
                threads(&data, &mut rows);
            }
        }
    }
    if chosen(0, "million") {
        million(&mut rows);
    }
    if chosen(0, "duplicates") {
        duplicates(&mut rows);
    }
    rows.write();
}
