//! How vectors are kept: as they come until there are enough to judge, then as the data need or as was asked.

use super::add::Entered;
use super::dedupe::Dedupe;
use super::index::Index;
use crate::codec::{Storage, Store, choose, sample};
use crate::error::Result;
use std::borrow::Cow;

/// What `auto` may become, from the smallest; else `F32`.
const CANDIDATES: [Storage; 2] = [Storage::I8, Storage::F16];

/// Below this part of the true neighbours a storage that was chosen is left: less than it was chosen by, so that chance does not.
const KEPT_MIN: f64 = 0.98;

/// From this part on a smaller storage is taken again.
const KEPT_AGAIN: f64 = 0.99;

/// After so many new vectors storage is looked at again.
const JUDGED_EACH: usize = 64;

/// Vectors as they came, which were too few to judge, and the nodes that they have now.
pub(super) struct Staged {
    pub(super) vectors: Vec<f32>,
    pub(super) nodes: Vec<u32>,
}

/// Adds a vector, unless a component is infinite: what 8 bits keep of the largest numbers may be. Returns whether none was.
fn push_finite(store: &mut Store, vector: &[f32]) -> bool {
    let finite = vector.iter().all(|value| value.is_finite());
    if finite {
        store.push(vector);
    }
    finite
}

impl Index {
    /// Returns whether vectors are kept as they come, as there are too few to judge.
    pub(super) fn is_staged(&self) -> bool {
        !self.graph.is_linked() && self.store.kept() == (Storage::F32, None)
    }

    /// Chooses how vectors are kept, by those that there are and the rest of those that come, and encodes those that
    /// there are. Equal codes become one node.
    ///
    /// Errors: [`crate::ErrorKind::OutOfMemory`]; then nothing has changed.
    pub(super) fn settle(&mut self, rest: &[f32], entered: &mut Entered) -> Result<Staged> {
        let (dim, n) = (self.dim, self.store.len());
        let all = n + rest.len() / dim;
        let vectors: Vec<f32> = (0..n as u32).flat_map(|node| self.store.decode(node)).collect();
        let sample = sample(all, dim, |i| {
            Cow::Borrowed(if i < n { &vectors[i * dim..][..dim] } else { &rest[(i - n) * dim..][..dim] })
        });
        let storage = self.params.storage.unwrap_or_else(|| self.choice(&CANDIDATES, &sample));
        let mut store = self.store_of(storage, &sample);
        if store.kept() == (Storage::F32, None) {
            return Ok(Staged { vectors, nodes: (0..n as u32).collect() });
        }
        store.try_reserve(all)?;
        let mut dedupe = Dedupe::default();
        dedupe.reserve(&store, all)?;
        let mut nodes = Vec::with_capacity(n);
        for vector in vectors.chunks_exact(dim) {
            store.push(vector);
            let same = dedupe.find_or_enter(&store);
            if same.is_some() {
                store.pop();
            }
            nodes.push(same.unwrap_or(store.len() as u32 - 1));
        }
        if store.len() < n {
            self.ids.merge_nodes(&nodes, store.len());
            entered.kept = nodes[..entered.kept].iter().max().map_or(0, |last| *last as usize + 1);
            entered.nodes.iter_mut().for_each(|node| *node = nodes[*node as usize]);
        }
        (self.store, self.dedupe) = (store, dedupe);
        Ok(Staged { vectors, nodes })
    }

    /// Returns which of the candidates suits a sample. Vectors of few components stay as they are: links weigh more.
    fn choice(&self, candidates: &[Storage], sample: &[f32]) -> Storage {
        if self.dim <= self.params.m {
            return Storage::F32;
        }
        choose(candidates, sample, self.dim, self.params.metric)
    }

    /// Returns an empty store, fitted to a sample, with the copy that was asked for where it is finer.
    fn store_of(&self, storage: Storage, sample: &[f32]) -> Store {
        let rerank = self.params.rerank.filter(|rerank| rerank.is_finer_than(storage));
        let mut store = Store::new(self.dim, self.params.metric, storage, rerank);
        store.fit(sample);
        store
    }

