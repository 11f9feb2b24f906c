//! Does the index keep its recall, and its bytes, on data that is hard for a graph?

use crate::near::lcg;
use nearfold::columns::{Expression, Value};
use nearfold::{Index, Metric, Params, SearchParams, SearchPlan, Storage};

const STORAGES: [Storage; 5] = [Storage::F32, Storage::F16, Storage::I8, Storage::I4, Storage::B1];

fn build(vectors: &[f32], dim: usize, params: Params) -> Index {
    let mut index = Index::new(dim, params).unwrap();
    index.add(vectors, None).unwrap();
    index
}

/// The part of the `k` true distances that a search reaches: a tie counts, whichever id it has.
fn recall(index: &Index, queries: &[f32], k: usize, ef: usize) -> f64 {
    let found = index.search_many(queries, k, &SearchParams::default().ef_search(ef)).unwrap();
    let truth = index.search_many(queries, k, &SearchParams::default().exact(true)).unwrap();
    assert_eq!(found.distances.len(), truth.distances.len());
    let pairs = found.distances.chunks(k).zip(truth.distances.chunks(k));
    let hits: usize = pairs.map(|(f, t)| f.iter().filter(|distance| **distance <= t[k - 1]).count()).sum();
    hits as f64 / truth.distances.len() as f64
}

/// Asserts that a search for each stored vector finds one at its own distance; ids are row numbers.
fn assert_each_finds_itself(index: &Index, vectors: &[f32], ef: usize) {
    let dim = index.dim();
    let found = index.search_many(vectors, 1, &SearchParams::default().ef_search(ef)).unwrap();
    assert_eq!(found.ids.len(), vectors.len() / dim);
    let row = |i: usize| &vectors[i * dim..][..dim];
    let lost: Vec<usize> =
        (0..found.ids.len()).filter(|i| row(*i) != row(found.ids[*i] as usize)).take(5).collect();
    assert!(lost.is_empty(), "rows {lost:?} do not find themselves");
}

#[test]
fn scans_for_many_queries_for_one_and_of_a_list_of_all_vectors_give_the_same_bits() {
    for (n, dim, asked) in [(1, 1, 3), (300, 5, 8), (777, 33, 19), (1500, 130, 300)] {
        let (vectors, queries) = (lcg(n * dim, 5), lcg(asked * dim, 6));
        for (storage, metric) in STORAGES
            .iter()
            .flat_map(|storage| [Metric::L2sq, Metric::Ip, Metric::Cosine].map(|metric| (*storage, metric)))
        {
            let index = build(&vectors, dim, Params::new(metric).storage(storage));
            let exact = SearchParams::default().exact(true);
            let many = index.search_many(&queries, 7, &exact).unwrap();
            let all = index.filter(|_| true);
            for (i, query) in queries.chunks(dim).enumerate() {
                let one = index.search(query, 7, &exact).unwrap();
                assert_eq!(
                    one,
                    index.search_filtered(query, 7, &exact, &all).unwrap(),
                    "{storage:?} {metric:?}"
                );
                let row = i * many.k..(i + 1) * many.k;
                assert_eq!(
                    (&one.ids[..], &one.distances[..]),
                    (&many.ids[row.clone()], &many.distances[row])
                );
            }
        }
    }
}

#[cfg(feature = "parallel")]
#[test]
fn one_thread_and_two_threads_build_the_same_bytes() {
    let dim = 10;
    let vectors = lcg(6000 * dim, 1);
    for storage in STORAGES {
        let bytes = |threads: usize| {
            let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build().unwrap();
            pool.install(|| {
                let params = Params::new(Metric::Cosine).storage(storage).ef_construction(60);
                let mut index = build(&vectors[..5000 * dim], dim, params);
                index.add(&vectors[5000 * dim..], None).unwrap();
                index.remove(&[3, 1000, 5999]).unwrap();
                index.to_bytes()
            })
        };
        let one = bytes(1);
        assert_eq!(one, bytes(2));
        assert_eq!(one, bytes(5));
    }
}

