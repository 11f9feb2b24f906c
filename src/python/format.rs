//! Which element does a format string of PEP 3118, a type string of NumPy, or a type of DLPack name?

use core::ffi::{c_int, c_long, c_longlong, c_short};

use crate::error::{Error, ErrorKind};
use crate::fold::Dtype;

/// An element's type, and whether its bytes are in the other order than this machine's.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Element {
    pub(super) dtype: Dtype,
    pub(super) swapped: bool,
}

const NATIVE_IS_LITTLE: bool = cfg!(target_endian = "little");

/// What a type consists of, whatever its size.
#[derive(Clone, Copy)]
pub(super) enum Kind {
    Bool,
    Signed,
    Unsigned,
    Float,
    Complex,
}

/// Returns the dtype of a kind and a size in bytes, where there is one.
pub(super) fn dtype_of(kind: Kind, len_bytes: usize) -> Option<Dtype> {
    Some(match (kind, len_bytes) {
        (Kind::Bool, 1) => Dtype::Bool,
        (Kind::Signed, 1) => Dtype::I8,
        (Kind::Signed, 2) => Dtype::I16,
        (Kind::Signed, 4) => Dtype::I32,
        (Kind::Signed, 8) => Dtype::I64,
        (Kind::Unsigned, 1) => Dtype::U8,
        (Kind::Unsigned, 2) => Dtype::U16,
        (Kind::Unsigned, 4) => Dtype::U32,
        (Kind::Unsigned, 8) => Dtype::U64,
        (Kind::Float, 2) => Dtype::F16,
        (Kind::Float, 4) => Dtype::F32,
        (Kind::Float, 8) => Dtype::F64,
        (Kind::Complex, 8) => Dtype::C64,
        (Kind::Complex, 16) => Dtype::C128,
        _ => return None,
    })
}

/// Returns the error of a type that nothing here can read.
pub(super) fn unsupported(got: impl Into<String>) -> Error {
    Error::from(ErrorKind::UnsupportedDtype {
        op: "array",
        expected: Dtype::NAMES.trim_ascii_end(),
        got: got.into(),
    })
}

/// Returns the element of a PEP 3118 format, one item of which takes `len_bytes`.
///
/// One letter of the `struct` module after an optional byte order; `Zf`, `Zd` (NumPy) and `F`, `D`
/// (Python 3.14) are complex. Structures, repetitions, pointers and long doubles are refused.
pub(super) fn from_pep3118(format: &[u8], len_bytes: usize) -> Option<Element> {
    let (order, letters) = match format {
        [order @ (b'@' | b'=' | b'<' | b'>' | b'!' | b'^'), letters @ ..] => (*order, letters),
        letters => (b'@', letters),
    };
    let native_sizes = matches!(order, b'@' | b'^');
    let long = if native_sizes { size_of::<c_long>() } else { 4 };
    let (kind, size) = match letters {
        b"?" => (Kind::Bool, 1),
        b"b" => (Kind::Signed, 1),
        b"B" => (Kind::Unsigned, 1),
        b"h" => (Kind::Signed, size_of::<c_short>()),
        b"H" => (Kind::Unsigned, size_of::<c_short>()),
        b"i" => (Kind::Signed, size_of::<c_int>()),
        b"I" => (Kind::Unsigned, size_of::<c_int>()),
        b"l" => (Kind::Signed, long),
        b"L" => (Kind::Unsigned, long),
        b"q" => (Kind::Signed, size_of::<c_longlong>()),
        b"Q" => (Kind::Unsigned, size_of::<c_longlong>()),
        b"n" if native_sizes => (Kind::Signed, size_of::<isize>()),
        b"N" if native_sizes => (Kind::Unsigned, size_of::<usize>()),
        b"e" => (Kind::Float, 2),
        b"f" => (Kind::Float, 4),
        b"d" => (Kind::Float, 8),
        b"Zf" | b"F" => (Kind::Complex, 8),
        b"Zd" | b"D" => (Kind::Complex, 16),
        _ => return None,
    };
    if size != len_bytes {
        return None;
    }
    Some(Element { dtype: dtype_of(kind, size)?, swapped: size > 1 && is_foreign(order) })
}

/// Returns the element of a type string of the array interface: `"<f8"`, `"|b1"`, `">c16"`.
pub(super) fn from_typestr(typestr: &str) -> Option<Element> {
    let (&[order, kind], size) = typestr.as_bytes().split_first_chunk::<2>()?;
    from_numpy(order, kind, str::from_utf8(size).ok()?.parse().ok()?)
}

/// Returns the element of NumPy's letters of a byte order and a kind, and a size in bytes.
pub(super) fn from_numpy(order: u8, kind: u8, size: usize) -> Option<Element> {
    let kind = match kind {
        b'b' => Kind::Bool,
        b'i' => Kind::Signed,
        b'u' => Kind::Unsigned,
        b'f' => Kind::Float,
        b'c' => Kind::Complex,
        _ => return None,
    };
    matches!(order, b'<' | b'>' | b'|' | b'=').then_some(())?;
    Some(Element { dtype: dtype_of(kind, size)?, swapped: size > 1 && is_foreign(order) })
}

fn is_foreign(order: u8) -> bool {
    match order {
        b'<' => !NATIVE_IS_LITTLE,
        b'>' | b'!' => NATIVE_IS_LITTLE,
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn native(dtype: Dtype) -> Option<Element> {
        Some(Element { dtype, swapped: false })
    }

    #[test]
    fn native_letters_have_the_sizes_of_c() {
        assert_eq!(from_pep3118(b"d", 8), native(Dtype::F64));
        assert_eq!(
            from_pep3118(b"@l", size_of::<c_long>()).map(|e| e.dtype.len_bytes()),
            Some(size_of::<c_long>())
        );
        assert_eq!(from_pep3118(b"n", size_of::<isize>()).map(|e| e.swapped), Some(false));
    }

    #[test]
    fn standard_letters_have_fixed_sizes() {
        assert_eq!(from_pep3118(b"=l", 4), native(Dtype::I32));
        assert_eq!(from_pep3118(b"=l", 8), None);
        assert_eq!(from_pep3118(b"=n", 8), None, "n exists with native sizes alone");
    }

    #[test]
    fn big_endian_is_told_apart_from_native() {
        assert_eq!(from_pep3118(b">d", 8), Some(Element { dtype: Dtype::F64, swapped: NATIVE_IS_LITTLE }));
        assert_eq!(from_pep3118(b">B", 1), native(Dtype::U8), "one byte has no order");
        assert_eq!(from_typestr(">c16"), Some(Element { dtype: Dtype::C128, swapped: NATIVE_IS_LITTLE }));
    }

    #[test]
    fn structures_long_doubles_and_lies_about_the_size_are_refused() {
        for (format, size) in
            [(&b"T{d:a:}"[..], 8), (b"g", 16), (b"2d", 16), (b"d", 4), (b"", 1), (b"c", 1), (b"P", 8)]
        {
            assert_eq!(from_pep3118(format, size), None, "{format:?}");
        }
        for typestr in ["<M8[s]", "<f16", "|V8", "<", "f8", "<f", "é8", "<f-8"] {
            assert_eq!(from_typestr(typestr), None, "{typestr}");
        }
    }
}
