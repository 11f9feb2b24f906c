//! Histograms: converts bins, weights, edges and counts.

use wasm_bindgen::prelude::{JsValue, wasm_bindgen};

use super::Result;
use super::buffer::{Buffer, Layout};
use super::options::{Reader, size};
use super::output::to_js;
use crate::fold::{self, Bins, Dtype, Histogram, Rule, Values};

#[wasm_bindgen(raw_module = "../result.js")]
extern "C" {
    /// Returns `{ counts, edges }`.
    #[wasm_bindgen(js_name = histogramResult)]
    fn histogram_result(counts: JsValue, edges: JsValue) -> JsValue;
}

/// An array of a call that may be left out.
struct Optional {
    array: Option<Buffer>,
    layout: Option<Layout>,
}

impl Optional {
    fn new(array: Option<Buffer>, layout: &JsValue) -> Result<Self> {
        let layout = array.as_ref().map(|_| Layout::from_js(layout)).transpose()?;
        Ok(Self { array, layout })
    }

    fn view(&self) -> Result<Option<Values<'_>>> {
        let both = self.array.as_ref().zip(self.layout.as_ref());
        both.map(|(array, layout)| array.view(layout)).transpose()
    }

    fn is_bigint(&self) -> bool {
        self.array.as_ref().is_some_and(|array| matches!(array.dtype(), Dtype::I64 | Dtype::U64))
    }
}

/// Returns the counts and the edges of bins; of `edges` the first `edge_count` count.
#[wasm_bindgen]
pub fn histogram(
    array: &Buffer,
    layout: &JsValue,
    options: &JsValue,
    edges: Option<Buffer>,
    edge_count: usize,
    weights: Option<Buffer>,
    weights_layout: &JsValue,
) -> Result<JsValue, JsValue> {
    let weights = Optional::new(weights, weights_layout)?;
    let reader = Reader::new(options, "bins, range, density")?;
    let mut wanted = Histogram::default();
    if let Some(edges) = &edges {
        wanted.bins = Bins::Edges(edges.prefix(edge_count)?);
    } else if let Some(rule) = reader.raw("bins").and_then(|bins| bins.as_string()) {
        wanted.bins = Bins::Rule(Rule::from_name(&rule)?);
    } else if let Some(count) = reader.get("bins", "an integer, the name of a rule or an array of edges")? {
        wanted.bins = Bins::Count(count);
    }
    wanted.range = reader.get("range", "[low, high]")?;
    reader.set("density", "a boolean", &mut wanted.density)?;
    wanted.weights = weights.view()?;
    let (counts, edges) = fold::histogram(array.view(&Layout::from_js(layout)?)?, &wanted)?;
    Ok(histogram_result(to_js(counts, weights.is_bigint())?, to_js(edges, false)?))
}

/// Returns how often each integer occurs, or the sums of the weights there.
#[wasm_bindgen]
pub fn bincount(
    array: &Buffer,
    layout: &JsValue,
    minlength: f64,
    weights: Option<Buffer>,
    weights_layout: &JsValue,
) -> Result<JsValue, JsValue> {
    let weights = Optional::new(weights, weights_layout)?;
    let values = array.view(&Layout::from_js(layout)?)?;
    to_js(fold::bincount(values, weights.view()?, size("minlength", minlength)?)?, false)
}

/// Returns which bin each element belongs to; of `bins` the first `bin_count` count.
#[wasm_bindgen]
pub fn digitize(
    array: &Buffer,
    layout: &JsValue,
    bins: &Buffer,
    bin_count: usize,
    right: bool,
) -> Result<JsValue, JsValue> {
    let values = array.view(&Layout::from_js(layout)?)?;
    to_js(fold::digitize(values, bins.prefix(bin_count)?, right)?, false)
}
