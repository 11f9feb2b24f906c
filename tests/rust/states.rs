//! Do states that were once stored still open, and answer as they did?
//!
//! `tests/vectors/states/` holds bytes of every version, with what they answered when they were written.

use nearfold::Result;
use nearfold::fold::stream::{Cov, Histogram, Quantiles};
use nearfold::fold::{Dtype, Output, Partial, Reduction, Values};
use serde_json::{Value, json};

use crate::golden::{hex, options, with_array};

const VERSIONS: [&str; 2] =
    [include_str!("../vectors/states/v1/states.json"), include_str!("../vectors/states/v2/states.json")];

enum State {
    Partial(Box<Partial>),
    Cov(Cov),
    Histogram(Histogram),
    Quantiles(Quantiles),
}

/// Does the same with whichever state it is.
macro_rules! each {
    ($state:expr, |$inner:ident| $body:expr) => {
        match $state {
            State::Partial($inner) => $body,
            State::Cov($inner) => $body,
            State::Histogram($inner) => $body,
            State::Quantiles($inner) => $body,
        }
    };
}

fn text<'a>(value: &'a Value, key: &str) -> &'a str {
    value[key].as_str().unwrap_or_else(|| panic!("{key} of {value} is not text"))
}

fn numbers(list: &Value) -> Vec<f64> {
    list.as_array().expect("a list").iter().map(|x| x.as_f64().expect("a number")).collect()
}

impl State {
    fn open(kind: &str, bytes: &[u8]) -> Result<Self> {
        Ok(match kind {
            "Partial" => Self::Partial(Box::new(Partial::from_bytes(bytes)?)),
            "Cov" => Self::Cov(Cov::from_bytes(bytes)?),
            "Histogram" => Self::Histogram(Histogram::from_bytes(bytes)?),
            "Quantiles" => Self::Quantiles(Quantiles::from_bytes(bytes)?),
            other => panic!("no such state: {other}"),
        })
    }

    /// The state that the case describes, made today.
    fn make(case: &Value) -> Result<Self> {
        let args = &case["args"];
        let mut state = match text(case, "state") {
            "Partial" => {
                let mut asked = options(&json!({
                    "q": args["q"], "method": args["method"], "ddof": args["ddof"], "bias": args["bias"],
                    "fisher": args["fisher"], "order": args["order"],
                }))?;
                asked.initial = args["initial"].as_i64().map(Into::into);
                asked.initial = asked.initial.or(args["initial"].as_f64().map(Into::into));
                let dtype = Dtype::from_name(text(args, "dtype"))?;
                Self::Partial(Box::new(Partial::new(
                    Reduction::from_name(text(args, "reduction"))?,
                    dtype,
                    &asked,
                )?))
            }
            "Cov" => Self::Cov(Cov::new(args["variables"].as_u64().expect("a number") as usize)?),
            "Histogram" => Self::Histogram(match args["bins"].as_u64() {
                Some(bins) => {
                    let range = numbers(&args["range"]);
                    Histogram::equal(bins as usize, range[0], range[1])?
                }
                None => Histogram::with_edges(&numbers(&args["bins"]))?,
            }),
            _ => Self::Quantiles(Quantiles::new(args["limit"].as_u64().expect("a number") as usize)?),
        };
        for push in case["pushes"].as_array().expect("a list") {
            with_array(push, |x| state.push(x, &push["weights"]))?;
        }
        Ok(state)
    }

    fn push(&mut self, x: Values<'_>, weights: &Value) -> Result<()> {
        match self {
            Self::Histogram(state) if weights.is_object() => {
                with_array(weights, |weights| state.push_weighted(x.view(), weights.view()))
            }
            state => each!(state, |state| state.push(x)),
        }
    }

    fn to_bytes(&self) -> Vec<u8> {
        each!(self, |state| state.to_bytes())
    }

    /// What a method returns: one output, or two of a histogram.
    fn call(&self, name: &str, args: &Value) -> Result<Vec<Output>> {
        let scalar = |x: u64| Ok(vec![Output::Scalar((x as i64).into())]);
        match (self, name) {
            (Self::Partial(state), "result") => Ok(vec![state.result()?]),
            (Self::Cov(state), "result") => Ok(vec![state.result(args["ddof"].as_f64().unwrap_or(1.0))?]),
            (Self::Cov(state), "corrcoef") => Ok(vec![state.corrcoef()?]),
            (Self::Histogram(state), "result") => {
                let (counts, edges) = state.result();
                Ok(vec![counts, edges])
            }
            (Self::Histogram(state), "below") => scalar(state.below()),
            (Self::Histogram(state), "above") => scalar(state.above()),
            (Self::Histogram(state), "nan") => scalar(state.nan()),
            (Self::Histogram(state), "count") => scalar(state.count()),
            (Self::Quantiles(state), "count") => scalar(state.count()),
            (Self::Quantiles(state), "rank_error") => Ok(vec![Output::Scalar(state.rank_error().into())]),
            (Self::Quantiles(state), "result") => {
                let asked = options(args)?;
                Ok(vec![state.result(&asked.q, asked.method)?])
            }
            _ => panic!("no such method: {name}"),
        }
    }