#[test]
fn equal_vectors_alone_are_found_by_their_ids_in_order() {
    for (metric, value) in
        [(Metric::L2sq, 0.7), (Metric::Ip, -0.3), (Metric::Cosine, 0.2), (Metric::Cosine, 0.0)]
    {
        for storage in STORAGES {
            let index = build(&[value; 5000 * 3], 3, Params::new(metric).storage(storage));
            assert_eq!(index.health().nodes, 1);
            let found = index.search(&[0.5; 3], 7, &SearchParams::default()).unwrap();
            assert_eq!(found.ids, [0, 1, 2, 3, 4, 5, 6]);
            assert_eq!(Index::from_bytes(&index.to_bytes()).unwrap().to_bytes(), index.to_bytes());
        }
    }
}

#[test]
fn one_dimension_is_enough() {
    let n = 5000;
    for storage in STORAGES {
        // A line of whole numbers, out of order: both storages keep them exactly.
        let vectors: Vec<f32> = (0..n).map(|i| (i * 1877 % n) as f32).collect();
        let index = build(&vectors, 1, Params::default().storage(storage));
        assert_eq!(index.health().orphans, 0);
        if storage == Storage::F32 {
            assert_each_finds_itself(&index, &vectors, 64);
        }
        let queries: Vec<f32> = (0..200).map(|i| i as f32 * 24.7).collect();
        let recall = recall(&index, &queries, 10, 64);
        assert!(recall >= 0.99, "{storage:?}: recall {recall}");
    }
}

#[test]
fn a_filter_of_any_selectivity_keeps_the_recall_and_the_cost_beside_with_and_against_the_query() {
    let (n, dim) = if cfg!(target_family = "wasm") { (5000, 8) } else { (20_000, 12) };
    let vectors = lcg(n * dim, 1);
    let anchor = &vectors[..dim];
    let distance = |row: &[f32]| row.iter().zip(anchor).map(|(a, b)| f64::from(a - b).powi(2)).sum::<f64>();
    let mut by_distance: Vec<usize> = (0..n).collect();
    by_distance.sort_by(|a, b| {
        distance(&vectors[a * dim..][..dim]).total_cmp(&distance(&vectors[b * dim..][..dim]))
    });
    let mut rank = vec![Value::Null; n];
    for (place, row) in by_distance.iter().enumerate() {
        rank[*row] = Value::Int(place as i64);
    }
    // A permutation that has nothing to do with where vectors are.
    let mixed: Vec<Value> = (0..n).map(|i| Value::Int((i * 7919 % n) as i64)).collect();
    let mut index = Index::new(dim, Params::default().ef_construction(80)).unwrap();
    let columns: [(&str, &[Value]); 2] = [("mixed", &mixed), ("rank", &rank)];
    index.add_with_columns(&vectors, None, &columns, &mut |_, _| true).unwrap();

    // Near the anchor: what is allowed by rank is all round, or as far away as can be.
    let near: Vec<f32> =
        lcg(40 * dim, 9).iter().zip(anchor.iter().cycle()).map(|(x, a)| a + 0.3 * x).collect();
    for selectivity in [0.5, 0.1, 0.01, 0.001, 0.0001] {
        let count = ((n as f64 * selectivity) as i64).max(1);
        for (beside, filter) in [
            ("beside", Expression::lt("mixed", count)),
            ("with", Expression::lt("rank", count)),
            ("against", Expression::gte("rank", n as i64 - count)),
        ] {
            let filter = index.filter_where(&filter).unwrap();
            assert_eq!(filter.count() as i64, count);
            let (mut hits, mut all) = (0, 0);
            for query in near.chunks(dim) {
                let params = SearchParams::default();
                let (found, how) = index.search_explained(query, 10, &params, Some(&filter)).unwrap();
                let (_, open) = index.search_explained(query, 10, &params, None).unwrap();
                assert!(
                    how.distances <= open.distances + filter.count(),
                    "{beside} the query, {selectivity}: {how:?} {open:?}"
                );
                let exact = SearchParams::default().exact(true);
                let truth = index.search_filtered(query, 10, &exact, &filter).unwrap();
                assert_eq!(truth.ids.len() as i64, count.min(10));
                assert_eq!(found.ids.len(), truth.ids.len());
                hits += found.ids.iter().filter(|id| truth.ids.contains(id)).count();
                all += truth.ids.len();
            }
            let recall = hits as f64 / all as f64;
            assert!(recall >= 0.95, "{beside} the query, {selectivity}: recall {recall}");
        }
    }
}

