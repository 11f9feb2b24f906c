//! The state of one reduction over a stream: pushed to, merged, kept as bytes and finished.

use super::dtype::Dtype;
use super::names::{Family, Reduction};
use super::number::Number;
use super::options::{Axes, Method, NormOrder, Options, Quantiles};
use super::output::{Output, output};
use super::request::Request;
use super::run::push_lane;
use super::state::State;
use super::values::Values;
use crate::error::{Error, ErrorKind, Result};
use crate::exact::bytes::{FieldReader, begun, corrupt, opened, sealed, write_list};

/// A reduction over all elements of a stream that comes in pieces.
///
/// Any split into pieces gives the same bits as one call of the function of that name on the whole,
/// and so does any order of merging: nothing is rounded before [`result`](Self::result). Only
/// [`Reduction::Prod`] is rounded on the way: it can't be merged.
///
/// ```
/// use nearfold::fold::{Dtype, Options, Partial, Reduction};
///
/// let options = Options::default();
/// let mut left = Partial::new(Reduction::Sum, Dtype::F64, &options)?;
/// let mut right = left.clone();
/// left.push(&[1e16, 1.0])?;
/// right.push(&[-1e16])?;
/// left.merge(&Partial::from_bytes(&right.to_bytes())?)?;
/// assert_eq!(left.result()?.to_f64(), Some(1.0));
/// # Ok::<(), nearfold::Error>(())
/// ```
#[derive(Clone, Debug)]
pub struct Partial {
    reduction: Reduction,
    dtype: Dtype,
    request: Request,
    state: State,
    /// How many elements were pushed, NaN or not.
    pushed: u64,
}

impl Partial {
    /// Returns the state of an empty stream of elements of this type.
    ///
    /// `axis`, `keepdims` and `where` have no meaning here.
    /// Errors: [`ErrorKind::UnsupportedDtype`], [`ErrorKind::BadParameter`].
    pub fn new(reduction: Reduction, dtype: Dtype, options: &Options<'_>) -> Result<Self> {
        check_one_lane(options)?;
        if dtype.is_complex() {
            return Err(ErrorKind::UnsupportedDtype {
                op: reduction.name(),
                expected: "a real dtype",
                got: dtype.name().to_owned(),
            }
            .into());
        }
        let request = Request::new(reduction, dtype, options)?;
        let state = State::new(&request);
        Ok(Self { reduction, dtype, request, state, pushed: 0 })
    }

