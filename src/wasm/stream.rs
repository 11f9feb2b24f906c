//! States of streams: `pkg/states.js` wraps them.

use wasm_bindgen::prelude::{JsValue, wasm_bindgen};

use super::Result;
use super::buffer::{Buffer, Layout};
use super::options::{Reader, size};
use super::output::to_js;
use crate::fold::{Method, Quantiles, stream};

#[wasm_bindgen(raw_module = "../result.js")]
extern "C" {
    /// Returns `{ counts, edges }`.
    #[wasm_bindgen(js_name = histogramResult)]
    fn histogram_result(counts: JsValue, edges: JsValue) -> JsValue;
}

/// A class over a state, with what all of them have in common.
macro_rules! state_class {
    ($(#[$doc:meta])* $name:ident, $state:ident, { $($own:tt)* }) => {
        $(#[$doc])*
        #[wasm_bindgen]
        pub struct $name {
            state: stream::$state,
        }

        #[wasm_bindgen]
        impl $name {
            $($own)*

            /// Reads the first `len` bytes of a stored state.
            #[wasm_bindgen(js_name = fromBytes)]
            pub fn from_bytes(bytes: &Buffer, len: usize) -> Result<Self> {
                Ok(Self { state: stream::$state::from_bytes(bytes.bytes(len)?)? })
            }

            /// Returns the state as bytes.
            #[wasm_bindgen(js_name = toBytes)]
            pub fn to_bytes(&self) -> js_sys::Uint8Array {
                js_sys::Uint8Array::from(self.state.to_bytes().as_slice())
            }

            /// Returns how many elements came.
            #[wasm_bindgen(getter)]
            pub fn count(&self) -> f64 {
                self.state.count() as f64
            }

            /// Adds the elements of a layout.
            pub fn push(&mut self, array: &Buffer, layout: &JsValue) -> Result<()> {
                self.state.push(array.view(&Layout::from_js(layout)?)?)
            }

            /// Adds what came to another state.
            pub fn merge(&mut self, other: &Self) -> Result<()> {
                self.state.merge(&other.state)
            }
        }
    };
}

state_class! {
    /// The exact sums of products of variables.
    CovCore, Cov, {
        /// Returns the state of no observations.
        #[wasm_bindgen(constructor)]
        pub fn new(variables: f64) -> Result<Self> {
            Ok(Self { state: stream::Cov::new(size("variables", variables)?)? })
        }

        /// Returns the number of variables.
        #[wasm_bindgen(getter)]
        pub fn variables(&self) -> usize {
            self.state.variables()
        }

        /// Returns the covariances.
        pub fn result(&self, options: &JsValue) -> Result<JsValue, JsValue> {
            let ddof = Reader::new(options, "ddof")?.get("ddof", "a number")?;
            to_js(self.state.result(ddof.unwrap_or(1.0))?, false)
        }

        /// Returns the correlations.
        pub fn corrcoef(&self) -> Result<JsValue, JsValue> {
            to_js(self.state.corrcoef()?, false)
        }
    }
}

state_class! {
    /// The counts of bins.
    HistogramCore, Histogram, {
        /// Returns empty bins of equal width.
        #[wasm_bindgen(constructor)]
        pub fn new(bins: f64, low: f64, high: f64) -> Result<Self> {
            Ok(Self { state: stream::Histogram::equal(size("bins", bins)?, low, high)? })
        }

        /// Returns empty bins between the first `len` edges.
        #[wasm_bindgen(js_name = withEdges)]
        pub fn with_edges(edges: &Buffer, len: usize) -> Result<Self> {
            Ok(Self { state: stream::Histogram::with_edges(edges.prefix(len)?)? })
        }

        /// Adds the weights of the elements of a layout to their bins.
        #[wasm_bindgen(js_name = pushWeighted)]
        pub fn push_weighted(
            &mut self,
            array: &Buffer,
            layout: &JsValue,
            weights: &Buffer,
            weights_layout: &JsValue,
        ) -> Result<()> {
            let weights = weights.view(&Layout::from_js(weights_layout)?)?;
            self.state.push_weighted(array.view(&Layout::from_js(layout)?)?, weights)
        }

        /// Returns how many elements lay below all bins.
        #[wasm_bindgen(getter)]
        pub fn below(&self) -> f64 {
            self.state.below() as f64
        }

        /// Returns how many elements lay above all bins.
        #[wasm_bindgen(getter)]
        pub fn above(&self) -> f64 {
            self.state.above() as f64
        }

        /// Returns how many elements were NaN.
        #[wasm_bindgen(getter)]
        pub fn nan(&self) -> f64 {
            self.state.nan() as f64
        }

        /// Returns the counts and the edges.
        pub fn result(&self) -> Result<JsValue, JsValue> {
            let (counts, edges) = self.state.result();
            Ok(histogram_result(to_js(counts, false)?, to_js(edges, false)?))
        }
    }
}

state_class! {
    /// The elements of a stream, or a sample of them.
    QuantilesCore, Quantiles, {
        /// Returns the state of an empty stream; no limit is the default one.
        #[wasm_bindgen(constructor)]
        pub fn new(limit: Option<f64>) -> Result<Self> {
            let limit = limit.map_or(Ok(stream::Quantiles::LIMIT), |limit| size("limit", limit))?;
            Ok(Self { state: stream::Quantiles::new(limit)? })
        }

        /// Returns how many elements are kept.
        #[wasm_bindgen(getter)]
        pub fn limit(&self) -> usize {
            self.state.limit()
        }

        /// Returns whether every element is still there.
        #[wasm_bindgen(getter, js_name = isExact)]
        pub fn is_exact(&self) -> bool {
            self.state.is_exact()
        }

        /// Returns the bound of the distance of a rank.
        #[wasm_bindgen(getter, js_name = rankError)]
        pub fn rank_error(&self) -> f64 {
            self.state.rank_error()
        }

        /// Returns the quantile `one`, or else those in `list`.
        pub fn result(&self, one: Option<f64>, list: Vec<f64>, options: &JsValue) -> Result<JsValue, JsValue> {
            let method: Option<String> = Reader::new(options, "method")?.get("method", "a string")?;
            let method = method.map_or(Ok(Method::Linear), |name| Method::from_name(&name))?;
            let q = one.map_or(Quantiles::Many(list), Quantiles::One);
            to_js(self.state.result(&q, method)?, false)
        }
    }
}
