//! What array does a `.npy` file hold?
//!
//! Versions 1 to 3, both byte orders, C and Fortran order, every dtype that [`Array`] has.
//! Reference: NumPy Enhancement Proposal 1, "A Simple File Format for NumPy Arrays".

use half::f16;
use ndarray::{ArrayD, IxDyn, ShapeBuilder};
use num_complex::Complex;

use crate::error::{Error, ErrorKind, Result};
use crate::fold::{Array, Boolean, Dtype};

const MAGIC: &[u8] = b"\x93NUMPY";
/// How a `.npz` file begins.
const ZIP: &[u8] = b"PK\x03\x04";
/// Where the header's text starts, at the latest: magic, version, and a length of 4 bytes.
const PREFIX_LEN_MAX: usize = 12;
/// NumPy itself refuses headers above 10,000 bytes unless told otherwise.
const HEADER_LEN_MAX: usize = 1 << 16;
/// NumPy's own limit.
const NDIM_MAX: usize = 64;

fn corrupt(why: impl Into<String>) -> Error {
    Error::from(ErrorKind::Corrupt { section: "npy header", why: why.into() })
}

/// Returns the array that the bytes of a `.npy` file hold.
///
/// Errors: `corrupt` where the bytes are no such file, are damaged, or are more or fewer than the
/// header says; `unsupported_dtype` for strings, records, objects and dates; `out_of_memory`.
///
/// ```
/// let mut file = b"\x93NUMPY\x01\x00\x76\x00{'descr': '<i2', 'fortran_order': False, 'shape': (2,), }".to_vec();
/// file.resize(127, b' ');
/// file.extend(b"\n\x05\x00\xff\xff");
/// let array = nearfold::ingest::read_npy(&file)?;
/// assert_eq!(array.shape(), [2]); // 5, -1
/// # Ok::<(), nearfold::Error>(())
/// ```
pub fn read_npy(bytes: &[u8]) -> Result<Array> {
    let mut reader = NpyReader::new(bytes.len() as u64);
    reader.push(bytes)?;
    reader.finish()
}

/// Reads a `.npy` file in pieces, so that the file and the array need not both be in memory.
///
/// Takes the file's length first: a header that promises more is refused before anything is
/// allocated for it.
#[derive(Debug)]
pub struct NpyReader {
    len_bytes: u64,
    state: State,
}

#[derive(Debug)]
enum State {
    /// The header so far.
    Header(Vec<u8>),
    Data(Header, Elements),
}

impl NpyReader {
    /// Returns a reader for a file of this length.
    pub fn new(len_bytes: u64) -> Self {
        Self { len_bytes, state: State::Header(Vec::new()) }
    }

    /// Takes the file's next bytes.
    ///
    /// Errors: as [`read_npy`]; the reader is of no use after one.
    pub fn push(&mut self, mut bytes: &[u8]) -> Result<()> {
        if let State::Header(head) = &mut self.state {
            let before = head.len();
            head.extend_from_slice(&bytes[..bytes.len().min(PREFIX_LEN_MAX + HEADER_LEN_MAX)]);
            let Some((header, len)) = Header::parse(head)? else { return Ok(()) };
            header.check_len(self.len_bytes, len)?;
            // The header was not complete before, so it ends in these bytes.
            bytes = &bytes[len - before..];
            let elements = Elements::new(&header)?;
            self.state = State::Data(header, elements);
        }
        if let State::Data(header, elements) = &mut self.state {
            elements.push(bytes, header)?;
        }
        Ok(())
    }

    /// Returns the array, when all bytes were pushed.
    ///
    /// Errors: `corrupt` when some are missing.
    pub fn finish(self) -> Result<Array> {
        match self.state {
            State::Header(head) => Err(corrupt(format!("ends after {} bytes", head.len()))),
            State::Data(header, elements) => elements.finish(&header),
        }
    }
}

#[derive(Debug, PartialEq)]
struct Header {
    dtype: Dtype,
    big_endian: bool,
    fortran_order: bool,
    shape: Vec<usize>,
    /// The product of `shape`.
    len: usize,
}

