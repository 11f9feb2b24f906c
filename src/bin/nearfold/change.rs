//! `nearfold add`, `update`, `remove` and `compact`: an index file becomes another one.

use std::io::Write;
use std::path::{Path, PathBuf};

use clap::Args;
use nearfold::near::{IdKind, IdList, Missing};
use nearfold::{ErrorKind, Index};

use crate::columns::Typed;
use crate::rows::Rows;
use crate::work::Work;
use crate::{Failure, columns, files, text};

/// Which file is changed, and where the changed one goes.
#[derive(Args)]
struct Target {
    /// The index
    index: PathBuf,
    /// Where the changed index goes [default: in the place of the old one, at once or not at all]
    #[arg(short, long, value_name = "FILE")]
    output: Option<PathBuf>,
    #[command(flatten)]
    work: Work,
}

impl Target {
    fn path(&self) -> &Path {
        self.output.as_ref().unwrap_or(&self.index)
    }

    /// Reads the index; fails where the changed one could not be written, or would go over one of `inputs`.
    fn read(&self, inputs: &[Option<&PathBuf>]) -> Result<Index, Failure> {
        self.work.start()?;
        let inputs: Vec<&Path> = inputs.iter().flatten().map(|path| path.as_path()).collect();
        files::check_output(self.path(), &inputs)?;
        files::read_index(&self.index)
    }

    fn write(&self, index: &Index, out: &mut dyn Write) -> Result<(), Failure> {
        index.verify()?;
        let bytes = index.to_bytes();
        files::write_at_once(self.path(), &bytes)?;
        if !self.work.quiet {
            let (len, bytes) = (text::thousands(index.len()), text::thousands(bytes.len()));
            writeln!(out, "{}: {len} vectors, {bytes} bytes", self.path().display())?;
        }
        Ok(())
    }
}

/// Add the vectors in a .npy file to an index.
#[derive(Args)]
#[command(after_help = "\
Examples:
  nearfold add vectors.nearfold more.npy
  nearfold add vectors.nearfold more.npy --ids ids.npy --columns meta.jsonl -o more.nearfold --threads 2")]
pub(crate) struct Add {
    #[command(flatten)]
    target: Target,
    /// The vectors: a .npy file of shape (n, dim)
    vectors: PathBuf,
    /// The ids: a .npy file of n integers, or a .txt file of n strings, one a line; without it the next free integers are taken
    #[arg(long, value_name = "FILE")]
    ids: Option<PathBuf>,
    /// Values beside the vectors: JSON Lines, one object of names and values for each vector
    #[arg(long, value_name = "FILE")]
    columns: Option<PathBuf>,
    /// Columns that are new, with their types, separated by commas, as day=datetime,meta=json
    #[arg(long, value_name = "NAME=TYPE", value_delimiter = ',', value_parser = columns::typed)]
    types: Vec<Typed>,
}

impl Add {
    pub(crate) fn run(self, out: &mut dyn Write) -> Result<(), Failure> {
        let (ids, values) = (self.ids.as_ref(), self.columns.as_ref());
        let mut index = self.target.read(&[Some(&self.vectors), ids, values])?;
        let rows = Rows::read(&self.vectors, ids, values)?.of_dim(index.dim())?;
        columns::add_typed(&mut index, &self.types)?;
        let progress = self.target.work.progress(rows.matrix.rows());
        let (vectors, ids) = (&rows.matrix.values, rows.ids.as_ref());
        index.add_ids(vectors, ids, &rows.columns(), &mut |done, _all| {
            progress.set_position(done as u64);
            true
        })?;
        progress.finish_and_clear();
        self.target.write(&index, out)
    }
}

/// Replace the vectors of ids that are in an index.
#[derive(Args)]
#[command(after_help = "\
Values in the columns that are not given stay.

Example:
  nearfold update vectors.nearfold new.npy --ids ids.npy")]
