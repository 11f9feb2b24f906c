//! Does the index find what exact search finds, and does a file of it give the same answers?

use nearfold::columns::{Expression, Value};
use nearfold::near::Filter;
use nearfold::{Error, Index, Metric, Params, SearchParams, SearchPlan, Storage};

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

#[test]
fn stopping_an_add_never_takes_what_was_there() {
    let vectors = lcg(5000 * 6, 1);
    // Too few for links, so that they are linked with the new ones; and one given twice.
    for (there, stop) in [(1000_usize, 1_usize), (1000, 900), (2047, 2048), (2047, 1), (3000, 1)] {
        let mut index = Index::new(6, Params::default()).unwrap();
        index.add(&vectors[..there * 6], None).unwrap();
        let twice = [&vectors[there * 6..], &vectors[..6]].concat();
        let mut told = Vec::new();
        let added = index
            .add_with_progress(&twice, None, &mut |done, all| {
                told.push((done, all));
                told.len() < stop.div_ceil(256)
            })
            .unwrap();
        assert!(told.iter().all(|&(done, all)| done <= all && all == 5000 - there), "{told:?}");
        assert_eq!(index.len(), there + added.len());
        assert!((0..there as u64).all(|id| index.contains(id)), "{there} {stop}");
        assert!(added.iter().all(|id| index.contains(*id)));
        // The other vectors of the one that was given twice share its node: there is nothing to link.
        assert_eq!(*added.last().unwrap(), 5000);
        index.remove(&added).unwrap();
        index.add(&vectors[there * 6..], Some(&(there as u64..5000).collect::<Vec<_>>())).unwrap();
        let found = index.search_many(&vectors, 1, &SearchParams::default().exact(true)).unwrap();
        assert!(found.ids.iter().enumerate().all(|(i, id)| *id == i as u64));
    }
}

#[test]
fn removed_vectors_are_gone_and_the_others_are_still_found() {
    for storage in STORAGES {
        let (n, dim) = (3000, 12);
        let vectors = lcg(n * dim, 1);
        let mut index = index(n, dim, Metric::L2sq, storage);
        let gone: Vec<u64> = (0..n as u64).filter(|id| id % 3 == 0).collect();
        index.remove(&gone[1..]).unwrap();
        index.remove(&gone[..1]).unwrap();
        assert_eq!(index.len(), n - gone.len());
        assert_eq!(index.health().orphans, 0);
        let found = index.search_many(&vectors, 1, &SearchParams::default().ef_search(64)).unwrap();
        assert!(found.ids.iter().all(|id| id % 3 != 0));
        let themselves = found.ids.iter().enumerate().filter(|(i, id)| **id == *i as u64).count();
        assert!(themselves as f64 >= 0.995 * (n - gone.len()) as f64, "{themselves}");
        assert!(recall(&index, &lcg(50 * dim, 9), 10, &SearchParams::default().ef_search(100)) >= 0.97);
        let opened = Index::from_bytes(&index.to_bytes()).unwrap();
        assert_eq!(opened.to_bytes(), index.to_bytes());
        assert_eq!(index.remove(&[0]).unwrap_err().code(), "id_not_found");
        assert_eq!(index.remove(&[1, 1]).unwrap_err().code(), "duplicate_id");
        assert_eq!(opened.to_bytes(), index.to_bytes());
        index.add(&vectors[..dim], Some(&[0])).unwrap();
        assert_eq!(index.search(&vectors[..dim], 1, &SearchParams::default()).unwrap().ids, [0]);
        index.remove(&(0..n as u64).filter(|id| index.contains(*id)).collect::<Vec<_>>()).unwrap();
        assert!(index.is_empty() && Index::from_bytes(&index.to_bytes()).unwrap().is_empty());
        index.add(&vectors, None).unwrap();
        assert_eq!(index.len(), n);
    }
}

#[test]
fn removing_one_of_several_ids_of_a_vector_keeps_the_others() {
    let mut index = Index::new(2, Params::default()).unwrap();
    index.add(&[1.0, 2.0, 1.0, 2.0, 5.0, 5.0, 1.0, 2.0], None).unwrap();
    index.remove(&[0, 3]).unwrap();
    let found = index.search(&[1.0, 2.0], 4, &SearchParams::default()).unwrap();
    assert_eq!(found.ids, [1, 2]);
    index.update(&[7.0, 7.0], &[1]).unwrap();
    assert_eq!(index.search(&[7.0, 7.0], 1, &SearchParams::default()).unwrap().ids, [1]);
    assert_eq!(index.len(), 2);
}

