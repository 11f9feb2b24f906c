//! The estimate of a variance, deviation or norm of a stream; where it does not decide, the stream is read again.

use super::dtype::Dtype;
use super::names::Reduction;
use super::number::Number;
use super::options::Options;
use super::output::{Output, output};
use super::request::Request;
use super::values::Values;
use crate::error::Result;
use crate::kernel::fold::bounded::Estimate;
use crate::kernel::fold::element::Float;
use crate::kernel::fold::grid::Block;
use crate::kernel::fold::variance::{Split, Spread, about};

/// What a [`Partial`](super::Partial) finishes with, in a third of its time; or nothing: then the stream is to be read again.
#[derive(Clone, Debug)]
pub(crate) struct StreamEstimate {
    request: Request,
    moments: Streamed,
}

impl StreamEstimate {
    /// Returns the state of an empty stream; `None` for what a `Partial` reads as fast.
    ///
    /// Errors: those of `Partial::new`.
    pub(crate) fn new(reduction: Reduction, dtype: Dtype, options: &Options<'_>) -> Result<Option<Self>> {
        let request = Request::new(reduction, dtype, options)?;
        let floats = dtype == request.out && matches!(dtype, Dtype::F64 | Dtype::F32);
        let spread = request.spread().filter(|_| floats && !request.skip_nan);
        Ok(spread.map(|spread| Self { request, moments: Streamed::new(spread) }))
    }

    /// Adds elements that lie together, of the type of the stream.
    pub(crate) fn push(&mut self, values: &Values<'_>) {
        match values.block() {
            Some(Block::F64(x)) => self.moments.push(x),
            Some(Block::F32(x)) => self.moments.push(x),
            _ => self.moments.give_up(),
        }
    }

    /// Returns the reduction of all that came, if the estimate decides how it is rounded.
    pub(crate) fn finish(&self) -> Option<Output> {
        let value = match self.request.out {
            Dtype::F32 => f64::from(self.moments.decided::<f32>()?),
            _ => self.moments.decided()?,
        };
        Some(output(&[Number::F(value)], self.request.out, Vec::new()))
    }
}

/// Σ (x - c) and Σ (x - c)² of pieces that come one after the other, about the center that the first one gives.
#[derive(Clone, Copy, Debug)]
struct Streamed {
    spread: Spread,
    n: u64,
    split: Option<Split>,
    /// `None`: the first piece gave no split, or a later number was too far from its center.
    sums: Option<[Estimate; 2]>,
}

impl Streamed {
    /// Returns the sums of nothing.
    fn new(spread: Spread) -> Self {
        Self { spread, n: 0, split: None, sums: Some([Estimate::ZERO; 2]) }
    }

    /// Adds the next piece.
    fn push<T: Float>(&mut self, x: &[T]) {
        let Some([sum, squares]) = self.sums.filter(|_| !x.is_empty()) else { return };
        self.n += x.len() as u64;
        self.split = self.split.or_else(|| Split::new(x, self.spread.is_centered()));
        let piece = self.split.and_then(|split| about(x, split));
        self.sums = piece.map(|piece| [sum.plus_estimate(piece[0]), squares.plus_estimate(piece[1])]);
    }

    /// Decides nothing from now on.
    fn give_up(&mut self) {
        self.sums = None;
    }

    /// Returns what is asked for, if the sums decide how it is rounded.
    fn decided<R: Float>(&self) -> Option<R> {
        self.spread.decided(self.n as f64, self.sums.filter(|_| self.n > 0)?)
    }
}

#[cfg(test)]
mod tests {
    use super::super::{Partial, Scalar};
    use super::*;

    const REDUCTIONS: [Reduction; 3] = [Reduction::Var, Reduction::Std, Reduction::Norm];

    fn numbers(seed: u64, len: usize, scale: f64, shift: f64) -> Vec<f64> {
        let mut state = seed;
        let mut next = || {
            state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
            (state >> 11) as f64 / (1u64 << 53) as f64
        };
        (0..len).map(|_| (next() - 0.5) * scale + shift).collect()
    }

    /// Returns what the two ways make of pieces of a stream: the quick one perhaps nothing.
    fn both(reduction: Reduction, x: &[f64], piece: usize) -> (Option<Output>, Output) {
        let options = Options::default();
        let mut quick = StreamEstimate::new(reduction, Dtype::F64, &options).unwrap().unwrap();
        let mut exact = Partial::new(reduction, Dtype::F64, &options).unwrap();
        for piece in x.chunks(piece) {
            quick.push(&Values::from(piece));
            exact.push(piece).unwrap();
        }
        (quick.finish(), exact.result().unwrap())
    }

    fn bits(output: &Output) -> u64 {
        match output {
            Output::Scalar(Scalar::F64(x)) => x.to_bits(),
            other => panic!("{other:?}"),
        }
    }

    #[test]
    fn an_estimate_of_a_stream_gives_the_bits_of_the_exact_state_or_nothing() {
        let mut settled = 0;
        for seed in 0..40 {
            for (scale, shift) in [(1.0, 0.0), (1.0, 0.5), (1e-3, 1e3), (1e100, 0.0), (1e-8, 1.0), (3.0, 7.0)]
            {
                let x = numbers(seed, 20_000 + seed as usize, scale, shift);
                for reduction in REDUCTIONS {
                    let (quick, exact) = both(reduction, &x, 8192);
                    if let Some(quick) = quick {
                        settled += 1;
                        assert_eq!(bits(&quick), bits(&exact), "{reduction:?} {seed} {scale} {shift}");
                    }
                }
            }
        }
        assert!(settled > 600, "{settled} of 720");
    }

    #[test]
    fn an_estimate_gives_up_where_a_number_is_far_from_the_first_ones_or_is_none() {
        for far in [1e18, -1e300, f64::INFINITY, f64::NAN] {
            let mut x = numbers(1, 20_000, 1.0, 0.0);
            x[17_000] = far;
            for reduction in REDUCTIONS {
                assert!(both(reduction, &x, 8192).0.is_none(), "{reduction:?} {far}");
            }
        }
        // What is told by an error or by NaN is not for an estimate.
        let options = Options::default();
        for reduction in REDUCTIONS {
            assert!(
                StreamEstimate::new(reduction, Dtype::F64, &options).unwrap().unwrap().finish().is_none()
            );
        }
        let options = Options { ddof: 3.0, ..Options::default() };
        let mut quick = StreamEstimate::new(Reduction::Var, Dtype::F64, &options).unwrap().unwrap();
        quick.push(&Values::from(&[1.0, 2.0, 4.0][..]));
        assert!(quick.finish().is_none());
    }

    #[test]
    fn an_estimate_is_for_floats_whose_result_is_of_their_own_type() {
        let none =
            |reduction, dtype| StreamEstimate::new(reduction, dtype, &Options::default()).unwrap().is_none();
        assert!(none(Reduction::Sum, Dtype::F64) && none(Reduction::Nanvar, Dtype::F64));
        assert!(none(Reduction::Var, Dtype::I32) && none(Reduction::Var, Dtype::F16));
        assert!(!none(Reduction::Var, Dtype::F32));
    }
}
