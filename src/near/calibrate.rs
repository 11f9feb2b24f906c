//! Which `ef_search` gives which recall: the index asks itself, once, and remembers.

use super::index::Index;
use super::params::SearchParams;
use super::search::pays;
use super::walk::{Candidate, Scratch};
use crate::codec::rerank_len;
use crate::error::Result;
use crate::kernel::sort::sort;
use crate::pool::map;

/// How many questions are asked.
const QUESTIONS: usize = 256;

/// How many questions share a pass over the vectors, which for floats are more than the caches hold.
const AT_ONCE: usize = 8;

/// How many vectors are compared with one of them before the next has its turn.
const CHUNK: usize = 256;

/// For how many neighbours.
const KS: [usize; 2] = [10, 100];

/// With how many candidates: as many of these as [pay](pays).
const EFS: [usize; 26] = [
    10, 12, 16, 20, 24, 32, 40, 48, 64, 80, 96, 128, 160, 192, 256, 320, 384, 512, 640, 768, 1024, 1280,
    1536, 2048, 3072, 4096,
];

/// So many standard errors what is kept lies below what was measured: less is reached in one case of 44.
const ERRORS: f32 = 2.0;

/// When so many vectors came or went, for each that is there, the index is asked again.
const STALE: f64 = 0.5;

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
    /// What is kept is two standard errors below what was measured.
    pub(super) fn calibrate(&mut self) {
        let questions = self.questions();
        let [_, most] = KS;
        let truth = self.truth(&questions, most);
        let hits = map(0..questions.len(), |i| self.hits(questions[i], &truth[i]));
        let mut entries = Vec::new();
        for (k, at_k) in KS.into_iter().zip(0..) {
            let tried = EFS.into_iter().take_while(|ef| pays(*ef, self.store.len()));
            for (ef, at_ef) in tried.zip(0..).filter(|(ef, _)| *ef >= k) {
                let parts =
                    hits.iter().zip(&truth).map(|(hits, truth)| part(hits[at_ef][at_k], truth.len().min(k)));
                let (recall, error) = mean_and_error(parts);
                let sure = recall - ERRORS * error;
                entries.push((k as u32, ef as u32, sure.max(0.0)));
                if sure >= 0.999 {
                    break;
                }
            }
        }
        self.calibration = Calibration(entries);
        self.drift = 0;
    }

    /// Measures anew where the index has changed so much that what was measured may not hold.
    pub(super) fn calibrate_when_stale(&mut self) {
        if self.graph.is_linked() && self.drift as f64 >= STALE * self.store.len() as f64 {
            self.calibrate();
        }
    }

    /// Returns how many of the true neighbours of a question each `ef` finds, for each `k`.
    fn hits(&self, node: u32, truth: &[u32]) -> [[usize; KS.len()]; EFS.len()] {
        let mut scratch = self.asked(node);
        scratch.may_go_on = true;
        let (mut hits, mut begun) = ([[0; KS.len()]; EFS.len()], false);
        let tried = EFS.into_iter().take_while(|ef| pays(*ef, self.store.len()));
        for (ef, hits) in tried.zip(&mut hits) {
            // One walk that goes on: it compares what the widest alone would.
            if begun {
                self.walk_on(ef, &mut scratch);
            } else {
                self.walk(ef, Some(node), &mut scratch);
            }
            begun = true;
            for (k, hits) in KS.into_iter().zip(hits).filter(|(k, _)| *k <= ef) {
                let truth = &truth[..k.min(truth.len())];
                *hits = self.best_of_pool(k, &mut scratch).iter().filter(|node| truth.contains(node)).count();
            }
        }
        scratch.may_go_on = false;
        self.scratch.put(scratch);
        hits
    }

    /// Returns the recall that `params` gives for `k` neighbours, measured on the index itself.
    ///
    /// The questions are stored vectors, each left out while it is asked for.
    ///
    /// Errors: [`crate::ErrorKind::BadParameter`].
    /// Cost: 256 exact searches.
    pub fn recall(&self, k: usize, params: &SearchParams) -> Result<f32> {
        params.check(k)?;
        let (questions, ef) = (self.questions(), self.ef(k, params));
        // A scan finds what a scan finds.
        if questions.is_empty() || ef >= self.store.len() {
            return Ok(1.0);
        }
        let truth = self.truth(&questions, k);
        let found = self.found(&questions, k, ef);
        let parts = found.iter().zip(&truth).map(|(found, truth)| {
            part(found.iter().filter(|node| truth.contains(node)).count(), truth.len())
        });
        Ok(mean_and_error(parts).0)
    }

    /// Returns the nodes that are asked for, spread over all.
    fn questions(&self) -> Vec<u32> {
        let n = self.store.len();
        let count = QUESTIONS.min(n.saturating_sub(1));
        (0..count).map(|i| (i as u64 * n as u64 / count as u64) as u32).collect()
    }

    /// Returns the `k` best other nodes for each question: all are compared, at their best.
    fn truth(&self, questions: &[u32], k: usize) -> Vec<Vec<u32>> {
        let rows = self.store.finest().rows();
        let n = self.store.len() as u32;
        let of_groups = map(0..questions.len().div_ceil(AT_ONCE), |i| {
            let group = &questions[i * AT_ONCE..questions.len().min((i + 1) * AT_ONCE)];
            let mut asked: Vec<Scratch> = group.iter().map(|node| self.asked(*node)).collect();
            for scratch in &mut asked {
                scratch.prepared.turn();
                scratch.pool.clear();
            }
            for start in (0..n).step_by(CHUNK) {
                let end = n.min(start.saturating_add(CHUNK as u32));
                for (node, scratch) in group.iter().zip(&mut asked) {
                    let Scratch { prepared, fresh, keys, .. } = scratch;
                    fresh.clear();
                    fresh.extend((start..end).filter(|other| other != node));
                    rows.keys(prepared, fresh, keys);
                    scratch.offer_fresh(rerank_len(k));
                }
            }
            let mut best: Vec<Vec<u32>> = Vec::with_capacity(group.len());
            for mut scratch in asked {
                best.push(scratch.pool.iter().take(k).map(|candidate| candidate.node()).collect());
                scratch.prepared.turn();
                self.scratch.put(scratch);
            }
            best
        });
        let mut all = Vec::with_capacity(questions.len());
        of_groups.into_iter().for_each(|group| all.extend(group));
        all
    }

    /// Returns working memory that is prepared for a stored vector.
    #[inline(never)]
    fn asked(&self, node: u32) -> Scratch {
        let mut scratch = self.scratch.take();
        self.store.prepare(&self.store.decode(node), &mut scratch.prepared);
        scratch
    }

    /// Returns the `k` best other nodes for each question, as a walk of `ef` candidates finds them.
    fn found(&self, questions: &[u32], k: usize, ef: usize) -> Vec<Vec<u32>> {
        map(0..questions.len(), |i| {
            let mut scratch = self.asked(questions[i]);
            self.walk(ef, Some(questions[i]), &mut scratch);
            let nodes = self.best_of_pool(k, &mut scratch);
            self.scratch.put(scratch);
            nodes
        })
    }

    /// Returns the `k` best of a walk's candidates, by the copy that re-ranks where there is one.
    fn best_of_pool(&self, k: usize, scratch: &mut Scratch) -> Vec<u32> {
        let Scratch { pool, fresh, keys, prepared, .. } = scratch;
        if self.store.fine().is_none() {
            return pool.iter().take(k).map(|candidate| candidate.node()).collect();
        }
        fresh.clear();
        fresh.extend(pool.iter().take(self.store.rerank_len(k)).map(|candidate| candidate.node()));
        self.store.distances(prepared, fresh, keys);
        let nodes = fresh.iter().zip(keys.iter());
        let mut ranked: Vec<Candidate> = nodes.map(|(&node, &key)| Candidate::new(key, node)).collect();
        sort(&mut ranked);
        ranked.iter().take(k).map(|candidate| candidate.node()).collect()
    }
}

