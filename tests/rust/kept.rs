//! Does what is kept find what the vectors as they came would, however they came, and does the index say so when not?

use crate::lcg::Lcg;
use nearfold::{Index, Metric, Params, SearchParams, Storage};

const METRICS: [Metric; 3] = [Metric::L2sq, Metric::Ip, Metric::Cosine];

fn normal(lcg: &mut Lcg) -> f32 {
    // The sum of twelve uniform numbers is near enough.
    (0..12).map(|_| lcg.next_f32()).sum()
}

fn normals(n: usize, seed: u64) -> Vec<f32> {
    let mut lcg = Lcg(seed);
    (0..n).map(|_| normal(&mut lcg)).collect()
}

fn distance(metric: Metric, a: &[f32], b: &[f32]) -> f64 {
    let pairs = || a.iter().zip(b).map(|(a, b)| (f64::from(*a), f64::from(*b)));
    let dot = |a: &[f32], b: &[f32]| a.iter().zip(b).map(|(a, b)| f64::from(*a) * f64::from(*b)).sum::<f64>();
    match metric {
        Metric::L2sq => pairs().map(|(a, b)| (a - b) * (a - b)).sum(),
        Metric::Ip => -dot(a, b),
        _ => -dot(a, b) / (dot(a, a) * dot(b, b)).sqrt(),
    }
}

/// The part of the ten true neighbours of the queries that an exact search finds; ids are row numbers.
fn kept(index: &Index, vectors: &[f32], queries: &[f32]) -> f64 {
    found(index, vectors, queries, &SearchParams::default().exact(true))
}

fn found(index: &Index, vectors: &[f32], queries: &[f32], params: &SearchParams) -> f64 {
    let (k, dim, metric) = (10, index.dim(), index.params().metric);
    let (mut hits, mut all) = (0, 0);
    for query in queries.chunks(dim) {
        let mut truth: Vec<(f64, u64)> =
            vectors.chunks(dim).zip(0..).map(|(vector, id)| (distance(metric, vector, query), id)).collect();
        truth.select_nth_unstable_by(k - 1, |a, b| a.0.total_cmp(&b.0));
        let found = index.search(query, k, params).unwrap();
        hits += truth[..k].iter().filter(|(_, id)| found.ids.contains(id)).count();
        all += k;
    }
    hits as f64 / all as f64
}

fn built(vectors: &[f32], dim: usize, each: usize, params: &Params) -> Index {
    let mut index = Index::new(dim, params.clone().m(8).ef_construction(30)).unwrap();
    for part in vectors.chunks(each * dim) {
        index.add(part, None).unwrap();
    }
    index
}

#[test]
fn how_adds_were_cut_makes_no_difference_to_what_is_found_in_any_storage_and_metric() {
    let (n, dim) = (2200, 20);
    // Around 30, as readings are: without a centre nothing would be left of the differences.
    let around = |values: Vec<f32>| values.into_iter().map(|value| value + 30.0).collect::<Vec<f32>>();
    let (vectors, queries) = (around(normals(n * dim, 1)), around(normals(40 * dim, 2)));
    for (storage, rerank) in [
        (None, None),
        (Some(Storage::F32), None),
        (Some(Storage::F16), None),
        (Some(Storage::I8), None),
        (Some(Storage::B1), None),
        (Some(Storage::B1), Some(Storage::F16)),
    ] {
        for metric in METRICS {
            let params = Params::new(metric).storage(storage).rerank(rerank);
            let once = kept(&built(&vectors, dim, n, &params), &vectors, &queries);
            // One by one takes long, and is the same for all.
            let one_by_one = if storage.is_none() { 1 } else { 50 };
            for each in [one_by_one, 100, 255] {
                let cut = kept(&built(&vectors, dim, each, &params), &vectors, &queries);
                // What one bit tells without a copy is a guess.
                let noise = if storage == Some(Storage::B1) && rerank.is_none() { 0.06 } else { 0.03 };
                assert!(
                    (once - cut).abs() <= noise,
                    "{storage:?} {rerank:?} {metric:?}: {once} in one add, {cut} in adds of {each}"
                );
            }
            assert!(storage.is_some() || once >= 0.98, "{metric:?}: auto keeps {once}");
        }
    }
}

