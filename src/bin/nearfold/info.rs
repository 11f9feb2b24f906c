//! `nearfold info`: what an index file is made of.

use std::io::Write;
use std::path::PathBuf;

use clap::Args;
use nearfold::Index;
use serde::Serialize;

use crate::{Failure, files, text};

/// Show what an index holds and what it takes.
#[derive(Args)]
pub(crate) struct Info {
    /// The index
    index: PathBuf,
    /// As one JSON object
    #[arg(long)]
    json: bool,
}

#[derive(Serialize)]
struct Facts {
    len: usize,
    dim: usize,
    metric: &'static str,
    storage: &'static str,
    m: usize,
    ef_construction: usize,
    memory_bytes: MemoryBytes,
}

#[derive(Serialize)]
struct MemoryBytes {
    vectors: usize,
    links: usize,
    ids: usize,
    columns: usize,
}

impl Facts {
    fn of(index: &Index) -> Self {
        let (params, memory) = (index.params(), index.memory());
        Self {
            len: index.len(),
            dim: index.dim(),
            metric: params.metric.name(),
            storage: params.storage.name(),
            m: params.m,
            ef_construction: params.ef_construction,
            memory_bytes: MemoryBytes {
                vectors: memory.vectors,
                links: memory.links,
                ids: memory.ids,
                columns: memory.columns,
            },
        }
    }
}

impl Info {
    pub(crate) fn run(self, out: &mut dyn Write) -> Result<(), Failure> {
        let facts = Facts::of(&files::read_index(&self.index)?);
        if self.json {
            serde_json::to_writer(&mut *out, &facts).map_err(std::io::Error::from)?;
            return Ok(writeln!(out)?);
        }
        writeln!(out, "vectors          {}", text::thousands(facts.len))?;
        writeln!(out, "dim              {}", facts.dim)?;
        writeln!(out, "metric           {}", facts.metric)?;
        writeln!(out, "storage          {}", facts.storage)?;
        writeln!(out, "M                {}", facts.m)?;
        writeln!(out, "ef_construction  {}", facts.ef_construction)?;
        let memory = facts.memory_bytes;
        for (part, bytes) in [
            ("vectors", memory.vectors),
            ("links", memory.links),
            ("ids", memory.ids),
            ("columns", memory.columns),
        ] {
            let each = bytes as f64 / facts.len.max(1) as f64;
            writeln!(out, "memory: {part:<9}{} bytes, {each:.1} per vector", text::thousands(bytes))?;
        }
        Ok(())
    }
}