    /// Sees to it that what was chosen can hold vectors that come (of unit length for cosine).
    pub(super) fn make_room_for(&mut self, vectors: &[f32]) -> Result<()> {
        let (storage, _) = self.store.kept();
        if self.params.storage.is_none() && storage.too_large(vectors).is_some() {
            let n = self.store.len();
            let mut store = self.store_of(Storage::F32, &[]);
            store.try_reserve(n + vectors.len() / self.dim)?;
            (0..n as u32).for_each(|node| store.push(&self.store.decode(node)));
            let mut dedupe = Dedupe::default();
            dedupe.reserve(&store, n + vectors.len() / self.dim)?;
            (self.store, self.dedupe) = (store, dedupe);
            self.graph.forget_lengths();
        }
        Ok(())
    }

    /// Returns whether it is time to look whether what was chosen still keeps enough.
    pub(super) fn is_due_for_judgement(&mut self, came: usize) -> bool {
        self.unjudged += came;
        let lossy = !self.store.is_lossless();
        self.params.storage.is_none() && lossy && self.unjudged >= JUDGED_EACH
    }

    /// Looks whether what was chosen keeps enough of the true neighbours, and goes on with a finer storage where it does
    /// not: the vectors that came, as they came, and what is kept of the others. Returns whether it did.
    pub(super) fn refine(&mut self, vectors: &[f32], nodes: &[u32]) -> Result<bool> {
        self.unjudged = 0;
        if self.kept_in_lists().is_none_or(|kept| kept >= KEPT_MIN) {
            return Ok(false);
        }
        let (n, dim) = (self.store.len(), self.dim);
        let prepared = self.prepared(vectors);
        let vectors = prepared.as_deref().unwrap_or(vectors);
        let mut came = vec![u32::MAX; n];
        for (&node, i) in nodes.iter().zip(0..) {
            came[node as usize] = i;
        }
        let row = |node: usize| match came[node] {
            u32::MAX => Cow::Owned(self.store.decode(node as u32)),
            i => Cow::Borrowed(&vectors[i as usize * dim..][..dim]),
        };
        let (storage, _) = self.store.kept();
        let finer: Vec<Storage> =
            CANDIDATES.into_iter().filter(|candidate| candidate.is_finer_than(storage)).collect();
        let sample = sample(n, dim, row);
        let mut store = self.store_of(self.choice(&finer, &sample), &sample);
        store.try_reserve(n)?;
        if !(0..n).all(|node| push_finite(&mut store, &row(node))) {
            return Ok(false);
        }
        self.store = store;
        self.dedupe = Dedupe::default();
        Ok(true)
    }

    /// Chooses storage anew, where what is kept is finer than what might be enough, and fits codes anew to what their finer
    /// copy keeps. Returns whether anything changed.
    pub(super) fn renew(&mut self) -> Result<bool> {
        let (storage, rerank) = self.store.kept();
        if !self.graph.is_linked() || self.store.len() == 0 {
            return Ok(false);
        }
        let (n, dim) = (self.store.len(), self.dim);
        let row = |node: usize| Cow::Owned(self.store.decode(node as u32));
        let sample = sample(n, dim, row);
        let coarser: Vec<Storage> =
            CANDIDATES.into_iter().filter(|candidate| storage.is_finer_than(*candidate)).collect();
        let new = match self.params.storage {
            None if !coarser.is_empty() => self.choice(&coarser, &sample),
            _ => storage,
        };
        let new = if new.is_finer_than(storage) { storage } else { new };
        if new == storage && rerank.is_none() {
            return Ok(false);
        }
        let mut store = self.store_of(new, &sample);
        store.try_reserve(n)?;
        if !(0..n).all(|node| push_finite(&mut store, &row(node))) {
            return Ok(false);
        }
        let old = core::mem::replace(&mut self.store, store);
        if new != storage && self.kept_in_lists().is_none_or(|kept| kept < KEPT_AGAIN) {
            self.store = old;
            return Ok(false);
        }
        self.dedupe = Dedupe::default();
        self.graph.wake(self.plan().capacity(), n)?;
        self.graph.forget_lengths();
        Ok(true)
    }
}
