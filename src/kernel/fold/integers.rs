//! Integers and bools in lanes of their own width: exact sums, extremes, counts and positions of lanes that lie together,
//! or of lanes side by side, where rows are added to rows.
//!
//! BENEFIT: `benches/fold_numpy.py --only integers`: widened to 64 bits first, the least of 10^6 `u8` took 30 times as long.

use super::count::Truth;
use super::extrema::{Ordered, argmax, argmin};
use super::grid::{Stored, Type};
use crate::kernel::dispatch;

/// Elements added side by side.
const LANES: usize = 32;

/// Shorter rows are reduced element by element.
const SHORT: usize = 2 * LANES;

/// Sums, or other accumulators, that stay in the first cache while rows are added to them.
const TILE: usize = 4096;

/// A byte: 0 is false, anything else true.
#[derive(Clone, Copy, Debug, Default)]
#[repr(transparent)]
pub(crate) struct Flag(u8);

// SAFETY: transparent over `u8`, which is what `Type::Bool` is.
unsafe impl Stored for Flag {
    const TYPE: Type = Type::Bool;
}

impl PartialEq for Flag {
    fn eq(&self, other: &Self) -> bool {
        self.is_true() == other.is_true()
    }
}

impl PartialOrd for Flag {
    fn partial_cmp(&self, other: &Self) -> Option<core::cmp::Ordering> {
        self.is_true().partial_cmp(&other.is_true())
    }
}

impl Truth for Flag {
    #[inline(always)]
    fn is_true(self) -> bool {
        self.0 != 0
    }
}

impl Ordered for Flag {
    const HIGHEST: Self = Self(1);
    const LOWEST: Self = Self(0);

    #[inline(always)]
    fn to_key(self) -> u64 {
        self.is_true().into()
    }

    #[inline(always)]
    fn of_key(key: u64) -> Self {
        Self(key as u8)
    }

    #[inline(always)]
    fn is_below(self, other: Self) -> bool {
        !self.is_true() & other.is_true()
    }
}

/// An integer or a bool.
pub(crate) trait Whole: Ordered + Truth + Stored + Default {
    /// A sum of a few elements, as narrow as that allows.
    type Sum: Copy + Default;
    /// How many elements a sum has room for.
    const TERMS: usize;
    /// Whether there are negative ones.
    const SIGNED: bool;
    /// Whether sums wrap round, modulo 2^64.
    const WRAPS: bool = false;

    fn plus(sum: Self::Sum, x: Self) -> Self::Sum;
    fn wide(sum: Self::Sum) -> i128;
    /// Returns the number modulo 2^64.
    #[inline(always)]
    fn bits(self) -> u64 {
        Self::wide(Self::plus(Self::Sum::default(), self)) as u64
    }

    /// Returns the exact sum.
    #[inline(always)]
    fn total(x: &[Self]) -> i128 {
        let mut total = 0;
        for block in x.chunks(Self::TERMS.saturating_mul(LANES)) {
            let mut sums = [Self::Sum::default(); LANES];
            let (groups, rest) = block.as_chunks::<LANES>();
            for group in groups {
                for lane in 0..LANES {
                    sums[lane] = Self::plus(sums[lane], group[lane]);
                }
            }
            for (sum, &x) in sums.iter_mut().zip(rest) {
                *sum = Self::plus(*sum, x);
            }
            total += sums.iter().map(|&sum| Self::wide(sum)).sum::<i128>();
        }
        total
    }
}

macro_rules! narrow {
    ($($type:ty, $sum:ty, $terms:expr, $signed:literal;)*) => {
        $(impl Whole for $type {
            type Sum = $sum;
            const TERMS: usize = $terms;
            const SIGNED: bool = $signed;

            #[inline(always)]
            fn plus(sum: $sum, x: Self) -> $sum {
                sum.wrapping_add(<$sum>::from(x))
            }

            #[inline(always)]
            fn wide(sum: $sum) -> i128 {
                sum.into()
            }
        })*
    };
}
narrow! {
    i8, i16, 1 << 8, true;
    u8, u16, 1 << 8, false;
    i16, i32, 1 << 16, true;
    u16, u32, 1 << 16, false;
    i32, i64, 1 << 24, true;
    u32, u64, 1 << 24, false;
}

impl Whole for Flag {
    type Sum = u8;
    const TERMS: usize = 255;
    const SIGNED: bool = false;

    #[inline(always)]
    fn plus(sum: u8, x: Self) -> u8 {
        sum.wrapping_add(u8::from(x.is_true()))
    }

