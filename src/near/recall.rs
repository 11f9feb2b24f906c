//! How much of the true neighbours searches find: sentinels are asked, whose neighbours by the originals are known.

use super::index::Index;
use super::params::SearchParams;
use super::sentinels::NO_NODE;
use super::walk::Scratch;
use crate::codec::{Storage, rerank_len};
use crate::error::{ErrorKind, Result};
use crate::kernel::sort::{key_f64, sort};
use crate::pool::map;

/// How many sentinels share a pass over the vectors, which for floats are more than the caches hold.
const AT_ONCE: usize = 8;

/// How many vectors are compared with one of them before the next has its turn.
const CHUNK: usize = 256;

/// Fewer answers than these say nothing.
const ANSWERS_MIN: usize = 8;

/// A loss from which advice is due.
const LOSS: f32 = 0.01;

/// The recall of searches, and where it is lost.
#[derive(Clone, Debug, Default, PartialEq)]
#[non_exhaustive]
pub struct Recall {
    /// For how many neighbours.
    pub k: usize,
    /// Which part of the true neighbours is found: of those that the vectors as they came have. `None` where the index
    /// does not know: its originals were never seen (a file of version 1), or no sentinel knows so many neighbours.
    pub recall: Option<f32>,
    /// Which part is lost because storage rounds: exact search does not find it.
    pub lost_by_rounding: Option<f32>,
    /// Which part is lost because a walk does not meet it: exact search finds it.
    pub lost_by_walk: Option<f32>,
    /// How many vectors were asked for; 0 where all that is compared is what came.
    pub questions: usize,
    /// What to change, in a sentence.
    pub advice: String,
}

/// How much of its neighbours each sentinel found, where it knows so many.
pub(super) struct Parts {
    /// Which part, the sentinel's place, and whether it knows its neighbours by originals alone.
    parts: Vec<(f64, usize, bool)>,
}

impl Parts {
    /// Returns the mean over those whose neighbours are known by originals alone; `None` for too few.
    fn of_whole(&self) -> Option<f64> {
        let whole: Vec<f64> = self.parts.iter().filter(|part| part.2).map(|part| part.0).collect();
        (whole.len() >= ANSWERS_MIN).then(|| whole.iter().sum::<f64>() / whole.len() as f64)
    }

    /// Returns what each found, with the others' share lessened by what rounding loses.
    pub(super) fn told(&self, kept: f64) -> Vec<f64> {
        self.parts.iter().map(|(part, _, whole)| if *whole { *part } else { *part * kept }).collect()
    }

    pub(super) fn len(&self) -> usize {
        self.parts.len()
    }
}

pub(super) fn mean(parts: &[f64]) -> f64 {
    parts.iter().sum::<f64>() / parts.len().max(1) as f64
}

/// Sentinels are looked at in so many parts, by when they came, each of so many at least.
const AGES: usize = 4;

/// Returns the mean of those that came at a time which found least; `None` where there are too few to tell.
pub(super) fn worst_age(parts: &[f64]) -> Option<f64> {
    if parts.len() < AGES * ANSWERS_MIN {
        return None;
    }
    let ages = parts.chunks(parts.len().div_ceil(AGES)).filter(|age| age.len() >= ANSWERS_MIN).map(mean);
    ages.min_by(f64::total_cmp)
}

impl Index {
    /// Returns the recall that `params` gives for `k` neighbours, against those that the vectors as they came have; `None`
    /// where the index does not know.
    ///
    /// Errors: [`ErrorKind::BadParameter`].
    /// Cost: some hundred searches, exact ones too.
    pub fn recall(&self, k: usize, params: &SearchParams) -> Result<Option<f32>> {
        Ok(self.recall_explained(k, params)?.recall)
    }

    /// Like [`recall`](Self::recall); returns where neighbours are lost, and what to change, too.
    ///
    /// Errors: as that.
    pub fn recall_explained(&self, k: usize, params: &SearchParams) -> Result<Recall> {
        params.check(k)?;
        let ef = self.ef(k, params);
        let scans = ef >= self.store.len();
        let mut told = Recall { k, ..Recall::default() };
        if scans && self.store.is_lossless() {
            (told.recall, told.lost_by_rounding, told.lost_by_walk) = (Some(1.0), Some(0.0), Some(0.0));
            told.advice = "Every vector is compared as it came: nothing is lost.".into();
            return Ok(told);
        }
        let kept = self.parts(k, &self.scanned(k));
        told.questions = kept.len();
        let rho = kept.of_whole();
        let of_scan = mean(&kept.told(rho.unwrap_or(1.0)));
        if kept.len() >= ANSWERS_MIN || scans {
            let of_walk = if scans {
                of_scan
            } else {
                mean(&self.parts(k, &self.walked_all(k, ef)).told(rho.unwrap_or(1.0)))
            };
            told.lost_by_walk = Some((of_scan - of_walk).max(0.0) as f32);
            told.recall = rho.map(|_| of_walk as f32);
        }
        told.lost_by_rounding = rho.map(|_| (1.0 - of_scan) as f32);
        told.advice = self.advice(&told);
        Ok(told)
    }

