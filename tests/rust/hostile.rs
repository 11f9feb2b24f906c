//! Does the index keep its promises on data that break others: repeated vectors, clusters out of
//! each other's sight, one dimension, thousands of them? And on files that somebody made up?

use crate::near::lcg;
use mutator::{File, Random, exercise, mutant, originals};
use nearfold::{ErrorKind, Index, Metric, Params, SearchParams, Storage};

#[path = "../fuzz/mutator.rs"]
mod mutator;

const STORAGES: [Storage; 2] = [Storage::F32, Storage::I8];

fn built(vectors: &[f32], dim: usize, metric: Metric, storage: Storage) -> Index {
    let mut index = Index::new(dim, Params::new(metric).storage(storage)).unwrap();
    index.add(vectors, None).unwrap();
    index
}

/// The part of the true neighbours' distances that a search reaches.
fn recall(index: &Index, queries: &[f32], k: usize, params: &SearchParams) -> f64 {
    let (mut hits, mut all) = (0, 0);
    for query in queries.chunks(index.dim()) {
        let exact = index.search(query, k, &SearchParams::default().exact(true)).unwrap();
        let found = index.search(query, k, params).unwrap();
        let worst = *exact.distances.last().unwrap();
        hits += found.distances.iter().filter(|distance| **distance <= worst).count();
        all += exact.distances.len();
    }
    hits as f64 / all as f64
}

/// `clusters` of `each` vectors, `apart` from one another along the first axis.
fn clusters(clusters: usize, each: usize, dim: usize, apart: f32, seed: u64) -> Vec<f32> {
    let mut vectors = lcg(clusters * each * dim, seed);
    for (i, vector) in vectors.chunks_mut(dim).enumerate() {
        vector[0] += (i % clusters) as f32 * apart;
    }
    vectors
}

#[test]
fn clusters_out_of_each_others_sight_are_all_reached_before_and_after_changes() {
    let dim = 8;
    for storage in STORAGES {
        let vectors = clusters(50, 100, dim, 1000.0, 1);
        let mut index = built(&vectors, dim, Metric::L2sq, storage);
        assert_eq!(index.health().orphans, 0);
        let queries = &vectors[..200 * dim];
        assert!(recall(&index, queries, 10, &SearchParams::default().ef_search(100)) >= 0.95);
        let gone: Vec<u64> = (0..5000).filter(|id| id % 50 < 20 && id % 3 != 0).collect();
        index.remove(&gone).unwrap();
        assert_eq!(index.health().orphans, 0);
        let new = clusters(50, gone.len() / 50, dim, 1000.0, 2);
        for vector in new.chunks(dim) {
            index.add(vector, None).unwrap();
        }
        let opened = Index::from_bytes(&index.to_bytes()).unwrap();
        assert!(recall(&index, queries, 10, &SearchParams::default().ef_search(100)) >= 0.95);
        for query in queries.chunks(dim) {
            let params = SearchParams::default().ef_search(20);
            assert_eq!(opened.search(query, 5, &params).unwrap(), index.search(query, 5, &params).unwrap());
        }
        index.compact().unwrap();
        assert_eq!(index.health().orphans, 0);
    }
}

#[test]
fn vectors_repeated_hundreds_of_times_cost_no_recall() {
    let (dim, distinct, repeated, times) = (16, 10_000, 20, 300);
    let mut vectors = lcg(distinct * dim, 3);
    for _ in 0..times {
        vectors.extend_from_within(..repeated * dim);
    }
    for storage in STORAGES {
        let index = built(&vectors, dim, Metric::L2sq, storage);
        let health = index.health();
        assert_eq!((health.nodes, health.duplicates, health.orphans), (distinct, repeated * times, 0));
        let params = SearchParams::default().ef_search(64);
        assert!(recall(&index, &lcg(100 * dim, 4), 10, &params) >= 0.99);
        let found = index.search_many(&vectors[..distinct * dim], 1, &params).unwrap();
        let themselves = found.distances.iter().filter(|distance| **distance < 0.01).count();
        assert_eq!(themselves, distinct);
        let many = index.search(&vectors[..dim], times + 1, &params).unwrap();
        assert!(many.ids.iter().all(|id| *id == 0 || id % repeated as u64 == 0), "{:?}", many.ids);
    }
}