impl Header {
    /// Returns the header and where the elements start, or `None` when more bytes are needed.
    fn parse(bytes: &[u8]) -> Result<Option<(Self, usize)>> {
        if !MAGIC.starts_with(&bytes[..bytes.len().min(MAGIC.len())]) {
            if bytes.starts_with(ZIP) {
                return Err(corrupt(
                    "a .npz file, which is a ZIP of .npy files: unpack it and give one of those",
                ));
            }
            return Err(corrupt("does not start with \\x93NUMPY: not a .npy file"));
        }
        let Some(&major) = bytes.get(6) else { return Ok(None) };
        let (text_at, text_len) = match (major, bytes) {
            (1, [_, _, _, _, _, _, _, _, a, b, ..]) => (10, usize::from(u16::from_le_bytes([*a, *b]))),
            (2 | 3, [_, _, _, _, _, _, _, _, a, b, c, d, ..]) => {
                (12, u32::from_le_bytes([*a, *b, *c, *d]).try_into().unwrap_or(usize::MAX))
            }
            (1..=3, _) => return Ok(None),
            _ => return Err(corrupt(format!("version {major}: versions 1 to 3 are known"))),
        };
        if text_len > HEADER_LEN_MAX {
            return Err(corrupt(format!("{text_len} bytes long: at most {HEADER_LEN_MAX} are read")));
        }
        let Some(text) = bytes.get(text_at..text_at + text_len) else { return Ok(None) };
        let text = core::str::from_utf8(text).map_err(|_| corrupt("not UTF-8 text"))?;
        Ok(Some((Self::parse_text(text)?, text_at + text_len)))
    }

    /// Parses `{'descr': '<f8', 'fortran_order': False, 'shape': (3, 4), }`.
    fn parse_text(text: &str) -> Result<Self> {
        let mut literal = Literal { rest: text };
        let (mut descr, mut fortran_order, mut shape) = (None, None, None);
        literal.expect('{')?;
        while !literal.take('}') {
            let key = literal.string()?;
            literal.expect(':')?;
            match key {
                "descr" => descr = Some(literal.descr()?),
                "fortran_order" => fortran_order = Some(literal.boolean()?),
                "shape" => shape = Some(literal.tuple()?),
                _ => return Err(corrupt(format!("unknown key {key:?}"))),
            }
            if !literal.take(',') {
                literal.expect('}')?;
                break;
            }
        }
        if !literal.rest.trim().is_empty() {
            return Err(corrupt("text after the closing brace"));
        }
        let (Some((dtype, big_endian)), Some(fortran_order), Some(shape)) = (descr, fortran_order, shape)
        else {
            return Err(corrupt("descr, fortran_order and shape are needed"));
        };
        let len = shape.iter().try_fold(1_usize, |len, &n| len.checked_mul(n));
        // An empty array may have a huge axis beside the empty one; ndarray must still take it.
        let bounded =
            shape.iter().filter(|&&n| n > 0).try_fold(dtype.len_bytes(), |len, &n| len.checked_mul(n));
        match (len, bounded) {
            (Some(len), Some(bounded)) if isize::try_from(bounded).is_ok() => {
                Ok(Self { dtype, big_endian, fortran_order, shape, len })
            }
            _ => Err(corrupt(format!("shape {shape:?} is larger than any memory"))),
        }
    }

    /// Checks the shape against the file's length, before anything is allocated for it.
    fn check_len(&self, file_len_bytes: u64, data_at: usize) -> Result<()> {
        let expected = self.len as u64 * self.dtype.len_bytes() as u64;
        let got = file_len_bytes.saturating_sub(data_at as u64);
        if expected == got {
            return Ok(());
        }
        let (shape, dtype) = (&self.shape, self.dtype.name());
        Err(ErrorKind::Corrupt {
            section: "npy data",
            why: format!("shape {shape:?} of {dtype} takes {expected} bytes, the file has {got}"),
        }
        .into())
    }
}

/// The little of Python's literals that a header holds.
struct Literal<'a> {
    rest: &'a str,
}

