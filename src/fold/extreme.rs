//! Which elements are the smallest and the largest, and where do they stand?

use core::cmp::Ordering;

use super::cell::Cell;
use super::names::Kind;
use super::spec::Spec;
use crate::error::{ErrorKind, Result};
use crate::exact::bytes::Reader;
use crate::kernel::extrema::{self, Ordered};
use crate::kernel::grid::Block;

/// The smallest and the largest element, where each stands first, and the first NaN.
#[derive(Clone, Debug, Default)]
pub(super) struct Extreme {
    n: u64,
    low: Option<(Cell, u64)>,
    high: Option<(Cell, u64)>,
    nan: Option<u64>,
}

impl Extreme {
    pub(super) fn push(&mut self, block: Block<'_>, spec: &Spec) {
        match block {
            Block::F64(x) => self.scan(x, Cell::F, spec),
            Block::F32(x) => self.scan(x, |x| Cell::F(f64::from(x)), spec),
            Block::I64(x) => self.scan(x, Cell::I, spec),
            Block::U64(x) => self.scan(x, Cell::U, spec),
        }
        self.n += block.len() as u64;
    }

    fn scan<T: Ordered>(&mut self, x: &[T], cell: impl Fn(T) -> Cell, spec: &Spec) {
        let place = |at: usize| (x[at], at);
        let nowhere = |found: T| (found, 0);
        let both = || if spec.skip_nan { extrema::nan_min_max(x) } else { extrema::min_max(x) };
        let (low, high) = match (spec.kind, spec.skip_nan) {
            (Kind::Argmin, false) => (extrema::argmin(x).map(place), None),
            (Kind::Argmin, true) => (extrema::nan_argmin(x).map(place), None),
            (Kind::Argmax, false) => (None, extrema::argmax(x).map(place)),
            (Kind::Argmax, true) => (None, extrema::nan_argmax(x).map(place)),
            (Kind::Min | Kind::NormMin, false) => (extrema::min(x).map(nowhere), None),
            (Kind::Max | Kind::NormMax, false) => (None, extrema::max(x).map(nowhere)),
            (Kind::Min, true) => (extrema::nan_min(x).map(nowhere), None),
            (Kind::Max, true) => (None, extrema::nan_max(x).map(nowhere)),
            _ => both().map_or((None, None), |(low, high)| (Some(nowhere(low)), Some(nowhere(high)))),
        };
        let positions = matches!(spec.kind, Kind::Argmin | Kind::Argmax);
        let mut note = |found: Option<(T, usize)>, best: Option<(Cell, u64)>, side| match found {
            Some((value, at)) if value.is_nan() => {
                self.nan = self.nan.or(Some(self.n + at as u64));
                best
            }
            found => {
                better(best, found.map(|(value, at)| (cell(value), self.n + at as u64)), side, positions)
            }
        };
        self.low = note(low, self.low, Ordering::Less);
        self.high = note(high, self.high, Ordering::Greater);
    }

    pub(super) fn merge(&mut self, other: &Self, spec: &Spec) {
        let n = self.n;
        let positions = matches!(spec.kind, Kind::Argmin | Kind::Argmax);
        let later = |found: Option<(Cell, u64)>| found.map(|(cell, at)| (cell, at + n));
        self.low = better(self.low, later(other.low), Ordering::Less, positions);
        self.high = better(self.high, later(other.high), Ordering::Greater, positions);
        self.nan = self.nan.or(other.nan.map(|at| at + n));
        self.n += other.n;
    }

    pub(super) fn write(&self, bytes: &mut Vec<u8>) {
        bytes.extend(self.n.to_le_bytes());
        bytes.extend(self.nan.unwrap_or(u64::MAX).to_le_bytes());
        for found in [self.low, self.high] {
            let (cell, at) = found.unwrap_or((Cell::I(0), u64::MAX));
            cell.write(bytes);
            bytes.extend(at.to_le_bytes());
        }
    }

    pub(super) fn read(bytes: &mut Reader<'_>) -> Result<Self> {
        let (n, nan) = (bytes.u64()?, bytes.u64()?);
        let mut found = || {
            let (cell, at) = (Cell::read(bytes)?, bytes.u64()?);
            Result::Ok((at != u64::MAX).then_some((cell, at)))
        };
        let (low, high) = (found()?, found()?);
        Ok(Self { n, low, high, nan: (nan != u64::MAX).then_some(nan) })
    }

    pub(super) fn finish(&self, spec: &Spec, cells: &mut Vec<Cell>) -> Result<()> {
        if self.n == 0 {
            return Err(ErrorKind::Empty { op: spec.op }.into());
        }
        let nan = self.nan.filter(|_| !spec.skip_nan);
        // Only the side that is asked for may be known.
        let (low, high) = match (self.low.or(self.high), self.high.or(self.low), nan) {
            (Some(low), Some(high), None) => (low, high),
            (_, _, Some(at)) => ((Cell::F(f64::NAN), at), (Cell::F(f64::NAN), at)),
            _ if matches!(spec.kind, Kind::Argmin | Kind::Argmax) => {
                return Err(ErrorKind::AllNan { op: spec.op }.into());
            }
            _ => ((Cell::F(f64::NAN), 0), (Cell::F(f64::NAN), 0)),
        };
        cells.push(match spec.kind {
            Kind::Max | Kind::NormMax => high.0,
            Kind::Argmin => Cell::I(low.1 as i64),
            Kind::Argmax => Cell::I(high.1 as i64),
            Kind::Ptp => match (low.0, high.0) {
                (Cell::F(low), Cell::F(high)) => Cell::F(spec.round(high - low)),
                (low, high) => Cell::U(high.to_bits().wrapping_sub(low.to_bits())),
            },
            _ => low.0,
        });
        if spec.kind == Kind::Minmax {
            cells.push(high.0);
        }
        Ok(())
    }
}

/// Returns the element that is further to that side, or the first of two equal ones. −0 is below +0
/// unless positions are asked for.
fn better(
    a: Option<(Cell, u64)>,
    b: Option<(Cell, u64)>,
    side: Ordering,
    positions: bool,
) -> Option<(Cell, u64)> {
    let (Some((x, _)), Some((y, _))) = (a, b) else { return a.or(b) };
    let order = match (x, y) {
        (Cell::F(x), Cell::F(y)) if positions && x == y => Ordering::Equal,
        (Cell::F(x), Cell::F(y)) => y.total_cmp(&x),
        (Cell::U(x), Cell::U(y)) => y.cmp(&x),
        (x, y) => (y.to_bits() as i64).cmp(&(x.to_bits() as i64)),
    };
    if order == side { b } else { a }
}
