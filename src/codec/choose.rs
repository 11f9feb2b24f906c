//! Which storage the data need: the smallest whose exact search keeps nearly all of the true neighbours.

use super::{Codes, Prepared, Storage};
use crate::distance::Metric;
use crate::kernel::sort::{key_f32, of_key_f32, select};
use crate::pool::map;

/// Which part of the true neighbours a storage has to keep.
const KEPT: f64 = 0.99;

/// How many vectors of a sample are asked for, and for how many neighbours.
const QUESTIONS: usize = 64;
const K: usize = 10;

/// How many vectors of a sample are looked at: then the judgement costs little beside linking them.
const ROWS: usize = 8192;

/// Returns vectors spread evenly over `n`, at most as many as a judgement needs; `row` gives each.
pub(crate) fn sample<'a>(
    n: usize,
    dim: usize,
    row: impl Fn(usize) -> std::borrow::Cow<'a, [f32]>,
) -> Vec<f32> {
    let count = n.min(ROWS);
    let mut rows = Vec::with_capacity(count * dim);
    (0..count).for_each(|i| rows.extend_from_slice(&row((i as u64 * n as u64 / count as u64) as usize)));
    rows
}

/// Returns the first of the candidates that keeps enough of the neighbours in a sample (of unit length for cosine), or `F32`.
pub(crate) fn choose(candidates: &[Storage], sample: &[f32], dim: usize, metric: Metric) -> Storage {
    let truth = truth(sample, dim, metric);
    let fits = |storage: &&Storage| {
        storage.too_large(sample).is_none() && kept(**storage, sample, dim, metric, &truth) >= KEPT
    };
    candidates.iter().find(fits).copied().unwrap_or(Storage::F32)
}

/// Returns the rows that are asked for.
fn questions(n: usize) -> impl Iterator<Item = usize> {
    let count = QUESTIONS.min(n);
    (0..count).map(move |i| i * n / count)
}

fn encoded(storage: Storage, sample: &[f32], dim: usize, metric: Metric) -> Codes {
    let mut codes = Codes::new(dim, metric, storage);
    codes.fit(sample);
    sample.chunks_exact(dim).for_each(|vector| codes.push(vector));
    codes
}

/// Returns the distances of each question to all of the sample; its own is infinite.
fn distances(codes: &Codes, sample: &[f32], dim: usize) -> Vec<Vec<f32>> {
    let n = sample.len() / dim;
    let nodes: Vec<u32> = (0..n as u32).collect();
    let asked: Vec<usize> = questions(n).collect();
    map(0..asked.len(), |i| {
        let (mut prepared, mut distances) = (Prepared::default(), Vec::new());
        let rows = codes.rows();
        rows.prepare_vector(&sample[asked[i] * dim..][..dim], &mut prepared);
        rows.distances(&prepared, &nodes, &mut distances);
        distances[asked[i]] = f32::INFINITY;
        distances
    })
}

/// Returns the distances of each question to all of the sample, and that of its `K`-th neighbour.
fn truth(sample: &[f32], dim: usize, metric: Metric) -> Vec<(Vec<f32>, f32)> {
    let exact = distances(&encoded(Storage::F32, sample, dim, metric), sample, dim);
    let with_last = |distances: Vec<f32>| {
        let mut keys: Vec<u64> = distances.iter().map(|distance| u64::from(key_f32(*distance))).collect();
        let place = K.min(keys.len()) - 1;
        select(&mut keys, place);
        (distances, of_key_f32(keys[place] as u32))
    };
    exact.into_iter().map(with_last).collect()
}

/// Returns which part of the true neighbours a storage keeps; those that are as far as the last are as good.
fn kept(storage: Storage, sample: &[f32], dim: usize, metric: Metric, truth: &[(Vec<f32>, f32)]) -> f64 {
    let found = distances(&encoded(storage, sample, dim, metric), sample, dim);
    let (mut hits, mut all) = (0, 0);
    for (found, (exact, last)) in found.iter().zip(truth) {
        let mut keys: Vec<u64> = found
            .iter()
            .zip(0u64..)
            .map(|(distance, node)| u64::from(key_f32(*distance)) << 32 | node)
            .collect();
        let k = K.min(keys.len());
        select(&mut keys, k - 1);
        hits += keys[..k].iter().filter(|key| exact[**key as u32 as usize] <= *last).count();
        all += k;
    }
    hits as f64 / all.max(1) as f64
}
