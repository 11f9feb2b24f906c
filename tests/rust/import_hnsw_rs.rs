//! Does a graph that hnsw_rs built give the same neighbours as a compact index, in fewer bytes?

use crate::near::lcg;
use hnsw_rs::prelude::{DistCosine, DistDot, DistL2, Distance, Hnsw};
use nearfold::near::HnswDistance;
use nearfold::{Index, Metric, Params, SearchParams, Storage};

const DIM: usize = 16;
const K: usize = 10;
const EF: usize = 64;

fn graph<D: Distance<f32> + Send + Sync>(vectors: &[Vec<f32>], distance: D) -> Hnsw<'static, f32, D> {
    let hnsw = Hnsw::new(16, vectors.len(), 16, 100, distance);
    for (id, vector) in vectors.iter().enumerate() {
        hnsw.insert((vector, id));
    }
    hnsw
}

/// Vectors of length 1, so that every distance of hnsw_rs takes them.
fn unit(n: usize, seed: u64) -> Vec<Vec<f32>> {
    let normalise = |row: &[f32]| {
        let norm = row.iter().map(|x| x * x).sum::<f32>().sqrt() * 1.0001;
        row.iter().map(|x| x / norm).collect()
    };
    lcg(n * DIM, seed).chunks(DIM).map(normalise).collect()
}

/// The ids of the nearest by a plain loop in double precision.
fn truth(vectors: &[Vec<f32>], query: &[f32]) -> Vec<u64> {
    let distance = |row: &Vec<f32>| -> f64 {
        row.iter().zip(query).map(|(a, b)| (f64::from(*a) - f64::from(*b)).powi(2)).sum()
    };
    let mut all: Vec<(f64, u64)> = vectors.iter().map(distance).zip(0..).collect();
    all.sort_by(|a, b| a.0.total_cmp(&b.0).then(a.1.cmp(&b.1)));
    all[..K].iter().map(|(_, id)| *id).collect()
}

/// Imports, and compares recall, distances and the reopened file with the graph.
fn compare<D: HnswDistance>(distance: D, metric: Metric, of_theirs: impl Fn(f32) -> f32) {
    let (vectors, queries) = (unit(4000, 1), unit(100, 9));
    let hnsw = graph(&vectors, distance);
    let params = SearchParams::default().ef_search(EF);
    for storage in [Storage::F32, Storage::I8] {
        let index = Index::from_hnsw_rs(&hnsw, Params::new(metric).storage(storage)).unwrap();
        let opened = Index::from_bytes(&index.to_bytes()).unwrap();
        assert_eq!((index.len(), index.dim()), (vectors.len(), DIM));
        assert_eq!(index.health().orphans, 0);
        let (mut ours, mut theirs) = (0, 0);
        for query in &queries {
            let truth = truth(&vectors, query);
            let found = index.search(query, K, &params).unwrap();
            let neighbours = hnsw.search(query, K, EF);
            assert_eq!(opened.search(query, K, &params).unwrap(), found);
            ours += found.ids.iter().filter(|id| truth.contains(id)).count();
            theirs += neighbours.iter().filter(|n| truth.contains(&(n.d_id as u64))).count();
            let tolerance = if storage == Storage::F32 { 1e-5 } else { 2e-2 };
            for neighbour in neighbours {
                if let Some(at) = found.ids.iter().position(|id| *id == neighbour.d_id as u64) {
                    let expected = of_theirs(neighbour.distance);
                    assert!((found.distances[at] - expected).abs() < tolerance, "{metric:?} {storage:?}");
                }
            }
        }
        let all = (K * queries.len()) as f64;
        let (ours, theirs) = (f64::from(ours as u32) / all, f64::from(theirs as u32) / all);
        assert!(ours >= theirs - 0.01, "{metric:?} {storage:?}: recall {ours}, of hnsw_rs {theirs}");
    }
}

#[test]
fn an_imported_euclidean_graph_finds_what_hnsw_rs_finds() {
    compare(DistL2, Metric::L2sq, |root| root * root);
}

#[test]
fn an_imported_cosine_graph_finds_what_hnsw_rs_finds() {
    compare(DistCosine, Metric::Cosine, |distance| distance);
}

