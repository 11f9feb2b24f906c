//! The command line: files in, the crate's answers out.
//!
//! Converts names, files and errors; what a number is worth is decided in the library.

mod build;
mod change;
mod columns;
mod files;
mod find;
mod fold;
mod info;
mod rows;
mod search;
mod text;
mod work;

use std::io::{self, Write};
use std::process::ExitCode;

use clap::{Parser, Subcommand};

/// Exact, reproducible reductions and a compact nearest-neighbour index.
#[derive(Parser)]
#[command(version, about, long_about = None, arg_required_else_help = true, after_help = AFTER_HELP)]
struct Cli {
    #[command(subcommand)]
    command: Command,
}

const AFTER_HELP: &str = "\
Exit codes: 0 done, 1 an error in the data or in a file, 2 a command that is not understood.
With 1, one line on standard error says why: nearfold: <code>: <message>";

#[derive(Subcommand)]
enum Command {
    Build(build::Build),
    Add(change::Add),
    Update(change::Update),
    Upsert(change::Upsert),
    Remove(change::Remove),
    Compact(change::Compact),
    Search(search::Search),
    Find(find::Find),
    Info(info::Info),
    Fold(fold::Fold),
}

/// Why a command failed.
enum Failure {
    /// The library refused.
    Refused(nearfold::Error),
    /// The library refused what a file holds.
    File(String, nearfold::Error),
    /// The system refused a file.
    Io(String, io::Error),
    /// Nobody reads the output any more, as in `nearfold search … | head`.
    ClosedPipe,
}

impl From<nearfold::ErrorKind> for Failure {
    fn from(kind: nearfold::ErrorKind) -> Self {
        Self::Refused(kind.into())
    }
}

impl From<nearfold::Error> for Failure {
    fn from(error: nearfold::Error) -> Self {
        Self::Refused(error)
    }
}

/// Errors of writing the answer: all else that reads or writes names its file.
impl From<io::Error> for Failure {
    fn from(error: io::Error) -> Self {
        match error.kind() {
            io::ErrorKind::BrokenPipe => Self::ClosedPipe,
            _ => Self::Io("standard output".into(), error),
        }
    }
}

fn main() -> ExitCode {
    let mut out = io::BufWriter::new(io::stdout().lock());
    let done = match Cli::parse().command {
        Command::Build(command) => command.run(&mut out),
        Command::Add(command) => command.run(&mut out),
        Command::Update(command) => command.run(&mut out),
        Command::Upsert(command) => command.run(&mut out),
        Command::Remove(command) => command.run(&mut out),
        Command::Compact(command) => command.run(&mut out),
        Command::Search(command) => command.run(&mut out),
        Command::Find(command) => command.run(&mut out),
        Command::Info(command) => command.run(&mut out),
        Command::Fold(command) => command.run(&mut out),
    };
    let (code, message) = match done.and_then(|()| Ok(out.flush()?)) {
        Ok(()) | Err(Failure::ClosedPipe) => return ExitCode::SUCCESS,
        Err(Failure::Refused(error)) => (error.code(), error.to_string()),
        Err(Failure::File(path, error)) => (error.code(), format!("{path}: {error}")),
        Err(Failure::Io(path, error)) => ("io", format!("{path}: {error}")),
    };
    // What was written before the error belongs before it.
    let _ = out.flush();
    let _ = writeln!(io::stderr(), "nearfold: {code}: {message}");
    ExitCode::FAILURE
}
