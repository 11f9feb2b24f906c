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
use crate::kernel::fold::grid::Block;
use crate::kernel::fold::ratio::Ratio;

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

/// One variable's part of a piece: doubles, and what integers above 2^53 have besides.
struct Variable {
    high: Vec<f64>,
    low: Option<Vec<f64>>,
}

impl Variable {
    fn new(block: Block<'_>) -> Self {
        if block.is_beyond_doubles() {
            let (high, low) = block.all_halves().into_iter().unzip();
            return Self { high, low: Some(low) };
        }
        let mut high = Vec::with_capacity(block.len());
        block.append_doubles(&mut high);
        Self { high, low: None }
    }

    fn parts(&self) -> impl Iterator<Item = &[f64]> {
        core::iter::once(self.high.as_slice()).chain(self.low.as_deref())
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
        check_memory::<ExactProducts>(variables * (variables + 1) / 2)?;
        Ok(Self {
            variables,
            n: 0,
            sums: vec![ExactTotal::new(); variables],
            products: vec![ExactProducts::new(); variables * (variables + 1) / 2],
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
        self.n = total(self.n, n as u64)?;
        let columns: Vec<Variable> =
            (0..self.variables).map(|row| Variable::new(work.part(row * n, n))).collect();
        let mut products = self.products.iter_mut();
        for (i, a) in columns.iter().enumerate() {
            a.parts().for_each(|part| self.sums[i].add_slice(part));
            for (b, products) in columns[..=i].iter().zip(&mut products) {
                for a in a.parts() {
                    b.parts().for_each(|b| products.add_dot(a, b));
                }
            }
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

    fn table(&self, each: impl Fn(usize, usize) -> f64) -> Result<Output> {
        if self.n == 0 {
            return Err(ErrorKind::Empty { op: "cov" }.into());
        }
        let k = self.variables;
        let results: Vec<Number> = (0..k * k).map(|i| Number::F(each(i / k, i % k))).collect();
        Ok(output(&results, Dtype::F64, vec![k, k]))
    }

    /// Returns the covariances (float64), each rounded once; NaN where a variable was not finite.
    ///
    /// Shapes: `[variables, variables]`.
    /// Errors: [`ErrorKind::Empty`] of no observations; [`ErrorKind::BadParameter`] if ddof is not below n.
    pub fn result(&self, ddof: f64) -> Result<Output> {
        let divisor = self.n as f64 - ddof;
        if self.n > 0 && !(divisor > 0.0 && divisor.is_finite()) {
            return Err(Error::bad_parameter(
                "ddof",
                format!("a number below the {} observations", self.n),
                ddof,
            ));
        }
        let divisor = Ratio::from_u64(self.n).mul(&Ratio::from_f64(divisor));
        let to = precision(Dtype::F64);
        self.table(|i, j| self.centred(i, j).map_or(f64::NAN, |c| c.divided_by(&divisor, false, to)))
    }

    /// Returns Pearson's correlations (float64), each rounded once; NaN where a variance is 0 or a
    /// variable was not finite.
    ///
    /// Shapes: `[variables, variables]`.
    /// Errors: [`ErrorKind::Empty`] of no observations.
    pub fn corrcoef(&self) -> Result<Output> {
        let own: Vec<Option<Ratio>> = (0..self.variables).map(|i| self.centred(i, i)).collect();
        self.table(|i, j| match (self.centred(i, j), &own[i], &own[j]) {
            (Some(xy), Some(xx), Some(yy)) => quotient_of_root(&xy, xx, yy, Dtype::F64),
            _ => f64::NAN,
        })
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