#[test]
fn equal_vectors_share_one_node_and_are_all_returned() {
    let (dim, n) = (4, 20_000);
    for (metric, value) in [(Metric::L2sq, 0.5), (Metric::Cosine, 0.0), (Metric::Ip, -1.0)] {
        let index = built(&vec![value; n * dim], dim, metric, Storage::I8);
        assert_eq!(index.health().nodes, 1);
        let found = index.search(&[0.25; 4], n, &SearchParams::default()).unwrap();
        assert_eq!(found.ids, (0..n as u64).collect::<Vec<_>>());
        // Two bytes an id, and a bit.
        assert!(index.memory().ids <= 5 * n / 2, "{:?}", index.memory());
        assert!(index.to_bytes().len() <= 5 * n / 2, "{}", index.to_bytes().len());
    }
}

#[test]
fn zero_vectors_under_cosine_are_at_distance_one_of_everything() {
    let dim = 6;
    let mut vectors = lcg(3000 * dim, 5);
    vectors[..10 * dim].fill(0.0);
    for storage in STORAGES {
        let index = built(&vectors, dim, Metric::Cosine, storage);
        assert_eq!((index.health().nodes, index.health().orphans), (2991, 0));
        let found = index.search(&vectors[20 * dim..21 * dim], 3000, &SearchParams::default()).unwrap();
        let zero = found.ids.iter().position(|id| *id == 4).unwrap();
        assert!((found.distances[zero] - 1.0).abs() < 1e-6);
        assert_eq!(index.vector(4).unwrap(), [0.0; 6]);
        let nothing = index.search(&[0.0; 6], 3, &SearchParams::default()).unwrap();
        assert!(nothing.distances.iter().all(|distance| (distance - 1.0).abs() < 1e-6));
    }
}

#[test]
fn one_dimension_and_four_thousand_are_searched_as_any_other() {
    for (dim, n, m, ef_construction) in [(1, 5000, 16, 64), (4096, 2048, 4, 8)] {
        let vectors = lcg(n * dim, 6);
        for storage in STORAGES {
            let params = Params::new(Metric::L2sq).storage(storage).m(m).ef_construction(ef_construction);
            let mut index = Index::new(dim, params).unwrap();
            index.add(&vectors, None).unwrap();
            assert_eq!(index.health().orphans, 0);
            let themselves =
                index.search_many(&vectors[..100 * dim], 1, &SearchParams::default().recall(0.99)).unwrap();
            let found = themselves.ids.iter().enumerate().filter(|(i, id)| **id == *i as u64).count();
            assert!(found >= 95, "{found} of 100 with {dim} dimensions");
            if dim == 1 {
                let params = SearchParams::default().ef_search(64);
                assert!(recall(&index, &lcg(100, 7), 10, &params) >= 0.95);
            }
        }
    }
}

#[test]
fn graphs_in_thousands_of_parts_are_searched_from_each() {
    // Under inner products hardly anything is linked to; of unit vectors at right angles nothing is near anything.
    let unit =
        |dim: usize| (0..dim * dim).map(|i| f32::from(u8::from(i % (dim + 1) == 0))).collect::<Vec<_>>();
    let (n, dim) = if cfg!(target_family = "wasm") { (5000, 2100) } else { (15_000, 2500) };
    let positive: Vec<f32> = lcg(2 * n, 3).iter().map(|x| x + 0.5).collect();
    for (vectors, dim, metric) in [(positive, 2, Metric::Ip), (unit(dim), dim, Metric::L2sq)] {
        let mut index = Index::new(dim, Params::new(metric).ef_construction(50)).unwrap();
        index.add(&vectors, None).unwrap();
        let health = index.health();
        assert_eq!(health.orphans, 0, "{metric:?}");
        let opened = Index::from_bytes(&index.to_bytes()).unwrap();
        let queries = &vectors[..50 * dim];
        let exact = opened.search_many(queries, 1, &SearchParams::default().exact(true)).unwrap();
        let found = opened.search_many(queries, 1, &SearchParams::default()).unwrap();
        let same =
            exact.distances.iter().zip(&found.distances).filter(|(exact, found)| exact == found).count();
        assert!(same >= 48, "{metric:?}: {same} of 50, {health:?}");
    }
}

