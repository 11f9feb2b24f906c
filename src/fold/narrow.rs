//! Numbers of 64 bits as the 32 bits that an index holds.

use crate::error::{ErrorKind, Result};

/// Returns a number of rows of `dim`, the one at `at`, as float32.
///
/// Errors: [`ErrorKind::NotFinite`] where that is infinite, [`ErrorKind::BadParameter`] where a number that is not 0 becomes 0.
pub(crate) fn held(value: f64, at: usize, dim: usize) -> Result<f32> {
    let held = value as f32;
    if held.is_finite() && (held != 0.0 || value == 0.0) || value.is_nan() {
        return Ok(held);
    }
    let (row, column) = (at / dim.max(1), at % dim.max(1));
    if held.is_infinite() {
        return Err(ErrorKind::NotFinite { row, column, value }.into());
    }
    Err(ErrorKind::BadParameter {
        name: "vectors",
        expected: "0, or magnitudes from 1.4e-45 on, as float32 holds (numbers given as float32 are taken as they are)".into(),
        got: format!("{value:e} at row {row}, column {column}"),
    }
    .into())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_number_beyond_float32_is_refused_with_its_place_and_value() {
        for (value, expected) in
            [(3e200, "got 3"), (-1e39, "got -1"), (3e-200, "got 3e-200 at"), (-7e-46, "got -7e-46 at")]
        {
            let text = held(value, 7, 3).unwrap_err().to_string();
            assert!(text.contains(expected) && text.contains("row 2, column 1"), "{text}");
        }
        for (value, float) in [(0.0, 0.0), (-0.0, -0.0), (1e-45, 1e-45), (3.4e38, 3.4e38), (0.1, 0.1f32)] {
            assert_eq!(held(value, 0, 1).unwrap(), float);
        }
        assert!(held(f64::NAN, 0, 1).unwrap().is_nan());
    }
}
