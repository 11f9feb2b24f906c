//! What the files say that comes into an index: vectors, their ids and the values beside them.

use std::path::{Path, PathBuf};

use nearfold::columns::Value;
use nearfold::ingest::Matrix;
use nearfold::near::IdList;

use crate::{Failure, columns, files};

/// Vectors, their ids and the values beside them.
pub(crate) struct Rows {
    pub(crate) matrix: Matrix,
    pub(crate) ids: Option<IdList>,
    columns: Vec<(String, Vec<Value>)>,
}

impl Rows {
    pub(crate) fn read(
        vectors: &Path,
        ids: Option<&PathBuf>,
        columns: Option<&PathBuf>,
    ) -> Result<Self, Failure> {
        Ok(Self {
            matrix: Matrix::from_array(files::read_array(vectors)?)?,
            ids: ids.map(|path| files::read_ids(path)).transpose()?,
            columns: columns.map(|path| columns::read(path)).transpose()?.unwrap_or_default(),
        })
    }

    /// Refuses vectors of another length.
    pub(crate) fn of_dim(self, dim: usize) -> Result<Self, Failure> {
        if self.matrix.dim == dim {
            return Ok(self);
        }
        Err(nearfold::ErrorKind::DimensionMismatch { expected: dim, got: self.matrix.dim }.into())
    }

    pub(crate) fn columns(&self) -> Vec<(&str, &[Value])> {
        self.columns.iter().map(|(name, values)| (name.as_str(), values.as_slice())).collect()
    }
}
