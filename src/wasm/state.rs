//! States of streams: `pkg/states.js` wraps them.

use wasm_bindgen::prelude::{JsValue, wasm_bindgen};

use super::Result;
use super::bins::{counted, range_of};
use super::border;
use super::buffer::Buffer;
use super::fold::{known, method, named, options_from_js, options_of, wants_bigint};
use super::options::{Reader, bad, size};
use super::output::to_js;
use crate::error::Error;
use crate::fold::quick::Quick;
use crate::fold::stream::{Cov, Histogram, Quantiles};
use crate::fold::{self, Dtype, Method, Partial, Reduction};

/// The state of a stream, of whatever class it is in JavaScript.
#[wasm_bindgen(js_name = state)]
pub struct StateCore {
    state: State,
}

enum State {
    Accumulator(Box<Partial>),
    /// What comes is for the estimate alone; it can only be pushed to and finished.
    Quick(Quick, Box<Partial>),
    Cov(Cov),
    Histogram(Histogram),
    Quantiles(Quantiles),
}

impl From<State> for StateCore {
    fn from(state: State) -> Self {
        Self { state }
    }
}

/// Returns the state of one reduction of a stream, by its name and with its dtype among the options.
#[wasm_bindgen]
pub fn accumulator(op: &JsValue, options: &JsValue) -> Result<StateCore> {
    let op = named(op)?;
    let reduction = Reduction::from_name(&op)?;
    let reader = Reader::new(options, &format!("{}, of", known(&op)))?;
    let dtype = reader.word("of", "the name of a dtype")?;
    let dtype = dtype.map_or(Ok(Dtype::F64), |name| Dtype::from_name(&name))?;
    Ok(State::Accumulator(Box::new(Partial::new(reduction, dtype, &options_of(&reader)?)?)).into())
}

/// Returns the state in which a long array is folded: a quick one where that is asked for, and there is one. `reduction` is a
/// place in the names of reductions.
#[wasm_bindgen]
pub fn pieces(reduction: usize, options: &JsValue, dtype: &JsValue, quick: bool) -> Result<StateCore> {
    let reduction = Reduction::ALL[reduction];
    let dtype = Dtype::from_name(&border::read_text(dtype))?;
    let options = options_of(&Reader::new(options, known(reduction.name()))?)?;
    let state = Box::new(Partial::new(reduction, dtype, &options)?);
    Ok(match if quick { Quick::new(reduction, dtype, &options)? } else { None } {
        Some(quick) => State::Quick(quick, state),
        None => State::Accumulator(state),
    }
    .into())
}

/// Returns the state of covariances.
#[wasm_bindgen]
pub fn cov(variables: &JsValue) -> Result<StateCore> {
    Ok(State::Cov(Cov::new(size("variables", variables)?)?).into())
}

/// Returns empty bins of equal width.
#[wasm_bindgen(js_name = bins)]
pub fn equal_bins(bins: &JsValue, options: &JsValue) -> Result<StateCore> {
    const RANGE: &str = "[low, high]: a stream's ends are not known beforehand";
    let reader = Reader::new(options, "range")?;
    let bins = size("bins", bins)?;
    let (low, high) = range_of(reader.raw("range").unwrap_or(&JsValue::UNDEFINED), RANGE)?;
    Ok(State::Histogram(Histogram::equal(bins, low, high)?).into())
}

/// Returns empty bins between edges.
#[wasm_bindgen]
pub fn edges(options: &JsValue, edges: &Buffer, layout: &JsValue) -> Result<StateCore> {
    if let Some(range) = Reader::new(options, "range")?.raw("range") {
        return Err(bad("range", "none with edges", range));
    }
    Ok(State::Histogram(Histogram::with_edges(edges.doubles(layout)?.unwrap_or(&[]))?).into())
}

/// Returns the state of quantiles.
#[wasm_bindgen]
pub fn quantiles(options: &JsValue) -> Result<StateCore> {
    let reader = Reader::new(options, "limit")?;
    let limit = reader.raw("limit").map_or(Ok(Quantiles::LIMIT), |limit| size("limit", limit))?;
    Ok(State::Quantiles(Quantiles::new(limit)?).into())
}

#[wasm_bindgen(js_class = state)]
impl StateCore {
    /// Reads the first `len` bytes of a stored state of a class.
    #[wasm_bindgen(js_name = fromBytes)]
    pub fn from_bytes(class: &JsValue, bytes: &Buffer, len: usize) -> Result<Self> {
        let bytes = bytes.bytes(len)?;
        let class = border::read_text(class);
        Ok(match class.as_str() {
            "Sum" | "MinMax" | "Moments" => {
                let reduction = Reduction::from_name(&class.to_ascii_lowercase())?;
                State::Accumulator(Box::new(Partial::plain_from_bytes(reduction, bytes)?))
            }
            "Cov" => State::Cov(Cov::from_bytes(bytes)?),
            "Histogram" => State::Histogram(Histogram::from_bytes(bytes)?),
            "Quantiles" => State::Quantiles(Quantiles::from_bytes(bytes)?),
            _ => State::Accumulator(Box::new(Partial::from_bytes(bytes)?)),
        }
        .into())
    }

