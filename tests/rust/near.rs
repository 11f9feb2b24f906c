//! Does the index find what exact search finds, and does a file of it give the same answers?

use nearfold::{Error, Index, Metric, Params, SearchParams, Storage};

/// Pseudo-random floats in −0.5 … 0.5.
pub(crate) fn lcg(n: usize, seed: u64) -> Vec<f32> {
    let mut state = seed;
    (0..n)
        .map(|_| {
            state = state.wrapping_mul(6364136223846793005).wrapping_add(1442695040888963407);
            (state >> 40) as f32 / (1 << 24) as f32 - 0.5
        })
        .collect()
}

const METRICS: [Metric; 3] = [Metric::L2sq, Metric::Ip, Metric::Cosine];
const STORAGES: [Storage; 2] = [Storage::F32, Storage::I8];

fn index(n: usize, dim: usize, metric: Metric, storage: Storage) -> Index {
    let mut index = Index::new(dim, Params::new(metric).storage(storage).ef_construction(100)).unwrap();
    index.add(&lcg(n * dim, 1), None).unwrap();
    index
}

fn recall(index: &Index, queries: &[f32], k: usize, params: &SearchParams) -> f64 {
    let found = index.search_many(queries, k, params).unwrap();
    let truth = index.search_many(queries, k, &SearchParams::default().exact(true)).unwrap();
    let hits: usize = found
        .ids
        .chunks(k)
        .zip(truth.ids.chunks(k))
        .map(|(found, truth)| found.iter().filter(|id| truth.contains(id)).count())
        .sum();
    hits as f64 / truth.ids.len() as f64
}

#[test]
fn the_walk_finds_nearly_all_that_the_scan_finds_for_every_metric_and_storage() {
    for metric in METRICS {
        for storage in STORAGES {
            let index = index(4000, 12, metric, storage);
            let recall = recall(&index, &lcg(50 * 12, 9), 10, &SearchParams::default().ef_search(100));
            assert!(recall >= 0.97, "{metric:?} {storage:?}: recall {recall}");
        }
    }
}

#[test]
fn exact_search_on_f32_gives_the_nearest_by_a_plain_loop() {
    let (n, dim) = (500, 7);
    let vectors = lcg(n * dim, 1);
    let index = index(n, dim, Metric::L2sq, Storage::F32);
    for query in lcg(20 * dim, 5).chunks(dim) {
        let mut truth: Vec<(f64, u64)> = vectors
            .chunks(dim)
            .zip(0..)
            .map(|(row, id)| (row.iter().zip(query).map(|(a, b)| f64::from(a - b).powi(2)).sum(), id))
            .collect();
        truth.sort_by(|a, b| a.0.total_cmp(&b.0));
        let found = index.search(query, 10, &SearchParams::default().exact(true)).unwrap();
        assert_eq!(found.ids, truth[..10].iter().map(|(_, id)| *id).collect::<Vec<_>>());
        for (distance, (exact, _)) in found.distances.iter().zip(&truth) {
            assert!((f64::from(*distance) - exact).abs() < 1e-6);
        }
    }
}

#[test]
fn a_file_opens_to_the_same_answers_and_the_same_bytes() {
    for metric in METRICS {
        for storage in STORAGES {
            for n in [0, 1, 300, 3000] {
                let index = index(n, 9, metric, storage);
                let bytes = index.to_bytes();
                let opened = Index::from_bytes(&bytes).unwrap();
                assert_eq!(opened.to_bytes(), bytes);
                assert_eq!(opened.params(), index.params());
                for query in lcg(5 * 9, 3).chunks(9) {
                    let params = SearchParams::default().ef_search(20);
                    assert_eq!(opened.search(query, 4, &params), index.search(query, 4, &params));
                }
            }
        }
    }
}

#[test]
fn adding_after_opening_gives_the_bytes_of_adding_without() {
    for storage in STORAGES {
        let mut first = index(2500, 8, Metric::L2sq, storage);
        let mut second = Index::from_bytes(&first.to_bytes()).unwrap();
        let more = lcg(300 * 8, 77);
        assert_eq!(first.add(&more, None), second.add(&more, None));
        assert_eq!(first.to_bytes(), second.to_bytes());
    }
}

#[test]
fn equal_vectors_share_a_node_and_keep_their_ids() {
    for storage in STORAGES {
        let mut index = Index::new(3, Params::default().storage(storage)).unwrap();
        let vectors = [1.0, 2.0, 3.0, 9.0, 9.0, 9.0, 1.0, 2.0, 3.0, 1.0, 2.0, 3.0];
        index.add(&vectors, Some(&[40, 7, 30, 50])).unwrap();
        let found = index.search(&[1.0, 2.0, 3.0], 4, &SearchParams::default()).unwrap();
        assert_eq!(found.ids, [30, 40, 50, 7]);
        assert_eq!(found.distances[0], found.distances[2]);
        let opened = Index::from_bytes(&index.to_bytes()).unwrap();
        assert_eq!(opened.search(&[1.0, 2.0, 3.0], 4, &SearchParams::default()).unwrap(), found);
        assert_eq!(opened.len(), 4);
        assert!(opened.contains(50) && !opened.contains(51));
    }
}

