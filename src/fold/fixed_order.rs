//! What do sum and mean come to when they are rounded on the way (`exact=False`)?

use super::bytes::{Reader, corrupt, write_list};
use super::cell::Cell;
use super::lanes::Block;
use super::spec::{Kind, Spec};
use crate::error::Result;
use crate::kernel::count::count_nan;
use crate::kernel::lanes::LaneSum;

/// Σx in the fixed order, and of how many elements.
#[derive(Clone, Debug, Default)]
pub(super) struct Lanes {
    n: u64,
    sum: LaneSum,
}

impl Lanes {
    pub(super) fn push(&mut self, block: Block<'_>, skip_nan: bool) {
        let nans = match block {
            Block::F64(x) if skip_nan => count_nan(x),
            Block::F32(x) if skip_nan => count_nan(x),
            _ => 0,
        };
        self.n += block.len() as u64 - nans;
        match block {
            Block::F64(x) => self.sum.add_slice(x, nans > 0),
            Block::F32(x) => self.sum.add_slice(x, nans > 0),
            Block::I64(_) | Block::U64(_) => unreachable!("sums of integers are exact"),
        }
    }

    /// The sum in doubles, or that divided by n, rounded to the result's type.
    pub(super) fn finish(&self, spec: &Spec) -> f64 {
        let sum = self.sum.sum() + spec.initial.map_or(0.0, Cell::to_f64);
        spec.round(if spec.kind == Kind::LaneSum { sum } else { sum / self.n as f64 })
    }

    pub(super) fn write(&self, bytes: &mut Vec<u8>) {
        bytes.extend(self.n.to_le_bytes());
        write_list(bytes, &self.sum.to_bytes());
    }

    pub(super) fn read(bytes: &mut Reader<'_>) -> Result<Self> {
        Ok(Self { n: bytes.u64()?, sum: LaneSum::from_bytes(bytes.list()?).map_err(corrupt)? })
    }
}