/// The long campaign is `tests/fuzz`; `NEARFOLD_MUTANTS` says how many are tried here.
#[test]
fn a_mutant_of_a_file_with_right_checksums_is_refused_or_an_index_like_any_other() {
    let files = originals();
    let many = std::env::var("NEARFOLD_MUTANTS").ok().and_then(|count| count.parse().ok());
    let count = many.unwrap_or(if cfg!(target_family = "wasm") { 2000 } else { 8000 });
    let mut opened = 0;
    for seed in 0..count {
        let mut random = Random(seed);
        let bytes = mutant(&files, &mut random);
        opened += u64::from(exercise(&bytes, &mut random).is_some());
    }
    assert!(
        (count / 20..count / 2).contains(&opened),
        "{opened} of {count} opened: the mutants test nothing"
    );
}

/// Where the first recall entry of the file's table stands: its k, then its ef_search.
fn with_table(ef: u32) -> Vec<u8> {
    let mut index = Index::new(1, Params::new(Metric::L2sq).m(2).ef_construction(1)).unwrap();
    index.add(&(0..2100).map(|i| i as f32).collect::<Vec<_>>(), None).unwrap();
    let mut file = File::parse(&index.to_bytes()).unwrap();
    let table = file.section(7);
    table[..4].copy_from_slice(&10u32.to_le_bytes());
    table[4..8].copy_from_slice(&ef.to_le_bytes());
    table[8..12].copy_from_slice(&1.0f32.to_le_bytes());
    table.truncate(12);
    file.bytes()
}

#[test]
fn a_table_of_recall_that_no_search_could_follow_is_refused_with_what_it_says() {
    for ef in [0, 1, 9, 1 << 31, u32::MAX - 1] {
        let error = Index::from_bytes(&with_table(ef)).unwrap_err();
        assert!(matches!(error.kind(), ErrorKind::Corrupt { section: "calibration", .. }), "{error}");
        assert!(error.to_string().contains(&format!("got k 10, ef_search {ef}")), "{error}");
    }
    // The least that is no lie on its face: searches keep as many as they return, with a filter too.
    let index = Index::from_bytes(&with_table(10)).unwrap();
    let even = index.filter(|id| id % 2 == 0);
    for k in [1, 2, 10, 11, 100, 2100, usize::MAX] {
        let found = index.search(&[5.2], k, &SearchParams::default()).unwrap();
        assert_eq!(found.ids.len(), k.min(2100));
        let found = index.search_filtered(&[5.2], k, &SearchParams::default(), &even).unwrap();
        assert_eq!(found.ids.len(), k.min(1050));
    }
    index.recall(usize::MAX, &SearchParams::default()).unwrap();
}

#[test]
fn a_small_index_that_claims_nodes_to_begin_walks_at_is_refused_before_a_change_makes_it_unreadable() {
    let mut index = Index::new(2, Params::default()).unwrap();
    index.add(&[0.0, 0.0, 1.0, 1.0, 2.0, 2.0], None).unwrap();
    let mut file = File::parse(&index.to_bytes()).unwrap();
    file.header(64, &3u32.to_le_bytes());
    let error = Index::from_bytes(&file.bytes()).unwrap_err().to_string();
    assert!(error.contains("expected up to 0 nodes to be reached, got 3"), "{error}");
}
