//! `nearfold fold`: numbers in, their statistics out.

use std::io::Write;
use std::path::PathBuf;

use clap::Args;
use nearfold::fold::{self, Axes, Options, Reduction, Values};

use crate::{Failure, files, text};

/// Reduce the array in a .npy file: sums and means are exact, rounded once.
#[derive(Args)]
#[command(after_help = "\
Reductions: sum mean var std min max argmin argmax norm prod ptp any all count_nonzero minmax median
quantile percentile skew kurtosis moments, and nansum, nanmean, … which skip NaN.

Examples:
  nearfold fold x.npy
  nearfold fold x.npy --op sum,mean
  nearfold fold x.npy --op var --axis 0 --ddof 1 --json
  nearfold fold x.npy --op quantile --q 0.05,0.95")]
pub(crate) struct Fold {
    /// The array: a .npy file
    array: PathBuf,
    /// Which reductions, by their names in the library, separated by commas
    #[arg(
        long,
        value_name = "NAMES",
        value_delimiter = ',',
        value_parser = Reduction::from_name,
        default_value = "sum,mean,std,min,median,max,argmin,argmax"
    )]
    op: Vec<Reduction>,
    /// Reduce over this axis only; several are separated by commas
    #[arg(long, value_name = "AXES", value_delimiter = ',', allow_negative_numbers = true)]
    axis: Vec<isize>,
    /// Reduced axes stay, with length 1
    #[arg(long)]
    keepdims: bool,
    /// What is taken from n in the divisor of var and std
    #[arg(long, default_value_t = 0.0, allow_negative_numbers = true)]
    ddof: f64,
    /// What quantile (0 to 1) and percentile (0 to 100) look for, separated by commas
    #[arg(long, value_name = "Q", value_delimiter = ',')]
    q: Vec<f64>,
    /// As one JSON object; NaN and infinities are text in it
    #[arg(long)]
    json: bool,
}

impl Fold {
    pub(crate) fn run(self, out: &mut dyn Write) -> Result<(), Failure> {
        let array = files::read_array(&self.array)?;
        let mut options = Options::default().keepdims(self.keepdims).ddof(self.ddof);
        options.axis = match self.axis[..] {
            [] => Axes::All,
            [axis] => Axes::One(axis),
            _ => Axes::Many(self.axis),
        };
        match self.q[..] {
            [] => {}
            [q] => options = options.q(q),
            _ => options = options.quantiles(&self.q),
        }
        let mut answers = Vec::new();
        for reduction in self.op {
            answers.push((reduction.name(), fold::reduce(reduction, Values::from(&array), &options)?));
        }
        if self.json {
            let pair = |(name, output): &(&str, _)| format!("{name:?}:{}", text::json_output(output));
            let pairs: Vec<_> = answers.iter().map(pair).collect();
            return Ok(writeln!(out, "{{{}}}", pairs.join(","))?);
        }
        writeln!(out, "{:<9} {} {:?}", "array", array.dtype().name(), array.shape())?;
        for (name, output) in &answers {
            writeln!(out, "{name:<9} {}", text::output(output))?;
        }
        Ok(())
    }
}