    fn advice(&self, told: &Recall) -> String {
        let (storage, rerank) = self.store.kept();
        let (rounding, walk) = (told.lost_by_rounding.unwrap_or(0.0), told.lost_by_walk.unwrap_or(0.0));
        if rounding >= LOSS && rounding >= walk {
            let kept = rerank.unwrap_or(storage);
            let finer = match kept {
                Storage::F16 => "f32",
                _ => "f16 or f32",
            };
            return format!(
                "Rounding to {} loses {:.1} % of the neighbours, which no search finds: build anew with storage auto, or with {finer}, or add a copy to re-rank by.",
                kept.name(),
                rounding * 100.0
            );
        }
        if walk >= LOSS {
            return format!(
                "Walks lose {:.1} % of the neighbours: ask for more recall or a larger ef_search, or build with a larger M.",
                walk * 100.0
            );
        }
        if told.recall.is_none() {
            return "It is not known what the vectors as they came would give: measure with queries and true neighbours of your own.".into();
        }
        "Nothing needs to change.".into()
    }

    /// Returns the recall that `params` gives for queries and true neighbours of the user's own.
    ///
    /// Shapes: `queries` is `(n, dim)`, `truth` `(n, t)` with `t >= k`: the ids of the nearest, nearest first.
    ///
    /// Errors: as [`search`](Self::search); [`ErrorKind::ShapeMismatch`] when `truth` has not as many rows, or fewer than `k`
    /// in each.
    pub fn recall_of(&self, queries: &[f32], truth: &[u64], k: usize, params: &SearchParams) -> Result<f32> {
        let found = self.search_many(queries, k, params)?;
        let n = queries.len() / self.dim;
        let columns = truth.len().checked_div(n).unwrap_or(0);
        if n == 0 || !truth.len().is_multiple_of(n) || columns < k {
            return Err(ErrorKind::ShapeMismatch {
                expected: format!("truth of ({n}, at least {k}) for {n} queries, at least one"),
                got: format!("{} ids", truth.len()),
            }
            .into());
        }
        let mut hits = 0;
        for (found, truth) in found.ids.chunks(found.k.max(1)).zip(truth.chunks_exact(columns)) {
            let mut truth = truth[..k].to_vec();
            sort(&mut truth);
            hits += found.iter().filter(|id| truth.binary_search(id).is_ok()).count();
        }
        Ok((hits as f64 / (n * k) as f64) as f32)
    }

    /// Returns which part of its `k` true neighbours each sentinel that knows them found.
    pub(super) fn parts(&self, k: usize, found: &[Vec<u32>]) -> Parts {
        let all = self.sentinels.all.iter().zip(found).enumerate();
        let parts = all.filter(|(_, (sentinel, _))| sentinel.knows(k)).map(|(i, (sentinel, found))| {
            let (truth, k) = sentinel.truth(k);
            let hits = found.iter().take(k).filter(|node| truth.binary_search(node).is_ok()).count();
            (hits.min(k) as f64 / k as f64, i, sentinel.whole)
        });
        Parts { parts: parts.collect() }
    }

    /// Returns which part of the true neighbours exact search keeps, by sentinels that know; 1 when too few do.
    pub(super) fn kept_part(&self, parts: &Parts) -> f64 {
        parts.of_whole().unwrap_or(1.0)
    }

