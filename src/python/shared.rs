//! One index and many threads: who waits for whom, and when the interpreter's lock is given up.

use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{PoisonError, RwLock};

use pyo3::prelude::*;

use super::columns::Given;
use crate::error::{ErrorKind, Result};
use crate::near::{self, IdList};

/// An index that any number of threads read, or one changes.
pub(super) struct Shared {
    index: RwLock<near::Index>,
    /// The thread whose `add` is running a Python callback, or 0: it holds the lock, and would
    /// wait for itself for ever if the callback used the index.
    calling_back: AtomicU64,
}

/// Returns a number, never 0, that no other living thread has.
fn this_thread() -> u64 {
    static NEXT: AtomicU64 = AtomicU64::new(1);
    thread_local!(static THIS: u64 = NEXT.fetch_add(1, Ordering::Relaxed));
    THIS.with(|id| *id)
}

impl Shared {
    pub(super) fn new(index: near::Index) -> Self {
        Self { index: RwLock::new(index), calling_back: AtomicU64::new(0) }
    }

    /// Runs `read` with the index, without the interpreter's lock.
    ///
    /// The lock on the index is waited for only while detached: a thread that held both would stop
    /// an `add` that needs the interpreter for its callback.
    pub(super) fn read<R: Send>(
        &self,
        py: Python<'_>,
        read: impl FnOnce(&near::Index) -> R + Send,
    ) -> PyResult<R> {
        self.refuse_callback()?;
        // A panic while the lock was held is a bug that has been told; readers may go on.
        Ok(py.detach(|| read(&self.index.read().unwrap_or_else(PoisonError::into_inner))))
    }

    /// Like `read`, for what takes less time than detaching does.
    pub(super) fn glance<R: Send>(
        &self,
        py: Python<'_>,
        read: impl FnOnce(&near::Index) -> R + Send,
    ) -> PyResult<R> {
        match self.index.try_read() {
            Ok(index) => Ok(read(&index)),
            Err(_) => self.read(py, read),
        }
    }

    fn refuse_callback(&self) -> Result<()> {
        if self.calling_back.load(Ordering::Relaxed) == this_thread() {
            return Err(ErrorKind::BadParameter {
                name: "progress",
                expected: "a callback that leaves the index alone until add returns".into(),
                got: "one that uses it".into(),
            }
            .into());
        }
        Ok(())
    }

    /// Adds rows. `progress` is called with the interpreter's lock; where it raises, the adds end.
    pub(super) fn add(
        &self,
        py: Python<'_>,
        vectors: &[f32],
        ids: Option<&IdList>,
        columns: &Given,
        progress: Option<&Py<PyAny>>,
    ) -> PyResult<IdList> {
        self.refuse_callback()?;
        let mut stopped: Option<PyErr> = None;
        let added = py.detach(|| {
            let mut index = self.index.write().unwrap_or_else(PoisonError::into_inner);
            index.add_ids(vectors, ids, &columns.view(), &mut |done, all| {
                self.calling_back.store(this_thread(), Ordering::Relaxed);
                let told = Python::attach(|py| {
                    py.check_signals()?;
                    match progress {
                        Some(progress) => progress.call1(py, (done, all)).map(drop),
                        None => Ok(()),
                    }
                });
                self.calling_back.store(0, Ordering::Relaxed);
                told.map_err(|error| stopped = Some(error)).is_ok()
            })
        });
        match stopped {
            Some(error) => Err(error),
            None => Ok(added?),
        }
    }

    /// Runs `change` with the index alone, without the interpreter's lock.
    pub(super) fn write<R: Send>(
        &self,
        py: Python<'_>,
        change: impl FnOnce(&mut near::Index) -> Result<R> + Send,
    ) -> PyResult<R> {
        self.refuse_callback()?;
        Ok(py.detach(|| change(&mut self.index.write().unwrap_or_else(PoisonError::into_inner)))?)
    }
}
