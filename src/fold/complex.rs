//! Complex numbers: an array of them is two arrays of reals, and their sums are two sums.

use core::cmp::Ordering;

use ndarray::{ArrayD, Axis, Slice, Zip};
use num_complex::Complex;

use super::axes::ReducedAxes;
use super::dtype::{Boolean, Dtype};
use super::gathered::{Gathered, check_memory, check_room};
use super::names::{Family, Reduction, Scan};
use super::number::{Number, precision};
use super::options::{Axes, NormOrder, Options};
use super::output::{Array, Output, Scalar, output, transposed};
use super::pairs::{Pairs, ProductSum, average_dtype, product_dtype};
use super::quantiles::middle;
use super::reduce::reduce as reduce_real;
use super::request::Request;
use super::scan::scan as scan_real;
use super::sums::{Squares, Total, variance};
use super::values::Values;
use crate::error::{Error, ErrorKind, Result};
use crate::kernel::fold::grid::Block;
use crate::kernel::fold::ratio::Ratio;
use crate::kernel::fold::variance;

/// Returns the real and the imaginary parts, where they lie.
fn parts<'a>(values: &Values<'a>) -> Option<[Values<'a>; 2]> {
    match values {
        Values::C128(view) => {
            let Complex { re, im } = view.clone().split_complex();
            Some([re.into(), im.into()])
        }
        Values::C64(view) => {
            let Complex { re, im } = view.clone().split_complex();
            Some([re.into(), im.into()])
        }
        _ => None,
    }
}

/// Returns what `each` makes of every number.
///
/// Errors: [`ErrorKind::OutOfMemory`].
fn mapped<R>(values: &Values<'_>, each: impl Fn(Complex<f64>) -> R) -> Result<ArrayD<R>> {
    check_memory::<R>(values.len())?;
    Ok(match values {
        Values::C128(view) => view.map(|&z| each(z)),
        Values::C64(view) => view.map(|z| each(Complex::new(z.re.into(), z.im.into()))),
        _ => unreachable!("the numbers are complex"),
    })
}

fn is_nan(z: Complex<f64>) -> bool {
    z.re.is_nan() || z.im.is_nan()
}

/// Returns the error of a function that has no meaning for complex numbers.
fn refused<T>(op: &'static str, dtype: Dtype) -> Result<T> {
    Err(ErrorKind::UnsupportedDtype { op, expected: "a real dtype", got: dtype.name().to_owned() }.into())
}

/// Returns the options for the reals and for the imaginary parts.
fn options_of_parts<'a>(op: &'static str, options: &Options<'a>) -> Result<[Options<'a>; 2]> {
    let dtype = match options.dtype {
        None => None,
        Some(Dtype::C128) => Some(Dtype::F64),
        Some(Dtype::C64) => Some(Dtype::F32),
        Some(real) => {
            return Err(ErrorKind::UnsupportedDtype {
                op,
                expected: "complex64 or complex128 for the result",
                got: real.name().to_owned(),
            }
            .into());
        }
    };
    let initial = match options.initial {
        Some(Scalar::C128(z)) => [Some(z.re.into()), Some(z.im.into())],
        Some(Scalar::C64(z)) => [Some(z.re.into()), Some(z.im.into())],
        real => [real, real.map(|_| Scalar::F64(0.0))],
    };
    Ok(initial.map(|initial| Options { dtype, initial, ..options.clone() }))
}

/// Makes complex numbers of their parts.
fn joined(re: Output, im: Output) -> Output {
    macro_rules! join {
        ($($part:ident)*) => {
            match (re, im) {
                $(
                    (Output::Scalar(Scalar::$part(re)), Output::Scalar(Scalar::$part(im))) => {
                        Output::Scalar(Complex::new(re, im).into())
                    }
                    (Output::Array(Array::$part(re)), Output::Array(Array::$part(im))) => Output::Array(
                        Zip::from(&re).and(&im).map_collect(|&re, &im| Complex::new(re, im)).into(),
                    ),
                )*
                _ => unreachable!("both parts are of one type and shape"),
            }
        };
    }
    join!(F64 F32)
}

