//! What an index and a query can be asked for.

use crate::distance::Metric;
use crate::error::{Error, Result};

/// How the index keeps its vectors.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Default)]
#[non_exhaustive]
pub enum Storage {
    /// 32-bit floats: 4 bytes a component, nothing lost.
    F32,
    /// 8-bit integers: 1 byte a component and a scale.
    #[default]
    I8,
}

impl Storage {
    /// The names that exist.
    pub const NAMES: &'static str = "f32, i8";

    /// Returns the storage of this name.
    ///
    /// Errors: [`Error::UnknownName`].
    pub fn from_name(name: &str) -> Result<Self> {
        match name {
            "f32" => Ok(Self::F32),
            "i8" => Ok(Self::I8),
            _ => Err(Error::UnknownName { kind: "storage", expected: Self::NAMES, got: name.to_owned() }),
        }
    }

    /// Returns the storage's name.
    pub fn name(self) -> &'static str {
        match self {
            Self::F32 => "f32",
            Self::I8 => "i8",
        }
    }
}

/// What an index is built with; stands in its file.
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub struct Params {
    /// Which distance.
    pub metric: Metric,
    /// How vectors are kept.
    pub storage: Storage,
    /// The paper's `M`: a node keeps at most `2 M` links.
    pub m: usize,
    /// How many candidates an insertion looks at.
    pub ef_construction: usize,
}

impl Default for Params {
    fn default() -> Self {
        Self { metric: Metric::default(), storage: Storage::default(), m: 16, ef_construction: 200 }
    }
}

impl Params {
    /// Returns the defaults for `metric`.
    pub fn new(metric: Metric) -> Self {
        Self { metric, ..Self::default() }
    }

    /// Sets `storage`.
    #[must_use]
    pub fn storage(mut self, storage: Storage) -> Self {
        self.storage = storage;
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
}

/// What a query is asked with.
#[derive(Clone, Debug, Default, PartialEq)]
#[non_exhaustive]
pub struct SearchParams {
    /// How many candidates the walk keeps; `None` for the index's own choice.
    pub ef_search: Option<usize>,
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

    /// Sets `exact`.
    #[must_use]
    pub fn exact(mut self, exact: bool) -> Self {
        self.exact = exact;
        self
    }
}
