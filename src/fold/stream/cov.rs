//! The covariances and correlations of a table that comes in pieces.

use super::super::dtype::Dtype;
use super::super::gathered::{Gathered, check_memory};
use super::super::number::{Number, precision};
use super::super::output::{Output, output};
use super::super::pairs::quotient_of_root;
use super::super::partial::total;
use super::super::values::Values;
use crate::error::{Error, ErrorKind, Result};
use crate::exact::bytes::{FieldReader, begun, corrupt, opened, sealed, write_list};
use crate::kernel::fold::exact::ExactProducts;
use crate::kernel::fold::exact::ExactTotal;
use crate::kernel::fold::grid::{Block, Type};
use crate::kernel::fold::ratio::Ratio;
use crate::text::number;

/// More variables than this need gigabytes for their products.
const MOST_VARIABLES: usize = 2048;

/// The exact sums and sums of products of some variables over a stream of observations.
///
/// Any split into pieces and any order of merging gives the bits of [`cov`](super::super::cov) and
/// [`corrcoef`](super::super::corrcoef) of the whole table: nothing is rounded before the end.
/// Cost: k (k + 1) / 2 inner products a push; about 540 bytes for each.
///
/// ```
/// use nearfold::fold::stream::Cov;
///
/// let mut left = Cov::new(2)?;
/// let mut right = left.clone();
/// left.push(ndarray::array![[1.0, 2.0], [6.0, 4.0]].view())?;
/// right.push(ndarray::array![[3.0], [2.0]].view())?;
/// left.merge(&right)?;
/// assert_eq!(left.result(1.0)?.to_string(), "[[1, -2],\n [-2, 4]]");
/// # Ok::<(), nearfold::Error>(())
/// ```
#[derive(Clone, Debug)]
pub struct Cov {
    variables: usize,
    n: u64,
    sums: Vec<ExactTotal>,
    /// Σxᵢxⱼ for j ≤ i, row after row.
    products: Vec<ExactProducts>,
}