/// Does the work of [`reduce`](super::reduce()) for complex numbers.
pub(super) fn reduce(reduction: Reduction, values: &Values<'_>, options: &Options<'_>) -> Result<Output> {
    let (op, skip_nan) = (reduction.name(), reduction.skips_nan());
    let Some([re, im]) = parts(values) else { return refused(op, values.dtype()) };
    let truth = |each: &dyn Fn(Complex<f64>) -> bool| mapped(values, |z| Boolean::from(each(z)));
    match reduction.family() {
        Family::Sum | Family::Mean => {
            let [first, second] = options_of_parts(op, options)?;
            let plain = if reduction.family() == Family::Sum { Reduction::Sum } else { Reduction::Mean };
            // A number is left out with both of its parts.
            let mut numbers = skip_nan.then(|| truth(&|z| !is_nan(z))).transpose()?;
            if let (Some(numbers), Some(mask)) = (&mut numbers, options.mask_of(values.shape())?) {
                numbers.zip_mut_with(&mask, |number, mask| *number = (number.get() && mask.get()).into());
            }
            let part = |values, options: Options<'_>| {
                let mask = numbers.as_ref().map(|numbers| numbers.view());
                let mask = mask.or_else(|| options.mask.as_ref().map(|mask| mask.view()));
                reduce_real(plain, values, &Options { mask, ..options.clone() })
            };
            Ok(joined(part(re, first)?, part(im, second)?))
        }
        Family::Any | Family::All | Family::CountNonzero => {
            reduce_real(reduction, &truth(&|z| z.re != 0.0 || z.im != 0.0)?, options)
        }
        Family::Count => reduce_real(Reduction::CountNonzero, &truth(&|z| !is_nan(z))?, options),
        // Each magnitude is rounded once, to the type of the parts.
        Family::Norm if options.ord != NormOrder::Two => match values {
            Values::C64(_) => {
                let size = |z: Complex<f64>| variance::norm::<f32, f32>(&[z.re as f32, z.im as f32]);
                reduce_real(reduction, &mapped(values, size)?, options)
            }
            _ => {
                let size = |z: Complex<f64>| variance::norm::<f64, f64>(&[z.re, z.im]);
                reduce_real(reduction, &mapped(values, size)?, options)
            }
        },
        Family::Norm
        | Family::Var
        | Family::Std
        | Family::Prod
        | Family::Min
        | Family::Max
        | Family::Minmax
        | Family::Argmin
        | Family::Argmax
        | Family::Median => by_lanes(reduction, values, [re, im], options),
        _ => refused(op, values.dtype()),
    }
}

