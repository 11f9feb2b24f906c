//! Which `ef_search` gives which recall: the index asks itself, once, and remembers.

use super::index::Index;
use super::params::SearchParams;
use super::walk::{Candidate, Scratch};
use crate::error::Result;
use crate::pool::map;

/// How many questions are asked.
const QUESTIONS: usize = 100;

/// For how many neighbours.
const KS: [usize; 2] = [10, 100];

/// With how many candidates.
const EFS: [usize; 12] = [10, 16, 24, 32, 48, 64, 96, 128, 192, 256, 384, 512];

/// Measured recall, ascending by (k, ef).
#[derive(Clone, Debug, Default, PartialEq)]
pub(crate) struct Calibration(Vec<(u32, u32, f32)>);

impl Calibration {
    /// Returns the least `ef` that reached `recall` for `k` neighbours; `None` for more than was
    /// tried.
    pub(crate) fn ef(&self, k: usize, recall: f32) -> Option<usize> {
        if self.0.is_empty() {
            // Nothing was measured: what its users expect of an HNSW.
            return Some((if recall <= DEFAULT_FROM { 64 } else { 256 }).max(k + k / 2));
        }
        let least = |k: usize| {
            let mut of_k = self.0.iter().filter(|entry| entry.0 as usize == k);
            of_k.find(|entry| entry.2 >= recall).map(|entry| entry.1 as usize)
        };
        let [small, large] = KS;
        if k <= small {
            return least(small);
        }
        let (at_small, at_large) = (least(small)?, least(large)?);
        if k >= large {
            return Some(at_large.max(large) * k.div_ceil(large));
        }
        // Between the two, by a straight line.
        let step = at_large.saturating_sub(at_small) * (k - small) / (large - small);
        Some((at_small + step).max(k))
    }

    pub(crate) fn to_bytes(&self) -> Vec<u8> {
        let entry =
            |(k, ef, recall): &(u32, u32, f32)| [k.to_le_bytes(), ef.to_le_bytes(), recall.to_le_bytes()];
        self.0.iter().flat_map(entry).flatten().collect()
    }

    /// Errors: a sentence, when it is not a table of recall.
    pub(crate) fn from_bytes(bytes: &[u8]) -> core::result::Result<Self, String> {
        let (fields, rest) = bytes.as_chunks::<4>();
        if !rest.is_empty() || !fields.len().is_multiple_of(3) || fields.len() > 3 * 256 {
            return Err(format!("{} bytes are not a table", bytes.len()));
        }
        let entries: Vec<(u32, u32, f32)> = fields
            .chunks_exact(3)
            .map(|entry| {
                let [k, ef, recall] = [entry[0], entry[1], entry[2]];
                (u32::from_le_bytes(k), u32::from_le_bytes(ef), f32::from_le_bytes(recall))
            })
            .collect();
        if !entries.is_sorted_by(|a, b| (a.0, a.1) < (b.0, b.1)) {
            return Err("entries are not in order".into());
        }
        if entries.iter().any(|entry| !(0.0..=1.0).contains(&entry.2)) {
            return Err("a recall is not in 0 … 1".into());
        }
        Ok(Self(entries))
    }
}

/// Up to this recall an unmeasured index takes the smaller guess.
const DEFAULT_FROM: f32 = 0.95;

impl Index {
    /// Measures recall for each `ef` that is of use, and keeps it.
    ///
    /// A question is a stored vector, which is left out of the graph for as long as it is asked.
    /// What is kept is one standard error below what was measured.
    pub(super) fn calibrate(&mut self) {
        self.calibration = Calibration::default();
        let mut entries = Vec::new();
        let questions = self.questions();
        let [_, most] = KS;
        let truth = self.best_nodes(&questions, most, None);
        for k in KS {
            let truth: Vec<&[u32]> = truth.iter().map(|nodes| &nodes[..k.min(nodes.len())]).collect();
            for ef in EFS.into_iter().filter(|ef| *ef >= k) {
                let found = self.best_nodes(&questions, k, Some(ef));
                let (recall, error) = mean_and_error(&found, &truth);
                entries.push((k as u32, ef as u32, (recall - error).max(0.0)));
                if recall - error >= 0.999 {
                    break;
                }
            }
        }
        self.calibration = Calibration(entries);
    }

