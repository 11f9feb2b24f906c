//! What an index and a query can be asked for.

use crate::codec::Storage;
use crate::distance::Metric;
use crate::error::{ErrorKind, Result};

/// What an index is built with; stands in its file.
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub struct Params {
    /// Which distance.
    pub metric: Metric,
    /// How vectors are kept; `None` for `auto`: the smallest storage that keeps 0.99 of the true neighbours.
    pub storage: Option<Storage>,
    /// In which finer storage a second copy of the vectors is kept, which gives the final candidates
    /// their distances; `None` for no copy.
    pub rerank: Option<Storage>,
    /// The paper's `M`: a node keeps at most `2 M` links.
    pub m: usize,
    /// How many candidates an insertion looks at.
    pub ef_construction: usize,
}

impl Default for Params {
    fn default() -> Self {
        Self { metric: Metric::default(), storage: None, rerank: None, m: 16, ef_construction: 200 }
    }
}

impl Params {
    /// Returns the defaults for `metric`.
    pub fn new(metric: Metric) -> Self {
        Self { metric, ..Self::default() }
    }

    /// Sets `storage`.
    #[must_use]
    pub fn storage(mut self, storage: impl Into<Option<Storage>>) -> Self {
        self.storage = storage.into();
        self
    }

    /// Sets `rerank`.
    #[must_use]
    pub fn rerank(mut self, rerank: impl Into<Option<Storage>>) -> Self {
        self.rerank = rerank.into();
        self
    }

    /// Sets `M`.
    #[must_use]
    pub fn m(mut self, m: usize) -> Self {
        self.m = m;
        self
    }

    /// Sets `ef_construction`.
    #[must_use]
    pub fn ef_construction(mut self, ef_construction: usize) -> Self {
        self.ef_construction = ef_construction;
        self
    }

    /// Checks the ranges.
    pub(crate) fn check(&self) -> Result<()> {
        let storage = self.storage.unwrap_or(Storage::B1);
        if let Some(rerank) = self.rerank.filter(|rerank| !rerank.is_finer_than(storage)) {
            return Err(ErrorKind::BadParameter {
                name: "rerank",
                expected: format!("a storage finer than {}, or none", storage.name()),
                got: rerank.name().into(),
            }
            .into());
        }
        in_range("M", self.m, 2..=128)?;
        in_range("ef_construction", self.ef_construction, 1..=65536)
    }
}

/// What a query is asked with.
#[derive(Clone, Debug, Default, PartialEq)]
#[non_exhaustive]
pub struct SearchParams {
    /// How many candidates the walk keeps; `None` for as many as `recall` needs.
    pub ef_search: Option<usize>,
    /// Which part of the true neighbours is to be found, above 0 to 1, where `ef_search` is not
    /// given; `None` for 0.95. The index has measured itself what it needs.
    pub recall: Option<f32>,
    /// Compare with every vector instead of walking the graph.
    pub exact: bool,
}

impl SearchParams {
    /// Sets `ef_search`.
    #[must_use]
    pub fn ef_search(mut self, ef_search: usize) -> Self {
        self.ef_search = Some(ef_search);
        self
    }

    /// Sets `recall`.
    #[must_use]
    pub fn recall(mut self, recall: f32) -> Self {
        self.recall = Some(recall);
        self
    }

    /// Sets `exact`.
    #[must_use]
    pub fn exact(mut self, exact: bool) -> Self {
        self.exact = exact;
        self
    }

    /// Checks the ranges, and that of `k`.
    pub(crate) fn check(&self, k: usize) -> Result<()> {
        in_range("k", k, 1..=usize::MAX)?;
        if let Some(recall) = self.recall.filter(|recall| !(*recall > 0.0 && *recall <= 1.0)) {
            let expected = "above 0, up to 1".into();
            return Err(ErrorKind::BadParameter { name: "recall", expected, got: recall.to_string() }.into());
        }
        self.ef_search.map_or(Ok(()), |ef| in_range("ef_search", ef, 1..=usize::MAX))
    }
}

fn in_range(name: &'static str, value: usize, range: core::ops::RangeInclusive<usize>) -> Result<()> {
    if range.contains(&value) {
        return Ok(());
    }
    let (least, most) = range.into_inner();
    let expected =
        if most == usize::MAX { format!("at least {least}") } else { format!("{least} to {most}") };
    Err(ErrorKind::BadParameter { name, expected, got: value.to_string() }.into())
}
