//! Histograms: converts bins, weights, edges and counts.

use wasm_bindgen::prelude::{JsValue, wasm_bindgen};

use super::Result;
use super::border::{self, Kind};
use super::buffer::Buffer;
use super::options::{Reader, bad, count, number};
use super::output::to_js;
use crate::fold::{self, Bins, Dtype, Histogram, Output, Rule};

/// Returns `{ counts, edges }`.
pub(super) fn counted((counts, edges): (Output, Output), bigint: bool) -> Result<JsValue, JsValue> {
    Ok(border::object_of([("counts", to_js(counts, bigint)?), ("edges", to_js(edges, false)?)]))
}

/// Returns the two ends of a range.
pub(super) fn range_of(value: &JsValue, expected: &str) -> Result<(f64, f64)> {
    let wrong = || bad("range", expected, value);
    if !matches!(Kind::of(value), Kind::List | Kind::Floats) {
        return Err(wrong());
    }
    let ends: Vec<_> = border::members(value).collect();
    let [low, high] = ends.as_slice() else { return Err(wrong()) };
    let end = |value| number("range", value).map_err(|_| wrong());
    Ok((end(low)?, end(high)?))
}

/// Returns the counts and the edges of bins; the edges are given, or made as the options say.
#[wasm_bindgen]
pub fn histogram(
    options: &JsValue,
    array: &Buffer,
    layout: &JsValue,
    edges: &Buffer,
    edges_layout: &JsValue,
    weights: &Buffer,
    weights_layout: &JsValue,
) -> Result<JsValue, JsValue> {
    const BINS: &str = "an integer, the name of a rule or an array of edges";
    let reader = Reader::new(options, "bins, range, density, weights")?;
    let mut wanted = Histogram::default();
    if let Some(edges) = edges.doubles(edges_layout)? {
        wanted.bins = Bins::Edges(edges.to_vec());
    } else if let Some(bins) = reader.raw("bins") {
        wanted.bins = match Kind::of(bins) {
            Kind::Text => Bins::Rule(Rule::from_name(&border::read_text(bins))?),
            _ => Bins::Count(count("bins", BINS, bins)?),
        };
    }
    wanted.range = reader.raw("range").map(|range| range_of(range, "[low, high]")).transpose()?;
    wanted.density = reader.flag("density")?.unwrap_or(wanted.density);
    wanted.weights = weights.given(weights_layout)?;
    let bigint =
        wanted.weights.as_ref().is_some_and(|weights| matches!(weights.dtype(), Dtype::I64 | Dtype::U64));
    counted(fold::histogram(array.view(layout)?, &wanted)?, bigint)
}

/// Returns how often each integer occurs, or the sums of the weights there.
#[wasm_bindgen]
pub fn bincount(
    options: &JsValue,
    array: &Buffer,
    layout: &JsValue,
    weights: &Buffer,
    weights_layout: &JsValue,
) -> Result<JsValue, JsValue> {
    let minlength = Reader::new(options, "weights, minlength")?
        .count("minlength", "an integer from 0 to 4294967295")?
        .unwrap_or(0);
    to_js(fold::bincount(array.view(layout)?, weights.given(weights_layout)?, minlength)?, false)
}

/// Returns which bin each element belongs to.
#[wasm_bindgen]
pub fn digitize(
    options: &JsValue,
    array: &Buffer,
    layout: &JsValue,
    bins: &Buffer,
    bins_layout: &JsValue,
) -> Result<JsValue, JsValue> {
    let right = Reader::new(options, "right")?.flag("right")?.unwrap_or(false);
    to_js(fold::digitize(array.view(layout)?, bins.doubles(bins_layout)?.unwrap_or(&[]), right)?, false)
}
