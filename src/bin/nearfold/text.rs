//! How numbers are written: shortest text that reads back as the same number, in text and JSON.

use nearfold::fold::{Array, Output, Scalar};

/// Returns `1234567` as `1,234,567`.
pub(crate) fn thousands(n: usize) -> String {
    let digits = n.to_string();
    let mut text = String::new();
    for (i, digit) in digits.chars().enumerate() {
        if i > 0 && (digits.len() - i).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    text
}

/// Returns a scalar's text.
pub(crate) fn scalar(value: Scalar) -> String {
    match value {
        Scalar::F64(x) if x.is_nan() => "nan".into(),
        Scalar::F32(x) if x.is_nan() => "nan".into(),
        Scalar::F16(x) if x.is_nan() => "nan".into(),
        Scalar::F64(x) => format!("{x:?}"),
        Scalar::F32(x) => format!("{x:?}"),
        Scalar::F16(x) => format!("{:?}", f32::from(x)),
        Scalar::I64(x) => x.to_string(),
        Scalar::I32(x) => x.to_string(),
        Scalar::I16(x) => x.to_string(),
        Scalar::I8(x) => x.to_string(),
        Scalar::U64(x) => x.to_string(),
        Scalar::U32(x) => x.to_string(),
        Scalar::U16(x) => x.to_string(),
        Scalar::U8(x) => x.to_string(),
        Scalar::Bool(x) => x.get().to_string(),
        Scalar::C128(z) => z.to_string(),
        Scalar::C64(z) => z.to_string(),
        other => format!("{other:?}"),
    }
}

/// Returns a scalar as JSON. JSON has no NaN and no infinity: these, and complex numbers, are text.
fn json_scalar(value: Scalar) -> String {
    let text = scalar(value);
    match value {
        Scalar::C128(_) | Scalar::C64(_) => format!("{text:?}"),
        _ if value.to_f64().is_some_and(f64::is_finite) => text,
        _ => format!("{text:?}"),
    }
}

/// The elements in C order.
fn scalars(array: &Array) -> Vec<Scalar> {
    macro_rules! collect {
        ($($variant:ident)*) => {
            match array {
                $(Array::$variant(array) => array.iter().map(|&x| Scalar::from(x)).collect(),)*
                _ => Vec::new(),
            }
        };
    }
    collect!(F64 F32 F16 I64 I32 I16 I8 U64 U32 U16 U8 Bool C128 C64)
}

/// Returns a number, or nested lists of numbers.
pub(crate) fn output(output: &Output) -> String {
    written(output, ", ", scalar)
}

/// Returns a number, or nested lists of numbers, as JSON.
pub(crate) fn json_output(output: &Output) -> String {
    written(output, ",", json_scalar)
}

fn written(output: &Output, comma: &str, element: fn(Scalar) -> String) -> String {
    fn lists(shape: &[usize], values: &[Scalar], comma: &str, element: fn(Scalar) -> String) -> String {
        let [n, rest @ ..] = shape else { return element(values[0]) };
        let len: usize = rest.iter().product();
        let row = |i| lists(rest, &values[i * len..(i + 1) * len], comma, element);
        format!("[{}]", (0..*n).map(row).collect::<Vec<_>>().join(comma))
    }
    match output {
        Output::Scalar(value) => element(*value),
        Output::Array(array) => lists(array.shape(), &scalars(array), comma, element),
    }
}