#[test]
fn replacing_every_vector_one_by_one_keeps_the_recall_of_a_fresh_build() {
    let (n, dim) = (2500, 12);
    let mut index = index(n, dim, Metric::L2sq, Storage::I8);
    let new = lcg(n * dim, 50);
    for (id, vector) in new.chunks(dim).enumerate() {
        index.update(vector, &[id as u64]).unwrap();
    }
    let mut fresh = Index::new(dim, index.params().clone()).unwrap();
    fresh.add(&new, None).unwrap();
    let (queries, params) = (lcg(100 * dim, 9), SearchParams::default().ef_search(48));
    let (churned, built) = (recall(&index, &queries, 10, &params), recall(&fresh, &queries, 10, &params));
    assert!(churned >= built - 0.01, "{churned} after changes, {built} fresh");
    assert_eq!(index.health().orphans, 0);
}

#[test]
fn compacting_changes_no_answer_but_the_memory() {
    for storage in STORAGES {
        let mut index = index(3000, 16, Metric::Cosine, storage);
        index.add(&lcg(100 * 16, 8), None).unwrap();
        let before = index.memory();
        let query = lcg(16, 3);
        let exact = SearchParams::default().exact(true);
        let answer = index.search(&query, 10, &exact).unwrap();
        index.compact().unwrap();
        assert_eq!(index.search(&query, 10, &exact).unwrap(), answer);
        let after = index.memory();
        assert!(after.links < before.links / 2 && after.vectors < before.vectors);
        assert_eq!(Index::from_bytes(&index.to_bytes()).unwrap().memory(), after);
    }
}

#[test]
fn an_index_of_equal_vectors_that_are_too_few_for_links_is_compacted() {
    let mut vectors = lcg(2047 * 4, 1);
    vectors.extend_from_within(..8);
    let mut index = Index::new(4, Params::default()).unwrap();
    index.add(&vectors, None).unwrap();
    index.compact().unwrap();
    assert_eq!(index.search(&vectors[4..8], 2, &SearchParams::default()).unwrap().ids, [1, 2048]);
    index.add(&lcg(3000 * 4, 2), None).unwrap();
    assert_eq!(index.health().orphans, 0);
}

#[test]
fn the_recall_that_is_asked_for_is_reached() {
    let index = index(6000, 24, Metric::Cosine, Storage::F32);
    let queries = lcg(200 * 24, 9);
    for asked in [0.9, 0.95, 0.99] {
        let reached = recall(&index, &queries, 10, &SearchParams::default().recall(asked));
        assert!(reached >= f64::from(asked) - 0.01, "asked {asked}, reached {reached}");
    }
    assert_eq!(index.recall(10, &SearchParams::default().exact(true)).unwrap(), Some(1.0));
    let code = index.search(&queries[..24], 1, &SearchParams::default().recall(1.5)).unwrap_err().code();
    assert_eq!(code, "bad_parameter");
}

#[test]
fn a_filtered_search_finds_the_nearest_of_the_allowed_at_any_selectivity() {
    let (n, dim) = (6000, 16);
    let index = index(n, dim, Metric::L2sq, Storage::F32);
    let queries = lcg(30 * dim, 9);
    for every in [1, 2, 10, 100, 1000, 6000] {
        let filter = index.filter(|id| id % every == 0);
        assert_eq!(filter.count(), n / every as usize);
        let mut hits = 0;
        let mut all = 0;
        for query in queries.chunks(dim) {
            let found =
                index.search_filtered(query, 10, &SearchParams::default().ef_search(64), &filter).unwrap();
            let truth = index.search(query, n, &SearchParams::default().exact(true)).unwrap();
            let truth: Vec<u64> = truth.ids.into_iter().filter(|id| id % every == 0).take(10).collect();
            assert_eq!(found.ids.len(), truth.len());
            assert!(found.ids.iter().all(|id| id % every == 0));
            hits += found.ids.iter().filter(|id| truth.contains(id)).count();
            all += truth.len();
        }
        assert!(hits as f64 >= 0.95 * all as f64, "every {every}: {hits} of {all}");
    }
    let mut changed = index.clone();
    let filter = changed.filter_ids(&[5, 7, 1 << 40]);
    assert_eq!(filter.count(), 2);
    changed.add(&lcg(dim, 70), None).unwrap();
    let stale = changed.search_filtered(&queries[..dim], 1, &SearchParams::default(), &filter);
    assert_eq!(stale.unwrap_err().code(), "bad_parameter");
}