#[test]
fn few_vectors_are_kept_as_they_come_in_any_storage() {
    let dim = 8;
    let vectors: Vec<f32> = normals(300 * dim, 3).into_iter().map(|value| 1000.0 + value).collect();
    for storage in [None, Some(Storage::I8), Some(Storage::B1), Some(Storage::F16)] {
        let mut index = Index::new(dim, Params::default().storage(storage)).unwrap();
        vectors.chunks(dim * 7).for_each(|part| {
            index.add(part, None).unwrap();
        });
        assert_eq!(index.kept(), (Storage::F32, None));
        assert_eq!(index.vector(17).unwrap(), vectors[17 * dim..18 * dim]);
        assert_eq!(index.recall(10, &SearchParams::default()).unwrap(), Some(1.0));
        let opened = Index::from_bytes(&index.to_bytes()).unwrap();
        assert_eq!(opened.params(), index.params());
        assert_eq!(opened.vector(17).unwrap(), vectors[17 * dim..18 * dim]);
    }
}

#[test]
fn auto_takes_the_smallest_storage_that_keeps_enough() {
    let (n, dim) = (2500, 24);
    let plain = normals(n * dim, 4);
    // One row far away, and one feature of a thousand times the others' spread.
    let mut outlier = plain.clone();
    outlier[..dim].fill(1e6);
    let coarse: Vec<f32> = plain
        .iter()
        .enumerate()
        .map(|(i, value)| if i % dim == 0 { ((i / dim) % 20) as f32 * 1000.0 } else { *value })
        .collect();
    // No two alike, and all but equal.
    let around: Vec<f32> = plain.iter().map(|value| 1000.0 + value * 0.01).collect();
    for (what, vectors, expected) in [
        ("plain", &plain, &[Storage::I8, Storage::F16][..]),
        ("one outlier", &outlier, &[Storage::I8, Storage::F32][..]),
        ("a coarse feature", &coarse, &[Storage::F16][..]),
        ("around 1000", &around, &[Storage::I8, Storage::F32][..]),
    ] {
        let index = built(vectors, dim, n, &Params::default());
        let (storage, _) = index.kept();
        assert!(expected.contains(&storage), "{what}: {storage:?}");
        let queries: Vec<f32> = vectors[dim..41 * dim].iter().map(|value| value + 0.001).collect();
        let kept = kept(&index, vectors, &queries);
        assert!(kept >= 0.98, "{what}: {storage:?} keeps {kept}");
        let told = index.health();
        assert_eq!((told.storage, told.recall.lost_by_rounding.is_some()), (storage, true));
        assert_eq!(index.params().storage, None);
    }
    // Few components: links weigh more.
    assert_eq!(built(&plain, 4, n, &Params::default()).kept(), (Storage::F32, None));
}

#[test]
fn what_comes_later_is_kept_finer_where_it_needs_to_be() {
    let dim = 24;
    let first = normals(2400 * dim, 5);
    let mut index = built(&first, dim, 2400, &Params::default());
    let (before, _) = index.kept();
    // A thousand times as far apart, around elsewhere: bytes around the old centre would tell little of them.
    let later: Vec<f32> = normals(600 * dim, 6).into_iter().map(|value| 50_000.0 + value).collect();
    for part in later.chunks(100 * dim) {
        index.add(part, None).unwrap();
    }
    let (after, _) = index.kept();
    assert!(before != Storage::F32 && after == Storage::F32, "{before:?}, then {after:?}");
    let vectors = [&first[..], &later].concat();
    let queries = normals(30 * dim, 7).into_iter().map(|value| 50_000.0 + value).collect::<Vec<f32>>();
    let kept_now = kept(&index, &vectors, &queries);
    assert!(kept_now >= 0.9, "{kept_now}");
    index.remove(&(2400..3000).collect::<Vec<u64>>()).unwrap();
    index.compact().unwrap();
    let kept_of_first = kept(&index, &first, &normals(30 * dim, 8));
    assert!(kept_of_first >= 0.97, "{:?} keeps {kept_of_first}", index.kept());
}

#[test]
fn what_the_index_says_of_its_recall_is_what_is_found_or_less() {
    let (n, dim) = (6000, 32);
    let vectors: Vec<f32> = normals(n * dim, 8).into_iter().map(|value| value + 50.0).collect();
    let queries: Vec<f32> = normals(150 * dim, 9).into_iter().map(|value| value + 50.0).collect();
    for storage in [None, Some(Storage::F16), Some(Storage::I8), Some(Storage::F32)] {
        let mut index = built(&vectors[..3000 * dim], dim, 3000, &Params::default().storage(storage));
        for part in vectors[3000 * dim..].chunks(500 * dim) {
            index.add(part, None).unwrap();
        }
        let exact = SearchParams::default().exact(true);
        let told = index.recall(10, &exact).unwrap().unwrap();
        let kept = kept(&index, &vectors, &queries);
        assert!((f64::from(told) - kept).abs() <= 0.03, "{storage:?} exact: told {told}, found {kept}");
        for ef in [10, 40] {
            let params = SearchParams::default().ef_search(ef);
            let told = index.recall(10, &params).unwrap().unwrap();
            let found = found(&index, &vectors, &queries, &params);
            assert!(
                (f64::from(told) - found).abs() <= 0.05,
                "{storage:?} ef {ef}: told {told}, found {found}"
            );
        }
        let opened = Index::from_bytes(&index.to_bytes()).unwrap();
        assert_eq!(opened.recall_explained(10, &exact).unwrap(), index.recall_explained(10, &exact).unwrap());
    }
}

