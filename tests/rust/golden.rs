//! Does every reduction return the bits that exact rational arithmetic says?
//!
//! `tests/vectors/README.md` describes the files. They are compiled in, so that the same test runs
//! where there are no files.

use std::collections::HashSet;

use half::f16;
use ndarray::{ArrayD, IxDyn};
use nearfold::fold::{
    self, Array, Axes, Bins, Boolean, Dtype, Histogram, Method, Options, Output, Quantiles, Reduction,
    Scalar, Scan, Values,
};
use nearfold::{ErrorKind, Result};
use serde_json::Value;

use crate::lcg::Lcg;

const FILES: [&str; 16] = [
    include_str!("../vectors/arg.json"),
    include_str!("../vectors/cov.json"),
    include_str!("../vectors/dot.json"),
    include_str!("../vectors/errors.json"),
    include_str!("../vectors/group.json"),
    include_str!("../vectors/histogram.json"),
    include_str!("../vectors/mean.json"),
    include_str!("../vectors/minmax.json"),
    include_str!("../vectors/moments.json"),
    include_str!("../vectors/norm.json"),
    include_str!("../vectors/quantile.json"),
    include_str!("../vectors/scan.json"),
    include_str!("../vectors/std.json"),
    include_str!("../vectors/sum.json"),
    include_str!("../vectors/var.json"),
    include_str!("../vectors/where.json"),
];

/// An element type and the ways in which a vector writes it.
trait Element: Clone {
    const DIGITS: usize;
    fn from_bits(bits: u64) -> Self;
    fn bits(&self) -> u64;
    fn lcg(lcg: &mut Lcg) -> Self;
    fn wide(_: &mut Lcg) -> Self {
        unreachable!("only floats have wide data")
    }
    /// How many representable numbers lie between two elements; 0 only for equal bits.
    fn ulps(&self, other: &Self) -> u64 {
        if self.bits() == other.bits() { 0 } else { u64::MAX }
    }
}

macro_rules! integer_elements {
    ($($type:ty, $unsigned:ty;)*) => {$(
        impl Element for $type {
            const DIGITS: usize = size_of::<$type>() * 2;
            fn from_bits(bits: u64) -> Self {
                bits as $type
            }
            fn bits(&self) -> u64 {
                u64::from(*self as $unsigned)
            }
            fn lcg(lcg: &mut Lcg) -> Self {
                (lcg.next() >> (64 - <$type>::BITS)) as $type
            }
        }
    )*};
}
integer_elements! {
    i64, u64; i32, u32; i16, u16; i8, u8;
    u64, u64; u32, u32; u16, u16; u8, u8;
}

macro_rules! float_elements {
    ($($type:ty, $unsigned:ty, $lcg:ident, $wide:ident;)*) => {$(
        impl Element for $type {
            const DIGITS: usize = size_of::<$type>() * 2;
            fn from_bits(bits: u64) -> Self {
                <$type>::from_bits(bits as $unsigned)
            }
            fn bits(&self) -> u64 {
                u64::from(self.to_bits())
            }
            fn lcg(lcg: &mut Lcg) -> Self {
                lcg.$lcg()
            }
            fn wide(lcg: &mut Lcg) -> Self {
                lcg.$wide()
            }
            fn ulps(&self, other: &Self) -> u64 {
                if self.is_nan() != other.is_nan() || self.is_sign_negative() != other.is_sign_negative() {
                    return u64::MAX;
                }
                Element::bits(self).abs_diff(Element::bits(other))
            }
        }
    )*};
}
float_elements! {
    f64, u64, next_f64, next_wide_f64;
    f32, u32, next_f32, next_wide_f32;
}

impl Element for f16 {
    const DIGITS: usize = 4;
    fn from_bits(bits: u64) -> Self {
        Self::from_bits(bits as u16)
    }
    fn bits(&self) -> u64 {
        u64::from(self.to_bits())
    }
    fn lcg(lcg: &mut Lcg) -> Self {
        Self::from_bits((lcg.next() >> 48) as u16)
    }
}

impl Element for Boolean {
    const DIGITS: usize = 2;
    fn from_bits(bits: u64) -> Self {
        Self(bits as u8)
    }
    fn bits(&self) -> u64 {
        u64::from(self.get())
    }
    fn lcg(lcg: &mut Lcg) -> Self {
        Self((lcg.next() >> 63) as u8)
    }
}

fn text<'a>(case: &'a Value, key: &str) -> &'a str {
    case[key].as_str().unwrap_or_else(|| panic!("{}: {key} is not text", case["id"]))
}

fn lengths(value: &Value) -> Vec<usize> {
    value.as_array().unwrap().iter().map(|n| n.as_u64().unwrap() as usize).collect()
}