/// Vectors in clusters far from each other, `each` of every one, in turns.
fn clusters(count: usize, each: usize, dim: usize) -> Vec<f32> {
    let centres = lcg(count * dim, 1);
    let mut vectors = lcg(count * each * dim, 2);
    for (i, vector) in vectors.chunks_mut(dim).enumerate() {
        for (value, centre) in vector.iter_mut().zip(&centres[i % count * dim..]) {
            *value = centre * 1000.0 + *value * 0.01;
        }
    }
    vectors
}

#[test]
fn clusters_far_from_each_other_are_all_reached_after_every_kind_of_change() {
    // Hundreds of small clusters, thinned out: 0.948 was measured.
    for (count, each, floor) in [(50, 100, 0.95), (300, 40, 0.94)] {
        let dim = 8;
        let vectors = clusters(count, each, dim);
        let mut index = build(&vectors, dim, Params::default().storage(Storage::F32).ef_construction(100));
        let check = |index: &Index, what: &str| {
            assert_eq!(index.health().orphans, 0, "{count} clusters, {what}");
            let recall = recall(index, &vectors[..500 * dim], 10, 64);
            assert!(recall >= floor, "{count} clusters, {what}: recall {recall}");
            let opened = Index::from_bytes(&index.to_bytes()).unwrap();
            assert_eq!(opened.to_bytes(), index.to_bytes());
            assert_eq!(opened.health(), index.health());
        };
        check(&index, "built");
        let n = count * each;
        index.remove(&(0..n as u64).filter(|id| id % 3 == 0).collect::<Vec<_>>()).unwrap();
        check(&index, "thinned");
        for (id, row) in vectors.chunks(dim).enumerate().filter(|(id, _)| id % 90 == 0) {
            index.add(row, Some(&[id as u64])).unwrap();
        }
        check(&index, "added to one by one");
        index.compact().unwrap();
        check(&index, "compacted");
        let mut opened = Index::from_bytes(&index.to_bytes()).unwrap();
        for index in [&mut index, &mut opened] {
            index.add(&vectors[..dim * 2], None).unwrap();
            index.update(&vectors[dim * 5..dim * 6], &[4]).unwrap();
        }
        assert_eq!(opened.to_bytes(), index.to_bytes());
    }
}

#[test]
fn clusters_that_come_one_after_another_are_found_as_well_as_mixed_ones() {
    let (count, each, dim) = (100, 40, 8);
    let mixed = clusters(count, each, dim);
    let row = |i: usize| &mixed[i * dim..][..dim];
    let sorted: Vec<f32> =
        (0..count * each).flat_map(|i| row(i % each * count + i / each)).copied().collect();
    for storage in [Storage::F32, Storage::I8] {
        let params = Params::default().storage(storage).ef_construction(80);
        let of = |vectors: &[f32], add: usize| {
            let mut index = Index::new(dim, params.clone()).unwrap();
            vectors.chunks(add * dim).for_each(|part| drop(index.add(part, None).unwrap()));
            index
        };
        let queries = &mixed[..500 * dim];
        // With as few candidates as neighbours one hit more or less is chance.
        let floor = |index: &Index, ef| recall(index, queries, 10, ef) - if ef == 10 { 0.03 } else { 0.01 };
        let of_mixed = of(&mixed, count * each);
        for add in [count * each, each] {
            let mut index = of(&sorted, add);
            for ef in [10, 64] {
                let found = recall(&index, queries, 10, ef);
                let floor = floor(&of_mixed, ef);
                assert!(found >= floor, "{storage:?}, adds of {add}, ef {ef}: recall {found} of {floor}");
            }
            // What stands for a cluster above goes, too.
            index.remove(&(0..(count * each) as u64).filter(|id| id % 4 == 0).collect::<Vec<_>>()).unwrap();
            let opened = Index::from_bytes(&index.to_bytes()).unwrap();
            for index in [&index, &opened] {
                let found = recall(index, queries, 10, 64);
                assert!(found >= 0.98, "{storage:?}, adds of {add}, thinned: recall {found}");
            }
            index.compact().unwrap();
            let found = recall(&index, queries, 10, 64);
            assert!(found >= 0.98, "{storage:?}, adds of {add}, compacted: recall {found}");
        }
    }
}

