//! `nearfold info`: what an index file is made of.

use std::collections::BTreeMap;
use std::io::Write;
use std::path::PathBuf;

use clap::Args;
use nearfold::{Index, SearchParams, Storage};
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
    /// Measure the recall of searches for so many neighbours: asks for stored vectors, each left out meanwhile
    #[arg(long, value_name = "K")]
    recall: Option<usize>,
    /// How many candidates those searches keep; without it as many as a search takes that asks for nothing
    #[arg(long, value_name = "EF", requires = "recall")]
    ef_search: Option<usize>,
}

#[derive(Serialize)]
struct Facts {
    len: usize,
    dim: usize,
    metric: &'static str,
    storage: &'static str,
    rerank: Option<&'static str>,
    m: usize,
    ef_construction: usize,
    memory_bytes: MemoryBytes,
    health: Health,
    columns: BTreeMap<String, &'static str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    recall: Option<f32>,
}

#[derive(Serialize)]
struct MemoryBytes {
    vectors: usize,
    rerank: usize,
    links: usize,
    ids: usize,
    columns: usize,
    sentinels: usize,
}

#[derive(Serialize)]
struct Health {
    nodes: usize,
    duplicates: usize,
    orphans: usize,
    degree_min: usize,
    degree_mean: f64,
    degree_max: usize,
    not_finite: usize,
    zeros: usize,
    norm_min: f64,
    norm_mean: f64,
    norm_max: f64,
    storage: &'static str,
    rerank: Option<&'static str>,
    recall: Option<f32>,
    lost_by_rounding: Option<f32>,
    lost_by_walk: Option<f32>,
    advice: String,
}

impl Facts {
    fn of(index: &Index) -> Self {
        let (params, memory, health) = (index.params(), index.memory(), index.health());
        Self {
            len: index.len(),
            dim: index.dim(),
            metric: params.metric.name(),
            storage: Storage::asked_name(params.storage),
            rerank: params.rerank.map(Storage::name),
            m: params.m,
            ef_construction: params.ef_construction,
            memory_bytes: MemoryBytes {
                vectors: memory.vectors,
                rerank: memory.rerank,
                links: memory.links,
                ids: memory.ids,
                columns: memory.columns,
                sentinels: memory.sentinels,
            },
            health: Health {
                nodes: health.nodes,
                duplicates: health.duplicates,
                orphans: health.orphans,
                degree_min: health.degree_min,
                degree_mean: health.degree_mean,
                degree_max: health.degree_max,
                not_finite: health.not_finite,
                zeros: health.zeros,
                norm_min: health.norm_min,
                norm_mean: health.norm_mean,
                norm_max: health.norm_max,
                storage: health.storage.name(),
                rerank: health.rerank.map(Storage::name),
                recall: health.recall.recall,
                lost_by_rounding: health.recall.lost_by_rounding,
                lost_by_walk: health.recall.lost_by_walk,
                advice: health.recall.advice,
            },
            columns: index.columns().into_iter().map(|(name, kind)| (name, kind.name())).collect(),
            recall: None,
        }
    }
}

impl Info {
    pub(crate) fn run(self, out: &mut dyn Write) -> Result<(), Failure> {
        let index = files::read_index(&self.index)?;
        let mut facts = Facts::of(&index);
        if let Some(k) = self.recall {
            let mut params = SearchParams::default();
            params.ef_search = self.ef_search;
            facts.recall = index.recall(k, &params)?;
        }
        if self.json {
            serde_json::to_writer(&mut *out, &facts).map_err(std::io::Error::from)?;
            return Ok(writeln!(out)?);
        }
        writeln!(out, "vectors          {}", text::thousands(facts.len))?;
        writeln!(out, "dim              {}", facts.dim)?;
        writeln!(out, "metric           {}", facts.metric)?;
        writeln!(out, "storage          {}", facts.storage)?;
        writeln!(out, "rerank           {}", facts.rerank.unwrap_or("none"))?;
        writeln!(out, "M                {}", facts.m)?;
        writeln!(out, "ef_construction  {}", facts.ef_construction)?;
        let memory = facts.memory_bytes;
        for (part, bytes) in [
            ("vectors", memory.vectors),
            ("rerank", memory.rerank),
            ("links", memory.links),
            ("ids", memory.ids),
            ("columns", memory.columns),
            ("sentinels", memory.sentinels),
        ] {
            let each = bytes as f64 / facts.len.max(1) as f64;
            writeln!(out, "memory: {part:<10}{} bytes, {each:.1} per vector", text::thousands(bytes))?;
        }
        let health = &facts.health;
        writeln!(
            out,
            "health: {} distinct, {} duplicates, {} orphans",
            health.nodes, health.duplicates, health.orphans
        )?;
        let Health { degree_min, degree_mean, degree_max, not_finite, zeros, .. } = *health;
        writeln!(
            out,
            "health: links of a vector: {degree_min} to {degree_max}, {degree_mean:.1} on average"
        )?;
        let Health { norm_min, norm_mean, norm_max, .. } = *health;
        writeln!(
            out,
            "health: norms: {norm_min:.6} to {norm_max:.6}, {norm_mean:.6} on average; {zeros} zero, {not_finite} not finite"
        )?;
        writeln!(out, "health: kept as {}: {}", health.storage, health.advice)?;
        if let Some(k) = self.recall {
            let told = facts.recall.map_or("unknown".to_owned(), |recall| format!("{recall:.4}"));
            writeln!(out, "recall@{k}: {told}")?;
        }
        for (name, kind) in &facts.columns {
            writeln!(out, "column: {name:<8} {kind}")?;
        }
        Ok(())
    }
}
