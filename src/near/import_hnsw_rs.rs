//! How does a graph that the crate hnsw_rs built become an index?
//!
//! | distance of the graph | metric of the index | reported distance |
//! |---|---|---|
//! | `DistL2` | `l2sq` | the square of the graph's |
//! | `DistCosine` | `cosine` | the graph's; but a zero vector is 1 from all others here, 0 there |
//! | `DistDot` | `ip`, or `cosine`, as its vectors are of unit length by contract | the graph's |
//!
//! The layer with all points becomes the index's lowest; those above it are made anew. A point that hnsw_rs keeps in a higher layer's table is in the
//! lowest layer too, and its first list of neighbours is that of the lowest layer.

use super::build::{Plan, relink, select};
use super::graph::Graph;
use super::index::{Index, LINKED_MIN};
use super::params::Params;
use super::reach::settle;
use super::scratch::ScratchPool;
use super::walk::{Candidate, Scratch};
use crate::codec::{Rows, try_reserve};
use crate::distance::Metric;
use crate::error::{Error, ErrorKind, Result};
use crate::pool::map;
use hnsw_rs::prelude::{DistCosine, DistDot, DistL2, Distance, Hnsw, Point, PointId};
use std::sync::Arc;

/// A distance of hnsw_rs that orders vectors as metrics of ours do.
///
/// It may be implemented for a distance of one's own that does.
pub trait HnswDistance: Distance<f32> + Send + Sync {
    /// The metrics with the same order of neighbours; the first is taken where none is asked for.
    const METRICS: &'static [Metric];
}

impl HnswDistance for DistL2 {
    const METRICS: &'static [Metric] = &[Metric::L2sq];
}

impl HnswDistance for DistCosine {
    const METRICS: &'static [Metric] = &[Metric::Cosine];
}

impl HnswDistance for DistDot {
    const METRICS: &'static [Metric] = &[Metric::Ip, Metric::Cosine];
}

/// Imports with the graph's own metric, `M` and `ef_construction`, and vectors kept as `f32`:
/// [`Index::from_hnsw_rs`].
impl<D: HnswDistance> TryFrom<&Hnsw<'_, f32, D>> for Index {
    type Error = Error;

    fn try_from(hnsw: &Hnsw<'_, f32, D>) -> Result<Self> {
        // hnsw_rs gives its M as a byte, in which 256 is 0.
        let m = usize::from(hnsw.get_max_nb_connection().wrapping_sub(1)) + 1;
        let ef_construction = hnsw.get_ef_construction().clamp(1, 65536);
        let params = Params::new(D::METRICS[0]).m(m.clamp(2, 128)).ef_construction(ef_construction);
        Self::from_hnsw_rs(hnsw, params)
    }
}

