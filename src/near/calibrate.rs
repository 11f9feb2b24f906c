//! Which `ef_search` gives which recall: the sentinels are asked, and the index remembers.

use super::index::Index;
use super::recall::{mean, worst_age};
use super::search::pays;
use crate::pool::map;

/// For how many neighbours.
const KS: [usize; 4] = [1, 10, 100, 1000];

/// With how many candidates.
const EFS: [usize; 18] = [10, 12, 16, 20, 24, 32, 40, 48, 64, 80, 96, 128, 160, 192, 256, 320, 384, 512];

/// With how many more where those are not enough, as long as that [pays](pays).
const MORE: [usize; 10] = [640, 768, 1024, 1280, 1536, 2048, 3072, 4096, 6144, 8192];

/// The entry of exact search.
const ALL: u32 = u32::MAX;

/// No other entry asks for more candidates.
const EF_MAX: u32 = 1 << 24;

/// This near to what exact search finds is as good as it gets.
const NEAR_ALL: f32 = 0.002;

/// So many standard errors what is kept lies below what was measured: less is reached in one case of 44.
const ERRORS: f64 = 2.0;

/// When so many vectors came or went, for each that is there, the index is asked again.
const STALE: f64 = 0.5;

/// So many new sentinels are enough to see that what was measured does not hold for what came since.
const YOUNG_MIN: usize = 8;

/// How much less than was promised they may find.
const YOUNG_LOSS: f64 = 0.01;

/// Measured recall, ascending by (k, ef).
#[derive(Clone, Debug, Default, PartialEq)]
pub(crate) struct Calibration(Vec<(u32, u32, f32)>);

impl Calibration {
    /// Returns the least `ef` that reached `recall` for `k` neighbours, or came near to what exact search finds where
    /// that is less; `None` for more than was tried, and for a `k` beyond those that were.
    pub(crate) fn ef(&self, k: usize, recall: f32) -> Option<usize> {
        if self.0.is_empty() {
            // Nothing was measured: what its users expect of an HNSW.
            return Some((if recall <= DEFAULT_FROM { 64 } else { 256 }).max(k.saturating_add(k / 2)));
        }
        if let Some(ef) = self.least(k, recall) {
            return ef;
        }
        let large = KS.into_iter().find(|known| *known > k)?;
        let small = KS.into_iter().rev().find(|known| *known < k).unwrap_or(large);
        let at_large = self.least(large, recall)??;
        // A file of version 1 does not know of one neighbour.
        let Some(at_small) = self.least(small, recall) else { return Some(at_large) };
        let at_small = at_small?;
        if k < large && large <= EFS[0] {
            return Some(at_small.max(at_large));
        }
        // Between the two, by a straight line.
        let step = at_large.saturating_sub(at_small) * (k - small) / (large - small);
        Some((at_small + step).max(k))
    }

    /// Returns the least `ef` for a `k` that was measured: inside `None` where none is enough.
    fn least(&self, k: usize, recall: f32) -> Option<Option<usize>> {
        let of_k = || self.0.iter().filter(|entry| entry.0 as usize == k);
        let (_, last, most) = of_k().next_back()?;
        let enough = if *last == ALL { recall.min(most - NEAR_ALL) } else { recall };
        let found = of_k().find(|entry| entry.1 != ALL && entry.2 >= enough);
        Some(found.map(|entry| entry.1 as usize))
    }

    /// Returns what exact search finds of `k` neighbours, less what makes it sure.
    fn of_all(&self, k: usize) -> f64 {
        self.0
            .iter()
            .find(|entry| entry.0 as usize == k && entry.1 == ALL)
            .map_or(1.0, |entry| f64::from(entry.2))
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
        let calibration = Self(entries);
        calibration.check()?;
        Ok(calibration)
    }

