//! `nearfold build`: vectors in, an index file out.

use std::io::Write;
use std::path::{Path, PathBuf};
use std::time::Instant;

use clap::Args;
use nearfold::{Index, Metric, Params, Storage};

use crate::columns::Typed;
use crate::rows::Rows;
use crate::work::Work;
use crate::{Failure, columns, files, text};

/// Build an index of the vectors in a .npy file.
///
/// The same vectors and parameters give the same file, byte for byte, with any number of threads.
#[derive(Args)]
#[command(after_help = "\
Examples:
  nearfold build vectors.npy -o vectors.nearfold --metric cosine
  nearfold build vectors.npy -o vectors.nearfold --ids paths.txt
  nearfold build vectors.npy -o vectors.nearfold --ids ids.npy --storage f32 --m 24
  nearfold build vectors.npy -o vectors.nearfold --columns meta.jsonl")]
pub(crate) struct Build {
    /// The vectors: a .npy file of shape (n, dim); numbers are taken as float32
    vectors: PathBuf,
    /// Where the index goes: a file that is not read; an old one stays until the new one is complete
    #[arg(short, long, value_name = "FILE")]
    output: PathBuf,
    /// l2sq (squared Euclidean), ip (1 - inner product) or cosine (1 - cosine)
    #[arg(long, default_value = Metric::default().name(), value_parser = Metric::from_name)]
    metric: Metric,
    /// How the vectors are kept that walks compare: f32, f16, i8 (a quarter of the memory), i4 (an eighth), b1 (one bit), or auto:
    /// the smallest of f32, f16 and i8 that keeps 0.99 of the true neighbours
    #[arg(long, default_value = "auto", value_parser = storage_name)]
    storage: String,
    /// A second, finer copy that gives the final candidates their distances: f32, f16, i8 or i4
    #[arg(long, value_name = "STORAGE", value_parser = Storage::from_name)]
    rerank: Option<Storage>,
    /// M: how many links a new node gets; more find better and take more memory
    #[arg(long, default_value_t = Params::default().m, value_name = "M")]
    m: usize,
    /// How many candidates an insertion looks at; more build slower and find better
    #[arg(long, default_value_t = Params::default().ef_construction, value_name = "EF")]
    ef_construction: usize,
    /// The ids: a .npy file of n integers, or a .txt file of n strings, one a line; without it they are 0, 1, 2, …
    #[arg(long, value_name = "FILE")]
    ids: Option<PathBuf>,
    /// Values beside the vectors: JSON Lines, one object of names and values for each vector
    #[arg(long, value_name = "FILE")]
    columns: Option<PathBuf>,
    /// The types of columns whose values do not say them, separated by commas, as day=datetime,meta=json: int, float, string,
    /// bool, datetime, ints, floats, strings (lists of them), json
    #[arg(long, value_name = "NAME=TYPE", value_delimiter = ',', value_parser = columns::typed)]
    types: Vec<Typed>,
    #[command(flatten)]
    work: Work,
}

/// Refuses what is no name of a storage while the command line is read.
fn storage_name(name: &str) -> nearfold::Result<String> {
    Storage::asked_from_name(name).map(|_| name.to_owned())
}

impl Build {
    pub(crate) fn run(self, out: &mut dyn Write) -> Result<(), Failure> {
        self.work.start()?;
        let inputs = [Some(&self.vectors), self.ids.as_ref(), self.columns.as_ref()];
        let inputs: Vec<&Path> = inputs.into_iter().flatten().map(PathBuf::as_path).collect();
        files::check_output(&self.output, &inputs)?;
        let rows = Rows::read(&self.vectors, self.ids.as_ref(), self.columns.as_ref())?;
        let matrix = &rows.matrix;

        let start = Instant::now();
        let params = Params::new(self.metric)
            .storage(Storage::asked_from_name(&self.storage)?)
            .rerank(self.rerank)
            .m(self.m)
            .ef_construction(self.ef_construction);
        let mut index = Index::new(matrix.dim, params)?;
        columns::add_typed(&mut index, &self.types)?;
        let progress = self.work.progress(matrix.rows());
        index.add_ids(&matrix.values, rows.ids.as_ref(), &rows.columns(), &mut |done, _all| {
            progress.set_position(done as u64);
            true
        })?;
        progress.finish_and_clear();

        index.verify()?;
        let bytes = index.to_bytes();
        files::write_at_once(&self.output, &bytes)?;
        if !self.work.quiet {
            writeln!(
                out,
                "{}: {} vectors of {}, {}, {}, {} bytes ({} per vector), built in {:.1} s",
                self.output.display(),
                text::thousands(index.len()),
                index.dim(),
                self.metric.name(),
                index.kept().0.name(),
                text::thousands(bytes.len()),
                bytes.len().checked_div(index.len()).unwrap_or(0),
                start.elapsed().as_secs_f64(),
            )?;
        }
        Ok(())
    }
}
