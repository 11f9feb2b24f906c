//! `nearfold find`: what a filter finds without a query.

use std::io::Write;
use std::path::PathBuf;

use clap::Args;
use nearfold::columns::Expression;
use serde::Serialize;

use crate::columns::Columns;
use crate::search::{Format, Ids};
use crate::{Failure, columns, files};

/// Find the ids whose values in the columns are as a filter says.
#[derive(Args)]
#[command(after_help = "\
Text is one id a line, ascending; then the values of the columns as JSON, separated by tabs. JSON is one object:
{\"ids\":[…]}, with \"columns\":{\"year\":[…]} where columns are asked for. What a filter is: nearfold search --help.

Example:
  nearfold find vectors.nearfold --filter '{\"tags\":{\"contains\":\"red\"}}' --limit 10 --with title,day")]
pub(crate) struct Find {
    /// The index
    index: PathBuf,
    /// What the values in the columns must be, as JSON
    #[arg(long, value_name = "JSON", value_parser = columns::filter)]
    filter: Expression,
    /// How many ids at most
    #[arg(long, value_name = "N", default_value_t = 100)]
    limit: usize,
    /// The columns whose values are printed, separated by commas
    #[arg(long, value_name = "NAMES", value_delimiter = ',')]
    with: Vec<String>,
    /// How the answer is written
    #[arg(long, value_enum, default_value_t = Format::Text)]
    format: Format,
}

#[derive(Serialize)]
struct Found<'a> {
    ids: Ids<'a>,
    #[serde(skip_serializing_if = "Columns::is_empty")]
    columns: Columns,
}

impl Find {
    pub(crate) fn run(self, out: &mut dyn Write) -> Result<(), Failure> {
        let index = files::read_index(&self.index)?;
        let ids = index.find(&self.filter, self.limit)?;
        let columns = Columns::of(&index, &self.with, &ids)?;
        let named = index.named(&ids);
        let named = Ids::from(&named);
        match self.format {
            Format::Json => {
                let found = Found { ids: named, columns };
                serde_json::to_writer(&mut *out, &found).map_err(std::io::Error::from)?;
                writeln!(out)?;
            }
            Format::Text => {
                for row in 0..ids.len() {
                    write!(out, "{}", named.text(row))?;
                    for value in columns.row(row) {
                        write!(out, "\t{}", value.map_err(std::io::Error::from)?)?;
                    }
                    writeln!(out)?;
                }
            }
        }
        Ok(())
    }
}