/// Elements written as hexadecimal text.
fn parse<T: Element>(texts: &Value) -> Vec<T> {
    let parse = |text: &Value| {
        let digits = text.as_str().unwrap();
        assert_eq!(digits.len(), T::DIGITS, "{digits} has the wrong width");
        T::from_bits(u64::from_str_radix(digits, 16).unwrap())
    };
    texts.as_array().unwrap().iter().map(parse).collect()
}

/// The array that `data` stands for.
fn fill<T: Element>(data: &Value, shape: &[usize]) -> ArrayD<T> {
    let n = shape.iter().product();
    let elements = if let Some(seed) = data["lcg"].as_u64() {
        let mut lcg = Lcg(seed);
        (0..n).map(|_| T::lcg(&mut lcg)).collect()
    } else if let Some(seed) = data["wide"].as_u64() {
        let mut lcg = Lcg(seed);
        (0..n).map(|_| T::wide(&mut lcg)).collect()
    } else {
        parse(&data["bits"])
    };
    ArrayD::from_shape_vec(IxDyn(shape), elements).unwrap()
}

fn numbers(list: &[Value]) -> Vec<f64> {
    list.iter().map(|number| number.as_f64().unwrap()).collect()
}

/// The options that a case or a stored state asks for.
pub(crate) fn options<'a>(args: &Value) -> Result<Options<'a>> {
    let mut options = Options::default();
    if let Some(axis) = args["axis"].as_i64() {
        options.axis = Axes::One(axis as isize);
    } else if let Some(axes) = args["axis"].as_array() {
        options.axis = Axes::Many(axes.iter().map(|axis| axis.as_i64().unwrap() as isize).collect());
    }
    if let Some(q) = args["q"].as_f64() {
        options.q = Quantiles::One(q);
    } else if let Some(list) = args["q"].as_array() {
        options.q = Quantiles::Many(numbers(list));
    }
    if let Some(method) = args["method"].as_str() {
        options.method = Method::from_name(method)?;
    }
    options.dtype = args["dtype"].as_str().map(Dtype::from_name).transpose()?;
    options.bias = args["bias"].as_bool().unwrap_or(true);
    options.fisher = args["fisher"].as_bool().unwrap_or(true);
    options.order = args["order"].as_u64().unwrap_or(4) as u8;
    options.keepdims = args["keepdims"].as_bool().unwrap_or(false);
    options.ddof = args["ddof"].as_f64().unwrap_or(0.0);
    Ok(options)
}

/// The outputs of a call: two of a histogram, else one.
fn run<T: Element>(case: &Value) -> Result<Vec<Output>>
where
    for<'a> Values<'a>: From<&'a ArrayD<T>>,
{
    let shape = lengths(&case["shape"]);
    let (array, args, op) = (fill::<T>(&case["data"], &shape), &case["args"], text(case, "op"));
    let mut options = options(args)?;
    let mask = case["where"].as_object().map(|_| fill::<Boolean>(&case["where"], &shape));
    options.mask = mask.as_ref().map(|mask| mask.view());
    if let Ok(scan) = Scan::from_name(op) {
        return Ok(vec![fold::scan(scan, &array, &options)?]);
    }
    Ok(vec![match op {
        "dot" => {
            let shape = case.get("shape2").map_or(shape, lengths);
            fold::dot(&array, &fill::<T>(&case["data2"], &shape), &options)?
        }
        "cov" => fold::cov(&array, None, args["ddof"].as_f64().unwrap_or(1.0))?,
        "corrcoef" => fold::corrcoef(&array, None)?,
        "group" => {
            let codes = fill::<i64>(&case["codes"]["data"], &shape);
            let groups = args["groups"].as_u64().map(|groups| groups as usize);
            fold::group(Reduction::from_name(text(args, "reduction"))?, &array, &codes, groups, &options)?
        }
        "histogram" => {
            let weights = case["weights"].as_object().map(|_| fill::<f64>(&case["weights"]["data"], &shape));
            let edges = args["bins"].as_array().map(|list| numbers(list));
            let mut asked = Histogram::default();
            asked.bins = match &edges {
                Some(edges) => Bins::Edges(edges.into()),
                None => Bins::Count(args["bins"].as_u64().unwrap() as usize),
            };
            asked.range = args["range"].as_array().map(|range| {
                let ends = numbers(range);
                (ends[0], ends[1])
            });
            asked.weights = weights.as_ref().map(|weights| weights.into());
            let (counts, edges) = fold::histogram(&array, &asked)?;
            return Ok(vec![counts, edges]);
        }
        op => fold::reduce(Reduction::from_name(op)?, &array, &options)?,
    }])
}

