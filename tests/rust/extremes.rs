//! Are near vectors in the right order, is a vector its own first neighbour, and do numbers at both ends of float32 survive?

use crate::near::lcg;
use nearfold::{Index, Metric, Neighbors, Params, SearchParams, Storage};

const METRICS: [Metric; 3] = [Metric::L2sq, Metric::Ip, Metric::Cosine];

fn built(vectors: &[f32], dim: usize, metric: Metric, storage: Storage) -> Index {
    let params = Params::new(metric).storage(storage).m(8).ef_construction(40);
    let mut index = Index::new(dim, params).unwrap();
    index.add(vectors, None).unwrap();
    index
}

fn exact(index: &Index, query: &[f32], k: usize) -> Neighbors {
    index.search(query, k, &SearchParams::default().exact(true)).unwrap()
}

/// The distance in double precision; that of near directions without cancellation.
fn distance(metric: Metric, a: &[f32], b: &[f32]) -> f64 {
    let pairs = || a.iter().zip(b).map(|(a, b)| (f64::from(*a), f64::from(*b)));
    let dot: f64 = pairs().map(|(a, b)| a * b).sum();
    match metric {
        Metric::L2sq => pairs().map(|(a, b)| (a - b).powi(2)).sum(),
        Metric::Ip => 1.0 - dot,
        _ => {
            let (of_a, of_b): (f64, f64) =
                (pairs().map(|(a, _)| a * a).sum(), pairs().map(|(_, b)| b * b).sum());
            if of_a == 0.0 || of_b == 0.0 {
                return 1.0;
            }
            pairs().map(|(a, b)| (a / of_a.sqrt() - b / of_b.sqrt()).powi(2)).sum::<f64>() / 2.0
        }
    }
}

#[test]
fn vectors_of_nearly_one_direction_are_at_distances_of_their_own_in_the_right_order() {
    for n in [1500, 4000] {
        let dim = 3;
        let vectors: Vec<f32> = lcg(n * dim, 1)
            .iter()
            .zip([0.6f32, 0.64, 0.48].iter().cycle())
            .map(|(x, v)| v + x * 3e-4)
            .collect();
        for storage in [Storage::F32, Storage::F16] {
            let index = built(&vectors, dim, Metric::Cosine, storage);
            for at in (0..n).step_by(n / 20) {
                // What the index keeps is what it is asked about.
                let query = index.vector(at as u64).unwrap();
                let found = exact(&index, &query, 10);
                let mut right: Vec<(f64, u64)> = index
                    .ids()
                    .iter()
                    .map(|id| (distance(Metric::Cosine, &query, &index.vector(*id).unwrap()), *id))
                    .collect();
                right.sort_by(|a, b| a.0.total_cmp(&b.0));
                for ((found, said), (truth, _)) in found.ids.iter().zip(&found.distances).zip(&right) {
                    let of_found = distance(Metric::Cosine, &query, &index.vector(*found).unwrap());
                    assert!(
                        of_found <= truth * 1.0001 + 1e-14,
                        "{storage:?}: {of_found} where {truth} is right"
                    );
                    assert!(
                        (f64::from(*said) - of_found).abs() <= of_found * 1e-4 + 1e-14,
                        "{said} is {of_found}"
                    );
                }
                let walked = index.search(&query, 10, &SearchParams::default().ef_search(64)).unwrap();
                assert!(walked.distances[9] <= found.distances[9] * 1.5 + 1e-12, "{walked:?}, {found:?}");
            }
            let all = exact(&index, &vectors[..dim], n).distances;
            let mut different = all.clone();
            different.dedup();
            assert!(storage == Storage::F16 || different.len() > n * 9 / 10, "{} of {n}", different.len());
        }
    }
}

#[test]
fn a_vector_is_its_own_first_neighbour_at_zero_or_within_the_rounding_of_the_storage() {
    // As many as are encoded.
    let (n, dim) = (2100, 24);
    let vectors = lcg(n * dim, 2);
    for metric in [Metric::L2sq, Metric::Cosine] {
        for (storage, bound) in
            [(Storage::F32, 0.0), (Storage::F16, 1e-6), (Storage::I8, 1e-3), (Storage::B1, 1e-5)]
        {
            let index = built(&vectors, dim, metric, storage);
            for (id, vector) in vectors.chunks(dim).enumerate() {
                let found = exact(&index, vector, 1);
                assert_eq!(found.ids, [id as u64], "{metric:?} {storage:?}");
                assert!(found.distances[0] <= bound, "{metric:?} {storage:?}: {}", found.distances[0]);
            }
        }
    }
}