    /// Checks that searches may rely on the table.
    ///
    /// Errors: a sentence.
    pub(super) fn check(&self) -> core::result::Result<(), String> {
        if !self.0.is_sorted_by(|a, b| (a.0, a.1) < (b.0, b.1)) {
            return Err("entries are not in order".into());
        }
        for (k, ef, recall) in &self.0 {
            if *k == 0 || k > ef || *ef > EF_MAX && *ef != ALL {
                return Err(format!("expected 1 ≤ k ≤ ef_search ≤ {EF_MAX}, got k {k}, ef_search {ef}"));
            }
            if !(0.0..=1.0).contains(recall) {
                return Err(format!("expected a recall in 0 … 1, got {recall}"));
            }
        }
        Ok(())
    }
}

/// Up to this recall an unmeasured index takes the smaller guess.
const DEFAULT_FROM: f32 = 0.95;

/// What is found of the neighbours, for each of `KS`.
type Found = [f64; KS.len()];

impl Index {
    /// Measures recall for each `ef` that is of use, and keeps it.
    pub(super) fn calibrate(&mut self) {
        if self.sentinels.all.is_empty() {
            self.note_all_kept();
        }
        let scanned = self.scanned(KS[KS.len() - 1]);
        let of_all = KS.map(|k| self.parts(k, &scanned));
        let kept = of_all.each_ref().map(|parts| self.kept_part(parts));
        let most = KS.map(|k| {
            let at = KS.iter().position(|known| *known == k).unwrap_or(0);
            sure(&of_all[at].told(kept[at]))
        });
        let more: Vec<usize> = MORE.into_iter().filter(|ef| pays(*ef, self.store.len())).collect();
        let all: Vec<usize> = (0..self.sentinels.all.len()).collect();
        let mut entries = self.measured(&EFS, &all, &kept);
        let done = |entries: &[(u32, u32, f32)], at: usize| {
            let best = entries.iter().filter(|entry| entry.0 as usize == KS[at]).map(|entry| entry.2);
            best.fold(0.0f32, f32::max) >= most[at] as f32 - NEAR_ALL
        };
        let open: Vec<usize> =
            (0..KS.len()).filter(|at| of_all[*at].len() > 0 && !done(&entries, *at)).collect();
        if let (Some(&least), false) = (open.first(), more.is_empty()) {
            let those: Vec<usize> =
                all.into_iter().filter(|i| self.sentinels.all[*i].knows(KS[least])).collect();
            entries.extend(
                self.measured(&more, &those, &kept).into_iter().filter(|entry| entry.0 as usize >= KS[least]),
            );
        }
        entries.retain(|entry| of_all[KS.iter().position(|k| *k == entry.0 as usize).unwrap_or(0)].len() > 0);
        for (at, k) in KS.into_iter().enumerate().filter(|(at, _)| of_all[*at].len() > 0) {
            entries.push((k as u32, ALL, most[at] as f32));
        }
        entries.sort_unstable_by_key(|entry| (entry.0, entry.1));
        // What comes after what is as good as it gets is of no use.
        let mut reached = [false; KS.len()];
        entries.retain(|(k, ef, recall)| {
            let at = KS.iter().position(|known| *known == *k as usize).unwrap_or(0);
            let keeps = !reached[at] || *ef == ALL;
            reached[at] |= *recall >= most[at] as f32 - NEAR_ALL / 2.0;
            keeps
        });
        self.calibration = Calibration(entries);
        self.drift = 0;
        self.measured_at = self.sentinels.came;
        self.young_seen = 0;
    }

