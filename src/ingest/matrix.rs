//! Which vectors, and which ids, are these numbers?

use crate::error::{Error, ErrorKind, Result};
use crate::fold::Array;
use crate::fold::narrow::held;

/// Rows of numbers as an index takes them.
#[derive(Clone, Debug, PartialEq)]
pub struct Matrix {
    /// Components of a row.
    pub dim: usize,
    /// Row by row.
    pub values: Vec<f32>,
}

impl Matrix {
    /// Returns the number of rows.
    pub fn rows(&self) -> usize {
        self.values.len().checked_div(self.dim).unwrap_or(0)
    }

    /// Returns the rows of a 2-D array, or the one row of a 1-D array, as float32.
    ///
    /// float32 in C order is taken as it is; other numbers are rounded to float32.
    ///
    /// Errors: `shape_mismatch` for other shapes, `unsupported_dtype` for complex numbers; `not_finite` and `bad_parameter` for
    /// float64 that would become infinite, or 0.
    pub fn from_array(array: Array) -> Result<Self> {
        let dim = match array.shape() {
            [dim] | [_, dim] => *dim,
            shape => {
                let expected = "(n, dim) or (dim,)".to_owned();
                return Err(ErrorKind::ShapeMismatch { expected, got: format!("{shape:?}") }.into());
            }
        };
        macro_rules! rounded {
            ($array:expr, $convert:expr) => {
                $array.iter().map($convert).collect()
            };
        }
        let values = match array {
            Array::F32(array) if array.is_standard_layout() => array.into_raw_vec_and_offset().0,
            Array::F32(array) => rounded!(array, |&x| x),
            Array::F64(array) => {
                array.iter().enumerate().map(|(at, &x)| held(x, at, dim)).collect::<Result<Vec<f32>>>()?
            }
            Array::F16(array) => rounded!(array, |&x| f32::from(x)),
            Array::I64(array) => rounded!(array, |&x| x as f32),
            Array::I32(array) => rounded!(array, |&x| x as f32),
            Array::I16(array) => rounded!(array, |&x| f32::from(x)),
            Array::I8(array) => rounded!(array, |&x| f32::from(x)),
            Array::U64(array) => rounded!(array, |&x| x as f32),
            Array::U32(array) => rounded!(array, |&x| x as f32),
            Array::U16(array) => rounded!(array, |&x| f32::from(x)),
            Array::U8(array) => rounded!(array, |&x| f32::from(x)),
            Array::Bool(array) => rounded!(array, |x| f32::from(u8::from(x.get()))),
            other => {
                let got = other.dtype().name().to_owned();
                return Err(
                    ErrorKind::UnsupportedDtype { op: "vectors", expected: "real numbers", got }.into()
                );
            }
        };
        Ok(Self { dim, values })
    }
}

/// Returns the ids that a 1-D array of integers holds.
///
/// Errors: `shape_mismatch` for other shapes, `unsupported_dtype` for what is not an integer,
/// `bad_parameter` for a negative one.
pub fn ids_from_array(array: &Array) -> Result<Vec<u64>> {
    if array.shape().len() != 1 {
        let got = format!("{:?}", array.shape());
        return Err(ErrorKind::ShapeMismatch { expected: "(n,)".to_owned(), got }.into());
    }
    macro_rules! not_negative {
        ($array:expr) => {
            $array
                .iter()
                .map(|&id| {
                    u64::try_from(id).map_err(|_| {
                        Error::from(ErrorKind::BadParameter {
                            name: "ids",
                            expected: "integers from 0".to_owned(),
                            got: id.to_string(),
                        })
                    })
                })
                .collect()
        };
    }
    match array {
        Array::I64(array) => not_negative!(array),
        Array::I32(array) => not_negative!(array),
        Array::I16(array) => not_negative!(array),
        Array::I8(array) => not_negative!(array),
        Array::U64(array) => Ok(array.iter().copied().collect()),
        Array::U32(array) => Ok(array.iter().map(|&id| u64::from(id)).collect()),
        Array::U16(array) => Ok(array.iter().map(|&id| u64::from(id)).collect()),
        Array::U8(array) => Ok(array.iter().map(|&id| u64::from(id)).collect()),
        other => {
            let got = other.dtype().name().to_owned();
            Err(ErrorKind::UnsupportedDtype { op: "ids", expected: "integers", got }.into())
        }
    }
}