    /// Returns which part of ten true neighbours is nearest among those of the lists as they are kept: no more than exact
    /// search finds, and hardly less where that is nearly all. `None` where too few sentinels know.
    pub(super) fn kept_in_lists(&self) -> Option<f64> {
        const K: usize = 10;
        let all = &self.sentinels.all;
        let found = map(0..all.len(), |i| {
            let mut scratch = self.scratch.take();
            self.store.prepare(self.sentinels.vector(i), &mut scratch.prepared);
            let Scratch { prepared, fresh, keys, .. } = &mut scratch;
            fresh.clear();
            fresh.extend(all[i].near.iter().map(|near| near.1).take(3 * K));
            self.store.distances(prepared, fresh, keys);
            let distances: Vec<f64> = keys.iter().map(|distance| f64::from(*distance)).collect();
            let nodes = ranked(fresh, &distances, K);
            self.scratch.put(scratch);
            nodes
        });
        let parts = self.parts(K, &found).told(1.0);
        (parts.len() >= ANSWERS_MIN).then(|| worst_age(&parts).unwrap_or(1.0).min(mean(&parts)))
    }

    /// Returns the `k` best nodes for each sentinel that knows so many: all vectors are compared, as they are kept.
    pub(super) fn scanned(&self, k: usize) -> Vec<Vec<u32>> {
        let all = &self.sentinels.all;
        let rows = self.store.finest().rows();
        let n = self.store.len() as u32;
        let of_groups = map(0..all.len().div_ceil(AT_ONCE), |i| {
            let group: Vec<usize> = (i * AT_ONCE..all.len().min((i + 1) * AT_ONCE)).collect();
            let mut asked: Vec<(usize, Scratch)> = group.iter().map(|i| (*i, self.scratch.take())).collect();
            for (i, scratch) in &mut asked {
                self.store.prepare(self.sentinels.vector(*i), &mut scratch.prepared);
                scratch.prepared.turn();
                scratch.pool.clear();
            }
            for start in (0..n).step_by(CHUNK) {
                let end = n.min(start.saturating_add(CHUNK as u32));
                for (i, scratch) in asked.iter_mut().filter(|(i, _)| all[*i].knows(1)) {
                    let Scratch { prepared, fresh, keys, .. } = scratch;
                    fresh.clear();
                    fresh.extend((start..end).filter(|other| *other != all[*i].own));
                    rows.keys(prepared, fresh, keys);
                    scratch.offer_fresh(rerank_len(all[*i].near.len().min(k)));
                }
            }
            let mut best: Vec<Vec<u32>> = Vec::with_capacity(asked.len());
            for (_, mut scratch) in asked {
                scratch.prepared.turn();
                best.push(self.best_of_pool(k, &mut scratch));
                self.scratch.put(scratch);
            }
            best
        });
        of_groups.into_iter().flatten().collect()
    }

    /// Returns the `k` best nodes that a walk of `ef` candidates finds for each sentinel.
    pub(super) fn walked_all(&self, k: usize, ef: usize) -> Vec<Vec<u32>> {
        map(0..self.sentinels.all.len(), |i| {
            if !self.sentinels.all[i].knows(k) {
                return Vec::new();
            }
            self.walked(i, &[ef], |_, best| best(k)).swap_remove(0)
        })
    }

    /// Walks for a sentinel with more and more candidates, and returns what `look` makes of the best of each.
    pub(super) fn walked<T>(
        &self,
        i: usize,
        efs: &[usize],
        mut look: impl FnMut(usize, &mut dyn FnMut(usize) -> Vec<u32>) -> T,
    ) -> Vec<T> {
        let own = self.sentinels.all[i].own;
        let mut scratch = self.scratch.take();
        self.store.prepare(self.sentinels.vector(i), &mut scratch.prepared);
        scratch.may_go_on = efs.len() > 1;
        let mut all = Vec::with_capacity(efs.len());
        for (at, &ef) in efs.iter().enumerate() {
            // One walk that goes on: it compares what the widest alone would.
            if at == 0 {
                self.walk(ef, (own != NO_NODE).then_some(own), &mut scratch);
            } else {
                self.walk_on(ef, &mut scratch);
            }
            all.push(look(ef, &mut |k| self.best_of_pool(k, &mut scratch)));
        }
        scratch.may_go_on = false;
        self.scratch.put(scratch);
        all
    }

    /// Returns the `k` best of a walk's candidates, as a search returns them.
    fn best_of_pool(&self, k: usize, scratch: &mut Scratch) -> Vec<u32> {
        self.measure_pool(k, scratch);
        ranked(&scratch.fresh, &scratch.distances, k)
    }
}

/// Returns the `k` nearest nodes; of those equally far the first.
fn ranked(nodes: &[u32], distances: &[f64], k: usize) -> Vec<u32> {
    let mut all: Vec<(u64, u32)> =
        nodes.iter().zip(distances).map(|(&node, &distance)| (key_f64(distance), node)).collect();
    sort(&mut all);
    all.iter().take(k).map(|(_, node)| *node).collect()
}