fn run_dtype(case: &Value) -> Result<Vec<Output>> {
    match text(case, "dtype") {
        "float64" => run::<f64>(case),
        "float32" => run::<f32>(case),
        "float16" => run::<f16>(case),
        "int64" => run::<i64>(case),
        "int32" => run::<i32>(case),
        "int16" => run::<i16>(case),
        "int8" => run::<i8>(case),
        "uint64" => run::<u64>(case),
        "uint32" => run::<u32>(case),
        "uint16" => run::<u16>(case),
        "uint8" => run::<u8>(case),
        "bool" => run::<Boolean>(case),
        other => panic!("no such dtype: {other}"),
    }
}

/// Elements as the vectors write them.
fn show<T: Element>(elements: &[T]) -> Vec<String> {
    let digits = T::DIGITS;
    elements.iter().map(|e| format!("{:0digits$x}", e.bits())).collect()
}

/// Evaluates an expression of an output's elements, whatever their type.
macro_rules! with_elements {
    ($output:expr, $elements:ident => $body:expr) => {
        with_elements!($output, $elements => $body, F64 F32 F16 I64 I32 I16 I8 U64 U32 U16 U8 Bool)
    };
    ($output:expr, $elements:ident => $body:expr, $($variant:ident)*) => {
        match $output {
            $(Output::Scalar(Scalar::$variant(value)) => {
                let $elements = &[*value];
                $body
            })*
            $(Output::Array(Array::$variant(array)) => {
                let $elements = &array.iter().cloned().collect::<Vec<_>>()[..];
                $body
            })*
            other => panic!("an output whose elements are not known: {other:?}"),
        }
    };
}

fn compare<T: Element>(case: &Value, got: &[T]) -> core::result::Result<(), String> {
    let (truth, pin) = (parse::<T>(&case["truth"]), parse::<T>(&case["bits"]));
    let max_ulp = case["max_ulp"].as_u64().unwrap();
    let near = |(got, truth): (&T, &T)| got.ulps(truth) <= max_ulp;
    if truth.len() != got.len() || !got.iter().zip(&truth).all(near) {
        return Err(format!("truth is {:?} (± {max_ulp} ulp), got {:?}", show(&truth), show(got)));
    }
    if show(&pin) != show(got) {
        return Err(format!("pinned to {:?}, got {:?}", show(&pin), show(got)));
    }
    Ok(())
}

fn compare_output(case: &Value, output: &Output) -> core::result::Result<(), String> {
    let shape = match output {
        Output::Scalar(_) => Vec::new(),
        Output::Array(array) => array.shape().to_vec(),
    };
    if output.dtype().name() != text(case, "result_dtype") || shape != lengths(&case["result_shape"]) {
        let (dtype, expected) = (&case["result_dtype"], &case["result_shape"]);
        return Err(format!("expected {dtype} {expected}, got {} {shape:?}", output.dtype().name()));
    }
    with_elements!(output, elements => compare(case, elements))
}

/// The bits of an output's elements, as the vectors write them.
pub(crate) fn hex(output: &Output) -> Vec<String> {
    with_elements!(output, elements => show(elements))
}

