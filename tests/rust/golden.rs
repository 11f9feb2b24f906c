//! Does every reduction return the bits that exact rational arithmetic says?
//!
//! `tests/vectors/README.md` describes the files. They are compiled in, so that the same test runs
//! where there are no files.

use std::collections::HashSet;

use half::f16;
use ndarray::{ArrayD, IxDyn};
use nearfold::fold::{self, Array, Axes, Boolean, Options, Output, Reduction, Scalar, Values};
use nearfold::{ErrorKind, Result};
use serde_json::Value;

use crate::lcg::Lcg;

const FILES: [&str; 9] = [
    include_str!("../vectors/arg.json"),
    include_str!("../vectors/dot.json"),
    include_str!("../vectors/errors.json"),
    include_str!("../vectors/mean.json"),
    include_str!("../vectors/minmax.json"),
    include_str!("../vectors/norm.json"),
    include_str!("../vectors/std.json"),
    include_str!("../vectors/sum.json"),
    include_str!("../vectors/var.json"),
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

fn options(args: &Value) -> Options<'static> {
    let mut options = Options::default();
    if let Some(axis) = args["axis"].as_i64() {
        options.axis = Axes::One(axis as isize);
    } else if let Some(axes) = args["axis"].as_array() {
        options.axis = Axes::Many(axes.iter().map(|axis| axis.as_i64().unwrap() as isize).collect());
    }
    options.keepdims(args["keepdims"].as_bool().unwrap_or(false)).ddof(args["ddof"].as_f64().unwrap_or(0.0))
}

fn run<T: Element>(case: &Value) -> Result<Output>
where
    for<'a> Values<'a>: From<&'a ArrayD<T>>,
{
    let shape = lengths(&case["shape"]);
    let array = fill::<T>(&case["data"], &shape);
    let options = options(&case["args"]);
    if text(case, "op") == "dot" {
        let shape = case.get("shape2").map_or(shape, lengths);
        return fold::dot(&array, &fill::<T>(&case["data2"], &shape), &options);
    }
    fold::reduce(Reduction::from_name(text(case, "op"))?, &array, &options)
}

fn run_dtype(case: &Value) -> Result<Output> {
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

fn check(case: &Value) -> core::result::Result<(), String> {
    match (run_dtype(case), case.get("error")) {
        (Err(error), Some(code)) if error.code() == code.as_str().unwrap() => Ok(()),
        (Err(error), _) => Err(format!("got the error {}: {error}", error.code())),
        (Ok(output), Some(code)) => Err(format!("expected the error {code}, got {output:?}")),
        (Ok(output), None) => compare_output(case, &output),
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
            Ok(output) => with_elements!(&output, elements => show(elements)).join(" "),
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
    dot_is_the_rounded_exact_inner_product => "dot";
    bad_calls_return_the_documented_error => "errors";
    mean_is_the_rounded_exact_mean => "mean";
    min_and_max_order_zeros_and_propagate_nan => "minmax";
    norm_is_the_rounded_exact_norm => "norm";
    std_is_the_rounded_exact_deviation => "std";
    sum_is_the_rounded_exact_sum => "sum";
    var_is_the_rounded_exact_variance => "var";
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