impl Index {
    /// Makes a compact index of a graph that hnsw_rs built: the same links, in a file that opens in a browser.
    ///
    /// Vectors are kept as `params` say, ids are the graph's origin ids, and equal vectors share a
    /// node with the links of all. `params.m` must be the graph's for all links to be kept: of a longer
    /// list the best are chosen, as in [`add`](Self::add). What no walk could reach is linked anew, and so
    /// is a vector whose links led to its equals only. Below 2048 vectors there are no links. The
    /// result is [compact](Self::compact), and can be added to. The graph must be at rest: what
    /// another thread inserts meanwhile may be missed.
    ///
    /// Metrics: `DistL2` → `l2sq` (whose distances are the squares), `DistCosine` → `cosine`,
    /// `DistDot` → `ip` or `cosine`; other distances by [`HnswDistance`](super::HnswDistance).
    ///
    /// Errors: [`ErrorKind::Empty`], [`ErrorKind::DimensionMismatch`] (vectors of more than one dimension),
    /// [`ErrorKind::NotFinite`] (`row` counts by ascending id), [`ErrorKind::DuplicateId`] (two points with one
    /// origin id), [`ErrorKind::BadParameter`] (a metric that is not the graph's, and as
    /// [`new`](Self::new)), [`ErrorKind::OutOfMemory`].
    ///
    /// Cost: `2 M` distances for each vector, and as [`compact`](Self::compact).
    ///
    /// ```
    /// use hnsw_rs::prelude::{DistL2, Hnsw};
    /// use nearfold::{Index, Metric, Params, SearchParams, Storage};
    ///
    /// let hnsw = Hnsw::new(16, 3, 16, 200, DistL2);
    /// for (id, vector) in [[0.0_f32, 0.0], [3.0, 4.0], [1.0, 0.0]].iter().enumerate() {
    ///     hnsw.insert((vector, id));
    /// }
    /// let index = Index::from_hnsw_rs(&hnsw, Params::new(Metric::L2sq).storage(Storage::I8))?;
    /// let found = index.search(&[0.9, 0.0], 2, &SearchParams::default())?;
    /// assert_eq!(found.ids, [2, 0]);
    ///
    /// let the_same_in_f32 = Index::try_from(&hnsw)?;
    /// assert_eq!(the_same_in_f32.len(), 3);
    /// # Ok::<(), nearfold::Error>(())
    /// ```
    pub fn from_hnsw_rs<D: HnswDistance>(hnsw: &Hnsw<'_, f32, D>, params: Params) -> Result<Self> {
        if !D::METRICS.contains(&params.metric) {
            let names: Vec<&str> = D::METRICS.iter().map(|metric| metric.name()).collect();
            return Err(ErrorKind::BadParameter {
                name: "metric",
                expected: format!(
                    "{}, as the graph was built with {}",
                    names.join(" or "),
                    hnsw.get_distance_name()
                ),
                got: params.metric.name().into(),
            }
            .into());
        }
        let points = points_by_id(hnsw);
        let Some(first) = points.first() else { return Err(ErrorKind::Empty { op: "from_hnsw_rs" }.into()) };
        let mut index = Self::new(first.get_v().len(), params)?;
        let mut vectors = Vec::new();
        try_reserve(&mut vectors, points.len().saturating_mul(index.dim))?;
        for point in &points {
            let vector = point.get_v();
            if vector.len() != index.dim {
                return Err(ErrorKind::DimensionMismatch { expected: index.dim, got: vector.len() }.into());
            }
            vectors.extend_from_slice(vector);
        }
        index.check(&vectors)?;
        index.check_storable(&vectors)?;
        let ids: Vec<u64> = points.iter().map(|point| point.get_origin_id() as u64).collect();
        let ids = index.ids.assign(ids.len(), Some(&ids))?;
        index.reserve(ids.len())?;
        let nodes = index.enter(&vectors, &ids)?.nodes;
        drop(vectors);
        let n = index.store.len();
        if n >= LINKED_MIN {
            let (plan, pool) = (index.plan(), &index.scratch);
            index.graph.wake(plan.capacity(), n)?;
            import_links(index.store.built_by(), &mut index.graph, &points, &nodes, plan, pool);
        }
        index.pack()?;
        if n >= LINKED_MIN {
            index.calibrate();
        }
        Ok(index)
    }
}

/// Returns all points, in the order of their origin ids.
fn points_by_id<'b, D: HnswDistance>(hnsw: &Hnsw<'b, f32, D>) -> Vec<Arc<Point<'b, f32>>> {
    let tables = hnsw.get_point_indexation();
    // Not the iterator over all layers: it panics when there are no points.
    let layers = (0..hnsw.get_max_level()).filter(|layer| tables.get_layer_nb_point(*layer) > 0);
    let mut points: Vec<_> = layers.flat_map(|layer| tables.get_layer_iterator(layer)).collect();
    points.sort_by_key(|point| (point.get_origin_id(), point.get_point_id()));
    points
}