    /// Returns the state as bytes.
    #[wasm_bindgen(js_name = toBytes)]
    pub fn to_bytes(&self) -> Result<JsValue, JsValue> {
        let bytes = match &self.state {
            State::Accumulator(state) => state.to_bytes(),
            State::Quick(_, state) => state.to_bytes(),
            State::Cov(state) => state.to_bytes(),
            State::Histogram(state) => state.to_bytes(),
            State::Quantiles(state) => state.to_bytes(),
        };
        Ok(border::array(&bytes))
    }

    /// Adds the elements of a layout, to bins with their weights if there are any.
    pub fn push(
        &mut self,
        array: &Buffer,
        layout: &JsValue,
        weights: &Buffer,
        weights_layout: &JsValue,
    ) -> Result<()> {
        let values = array.view(layout)?;
        match (&mut self.state, weights.given(weights_layout)?) {
            (State::Accumulator(state), _) => state.push(values),
            (State::Quick(quick, _), _) => {
                quick.push(&values);
                Ok(())
            }
            (State::Cov(state), _) => state.push(values),
            (State::Histogram(state), None) => state.push(values),
            (State::Histogram(state), Some(weights)) => state.push_weighted(values, weights),
            (State::Quantiles(state), _) => state.push(values),
        }
    }

    /// Adds what came to another state of the same class.
    pub fn merge(&mut self, other: &Self) -> Result<()> {
        match (&mut self.state, &other.state) {
            (State::Accumulator(state), State::Accumulator(other)) => state.merge(other),
            (State::Cov(state), State::Cov(other)) => state.merge(other),
            (State::Histogram(state), State::Histogram(other)) => state.merge(other),
            (State::Quantiles(state), State::Quantiles(other)) => state.merge(other),
            _ => Err(Error::BadParameter {
                name: "other",
                expected: "a state of the same class".into(),
                got: "another".into(),
            }),
        }
    }

    /// Returns a property of the state by its name.
    pub fn get(&self, name: &JsValue) -> Result<JsValue, JsValue> {
        let name = border::read_text(name);
        let number = |count: u64| border::number_value(count as f64);
        Ok(match (&self.state, name.as_str()) {
            (State::Accumulator(state), "op") => border::text(match state.reduction().name() {
                "count_nonzero" => "countNonzero",
                name => name,
            }),
            (State::Accumulator(state), "dtype") => border::text(state.dtype().name()),
            (State::Accumulator(state), _) => number(state.count()),
            (State::Cov(state), "variables") => number(state.variables() as u64),
            (State::Cov(state), _) => number(state.count()),
            (State::Histogram(state), "below") => number(state.below()),
            (State::Histogram(state), "above") => number(state.above()),
            (State::Histogram(state), "nan") => number(state.nan()),
            (State::Histogram(state), _) => number(state.count()),
            (State::Quantiles(state), "limit") => number(state.limit() as u64),
            (State::Quantiles(state), "isExact") => state.is_exact().into(),
            (State::Quantiles(state), "rankError") => border::number_value(state.rank_error()),
            (State::Quantiles(state), _) => number(state.count()),
            (State::Quick(..), _) => JsValue::UNDEFINED,
        })
    }

    /// Returns the result so far; `undefined` where a quick state does not settle it.
    pub fn finish(&self, options: &JsValue) -> Result<JsValue, JsValue> {
        match &self.state {
            State::Accumulator(state) => {
                to_js(state.finish()?, wants_bigint(state.reduction().name(), state.dtype()))
            }
            State::Quick(quick, _) => {
                quick.finish().map_or(Ok(JsValue::UNDEFINED), |output| to_js(output, false))
            }
            State::Cov(state) => {
                let ddof = Reader::new(options, "ddof")?.number("ddof")?;
                to_js(state.result(ddof.unwrap_or(1.0))?, false)
            }
            State::Histogram(state) => counted(state.result(), false),
            State::Quantiles(_) => Ok(JsValue::UNDEFINED),
        }
    }

    /// Returns the quantile that a buffer begins with, or those that a layout describes there.
    #[wasm_bindgen(js_name = finishAt)]
    pub fn finish_at(
        &self,
        options: &JsValue,
        one: bool,
        q: &Buffer,
        layout: &JsValue,
    ) -> Result<JsValue, JsValue> {
        let State::Quantiles(state) = &self.state else { return Ok(JsValue::UNDEFINED) };
        let method = method(&Reader::new(options, "method")?)?.unwrap_or(Method::Linear);
        let q = q.doubles(layout)?.unwrap_or(&[]);
        let q = if one { fold::Quantiles::One(q[0]) } else { fold::Quantiles::Many(q.to_vec()) };
        to_js(state.result(&q, method)?, false)
    }

    /// Returns another figure of a state of moments.
    pub fn figure(&self, op: &JsValue, options: &JsValue) -> Result<JsValue, JsValue> {
        let State::Accumulator(state) = &self.state else { return Ok(JsValue::UNDEFINED) };
        let op = named(op)?;
        to_js(state.figure(Reduction::from_name(&op)?, &options_from_js(&op, options)?)?, false)
    }

    /// Returns the correlations.
    pub fn corrcoef(&self) -> Result<JsValue, JsValue> {
        match &self.state {
            State::Cov(state) => to_js(state.corrcoef()?, false),
            _ => Ok(JsValue::UNDEFINED),
        }
    }
}