#[test]
fn an_imported_dot_graph_finds_what_hnsw_rs_finds() {
    compare(DistDot, Metric::Ip, |distance| distance);
}

#[test]
fn a_plain_import_takes_metric_and_m_from_the_graph() {
    let hnsw = Hnsw::new(12, 10, 16, 77, DistCosine);
    hnsw.insert((&[1.0, 2.0], 5));
    let index = Index::try_from(&hnsw).unwrap();
    let (params, expected) = (index.params(), Params::new(Metric::Cosine).m(12).ef_construction(77));
    assert_eq!(*params, expected);
    assert_eq!(index.search(&[1.0, 2.0], 3, &SearchParams::default()).unwrap().ids, [5]);
}

#[test]
fn points_with_equal_vectors_share_a_node_and_can_be_reached() {
    // More copies than a list of hnsw_rs holds: its lists lead from copy to copy only.
    let (distinct, copies) = (unit(2100, 3), 9);
    let hnsw = Hnsw::new(4, distinct.len() * copies, 16, 40, DistL2);
    for (id, vector) in distinct.iter().flat_map(|vector| vec![vector; copies]).enumerate() {
        hnsw.insert((vector, id + 1000));
    }
    let index = Index::from_hnsw_rs(&hnsw, Params::new(Metric::L2sq).m(4).ef_construction(40)).unwrap();
    let health = index.health();
    assert_eq!((index.len(), health.nodes, health.orphans), (distinct.len() * copies, distinct.len(), 0));
    let params = SearchParams::default().ef_search(40);
    let found = distinct.iter().enumerate().filter(|(at, vector)| {
        let first = (at * copies + 1000) as u64;
        let found = index.search(vector, copies, &params).unwrap();
        found.ids == (first..first + copies as u64).collect::<Vec<_>>()
    });
    let found = found.count();
    assert!(found * 100 >= distinct.len() * 97, "{found} of {} find themselves", distinct.len());
}

#[test]
fn an_imported_index_can_be_added_to_and_removed_from() {
    let vectors = unit(2500, 1);
    let mut index = Index::try_from(&graph(&vectors, DistL2)).unwrap();
    let more = unit(200, 5);
    let ids = index.add(&more.concat(), None).unwrap();
    assert_eq!(ids[0], 2500);
    index.remove(&[0, 1, 2]).unwrap();
    assert_eq!((index.len(), index.health().orphans), (2697, 0));
    let params = SearchParams::default().ef_search(EF);
    assert_eq!(index.search(&more[7], 1, &params).unwrap().ids, [2507]);
}

#[test]
fn a_graph_that_cannot_be_an_index_is_refused_by_code() {
    struct Anything;
    impl Distance<f32> for Anything {
        fn eval(&self, _: &[f32], _: &[f32]) -> f32 {
            1.0
        }
    }
    impl HnswDistance for Anything {
        const METRICS: &'static [Metric] = &[Metric::L2sq];
    }
    let code = |points: &[(&[f32], usize)], metric| {
        let hnsw = Hnsw::new(8, 10, 16, 20, Anything);
        points.iter().for_each(|point| hnsw.insert(*point));
        Index::from_hnsw_rs(&hnsw, Params::new(metric)).map(|index| index.len()).map_err(|error| error.code())
    };
    let one: &[f32] = &[1.0, 2.0];
    assert_eq!(code(&[(one, 0), (&[3.0, 4.0], 1)], Metric::L2sq), Ok(2));
    assert_eq!(code(&[], Metric::L2sq), Err("empty"));
    assert_eq!(code(&[(one, 0)], Metric::Cosine), Err("bad_parameter"));
    assert_eq!(code(&[(one, 0), (&[1.0], 1)], Metric::L2sq), Err("dimension_mismatch"));
    assert_eq!(code(&[(one, 0), (&[f32::NAN, 0.0], 1)], Metric::L2sq), Err("not_finite"));
    assert_eq!(code(&[(one, 7), (&[3.0, 4.0], 7)], Metric::L2sq), Err("duplicate_id"));
    assert_eq!(code(&[(&[], 0)], Metric::L2sq), Err("bad_parameter"));
}