    fn check(&self, case: &Value, what: &str) {
        for call in case["calls"].as_array().expect("a list") {
            let name = text(call, "call");
            let outputs = self.call(name, &call["args"]).unwrap_or_else(|error| panic!("{what}: {error}"));
            let answers: Vec<Value> = outputs
                .iter()
                .map(|output| {
                    let shape = match output {
                        Output::Scalar(_) => Vec::new(),
                        Output::Array(array) => array.shape().to_vec(),
                    };
                    json!({"dtype": output.dtype().name(), "shape": shape, "bits": hex(output)})
                })
                .collect();
            // A Python int has no width: it was written as int64.
            let expected = call["answers"].as_array().expect("a list");
            for (expected, got) in expected.iter().zip(&answers) {
                let scalar = got["shape"] == json!([]) && expected["dtype"] != got["dtype"];
                assert!(scalar || expected == got, "{what}: {name} gave {got}, not {expected}");
                assert!(!scalar || same_number(expected, got), "{what}: {name} gave {got}, not {expected}");
            }
            assert_eq!(expected.len(), answers.len(), "{what}: {name}");
        }
    }
}

/// Whether a scalar is the number that Python, which has one type of integers and one of floats, wrote.
fn same_number(expected: &Value, got: &Value) -> bool {
    let number = |of: &Value| {
        let bits = u64::from_str_radix(of["bits"][0].as_str().expect("bits"), 16).expect("hexadecimal");
        match text(of, "dtype") {
            "float64" => f64::from_bits(bits),
            "float32" => f64::from(f32::from_bits(bits as u32)),
            "float16" => half::f16::from_bits(bits as u16).to_f64(),
            "int32" => f64::from(bits as i32),
            "int16" => f64::from(bits as i16),
            "int8" => f64::from(bits as i8),
            _ => bits as i64 as f64,
        }
    };
    let (expected, got) = (number(expected), number(got));
    expected.to_bits() == got.to_bits() || (expected.is_nan() && got.is_nan())
}

fn cases(version: &str) -> Vec<Value> {
    let cases: Value = serde_json::from_str(version).expect("a list of cases");
    cases.as_array().expect("a list").clone()
}

fn bytes_of(case: &Value) -> Vec<u8> {
    let digits = text(case, "bytes").as_bytes();
    let pair = |pair: &[u8]| {
        u8::from_str_radix(core::str::from_utf8(pair).expect("ASCII"), 16).expect("hexadecimal")
    };
    digits.chunks(2).map(pair).collect()
}

#[test]
fn every_stored_state_opens_and_answers_as_it_did() {
    for case in VERSIONS.into_iter().flat_map(cases) {
        let id = text(&case, "id");
        assert!(text(&case, "why").len() > 10, "{id} does not say why it exists");
        let opened = State::open(text(&case, "state"), &bytes_of(&case));
        match (opened, case["error"].as_str()) {
            (Ok(state), None) => {
                state.check(&case, id);
                let again = State::open(text(&case, "state"), &state.to_bytes()).expect("its own bytes");
                again.check(&case, id);
            }
            (Err(error), Some(code)) => assert_eq!(error.code(), code, "{id}: {error}"),
            (Err(error), None) => panic!("{id}: {error}"),
            (Ok(_), Some(code)) => panic!("{id}: expected the error {code}"),
        }
    }
}

#[test]
fn a_state_made_today_has_the_bytes_and_the_answers_that_are_stored() {
    let newest = VERSIONS.len() - 1;
    for (version, cases) in VERSIONS.into_iter().map(cases).enumerate() {
        for case in cases.iter().filter(|case| case.get("error").is_none()) {
            let (id, state) = (text(case, "id"), State::make(case).expect("a state"));
            state.check(case, id);
            assert!(version < newest || state.to_bytes() == bytes_of(case), "{id} is stored otherwise today");
        }
    }
}

#[test]
fn a_flipped_bit_of_a_state_is_noticed() {
    let mut flipped = 0;
    for case in VERSIONS.into_iter().flat_map(cases).filter(|case| case.get("error").is_none()) {
        let bytes = State::make(&case).expect("a state").to_bytes();
        if bytes.len() > 600 {
            continue;
        }
        for bit in 0..8 * bytes.len() {
            let mut changed = bytes.clone();
            changed[bit / 8] ^= 1 << (bit % 8);
            let code = State::open(text(&case, "state"), &changed).err().map(|error| error.code());
            assert!(
                matches!(code, Some("corrupt" | "unsupported_version")),
                "{}: bit {bit} gives {code:?}",
                case["id"]
            );
            flipped += 1;
        }
    }
    assert!(flipped > 100_000, "only {flipped} bits");
}
