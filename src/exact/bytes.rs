//! States as bytes: a name, a version, the fields, a checksum; read back from bytes that anybody may have changed.

use xxhash_rust::xxh3::xxh3_64;

use crate::error::{Error, ErrorKind, Result};

/// The version that is written. Version 1 had no checksum.
const VERSION: u8 = 2;

/// Returns the beginning of a stored state of this kind.
pub(crate) fn begun(name: &[u8]) -> Vec<u8> {
    [name, &[VERSION]].concat()
}

/// Appends the checksum: XXH3-64 of all bytes before it, little-endian.
pub(crate) fn sealed(mut bytes: Vec<u8>) -> Vec<u8> {
    bytes.extend(xxh3_64(&bytes).to_le_bytes());
    bytes
}

/// Returns the fields of a stored state of this kind, of any version, with their checksum checked.
///
/// Errors: [`ErrorKind::Corrupt`]; [`ErrorKind::UnsupportedVersion`] of one that is newer.
pub(crate) fn opened<'a>(bytes: &'a [u8], name: &[u8], what: &str) -> Result<&'a [u8]> {
    match bytes.strip_prefix(name) {
        Some([1, fields @ ..]) => Ok(fields),
        Some([VERSION, rest @ ..]) => match rest.split_last_chunk::<8>() {
            Some((fields, sum)) if xxh3_64(&bytes[..bytes.len() - sum.len()]).to_le_bytes() == *sum => {
                Ok(fields)
            }
            _ => Err(corrupt("the checksum is another one: the bytes were changed or cut off")),
        },
        Some(&[version, ..]) if version > VERSION => {
            Err(ErrorKind::UnsupportedVersion { expected: VERSION.into(), got: version.into() }.into())
        }
        _ => Err(corrupt(&format!("this is no {what}"))),
    }
}

/// Reads fields from the front; every failure is [`ErrorKind::Corrupt`].
#[derive(Debug)]
pub(crate) struct FieldReader<'a> {
    rest: &'a [u8],
}

pub(crate) fn corrupt(why: &str) -> Error {
    Error::from(ErrorKind::Corrupt { section: "accumulator", why: why.to_owned() })
}

impl<'a> FieldReader<'a> {
    pub(crate) fn new(bytes: &'a [u8]) -> Self {
        Self { rest: bytes }
    }

    pub(crate) fn take(&mut self, len: usize) -> Result<&'a [u8]> {
        let (taken, rest) =
            self.rest.split_at_checked(len).ok_or_else(|| corrupt("the bytes end too early"))?;
        self.rest = rest;
        Ok(taken)
    }

    fn array<const N: usize>(&mut self) -> Result<[u8; N]> {
        Ok(self.take(N)?.try_into().expect("N bytes were taken"))
    }

    pub(crate) fn u8(&mut self) -> Result<u8> {
        Ok(self.array::<1>()?[0])
    }

    pub(crate) fn u64(&mut self) -> Result<u64> {
        Ok(u64::from_le_bytes(self.array()?))
    }

    pub(crate) fn i128(&mut self) -> Result<i128> {
        Ok(i128::from_le_bytes(self.array()?))
    }

    pub(crate) fn f64(&mut self) -> Result<f64> {
        Ok(f64::from_bits(self.u64()?))
    }

    /// Returns all that is left.
    pub(crate) fn rest(self) -> &'a [u8] {
        self.rest
    }

    /// Reads a length that the rest of the bytes can hold, at `size` bytes each.
    pub(crate) fn len(&mut self, size: usize) -> Result<usize> {
        let len = usize::try_from(self.u64()?).ok().filter(|&len| len <= self.rest.len() / size);
        len.ok_or_else(|| corrupt("a length is beyond the end"))
    }

    /// Reads a length and as many bytes.
    pub(crate) fn list(&mut self) -> Result<&'a [u8]> {
        let len = self.len(1)?;
        self.take(len)
    }

    pub(crate) fn name(&mut self) -> Result<&'a str> {
        core::str::from_utf8(self.list()?).map_err(|_| corrupt("a name is not UTF-8"))
    }

    pub(crate) fn end(&self) -> Result<()> {
        if self.rest.is_empty() { Ok(()) } else { Err(corrupt("bytes are left over")) }
    }
}

/// Appends a length and the bytes.
pub(crate) fn write_list(bytes: &mut Vec<u8>, list: &[u8]) {
    bytes.extend((list.len() as u64).to_le_bytes());
    bytes.extend(list);
}