    #[inline(always)]
    fn wide(sum: u8) -> i128 {
        sum.into()
    }

    #[inline(always)]
    fn total(x: &[Self]) -> i128 {
        count(x).into()
    }
}

macro_rules! widest {
    ($($type:ty, $signed:literal;)*) => {
        $(impl Whole for $type {
            type Sum = $type;
            const TERMS: usize = usize::MAX;
            const SIGNED: bool = $signed;
            const WRAPS: bool = true;

            #[inline(always)]
            fn plus(sum: $type, x: Self) -> $type {
                sum.wrapping_add(x)
            }

            #[inline(always)]
            fn wide(sum: $type) -> i128 {
                sum.into()
            }

            /// The lower and the upper halves of the elements are added up by themselves.
            #[inline(always)]
            fn total(x: &[Self]) -> i128 {
                const LANES: usize = 16;
                let mut total = 0;
                for block in x.chunks(1 << 24) {
                    let (mut low, mut high) = ([0u64; LANES], [0 as $type; LANES]);
                    let (groups, rest) = block.as_chunks::<LANES>();
                    for group in groups {
                        for lane in 0..LANES {
                            low[lane] = low[lane].wrapping_add(group[lane] as u64 & 0xffff_ffff);
                            high[lane] = high[lane].wrapping_add(group[lane] >> 32);
                        }
                    }
                    total += low.iter().map(|&low| i128::from(low)).sum::<i128>();
                    total += high.iter().map(|&high| i128::from(high)).sum::<i128>() << 32;
                    total += rest.iter().map(|&x| i128::from(x)).sum::<i128>();
                }
                total
            }
        })*
    };
}
widest! {
    i64, true;
    u64, false;
}

/// What rows are added to: an accumulator for each column.
pub(crate) trait ColumnFold<T> {
    type Acc: Copy;
    fn add(acc: Self::Acc, x: T) -> Self::Acc;
}

/// Sums.
pub(crate) struct Sums;
/// The smallest elements.
pub(crate) struct Smallest;
/// The largest elements.
pub(crate) struct Largest;
/// How many elements are true, at most 255.
pub(crate) struct Truths;

impl<T: Whole> ColumnFold<T> for Sums {
    type Acc = T::Sum;

    #[inline(always)]
    fn add(acc: T::Sum, x: T) -> T::Sum {
        T::plus(acc, x)
    }
}

impl<T: Whole> ColumnFold<T> for Smallest {
    type Acc = T;

    #[inline(always)]
    fn add(acc: T, x: T) -> T {
        if x.is_below(acc) { x } else { acc }
    }
}

impl<T: Whole> ColumnFold<T> for Largest {
    type Acc = T;

    #[inline(always)]
    fn add(acc: T, x: T) -> T {
        if acc.is_below(x) { x } else { acc }
    }
}

impl<T: Whole> ColumnFold<T> for Truths {
    type Acc = u8;

    #[inline(always)]
    fn add(acc: u8, x: T) -> u8 {
        acc.wrapping_add(u8::from(x.is_true()))
    }
}

#[inline(always)]
fn add_rows_body<T: Whole, C: ColumnFold<T>>(rows: &[T], accs: &mut [C::Acc]) {
    let width = accs.len();
    for first in (0..width).step_by(TILE) {
        let accs = &mut accs[first..width.min(first + TILE)];
        for row in rows.chunks(width) {
            for (acc, &x) in accs.iter_mut().zip(row.get(first..).unwrap_or(&[])) {
                *acc = C::add(*acc, x);
            }
        }
    }
}

#[inline(always)]
fn first_in_rows_body<T: Whole, const SMALLEST: bool>(
    rows: &[T],
    first: u32,
    best: &mut [T],
    places: &mut [u32],
) {
    let width = best.len();
    for start in (0..width).step_by(TILE) {
        let end = width.min(start + TILE);
        let (best, places) = (&mut best[start..end], &mut places[start..end]);
        for (place, row) in (first..).zip(rows.chunks(width)) {
            for ((best, at), &x) in best.iter_mut().zip(&mut *places).zip(row.get(start..).unwrap_or(&[])) {
                let better = if SMALLEST { x.is_below(*best) } else { best.is_below(x) };
                *best = if better { x } else { *best };
                *at = if better { place } else { *at };
            }
        }
    }
}

