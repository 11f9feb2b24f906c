//! How long work is done: with how many threads, and what is shown meanwhile.

use std::io::{self, IsTerminal};

use clap::{Args, value_parser};
use indicatif::{ProgressBar, ProgressStyle};

use crate::Failure;

/// With how many threads work is done, and whether it is talked about.
#[derive(Args)]
pub(crate) struct Work {
    /// How many threads, up to 1024; without it one for each core
    #[arg(long, value_name = "N", value_parser = value_parser!(u16).range(1..=1024))]
    threads: Option<u16>,
    /// No progress and no summary
    #[arg(short, long)]
    pub(crate) quiet: bool,
}

impl Work {
    /// Starts the threads that were asked for; before any work is done.
    pub(crate) fn start(&self) -> Result<(), Failure> {
        let Some(threads) = self.threads else { return Ok(()) };
        let pool = rayon::ThreadPoolBuilder::new().num_threads(threads.into()).build_global();
        pool.map_err(|error| Failure::Io("threads".into(), io::Error::other(error)))
    }

    /// A bar on a terminal; nothing where standard error is a file or a pipe.
    pub(crate) fn progress(&self, rows: usize) -> ProgressBar {
        if self.quiet || !io::stderr().is_terminal() {
            return ProgressBar::hidden();
        }
        let style = ProgressStyle::with_template("{bar:40} {human_pos}/{human_len} vectors, {eta} left");
        ProgressBar::new(rows as u64).with_style(style.unwrap_or_else(|_| ProgressStyle::default_bar()))
    }
}
