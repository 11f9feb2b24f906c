//! Accumulators: push, merge, finish, and their bytes.

use super::extremes::Extreme;
use super::moments::Powers;
use super::names::{Family, Keeps};
use super::number::Number;
use super::product::Product;
use super::quantiles::Kept;
use super::request::Request;
use super::sums::{Squares, Total, variance};
use crate::error::{Error, Result};
use crate::exact::bytes::FieldReader;
use crate::kernel::fold::count;
use crate::kernel::fold::grid::{Block, Type};

/// How many elements are true.
#[derive(Clone, Debug, Default)]
pub(super) struct Counts {
    n: u64,
    nonzero: u64,
}

impl Counts {
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
    Counts(Counts),
    Kept(Kept),
    Powers(Box<Powers>),
}

impl State {
    pub(super) fn new(request: &Request) -> Self {
        match request.family.keeps() {
            Keeps::Sum => Self::Total(Total::default()),
            Keeps::Squares => Self::Squares(Box::default()),
            Keeps::Powers => Self::Powers(Box::default()),
            Keeps::Extremes => Self::Extreme(Extreme::default()),
            Keeps::Counts => Self::Counts(Counts::default()),
            Keeps::Product => Self::Product(Product::default()),
            Keeps::Elements => Self::Kept(Kept::default()),
        }
    }

    /// Forgets everything, and keeps the memory.
    pub(super) fn reset(&mut self) {
        match self {
            Self::Total(total) => *total = Total::default(),
            Self::Squares(both) => **both = Default::default(),
            Self::Extreme(extreme) => *extreme = Extreme::default(),
            Self::Product(product) => *product = Product::default(),
            Self::Counts(counts) => *counts = Counts::default(),
            Self::Kept(kept) => kept.reset(),
            Self::Powers(powers) => **powers = Powers::default(),
        }
    }

    /// Makes room for so many elements more of a type, where they are kept.
    ///
    /// Errors: [`ErrorKind::OutOfMemory`](crate::ErrorKind::OutOfMemory).
    pub(super) fn reserve(&mut self, kind: Type, n: usize) -> Result<()> {
        if let Self::Kept(kept) = self { kept.reserve(kind, n) } else { Ok(()) }
    }

    /// Adds a piece of the lane.
    pub(super) fn push(&mut self, request: &Request, block: Block<'_>) {
        if let (true, Self::Total(total)) = (request.skip_nan, &mut *self) {
            return total.push_numbers(block);
        }
        if request.skip_nan && !matches!(self, Self::Extreme(_)) {
            return block.without_nan(&mut |block| self.add(request, block));
        }
        if matches!(request.family, Family::Norm1 | Family::NormMax | Family::NormMin) {
            return block.absolute(&mut |block| self.add(request, block));
        }
        self.add(request, block);
    }

    fn add(&mut self, request: &Request, block: Block<'_>) {
        match self {
            Self::Total(total) => total.push(block),
            Self::Squares(both) => {
                let (total, squares) = &mut **both;
                total.push(block);
                squares.push(block);
            }
            Self::Extreme(extreme) => extreme.push(block, request),
            Self::Product(product) => product.push(block, request),
            Self::Counts(counts) => counts.push(block),
            Self::Kept(kept) => kept.push(block),
            Self::Powers(powers) => powers.push(block),
        }
    }

    /// Appends the lane's results.
    pub(super) fn finish(&mut self, request: &Request, results: &mut Vec<Number>) -> Result<()> {
        match request.initial {
            Some(Number::F(first)) => self.add(request, Block::F64(&[first])),
            Some(Number::I(first)) => self.add(request, Block::I64(&[first])),
            Some(Number::U(first)) => self.add(request, Block::U64(&[first])),
            None => {}
        }
        results.push(match self {
            Self::Total(total) if matches!(request.family, Family::Sum | Family::Norm1) => total.sum(request),
            Self::Total(total) => Number::F(total.mean(request)),
            Self::Squares(both) if request.family == Family::Norm => Number::F(both.1.norm(request)),
            Self::Squares(both) => Number::F(variance(core::slice::from_ref(&both.0), &both.1, request)),
            Self::Extreme(extreme) => return extreme.finish(request, results),
            Self::Product(product) => product.finish(request),
            Self::Counts(counts) => Number::I(match request.family {
                Family::Any => i64::from(counts.nonzero > 0),
                Family::All => i64::from(counts.nonzero == counts.n),
                Family::Count => counts.n as i64,
                _ => counts.nonzero as i64,
            }),
            Self::Powers(powers) => {
                powers.finish(request, results);
                return Ok(());
            }
            Self::Kept(kept) => return kept.finish(request, results),
        });
        Ok(())
    }

    /// Adds what another state of the same kind knows; its elements come after the own ones.
    pub(super) fn merge(&mut self, other: &Self, request: &Request) -> Result<()> {
        match (self, other) {
            (Self::Total(total), Self::Total(other)) => total.merge(other),
            (Self::Squares(both), Self::Squares(other)) => {
                both.0.merge(&other.0);
                both.1.merge(&other.1);
            }
            (Self::Extreme(extreme), Self::Extreme(other)) => extreme.merge(other, request),
            (Self::Counts(counts), Self::Counts(other)) => {
                counts.n += other.n;
                counts.nonzero += other.nonzero;
            }
            (Self::Kept(kept), Self::Kept(other)) => kept.merge(other)?,
            (Self::Powers(powers), Self::Powers(other)) => powers.merge(other),
            _ => {
                return Err(Error::bad_parameter(
                    "other",
                    "a state of sums, extremes, moments or quantiles",
                    "one that is rounded on the way: push the elements instead",
                ));
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
            Self::Counts(counts) => {
                bytes.extend(counts.n.to_le_bytes());
                bytes.extend(counts.nonzero.to_le_bytes());
            }
            Self::Kept(kept) => kept.write(bytes),
            Self::Powers(powers) => powers.write(bytes),
        }
    }

    pub(super) fn read(request: &Request, bytes: &mut FieldReader<'_>) -> Result<Self> {
        Ok(match Self::new(request) {
            Self::Total(_) => Self::Total(Total::read(bytes)?),
            Self::Squares(_) => Self::Squares(Box::new((Total::read(bytes)?, Squares::read(bytes)?))),
            Self::Extreme(_) => Self::Extreme(Extreme::read(bytes)?),
            Self::Product(_) => Self::Product(Product::read(bytes)?),
            Self::Counts(_) => Self::Counts(Counts { n: bytes.u64()?, nonzero: bytes.u64()? }),
            Self::Kept(_) => Self::Kept(Kept::read(bytes)?),
            Self::Powers(_) => Self::Powers(Box::new(Powers::read(bytes)?)),
        })
    }
}