/// Reductions that need both parts of a number at once.
fn by_lanes(
    reduction: Reduction,
    values: &Values<'_>,
    [re, im]: [Values<'_>; 2],
    options: &Options<'_>,
) -> Result<Output> {
    let op = reduction.name();
    let [first, second] = options_of_parts(op, options)?;
    let request = Request::new(reduction, re.dtype(), &first)?;
    let initial = match (request.initial, Request::new(reduction, im.dtype(), &second)?.initial) {
        (Some(re), Some(im)) => Some(Complex::new(re.to_f64(), im.to_f64())),
        _ => None,
    };
    let shape = values.shape();
    let plan = ReducedAxes::new(&options.axis, shape.len())?;
    let len = plan.len_reduced(shape);
    let kept = plan.shape(shape, options.keepdims);
    let lanes = kept.iter().product::<usize>();
    if lanes > 0 {
        request.check_len(len)?;
    }
    // Of each part.
    check_room(&kept, 2 * request.width.unwrap_or(1))?;
    let positions = matches!(request.family, Family::Argmin | Family::Argmax);
    let mask = options.mask_of(shape)?.map(|mask| mask.permuted_axes(plan.order()));
    request.check_mask(mask.is_some())?;
    let mut mask = mask.as_ref().map(|mask| mask.iter());
    let read = |part| Gathered::arranged(part, op, shape, &plan.order());
    let (re, im) = (read(&re)?, read(&im)?);
    let [mut reals, mut imaginaries] = [Vec::new(), Vec::new()];
    for lane in 0..lanes {
        let part = |work: &Gathered<'_>| doubles(work.part(lane * len, len));
        let numbers = part(&re).into_iter().zip(part(&im)).map(|(re, im)| Complex::new(re, im));
        let mut lane: Vec<Complex<f64>> = match &mut mask {
            None => numbers.collect(),
            Some(mask) => numbers.zip(mask).filter(|(_, chosen)| chosen.get()).map(|(z, _)| z).collect(),
        };
        let bounded = matches!(request.family, Family::Min | Family::Max);
        lane.extend(initial.filter(|_| bounded));
        let none = lane.is_empty();
        if reduction.skips_nan() && !positions {
            lane.retain(|&z| !is_nan(z));
        }
        lane.extend(initial.filter(|_| !bounded));
        let mut put = |z: Complex<f64>| {
            reals.push(Number::F(z.re));
            imaginaries.push(Number::F(z.im));
        };
        match request.family {
            Family::Var | Family::Std | Family::Norm => reals.push(Number::F(spread(&lane, &request))),
            Family::Prod => put(product(&lane, &request)),
            Family::Median => put(median(&mut lane, &request)),
            Family::Argmin | Family::Argmax => {
                let place = extreme(&lane, request.family == Family::Argmax, reduction.skips_nan(), true);
                reals.push(Number::U(place.ok_or(ErrorKind::AllNan { op })? as u64));
            }
            _ if none => return Err(ErrorKind::Empty { op }.into()),
            kind => {
                for greatest in [false, true] {
                    if kind == Family::Minmax || greatest == (kind == Family::Max) {
                        let place = extreme(&lane, greatest, false, false);
                        put(place.map_or(Complex::new(f64::NAN, f64::NAN), |place| lane[place]));
                    }
                }
            }
        }
    }
    let (reals, shape) = transposed(reals, request.width, kept.clone());
    if positions || matches!(request.family, Family::Var | Family::Std | Family::Norm) {
        return Ok(output(&reals, request.out, shape));
    }
    let (imaginaries, _) = transposed(imaginaries, request.width, kept);
    Ok(joined(output(&reals, request.out, shape.clone()), output(&imaginaries, request.out, shape)))
}

fn doubles(block: Block<'_>) -> Vec<f64> {
    match block {
        Block::F64(x) => x.to_vec(),
        Block::F32(x) => x.iter().map(|&x| f64::from(x)).collect(),
        Block::I64(_) | Block::U64(_) => unreachable!("parts of complex numbers are floats"),
    }
}

/// Returns the variance, its root or the norm: real numbers, rounded once.
fn spread(lane: &[Complex<f64>], request: &Request) -> f64 {
    let mut squares = Squares::default();
    let totals =
        [lane.iter().map(|z| z.re).collect(), lane.iter().map(|z| z.im).collect()].map(|part: Vec<f64>| {
            let mut total = Total::default();
            total.push(Block::F64(&part));
            squares.push(Block::F64(&part));
            total
        });
    if request.family == Family::Norm { squares.norm(request) } else { variance(&totals, &squares, request) }
}

/// Returns the product, with an exponent of its own: nothing overflows on the way.
fn product(lane: &[Complex<f64>], request: &Request) -> Complex<f64> {
    let (mut product, mut exp) = (Complex::new(1.0, 0.0), 0);
    for &factor in lane {
        let (factor, shift) = scaled(factor);
        let (next, more) = scaled(product * factor);
        (product, exp) = (next, exp + shift + more);
    }
    let round = |x: f64| {
        if x == 0.0 || !x.is_finite() { x } else { Ratio::from_f64(x).scaled(exp).round(request.precision()) }
    };
    Complex::new(round(product.re), round(product.im))
}

/// Returns z / 2ᵉ, the greater part of which is in 1..2, and e; z and 0 where that cannot be.
fn scaled(z: Complex<f64>) -> (Complex<f64>, i64) {
    let size = z.re.abs().max(z.im.abs());
    if size == 0.0 || !z.re.is_finite() || !z.im.is_finite() {
        return (z, 0);
    }
    let power = |exp: i64| f64::from_bits(((exp + 1023) as u64) << 52);
    let exponent = |x: f64| (x.to_bits() >> 52) as i64 - 1023;
    let exp = if size < f64::MIN_POSITIVE { exponent(size * power(54)) - 54 } else { exponent(size) };
    // In two steps: the power itself may be out of range.
    let half = -exp / 2;
    (z * power(half) * power(-exp - half), exp)
}

/// Compares by the real parts, then by the imaginary ones.
fn compared(a: Complex<f64>, b: Complex<f64>, compare: fn(&f64, &f64) -> Ordering) -> Ordering {
    compare(&a.re, &b.re).then_with(|| compare(&a.im, &b.im))
}

fn by_value(a: &f64, b: &f64) -> Ordering {
    a.partial_cmp(b).unwrap_or(Ordering::Equal)
}

/// Returns the place of the first extreme number, or of the first NaN. Zeros differ, unless positions are asked for.
fn extreme(lane: &[Complex<f64>], greatest: bool, skip_nan: bool, positions: bool) -> Option<usize> {
    let mut best: Option<usize> = None;
    for (place, &z) in lane.iter().enumerate() {
        if is_nan(z) {
            if skip_nan {
                continue;
            }
            return Some(place);
        }
        let order = best.map_or(Ordering::Less, |best| {
            let order = compared(z, lane[best], by_value).then_with(|| {
                if positions { Ordering::Equal } else { compared(z, lane[best], f64::total_cmp) }
            });
            if greatest { order.reverse() } else { order }
        });
        if order == Ordering::Less {
            best = Some(place);
        }
    }
    best
}

/// Returns the middle number, or the mean of the two in the middle.
fn median(lane: &mut [Complex<f64>], request: &Request) -> Complex<f64> {
    if lane.is_empty() || lane.iter().any(|&z| is_nan(z)) {
        return Complex::new(f64::NAN, f64::NAN);
    }
    let order = |a: &Complex<f64>, b: &Complex<f64>| {
        compared(*a, *b, by_value).then_with(|| compared(*a, *b, f64::total_cmp))
    };
    let odd = lane.len() % 2 == 1;
    let half = lane.len() / 2;
    let (below, &mut high, _) = lane.select_nth_unstable_by(half, order);
    let low = below.iter().copied().max_by(order).filter(|_| !odd).unwrap_or(high);
    let mean = |low, high| middle(Number::F(low), Number::F(high), request);
    Complex::new(mean(low.re, high.re), mean(low.im, high.im))
}

/// Does the work of [`scan`](super::scan()) for complex numbers.
pub(super) fn scan(scan: Scan, values: &Values<'_>, options: &Options<'_>) -> Result<Output> {
    let op = scan.name();
    let Some([re, im]) = parts(values) else { return refused(op, values.dtype()) };
    let [first, second] = options_of_parts(op, options)?;
    match scan {
        Scan::Cumsum => Ok(joined(scan_real(scan, &re, &first)?, scan_real(scan, &im, &second)?)),
        Scan::Cumprod => {
            let mut numbers = mapped(values, |z| z)?;
            let axis = match options.axis {
                Axes::All => {
                    numbers = ArrayD::from_shape_vec(vec![numbers.len()], numbers.iter().copied().collect())
                        .expect("one place for each number");
                    0
                }
                Axes::One(axis) => {
                    ReducedAxes::new(&options.axis, numbers.ndim())?;
                    if axis < 0 { axis + numbers.ndim() as isize } else { axis }
                }
                // The real scan has the words for it.
                Axes::Many(_) => return scan_real(scan, &re, &first),
            };
            let axis = Axis(axis as usize);
            numbers.accumulate_axis_inplace(axis, |&before, z| *z = before * *z);
            if options.include_initial {
                let mut shape = numbers.raw_dim();
                shape[axis.0] += 1;
                let mut longer = ArrayD::from_elem(shape, Complex::new(1.0, 0.0));
                longer.slice_axis_mut(axis, Slice::from(1..)).assign(&numbers);
                numbers = longer;
            }
            let out = first.dtype.unwrap_or(re.dtype());
            let part = |part: fn(&Complex<f64>) -> f64| {
                let results: Vec<Number> = numbers.iter().map(|z| Number::F(part(z))).collect();
                output(&results, out, numbers.shape().to_vec())
            };
            Ok(joined(part(|z| z.re), part(|z| z.im)))
        }
        _ => refused(op, values.dtype()),
    }
}

/// The parts of numbers of which some are complex; a real array has no imaginary part.
fn both<'a>(values: &Values<'a>) -> [Option<Values<'a>>; 2] {
    parts(values).map_or_else(|| [Some(values.clone()), None], |parts| parts.map(Some))
}