impl<'a> Literal<'a> {
    fn take(&mut self, wanted: char) -> bool {
        self.rest = self.rest.trim_start();
        let rest = self.rest.strip_prefix(wanted);
        self.rest = rest.unwrap_or(self.rest);
        rest.is_some()
    }

    fn expect(&mut self, wanted: char) -> Result<()> {
        if self.take(wanted) { Ok(()) } else { Err(self.unexpected(&format!("{wanted:?}"))) }
    }

    fn unexpected(&self, wanted: &str) -> Error {
        let got: String = self.rest.chars().take(16).collect();
        corrupt(format!("expected {wanted}, got {got:?}"))
    }

    fn string(&mut self) -> Result<&'a str> {
        let quote = if self.take('"') { '"' } else { '\'' };
        if quote == '\'' {
            self.expect('\'')?;
        }
        let (text, rest) = self.rest.split_once(quote).ok_or_else(|| self.unexpected("a string"))?;
        self.rest = rest;
        Ok(text)
    }

    fn boolean(&mut self) -> Result<bool> {
        self.rest = self.rest.trim_start();
        for (word, value) in [("True", true), ("False", false)] {
            if let Some(rest) = self.rest.strip_prefix(word) {
                self.rest = rest;
                return Ok(value);
            }
        }
        Err(self.unexpected("True or False"))
    }

    fn tuple(&mut self) -> Result<Vec<usize>> {
        self.expect('(')?;
        let mut lengths = Vec::new();
        while !self.take(')') {
            self.rest = self.rest.trim_start();
            let end = self.rest.find(|c: char| !c.is_ascii_digit()).unwrap_or(self.rest.len());
            let length = self.rest[..end].parse().map_err(|_| self.unexpected("a length"))?;
            lengths.push(length);
            self.rest = &self.rest[end..];
            self.take('L'); // Python 2 wrote long integers so
            if lengths.len() > NDIM_MAX {
                return Err(corrupt(format!("more than {NDIM_MAX} dimensions")));
            }
            if !self.take(',') {
                self.expect(')')?;
                break;
            }
        }
        Ok(lengths)
    }

    /// An element type such as `'<f8'`, and whether it is big-endian.
    fn descr(&mut self) -> Result<(Dtype, bool)> {
        let unsupported = |got: &str| {
            Error::from(ErrorKind::UnsupportedDtype {
                op: "npy",
                expected: "numbers: b1, i1 to i8, u1 to u8, f2, f4, f8, c8 or c16",
                got: got.to_owned(),
            })
        };
        if self.rest.trim_start().starts_with('[') {
            return Err(unsupported("a record"));
        }
        let text = self.string()?;
        let mut chars = text.chars();
        let big_endian = match chars.next() {
            Some('<' | '|' | '=') => false,
            Some('>') => true,
            _ => return Err(unsupported(text)),
        };
        let dtype = match chars.as_str() {
            "f8" => Dtype::F64,
            "f4" => Dtype::F32,
            "f2" => Dtype::F16,
            "i8" => Dtype::I64,
            "i4" => Dtype::I32,
            "i2" => Dtype::I16,
            "i1" => Dtype::I8,
            "u8" => Dtype::U64,
            "u4" => Dtype::U32,
            "u2" => Dtype::U16,
            "u1" => Dtype::U8,
            "b1" => Dtype::Bool,
            "c16" => Dtype::C128,
            "c8" => Dtype::C64,
            _ => return Err(unsupported(text)),
        };
        Ok((dtype, big_endian))
    }
}

/// A number that is made of bytes.
trait Decode: Copy {
    const LEN_BYTES: usize;
    /// `bytes` are `LEN_BYTES` long and little-endian.
    fn decode(bytes: &[u8]) -> Self;
    /// How many bytes are swapped as one: a complex number is two numbers.
    const SWAP_BYTES: usize = Self::LEN_BYTES;
}

macro_rules! decode_primitives {
    ($($type:ty),*) => {$(
        impl Decode for $type {
            const LEN_BYTES: usize = size_of::<$type>();
            #[inline]
            fn decode(bytes: &[u8]) -> Self {
                let mut own = [0; size_of::<$type>()];
                own.copy_from_slice(bytes);
                <$type>::from_le_bytes(own)
            }
        }
    )*};
}
decode_primitives!(f64, f32, f16, i64, i32, i16, i8, u64, u32, u16, u8);

