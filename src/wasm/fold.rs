//! Reductions: finds the core's function of a name and converts its options and its result.

use wasm_bindgen::prelude::{JsValue, wasm_bindgen};

use super::Result;
use super::buffer::{Buffer, Layout};
use super::options::{FromJs, Reader, describe as describe_value, read, size};
use super::output::{number_of, to_js};
use crate::error::{Error, ErrorKind};
use crate::fold::names::keywords;
use crate::fold::stream_estimate::StreamEstimate;
use crate::fold::{
    self, Axes, Dtype, Method, NormOrder, Options, Output, Partial, Quantiles, Reduction, Scalar, Scan,
    Values,
};

/// Returns whether 64-bit integers of the result come back as BigInts: if they went in so, and are no positions or counts.
fn wants_bigint(reduction: Option<Reduction>, dtype: Dtype) -> bool {
    matches!(dtype, Dtype::I64 | Dtype::U64) && !reduction.is_some_and(Reduction::counts)
}

/// Returns an option that is one value or a list of them.
fn one_or_many<T: FromJs>(
    name: &'static str,
    expected: &str,
    value: JsValue,
) -> Result<core::result::Result<T, Vec<T>>> {
    if js_sys::Array::is_array(&value) || js_sys::ArrayBuffer::is_view(&value) {
        return Ok(Err(read(name, expected, value)?));
    }
    Ok(Ok(read(name, expected, value)?))
}

/// Returns a number or a BigInt.
fn number(value: JsValue) -> Result<Scalar> {
    if let Some(number) = value.as_f64() {
        return Ok(number.into());
    }
    let signed = value.clone().try_into().map(|number: i64| number.into());
    signed.or_else(|value: JsValue| value.try_into().map(|number: u64| number.into())).map_err(|value| {
        Error::from(ErrorKind::BadParameter {
            name: "initial",
            expected: "a number, or a BigInt of 64 bits".to_owned(),
            got: describe_value(&value),
        })
    })
}

fn options_from_js<'a>(op: &str, value: &JsValue) -> Result<Options<'a>> {
    let mut options = Options::default();
    let reader = Reader::new(value, keywords(op))?;
    if let Some(axis) = reader.raw("axis") {
        options.axis = match one_or_many("axis", "an integer or an array of integers", axis)? {
            Ok(axis) => Axes::One(axis),
            Err(axes) => Axes::Many(axes),
        };
    }
    if let Some(q) = reader.raw("q") {
        options.q = match one_or_many("q", "a number or an array of numbers", q)? {
            Ok(q) => Quantiles::One(q),
            Err(q) => Quantiles::Many(q),
        };
    }
    if let Some(method) = reader.get::<String>("method", "the name of a method")? {
        options.method = Method::from_name(&method)?;
    }
    if let Some(dtype) = reader.get::<String>("dtype", "the name of a dtype")? {
        options.dtype = Some(Dtype::from_name(&dtype)?);
    }
    reader.set("keepdims", "a boolean", &mut options.keepdims)?;
    reader.set("ddof", "a number", &mut options.ddof)?;
    reader.set("bias", "a boolean", &mut options.bias)?;
    reader.set("fisher", "a boolean", &mut options.fisher)?;
    reader.set("order", "an integer from 1 to 4", &mut options.order)?;
    reader.set("includeInitial", "a boolean", &mut options.include_initial)?;
    if let Some(initial) = reader.raw("initial") {
        options.initial = Some(number(initial)?);
    }
    if let Some(ord) = reader.get("ord", "a number")? {
        options.ord = NormOrder::from_number(ord)?;
    }
    Ok(options)
}

/// Folds the first `len` elements without options: only numbers cross the border, which is most of a small call's time.
///
/// `reduction` is a place in [`reduction_names`]. NaN says that [`reduce_prefix`] is to be asked: it may be the result,
/// or there is an error to tell, or a result that is no number.
#[wasm_bindgen(js_name = reduceQuickly)]
pub fn reduce_quickly(reduction: usize, array: &Buffer, len: usize) -> f64 {
    let Some(&reduction) = Reduction::ALL.get(reduction) else { return f64::NAN };
    let Ok(values) = array.prefix(len) else { return f64::NAN };
    match fold::reduce(reduction, values, &Options::default()) {
        Ok(Output::Scalar(scalar)) => number_of(&scalar, wants_bigint(Some(reduction), array.dtype())),
        _ => f64::NAN,
    }
}

/// Folds the first `len` elements.
#[wasm_bindgen(js_name = reducePrefix)]
pub fn reduce_prefix(op: &str, array: &Buffer, len: usize, options: &JsValue) -> Result<JsValue, JsValue> {
    let reduction = Reduction::from_name(op)?;
    let result = fold::reduce(reduction, array.prefix(len)?, &options_from_js(op, options)?)?;
    to_js(result, wants_bigint(Some(reduction), array.dtype()))
}