    /// Adds all elements of an array, in C order.
    ///
    /// Errors: [`ErrorKind::UnsupportedDtype`] if the type is not the stream's; [`ErrorKind::OutOfMemory`] of medians and
    /// quantiles, which keep every element; [`ErrorKind::BadParameter`] for 2^63 elements or more in all.
    pub fn push<'a>(&mut self, values: impl Into<Values<'a>>) -> Result<()> {
        let values = values.into();
        // An empty list has no type of its own.
        if values.is_empty() {
            return Ok(());
        }
        if values.dtype() != self.dtype {
            return Err(ErrorKind::UnsupportedDtype {
                op: self.reduction.name(),
                expected: self.dtype.name(),
                got: values.dtype().name().to_owned(),
            }
            .into());
        }
        let pushed = total(self.pushed, values.len() as u64)?;
        push_lane(&values.grid(self.request.op)?, &self.request, &mut self.state)?;
        self.pushed = pushed;
        Ok(())
    }

    /// Adds what came to another state, after what came to this one.
    ///
    /// Errors: [`ErrorKind::BadParameter`] if the other is of another reduction, dtype or options, or of one
    /// that is rounded on the way (`prod`), and for 2^63 elements or more in all.
    pub fn merge(&mut self, other: &Self) -> Result<()> {
        if self.header() != other.header() {
            return Err(ErrorKind::BadParameter {
                name: "other",
                expected: format!(
                    "a state of {} of {} with the same options",
                    self.reduction.name(),
                    self.dtype.name()
                ),
                got: if (self.reduction, self.dtype) == (other.reduction, other.dtype) {
                    "one with others".to_owned()
                } else {
                    format!("one of {} of {}", other.reduction.name(), other.dtype.name())
                },
            }
            .into());
        }
        let pushed = total(self.pushed, other.pushed)?;
        self.state.merge(&other.state, &self.request)?;
        self.pushed = pushed;
        Ok(())
    }

    /// Returns the reduction of all that came.
    ///
    /// Errors: those of the function of that name.
    pub fn result(&self) -> Result<Output> {
        self.request.check_len(usize::try_from(self.pushed).unwrap_or(usize::MAX))?;
        let mut results = Vec::new();
        self.state.clone().finish(&self.request, &mut results)?;
        let shape = self.request.width.map_or_else(Vec::new, |width| vec![width]);
        Ok(output(&results, self.request.out, shape))
    }

    /// Returns another figure of the same stream: of a state of moments, mean, var, std, skew, kurtosis or moments.
    ///
    /// Errors: those of the function of that name; [`ErrorKind::BadParameter`] for another reduction, or another state.
    pub(crate) fn figure(&self, reduction: Reduction, options: &Options<'_>) -> Result<Output> {
        check_one_lane(options)?;
        let request = Request::new(reduction, self.dtype, options)?;
        let known = [Family::Mean, Family::Var, Family::Std, Family::Skew, Family::Kurtosis, Family::Moments];
        let (Some(powers), true) = (self.state.powers(), known.contains(&request.family)) else {
            return Err(Error::bad_parameter(
                "reduction",
                "mean, var, std, skew, kurtosis or moments, of a state of moments",
                format!("{}, of one of {}", reduction.name(), self.reduction.name()),
            ));
        };
        request.check_len(usize::try_from(self.pushed).unwrap_or(usize::MAX))?;
        let mut results = Vec::new();
        powers.finish(&request, &mut results);
        let shape = request.width.map_or_else(Vec::new, |width| vec![width]);
        Ok(output(&results, request.out, shape))
    }

    /// Returns what is computed.
    pub fn reduction(&self) -> Reduction {
        self.reduction
    }

    /// Returns the type of the elements.
    pub fn dtype(&self) -> Dtype {
        self.dtype
    }

    /// Returns how many elements came.
    pub fn count(&self) -> u64 {
        self.pushed
    }

    /// What states that may be merged have in common, as bytes.
    fn header(&self) -> Vec<u8> {
        let mut bytes = Vec::new();
        write_list(&mut bytes, self.reduction.name().as_bytes());
        write_list(&mut bytes, self.dtype.name().as_bytes());
        write_list(&mut bytes, self.request.out.name().as_bytes());
        bytes.extend(self.request.ddof.to_bits().to_le_bytes());
        bytes.extend([
            u8::from(self.request.bias) | u8::from(self.request.initial.is_some()) << 2,
            u8::from(self.request.fisher),
            self.request.order as u8,
            self.request.ord,
        ]);
        write_list(&mut bytes, self.request.method.name().as_bytes());
        bytes.push(u8::from(self.request.width.is_some()));
        bytes.extend((self.request.q.len() as u64).to_le_bytes());
        self.request.q.iter().for_each(|q| bytes.extend(q.to_bits().to_le_bytes()));
        if let Some(initial) = self.request.initial {
            initial.write(&mut bytes);
        }
        bytes
    }

    /// Returns the state as bytes that [`from_bytes`](Self::from_bytes) reads on any machine.
    pub fn to_bytes(&self) -> Vec<u8> {
        let mut bytes = begun(NAME);
        bytes.extend(self.header());
        bytes.extend(self.pushed.to_le_bytes());
        self.state.write(&mut bytes);
        sealed(bytes)
    }

    /// Reads what [`to_bytes`](Self::to_bytes) wrote.
    ///
    /// Errors: [`ErrorKind::Corrupt`]; [`ErrorKind::UnsupportedVersion`] of bytes that a newer release wrote;
    /// [`ErrorKind::BadParameter`] of a sum that an older one made with `exact=False`.
    pub fn from_bytes(bytes: &[u8]) -> Result<Self> {
        Self::read(opened(bytes, NAME, "accumulator")?).map_err(|error| match error.kind() {
            ErrorKind::Corrupt { .. } | ErrorKind::BadParameter { name: "exact", .. } => error,
            // A name or a number that no call would have taken.
            other => corrupt(&other.to_string()),
        })
    }

    /// Reads a state of this reduction without options.
    ///
    /// Errors: [`ErrorKind::Corrupt`], for another state too.
    pub(crate) fn plain_from_bytes(reduction: Reduction, bytes: &[u8]) -> Result<Self> {
        let state = Self::from_bytes(bytes)?;
        let plain = Self::new(reduction, state.dtype, &Options::default())?;
        if state.header() == plain.header() {
            return Ok(state);
        }
        Err(corrupt(&format!(
            "this is no state of {} without options, but one of {}",
            reduction.name(),
            state.reduction.name()
        )))
    }

    fn read(stored: &[u8]) -> Result<Self> {
        let mut bytes = FieldReader::new(stored);
        let reduction = Reduction::from_name(bytes.name()?)?;
        let dtype = Dtype::from_name(bytes.name()?)?;
        let mut options = Options::default().dtype(Dtype::from_name(bytes.name()?)?).ddof(bytes.f64()?);
        let flags = bytes.u8()?;
        options.bias = flags & 1 != 0;
        if flags & 2 != 0 {
            return Err(Error::bad_parameter(
                "exact",
                "the state of an exact sum",
                "one that was rounded on the way (exact=False): such sums are no more, push the elements anew",
            ));
        }
        options.fisher = bytes.u8()? != 0;
        options.order = bytes.u8()?;
        let ord = usize::from(bytes.u8()?);
        options.ord = *NormOrder::ALL.get(ord).ok_or_else(|| corrupt("unknown norm"))?;
        options.method = Method::from_name(bytes.name()?)?;
        let many = bytes.u8()? != 0;
        let len = bytes.len(8)?;
        let scale =
            if matches!(reduction, Reduction::Percentile | Reduction::Nanpercentile) { 100.0 } else { 1.0 };
        let q = (0..len).map(|_| bytes.f64()).collect::<Result<Vec<f64>>>()?;
        options.q = match q.as_slice() {
            [one] if !many => Quantiles::One(one * scale),
            _ => Quantiles::Many(q.iter().map(|q| q * scale).collect()),
        };
        if flags & 4 != 0 {
            options.initial = Some(match Number::read(&mut bytes)? {
                Number::F(initial) => initial.into(),
                Number::I(initial) => initial.into(),
                Number::U(initial) => initial.into(),
            });
        }
        let mut partial = Self::new(reduction, dtype, &options)?;
        // The fractions as they were: a product and a quotient by 100 may round.
        partial.request.q = q;
        if !stored.starts_with(&partial.header()) {
            return Err(corrupt("options that no state writes so"));
        }
        partial.pushed = bytes.u64()?;
        partial.state = State::read(&partial.request, &mut bytes)?;
        bytes.end()?;
        Ok(partial)
    }
}

fn check_one_lane(options: &Options<'_>) -> Result<()> {
    if options.axis == Axes::All && options.mask.is_none() {
        return Ok(());
    }
    Err(Error::bad_parameter(
        if options.mask.is_some() { "where" } else { "axis" },
        "none: a stream is one lane",
        "one",
    ))
}

/// Adds what two states counted.
pub(super) fn total(a: u64, b: u64) -> Result<u64> {
    let sum = a.checked_add(b).filter(|sum| i64::try_from(*sum).is_ok());
    sum.ok_or_else(|| Error::bad_parameter("elements", "fewer than 2^63 in all", "more"))
}

/// The first bytes of a stored state.
const NAME: &[u8] = b"nearfold.partial";
