//! What holds of every index, in one function: files are refused that break it, and debug builds stop.

use super::graph::{Graph, Links, Lists, capacity_above};
use super::index::Index;
use super::walk::LINKS_MAX;
use crate::error::{ErrorKind, Result};
use crate::kernel::sort::sort;

/// The most ids, and nodes: their numbers fit 31 bits.
pub(crate) const NODES_MAX: usize = (1 << 31) - 2;

/// Debug builds check an index of up to so many nodes after every change, a larger one when it has doubled.
const CHECKED_ALWAYS: usize = 512;

/// Why an index is none: the part, and a sentence.
type Broken<T = ()> = core::result::Result<T, (&'static str, String)>;

fn broken<T>(part: &'static str, why: impl Into<String>) -> Broken<T> {
    Err((part, why.into()))
}

impl Index {
    /// Checks all that the rest of the index relies on: as many rows, links and ids as there are nodes; links in range, to
    /// other nodes, none twice and not too many; entry points that are there; ids that differ and are below the next one;
    /// columns with a row for each id; numbers that are finite; a table of recall that can be asked.
    ///
    /// An index that was made by this crate, or opened by it, passes. It is for those who write one down and want to be sure
    /// (`save` and the command line do), and for tests.
    ///
    /// Errors: [`ErrorKind::Corrupt`], with the part, what was expected and what came.
    /// Cost: one pass over all links, numbers and ids.
    pub fn verify(&self) -> Result<()> {
        // Values that came by calls were checked as they came, and reading them again takes memory.
        let values = || self.columns.check_values().map_err(|why| ("columns", why));
        self.broken()
            .and_then(|()| values())
            .map_err(|(section, why)| ErrorKind::Corrupt { section, why }.into())
    }

    /// Stops a debug build that broke the index, of which there were `before` nodes before the change.
    pub(super) fn debug_verify(&self, before: usize) {
        let n = self.store.len();
        if cfg!(debug_assertions) && (n <= CHECKED_ALWAYS || n < before || n.ilog2() > before.max(1).ilog2())
        {
            self.assert_verified();
        }
    }

    /// Stops a debug build that broke the index.
    pub(super) fn assert_verified(&self) {
        if cfg!(debug_assertions)
            && let Err((part, why)) = self.broken()
        {
            panic!("the index is broken: {part}: {why}");
        }
    }

    fn broken(&self) -> Broken {
        self.params.check().map_err(|error| ("header", error.to_string()))?;
        let n = self.store.len();
        if n > NODES_MAX || self.len() > NODES_MAX || self.ordered > NODES_MAX {
            let (len, ordered) = (self.len(), self.ordered);
            return broken(
                "header",
                format!("expected up to {NODES_MAX} nodes, got {n} of {len} ids, {ordered} in order"),
            );
        }
        self.store.check()?;
        if self.graph.is_linked() && self.graph.checked() == 0 {
            return broken("header", "expected nodes that were all reached, got none");
        }
        check_graph(&self.graph, n, 2 * self.params.m)?;
        self.calibration.check().map_err(|why| ("calibration", why))?;
        self.check_ids()?;
        self.dedupe.check(n).map_err(|why| ("vectors", why))?;
        let ids = || {
            let mut ids = self.ids.all();
            sort(&mut ids);
            ids
        };
        self.columns.check_rows(ids).map_err(|why| ("columns", why))
    }

    fn check_ids(&self) -> Broken {
        let (n, nodes) = (self.store.len(), self.ids.first().len());
        if nodes != n {
            return broken("ids", format!("expected the ids of {n} nodes, got those of {nodes}"));
        }
        self.ids.check().map_err(|why| ("ids", why))?;
        self.names
            .as_ref()
            .map_or(Ok(()), |names| names.check(&self.ids.all()))
            .map_err(|why| ("strings", why))
    }
}

/// Checks the lists of a graph of `n` nodes, of up to `capacity` links each, and the layers above.
fn check_graph(graph: &Graph, n: usize, capacity: usize) -> Broken {
    let (linked, checked) = (graph.len(), graph.checked());
    if linked != 0 && linked != n {
        return broken("links", format!("expected the lists of {n} nodes or none, got {linked}"));
    }
    if checked > linked {
        return broken("header", format!("expected up to {linked} nodes to be reached, got {checked}"));
    }
    match graph.lists() {
        Lists::Growing(slots) => check_links(slots, linked, capacity)?,
        Lists::AtRest(packed) => check_links(packed, linked, capacity)?,
    }
    let Some(layer) = graph.above() else {
        if linked != 0 {
            return broken("layers", format!("expected nodes at which walks of {linked} begin, got none"));
        }
        return Ok(());
    };
    // One may stand there twice: it took the place of one that was removed.
    if let Some(node) = layer.below().iter().find(|node| **node as usize >= linked) {
        return broken("layers", format!("expected nodes below {linked}, got {node}"));
    }
    if layer.below().is_empty() {
        return broken("layers", "expected nodes, got none");
    }
    check_graph(&layer.graph, layer.below().len(), capacity_above(capacity))
}

fn check_links<L: Links>(links: &L, linked: usize, capacity: usize) -> Broken {
    // The list in which a node was last seen, and so no set per list.
    let mut seen = vec![0; linked];
    for node in 0..linked as u32 {
        let (mut degree, mut bad) = (0, None);
        links.visit(node, |link| {
            degree += 1;
            let again =
                seen.get_mut(link as usize).map(|seen| core::mem::replace(seen, node + 1) == node + 1);
            if again != Some(false) || link == node {
                bad = Some(link);
            }
        });
        if degree > capacity.min(LINKS_MAX) {
            return broken("links", format!("expected up to {capacity} links of node {node}, got {degree}"));
        }
        if let Some(link) = bad {
            let why = "expected links to other nodes, each once";
            return broken("links", format!("{why}, got node {link} of {linked} in the list of node {node}"));
        }
    }
    Ok(())
}