#[test]
fn a_search_by_radius_returns_all_within_it() {
    let index = index(4000, 6, Metric::L2sq, Storage::F32);
    for query in lcg(10 * 6, 9).chunks(6) {
        let exact = index.search(query, 4000, &SearchParams::default().exact(true)).unwrap();
        for radius in [-1.0, 0.01, 0.1, 0.3, 5.0] {
            let within = exact.distances.iter().filter(|distance| **distance <= radius).count();
            let found = index.search_radius(query, radius, &SearchParams::default()).unwrap();
            assert!(found.distances.iter().all(|distance| *distance <= radius));
            assert!(found.ids.len() as f64 >= 0.97 * within as f64 - 1.0, "{} of {within}", found.ids.len());
        }
    }
}

/// What the planner promises holds in distances compared, which every machine counts alike.
#[test]
fn a_filtered_search_by_radius_finds_what_one_without_a_filter_finds_of_the_allowed_and_pays_no_more_than_a_scan_beside_it()
 {
    let (n, dim) = (6000, 8);
    let mut vectors = lcg(n * dim, 1);
    // Ids 6000 to 6099 have the vectors of 0 to 99.
    vectors.extend_from_within(..100 * dim);
    let years: Vec<Value> = (0..n as i64 + 100).map(|id| Value::Int(id % 100)).collect();
    let (mut walks, mut scans) = (0, 0);
    for (metric, radii) in
        [(Metric::L2sq, [0.02, 0.1, 0.6]), (Metric::Cosine, [0.02, 0.1, 0.9]), (Metric::Ip, [0.6, 0.8, 1.5])]
    {
        for storage in STORAGES {
            let params = Params::new(metric).storage(storage).ef_construction(60);
            let mut index = Index::new(dim, params).unwrap();
            index.add_with_columns(&vectors, None, &[("year", &years)], &mut |_, _| true).unwrap();
            let mask: Vec<bool> = (0..n).map(|id| id % 3 != 0).collect();
            let even: Vec<u64> = (0..6100).step_by(2).collect();
            let where_year = index.filter_where(&Expression::lt("year", 40)).unwrap();
            let by_ids = index.filter_ids(&even);
            let filters: [(Filter, &dyn Fn(u64) -> bool); 8] = [
                (index.filter(|_| true), &|_| true),
                (index.filter(|id| id >= 6000), &|id| id >= 6000),
                (index.filter(|_| false), &|_| false),
                (by_ids.clone(), &|id| id % 2 == 0),
                (index.filter_mask(&mask).expect("integers"), &|id| id < 6000 && id % 3 != 0),
                (where_year.clone(), &|id| id % 100 < 40),
                (index.filter_both(&where_year, &by_ids).unwrap(), &|id| id % 100 < 40 && id % 2 == 0),
                (index.filter_ids(&[7, 6007, 4321, 1 << 60]), &|id| [7, 6007, 4321].contains(&id)),
            ];
            for query in lcg(6 * dim, 9).chunks(dim).chain([&vectors[7 * dim..8 * dim]]) {
                let all = index.search(query, n + 100, &SearchParams::default().exact(true)).unwrap();
                for radius in radii {
                    for params in [
                        SearchParams::default(),
                        SearchParams::default().ef_search(12),
                        SearchParams::default().exact(true),
                    ] {
                        let (open, paid) =
                            index.search_radius_explained(query, radius, &params, None).unwrap();
                        for (filter, allows) in &filters {
                            let (found, how) =
                                index.search_radius_explained(query, radius, &params, Some(filter)).unwrap();
                            assert_eq!(
                                found,
                                index.search_radius_filtered(query, radius, &params, filter).unwrap()
                            );
                            let source = match how.plan {
                                SearchPlan::FilteredScan => {
                                    scans += 1;
                                    &all
                                }
                                SearchPlan::FilteredGraph => {
                                    walks += 1;
                                    &open
                                }
                                other => panic!("{other:?}"),
                            };
                            let mut expected: Vec<(f32, u64)> =
                                source.distances.iter().copied().zip(source.ids.iter().copied()).collect();
                            expected.retain(|(distance, id)| *distance <= radius && allows(*id));
                            let found: Vec<(f32, u64)> = found.distances.into_iter().zip(found.ids).collect();
                            assert_eq!(found, expected, "{metric:?} {storage:?} {radius} {how:?}");
                            assert!(how.distances <= paid.distances + filter.count(), "{how:?} {paid:?}");
                            assert!(!params.exact || how.distances == filter.count());
                        }
                    }
                }
            }
        }
    }
    assert!(walks > 100 && scans > 100, "{walks} walks, {scans} scans");
}

