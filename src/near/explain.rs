//! How was a query answered, and what did it cost?

/// The ways to answer a query; the index chooses.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub enum SearchPlan {
    /// Every vector was compared: the answer is exact.
    #[default]
    Scan,
    /// The graph was walked.
    Graph,
    /// Every vector that the filter allows was compared: the answer is exact.
    FilteredScan,
    /// The graph was walked, and what the filter refuses left out.
    FilteredGraph,
}

impl SearchPlan {
    /// Returns the plan's name: `scan`, `graph`, `filtered_scan`, `filtered_graph`.
    pub fn name(self) -> &'static str {
        match self {
            Self::Scan => "scan",
            Self::Graph => "graph",
            Self::FilteredScan => "filtered_scan",
            Self::FilteredGraph => "filtered_graph",
        }
    }
}

/// How a query was answered: [`Index::search_explained`](super::Index::search_explained).
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct Explained {
    /// Which way.
    pub plan: SearchPlan,
    /// How many candidates the walk kept; 0 for a scan.
    pub ef_search: usize,
    /// How many stored vectors were compared with the query, without those re-ranked. What a walk
    /// that was given up compared is counted too.
    pub distances: usize,
    /// How many candidates then got the distance that is reported.
    pub reranked: usize,
}

impl Explained {
    pub(super) fn scan(distances: usize) -> Self {
        Self { plan: SearchPlan::Scan, ef_search: 0, distances, reranked: 0 }
    }

    pub(super) fn graph(ef_search: usize, distances: usize) -> Self {
        Self { plan: SearchPlan::Graph, ef_search, distances, reranked: 0 }
    }
}
