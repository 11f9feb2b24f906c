//! Medians and quantiles.

use std::collections::TryReserveError;

use super::gathered::check_memory;
use super::names::Family;
use super::number::Number;
use super::options::Method;
use super::request::Request;
use crate::error::{ErrorKind, Result};
use crate::exact::bytes::{FieldReader, corrupt};
use crate::kernel::fold::extrema::has_nan as has_nan_of;
use crate::kernel::fold::grid::{Block, List, Type};
use crate::kernel::fold::select::order_statistics;
use crate::kernel::sort::sort;

impl Method {
    /// Returns the places of the two neighbours and the weight of the second, as NumPy finds them.
    fn place(self, n: usize, q: f64) -> (usize, usize, f64) {
        let last = n - 1;
        let count = n as f64;
        let step = last as f64 * q;
        let between = |alpha: f64, beta: f64| count * q + (alpha + q * (1.0 - alpha - beta)) - 1.0;
        let single = |index: f64| {
            let index = (index.max(0.0) as usize).min(last);
            (index, index, 0.0)
        };
        let index = match self {
            Self::InvertedCdf => {
                let least = least_share(1, n, q);
                return (least - 1, least - 1, 0.0);
            }
            Self::AveragedInvertedCdf => {
                let least = least_share(1, n, q);
                let whole = least < n && share(2 * least, n) == q;
                return if whole { (least - 1, least, 0.5) } else { (least - 1, least - 1, 0.0) };
            }
            Self::ClosestObservation => {
                // The least j + 1/2 that is not below n q: the nearest element is the j-th from 1, or the next at a tie.
                let next = least_share(0, n, q);
                let tie = next < n && share(2 * next + 1, n) == q;
                let nearest = if tie && next % 2 == 1 { next + 1 } else { next };
                return (nearest.clamp(1, n) - 1, nearest.clamp(1, n) - 1, 0.0);
            }
            Self::Lower => return single(step.floor()),
            Self::Higher => return single(step.ceil()),
            Self::Nearest => return single(step.round_ties_even()),
            Self::Linear => step,
            Self::Midpoint => 0.5 * (step.floor() + step.ceil()),
            Self::InterpolatedInvertedCdf => between(0.0, 1.0),
            Self::Hazen => between(0.5, 0.5),
            Self::Weibull => between(0.0, 0.0),
            Self::MedianUnbiased => between(1.0 / 3.0, 1.0 / 3.0),
            Self::NormalUnbiased => between(3.0 / 8.0, 3.0 / 8.0),
        };
        if index >= last as f64 {
            return (last, last, 0.0);
        }
        if index < 0.0 {
            return (0, 0, 0.0);
        }
        let floor = index.floor();
        let weight = match self {
            Self::Midpoint => {
                if index == floor {
                    0.0
                } else {
                    0.5
                }
            }
            _ => index - floor,
        };
        (floor as usize, floor as usize + 1, weight)
    }
}

/// Returns `halves / 2` of n elements as a share of them, rounded once: what q is compared with, as with the share of weights.
/// A product n q would be rounded to the other side of a whole number: 100 times the double 0.07 is above 7.
fn share(halves: usize, n: usize) -> f64 {
    halves as f64 / (2 * n) as f64
}

/// Returns the least `j` from `first` (1, or 0 where halves are added to it) to `n` with a share that is not below q: of j
/// elements, or of j and a half.
fn least_share(first: usize, n: usize, q: f64) -> usize {
    let half = 1 - first;
    let mut j = ((n as f64 * q - 0.5 * half as f64).ceil().max(first as f64) as usize).min(n);
    while j > first && share(2 * (j - 1) + half, n) >= q {
        j -= 1;
    }
    while j < n && share(2 * j + half, n) < q {
        j += 1;
    }
    j
}

/// A lane that is kept, because its order is asked for.
#[derive(Clone, Debug)]
pub(super) enum Kept {
    F64(Vec<f64>),
    F32(Vec<f32>),
    I64(Vec<i64>),
    U64(Vec<u64>),
    /// A NaN came: the result is NaN, whatever else comes.
    Nan,
}

impl Default for Kept {
    fn default() -> Self {
        Self::F64(Vec::new())
    }
}

impl Kept {
    /// Makes room for so many elements more of this type.
    ///
    /// Errors: [`ErrorKind::OutOfMemory`].
    pub(super) fn reserve(&mut self, kind: Type, n: usize) -> Result<()> {
        fn grow<T>(kept: &mut Vec<T>, n: usize) -> core::result::Result<(), TryReserveError> {
            // Twice the room, so that many pushes cost no more than one; else just what is needed.
            let fresh = kept.capacity() == 0;
            let grown = if fresh { kept.try_reserve_exact(n) } else { kept.try_reserve(n) };
            grown.or_else(|_| kept.try_reserve_exact(n))
        }
        // The type of a fresh lane is only known now.
        if matches!(self, Self::F64(kept) if kept.capacity() == 0) {
            *self = Self::of(kind.list());
        }
        let grown = match self {
            Self::F64(kept) => grow(kept, n),
            Self::F32(kept) => grow(kept, n),
            Self::I64(kept) => grow(kept, n),
            Self::U64(kept) => grow(kept, n),
            Self::Nan => Ok(()),
        };
        grown.map_err(|_| ErrorKind::OutOfMemory { len_bytes: n as u64 * 8 }.into())
    }

