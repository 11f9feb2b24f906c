//! Minima, maxima and their positions.

use core::cmp::Ordering;

use super::names::Family;
use super::number::Number;
use super::request::Request;
use crate::error::{ErrorKind, Result};
use crate::exact::bytes::FieldReader;
use crate::kernel::fold::extrema::{self, Ordered};
use crate::kernel::fold::grid::Block;

/// The smallest and the largest element, where each stands first, and the first NaN.
#[derive(Clone, Debug, Default)]
pub(super) struct Extreme {
    n: u64,
    low: Option<(Number, u64)>,
    high: Option<(Number, u64)>,
    nan: Option<u64>,
}

impl Extreme {
    pub(super) fn push(&mut self, block: Block<'_>, request: &Request) {
        match block {
            Block::F64(x) => self.scan(x, Number::F, request),
            Block::F32(x) => self.scan(x, |x| Number::F(f64::from(x)), request),
            Block::I64(x) => self.scan(x, Number::I, request),
            Block::U64(x) => self.scan(x, Number::U, request),
        }
        self.n += block.len() as u64;
    }

    fn scan<T: Ordered>(&mut self, x: &[T], number: impl Fn(T) -> Number, request: &Request) {
        let place = |at: usize| (x[at], at);
        let nowhere = |found: T| (found, 0);
        let both = || if request.skip_nan { extrema::nan_min_max(x) } else { extrema::min_max(x) };
        let (low, high) = match (request.family, request.skip_nan) {
            (Family::Argmin, false) => (extrema::argmin(x).map(place), None),
            (Family::Argmin, true) => (extrema::nan_argmin(x).map(place), None),
            (Family::Argmax, false) => (None, extrema::argmax(x).map(place)),
            (Family::Argmax, true) => (None, extrema::nan_argmax(x).map(place)),
            (Family::Min | Family::NormMin, false) => (extrema::min(x).map(nowhere), None),
            (Family::Max | Family::NormMax, false) => (None, extrema::max(x).map(nowhere)),
            (Family::Min, true) => (extrema::nan_min(x).map(nowhere), None),
            (Family::Max, true) => (None, extrema::nan_max(x).map(nowhere)),
            _ => both().map_or((None, None), |(low, high)| (Some(nowhere(low)), Some(nowhere(high)))),
        };
        let positions = matches!(request.family, Family::Argmin | Family::Argmax);
        let mut note = |found: Option<(T, usize)>, best: Option<(Number, u64)>, side| match found {
            Some((value, at)) if value.is_nan() => {
                self.nan = self.nan.or(Some(self.n + at as u64));
                best
            }
            found => {
                better(best, found.map(|(value, at)| (number(value), self.n + at as u64)), side, positions)
            }
        };
        self.low = note(low, self.low, Ordering::Less);
        self.high = note(high, self.high, Ordering::Greater);
    }

    pub(super) fn merge(&mut self, other: &Self, request: &Request) {
        let n = self.n;
        let positions = matches!(request.family, Family::Argmin | Family::Argmax);
        let later = |found: Option<(Number, u64)>| found.map(|(number, at)| (number, at + n));
        self.low = better(self.low, later(other.low), Ordering::Less, positions);
        self.high = better(self.high, later(other.high), Ordering::Greater, positions);
        self.nan = self.nan.or(other.nan.map(|at| at + n));
        self.n += other.n;
    }

    pub(super) fn write(&self, bytes: &mut Vec<u8>) {
        bytes.extend(self.n.to_le_bytes());
        bytes.extend(self.nan.unwrap_or(u64::MAX).to_le_bytes());
        for found in [self.low, self.high] {
            let (number, at) = found.unwrap_or((Number::I(0), u64::MAX));
            number.write(bytes);
            bytes.extend(at.to_le_bytes());
        }
    }

    pub(super) fn read(bytes: &mut FieldReader<'_>) -> Result<Self> {
        let (n, nan) = (bytes.u64()?, bytes.u64()?);
        let mut found = || {
            let (number, at) = (Number::read(bytes)?, bytes.u64()?);
            Result::Ok((at != u64::MAX).then_some((number, at)))
        };
        let (low, high) = (found()?, found()?);
        Ok(Self { n, low, high, nan: (nan != u64::MAX).then_some(nan) })
    }

    pub(super) fn finish(&self, request: &Request, results: &mut Vec<Number>) -> Result<()> {
        if self.n == 0 {
            return Err(ErrorKind::Empty { op: request.op }.into());
        }
        let nan = self.nan.filter(|_| !request.skip_nan);
        // Only the side that is asked for may be known.
        let (low, high) = match (self.low.or(self.high), self.high.or(self.low), nan) {
            (Some(low), Some(high), None) => (low, high),
            (_, _, Some(at)) => ((Number::F(f64::NAN), at), (Number::F(f64::NAN), at)),
            _ if matches!(request.family, Family::Argmin | Family::Argmax) => {
                return Err(ErrorKind::AllNan { op: request.op }.into());
            }
            _ => ((Number::F(f64::NAN), 0), (Number::F(f64::NAN), 0)),
        };
        results.push(match request.family {
            Family::Max | Family::NormMax => high.0,
            Family::Argmin => Number::I(low.1 as i64),
            Family::Argmax => Number::I(high.1 as i64),
            Family::Ptp => match (low.0, high.0) {
                (Number::F(low), Number::F(high)) => Number::F(request.round(high - low)),
                (low, high) => Number::U(high.to_bits().wrapping_sub(low.to_bits())),
            },
            _ => low.0,
        });
        if request.family == Family::Minmax {
            results.push(high.0);
        }
        Ok(())
    }
}

/// Returns the element that is further to that side, or the first of two equal ones. −0 is below +0
/// unless positions are asked for.
fn better(
    a: Option<(Number, u64)>,
    b: Option<(Number, u64)>,
    side: Ordering,
    positions: bool,
) -> Option<(Number, u64)> {
    let (Some((x, _)), Some((y, _))) = (a, b) else { return a.or(b) };
    let order = match (x, y) {
        (Number::F(x), Number::F(y)) if positions && x == y => Ordering::Equal,
        (Number::F(x), Number::F(y)) => y.total_cmp(&x),
        (Number::U(x), Number::U(y)) => y.cmp(&x),
        (x, y) => (y.to_bits() as i64).cmp(&(x.to_bits() as i64)),
    };
    if order == side { b } else { a }
}