/// Σxy of pairs of parts, of some of them taken off.
struct SignedPairs<'a>(Vec<(Pairs<'a>, bool)>);

impl<'a> SignedPairs<'a> {
    /// Reads the pairs of which both are there.
    fn new(
        op: &'static str,
        axes: &Axes,
        terms: [(&Option<Values<'a>>, &Option<Values<'a>>, bool); 2],
    ) -> Result<Self> {
        let pair = |(a, b, minus): (&Option<Values<'a>>, &Option<Values<'a>>, bool)| {
            let (Some(a), Some(b)) = (a, b) else { return None };
            Some(Pairs::new(op, a, b, axes).map(|pair| (pair, minus)))
        };
        Ok(Self(terms.into_iter().filter_map(pair).collect::<Result<_>>()?))
    }

    fn sum(&self, lane: usize) -> ProductSum {
        let mut sum = ProductSum::default();
        for (pair, minus) in &self.0 {
            let (a, b) = pair.lane(lane);
            if *minus {
                let negative: Vec<f64> = doubles(a).into_iter().map(|x| -x).collect();
                sum.push(Block::F64(&negative), b);
            } else {
                sum.push(a, b);
            }
        }
        sum
    }
}

/// Does the work of [`dot`](super::dot) and [`vecdot`](super::vecdot), which takes the first array's conjugate.
pub(super) fn products<'a>(
    op: &'static str,
    a: &Values<'a>,
    b: &Values<'a>,
    axes: &Axes,
    options: &Options<'_>,
) -> Result<Output> {
    let ([ar, ai], [br, bi]) = (both(a), both(b));
    let conjugate = op == "vecdot";
    let re = SignedPairs::new(op, axes, [(&ar, &br, false), (&ai, &bi, !conjugate)])?;
    let im = SignedPairs::new(op, axes, [(&ar, &bi, false), (&ai, &br, conjugate)])?;
    let part = |values: &Option<Values<'_>>| values.as_ref().map_or(Dtype::F64, Values::dtype);
    let dtype = product_dtype(part(&ar), part(&br));
    let (lanes, shape) = re.0[0].0.result(options.keepdims);
    check_room(&shape, 2)?;
    let part = |terms: &SignedPairs<'_>| {
        let results: Vec<Number> = (0..lanes).map(|lane| Number::F(terms.sum(lane).round(dtype))).collect();
        output(&results, dtype, shape.clone())
    };
    Ok(joined(part(&re), part(&im)))
}

