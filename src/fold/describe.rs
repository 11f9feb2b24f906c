//! The summary of a column: count, mean, deviation, quartiles, extremes and shape, in few passes.

use super::axes::ReducedAxes;
use super::dtype::Dtype;
use super::moments::{self, Powers};
use super::names::Reduction;
use super::number::Number;
use super::options::{Options, Quantiles};
use super::output::{Output, output};
use super::quantiles;
use super::reduce::reduce;
use super::request::Request;
use super::run;
use super::values::Values;
use crate::error::Result;
use crate::kernel::fold::central_moments::Central;
use crate::kernel::fold::count::count_nan;
use crate::kernel::fold::element::Float;
use crate::kernel::fold::grid::Block;
use crate::kernel::fold::{extrema, variance};

/// Returns the usual figures of what is not NaN, each with its name, in this order: `count` `mean`
/// `std` `min` `25%` `50%` `75%` `max` `skew` `kurtosis`.
///
/// `axis`, `keepdims`, `where`, `ddof`, `bias` and `fisher` hold as in the functions of these names.
/// Shapes: each as of a reduction.
/// Errors: those of [`nanmin`](super::nanmin) and [`nanstd`](super::nanstd).
pub fn describe<'a>(
    values: impl Into<Values<'a>>,
    options: &Options<'_>,
) -> Result<Vec<(&'static str, Output)>> {
    let values = values.into();
    if let Some(figures) = of_lane(&values, options)? {
        return Ok(figures);
    }
    let quartile = |q| {
        let mut options = options.clone();
        options.q = Quantiles::One(q);
        options
    };
    [
        ("count", Reduction::Count, options.clone()),
        ("mean", Reduction::Nanmean, options.clone()),
        ("std", Reduction::Nanstd, options.clone()),
        ("min", Reduction::Nanmin, options.clone()),
        ("25%", Reduction::Nanquantile, quartile(0.25)),
        ("50%", Reduction::Nanquantile, quartile(0.5)),
        ("75%", Reduction::Nanquantile, quartile(0.75)),
        ("max", Reduction::Nanmax, options.clone()),
        ("skew", Reduction::Nanskew, options.clone()),
        ("kurtosis", Reduction::Nankurtosis, options.clone()),
    ]
    .into_iter()
    .map(|(name, reduction, options)| Ok((name, reduce(reduction, values.clone(), &options)?)))
    .collect()
}

/// Each figure with its name and its type.
type Figures = Vec<(&'static str, Number, Dtype)>;

/// What the figures of one lane are asked for with.
struct Asked<'a, 'b> {
    dtype: Dtype,
    options: &'a Options<'b>,
    /// The length of the lane.
    len: usize,
}

/// Returns the figures of a whole array of floats that lies together, in few passes; `None` if it is anything else.
fn of_lane(values: &Values<'_>, options: &Options<'_>) -> Result<Option<Vec<(&'static str, Output)>>> {
    let plain = options.dtype.is_none() && options.mask.is_none() && options.initial.is_none();
    if !plain || !matches!(values.dtype(), Dtype::F64 | Dtype::F32) {
        return Ok(None);
    }
    let plan = ReducedAxes::new(&options.axis, values.shape().len())?;
    let len = plan.len_reduced(values.shape());
    if len != values.len() {
        return Ok(None);
    }
    let asked = Asked { dtype: values.dtype(), options, len };
    let Some(results) = (match values.grid("describe")?.block() {
        Some(Block::F64(x)) => asked.results(x, |x| Block::F64(x))?,
        Some(Block::F32(x)) => asked.results(x, |x| Block::F32(x))?,
        _ => None,
    }) else {
        return Ok(None);
    };
    let shape = plan.shape(values.shape(), options.keepdims);
    let figure = |(name, number, dtype): (_, Number, _)| (name, output(&[number], dtype, shape.clone()));
    Ok(Some(results.into_iter().map(figure).collect()))
}

impl Asked<'_, '_> {
    fn request(&self, reduction: Reduction) -> Result<Request> {
        Request::new(reduction, self.dtype, self.options)
    }

    fn results<T: Float>(&self, x: &[T], block: impl Fn(&[T]) -> Block<'_>) -> Result<Option<Figures>> {
        let numbers: Vec<T>;
        let nans = if extrema::has_nan(x) { count_nan(x) as usize } else { 0 };
        let x = if nans == 0 {
            x
        } else {
            numbers = x.iter().copied().filter(|x| !x.is_nan()).collect();
            &numbers
        };
        let divisor = x.len() as f64 - self.options.ddof;
        let ends = extrema::min_max(x).filter(|(low, high)| low.widen() < high.widen());
        let (Some((low, high)), true) = (ends, divisor > 0.0) else { return Ok(None) };
        self.request(Reduction::Std)?; // refuses a ddof that is no number
        let of_mean = self.request(Reduction::Mean)?;
        let mean = run::fold_whole(block(x), &of_mean)?[0];
        let Some(central) = Central::new(x, mean.to_f64()) else { return Ok(None) };
        let std = central.variance(divisor).sqrt().rounded::<T>();
        let std = std.unwrap_or_else(|| variance::std(x, self.options.ddof));

        let mut quartiles = self.request(Reduction::Quantile)?;
        quartiles.q = vec![0.25, 0.5, 0.75];
        let mut results = Vec::with_capacity(3);
        quantiles::in_order(block(x), &quartiles, &mut results)?;
        let &[first, second, third] = results.as_slice() else { return Ok(None) };

        let mut exact: Option<Box<Powers>> = None;
        let mut shape = |reduction| -> Result<Number> {
            let request = self.request(reduction)?;
            if let Some(number) = moments::figure(&central, &request) {
                return Ok(number);
            }
            let powers = exact.get_or_insert_with(|| {
                let mut powers = Box::<Powers>::default();
                powers.push(block(x));
                powers
            });
            let mut results = Vec::with_capacity(1);
            powers.finish(&request, &mut results);
            Ok(results[0])
        };
        let (skew, kurtosis) = (shape(Reduction::Skew)?, shape(Reduction::Kurtosis)?);
        let (own, of_quartiles) = (of_mean.out, quartiles.out);
        let number = |x: T| Number::F(x.widen());
        Ok(Some(vec![
            ("count", Number::I((self.len - nans) as i64), Dtype::I64),
            ("mean", mean, own),
            ("std", number(std), own),
            ("min", number(low), own),
            ("25%", first, of_quartiles),
            ("50%", second, of_quartiles),
            ("75%", third, of_quartiles),
            ("max", number(high), own),
            ("skew", skew, own),
            ("kurtosis", kurtosis, own),
        ]))
    }
}
