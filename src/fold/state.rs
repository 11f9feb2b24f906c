//! What is known of a lane after each piece, and what does it come to in the end?

use super::cell::Cell;
use super::extreme::Extreme;
use super::names::Kind;
use super::order::Kept;
use super::powers::Powers;
use super::product::Product;
use super::spec::Spec;
use super::total::{Squares, Total, variance};
use crate::error::{ErrorKind, Result};
use crate::exact::bytes::Reader;
use crate::kernel::count;
use crate::kernel::grid::{Block, Type};

/// How many elements are true.
#[derive(Clone, Debug, Default)]
pub(super) struct Truth {
    n: u64,
    nonzero: u64,
}

impl Truth {
    fn push(&mut self, block: Block<'_>) {
        self.n += block.len() as u64;
        self.nonzero += match block {
            Block::F64(x) => count::count_nonzero(x),
            Block::F32(x) => count::count_nonzero(x),
            Block::I64(x) => count::count_nonzero(x),
            Block::U64(x) => count::count_nonzero(x),
        };
    }
}

/// What is known of one lane.
#[derive(Clone, Debug)]
pub(super) enum State {
    Total(Total),
    Squares(Box<(Total, Squares)>),
    Extreme(Extreme),
    Product(Product),
    Truth(Truth),
    Kept(Kept),
    Powers(Box<Powers>),
}

impl State {
    pub(super) fn new(spec: &Spec) -> Self {
        match spec.kind {
            Kind::Sum | Kind::Mean | Kind::Norm1 => Self::Total(Total::default()),
            Kind::Var | Kind::Std | Kind::Norm => Self::Squares(Box::default()),
            Kind::Min
            | Kind::Max
            | Kind::Minmax
            | Kind::Ptp
            | Kind::Argmin
            | Kind::Argmax
            | Kind::NormMax
            | Kind::NormMin => Self::Extreme(Extreme::default()),
            Kind::Median | Kind::Quantile | Kind::Percentile => Self::Kept(Kept::default()),
            Kind::Skew | Kind::Kurtosis | Kind::Moments => Self::Powers(Box::default()),
            Kind::Prod => Self::Product(Product::default()),
            Kind::Any | Kind::All | Kind::CountNonzero | Kind::Count | Kind::Norm0 => {
                Self::Truth(Truth::default())
            }
        }
    }

    /// Forgets everything, and keeps the memory.
    pub(super) fn reset(&mut self) {
        match self {
            Self::Total(total) => *total = Total::default(),
            Self::Squares(both) => **both = Default::default(),
            Self::Extreme(extreme) => *extreme = Extreme::default(),
            Self::Product(product) => *product = Product::default(),
            Self::Truth(truth) => *truth = Truth::default(),
            Self::Kept(kept) => kept.reset(),
            Self::Powers(powers) => **powers = Powers::default(),
        }
    }

    /// Makes room for so many elements more of a type, where they are kept.
    ///
    /// Errors: [`ErrorKind::OutOfMemory`].
    pub(super) fn reserve(&mut self, kind: Type, n: usize) -> Result<()> {
        if let Self::Kept(kept) = self { kept.reserve(kind, n) } else { Ok(()) }
    }

    /// Adds a piece of the lane.
    pub(super) fn push(&mut self, spec: &Spec, block: Block<'_>) {
        if let (true, Self::Total(total)) = (spec.skip_nan, &mut *self) {
            return total.push_numbers(block);
        }
        if spec.skip_nan && !matches!(self, Self::Extreme(_)) {
            return block.without_nan(&mut |block| self.add(spec, block));
        }
        if matches!(spec.kind, Kind::Norm1 | Kind::NormMax | Kind::NormMin) {
            return block.absolute(&mut |block| self.add(spec, block));
        }
        self.add(spec, block);
    }

    fn add(&mut self, spec: &Spec, block: Block<'_>) {
        match self {
            Self::Total(total) => total.push(block),
            Self::Squares(both) => {
                let (total, squares) = &mut **both;
                total.push(block);
                squares.push(block);
            }
            Self::Extreme(extreme) => extreme.push(block, spec),
            Self::Product(product) => product.push(block, spec),
            Self::Truth(truth) => truth.push(block),
            Self::Kept(kept) => kept.push(block),
            Self::Powers(powers) => powers.push(block),
        }
    }