/// Folds the elements of a layout, those where the mask is true.
#[wasm_bindgen]
pub fn reduce(
    op: &str,
    array: &Buffer,
    layout: &JsValue,
    options: &JsValue,
    mask: Option<Buffer>,
    mask_layout: &JsValue,
) -> Result<JsValue, JsValue> {
    let values = array.view(&Layout::from_js(layout)?)?;
    let mut options = options_from_js(op, options)?;
    if let Some(mask) = &mask {
        options.mask = Some(mask.mask(&Layout::from_js(mask_layout)?)?);
    }
    let reduction = Reduction::from_name(op)?;
    to_js(fold::reduce(reduction, values, &options)?, wants_bigint(Some(reduction), array.dtype()))
}

/// Returns what an operation makes of one array, or of two.
fn combine<'a>(
    op: &str,
    a: Values<'a>,
    b: Option<Values<'a>>,
    options: &JsValue,
) -> Result<JsValue, JsValue> {
    let bigint = wants_bigint(None, a.dtype()) || b.as_ref().is_some_and(|b| wants_bigint(None, b.dtype()));
    let wanted = options_from_js(op, options)?;
    let output = match (op, b) {
        ("dot", Some(b)) => fold::dot(a, b, &wanted),
        ("vecdot", Some(b)) => fold::vecdot(a, b, &wanted),
        ("cosine", Some(b)) => fold::cosine(a, b, &wanted),
        ("average", b) => fold::average(a, b, &wanted),
        ("cov", b) => {
            // NumPy's default, which differs from that of `var`.
            let ddof = Reader::new(options, keywords(op))?.get("ddof", "a number")?.unwrap_or(1.0);
            fold::cov(a, b, ddof)
        }
        ("corrcoef", b) => fold::corrcoef(a, b),
        (op, Some(b)) if op.ends_with("tile") => fold::weighted(Reduction::from_name(op)?, a, b, &wanted),
        _ => Err(ErrorKind::UnknownName {
            kind: "operation",
            expected: "dot, vecdot, cosine, average, cov, corrcoef",
            got: op.to_owned(),
        }
        .into()),
    };
    to_js(output?, bigint)
}

/// Combines two layouts: `dot`, `vecdot`, `cosine`, `average`, `cov`, `corrcoef`, weighted quantiles.
#[wasm_bindgen]
pub fn pair(
    op: &str,
    a: &Buffer,
    a_layout: &JsValue,
    b: &Buffer,
    b_layout: &JsValue,
    options: &JsValue,
) -> Result<JsValue, JsValue> {
    let (a, b) = (a.view(&Layout::from_js(a_layout)?)?, b.view(&Layout::from_js(b_layout)?)?);
    combine(op, a, Some(b), options)
}

/// The operations of [`pair`] that may do without a second array.
#[wasm_bindgen]
pub fn single(op: &str, a: &Buffer, layout: &JsValue, options: &JsValue) -> Result<JsValue, JsValue> {
    combine(op, a.view(&Layout::from_js(layout)?)?, None, options)
}

/// Returns the running reduction of a layout.
#[wasm_bindgen]
pub fn scan(op: &str, array: &Buffer, layout: &JsValue, options: &JsValue) -> Result<JsValue, JsValue> {
    let values = array.view(&Layout::from_js(layout)?)?;
    let result = fold::scan(Scan::from_name(op)?, values, &options_from_js(op, options)?)?;
    to_js(result, wants_bigint(None, array.dtype()))
}

/// Folds each group of the elements of a layout, where the integers of another tell the groups apart.
#[wasm_bindgen]
pub fn group(
    op: &str,
    array: &Buffer,
    layout: &JsValue,
    codes: &Buffer,
    codes_layout: &JsValue,
    groups: Option<f64>,
    options: &JsValue,
) -> Result<JsValue, JsValue> {
    let (values, codes) =
        (array.view(&Layout::from_js(layout)?)?, codes.view(&Layout::from_js(codes_layout)?)?);
    let groups = groups.map(|groups| size("groups", groups)).transpose()?;
    let options = options_from_js(op, options)?;
    let reduction = Reduction::from_name(op)?;
    to_js(
        fold::group(reduction, values, codes, groups, &options)?,
        wants_bigint(Some(reduction), array.dtype()),
    )
}