    /// Returns the recall that `params` gives for `k` neighbours, measured on the index itself.
    ///
    /// The questions are stored vectors, each left out while it is asked for.
    ///
    /// Errors: [`crate::Error::BadParameter`].
    /// Cost: 100 exact searches.
    pub fn recall(&self, k: usize, params: &SearchParams) -> Result<f32> {
        params.check(k)?;
        let questions = self.questions();
        if questions.is_empty() {
            return Ok(1.0);
        }
        let ef = self.ef(k, params);
        let truth = self.best_nodes(&questions, k, None);
        let ef = (ef < self.store.len()).then_some(ef);
        let found = self.best_nodes(&questions, k, ef);
        Ok(mean_and_error(&found, &truth).0)
    }

    /// Returns the nodes that are asked for, spread over all.
    fn questions(&self) -> Vec<u32> {
        let n = self.store.len();
        let count = QUESTIONS.min(n.saturating_sub(1));
        (0..count).map(|i| (i as u64 * n as u64 / count as u64) as u32).collect()
    }

    /// Returns the `k` best nodes for each question, by a walk or by a scan.
    fn best_nodes(&self, questions: &[u32], k: usize, ef: Option<usize>) -> Vec<Vec<u32>> {
        map(0..questions.len(), |i| {
            let mut scratch = self.scratch.take();
            let node = questions[i];
            self.store.prepare(&self.store.decode(node), &mut scratch.prepared);
            match ef {
                Some(ef) => self.walk(ef, Some(node), &mut scratch),
                None => {
                    self.scan((0..self.store.len() as u32).filter(|other| *other != node), k, &mut scratch)
                }
            };
            let nodes = if ef.is_some() && self.store.fine().is_some() {
                self.ranked(k, &mut scratch)
            } else {
                scratch.pool.iter().take(k).map(|candidate: &Candidate| candidate.node()).collect()
            };
            self.scratch.put(scratch);
            nodes
        })
    }
}

impl Index {
    /// Returns the `k` best of a walk's candidates by the copy that re-ranks.
    fn ranked(&self, k: usize, scratch: &mut Scratch) -> Vec<u32> {
        scratch.pool.truncate(self.store.rerank_len(k));
        let Scratch { pool, fresh, keys, prepared, .. } = scratch;
        fresh.clear();
        fresh.extend(pool.iter().map(|candidate| candidate.node()));
        self.store.distances(prepared, fresh, keys);
        let nodes = fresh.iter().zip(keys.iter());
        let mut ranked: Vec<Candidate> = nodes.map(|(&node, &key)| Candidate::new(key, node)).collect();
        ranked.sort_unstable();
        ranked.iter().take(k).map(|candidate| candidate.node()).collect()
    }
}

/// Returns the mean recall and its standard error.
fn mean_and_error(found: &[Vec<u32>], truth: &[impl AsRef<[u32]>]) -> (f32, f32) {
    let recalls = found.iter().zip(truth).map(|(found, truth)| {
        let truth = truth.as_ref();
        let hits = found.iter().filter(|node| truth.contains(node)).count();
        if truth.is_empty() { 1.0 } else { hits as f64 / truth.len() as f64 }
    });
    let (mut n, mut sum, mut squares) = (0.0, 0.0, 0.0);
    for recall in recalls {
        n += 1.0;
        sum += recall;
        squares += recall * recall;
    }
    if n == 0.0 {
        return (1.0, 0.0);
    }
    let mean: f64 = sum / n;
    let variance = (squares / n - mean * mean).max(0.0);
    (mean as f32, (variance / n).sqrt() as f32)
}