#[inline(always)]
fn totals_body<T: Whole>(rows: &[T], len: usize, wrapping: bool, out: &mut Vec<i128>) {
    for row in rows.chunks_exact(len) {
        out.push(if T::WRAPS && wrapping {
            row.iter().fold(0u64, |sum, &x| sum.wrapping_add(x.bits())).into()
        } else if len >= SHORT {
            T::total(row)
        } else if T::WRAPS {
            row.iter().map(|&x| T::wide(T::plus(T::Sum::default(), x))).sum()
        } else {
            T::wide(row.iter().fold(T::Sum::default(), |sum, &x| T::plus(sum, x)))
        });
    }
}

#[inline(always)]
fn ends_body<T: Whole, const SMALLEST: bool>(rows: &[T], len: usize, out: &mut Vec<T>) {
    for row in rows.chunks_exact(len) {
        out.push(match SMALLEST {
            _ if len >= SHORT => T::scan::<SMALLEST>(row).0,
            true => row.iter().fold(T::HIGHEST, |best, &x| Smallest::add(best, x)),
            false => row.iter().fold(T::LOWEST, |best, &x| Largest::add(best, x)),
        });
    }
}

/// Counts in bytes where the elements are bytes: 224 of them, which is a whole number of vectors.
#[inline(always)]
fn count<T: Whole>(x: &[T]) -> u64 {
    if size_of::<T>() == 1 {
        let of = |block: &[T]| block.iter().fold(0u8, |sum, x| sum.wrapping_add(u8::from(x.is_true())));
        return x.chunks(224).map(|block| u64::from(of(block))).sum();
    }
    let of = |block: &[T]| block.iter().map(|x| u32::from(x.is_true())).sum::<u32>();
    x.chunks(1 << 20).map(|block| u64::from(of(block))).sum()
}

#[inline(always)]
fn truths_body<T: Whole>(rows: &[T], len: usize, out: &mut Vec<u64>) {
    for row in rows.chunks_exact(len) {
        out.push(count(row));
    }
}

#[inline(always)]
fn dot_body<T: Whole, U: Whole>(x: &[T], y: &[U]) -> u64 {
    x.iter().zip(y).fold(0, |sum, (&x, &y)| sum.wrapping_add(x.bits().wrapping_mul(y.bits())))
}

dispatch! {
    /// Returns the inner product of two slices of one length, modulo 2^64.
    pub(crate) fn dot[T: Whole, U: Whole](x: &[T], y: &[U]) -> u64 = dot_body::<T, U>;
    /// Adds rows as long as there are accumulators, the last of which may be shorter.
    pub(crate) fn add_rows[T: Whole, C: ColumnFold<T>](rows: &[T], accs: &mut [C::Acc]) = add_rows_body::<T, C>;
    /// Takes rows, of which the first has this number, into the best of each column so far and the rows that those are in.
    pub(crate) fn first_in_rows[T: Whole]<const SMALLEST: bool>(rows: &[T], first: u32, best: &mut [T], places: &mut [u32]) = first_in_rows_body::<T, SMALLEST>;
    /// Appends the exact sum of each row of this length; modulo 2^64 where they are `wrapping`, which is quicker for 64 bits.
    pub(crate) fn totals[T: Whole](rows: &[T], len: usize, wrapping: bool, out: &mut Vec<i128>) = totals_body::<T>;
    /// Appends the smallest or the largest element of each row of this length.
    pub(crate) fn ends[T: Whole]<const SMALLEST: bool>(rows: &[T], len: usize, out: &mut Vec<T>) = ends_body::<T, SMALLEST>;
    /// Appends how many elements of each row of this length are true.
    pub(crate) fn truths[T: Whole](rows: &[T], len: usize, out: &mut Vec<u64>) = truths_body::<T>;
}

/// Returns the exact sum.
pub(crate) fn total<T: Whole>(x: &[T]) -> i128 {
    let mut out = Vec::with_capacity(1);
    if !x.is_empty() {
        totals(x, x.len(), false, &mut out);
    }
    out.first().copied().unwrap_or(0)
}

/// Returns the sum modulo 2^64.
pub(crate) fn wrapped<T: Whole>(x: &[T]) -> u64 {
    let mut out = Vec::with_capacity(1);
    if !x.is_empty() {
        totals(x, x.len(), true, &mut out);
    }
    out.first().map_or(0, |&total| total as u64)
}

/// Returns where the first of the smallest, or of the largest, elements of a row stands.
pub(crate) fn first_place<T: Whole>(row: &[T], smallest: bool) -> usize {
    if row.len() >= SHORT {
        return if smallest { argmin(row) } else { argmax(row) }.unwrap_or(0);
    }
    let mut best = 0;
    for (place, &x) in row.iter().enumerate() {
        if if smallest { x.is_below(row[best]) } else { row[best].is_below(x) } {
            best = place;
        }
    }
    best
}
