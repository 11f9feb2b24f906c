//! The sum in a fixed order (`exact=False`): how are the additions of a lane of n floats ordered?
//!
//! Elements are widened to doubles. Element i of a block of 1024 is added to accumulator i mod 32,
//! which begins at +0. At the end of a block the accumulators are halved: the first 16 take the
//! other 16, then 8 take 8, and so on. Blocks are joined like carries of a binary counter: two sums
//! of 2^k blocks become one of 2^(k+1). What is left in the end, the last block and the sums of the
//! counter, is joined from the newest to the oldest. So the error is that of a pairwise sum, and
//! the order depends on nothing but the position of an element.

use super::dispatch::dispatch;
use super::element::Float;

/// Accumulators that are filled side by side.
const LANES: usize = 32;

/// Elements after which the accumulators are emptied.
const BLOCK: usize = 1024;

/// A sum in the fixed order, of elements that come in pieces. The cut changes no bit.
#[derive(Clone, Debug)]
pub(crate) struct LaneSum {
    n: u64,
    lanes: [f64; LANES],
    /// Sums of 2^k blocks for each bit k of the number of full blocks, the largest first.
    counter: Vec<f64>,
}

impl Default for LaneSum {
    fn default() -> Self {
        Self { n: 0, lanes: [0.0; LANES], counter: Vec::new() }
    }
}

impl LaneSum {
    /// Adds the elements after those that came before. NaN becomes +0 if it is to be skipped.
    pub(crate) fn add_slice<T: Float>(&mut self, x: &[T], skip_nan: bool) {
        let mut rest = x;
        while !rest.is_empty() {
            let place = (self.n % BLOCK as u64) as usize;
            let (part, after) = rest.split_at(rest.len().min(BLOCK - place));
            let add = if skip_nan { add_numbers } else { add_all };
            add(part, place, &mut self.lanes);
            self.n += part.len() as u64;
            rest = after;
            if self.n.is_multiple_of(BLOCK as u64) {
                self.carry();
            }
        }
    }

    /// Moves a full block to the counter.
    fn carry(&mut self) {
        let mut sum = halved(self.lanes);
        self.lanes = [0.0; LANES];
        for _ in 0..(self.n / BLOCK as u64).trailing_zeros() {
            sum += self.counter.pop().unwrap_or(0.0);
        }
        self.counter.push(sum);
    }

    /// Returns the sum so far.
    pub(crate) fn sum(&self) -> f64 {
        self.counter.iter().rev().fold(halved(self.lanes), |sum, older| sum + older)
    }

    /// Returns the state in little-endian bytes: n, the accumulators, the counter.
    pub(crate) fn to_bytes(&self) -> Vec<u8> {
        let floats = self.lanes.iter().chain(&self.counter);
        self.n.to_le_bytes().into_iter().chain(floats.flat_map(|x| x.to_le_bytes())).collect()
    }

    /// Reads what [`to_bytes`](Self::to_bytes) wrote.
    pub(crate) fn from_bytes(bytes: &[u8]) -> Result<Self, &'static str> {
        let (words, []) = bytes.as_chunks::<8>() else { return Err("a sum has broken words") };
        let [n, floats @ ..] = words else { return Err("a sum has no length") };
        let n = u64::from_le_bytes(*n);
        let full = (n / BLOCK as u64).count_ones() as usize;
        if floats.len() != LANES + full {
            return Err("a sum has another number of parts than its length says");
        }
        let mut floats = floats.iter().map(|bytes| f64::from_le_bytes(*bytes));
        let lanes = core::array::from_fn(|_| floats.next().unwrap_or(0.0));
        Ok(Self { n, lanes, counter: floats.collect() })
    }
}

/// Adds the upper half to the lower until one is left.
fn halved(mut lanes: [f64; LANES]) -> f64 {
    let mut len = LANES;
    while len > 1 {
        len /= 2;
        let (low, high) = lanes.split_at_mut(len);
        for (low, high) in low.iter_mut().zip(high) {
            *low += *high;
        }
    }
    lanes[0]
}

/// Adds elements of one block, the first of which has this place in it.
#[inline(always)]
fn add_body<T: Float, const SKIP_NAN: bool>(x: &[T], place: usize, lanes: &mut [f64; LANES]) {
    let value = |x: T| {
        let wide = x.widen();
        if SKIP_NAN && wide.is_nan() { 0.0 } else { wide }
    };
    let mut sums = *lanes;
    let (head, rest) = x.split_at(x.len().min((LANES - place % LANES) % LANES));
    for (sum, &x) in sums[place % LANES..].iter_mut().zip(head) {
        *sum += value(x);
    }
    let (rows, tail) = rest.as_chunks::<LANES>();
    for row in rows {
        for (sum, &x) in sums.iter_mut().zip(row) {
            *sum += value(x);
        }
    }
    for (sum, &x) in sums.iter_mut().zip(tail) {
        *sum += value(x);
    }
    *lanes = sums;
}

dispatch! {
    fn add_all[T: Float](x: &[T], place: usize, lanes: &mut [f64; LANES]) = add_body::<T, false>;
    fn add_numbers[T: Float](x: &[T], place: usize, lanes: &mut [f64; LANES]) = add_body::<T, true>;
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The order as the documentation has it, without pieces.
    fn by_the_book(x: &[f64]) -> f64 {
        fn tree(blocks: &[f64]) -> f64 {
            match blocks {
                [] => 0.0,
                [one] => *one,
                _ => tree(&blocks[..blocks.len() / 2]) + tree(&blocks[blocks.len() / 2..]),
            }
        }
        let block = |x: &[f64]| {
            let mut lanes = [0.0; LANES];
            x.iter().enumerate().for_each(|(i, x)| lanes[i % LANES] += x);
            halved(lanes)
        };
        let (full, last) = x.as_chunks::<BLOCK>();
        let mut full: &[f64] = &full.iter().map(|x| block(x)).collect::<Vec<_>>();
        let mut sum = block(last);
        // From the newest, smallest tree of the counter to the oldest.
        while !full.is_empty() {
            let (older, newest) = full.split_at(full.len() - (1 << full.len().trailing_zeros()));
            sum += tree(newest);
            full = older;
        }
        sum
    }

    #[test]
    fn pieces_of_any_size_give_the_order_that_is_documented() {
        let mut state = 9_u64;
        let x: Vec<f64> = core::iter::repeat_with(|| {
            state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
            f64::from_bits((state >> 12) | ((1000 + (state >> 59)) << 52))
        })
        .take(BLOCK * 13 + 77)
        .collect();
        for len in [0, 1, 31, 32, 33, 1023, 1024, 1025, 3 * BLOCK, 8 * BLOCK + 5, x.len()] {
            let expected = by_the_book(&x[..len]);
            for piece in [1, 7, 32, 1000, 1024, 5000, x.len()] {
                let mut sum = LaneSum::default();
                for part in x[..len].chunks(piece) {
                    sum.add_slice(part, false);
                    sum = LaneSum::from_bytes(&sum.to_bytes()).expect("they are whole");
                }
                assert_eq!(sum.sum().to_bits(), expected.to_bits(), "{len} in pieces of {piece}");
            }
        }
        assert!(LaneSum::from_bytes(&LaneSum::default().to_bytes()[8..]).is_err());
    }
}
