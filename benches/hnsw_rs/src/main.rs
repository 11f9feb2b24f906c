//! Builds and searches an index of hnsw_rs on one thread, as `benches/peers/engines.py` asks.
//!
//! `bench-hnsw-rs <base.f32> <queries.f32> <dim> <l2sq|cosine> <M> <ef_construction>`, then on each line of
//! standard input `build`, `search <ef> <k>` or `bytes <folder>`. Answers with one line: seconds of
//! processor time, and for a search the ids found, `k` for each query, −1 where there are fewer.

use cpu_time::ProcessTime;
use hnsw_rs::anndists::dist::distances::{DistDot, DistL2, Distance};
use hnsw_rs::api::AnnT;
use hnsw_rs::hnsw::Hnsw;
use std::io::{BufRead, Write};

fn f32s(path: &str) -> Vec<f32> {
    let bytes = std::fs::read(path).expect("the file of vectors can be read");
    bytes.as_chunks::<4>().0.iter().map(|bytes| f32::from_le_bytes(*bytes)).collect()
}

struct Peer<D: Distance<f32> + Send + Sync> {
    make: fn() -> D,
    base: Vec<f32>,
    queries: Vec<f32>,
    dim: usize,
    m: usize,
    ef_construction: usize,
}

impl<D: Distance<f32> + Send + Sync> Peer<D> {
    fn serve(&self) {
        let mut index = None;
        for line in std::io::stdin().lock().lines() {
            let line = line.expect("standard input is text");
            let words: Vec<&str> = line.split_whitespace().collect();
            let answer = match (words.as_slice(), &index) {
                (["build"], _) => {
                    let start = ProcessTime::now();
                    index = Some(self.build());
                    start.elapsed().as_secs_f64().to_string()
                }
                (["search", ef, k], Some(index)) => self.search(index, number(ef), number(k)),
                (["bytes", folder], Some(index)) => {
                    index.file_dump(folder.as_ref(), "peer").expect("the folder can be written");
                    "0".to_owned()
                }
                _ => panic!("expected build, then search <ef> <k> or bytes <folder>, got {line:?}"),
            };
            let mut out = std::io::stdout().lock();
            writeln!(out, "{answer}").and_then(|()| out.flush()).expect("standard output takes the answer");
        }
    }

    fn build(&self) -> Hnsw<'_, f32, D> {
        let n = self.base.len() / self.dim;
        let mut index = Hnsw::new(self.m, n, 16, self.ef_construction, (self.make)());
        for (id, vector) in self.base.chunks_exact(self.dim).enumerate() {
            index.insert((vector, id));
        }
        index.set_searching_mode(true);
        index
    }

    fn search(&self, index: &Hnsw<'_, f32, D>, ef: usize, k: usize) -> String {
        let start = ProcessTime::now();
        let found: Vec<_> =
            self.queries.chunks_exact(self.dim).map(|query| index.search(query, k, ef)).collect();
        let mut answer = start.elapsed().as_secs_f64().to_string();
        for neighbours in found {
            for place in 0..k {
                let id = neighbours.get(place).map_or(-1, |neighbour| neighbour.d_id as i64);
                answer.push_str(&format!(" {id}"));
            }
        }
        answer
    }
}

fn number(word: &str) -> usize {
    word.parse().expect("a whole number")
}

fn main() {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let [base, queries, dim, metric, m, ef_construction] = arguments.as_slice() else {
        panic!("expected <base.f32> <queries.f32> <dim> <metric> <M> <ef_construction>, got {arguments:?}");
    };
    let (base, queries) = (f32s(base), f32s(queries));
    let (dim, m, ef_construction) = (number(dim), number(m), number(ef_construction));
    match metric.as_str() {
        "l2sq" => Peer { make: || DistL2, base, queries, dim, m, ef_construction }.serve(),
        "cosine" => Peer { make: || DistDot, base, queries, dim, m, ef_construction }.serve(),
        other => panic!("expected l2sq or cosine, got {other:?}"),
    }
}