#[test]
fn after_removals_and_replacements_the_truth_is_that_of_what_is_left() {
    let (n, dim) = (3000, 20);
    let mut vectors = normals(n * dim, 10);
    let mut index = built(&vectors, dim, n, &Params::default().storage(Storage::I8));
    let fresh = normals(600 * dim, 11);
    let replaced: Vec<u64> = (0..600).map(|i| i * 3).collect();
    index.update(&fresh, &replaced).unwrap();
    for (&id, vector) in replaced.iter().zip(fresh.chunks(dim)) {
        vectors[id as usize * dim..][..dim].copy_from_slice(vector);
    }
    let gone: Vec<u64> = (0..500).map(|i| 1 + i * 3).collect();
    index.remove(&gone).unwrap();
    for &id in &gone {
        // As far as can be from all.
        vectors[id as usize * dim..][..dim].fill(1e9);
    }
    let queries = normals(100 * dim, 12);
    let exact = SearchParams::default().exact(true);
    let told = index.recall_explained(10, &exact).unwrap();
    let kept = kept(&index, &vectors, &queries);
    assert!(told.questions > 20, "{told:?}");
    assert!((f64::from(told.recall.unwrap()) - kept).abs() <= 0.03, "{told:?}, found {kept}");
    let truth: Vec<u64> =
        queries.chunks(dim).flat_map(|query| index.search(query, 10, &exact).unwrap().ids).collect();
    assert_eq!(index.recall_of(&queries, &truth, 10, &exact).unwrap(), 1.0);
    let code = index.recall_of(&queries, &truth[1..], 10, &exact).unwrap_err().code();
    assert_eq!(code, "shape_mismatch");
}

#[test]
fn recall_that_rounding_takes_is_told_apart_from_recall_that_the_walk_takes() {
    let (n, dim) = (3000, 24);
    // The first component takes all the steps that bytes have.
    let vectors: Vec<f32> = normals(n * dim, 13)
        .into_iter()
        .enumerate()
        .map(|(i, value)| if i % dim == 0 { ((i / dim) % 20) as f32 * 1000.0 } else { value })
        .collect();
    let params = Params::default().storage(Storage::I8);
    let told = built(&vectors, dim, n, &params).recall_explained(10, &SearchParams::default()).unwrap();
    assert!(told.lost_by_rounding.unwrap() > 0.2 && told.recall.unwrap() < 0.8, "{told:?}");
    assert!(told.advice.contains("Rounding to i8"), "{}", told.advice);
    let index = built(&vectors, dim, n, &params.storage(Storage::F32));
    let told = index.recall_explained(10, &SearchParams::default().ef_search(10)).unwrap();
    assert_eq!(told.lost_by_rounding, Some(0.0));
    assert!(told.lost_by_walk.unwrap() > 0.01 && told.advice.contains("Walks lose"), "{told:?}");
    assert_eq!(
        index.recall_explained(50_000, &SearchParams::default().ef_search(40)).unwrap().recall,
        Some(1.0)
    );
    let unknown = built(&vectors, dim, n, &Params::default().storage(Storage::F16))
        .recall(2000, &SearchParams::default());
    assert_eq!(unknown.unwrap(), None, "no sentinel knows so many");
}

#[test]
fn near_duplicates_are_found_by_the_copy_that_re_ranks() {
    let (clusters, each, dim) = (80, 40, 48);
    let (centres, offsets) = (normals(clusters * dim, 14), normals(clusters * each * dim, 15));
    let vectors: Vec<f32> = offsets
        .iter()
        .enumerate()
        .map(|(i, offset)| centres[i / dim % clusters * dim + i % dim] + 0.004 * offset)
        .collect();
    let params = Params::default().storage(Storage::I8).rerank(Storage::F32);
    let index = built(&vectors, dim, clusters * each, &params);
    let queries: Vec<f32> = normals(60 * dim, 16)
        .into_iter()
        .enumerate()
        .map(|(i, offset)| centres[i / dim % clusters * dim + i % dim] + 0.004 * offset)
        .collect();
    let reached = found(&index, &vectors, &queries, &SearchParams::default().ef_search(128));
    assert!(reached >= 0.97, "{reached}");
}
