//! `nearfold search`: queries in, neighbours out.

use std::io::Write;
use std::path::PathBuf;

use clap::{Args, ValueEnum};
use nearfold::SearchParams;
use nearfold::ingest::Matrix;
use serde::Serialize;

use crate::{Failure, files};

/// Find the nearest neighbours of the vectors in a .npy file.
#[derive(Args)]
#[command(after_help = "\
Text is one neighbour a line, nearest first: query, id, distance, separated by tabs.
JSON is one query a line: {\"query\":0,\"ids\":[…],\"distances\":[…]}

Examples:
  nearfold search vectors.nearfold --query queries.npy -k 5
  nearfold search vectors.nearfold --query queries.npy --exact --format json")]
pub(crate) struct Search {
    /// The index
    index: PathBuf,
    /// The queries: a .npy file of shape (n, dim) or (dim,)
    #[arg(short, long, value_name = "FILE")]
    query: PathBuf,
    /// How many neighbours for each query
    #[arg(short, default_value_t = 10)]
    k: usize,
    /// How many candidates the walk keeps; more are slower and find better
    #[arg(long, value_name = "EF")]
    ef_search: Option<usize>,
    /// Compare with every vector instead of walking the graph
    #[arg(long)]
    exact: bool,
    /// How the answer is written
    #[arg(long, value_enum, default_value_t = Format::Text)]
    format: Format,
}

#[derive(Clone, Copy, ValueEnum)]
enum Format {
    Text,
    Json,
}

#[derive(Serialize)]
struct Found<'a> {
    query: usize,
    ids: &'a [u64],
    distances: &'a [f32],
}

impl Search {
    pub(crate) fn run(self, out: &mut dyn Write) -> Result<(), Failure> {
        let index = files::read_index(&self.index)?;
        let queries = Matrix::from_array(files::read_array(&self.query)?)?;
        if queries.dim != index.dim() {
            return Err(nearfold::Error::DimensionMismatch { expected: index.dim(), got: queries.dim }.into());
        }
        let mut params = SearchParams::default().exact(self.exact);
        params.ef_search = self.ef_search;
        let batch = index.search_many(&queries.values, self.k, &params)?;
        for query in 0..queries.rows() {
            let row = query * batch.k..(query + 1) * batch.k;
            let found = Found { query, ids: &batch.ids[row.clone()], distances: &batch.distances[row] };
            match self.format {
                Format::Json => {
                    serde_json::to_writer(&mut *out, &found).map_err(std::io::Error::from)?;
                    writeln!(out)?;
                }
                Format::Text => {
                    for (id, distance) in found.ids.iter().zip(found.distances) {
                        writeln!(out, "{query}\t{id}\t{distance:?}")?;
                    }
                }
            }
        }
        Ok(())
    }
}