/// One variable's part of a piece: as it lies, or as doubles with what integers above 2^53 have besides.
enum Variable<'a> {
    F64(&'a [f64]),
    F32(&'a [f32]),
    Halves([Vec<f64>; 2]),
}

impl<'a> Variable<'a> {
    /// Reads variables: where they are of several types, all of them as doubles.
    fn all(blocks: &[Block<'a>]) -> Vec<Self> {
        let alike = |kind| blocks.iter().all(|block| block.kind() == kind);
        let (all_f64, all_f32) = (alike(Type::F64), alike(Type::F32));
        let read = |block: &Block<'a>| match *block {
            Block::F64(x) if all_f64 => Self::F64(x),
            Block::F32(x) if all_f32 => Self::F32(x),
            block => {
                let mut high = Vec::with_capacity(block.len());
                block.append_doubles(&mut high);
                let low = if block.is_beyond_doubles() {
                    block.all_halves().into_iter().map(|(_, low)| low).collect()
                } else {
                    Vec::new()
                };
                Self::Halves([high, low])
            }
        };
        blocks.iter().map(read).collect()
    }

    fn add_to(&self, sum: &mut ExactTotal) {
        match self {
            Self::F64(x) => sum.add_slice(x),
            Self::F32(x) => sum.add_slice(x),
            Self::Halves(halves) => halves.iter().for_each(|half| sum.add_slice(half)),
        }
    }

    fn add_products(&self, other: &Self, products: &mut ExactProducts) {
        match (self, other) {
            (Self::F64(x), Self::F64(y)) => products.add_dot(x, y),
            (Self::F32(x), Self::F32(y)) => products.add_dot(x, y),
            (Self::Halves(x), Self::Halves(y)) => {
                for x in x.iter().filter(|half| !half.is_empty()) {
                    y.iter().filter(|half| !half.is_empty()).for_each(|y| products.add_dot(x, y));
                }
            }
            _ => unreachable!("all are read alike"),
        }
    }
}

impl Cov {
    /// Returns the state of no observations of this many variables.
    ///
    /// Errors: [`ErrorKind::BadParameter`] unless there are 1 to 2048; [`ErrorKind::OutOfMemory`].
    pub fn new(variables: usize) -> Result<Self> {
        if !(1..=MOST_VARIABLES).contains(&variables) {
            return Err(Error::bad_parameter("variables", format!("1 to {MOST_VARIABLES}"), variables));
        }
        Self::of(variables)
    }

    /// Does the work of [`new`](Self::new) for any number of variables.
    pub(crate) fn of(variables: usize) -> Result<Self> {
        let pairs = variables.saturating_mul(variables.saturating_add(1)) / 2;
        check_memory::<ExactProducts>(pairs)?;
        Ok(Self {
            variables,
            n: 0,
            sums: vec![ExactTotal::new(); variables],
            products: vec![ExactProducts::new(); pairs],
        })
    }

    /// Adds observations: rows are variables, columns are observations, as in [`cov`](super::super::cov).
    ///
    /// Shapes: `[variables, n]`, or `[n]` of one variable.
    /// Errors: [`ErrorKind::ShapeMismatch`]; [`ErrorKind::UnsupportedDtype`] for complex numbers.
    pub fn push<'a>(&mut self, values: impl Into<Values<'a>>) -> Result<()> {
        let values = values.into();
        let n = match *values.shape() {
            [n] if self.variables == 1 => n,
            [variables, n] if variables == self.variables => n,
            _ => {
                return Err(ErrorKind::ShapeMismatch {
                    expected: format!("[{}, n]: a row for each variable", self.variables),
                    got: format!("{:?}", values.shape()),
                }
                .into());
            }
        };
        let work = Gathered::flat(&values, "cov")?;
        let rows: Vec<Block<'_>> = (0..self.variables).map(|row| work.part(row * n, n)).collect();
        self.add(&rows, n)
    }

    /// Adds n observations of each variable.
    pub(crate) fn add(&mut self, rows: &[Block<'_>], n: usize) -> Result<()> {
        self.n = total(self.n, n as u64)?;
        let rows = Variable::all(rows);
        let mut products = self.products.iter_mut();
        for (i, a) in rows.iter().enumerate() {
            a.add_to(&mut self.sums[i]);
            rows[..=i].iter().zip(&mut products).for_each(|(b, products)| a.add_products(b, products));
        }
        Ok(())
    }

    /// Adds what came to another state.
    ///
    /// Errors: [`ErrorKind::BadParameter`] if the other is of another number of variables.
    pub fn merge(&mut self, other: &Self) -> Result<()> {
        if self.variables != other.variables {
            return Err(Error::bad_parameter(
                "other",
                format!("a Cov of {} variables", self.variables),
                other.variables,
            ));
        }
        self.n = total(self.n, other.n)?;
        self.sums.iter_mut().zip(&other.sums).for_each(|(a, b)| a.merge(b));
        self.products.iter_mut().zip(&other.products).for_each(|(a, b)| a.merge(b));
        Ok(())
    }

    /// Returns the number of variables.
    pub fn variables(&self) -> usize {
        self.variables
    }

    /// Returns how many observations came.
    pub fn count(&self) -> u64 {
        self.n
    }

    /// Returns n Σxy − Σx Σy of two variables, or `None` if one of them was not finite.
    fn centred(&self, i: usize, j: usize) -> Option<Ratio> {
        let (i, j) = (i.max(j), i.min(j));
        let products = &self.products[i * (i + 1) / 2 + j];
        if self.sums[i].special().is_some() || self.sums[j].special().is_some() {
            return None;
        }
        let sum = |i: usize| self.sums[i].value();
        Some(Ratio::from_u64(self.n).mul(&products.value()).sub(&sum(i).mul(&sum(j))))
    }

    /// Returns a symmetric table, or its only number.
    fn table(&self, scalar: bool, each: impl Fn(usize, usize) -> f64) -> Result<Output> {
        if self.n == 0 {
            return Err(ErrorKind::Empty { op: "cov" }.into());
        }
        let k = self.variables;
        check_memory::<Number>(k.saturating_mul(k))?;
        let mut results = vec![Number::F(0.0); k * k];
        for i in 0..k {
            for j in 0..=i {
                let result = Number::F(each(i, j));
                (results[i * k + j], results[j * k + i]) = (result, result);
            }
        }
        Ok(output(&results, Dtype::F64, if scalar { Vec::new() } else { vec![k, k] }))
    }

    /// Does the work of [`result`](Self::result).
    pub(crate) fn covariances(&self, ddof: f64, scalar: bool) -> Result<Output> {
        let divisor = self.n as f64 - ddof;
        if self.n > 0 && !(divisor > 0.0 && divisor.is_finite()) {
            let expected = format!("a number below the {} observations", self.n);
            return Err(Error::bad_parameter("ddof", expected, number(ddof)));
        }
        let divisor = Ratio::from_u64(self.n).mul(&Ratio::from_f64(divisor));
        let to = precision(Dtype::F64);
        self.table(scalar, |i, j| self.centred(i, j).map_or(f64::NAN, |c| c.divided_by(&divisor, false, to)))
    }

    /// Does the work of [`corrcoef`](Self::corrcoef).
    pub(crate) fn correlations(&self, scalar: bool) -> Result<Output> {
        let own: Vec<Option<Ratio>> = (0..self.variables).map(|i| self.centred(i, i)).collect();
        self.table(scalar, |i, j| match (self.centred(i, j), &own[i], &own[j]) {
            (Some(xy), Some(xx), Some(yy)) => quotient_of_root(&xy, xx, yy, Dtype::F64),
            _ => f64::NAN,
        })
    }

    /// Returns the covariances (float64), each rounded once; NaN where a variable was not finite.
    ///
    /// Shapes: `[variables, variables]`.
    /// Errors: [`ErrorKind::Empty`] of no observations; [`ErrorKind::BadParameter`] if ddof is not below n.
    pub fn result(&self, ddof: f64) -> Result<Output> {
        self.covariances(ddof, false)
    }

    /// Returns Pearson's correlations (float64), each rounded once; NaN where a variance is 0 or a
    /// variable was not finite.
    ///
    /// Shapes: `[variables, variables]`.
    /// Errors: [`ErrorKind::Empty`] of no observations.
    pub fn corrcoef(&self) -> Result<Output> {
        self.correlations(false)
    }

    /// Returns the state as bytes that [`from_bytes`](Self::from_bytes) reads on any machine.
    pub fn to_bytes(&self) -> Vec<u8> {
        let mut bytes = begun(NAME);
        bytes.extend((self.variables as u64).to_le_bytes());
        bytes.extend(self.n.to_le_bytes());
        self.sums.iter().for_each(|sum| write_list(&mut bytes, &sum.to_bytes()));
        self.products.iter().for_each(|sum| write_list(&mut bytes, &sum.to_bytes()));
        sealed(bytes)
    }

    /// Reads what [`to_bytes`](Self::to_bytes) wrote.
    ///
    /// Errors: [`ErrorKind::Corrupt`]; [`ErrorKind::UnsupportedVersion`] of bytes that a newer release wrote.
    pub fn from_bytes(bytes: &[u8]) -> Result<Self> {
        let mut bytes = FieldReader::new(opened(bytes, NAME, "Cov")?);
        // Each sum has a length of 8 bytes at least: no allocation beyond what the bytes can hold.
        let variables = bytes.len(8)?;
        if !(1..=MOST_VARIABLES).contains(&variables) {
            return Err(corrupt("a number of variables that no state has"));
        }
        let n = bytes.u64()?;
        let sums = (0..variables).map(|_| ExactTotal::from_bytes(bytes.list()?).map_err(corrupt));
        let sums = sums.collect::<Result<_>>()?;
        let pairs = variables * (variables + 1) / 2;
        let products = (0..pairs).map(|_| ExactProducts::from_bytes(bytes.list()?).map_err(corrupt));
        let products = products.collect::<Result<_>>()?;
        bytes.end()?;
        Ok(Self { variables, n, sums, products })
    }
}

/// The first bytes of a stored state.
const NAME: &[u8] = b"nearfold.cov";