#[test]
fn compacting_gives_back_the_links_that_removals_took() {
    let (n, dim) = (4000, 12);
    let vectors = lcg(n * dim, 5);
    let mut index = build(&vectors, dim, Params::default().storage(Storage::F32).ef_construction(60));
    let degree = index.health().degree_mean;
    for round in 0..3 {
        let gone: Vec<u64> = (0..n as u64).filter(|id| (id + round) % 3 == 0).collect();
        let rows: Vec<f32> =
            gone.iter().flat_map(|id| &vectors[*id as usize * dim..][..dim]).copied().collect();
        index.remove(&gone).unwrap();
        index.add(&rows, Some(&gone)).unwrap();
    }
    index.compact().unwrap();
    let after = index.health().degree_mean;
    assert!(after >= 0.95 * degree, "{after} links of {degree}");
}

#[test]
fn a_walk_is_taken_where_it_is_less_work_than_comparing_all() {
    let dim = 4;
    let vectors = lcg(3000 * dim, 3);
    let index = build(&vectors, dim, Params::default().ef_construction(40));
    let plan = |ef: usize| {
        let params = SearchParams::default().ef_search(ef);
        index.search_explained(&vectors[..dim], 10, &params, None).unwrap().1.plan
    };
    assert_eq!((plan(64), plan(128)), (SearchPlan::Graph, SearchPlan::Scan));
}

#[test]
fn near_duplicates_under_cosine_are_told_apart_by_what_is_rounded() {
    let (clusters, each, dim) = (50, 20, 128);
    let (centres, offsets) = (lcg(clusters * dim, 11), lcg(clusters * each * dim, 12));
    let vectors: Vec<f32> = offsets
        .chunks(dim)
        .enumerate()
        .flat_map(|(i, offset)| {
            let centre = &centres[i / each * dim..][..dim];
            offset.iter().zip(centre).map(|(offset, centre)| centre + 0.03 * offset).collect::<Vec<_>>()
        })
        .collect();
    let cosine = |a: &[f32], b: &[f32]| {
        let dot =
            |a: &[f32], b: &[f32]| a.iter().zip(b).map(|(a, b)| f64::from(*a) * f64::from(*b)).sum::<f64>();
        dot(a, b) / (dot(a, a) * dot(b, b)).sqrt()
    };
    for (storage, least) in [(Storage::F32, 0.99), (Storage::F16, 0.98), (Storage::I8, 0.85)] {
        let mut index = Index::new(dim, Params::new(Metric::Cosine).storage(storage)).unwrap();
        index.add(&vectors, None).unwrap();
        let mut hits = 0;
        let queries = vectors.chunks(dim).step_by(10);
        for query in queries.clone() {
            let mut truth: Vec<(f64, u64)> =
                vectors.chunks(dim).zip(0..).map(|(vector, id)| (-cosine(query, vector), id)).collect();
            truth.sort_by(|a, b| a.0.total_cmp(&b.0));
            let found = index.search(query, 10, &SearchParams::default()).unwrap();
            hits += truth[..10].iter().filter(|(_, id)| found.ids.contains(id)).count();
        }
        let recall = hits as f64 / (10 * queries.count()) as f64;
        assert!(recall >= least, "{storage:?}: recall {recall}");
    }
}