#[test]
fn filters_of_another_state_of_the_index_are_refused_wherever_they_are_used() {
    let mut index = index(300, 4, Metric::L2sq, Storage::F32);
    let (stale, other) = (index.filter(|_| true), index.filter_mask(&[true; 20]).expect("integers"));
    assert_eq!((stale.count(), other.count()), (300, 20));
    index.add(&[9.0; 4], None).unwrap();
    let fresh = index.filter(|_| true);
    let refused = |result: Result<(), Error>| assert_eq!(result.unwrap_err().code(), "bad_parameter");
    refused(index.search_radius_filtered(&[0.0; 4], 1.0, &SearchParams::default(), &stale).map(drop));
    refused(index.filter_both(&fresh, &other).map(drop));
    refused(index.filter_both(&stale, &fresh).map(drop));
    refused(index.search_radius_filtered(&[0.0; 4], f32::NAN, &SearchParams::default(), &fresh).map(drop));
}

/// Every vector is within the radius: what a list kept in order would take minutes for.
#[test]
fn a_radius_round_everything_gives_everything_in_order() {
    let n = 100_000;
    let vectors: Vec<f32> = (0..n).map(|i| (i * 7919 % n) as f32).collect();
    let mut index = Index::new(1, Params::default().storage(Storage::F32).m(4).ef_construction(4)).unwrap();
    index.add(&vectors, None).unwrap();
    for params in [SearchParams::default(), SearchParams::default().exact(true)] {
        let found = index.search_radius(&[0.0], f32::INFINITY, &params).unwrap();
        assert!(found.ids.iter().enumerate().all(|(place, id)| vectors[*id as usize] == place as f32));
        assert_eq!(found.ids.len(), n);
    }
}

#[test]
fn health_measures_the_vectors_as_they_are_kept() {
    let empty = Index::new(3, Params::default()).unwrap().health();
    assert_eq!((empty.nodes, empty.zeros, empty.not_finite), (0, 0, 0));
    assert_eq!((empty.norm_min, empty.norm_mean, empty.norm_max), (0.0, 0.0, 0.0));

    let vectors = [3.0, 4.0, 0.0, 0.0, 6.0, 8.0, 0.0, 0.0, 0.0, -1.0];
    for storage in [Storage::F32, Storage::F16, Storage::I8] {
        let mut index = Index::new(2, Params::default().storage(storage)).unwrap();
        index.add(&vectors, None).unwrap();
        let health = index.health();
        assert_eq!((health.nodes, health.duplicates, health.zeros, health.not_finite), (4, 1, 1, 0));
        assert_eq!((health.norm_min, health.norm_mean, health.norm_max), (0.0, 4.0, 10.0), "{storage:?}");
        assert_eq!(Index::from_bytes(&index.to_bytes()).unwrap().health(), health);
    }
    for rerank in [None, Some(Storage::F32)] {
        let mut index = Index::new(2, Params::new(Metric::Cosine).rerank(rerank)).unwrap();
        index.add(&vectors, None).unwrap();
        let health = index.health();
        // The same direction twice: of unit length they are equal.
        assert_eq!((health.nodes, health.duplicates, health.zeros), (3, 2, 1));
        assert!(
            (health.norm_max - 1.0).abs() < 1e-2 && (health.norm_mean - 2.0 / 3.0).abs() < 1e-2,
            "{health:?}"
        );
    }
    // The squares of these are no 32-bit floats.
    let mut large = Index::new(2, Params::default().storage(Storage::F32)).unwrap();
    large.add(&[3e38, 0.0, 0.0, 1e-30], None).unwrap();
    let health = large.health();
    assert_eq!((health.norm_max, health.norm_min), (f64::from(3e38_f32), f64::from(1e-30_f32)));
}

#[test]
fn clusters_far_from_each_other_stay_in_one_piece() {
    let (clusters, each, dim) = (60, 60, 8);
    let centres = lcg(clusters * dim, 1);
    let mut vectors = lcg(clusters * each * dim, 2);
    for (i, vector) in vectors.chunks_mut(dim).enumerate() {
        for (value, centre) in vector.iter_mut().zip(&centres[i % clusters * dim..]) {
            *value = centre * 1000.0 + *value * 0.01;
        }
    }
    let mut index = Index::new(dim, Params::default().storage(Storage::F32)).unwrap();
    index.add(&vectors, None).unwrap();
    assert_eq!(index.health().orphans, 0);
    let found = recall(&index, &vectors[..200 * dim], 10, &SearchParams::default().ef_search(64));
    assert!(found >= 0.95, "recall {found}");
}
