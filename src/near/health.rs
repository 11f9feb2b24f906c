//! Is the index well? What is in it, and can all of it be found?

use super::graph::{Layer, Links, Lists};
use super::index::Index;
use super::params::SearchParams;
use super::reach::Reached;
use super::recall::Recall;
use crate::codec::Storage;

/// What [`Index::health`] found.
#[derive(Clone, Debug, Default, PartialEq)]
#[non_exhaustive]
pub struct Health {
    /// Distinct vectors.
    pub nodes: usize,
    /// Ids whose vector another id has too, without the first of each.
    pub duplicates: usize,
    /// Vectors that no chain of links leads to; a walk cannot find them.
    pub orphans: usize,
    /// The fewest links of a vector; 0 where a small index has none.
    pub degree_min: usize,
    /// The mean number of links.
    pub degree_mean: f64,
    /// The most links of a vector.
    pub degree_max: usize,
    /// Distinct vectors with a component that is not finite: NaN and infinity are refused, but a file may say so of a
    /// scale, and what 8 bits keep of the largest numbers may round to infinity.
    pub not_finite: usize,
    /// Distinct vectors that are kept as zeros alone.
    pub zeros: usize,
    /// The least norm of a vector as it is kept, of those that are finite; 0 without any.
    pub norm_min: f64,
    /// The mean norm.
    pub norm_mean: f64,
    /// The greatest norm.
    pub norm_max: f64,
    /// How vectors are kept that walks compare: what `auto` became.
    pub storage: Storage,
    /// The copy that re-ranks.
    pub rerank: Option<Storage>,
    /// The recall of ten neighbours for a search that asks for nothing else.
    pub recall: Recall,
}

impl Index {
    /// Returns a report of the index's state.
    ///
    /// Cost: one pass over all links, one over all vectors, and that of [`recall`](Self::recall).
    pub fn health(&self) -> Health {
        let nodes = self.store.len();
        let mut health = Health { nodes, duplicates: self.len() - nodes, ..Health::default() };
        let entries = self.graph.above().map_or(&[][..], Layer::below).iter().copied();
        match self.graph.lists() {
            Lists::Growing(slots) => health.look(slots, slots.len(), entries),
            Lists::AtRest(packed) => health.look(packed, packed.len(), entries),
        }
        (health.storage, health.rerank) = self.store.kept();
        health.recall = self.recall_explained(10, &SearchParams::default()).unwrap_or_default();
        health.measure((0..nodes as u32).map(|node| self.store.decode(node)));
        health
    }
}

impl Health {
    fn look<L: Links>(&mut self, links: &L, n: usize, starts: impl Iterator<Item = u32>) {
        if n == 0 {
            return;
        }
        let mut sum = 0;
        self.degree_min = usize::MAX;
        for node in 0..n as u32 {
            let mut degree = 0;
            links.visit(node, |_| degree += 1);
            sum += degree;
            self.degree_min = self.degree_min.min(degree);
            self.degree_max = self.degree_max.max(degree);
        }
        self.degree_mean = sum as f64 / n as f64;
        self.orphans = Reached::new(links, n, starts).orphans();
    }

    /// Measures the vectors as they are kept: squares of 32-bit floats are exact in 64 bits, and so their sum has no overflow.
    fn measure(&mut self, vectors: impl Iterator<Item = Vec<f32>>) {
        let (mut finite, mut sum) = (0u32, 0.0);
        self.norm_min = f64::INFINITY;
        for vector in vectors {
            let square: f64 = vector.iter().map(|value| f64::from(*value) * f64::from(*value)).sum();
            if !square.is_finite() {
                self.not_finite += 1;
                continue;
            }
            let norm = square.sqrt();
            finite += 1;
            self.zeros += usize::from(norm == 0.0);
            sum += norm;
            self.norm_min = self.norm_min.min(norm);
            self.norm_max = self.norm_max.max(norm);
        }
        if finite == 0 {
            self.norm_min = 0.0;
        } else {
            self.norm_mean = sum / f64::from(finite);
        }
    }
}
