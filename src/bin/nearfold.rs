//! The command line: names and files in, the crate's answers out.

fn main() {}