/// Returns which part of `all` was found.
fn part(found: usize, all: usize) -> f64 {
    if all == 0 { 1.0 } else { found as f64 / all as f64 }
}

/// Returns the mean of the questions' recall and its standard error.
fn mean_and_error(recalls: impl Iterator<Item = f64>) -> (f32, f32) {
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

#[cfg(test)]
mod tests {
    use crate::{Index, Metric, Params};

    #[test]
    fn an_index_that_changed_by_half_measures_itself_anew() {
        let (n, dim) = (3000, 16);
        let mut state = 1u64;
        let mut rows = |n: usize, dims: usize| -> Vec<f32> {
            let mut random = || {
                state = state.wrapping_mul(6364136223846793005).wrapping_add(1442695040888963407);
                (state >> 40) as f32 / (1 << 24) as f32 - 0.5
            };
            (0..n * dim).map(|i| if i % dim < dims { random() } else { 0.0 }).collect()
        };
        let mut index = Index::new(dim, Params::new(Metric::L2sq).ef_construction(40)).unwrap();
        // On a plane few candidates are enough; in all dimensions it takes more.
        index.add(&rows(n, 2), None).unwrap();
        let at_first = index.calibration.clone();
        let few = index.calibration.ef(10, 0.95).unwrap();
        let ids: Vec<u64> = (0..n as u64).collect();
        index.update(&rows(600, dim), &ids[..600]).unwrap();
        assert_eq!(index.calibration, at_first, "two fifths came or went");
        index.update(&rows(n - 600, dim), &ids[600..]).unwrap();
        let more = index.calibration.ef(10, 0.95).unwrap();
        assert!(more > few, "{more} candidates of {few}");
    }
}