    /// Puts down the lane's results.
    pub(super) fn finish(&mut self, spec: &Spec, cells: &mut Vec<Cell>) -> Result<()> {
        match spec.initial {
            Some(Cell::F(first)) => self.add(spec, Block::F64(&[first])),
            Some(Cell::I(first)) => self.add(spec, Block::I64(&[first])),
            Some(Cell::U(first)) => self.add(spec, Block::U64(&[first])),
            None => {}
        }
        cells.push(match self {
            Self::Total(total) if matches!(spec.kind, Kind::Sum | Kind::Norm1) => total.sum(spec),
            Self::Total(total) => Cell::F(total.mean(spec)),
            Self::Squares(both) if spec.kind == Kind::Norm => Cell::F(both.1.norm(spec)),
            Self::Squares(both) => Cell::F(variance(core::slice::from_ref(&both.0), &both.1, spec)),
            Self::Extreme(extreme) => return extreme.finish(spec, cells),
            Self::Product(product) => product.finish(spec),
            Self::Truth(truth) => Cell::I(match spec.kind {
                Kind::Any => i64::from(truth.nonzero > 0),
                Kind::All => i64::from(truth.nonzero == truth.n),
                Kind::Count => truth.n as i64,
                _ => truth.nonzero as i64,
            }),
            Self::Powers(powers) => {
                powers.finish(spec, cells);
                return Ok(());
            }
            Self::Kept(kept) => return kept.finish(spec, cells),
        });
        Ok(())
    }

    /// Adds what another state of the same kind knows; its elements come after the own ones.
    pub(super) fn merge(&mut self, other: &Self, spec: &Spec) -> Result<()> {
        match (self, other) {
            (Self::Total(total), Self::Total(other)) => total.merge(other),
            (Self::Squares(both), Self::Squares(other)) => {
                both.0.merge(&other.0);
                both.1.merge(&other.1);
            }
            (Self::Extreme(extreme), Self::Extreme(other)) => extreme.merge(other, spec),
            (Self::Truth(truth), Self::Truth(other)) => {
                truth.n += other.n;
                truth.nonzero += other.nonzero;
            }
            (Self::Kept(kept), Self::Kept(other)) => kept.merge(other)?,
            (Self::Powers(powers), Self::Powers(other)) => powers.merge(other),
            _ => {
                return Err(ErrorKind::BadParameter {
                    name: "other",
                    expected: "a state of sums, extremes, moments or quantiles".to_owned(),
                    got: "one that is rounded on the way: push the elements instead".to_owned(),
                }
                .into());
            }
        }
        Ok(())
    }

    /// Returns the sums of powers, where this is the state that has them.
    pub(super) fn powers(&self) -> Option<&Powers> {
        match self {
            Self::Powers(powers) => Some(powers),
            _ => None,
        }
    }

    pub(super) fn write(&self, bytes: &mut Vec<u8>) {
        match self {
            Self::Total(total) => total.write(bytes),
            Self::Squares(both) => {
                both.0.write(bytes);
                both.1.write(bytes);
            }
            Self::Extreme(extreme) => extreme.write(bytes),
            Self::Product(product) => product.write(bytes),
            Self::Truth(truth) => {
                bytes.extend(truth.n.to_le_bytes());
                bytes.extend(truth.nonzero.to_le_bytes());
            }
            Self::Kept(kept) => kept.write(bytes),
            Self::Powers(powers) => powers.write(bytes),
        }
    }

    pub(super) fn read(spec: &Spec, bytes: &mut Reader<'_>) -> Result<Self> {
        Ok(match Self::new(spec) {
            Self::Total(_) => Self::Total(Total::read(bytes)?),
            Self::Squares(_) => Self::Squares(Box::new((Total::read(bytes)?, Squares::read(bytes)?))),
            Self::Extreme(_) => Self::Extreme(Extreme::read(bytes)?),
            Self::Product(_) => Self::Product(Product::read(bytes)?),
            Self::Truth(_) => Self::Truth(Truth { n: bytes.u64()?, nonzero: bytes.u64()? }),
            Self::Kept(_) => Self::Kept(Kept::read(bytes)?),
            Self::Powers(_) => Self::Powers(Box::new(Powers::read(bytes)?)),
        })
    }
}