/// Returns the booleans that a 1-D array holds; `None` for other elements.
///
/// Errors: `shape_mismatch` for other shapes of booleans.
pub fn mask_from_array(array: &Array) -> Result<Option<Vec<bool>>> {
    match array {
        Array::Bool(mask) if mask.ndim() == 1 => Ok(Some(mask.iter().map(|x| x.get()).collect())),
        Array::Bool(mask) => {
            let got = format!("{:?}", mask.shape());
            Err(ErrorKind::ShapeMismatch { expected: "(n,)".to_owned(), got }.into())
        }
        _ => Ok(None),
    }
}

#[cfg(test)]
mod tests {
    use ndarray::{ShapeBuilder, arr1, arr2};

    use super::*;
    use crate::fold::Boolean;

    #[test]
    fn a_matrix_in_fortran_order_is_read_by_rows() {
        let columns =
            ndarray::Array2::from_shape_vec((2, 3).f(), vec![1.0_f32, 4.0, 2.0, 5.0, 3.0, 6.0]).unwrap();
        let matrix = Matrix::from_array(columns.into_dyn().into()).unwrap();
        assert_eq!((matrix.dim, matrix.rows()), (3, 2));
        assert_eq!(matrix.values, [1.0, 2.0, 3.0, 4.0, 5.0, 6.0]);
    }

    #[test]
    fn numbers_of_other_types_are_rounded_to_float32() {
        let matrix = Matrix::from_array(arr2(&[[0.1_f64, 1e30]]).into_dyn().into()).unwrap();
        assert_eq!(matrix.values, [0.1_f32, 1e30]);
        let one = Matrix::from_array(arr1(&[-3_i8, 4]).into_dyn().into()).unwrap();
        assert_eq!((one.rows(), one.values), (1, vec![-3.0, 4.0]));
    }

    #[test]
    fn what_is_not_a_matrix_is_refused() {
        let cube = ndarray::Array3::<f32>::zeros((1, 2, 3)).into_dyn();
        assert_eq!(Matrix::from_array(cube.into()).unwrap_err().code(), "shape_mismatch");
        let complex = ndarray::Array1::<num_complex::Complex<f64>>::zeros(2).into_dyn();
        assert_eq!(Matrix::from_array(complex.into()).unwrap_err().code(), "unsupported_dtype");
    }

    #[test]
    fn a_mask_is_a_row_of_booleans() {
        let mask = arr1(&[Boolean::from(true), Boolean::from(false)]);
        assert_eq!(mask_from_array(&mask.clone().into_dyn().into()), Ok(Some(vec![true, false])));
        assert_eq!(mask_from_array(&arr1(&[1_u8]).into_dyn().into()), Ok(None));
        let square = mask.into_shape_with_order((1, 2)).unwrap();
        assert_eq!(mask_from_array(&square.into_dyn().into()).unwrap_err().code(), "shape_mismatch");
    }

    #[test]
    fn ids_are_integers_from_0() {
        assert_eq!(ids_from_array(&arr1(&[5_i32, 0]).into_dyn().into()), Ok(vec![5, 0]));
        assert_eq!(ids_from_array(&arr1(&[u64::MAX]).into_dyn().into()), Ok(vec![u64::MAX]));
        assert_eq!(
            ids_from_array(&arr1(&[5_i64, -1]).into_dyn().into()).unwrap_err().code(),
            "bad_parameter"
        );
        assert_eq!(
            ids_from_array(&arr1(&[1.0_f32]).into_dyn().into()).unwrap_err().code(),
            "unsupported_dtype"
        );
        assert_eq!(ids_from_array(&arr2(&[[1_u8]]).into_dyn().into()).unwrap_err().code(), "shape_mismatch");
    }
}
