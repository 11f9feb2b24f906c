//! One result before it takes its dtype.

use half::f16;

use super::dtype::Dtype;
use crate::error::Result;
use crate::exact::bytes::{FieldReader, corrupt};
use crate::kernel::fold::element::Float;
use crate::kernel::fold::round::Precision;

/// One result, before it takes its dtype.
#[derive(Clone, Copy, Debug)]
pub(super) enum Number {
    F(f64),
    I(i64),
    U(u64),
}

impl Number {
    /// The bits of an integer, which wrap round as NumPy's do; floats are cut off.
    pub(super) fn to_bits(self) -> u64 {
        match self {
            Self::F(value) => value as i64 as u64,
            Self::I(value) => value as u64,
            Self::U(value) => value,
        }
    }

    pub(super) fn write(self, bytes: &mut Vec<u8>) {
        let (kind, bits) = match self {
            Self::F(value) => (0, value.to_bits()),
            Self::I(value) => (1, value as u64),
            Self::U(value) => (2, value),
        };
        bytes.push(kind);
        bytes.extend(bits.to_le_bytes());
    }

    pub(super) fn read(bytes: &mut FieldReader<'_>) -> Result<Self> {
        let (kind, bits) = (bytes.u8()?, bytes.u64()?);
        match kind {
            0 => Ok(Self::F(f64::from_bits(bits))),
            1 => Ok(Self::I(bits as i64)),
            2 => Ok(Self::U(bits)),
            _ => Err(corrupt("unknown kind of number")),
        }
    }

    /// The number as a double; NaN is the one quiet NaN, whose bits machines do not agree on.
    pub(super) fn to_f64(self) -> f64 {
        match self {
            Self::F(value) if value.is_nan() => f64::NAN,
            Self::F(value) => value,
            Self::I(value) => value as f64,
            Self::U(value) => value as f64,
        }
    }
}

pub(super) fn precision(dtype: Dtype) -> Precision {
    match dtype {
        Dtype::F32 => Precision::F32,
        Dtype::F16 => Precision::F16,
        _ => Precision::F64,
    }
}

/// Rounds a double once more; the doubles that come here are exact or meant to be rounded twice.
pub(super) fn round_to(value: f64, precision: Precision) -> f64 {
    match precision {
        Precision::F32 => f64::from(value as f32),
        Precision::F16 => f16::narrow(value).to_f64(),
        _ => value,
    }
}