    fn of(list: List) -> Self {
        match list {
            List::F64(list) => Self::F64(list),
            List::F32(list) => Self::F32(list),
            List::I64(list) => Self::I64(list),
            List::U64(list) => Self::U64(list),
        }
    }

    pub(super) fn push(&mut self, block: Block<'_>) {
        if has_nan(block) {
            *self = Self::Nan;
        }
        match (&mut *self, block) {
            (Self::F64(kept), Block::F64(x)) => kept.extend_from_slice(x),
            (Self::F32(kept), Block::F32(x)) => kept.extend_from_slice(x),
            (Self::I64(kept), Block::I64(x)) => kept.extend_from_slice(x),
            (Self::U64(kept), Block::U64(x)) => kept.extend_from_slice(x),
            (Self::Nan, _) => {}
            // The type of a fresh lane is only known now.
            (_, Block::F64(x)) => *self = Self::F64(x.to_vec()),
            (_, Block::F32(x)) => *self = Self::F32(x.to_vec()),
            (_, Block::I64(x)) => *self = Self::I64(x.to_vec()),
            (_, Block::U64(x)) => *self = Self::U64(x.to_vec()),
        }
    }

    fn block(&self) -> Option<Block<'_>> {
        match self {
            Self::F64(kept) => Some(Block::F64(kept)),
            Self::F32(kept) => Some(Block::F32(kept)),
            Self::I64(kept) => Some(Block::I64(kept)),
            Self::U64(kept) => Some(Block::U64(kept)),
            Self::Nan => None,
        }
    }

    pub(super) fn merge(&mut self, other: &Self) -> Result<()> {
        match other.block() {
            Some(block) if block.len() > 0 => {
                self.reserve(block.kind(), block.len())?;
                self.push(block);
            }
            Some(_) => {}
            None => *self = Self::Nan,
        }
        Ok(())
    }

    pub(super) fn write(&self, bytes: &mut Vec<u8>) {
        let Some(block) = self.block() else { return bytes.push(4) };
        bytes.push(match block {
            Block::F64(_) => 0,
            Block::F32(_) => 1,
            Block::I64(_) => 2,
            Block::U64(_) => 3,
        });
        bytes.extend((block.len() as u64).to_le_bytes());
        match block {
            Block::F64(x) => x.iter().for_each(|x| bytes.extend(x.to_bits().to_le_bytes())),
            Block::F32(x) => x.iter().for_each(|x| bytes.extend(x.to_bits().to_le_bytes())),
            Block::I64(x) => x.iter().for_each(|x| bytes.extend(x.to_le_bytes())),
            Block::U64(x) => x.iter().for_each(|x| bytes.extend(x.to_le_bytes())),
        }
    }

    pub(super) fn read(bytes: &mut FieldReader<'_>) -> Result<Self> {
        let kind = bytes.u8()?;
        if kind == 4 {
            return Ok(Self::Nan);
        }
        let size = if kind == 1 { 4 } else { 8 };
        let len = bytes.len(size)?;
        let list = bytes.take(size * len)?;
        let wide = list.as_chunks::<8>().0.iter().map(|x| u64::from_le_bytes(*x));
        let kept = match kind {
            0 => Self::F64(wide.map(f64::from_bits).collect()),
            1 => Self::F32(
                list.as_chunks::<4>().0.iter().map(|x| f32::from_bits(u32::from_le_bytes(*x))).collect(),
            ),
            2 => Self::I64(wide.map(|x| x as i64).collect()),
            3 => Self::U64(wide.collect()),
            _ => return Err(corrupt("unknown type of elements")),
        };
        // NaN has no place among what is sorted.
        let mut out = Self::default();
        if let Some(block) = kept.block() {
            out.push(block);
        }
        Ok(out)
    }

    pub(super) fn reset(&mut self) {
        match self {
            Self::F64(kept) => kept.clear(),
            Self::F32(kept) => kept.clear(),
            Self::I64(kept) => kept.clear(),
            Self::U64(kept) => kept.clear(),
            Self::Nan => *self = Self::default(),
        }
    }

    /// Appends the median or the quantiles.
    ///
    /// Errors: [`ErrorKind::Empty`], where nothing was chosen and the result cannot be NaN.
    pub(super) fn finish(&self, request: &Request, results: &mut Vec<Number>) -> Result<()> {
        // A lane of which a NaN is known is as one of nothing: NaN.
        let lane = self.block().unwrap_or(Block::F64(&[]));
        if lane.len() == 0 {
            check_nan_fits(request)?;
        }
        in_order(lane, request, results)
    }
}