impl Decode for Boolean {
    const LEN_BYTES: usize = 1;
    fn decode(bytes: &[u8]) -> Self {
        Self(u8::decode(bytes))
    }
}

impl<T: Decode> Decode for Complex<T> {
    const LEN_BYTES: usize = 2 * T::LEN_BYTES;
    const SWAP_BYTES: usize = T::LEN_BYTES;
    fn decode(bytes: &[u8]) -> Self {
        let (re, im) = bytes.split_at(T::LEN_BYTES);
        Self::new(T::decode(re), T::decode(im))
    }
}

/// Elements so far, and the bytes of one that is cut by the end of a piece.
#[derive(Debug)]
struct Column<T> {
    values: Vec<T>,
    cut: Vec<u8>,
}

impl<T: Decode> Column<T> {
    fn new(len: usize) -> Result<Self> {
        let mut values = Vec::new();
        let out_of_memory =
            |_| Error::from(ErrorKind::OutOfMemory { len_bytes: len as u64 * T::LEN_BYTES as u64 });
        values.try_reserve_exact(len).map_err(out_of_memory)?;
        Ok(Self { values, cut: Vec::new() })
    }

    fn push(&mut self, mut bytes: &[u8], header: &Header) -> Result<()> {
        if !self.cut.is_empty() {
            let (head, rest) = bytes.split_at(bytes.len().min(T::LEN_BYTES - self.cut.len()));
            self.cut.extend_from_slice(head);
            bytes = rest;
            if self.cut.len() == T::LEN_BYTES {
                let whole = core::mem::take(&mut self.cut);
                self.extend(&whole, header.big_endian);
            }
        }
        let (whole, cut) = bytes.split_at(bytes.len() / T::LEN_BYTES * T::LEN_BYTES);
        self.extend(whole, header.big_endian);
        self.cut.extend_from_slice(cut);
        // The vector never grows beyond what was reserved.
        if self.values.len() > header.len || (self.values.len() == header.len && !self.cut.is_empty()) {
            return Err(ErrorKind::Corrupt {
                section: "npy data",
                why: "more bytes than the shape needs".into(),
            }
            .into());
        }
        Ok(())
    }

    fn extend(&mut self, bytes: &[u8], big_endian: bool) {
        let elements = bytes.chunks_exact(T::LEN_BYTES);
        if !big_endian {
            return self.values.extend(elements.map(T::decode));
        }
        self.values.extend(elements.map(|element| {
            let mut swapped = [0; 16];
            let swapped = &mut swapped[..T::LEN_BYTES];
            swapped.copy_from_slice(element);
            swapped.chunks_exact_mut(T::SWAP_BYTES).for_each(<[u8]>::reverse);
            T::decode(swapped)
        }));
    }

    fn finish(self, header: &Header) -> Result<ArrayD<T>> {
        let got = self.values.len();
        let shape = IxDyn(&header.shape).set_f(header.fortran_order);
        ArrayD::from_shape_vec(shape, self.values).map_err(|_| {
            Error::from(ErrorKind::Corrupt {
                section: "npy data",
                why: format!("{got} elements of {} came", header.len),
            })
        })
    }
}