pub(crate) struct Update {
    #[command(flatten)]
    target: Target,
    /// The vectors: a .npy file of shape (n, dim)
    vectors: PathBuf,
    /// Whose vectors they are: a .npy file of n integers, or a .txt file of n strings, one a line
    #[arg(long, value_name = "FILE")]
    ids: PathBuf,
    /// Values beside the vectors: JSON Lines, one object of names and values for each vector
    #[arg(long, value_name = "FILE")]
    columns: Option<PathBuf>,
}

impl Update {
    pub(crate) fn run(self, out: &mut dyn Write) -> Result<(), Failure> {
        let columns = self.columns.as_ref();
        let mut index = self.target.read(&[Some(&self.vectors), Some(&self.ids), columns])?;
        let rows = Rows::read(&self.vectors, Some(&self.ids), columns)?.of_dim(index.dim())?;
        let ids = rows.ids.as_ref().map_or(Ok(Vec::new()), |ids| index.distinct_keys(ids))?;
        index.update_with_columns(&rows.matrix.values, &ids, &rows.columns())?;
        self.target.write(&index, out)
    }
}

/// Add vectors to an index, or replace those of ids that are in it.
#[derive(Args)]
#[command(after_help = "\
Of ids that are there, values in the columns that are not given stay.

Example:
  nearfold upsert notes.nearfold new.npy --ids paths.txt --columns meta.jsonl")]
pub(crate) struct Upsert {
    #[command(flatten)]
    update: Update,
}

impl Upsert {
    pub(crate) fn run(self, out: &mut dyn Write) -> Result<(), Failure> {
        let Update { target, vectors, ids, columns } = self.update;
        let mut index = target.read(&[Some(&vectors), Some(&ids), columns.as_ref()])?;
        let rows = Rows::read(&vectors, Some(&ids), columns.as_ref())?.of_dim(index.dim())?;
        if let Some(ids) = &rows.ids {
            index.upsert(&rows.matrix.values, ids, &rows.columns())?;
        }
        target.write(&index, out)
    }
}

/// Take vectors out of an index.
#[derive(Args)]
#[command(after_help = "\
Examples:
  nearfold remove vectors.nearfold --id 3,17
  nearfold remove notes.nearfold --ids gone.txt --missing ignore
  nearfold remove vectors.nearfold --ids gone.npy -o fewer.nearfold")]
pub(crate) struct Remove {
    #[command(flatten)]
    target: Target,
    /// Ids, separated by commas
    #[arg(long, value_name = "ID", value_delimiter = ',', required_unless_present = "ids")]
    id: Vec<String>,
    /// A .npy file of integers, or a .txt file of strings, one a line
    #[arg(long, value_name = "FILE")]
    ids: Option<PathBuf>,
    /// What becomes of ids that are not in the index: error, or ignore
    #[arg(long, value_name = "WHAT", default_value = "error", value_parser = Missing::from_name)]
    missing: Missing,
}

impl Remove {
    pub(crate) fn run(self, out: &mut dyn Write) -> Result<(), Failure> {
        let mut index = self.target.read(&[self.ids.as_ref()])?;
        let mut ids = self.ids.as_ref().map_or(Ok(IdList::Ints(Vec::new())), |path| files::read_ids(path))?;
        if ids.is_empty() && index.id_kind() == Some(IdKind::String) {
            ids = IdList::Strings(Vec::new());
        }
        match &mut ids {
            IdList::Strings(ids) => ids.extend(self.id),
            IdList::Ints(ids) => {
                for id in self.id {
                    ids.push(id.parse().map_err(|_| {
                        let expected = "integers from 0 to 2^64 - 2".to_owned();
                        Failure::from(ErrorKind::BadParameter { name: "ids", expected, got: id })
                    })?);
                }
            }
        }
        index.remove_ids(&ids, self.missing)?;
        self.target.write(&index, out)
    }
}

/// Put an index in order after many changes: neighbours next to each other, nothing to spare.
#[derive(Args)]
pub(crate) struct Compact {
    #[command(flatten)]
    target: Target,
}

impl Compact {
    pub(crate) fn run(self, out: &mut dyn Write) -> Result<(), Failure> {
        let mut index = self.target.read(&[])?;
        index.compact()?;
        self.target.write(&index, out)
    }
}