#[test]
fn a_zero_vector_is_at_cosine_distance_1_from_everything() {
    for storage in STORAGES {
        let mut index = Index::new(4, Params::new(Metric::Cosine).storage(storage)).unwrap();
        index.add(&lcg(300 * 4, 1), None).unwrap();
        index.add(&[0.0; 4], Some(&[1000])).unwrap();
        let query = [0.3, -0.2, 0.1, 0.4];
        let found = index.search(&query, 301, &SearchParams::default().exact(true)).unwrap();
        let zero = found.ids.iter().position(|id| *id == 1000).unwrap();
        assert_eq!(found.distances[zero], 1.0);
        let of_zero = index.search(&[0.0; 4], 301, &SearchParams::default()).unwrap();
        assert!(of_zero.distances.iter().all(|distance| (distance - 1.0).abs() < 1e-6));
    }
}

#[test]
fn bytes_are_kept_exactly_by_i8() {
    let vectors: Vec<f32> = lcg(400 * 16, 4).iter().map(|x| ((x + 0.5) * 256.0).floor()).collect();
    let mut index = Index::new(16, Params::default()).unwrap();
    let ids = index.add(&vectors, None).unwrap();
    for (id, vector) in ids.iter().zip(vectors.chunks(16)) {
        assert_eq!(index.vector(*id).unwrap(), vector);
        assert_eq!(index.search(vector, 1, &SearchParams::default()).unwrap().distances, [0.0]);
    }
}

#[test]
fn fewer_than_k_are_returned_when_there_are_fewer() {
    let index = index(3, 2, Metric::L2sq, Storage::I8);
    assert_eq!(index.search(&[0.0, 0.0], 10, &SearchParams::default()).unwrap().ids.len(), 3);
    let batch = index.search_many(&[0.0; 4], 10, &SearchParams::default()).unwrap();
    assert_eq!((batch.k, batch.ids.len()), (3, 6));
    let empty = Index::new(2, Params::default()).unwrap();
    assert!(empty.search(&[0.0, 0.0], 10, &SearchParams::default()).unwrap().ids.is_empty());
}

#[test]
fn bad_input_is_refused_and_changes_nothing() {
    let mut index = index(300, 4, Metric::L2sq, Storage::I8);
    let before = index.to_bytes();
    let search = SearchParams::default();
    let code = |result: Result<Vec<u64>, Error>| result.unwrap_err().code();
    assert_eq!(code(index.add(&[1.0; 5], None)), "dimension_mismatch");
    assert_eq!(code(index.add(&[1.0, f32::NAN, 0.0, 0.0], None)), "not_finite");
    assert_eq!(code(index.add(&[1.0, 0.0, 0.0, f32::INFINITY], None)), "not_finite");
    assert_eq!(code(index.add(&[1.0; 4], Some(&[3]))), "duplicate_id");
    assert_eq!(code(index.add(&[1.0; 8], Some(&[900, 900]))), "duplicate_id");
    assert_eq!(code(index.add(&[1.0; 8], Some(&[900]))), "shape_mismatch");
    assert_eq!(index.search(&[1.0; 3], 1, &search).unwrap_err().code(), "dimension_mismatch");
    assert_eq!(index.search(&[f32::NAN; 4], 1, &search).unwrap_err().code(), "not_finite");
    assert_eq!(index.search(&[1.0; 4], 0, &search).unwrap_err().code(), "bad_parameter");
    assert_eq!(index.search(&[1.0; 4], 1, &search.clone().ef_search(0)).unwrap_err().code(), "bad_parameter");
    assert_eq!(index.vector(4000).unwrap_err().code(), "id_not_found");
    assert_eq!(index.to_bytes(), before);
    assert_eq!(Index::new(0, Params::default()).unwrap_err().code(), "bad_parameter");
    assert_eq!(Index::new(65537, Params::default()).unwrap_err().code(), "bad_parameter");
    assert_eq!(Index::new(4, Params::default().m(1)).unwrap_err().code(), "bad_parameter");
    assert_eq!(Index::new(4, Params::default().m(129)).unwrap_err().code(), "bad_parameter");
}

#[test]
fn stopping_an_add_keeps_what_was_linked_and_the_index_goes_on() {
    let vectors = lcg(5000 * 6, 1);
    let mut index = Index::new(6, Params::default()).unwrap();
    let kept = index.add_with_progress(&vectors, None, &mut |done, _| done < 3000).unwrap();
    assert!((3000..5000).contains(&kept.len()) && index.len() == kept.len());
    let opened = Index::from_bytes(&index.to_bytes()).unwrap();
    assert_eq!(opened.to_bytes(), index.to_bytes());
    let rest =
        index.add(&vectors[kept.len() * 6..], Some(&(kept.len() as u64..5000).collect::<Vec<_>>())).unwrap();
    assert_eq!(rest.len() + kept.len(), 5000);
    let found = index.search(&vectors[4999 * 6..], 1, &SearchParams::default()).unwrap();
    assert_eq!(found.ids, [4999]);
}