/// Fills an empty graph with the links of the points' nodes.
fn import_links(
    rows: &dyn Rows,
    graph: &mut Graph,
    points: &[Arc<Point<'_, f32>>],
    nodes: &[u32],
    plan: Plan,
    pool: &ScratchPool,
) {
    let mut node_of: Vec<(PointId, u32)> =
        points.iter().zip(nodes).map(|(point, &node)| (point.get_point_id(), node)).collect();
    node_of.sort_unstable();
    let mut points_of: Vec<(u32, &Point<'_, f32>)> =
        nodes.iter().copied().zip(points.iter().map(Arc::as_ref)).collect();
    points_of.sort_by_key(|(node, _)| *node);
    let groups: Vec<&[(u32, &Point<'_, f32>)]> = points_of.chunk_by(|a, b| a.0 == b.0).collect();
    let (slots, _) = graph.growing(plan.capacity());
    slots.grow(groups.len());
    let lists = map(0..groups.len(), |i| {
        let mut scratch = pool.take();
        let list = imported_list(rows, groups[i], &node_of, plan.capacity(), &mut scratch);
        pool.put(scratch);
        list
    });
    let mut starved = Vec::new();
    for (group, list) in groups.iter().zip(&lists) {
        let node = group[0].0;
        slots.set(node, list.iter().map(|link| (link.node(), link.key())));
        if group.len() > 1 && list.len() < plan.m / 2 {
            starved.push(node);
        }
    }
    settle(rows, graph, (0..groups.len() as u32).collect(), plan, pool);
    relink(rows, graph, &starved, plan, pool);
}

/// Returns the links of one node: those of all its points, or the best of them.
fn imported_list(
    rows: &dyn Rows,
    group: &[(u32, &Point<'_, f32>)],
    node_of: &[(PointId, u32)],
    capacity: usize,
    scratch: &mut Scratch,
) -> Vec<Candidate> {
    let node = group[0].0;
    let mut links = Vec::new();
    for (_, point) in group {
        let lists = point.get_neighborhood_id();
        let neighbours = lists.first().into_iter().flatten();
        links.extend(neighbours.filter_map(|neighbour| {
            node_of.binary_search_by_key(&neighbour.p_id, |(point, _)| *point).ok().map(|at| node_of[at].1)
        }));
    }
    links.sort_unstable();
    links.dedup();
    links.retain(|link| *link != node);
    rows.prepare_node(node, &mut scratch.prepared);
    rows.pair_keys(&mut scratch.prepared, &links, &mut scratch.keys);
    let mut list: Vec<Candidate> =
        links.iter().zip(&scratch.keys).map(|(&link, &key)| Candidate::new(key, link)).collect();
    list.sort_unstable();
    if list.len() > capacity {
        list = select(rows, list.into_iter(), capacity, scratch);
    }
    list
}

#[cfg(test)]
mod tests {
    use super::super::graph::Links;
    use super::*;
    use std::collections::BTreeSet;

    #[test]
    fn the_links_are_those_of_the_graph_or_repairs_and_few_are_left_out() {
        let (n, dim, m) = (2500_usize, 8, 4);
        let mut state = 7_u32;
        let mut random = || {
            state = state.wrapping_mul(1664525).wrapping_add(1013904223);
            (state >> 8) as f32 / 16777216.0
        };
        let hnsw = Hnsw::new(m, n, 16, 60, DistL2);
        for id in 0..n {
            let vector: Vec<f32> = (0..dim).map(|_| random()).collect();
            hnsw.insert((&vector, id));
        }
        let theirs: BTreeSet<(u64, u64)> = points_by_id(&hnsw)
            .iter()
            .flat_map(|point| {
                let lists = point.get_neighborhood_id();
                let from = point.get_origin_id() as u64;
                lists[0].iter().map(|to| (from, to.get_origin_id() as u64)).collect::<Vec<_>>()
            })
            .collect();
        let links_of = |index: &Index| {
            let packed = index.graph.packed();
            let id = |node| index.ids.first().get(node as usize);
            let mut ours = BTreeSet::new();
            (0..n as u32).for_each(|node| {
                packed.visit(node, |link| {
                    ours.insert((id(node), id(link)));
                });
            });
            ours
        };
        let whole = Index::try_from(&hnsw).unwrap();
        let ours = links_of(&whole);
        assert_eq!(whole.health().orphans, 0);
        // A repair adds one link, and may take one away.
        assert!(ours.difference(&theirs).count() < n / 20, "{} repairs", ours.difference(&theirs).count());
        assert!(theirs.difference(&ours).count() < n / 20, "{} lost", theirs.difference(&ours).count());

        let pruned = Index::from_hnsw_rs(&hnsw, Params::new(Metric::L2sq).m(2)).unwrap();
        assert_eq!((pruned.health().orphans, pruned.health().degree_max), (0, 4));
        let pruned = links_of(&pruned);
        assert!(pruned.difference(&theirs).count() < n / 4, "{} repairs", pruned.difference(&theirs).count());
    }
}
