//! `nearfold search`: queries in, neighbours out.

use std::io::Write;
use std::path::PathBuf;

use clap::{Args, ValueEnum};
use nearfold::ingest::Matrix;
use nearfold::{Explained, SearchParams};
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
    /// Which part of the true neighbours is to be found, where --ef-search is not given [default: 0.95]
    #[arg(long, value_name = "PART")]
    recall: Option<f32>,
    /// Compare with every vector instead of walking the graph
    #[arg(long)]
    exact: bool,
    /// Say how each query was answered: in JSON as "explained", in text in a line that begins with #
    #[arg(long)]
    explain: bool,
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
    #[serde(skip_serializing_if = "Option::is_none")]
    explained: Option<How>,
}

#[derive(Serialize)]
struct How {
    plan: &'static str,
    ef_search: usize,
    distances: usize,
    reranked: usize,
}

impl How {
    fn of(explained: &Explained) -> Self {
        let &Explained { plan, ef_search, distances, reranked, .. } = explained;
        Self { plan: plan.name(), ef_search, distances, reranked }
    }
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
        params.recall = self.recall;
        if self.explain {
            for (query, row) in queries.values.chunks_exact(queries.dim).enumerate() {
                let (found, how) = index.search_explained(row, self.k, &params, None)?;
                let (ids, distances) = (&*found.ids, &*found.distances);
                self.print(out, &Found { query, ids, distances, explained: Some(How::of(&how)) })?;
            }
            return Ok(());
        }
        let batch = index.search_many(&queries.values, self.k, &params)?;
        for query in 0..queries.rows() {
            let row = query * batch.k..(query + 1) * batch.k;
            let (ids, distances) = (&batch.ids[row.clone()], &batch.distances[row]);
            self.print(out, &Found { query, ids, distances, explained: None })?;
        }
        Ok(())
    }

    fn print(&self, out: &mut dyn Write, found: &Found<'_>) -> Result<(), Failure> {
        match self.format {
            Format::Json => {
                serde_json::to_writer(&mut *out, found).map_err(std::io::Error::from)?;
                writeln!(out)?;
            }
            Format::Text => {
                let query = found.query;
                if let Some(How { plan, ef_search, distances, reranked }) = &found.explained {
                    writeln!(
                        out,
                        "# {query}\t{plan}\tef_search {ef_search}\tdistances {distances}\treranked {reranked}"
                    )?;
                }
                for (id, distance) in found.ids.iter().zip(found.distances) {
                    writeln!(out, "{query}\t{id}\t{distance:?}")?;
                }
            }
        }
        Ok(())
    }
}
