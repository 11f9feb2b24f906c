//! All neighbours within a radius.

use super::index::Index;
use super::params::SearchParams;
use super::search::{Neighbors, neighbors};
use crate::error::{Error, Result};

impl Index {
    /// Returns the neighbours of `query` whose distance is at most `radius`.
    ///
    /// The walk goes on with more and more candidates until the worst of them lies outside.
    ///
    /// Errors: [`Error::DimensionMismatch`], [`Error::NotFinite`], [`Error::BadParameter`] (a radius
    /// that is not a number, `ef_search` 0).
    pub fn search_radius(&self, query: &[f32], radius: f32, params: &SearchParams) -> Result<Neighbors> {
        if query.len() != self.dim {
            return Err(Error::DimensionMismatch { expected: self.dim, got: query.len() });
        }
        self.check(query)?;
        params.check(1)?;
        if radius.is_nan() {
            return Err(Error::BadParameter {
                name: "radius",
                expected: "a number".into(),
                got: "NaN".into(),
            });
        }
        let n = self.store.len();
        let normalised = self.prepared(query);
        let query = normalised.as_deref().unwrap_or(query);
        let mut scratch = self.scratch.take();
        let mut ef = self.ef(10, params).max(1);
        self.store.prepare(query, &mut scratch.prepared);
        let mut walked = false;
        let found = loop {
            scratch.may_go_on = ef < n;
            if ef >= n {
                self.scan(0..n as u32, n, &mut scratch);
            } else if core::mem::replace(&mut walked, true) {
                self.walk_on(ef, &mut scratch);
            } else {
                self.walk(ef, None, &mut scratch);
            }
            let found = self.reported(usize::MAX, &mut scratch, |_| true);
            // Half of the candidates outside: the boundary was seen from both sides.
            let inside = found.partition_point(|(distance, _)| *distance <= radius);
            if ef >= n || 2 * inside <= scratch.pool.len() {
                break neighbors(found[..inside].to_vec());
            }
            ef = ef.saturating_mul(4);
        };
        scratch.may_go_on = false;
        self.scratch.put(scratch);
        Ok(found)
    }
}