/// Refuses a result of nothing that is to be NaN where it has a type without one: a discrete quantile of integers.
pub(super) fn check_nan_fits(request: &Request) -> Result<()> {
    if request.out.is_real_float() { Ok(()) } else { Err(ErrorKind::Empty { op: request.op }.into()) }
}

pub(super) fn has_nan(block: Block<'_>) -> bool {
    match block {
        Block::F64(x) => has_nan_of(x),
        Block::F32(x) => has_nan_of(x),
        Block::I64(_) | Block::U64(_) => false,
    }
}

/// Appends the median or the quantiles of a lane without NaN; NaN for nothing.
///
/// Errors: [`ErrorKind::OutOfMemory`].
pub(super) fn in_order(lane: Block<'_>, request: &Request, results: &mut Vec<Number>) -> Result<()> {
    let n = lane.len();
    if request.family == Family::Median {
        let median = match (n.checked_sub(1), n / 2) {
            (None, _) => f64::NAN,
            (Some(last), high) => {
                let pair = select(lane, &[last / 2, high])?;
                middle(pair[0], pair[1], request)
            }
        };
        results.push(Number::F(median));
        return Ok(());
    }
    if n == 0 {
        results.extend(request.q.iter().map(|_| Number::F(f64::NAN)));
        return Ok(());
    }
    // What is wanted, where it is, what is found there, and the results.
    check_memory::<[u64; 9]>(request.q.len())?;
    let wanted: Vec<_> = request.q.iter().map(|&q| request.method.place(n, q)).collect();
    let mut places: Vec<usize> = wanted.iter().flat_map(|&(low, high, _)| [low, high]).collect();
    sort(&mut places);
    places.dedup();
    let found = select(lane, &places)?;
    let at = |place: usize| found[places.binary_search(&place).expect("it was asked for")];
    results.extend(wanted.iter().map(|&(low, high, weight)| {
        let (low, high) = (at(low), at(high));
        if request.method.is_discrete() { low } else { Number::F(lerp(low, high, weight, request)) }
    }));
    Ok(())
}

/// Returns the elements at these places of the sorted lane.
fn select(lane: Block<'_>, places: &[usize]) -> Result<Vec<Number>> {
    fn results<T>(found: Option<Vec<T>>, number: impl Fn(T) -> Number) -> Option<Vec<Number>> {
        Some(found?.into_iter().map(number).collect())
    }
    match lane {
        Block::F64(x) => results(order_statistics(x, places), Number::F),
        Block::F32(x) => results(order_statistics(x, places), |x| Number::F(f64::from(x))),
        Block::I64(x) => results(order_statistics(x, places), Number::I),
        Block::U64(x) => results(order_statistics(x, places), Number::U),
    }
    .ok_or_else(|| ErrorKind::OutOfMemory { len_bytes: lane.len() as u64 * 8 }.into())
}

/// Returns the mean of two elements, rounded once.
pub(super) fn middle(low: Number, high: Number, request: &Request) -> f64 {
    match (low, high) {
        (Number::F(low), Number::F(high)) if low == high => low,
        (Number::F(low), Number::F(high)) => {
            let sum = low + high;
            request.round(if sum.is_finite() { sum / 2.0 } else { low / 2.0 + high / 2.0 })
        }
        (Number::U(low), Number::U(high)) => request.round((u128::from(low) + u128::from(high)) as f64 / 2.0),
        (low, high) => {
            let sum = i128::from(low.to_bits() as i64) + i128::from(high.to_bits() as i64);
            request.round(sum as f64 / 2.0)
        }
    }
}

/// Returns `low + (high - low) weight` in NumPy's steps, each rounded to the result's type.
fn lerp(low: Number, high: Number, weight: f64, request: &Request) -> f64 {
    let round = |x: f64| request.round(x);
    let difference = match (low, high) {
        (Number::F(low), Number::F(high)) if low == high => return low,
        (Number::F(low), Number::F(high)) => request.round_lane(high - low),
        (Number::U(low), Number::U(high)) => (high - low) as f64,
        (low, high) => (i128::from(high.to_bits() as i64) - i128::from(low.to_bits() as i64)) as f64,
    };
    let (low, high) = (low.to_f64(), high.to_f64());
    let between = |low: f64, high: f64, difference: f64| {
        if weight >= 0.5 {
            round(high - round(difference * round(1.0 - weight)))
        } else {
            round(low + round(difference * round(weight)))
        }
    };
    if weight == 0.0 {
        low // NumPy's formula gives NaN if the neighbour is infinite
    } else if difference.is_infinite() && low.is_finite() && high.is_finite() {
        // The halves of such numbers are exact, and so is twice what lies between them.
        let (low, high) = (low / 2.0, high / 2.0);
        2.0 * between(low, high, request.round_lane(high - low))
    } else {
        between(low, high, difference)
    }
}
