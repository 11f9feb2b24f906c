//! Weighted quantiles.

use super::axes::{ReducedAxes, spread};
use super::gathered::{Gathered, check_room};
use super::names::Reduction;
use super::number::Number;
use super::options::{Method, Options};
use super::output::{Output, output, transposed};
use super::pairs::Pairs;
use super::quantiles::check_nan_fits;
use super::request::Request;
use super::sums::Total;
use super::values::Values;
#[cfg(doc)]
use crate::error::ErrorKind;
use crate::error::{Error, Result};
use crate::kernel::fold::grid::Block;
use crate::kernel::fold::round::Precision;
use crate::kernel::sort::{key_f64, of_key_f64, sort_by_two};

/// Returns quantiles of values of which each stands for as many elements as its weight says.
///
/// `reduction` is a quantile, a percentile or a nan twin of one, `method` [`Method::InvertedCdf`]. The result is the
/// first element in order for which the weight up to it is not 0 and, divided by the whole and rounded once, not below q.
/// Shapes: weights have the values' shape, or the lengths of `axis`; the result's as of the reduction.
/// Errors: [`ErrorKind::BadParameter`] for another reduction or method, and for weights of which one is negative or not
/// finite or that sum up to 0; [`ErrorKind::ShapeMismatch`]; those of the reduction.
/// Cost: O(n log n) time.
pub fn weighted<'a>(
    reduction: Reduction,
    values: impl Into<Values<'a>>,
    weights: impl Into<Values<'a>>,
    options: &Options<'_>,
) -> Result<Output> {
    let (values, weights) = (values.into(), weights.into());
    let values = &values;
    let request = Request::new(reduction, values.dtype(), options)?;
    if request.q.is_empty() && request.width.is_none() {
        return Err(Error::bad_parameter("weights", "none but for quantiles and percentiles", request.op));
    }
    if request.method != Method::InvertedCdf {
        return Err(Error::bad_parameter(
            "method",
            "inverted_cdf, the one with weights",
            request.method.name(),
        ));
    }
    let weights = spread(values, weights, &options.axis)?;
    let pair = Pairs::new(request.op, values, &weights, &options.axis)?;
    let (lanes, shape) = pair.result(options.keepdims);
    let plan = ReducedAxes::new(&options.axis, values.shape().len())?;
    let len = plan.len_reduced(values.shape());
    if lanes > 0 {
        request.check_len(len)?;
    }
    let mask = options.mask_of(values.shape())?.map(|mask| mask.permuted_axes(plan.order()));
    let mut mask = mask.as_ref().map(|mask| mask.iter());
    check_room(&shape, request.q.len())?;
    let mut results = Vec::with_capacity(lanes * request.q.len());
    for lane in 0..lanes {
        let (values, weights) = pair.lane(lane);
        let mut places: Vec<usize> = (0..len).collect();
        if let Some(mask) = &mut mask {
            places.retain(|_| mask.next().is_some_and(|chosen| chosen.get()));
        }
        in_order(values, weights, &places, &request, &mut results)?;
    }
    let (results, shape) = transposed(results, request.width, shape);
    Ok(output(&results, request.out, shape))
}

/// Appends the quantiles of the elements at some places.
fn in_order(
    values: Block<'_>,
    weights: Block<'_>,
    places: &[usize],
    request: &Request,
    results: &mut Vec<Number>,
) -> Result<()> {
    const TURNED: u64 = 1 << 63;
    let key = |place: usize| match values {
        Block::F64(x) => key_f64(x[place]),
        Block::F32(x) => key_f64(f64::from(x[place])),
        Block::I64(x) => x[place] as u64 ^ TURNED,
        Block::U64(x) => x[place],
    };
    let is_nan = |place: usize| match values {
        Block::F64(x) => x[place].is_nan(),
        Block::F32(x) => x[place].is_nan(),
        Block::I64(_) | Block::U64(_) => false,
    };
    let nan = places.iter().any(|&place| is_nan(place));
    let numbers = places.iter().filter(|&&place| !is_nan(place));
    let mut list: Vec<(u64, u64)> = numbers.map(|&place| (key(place), place as u64)).collect();
    if list.is_empty() || (nan && !request.skip_nan) {
        check_nan_fits(request)?;
        results.extend(request.q.iter().map(|_| Number::F(f64::NAN)));
        return Ok(());
    }
    sort_by_two(&mut list, |&both| both);
    let sorted: Vec<usize> = list.iter().map(|&(_, place)| place as usize).collect();
    let weights = weights_at(weights, &sorted)?;
    let upto = |total: &Total, from: usize, to: usize| {
        let mut total = total.clone();
        total.push(weights.part(from, to - from));
        total
    };
    let all = upto(&Total::default(), 0, sorted.len()).value();
    if all.is_zero() {
        return Err(Error::bad_parameter("weights", "weights whose sum is not 0", "a sum of 0"));
    }
    for &q in &request.q {
        // The first place with weight up to it, and no smaller a part of the whole than is wanted.
        let (mut low, mut high, mut below) = (0, sorted.len() - 1, Total::default());
        while low < high {
            let middle = low.midpoint(high);
            let total = upto(&below, low, middle + 1);
            let weight = total.value();
            if weight.is_zero() || weight.divided_by(&all, false, Precision::F64) < q {
                (low, below) = (middle + 1, total);
            } else {
                high = middle;
            }
        }
        results.push(match values {
            Block::F64(_) | Block::F32(_) => Number::F(of_key_f64(list[low].0)),
            Block::I64(_) => Number::I((list[low].0 ^ TURNED) as i64),
            Block::U64(_) => Number::U(list[low].0),
        });
    }
    Ok(())
}

/// Returns the weights at these places; all are finite and none is negative.
fn weights_at(weights: Block<'_>, places: &[usize]) -> Result<Gathered<'static>> {
    let weights = Gathered::Borrowed(weights).taken(places)?;
    let fit = match weights.block() {
        Block::F64(w) => w.iter().all(|&w| (0.0..f64::INFINITY).contains(&w)),
        Block::F32(w) => w.iter().all(|&w| (0.0..f32::INFINITY).contains(&w)),
        Block::I64(w) => w.iter().all(|&w| w >= 0),
        Block::U64(_) => true,
    };
    if fit {
        Ok(weights)
    } else {
        Err(Error::bad_parameter("weights", "finite weights, none of them negative", "another one"))
    }
}
