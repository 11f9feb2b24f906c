//! Is the index well? What is in it, and can all of it be found?

use super::graph::{Links, Slots};
use super::index::{Graph, Index};
use super::packed::Packed;
use super::reach::Reached;

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
}

impl Index {
    /// Returns a report of the index's state.
    ///
    /// Cost: one pass over all links.
    pub fn health(&self) -> Health {
        let nodes = self.store.len();
        let mut health = Health { nodes, duplicates: self.len() - nodes, ..Health::default() };
        match &self.graph {
            Graph::Slots(slots) => health.look(slots, Slots::len(slots), self.entries()),
            Graph::Packed(packed) => health.look(packed, Packed::len(packed), self.entries()),
        }
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
}
