//! Exact sums and sums of squares, of floats and integers, with the mean, variance and norm that they give.

use half::f16;

use super::dtype::Dtype;
use super::names::Family;
use super::number::Number;
use super::request::Request;
use crate::error::Result;
use crate::exact::bytes::{FieldReader, corrupt, write_list};
use crate::kernel::fold::count;
use crate::kernel::fold::exact::ExactProducts;
use crate::kernel::fold::exact::ExactTotal;
use crate::kernel::fold::extrema::Ordered;
use crate::kernel::fold::grid::Block;
use crate::kernel::fold::integers;
use crate::kernel::fold::ratio::{self, Ratio};

/// Σx, exactly.
#[derive(Clone, Debug, Default)]
pub(super) struct Total {
    n: u64,
    float: ExactTotal,
    integer: i128,
}

impl Total {
    /// Returns NaN or an infinity if the sum is one.
    pub(super) fn special(&self) -> Option<f64> {
        self.float.special()
    }

    pub(super) fn push(&mut self, block: Block<'_>) {
        self.n += block.len() as u64;
        match block {
            Block::F64(x) => self.float.add_slice(x),
            Block::F32(x) => self.float.add_slice(x),
            Block::I64(x) => self.integer += integers::total(x),
            Block::U64(x) => self.integer += integers::total(x),
        }
    }

    pub(super) fn merge(&mut self, other: &Self) {
        self.n += other.n;
        self.float.merge(&other.float);
        self.integer += other.integer;
    }

    pub(super) fn write(&self, bytes: &mut Vec<u8>) {
        bytes.extend(self.n.to_le_bytes());
        bytes.extend(self.integer.to_le_bytes());
        write_list(bytes, &self.float.to_bytes());
    }

    pub(super) fn read(bytes: &mut FieldReader<'_>) -> Result<Self> {
        let (n, integer) = (bytes.u64()?, bytes.i128()?);
        Ok(Self { n, integer, float: ExactTotal::from_bytes(bytes.list()?).map_err(corrupt)? })
    }

    /// Adds what is not NaN. NaN counts as a zero, which is faster than to leave it out.
    pub(super) fn push_numbers(&mut self, block: Block<'_>) {
        let mut add = |piece: Block<'_>, nans: u64| {
            self.push(piece);
            self.n -= nans;
        };
        match block {
            Block::F64(x) => with_zeros(x, |piece, nans| add(Block::F64(piece), nans)),
            Block::F32(x) => with_zeros(x, |piece, nans| add(Block::F32(piece), nans)),
            Block::I64(_) | Block::U64(_) => self.push(block),
        }
    }

    /// The exact sum of integers as one of floats.
    fn float(&self) -> ExactTotal {
        let mut float = self.float.clone();
        float.add_scaled(self.integer, 0);
        float
    }

    pub(super) fn value(&self) -> Ratio {
        self.float().value()
    }

    /// Returns the sum, rounded once to a double.
    pub(super) fn to_f64(&self) -> f64 {
        self.float().round()
    }

    pub(super) fn sum(&self, request: &Request) -> Number {
        if request.out.is_integer() {
            return Number::U(self.integer as u64);
        }
        let sum = self.float();
        Number::F(match request.out {
            Dtype::F32 => f64::from(sum.round::<f32>()),
            Dtype::F16 => f64::from(sum.round::<f16>()),
            _ => sum.round(),
        })
    }

    pub(super) fn mean(&self, request: &Request) -> f64 {
        let (sum, n) = (self.float(), self.n);
        match request.out {
            Dtype::F32 => f64::from(sum.mean::<f32>(n)),
            Dtype::F16 => f64::from(sum.mean::<f16>(n)),
            _ => sum.mean(n),
        }
    }
}

/// Passes on pieces in which zeros stand for NaN, and how many do.
fn with_zeros<T: Ordered + Default>(x: &[T], mut push: impl FnMut(&[T], u64)) {
    let mut piece = [T::default(); 2048];
    for part in x.chunks(piece.len()) {
        let nans = count::count_nan(part);
        if nans == 0 {
            push(part, 0);
            continue;
        }
        for (slot, &x) in piece.iter_mut().zip(part) {
            *slot = if x.is_nan() { T::default() } else { x };
        }
        push(&piece[..part.len()], nans);
    }
}

/// Σx², exactly.
#[derive(Clone, Debug, Default)]
pub(super) struct Squares {
    float: ExactProducts,
    /// Σ of the low and of the high halves of the squares of integers.
    integer: [u128; 2],
}

impl Squares {
    pub(super) fn merge(&mut self, other: &Self) {
        self.float.merge(&other.float);
        for (sum, other) in self.integer.iter_mut().zip(other.integer) {
            *sum += other;
        }
    }

    pub(super) fn write(&self, bytes: &mut Vec<u8>) {
        write_list(bytes, &self.float.to_bytes());
        self.integer.iter().for_each(|part| bytes.extend(part.to_le_bytes()));
    }

    pub(super) fn read(bytes: &mut FieldReader<'_>) -> Result<Self> {
        let float = ExactProducts::from_bytes(bytes.list()?).map_err(corrupt)?;
        Ok(Self { float, integer: [bytes.i128()? as u128, bytes.i128()? as u128] })
    }

    pub(super) fn push(&mut self, block: Block<'_>) {
        let [low, high] = &mut self.integer;
        let mut add = |size: u64| {
            let square = u128::from(size) * u128::from(size);
            *low += square & u128::from(u64::MAX);
            *high += square >> 64;
        };
        match block {
            Block::F64(x) => self.float.add_squares(x),
            Block::F32(x) => self.float.add_squares(x),
            Block::I64(x) => x.iter().for_each(|x| add(x.unsigned_abs())),
            Block::U64(x) => x.iter().for_each(|&x| add(x)),
        }
    }

    pub(super) fn value(&self) -> Ratio {
        let [low, high] = self.integer;
        if low == 0 && high == 0 {
            return self.float.value();
        }
        let limbs = |x: u128| vec![x as u64, (x >> 64) as u64];
        Ratio::new(false, limbs(low), 0).add(&Ratio::new(false, limbs(high), 64))
    }

    pub(super) fn norm(&self, request: &Request) -> f64 {
        self.float
            .special()
            .unwrap_or_else(|| self.value().divided_by(&Ratio::from_u64(1), true, request.precision()))
    }
}

/// Returns (nΣx² − (Σx)²) / (n (n − ddof)), or its root, rounded once; of complex numbers (Σx)² is that of each part.
pub(super) fn variance(totals: &[Total], squares: &Squares, request: &Request) -> f64 {
    let n = totals[0].n;
    if n == 0 || totals.iter().any(|total| total.float.special().is_some()) {
        return f64::NAN;
    }
    variance_of(n, totals.iter().map(Total::value), &squares.value(), request)
}

/// Does the work of [`variance`] with n > 0, the sums Σx and the sum Σx².
pub(super) fn variance_of(
    n: u64,
    sums: impl IntoIterator<Item = Ratio>,
    squares: &Ratio,
    request: &Request,
) -> f64 {
    // NaN where NaNs or the mask left too little.
    ratio::variance(n, sums, squares, request.ddof, request.family == Family::Std)
        .map_or(f64::NAN, |variance| variance.round_to(request.precision()))
}
