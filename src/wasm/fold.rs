//! Reductions: finds the core's function of a name and converts its options and its result.

use wasm_bindgen::prelude::{JsValue, wasm_bindgen};

use super::Result;
use super::border::{self, Kind};
use super::buffer::Buffer;
use super::options::{Reader, bad, integer, number, size, word};
use super::output::{number_of, to_js};
use crate::fold::{
    self, Axes, Dtype, Method, NormOrder, Options, Output, Quantiles, Reduction, Scalar, Scan,
};

/// The names of the options that an operation takes, beside those of every operation.
pub(super) fn known(op: &str) -> &'static str {
    match op {
        "sum" | "prod" | "min" | "max" | "nansum" | "nanprod" | "nanmin" | "nanmax" => {
            "axis, keepdims, exact, dtype, where, initial"
        }
        "var" | "std" | "nanvar" | "nanstd" => "axis, keepdims, exact, dtype, where, ddof",
        "quantile" | "percentile" | "nanquantile" | "nanpercentile" => {
            "axis, keepdims, exact, dtype, where, q, method, weights"
        }
        "skew" | "nanskew" => "axis, keepdims, exact, dtype, where, bias",
        "kurtosis" | "nankurtosis" => "axis, keepdims, exact, dtype, where, bias, fisher",
        "moments" | "nanmoments" => "axis, keepdims, exact, dtype, where, order",
        "norm" => "axis, keepdims, exact, dtype, where, ord",
        "cumsum" | "cumprod" => "axis, dtype, includeInitial",
        "cummin" | "cummax" => "axis",
        "describe" => "axis, keepdims, exact, where, ddof, bias, fisher",
        "dot" => "exact, dtype",
        "vecdot" | "cosine" => "axis, keepdims, exact, dtype",
        "average" => "axis, keepdims, exact, dtype, weights",
        "cov" => "other, ddof",
        "corrcoef" => "other",
        _ => "axis, keepdims, exact, dtype, where",
    }
}

/// Returns whether the result is a position or a count: a number whatever the input's dtype.
fn counts(op: &str) -> bool {
    matches!(op, "argmin" | "argmax" | "nanargmin" | "nanargmax" | "count_nonzero" | "count")
}

/// Returns whether 64-bit integers of the result come back as BigInts: if they went in so.
pub(super) fn wants_bigint(op: &str, dtype: Dtype) -> bool {
    matches!(dtype, Dtype::I64 | Dtype::U64) && !counts(op)
}

/// Returns an option that is one value, or a list of them.
fn one_or_many<T>(
    value: &JsValue,
    read: impl Fn(&JsValue) -> Result<T>,
) -> Result<core::result::Result<T, Vec<T>>> {
    if !matches!(Kind::of(value), Kind::List | Kind::Floats) {
        return read(value).map(Ok);
    }
    let mut many = Vec::new();
    for each in border::members(value) {
        many.push(read(&each)?);
    }
    Ok(Err(many))
}

/// Returns the quantiles that an option asks for.
fn quantiles(value: &JsValue) -> Result<Quantiles> {
    let read =
        |each: &JsValue| number("q", each).map_err(|_| bad("q", "a number or an array of numbers", each));
    Ok(one_or_many(value, read)?.map_or_else(Quantiles::Many, Quantiles::One))
}

/// Returns the way to find quantiles, if the options name one.
pub(super) fn method(reader: &Reader) -> Result<Option<Method>> {
    let name = reader.word("method", "the name of a method")?;
    name.map(|name| Method::from_name(&name)).transpose()
}

/// Returns a number or a BigInt.
fn initial(value: &JsValue) -> Result<Scalar> {
    match Kind::of(value) {
        Kind::Number => Ok(border::read_number(value).into()),
        Kind::Signed => Ok(border::read_integer(value).into()),
        Kind::Unsigned => Ok((border::read_integer(value) as u64).into()),
        _ => Err(bad("initial", "a number, or a BigInt of 64 bits", value)),
    }
}

pub(super) fn options_from_js<'a>(op: &str, value: &JsValue) -> Result<Options<'a>> {
    options_of(&Reader::new(value, known(op))?)
}

/// Returns the options that have been read.
pub(super) fn options_of<'a>(reader: &Reader) -> Result<Options<'a>> {
    const ORDER: &str = "an integer from 1 to 4";
    let mut options = Options::default();
    if let Some(axis) = reader.raw("axis") {
        let read = |each: &JsValue| integer("axis", "an integer or an array of integers", each);
        options.axis = one_or_many(axis, read)?.map_or_else(Axes::Many, Axes::One);
    }
    if let Some(q) = reader.raw("q") {
        options.q = quantiles(q)?;
    }
    if let Some(method) = method(reader)? {
        options.method = method;
    }
    if let Some(dtype) = reader.word("dtype", "the name of a dtype")? {
        options.dtype = Some(Dtype::from_name(&dtype)?);
    }
    for (name, flag) in [
        ("keepdims", &mut options.keepdims),
        ("exact", &mut options.exact),
        ("bias", &mut options.bias),
        ("fisher", &mut options.fisher),
        ("includeInitial", &mut options.include_initial),
    ] {
        *flag = reader.flag(name)?.unwrap_or(*flag);
    }
    options.ddof = reader.number("ddof")?.unwrap_or(options.ddof);
    if let Some(order) = reader.count("order", ORDER)? {
        options.order = u8::try_from(order).unwrap_or(u8::MAX);
    }
    options.initial = reader.raw("initial").map(initial).transpose()?;
    if let Some(ord) = reader.number("ord")? {
        options.ord = NormOrder::from_number(ord)?;
    }
    Ok(options)
}

