//! Where walks keep their working memory between queries, from any thread.

use super::walk::Scratch;
use std::sync::Mutex;

#[derive(Debug, Default)]
pub(crate) struct ScratchPool(Mutex<Vec<Scratch>>);

impl ScratchPool {
    pub(crate) fn take(&self) -> Scratch {
        self.0.lock().ok().and_then(|mut pool| pool.pop()).unwrap_or_default()
    }

    pub(crate) fn put(&self, scratch: Scratch) {
        if let Ok(mut pool) = self.0.lock() {
            pool.push(scratch);
        }
    }
}

/// A copy of an index starts with no working memory.
impl Clone for ScratchPool {
    fn clone(&self) -> Self {
        Self::default()
    }
}