    /// Asks these sentinels with each number of candidates.
    fn measured(&self, efs: &[usize], those: &[usize], kept: &[f64; KS.len()]) -> Vec<(u32, u32, f32)> {
        let found: Vec<Vec<Found>> = map(0..those.len(), |at| {
            let sentinel = &self.sentinels.all[those[at]];
            let truth = KS.map(|k| sentinel.knows(k).then(|| sentinel.truth(k)));
            self.walked(those[at], efs, |ef, best| {
                let mut parts = [f64::NAN; KS.len()];
                for ((part, truth), (k, kept)) in parts.iter_mut().zip(&truth).zip(KS.into_iter().zip(kept)) {
                    let Some((truth, of)) = truth else { continue };
                    if k <= ef {
                        let hits = best(*of).iter().filter(|node| truth.binary_search(node).is_ok()).count();
                        let kept = if sentinel.whole { 1.0 } else { *kept };
                        *part = kept * hits.min(*of) as f64 / *of as f64;
                    }
                }
                parts
            })
        });
        let mut entries = Vec::new();
        for (at, k) in KS.into_iter().enumerate() {
            for (i, &ef) in efs.iter().enumerate().filter(|(_, ef)| **ef >= k) {
                let parts: Vec<f64> =
                    found.iter().map(|of_efs| of_efs[i][at]).filter(|part| !part.is_nan()).collect();
                if !parts.is_empty() {
                    entries.push((k as u32, ef as u32, sure(&parts) as f32));
                }
            }
        }
        entries
    }

    /// Measures anew where the index has changed so much that what was measured may not hold, or sentinels among what
    /// came since find less than was promised.
    pub(super) fn calibrate_when_stale(&mut self) {
        if !self.graph.is_linked() {
            return;
        }
        if self.drift as f64 >= STALE * self.store.len() as f64 || self.is_outgrown() {
            self.calibrate();
        }
    }

    /// Returns whether sentinels that came since the index was measured find less than it promises.
    fn is_outgrown(&mut self) -> bool {
        const K: usize = 10;
        let all = &self.sentinels.all;
        let young: Vec<usize> =
            (0..all.len()).filter(|i| all[*i].number >= self.measured_at && all[*i].knows(K)).collect();
        if young.len() < YOUNG_MIN + self.young_seen + self.young_seen / 4 {
            return false;
        }
        self.young_seen = young.len();
        let most = self.calibration.of_all(K);
        [0.95f32, 0.99].into_iter().any(|asked| {
            let Some(ef) = self.calibration.ef(K, asked) else { return false };
            let found = map(0..young.len(), |i| {
                let (truth, of) = self.sentinels.all[young[i]].truth(K);
                let best = self.walked(young[i], &[ef], |_, best| best(of)).swap_remove(0);
                best.iter().filter(|node| truth.binary_search(node).is_ok()).count().min(of) as f64
                    / of as f64
            });
            mean(&found) < f64::from(asked).min(most) - YOUNG_LOSS
        })
    }
}

/// Returns what is surely found: two standard errors below the mean, and no more than the worst of those that came at a
/// time. On data that are alike from first to last the worst of four lies about as low.
fn sure(parts: &[f64]) -> f64 {
    let all = mean(parts);
    let squares: f64 = parts.iter().map(|part| part * part).sum();
    let n = parts.len().max(1) as f64;
    let variance = (squares / n - all * all).max(0.0);
    let least = all - ERRORS * (variance / n).sqrt();
    worst_age(parts).unwrap_or(1.0).min(least).clamp(0.0, 1.0)
}

#[cfg(test)]
mod tests {
    use crate::{Index, Metric, Params};

    #[test]
    fn an_index_measures_itself_anew_when_what_comes_is_harder_to_find() {
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
        index.update(&rows(300, 2), &ids[..300]).unwrap();
        assert_eq!(index.calibration, at_first, "what came is like what was there");
        index.update(&rows(600, dim), &ids[300..900]).unwrap();
        assert_ne!(index.calibration, at_first, "what came is harder to find");
        index.update(&rows(n - 900, dim), &ids[900..]).unwrap();
        index.update(&rows(300, dim), &ids[..300]).unwrap();
        let more = index.calibration.ef(10, 0.95).unwrap_or(usize::MAX);
        assert!(more > few, "{more} candidates of {few}");
    }
}