/// Returns an object of the usual figures of a layout.
#[wasm_bindgen]
pub fn describe(
    array: &Buffer,
    layout: &JsValue,
    options: &JsValue,
    mask: Option<Buffer>,
    mask_layout: &JsValue,
) -> Result<JsValue, JsValue> {
    let values = array.view(&Layout::from_js(layout)?)?;
    let mut wanted = options_from_js("describe", options)?;
    if let Some(mask) = &mask {
        wanted.mask = Some(mask.mask(&Layout::from_js(mask_layout)?)?);
    }
    let figures = js_sys::Object::new();
    for (name, output) in fold::describe(values, &wanted)? {
        let bigint = matches!(name, "min" | "max") && wants_bigint(None, array.dtype());
        js_sys::Reflect::set(&figures, &name.into(), &to_js(output, bigint)?)?;
    }
    Ok(figures.into())
}

/// The names of all reductions, separated by spaces.
#[wasm_bindgen(js_name = reductionNames)]
pub fn reduction_names() -> String {
    Reduction::NAMES.trim_end().to_owned()
}

/// Returns whether a state of this reduction keeps every element.
#[wasm_bindgen(js_name = keepsAll)]
pub fn keeps_all(op: &str) -> bool {
    Reduction::from_name(op).is_ok_and(Reduction::keeps_all)
}

/// Returns whether states of this reduction are small and may be merged.
#[wasm_bindgen(js_name = isMergeable)]
pub fn is_mergeable(op: &str) -> bool {
    Reduction::from_name(op).is_ok_and(Reduction::merges)
}

/// The state of a stream; `pkg/states.js` wraps it.
#[wasm_bindgen]
pub struct AccumulatorCore {
    state: Partial,
    /// What comes is for this alone, if it is there.
    quick: Option<StreamEstimate>,
}

#[wasm_bindgen]
impl AccumulatorCore {
    /// Returns the state of an empty stream; a quick one, where there is one, can only be pushed to and finished.
    #[wasm_bindgen(constructor)]
    pub fn new(op: &str, dtype: &str, options: &JsValue, quick: bool) -> Result<Self> {
        let (reduction, dtype) = (Reduction::from_name(op)?, Dtype::from_name(dtype)?);
        let options = options_from_js(op, options)?;
        let state = Partial::new(reduction, dtype, &options)?;
        Ok(Self { state, quick: if quick { StreamEstimate::new(reduction, dtype, &options)? } else { None } })
    }

    /// Reads the first `len` bytes of a stored state, of this reduction without options if one is named.
    #[wasm_bindgen(js_name = fromBytes)]
    pub fn from_bytes(bytes: &Buffer, len: usize, op: Option<String>) -> Result<Self> {
        let bytes = bytes.bytes(len)?;
        let state = match op {
            Some(op) => Partial::plain_from_bytes(Reduction::from_name(&op)?, bytes)?,
            None => Partial::from_bytes(bytes)?,
        };
        Ok(Self { state, quick: None })
    }

    /// Returns the state as bytes.
    #[wasm_bindgen(js_name = toBytes)]
    pub fn to_bytes(&self) -> js_sys::Uint8Array {
        js_sys::Uint8Array::from(self.state.to_bytes().as_slice())
    }

    /// Returns the name of the reduction.
    #[wasm_bindgen(getter)]
    pub fn op(&self) -> String {
        self.state.reduction().name().to_owned()
    }

    /// Returns the type of the elements.
    #[wasm_bindgen(getter)]
    pub fn dtype(&self) -> String {
        self.state.dtype().name().to_owned()
    }

    /// Returns how many elements came.
    #[wasm_bindgen(getter)]
    pub fn count(&self) -> f64 {
        self.state.count() as f64
    }

    /// Adds the first `len` elements.
    #[wasm_bindgen(js_name = pushPrefix)]
    pub fn push_prefix(&mut self, array: &Buffer, len: usize) -> Result<()> {
        let values = array.prefix(len)?;
        match &mut self.quick {
            Some(quick) => {
                quick.push(&values);
                Ok(())
            }
            None => self.state.push(values),
        }
    }

    /// Adds the elements of a layout.
    pub fn push(&mut self, array: &Buffer, layout: &JsValue) -> Result<()> {
        self.state.push(array.view(&Layout::from_js(layout)?)?)
    }

    /// Adds what came to another state.
    pub fn merge(&mut self, other: &Self) -> Result<()> {
        self.state.merge(&other.state)
    }

    /// Returns another figure of a state of moments.
    pub fn figure(&self, op: &str, options: &JsValue) -> Result<JsValue, JsValue> {
        let output = self.state.figure(Reduction::from_name(op)?, &options_from_js(op, options)?)?;
        to_js(output, false)
    }

    /// Returns the result so far; `undefined` where a quick state does not settle it.
    pub fn result(&self) -> Result<JsValue, JsValue> {
        let output = match &self.quick {
            Some(quick) => match quick.finish() {
                Some(output) => output,
                None => return Ok(JsValue::UNDEFINED),
            },
            None => self.state.result()?,
        };
        to_js(output, wants_bigint(Some(self.state.reduction()), self.state.dtype()))
    }
}