/// Calls `use_it` with the elements that `{"dtype", "shape", "data"}` stands for.
pub(crate) fn with_array<R>(array: &Value, use_it: impl FnOnce(Values<'_>) -> R) -> R {
    let (shape, data) = (lengths(&array["shape"]), &array["data"]);
    macro_rules! dtypes {
        ($($name:literal: $type:ty,)*) => {
            match text(array, "dtype") {
                $($name => use_it(Values::from(&fill::<$type>(data, &shape))),)*
                other => panic!("no such dtype: {other}"),
            }
        };
    }
    dtypes! {
        "float64": f64, "float32": f32, "float16": f16,
        "int64": i64, "int32": i32, "int16": i16, "int8": i8,
        "uint64": u64, "uint32": u32, "uint16": u16, "uint8": u8, "bool": Boolean,
    }
}

fn check_edges(case: &Value, edges: Option<&Output>) -> core::result::Result<(), String> {
    let got = edges.map(|edges| serde_json::json!({"dtype": edges.dtype().name(), "bits": hex(edges)}));
    if case.get("edges") == got.as_ref() {
        Ok(())
    } else {
        Err(format!("edges {:?}, got {got:?}", case.get("edges")))
    }
}

fn check(case: &Value) -> core::result::Result<(), String> {
    match (run_dtype(case), case.get("error")) {
        (Err(error), Some(code)) if error.code() == code.as_str().unwrap() => Ok(()),
        (Err(error), _) => Err(format!("got the error {}: {error}", error.code())),
        (Ok(output), Some(code)) => Err(format!("expected the error {code}, got {output:?}")),
        (Ok(output), None) => {
            compare_output(case, &output[0])?;
            check_edges(case, output.get(1))
        }
    }
}

fn families() -> impl Iterator<Item = (String, Vec<Value>)> {
    FILES.iter().map(|file| {
        let mut file: Value = serde_json::from_str(file).unwrap();
        let cases = file["cases"].take();
        (text(&file, "family").to_owned(), cases.as_array().unwrap().clone())
    })
}

/// Gives every vector's result to `add`, written in the same way on every machine.
#[cfg(feature = "near")]
pub(crate) fn each_result(add: &mut impl FnMut(&[u8])) {
    for case in families().flat_map(|(_, cases)| cases) {
        let result = match run_dtype(&case) {
            Err(error) => error.code().to_owned(),
            Ok(outputs) => outputs.iter().flat_map(hex).collect::<Vec<_>>().join(" "),
        };
        add(format!("{} {result}\n", text(&case, "id")).as_bytes());
    }
}

/// Runs one file, and names every case that fails.
fn check_family(family: &str) {
    let (_, cases) = families().find(|(name, _)| name == family).unwrap();
    assert!(!cases.is_empty());
    let failed: Vec<String> = cases
        .iter()
        .filter_map(|case| {
            check(case).err().map(|why| format!("{} ({}): {why}", case["id"], text(case, "why")))
        })
        .collect();
    assert!(failed.is_empty(), "{} of {} cases:\n{}", failed.len(), cases.len(), failed.join("\n"));
}

macro_rules! families {
    ($($test:ident => $family:literal;)*) => {
        $(#[test]
        fn $test() {
            check_family($family);
        })*

        #[test]
        fn every_family_has_a_test() {
            let tested = [$($family),*];
            for (family, _) in families() {
                assert!(tested.contains(&family.as_str()), "{family} is not run");
            }
        }
    };
}
families! {
    argmin_and_argmax_are_the_first_of_equal_elements => "arg";
    cov_and_corrcoef_are_rounded_exact_quotients => "cov";
    dot_is_the_rounded_exact_inner_product => "dot";
    bad_calls_return_the_documented_error => "errors";
    groups_have_the_values_of_their_elements_alone => "group";
    histogram_counts_what_lies_between_its_edges => "histogram";
    mean_is_the_rounded_exact_mean => "mean";
    min_and_max_order_zeros_and_propagate_nan => "minmax";
    moments_are_rounded_exact_quotients => "moments";
    norm_is_the_rounded_exact_norm => "norm";
    quantiles_follow_their_thirteen_definitions => "quantile";
    scans_round_each_running_value_once => "scan";
    std_is_the_rounded_exact_deviation => "std";
    sum_is_the_rounded_exact_sum => "sum";
    var_is_the_rounded_exact_variance => "var";
    a_mask_leaves_what_a_reduction_of_the_rest_returns => "where";
}

#[test]
fn every_vector_has_an_id_of_its_own_and_a_reason() {
    let mut seen = HashSet::new();
    for (family, cases) in families() {
        for case in &cases {
            let id = text(case, "id");
            assert!(seen.insert(id.to_owned()), "{family}: {id} stands twice");
            assert!(text(case, "why").len() > 3, "{id} does not say why it exists");
        }
    }
}

#[test]
fn a_wrong_bit_in_a_vector_is_noticed() {
    let (_, cases) = families().find(|(name, _)| name == "sum").unwrap();
    let mut case = cases.iter().find(|case| case["id"] == "sum-int8-lcg-17").unwrap().clone();
    assert_eq!(check(&case), Ok(()));
    case["bits"] = serde_json::json!(["0000000000000001"]);
    assert!(check(&case).is_err());
}

#[test]
fn an_error_leaves_the_next_call_untouched() {
    let x = [1e308, 1e308, -1e308];
    assert!(matches!(fold::min(&[0.0; 0], &Options::default()).unwrap_err().kind(), ErrorKind::Empty { .. }));
    assert_eq!(fold::sum(&x, &Options::default()).unwrap().to_f64(), Some(1e308));
}

/// Without AVX2 the runs with and without `--cfg nearfold_baseline` would test the same code.
#[test]
#[cfg(all(target_arch = "x86_64", not(nearfold_baseline)))]
fn this_machine_has_the_instructions_that_the_run_is_about() {
    assert!(
        std::arch::is_x86_feature_detected!("avx2"),
        "no AVX2: the kernels' AVX2 variants are not tested"
    );
}

#[test]
#[cfg(target_family = "wasm")]
fn this_build_is_the_one_that_was_asked_for() {
    let wanted = option_env!("NEARFOLD_TEST_SIMD128").is_some();
    assert_eq!(cfg!(target_feature = "simd128"), wanted);
}