/// Does the work of [`average`](super::average); the weights broadcast to the values.
pub(super) fn average<'a>(
    values: &Values<'a>,
    weights: &Values<'a>,
    options: &Options<'_>,
) -> Result<Output> {
    let op = "average";
    let ([xr, xi], [wr, wi]) = (both(values), both(weights));
    let terms = |terms| SignedPairs::new(op, &options.axis, terms);
    let re = terms([(&xr, &wr, false), (&xi, &wi, true)])?;
    let im = terms([(&xr, &wi, false), (&xi, &wr, false)])?;
    // The same pairs hold the weights, lane by lane.
    let of_weights = [
        terms([(&xr, &wr, false), (&None, &None, false)])?,
        terms([(&xr, &wi, false), (&None, &None, false)])?,
    ];
    let part = |values: &Option<Values<'_>>| values.as_ref().map_or(Dtype::F64, Values::dtype);
    let dtype = average_dtype(part(&xr), part(&wr));
    let (lanes, shape) = re.0[0].0.result(options.keepdims);
    check_room(&shape, 2)?;
    let [mut reals, mut imaginaries] = [Vec::new(), Vec::new()];
    for lane in 0..lanes {
        let sums = [re.sum(lane), im.sum(lane)];
        let weight = of_weights.each_ref().map(|terms| {
            let mut total = Total::default();
            terms.0.iter().for_each(|(pair, _)| total.push(pair.lane(lane).1));
            total
        });
        let special = |weights: &Total| weights.special().is_some();
        let [wr, wi] = weight.each_ref().map(Total::value);
        let size = wr.mul(&wr).add(&wi.mul(&wi));
        if !weight.iter().any(special) && size.is_zero() {
            return Err(Error::bad_parameter("weights", "weights whose sum is not 0", "a sum of 0"));
        }
        let [sr, si] = sums.each_ref().map(ProductSum::value);
        let quotient = |sum: &ProductSum, exact: Ratio| match sum.special() {
            _ if weight.iter().any(special) => f64::NAN,
            Some(special) if wi.is_zero() => {
                if wr.is_negative() {
                    -special
                } else {
                    special
                }
            }
            _ if sums.iter().any(|sum| sum.special().is_some()) && !wi.is_zero() => f64::NAN,
            _ => exact.divided_by(&size, false, precision(dtype)),
        };
        reals.push(Number::F(quotient(&sums[0], sr.mul(&wr).add(&si.mul(&wi)))));
        imaginaries.push(Number::F(quotient(&sums[1], si.mul(&wr).sub(&sr.mul(&wi)))));
    }
    Ok(joined(output(&reals, dtype, shape.clone()), output(&imaginaries, dtype, shape)))
}