#[test]
fn vectors_at_both_ends_of_float32_are_ordered_as_double_precision_orders_them() {
    let dim = 6;
    let mut wrong = Vec::new();
    for n in [300, 2060] {
        for metric in METRICS {
            for storage in [Storage::F32, Storage::F16, Storage::I8] {
                for scale in [1e-42, 1e-38, 2e-30, 2e-25, 1e-12, 1e4, 1e15, 1e20, 1e30, 3e38] {
                    // 16-bit floats end earlier, and say so; under cosine they keep the direction.
                    let graph_too = [2e-30, 1e-12, 1e20, 3e38].contains(&scale);
                    if n > 2048 && (!graph_too || storage == Storage::F16) {
                        continue;
                    }
                    if storage == Storage::F16 && metric != Metric::Cosine && !(1e-5..=6e4).contains(&scale) {
                        continue;
                    }
                    let vectors: Vec<f32> = lcg(n * dim, 3).iter().map(|x| x * scale).collect();
                    let index = built(&vectors, dim, metric, storage);
                    let saved = index.to_bytes();
                    assert_eq!(Index::from_bytes(&saved).unwrap().to_bytes(), saved);
                    let query: Vec<f32> = lcg(dim, 4).iter().map(|x| x * scale).collect();
                    let what = format!("{metric:?} {storage:?} {scale:e}, {n}");
                    let kept: Vec<Vec<f32>> = (0..n as u64).map(|id| index.vector(id).unwrap()).collect();
                    let mut right: Vec<f64> =
                        kept.iter().map(|kept| distance(metric, &query, kept)).collect();
                    let of_id = right.clone();
                    right.sort_by(f64::total_cmp);
                    for params in
                        [SearchParams::default().exact(true), SearchParams::default().ef_search(150)]
                    {
                        let found = index.search(&query, 10, &params).unwrap();
                        let mut hits = 0;
                        for (id, said) in found.ids.iter().zip(&found.distances) {
                            let truth = of_id[*id as usize];
                            // The storage's rounding is that of `kept`; 1 under `ip` has the last place of float32.
                            let rounding = if metric == Metric::L2sq { 0.0 } else { 1.0 };
                            let near = (f64::from(*said) - truth).abs() <= 2e-3 * truth.abs().max(rounding);
                            if !near && *said != truth as f32 && !(truth as f32).is_subnormal() {
                                wrong.push(format!("{what}: {said} is {truth}"));
                            }
                            hits += usize::from(truth <= right[9] + right[9].abs() * 2e-3);
                        }
                        if hits < 9 {
                            wrong.push(format!("{what}: {hits} of the ten nearest with {params:?}"));
                        }
                    }
                }
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn a_finite_distance_is_not_infinite_on_the_way_and_one_beyond_float32_keeps_its_order() {
    let index = built(&[1e20, 1e20, 1.0, 2.0], 2, Metric::Ip, Storage::F32);
    let found = exact(&index, &[1e20, -1e20], 2);
    assert_eq!((found.ids, found.distances), (vec![0, 1], vec![1.0, 1e20]));
    // Among many the one whose products overflow, and cancel, is found.
    let mut vectors: Vec<f32> = (0..100).flat_map(|i| [1.0, 2.0 + i as f32]).collect();
    vectors.extend([1e20, 1e20]);
    let index = built(&vectors, 2, Metric::Ip, Storage::F32);
    assert_eq!(exact(&index, &[1e20, -1e20], 1).ids, [100]);

    for (scale, said) in [(1e-25f32, 0.0), (1e25, f32::INFINITY)] {
        let index = built(&[2.0 * scale, scale, 3.0 * scale], 1, Metric::L2sq, Storage::F32);
        let found = exact(&index, &[0.0], 3);
        assert_eq!((found.ids, found.distances), (vec![1, 0, 2], vec![said; 3]));
        let many: Vec<f32> = (0..2100u32).map(|i| (i * 7919 % 2100 + 1) as f32 * scale).collect();
        let index = built(&many, 1, Metric::L2sq, Storage::F32);
        let right: Vec<u64> =
            (1..=5).map(|i| many.iter().position(|x| *x == i as f32 * scale).unwrap() as u64).collect();
        assert_eq!(exact(&index, &[0.0], 5).ids, right);
        assert_eq!(index.search(&[0.0], 5, &SearchParams::default()).unwrap().ids, right);
        let inside = index.search_radius(&[0.0], said, &SearchParams::default()).unwrap();
        let all = many.iter().filter(|x| **x * **x <= said).count();
        assert_eq!((inside.ids.len(), &inside.ids[..5]), (all, &right[..]));
    }
    // Inner products far below 1 are in their order, though beside 1 they are nothing.
    let index = built(&[1e-9, 3e-9, 2e-9], 1, Metric::Ip, Storage::F32);
    let found = exact(&index, &[1.0], 3);
    assert_eq!((found.ids, found.distances), (vec![1, 2, 0], vec![1.0; 3]));
}