/// Returns the name of an operation.
pub(super) fn named(op: &JsValue) -> Result<String> {
    let name = word("op", "the name of a reduction", op)?;
    Ok(match name.as_str() {
        "variance" => "var".to_owned(),
        "countNonzero" => "count_nonzero".to_owned(),
        _ => name,
    })
}

/// Folds the first `len` elements without options: only numbers cross the border, which is most of a small call's time.
///
/// `reduction` is a place in [`reduction_names`]. NaN says that [`reduce`] is to be asked: it may be the result,
/// or there is an error to tell, or a result that is no number.
#[wasm_bindgen(js_name = reduceQuickly)]
pub fn reduce_quickly(reduction: usize, array: &Buffer, len: usize) -> f64 {
    let Some(&reduction) = Reduction::ALL.get(reduction) else { return f64::NAN };
    let Ok(values) = array.prefix(len) else { return f64::NAN };
    match fold::reduce(reduction, values, &Options::default()) {
        Ok(Output::Scalar(scalar)) => number_of(&scalar, wants_bigint(reduction.name(), array.dtype())),
        _ => f64::NAN,
    }
}

/// Folds the elements of a layout, those where the mask is true; `reduction` is a place in [`reduction_names`].
#[wasm_bindgen]
pub fn reduce(
    reduction: usize,
    options: &JsValue,
    array: &Buffer,
    layout: &JsValue,
    mask: &Buffer,
    mask_layout: &JsValue,
) -> Result<JsValue, JsValue> {
    let reduction = Reduction::ALL[reduction];
    let mut options = options_from_js(reduction.name(), options)?;
    options.mask = mask.mask(mask_layout)?;
    let result = fold::reduce(reduction, array.view(layout)?, &options)?;
    to_js(result, wants_bigint(reduction.name(), array.dtype()))
}

/// Combines two arrays: `dot`, `vecdot`, `cosine`, `average`, `cov`, `corrcoef`, weighted quantiles.
#[wasm_bindgen]
pub fn pair(
    op: &JsValue,
    options: &JsValue,
    a: &Buffer,
    a_layout: &JsValue,
    b: &Buffer,
    b_layout: &JsValue,
) -> Result<JsValue, JsValue> {
    let op = named(op)?;
    let reader = Reader::new(options, known(&op))?;
    let wanted = options_of(&reader)?;
    let (a, b) = (a.view(a_layout)?, b.given(b_layout)?);
    let bigint = wants_bigint(&op, a.dtype()) || b.as_ref().is_some_and(|b| wants_bigint(&op, b.dtype()));
    let output = match (op.as_str(), b) {
        ("dot", Some(b)) => fold::dot(a, b, &wanted),
        ("vecdot", Some(b)) => fold::vecdot(a, b, &wanted),
        ("cosine", Some(b)) => fold::cosine(a, b, &wanted),
        ("average", b) => fold::average(a, b, &wanted),
        // NumPy's default, which differs from that of `var`.
        ("cov", b) => fold::cov(a, b, reader.number("ddof")?.unwrap_or(1.0)),
        ("corrcoef", b) => fold::corrcoef(a, b),
        (op, Some(b)) => match reader.raw("where") {
            Some(mask) => Err(bad("where", "none beside weights: a weight of 0 leaves an element out", mask)),
            None => fold::weighted(Reduction::from_name(op)?, a, b, &wanted),
        },
        _ => Err(bad("other", "a second array", b_layout)),
    };
    to_js(output?, bigint)
}

/// Returns the running reduction of a layout.
#[wasm_bindgen]
pub fn scan(op: &JsValue, options: &JsValue, array: &Buffer, layout: &JsValue) -> Result<JsValue, JsValue> {
    let op = named(op)?;
    let result = fold::scan(Scan::from_name(&op)?, array.view(layout)?, &options_from_js(&op, options)?)?;
    to_js(result, wants_bigint(&op, array.dtype()))
}

/// Folds each group of the elements of a layout, where the integers of another tell the groups apart.
#[wasm_bindgen]
pub fn group(
    op: &JsValue,
    options: &JsValue,
    array: &Buffer,
    layout: &JsValue,
    codes: &Buffer,
    codes_layout: &JsValue,
) -> Result<JsValue, JsValue> {
    let op = named(op)?;
    let reader = Reader::new(options, &format!("{}, groups", known(&op)))?;
    if let Some(name) = ["axis", "keepdims", "where"].into_iter().find(|name| reader.raw(name).is_some()) {
        return Err(bad("options", "options that hold for groups", &border::text(name)).into());
    }
    let groups = reader.raw("groups").map(|groups| size("groups", groups)).transpose()?;
    let (values, codes) = (array.view(layout)?, codes.view(codes_layout)?);
    let result = fold::group(Reduction::from_name(&op)?, values, codes, groups, &options_of(&reader)?)?;
    to_js(result, wants_bigint(&op, array.dtype()))
}

/// Returns an object of the usual figures of a layout.
#[wasm_bindgen]
pub fn describe(
    options: &JsValue,
    array: &Buffer,
    layout: &JsValue,
    mask: &Buffer,
    mask_layout: &JsValue,
) -> Result<JsValue, JsValue> {
    let mut wanted = options_from_js("describe", options)?;
    wanted.mask = mask.mask(mask_layout)?;
    let figures = border::object_of([]);
    for (name, output) in fold::describe(array.view(layout)?, &wanted)? {
        let bigint = matches!(name, "min" | "max") && wants_bigint(name, array.dtype());
        border::add(&figures, name, to_js(output, bigint)?);
    }
    Ok(figures)
}

/// Returns the names of all reductions, separated by spaces.
#[wasm_bindgen(js_name = reductionNames)]
pub fn reduction_names() -> Result<JsValue, JsValue> {
    Ok(border::text(Reduction::NAMES.trim_end()))
}