macro_rules! elements_enum {
    ($($variant:ident: $type:ty),*) => {
        #[derive(Debug)]
        enum Elements {
            $($variant(Column<$type>),)*
        }

        impl Elements {
            fn new(header: &Header) -> Result<Self> {
                Ok(match header.dtype {
                    $(Dtype::$variant => Self::$variant(Column::new(header.len)?),)*
                })
            }

            fn push(&mut self, bytes: &[u8], header: &Header) -> Result<()> {
                match self {
                    $(Self::$variant(column) => column.push(bytes, header),)*
                }
            }

            fn finish(self, header: &Header) -> Result<Array> {
                match self {
                    $(Self::$variant(column) => Ok(Array::$variant(column.finish(header)?)),)*
                }
            }
        }
    };
}
elements_enum! {
    F64: f64, F32: f32, F16: f16, I64: i64, I32: i32, I16: i16, I8: i8,
    U64: u64, U32: u32, U16: u16, U8: u8, Bool: Boolean, C128: Complex<f64>, C64: Complex<f32>
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A file of version 1 with this header text.
    fn file(text: &str, data: &[u8]) -> Vec<u8> {
        let mut file = b"\x93NUMPY\x01\x00".to_vec();
        let padded = format!("{text:<117}\n");
        file.extend((padded.len() as u16).to_le_bytes());
        file.extend(padded.bytes());
        file.extend(data);
        file
    }

    fn described(descr: &str, shape: &str, data: &[u8]) -> Vec<u8> {
        file(&format!("{{'descr': '{descr}', 'fortran_order': False, 'shape': {shape}, }}"), data)
    }

    fn code(bytes: &[u8]) -> &'static str {
        read_npy(bytes).expect_err("a bad file was read").code()
    }

    #[test]
    fn reads_every_dtype_in_both_byte_orders() {
        macro_rules! check {
            ($($variant:ident $descr:literal $value:expr;)*) => {$({
                let value = $value;
                let little = read_npy(&described(concat!("<", $descr), "(1,)", &value.to_le_bytes())).unwrap();
                let mut swapped = value.to_le_bytes();
                swapped.reverse();
                let big = read_npy(&described(concat!(">", $descr), "(1,)", &swapped)).unwrap();
                let expected = Array::$variant(ArrayD::from_shape_vec(IxDyn(&[1]), vec![value]).unwrap());
                assert_eq!(little, expected);
                assert_eq!(big, expected);
            })*};
        }
        check! {
            F64 "f8" -1.25e300_f64; F32 "f4" 3.5e-40_f32; F16 "f2" f16::from_f32(1.5);
            I64 "i8" -0x0102_0304_0506_0708_i64; I32 "i4" -70_000_i32; I16 "i2" -300_i16; I8 "i1" -5_i8;
            U64 "u8" u64::MAX - 1; U32 "u4" 0xdead_beef_u32; U16 "u2" 0xbeef_u16; U8 "u1" 200_u8;
        }
        let array = read_npy(&described("|b1", "(3,)", &[0, 1, 2])).unwrap();
        let expected = ndarray::arr1(&[Boolean(0), Boolean(1), Boolean(1)]).into_dyn();
        assert_eq!(array, Array::Bool(expected));
    }

    #[test]
    fn a_big_endian_complex_number_is_two_swapped_numbers() {
        let data =
            [1.5_f32.to_bits().swap_bytes().to_le_bytes(), (-2.0_f32).to_bits().swap_bytes().to_le_bytes()];
        let Array::C64(array) = read_npy(&described(">c8", "(1,)", &data.concat())).unwrap() else {
            panic!()
        };
        assert_eq!(array[[0]], Complex::new(1.5, -2.0));
    }

    #[test]
    fn fortran_order_is_the_transpose_in_memory() {
        let text = "{'descr': '|u1', 'fortran_order': True, 'shape': (2, 3), }";
        let Array::U8(array) = read_npy(&file(text, &[1, 4, 2, 5, 3, 6])).unwrap() else { panic!() };
        assert_eq!(array, ndarray::arr2(&[[1, 2, 3], [4, 5, 6]]).into_dyn());
    }

    #[test]
    fn reads_versions_2_and_3_and_a_0d_array() {
        let text = "{\"shape\": (), \"descr\": \"<f8\", \"fortran_order\": False}\n";
        for version in [2, 3] {
            let mut bytes = b"\x93NUMPY".to_vec();
            bytes.extend([version, 0]);
            bytes.extend((text.len() as u32).to_le_bytes());
            bytes.extend(text.bytes());
            bytes.extend(2.5_f64.to_le_bytes());
            let Array::F64(array) = read_npy(&bytes).unwrap() else { panic!() };
            assert_eq!((array.ndim(), array.sum()), (0, 2.5));
        }
        let mut bytes = described("<f8", "()", &[0; 8]);
        bytes[6] = 4;
        assert_eq!(code(&bytes), "corrupt");
    }

    #[test]
    fn pieces_of_any_length_give_the_same_array() {
        let data: Vec<u8> = (0..96).collect();
        let bytes = described(">c16", "(2, 3)", &data);
        let whole = read_npy(&bytes).unwrap();
        for len in [1, 2, 3, 7, 64, 127, 128, 129, 1000] {
            let mut reader = NpyReader::new(bytes.len() as u64);
            for piece in bytes.chunks(len) {
                reader.push(piece).unwrap();
            }
            assert_eq!(reader.finish().unwrap(), whole, "pieces of {len}");
        }
    }

    #[test]
    fn a_file_cut_anywhere_is_an_error() {
        let bytes = described("<f4", "(2, 2)", &[7; 16]);
        assert!(read_npy(&bytes).is_ok());
        for len in 0..bytes.len() {
            assert_eq!(code(&bytes[..len]), "corrupt", "cut to {len}");
        }
        let mut longer = bytes.clone();
        longer.push(0);
        assert_eq!(code(&longer), "corrupt");
        // A file that shrinks while it is read.
        let mut reader = NpyReader::new(bytes.len() as u64);
        reader.push(&bytes[..bytes.len() - 1]).unwrap();
        assert_eq!(reader.finish().unwrap_err().code(), "corrupt");
        // And one that grows.
        let mut reader = NpyReader::new(bytes.len() as u64);
        assert_eq!(reader.push(&longer).unwrap_err().code(), "corrupt");
    }

    #[test]
    fn a_hostile_shape_allocates_nothing() {
        for shape in
            ["(9223372036854775807,)", "(4294967296, 4294967296)", "(99999999999999999999,)", "(1000000000,)"]
        {
            assert_eq!(code(&described("<f8", shape, &[0; 8])), "corrupt", "{shape}");
        }
        assert_eq!(code(&described("<f8", "(0, 9223372036854775807)", &[])), "corrupt");
        let empty = read_npy(&described("<f8", "(0, 5)", &[])).unwrap();
        assert_eq!(empty.shape(), [0, 5]);
        let many = format!("({})", "1,".repeat(65));
        let text = format!("{{'descr': '<f8', 'fortran_order': False, 'shape': {many}, }}");
        assert_eq!(code(&file(&text, &[0; 8])), "corrupt");
    }

    #[test]
    fn a_hostile_header_is_refused() {
        let mut huge = b"\x93NUMPY\x02\x00\xff\xff\xff\xff".to_vec();
        huge.resize(100, b' ');
        assert_eq!(code(&huge), "corrupt");
        for text in [
            "",
            "{",
            "{}",
            "{'descr'",
            "{'descr': '<f8'}",
            "{'descr': '<f8', 'fortran_order': 1, 'shape': (1,)}",
            "{'descr': '<f8', 'fortran_order': False, 'shape': (-1,)}",
            "{'descr': '<f8', 'fortran_order': False, 'shape': (1 2)}",
            "{'descr': '<f8', 'fortran_order': False, 'shape': (1,)} x",
            "{'descr': '<f8', 'fortran_order': False, 'shape': (1,), 'more': (1,)}",
            "{'descr': '<f8' 'fortran_order': False, 'shape': (1,)}",
            "é",
        ] {
            assert_eq!(code(&file(text, &[0; 8])), "corrupt", "{text}");
        }
        assert_eq!(code(b"PK\x03\x04 a zip file"), "corrupt");
    }

    #[test]
    fn what_is_not_a_number_is_an_unsupported_dtype() {
        for descr in ["<U5", "|S3", "|O", "<M8[ns]", "<f16", "f8", ""] {
            assert_eq!(code(&described(descr, "(1,)", &[0; 8])), "unsupported_dtype", "{descr}");
        }
        let record = "{'descr': [('a', '<f8')], 'fortran_order': False, 'shape': (1,), }";
        assert_eq!(code(&file(record, &[0; 8])), "unsupported_dtype");
    }
}
