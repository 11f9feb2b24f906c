//! `nearfold search`: queries in, neighbours out.

use std::io::Write;
use std::path::PathBuf;

use clap::{Args, ValueEnum};
use nearfold::columns::Expression;
use nearfold::ingest::Matrix;
use nearfold::near::{Filter, IdList};
use nearfold::{Explained, Index, SearchParams};
use serde::Serialize;

use crate::columns::Columns;
use crate::files::Among;
use crate::{Failure, columns, files};

/// Find the nearest neighbours of the vectors in a .npy file.
#[derive(Args)]
#[command(after_help = "\
Text is one neighbour a line, nearest first: query, id, distance, separated by tabs; then the values
of the columns as JSON (an id too that is a string with a control character, or begins with \"). JSON is one query a line: {\"query\":0,\"ids\":[…],\"distances\":[…]}, with
\"columns\":{\"year\":[…]} where columns are asked for.

A filter is a JSON object of column names with a value or with tests, all of which must hold: eq, ne, in,
gt, gte, lt, lte, between and exists; prefix and contains of texts; contains and any of lists; and, or, not.
Times are texts of ISO 8601.

Examples:
  nearfold search vectors.nearfold --query queries.npy -k 5
  nearfold search vectors.nearfold --query queries.npy --recall 0.99
  nearfold search vectors.nearfold --query queries.npy --radius 0.3 --among ids.npy
  nearfold search vectors.nearfold --query queries.npy --exact --format json
  nearfold search vectors.nearfold --query queries.npy --filter '{\"year\":{\"gte\":2000}}' --with year,lang")]
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
    /// All neighbours up to this distance, instead of the k nearest
    #[arg(long, value_name = "DISTANCE", allow_negative_numbers = true, conflicts_with = "k")]
    radius: Option<f32>,
    /// Compare with every vector instead of walking the graph
    #[arg(long)]
    exact: bool,
    /// Say how each query was answered: in JSON as "explained", in text in a line that begins with #
    #[arg(long)]
    explain: bool,
    /// Only vectors whose values in the columns are so, as JSON
    #[arg(long, value_name = "JSON", value_parser = columns::filter)]
    filter: Option<Expression>,
    /// Only vectors with these ids: a .npy file of integers, or of a boolean for each id from 0 on, or a .txt file of strings, one
    /// a line; with --filter
    /// those that both allow
    #[arg(long, value_name = "FILE")]
    among: Option<PathBuf>,
    /// The columns whose values are printed, separated by commas
    #[arg(long, value_name = "NAMES", value_delimiter = ',')]
    with: Vec<String>,
    /// How the answer is written
    #[arg(long, value_enum, default_value_t = Format::Text)]
    format: Format,
}

#[derive(Clone, Copy, ValueEnum)]
pub(crate) enum Format {
    Text,
    Json,
}

/// Ids as they are printed.
#[derive(Serialize)]
#[serde(untagged)]
pub(crate) enum Ids<'a> {
    Ints(&'a [u64]),
    Strings(&'a [String]),
}

impl<'a> From<&'a IdList> for Ids<'a> {
    fn from(ids: &'a IdList) -> Self {
        match ids {
            IdList::Ints(ids) => Self::Ints(ids),
            IdList::Strings(ids) => Self::Strings(ids),
        }
    }
}

impl Ids<'_> {
    /// Returns the `i`th as text.
    pub(crate) fn text(&self, i: usize) -> String {
        match self {
            Self::Ints(ids) => ids[i].to_string(),
            Self::Strings(ids) => plain(&ids[i]),
        }
    }
}

#[derive(Serialize)]
struct Found<'a> {
    query: usize,
    ids: Ids<'a>,
    distances: &'a [f32],
    #[serde(skip_serializing_if = "Option::is_none")]
    explained: Option<How>,
    #[serde(skip_serializing_if = "Columns::is_empty")]
    columns: Columns,
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
            return Err(
                nearfold::ErrorKind::DimensionMismatch { expected: index.dim(), got: queries.dim }.into()
            );
        }
        let mut params = SearchParams::default().exact(self.exact);
        params.ef_search = self.ef_search;
        params.recall = self.recall;
        let filter = self.filter(&index)?;
        if self.explain || filter.is_some() || self.radius.is_some() {
            for (query, row) in queries.values.chunks_exact(queries.dim).enumerate() {
                let (found, how) = match self.radius {
                    Some(radius) => index.search_radius_explained(row, radius, &params, filter.as_ref())?,
                    None => index.search_explained(row, self.k, &params, filter.as_ref())?,
                };
                let explained = self.explain.then(|| How::of(&how));
                self.print(out, &index, query, &found.ids, &found.distances, explained)?;
            }
            return Ok(());
        }
        let batch = index.search_many(&queries.values, self.k, &params)?;
        for query in 0..queries.rows() {
            let row = query * batch.k..(query + 1) * batch.k;
            self.print(out, &index, query, &batch.ids[row.clone()], &batch.distances[row], None)?;
        }
        Ok(())
    }

    /// Returns the filter of what `--filter` and `--among` allow.
    fn filter(&self, index: &Index) -> Result<Option<Filter>, Failure> {
        let by_values = self.filter.as_ref().map(|filter| index.filter_where(filter)).transpose()?;
        let by_ids = match self.among.as_ref().map(|path| files::read_among(path)).transpose()? {
            Some(Among::Ids(ids)) => Some(index.filter_id_list(&ids)?),
            Some(Among::Mask(mask)) => Some(index.filter_mask(&mask)?),
            None => None,
        };
        Ok(match (by_values, by_ids) {
            (Some(by_values), Some(by_ids)) => Some(index.filter_both(&by_values, &by_ids)?),
            (by_values, by_ids) => by_values.or(by_ids),
        })
    }

    fn print(
        &self,
        out: &mut dyn Write,
        index: &Index,
        query: usize,
        ids: &[u64],
        distances: &[f32],
        explained: Option<How>,
    ) -> Result<(), Failure> {
        let columns = Columns::of(index, &self.with, ids)?;
        let ids = index.named(ids);
        let ids = Ids::from(&ids);
        match self.format {
            Format::Json => {
                let found = Found { query, ids, distances, explained, columns };
                serde_json::to_writer(&mut *out, &found).map_err(std::io::Error::from)?;
                writeln!(out)?;
            }
            Format::Text => {
                if let Some(How { plan, ef_search, distances, reranked }) = explained {
                    writeln!(
                        out,
                        "# {query}\t{plan}\tef_search {ef_search}\tdistances {distances}\treranked {reranked}"
                    )?;
                }
                for (i, distance) in distances.iter().enumerate() {
                    write!(out, "{query}\t{}\t{distance:?}", ids.text(i))?;
                    for value in columns.row(i) {
                        write!(out, "\t{}", value.map_err(std::io::Error::from)?)?;
                    }
                    writeln!(out)?;
                }
            }
        }
        Ok(())
    }
}

/// Returns a string as it is, or as JSON where it would not be told apart from what stands around it.
fn plain(id: &str) -> String {
    if id.starts_with('"') || id.contains(char::is_control) {
        serde_json::Value::from(id).to_string()
    } else {
        id.to_owned()
    }
}
