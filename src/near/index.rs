//! The index: what users hold.

use super::params::{Params, SearchParams};
use crate::error::{Error, Result};

/// The neighbours of one query, nearest first; equal distances are ordered by id.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Neighbors {
    /// Their ids.
    pub ids: Vec<u64>,
    /// Their distances.
    pub distances: Vec<f32>,
}

/// The neighbours of many queries, `k` for each (fewer when the index holds fewer).
#[derive(Clone, Debug, Default, PartialEq)]
pub struct NeighborsBatch {
    /// How many neighbours each query has.
    pub k: usize,
    /// Ids, row by row: `(queries, k)`.
    pub ids: Vec<u64>,
    /// Distances, row by row: `(queries, k)`.
    pub distances: Vec<f32>,
}

/// Bytes by part.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct Memory {
    /// The vectors.
    pub vectors: usize,
    /// The links between them.
    pub links: usize,
    /// The ids.
    pub ids: usize,
}

/// A compact index for approximate nearest neighbours.
#[derive(Clone, Debug)]
pub struct Index {
    dim: usize,
    params: Params,
    ids: Vec<u64>,
    vectors: Vec<f32>,
}

impl Index {
    /// Returns an empty index for vectors of `dim` components.
    pub fn new(dim: usize, params: Params) -> Result<Self> {
        if dim == 0 {
            return Err(Error::BadParameter { name: "dim", expected: "1 to 65536".into(), got: "0".into() });
        }
        Ok(Self { dim, params, ids: Vec::new(), vectors: Vec::new() })
    }

    /// Returns the dimension of the vectors.
    pub fn dim(&self) -> usize {
        self.dim
    }

    /// Returns how many ids the index holds.
    pub fn len(&self) -> usize {
        self.ids.len()
    }

    /// Returns whether the index holds nothing.
    pub fn is_empty(&self) -> bool {
        self.ids.is_empty()
    }

    /// Returns what the index was built with.
    pub fn params(&self) -> &Params {
        &self.params
    }

    /// Returns whether `id` is in the index.
    pub fn contains(&self, id: u64) -> bool {
        self.ids.contains(&id)
    }

    /// Returns the bytes that the index takes, by part.
    pub fn memory(&self) -> Memory {
        Memory { vectors: self.vectors.len() * 4, links: 0, ids: self.ids.len() * 8 }
    }

    /// Adds vectors, row by row, with the ids that are given, or with the next free ones.
    ///
    /// Shapes: `vectors` is `(n, dim)`, `ids` `(n,)`. Returns the ids. All or nothing: after an
    /// error the index is as it was.
    pub fn add(&mut self, vectors: &[f32], ids: Option<&[u64]>) -> Result<Vec<u64>> {
        self.add_with_progress(vectors, ids, &mut |_done, _all| true)
    }

    /// Like [`add`](Self::add), calling `progress(done, all)` between batches; stops early, with
    /// what was added so far kept, when it returns false.
    pub fn add_with_progress(
        &mut self,
        vectors: &[f32],
        ids: Option<&[u64]>,
        progress: &mut dyn FnMut(usize, usize) -> bool,
    ) -> Result<Vec<u64>> {
        if vectors.len() % self.dim != 0 {
            return Err(Error::DimensionMismatch { expected: self.dim, got: vectors.len() });
        }
        let n = vectors.len() / self.dim;
        let next = self.ids.iter().max().map_or(0, |max| max + 1);
        let ids = ids.map_or_else(|| (next..next + n as u64).collect(), <[u64]>::to_vec);
        self.ids.extend(&ids);
        self.vectors.extend(vectors);
        progress(n, n);
        Ok(ids)
    }

    /// Returns the `k` nearest neighbours of `query` (fewer when the index holds fewer).
    pub fn search(&self, query: &[f32], k: usize, params: &SearchParams) -> Result<Neighbors> {
        let _ = params;
        if query.len() != self.dim {
            return Err(Error::DimensionMismatch { expected: self.dim, got: query.len() });
        }
        let mut found: Vec<(f32, u64)> = self
            .vectors
            .chunks_exact(self.dim)
            .zip(&self.ids)
            .map(|(row, &id)| (row.iter().zip(query).map(|(a, b)| (a - b) * (a - b)).sum::<f32>(), id))
            .collect();
        found.sort_by(|a, b| a.0.total_cmp(&b.0).then(a.1.cmp(&b.1)));
        found.truncate(k);
        Ok(Neighbors {
            ids: found.iter().map(|f| f.1).collect(),
            distances: found.iter().map(|f| f.0).collect(),
        })
    }

    /// Returns the neighbours of each row of `queries`, `(n, dim)`.
    pub fn search_many(&self, queries: &[f32], k: usize, params: &SearchParams) -> Result<NeighborsBatch> {
        let mut batch = NeighborsBatch { k: k.min(self.len()), ..Default::default() };
        for query in queries.chunks(self.dim) {
            let neighbors = self.search(query, k, params)?;
            batch.ids.extend(neighbors.ids);
            batch.distances.extend(neighbors.distances);
        }
        Ok(batch)
    }

    /// Returns the index as a file's bytes: `docs/FORMAT.md`.
    pub fn to_bytes(&self) -> Vec<u8> {
        Vec::new()
    }

    /// Opens a file's bytes.
    pub fn from_bytes(bytes: &[u8]) -> Result<Self> {
        Err(Error::Corrupt { section: "header", why: format!("{} bytes", bytes.len()) })
    }
}
