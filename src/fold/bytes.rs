//! How is a state read back from bytes that anybody may have changed?

use crate::error::{Error, ErrorKind, Result};

/// Reads fields from the front; every failure is [`ErrorKind::Corrupt`].
#[derive(Debug)]
pub(super) struct Reader<'a> {
    rest: &'a [u8],
}

pub(super) fn corrupt(why: &str) -> Error {
    Error::from(ErrorKind::Corrupt { section: "accumulator", why: why.to_owned() })
}

impl<'a> Reader<'a> {
    pub(super) fn new(bytes: &'a [u8]) -> Self {
        Self { rest: bytes }
    }

    pub(super) fn take(&mut self, len: usize) -> Result<&'a [u8]> {
        let (taken, rest) =
            self.rest.split_at_checked(len).ok_or_else(|| corrupt("the bytes end too early"))?;
        self.rest = rest;
        Ok(taken)
    }

    fn array<const N: usize>(&mut self) -> Result<[u8; N]> {
        Ok(self.take(N)?.try_into().expect("N bytes were taken"))
    }

    pub(super) fn u8(&mut self) -> Result<u8> {
        Ok(self.array::<1>()?[0])
    }

    pub(super) fn u64(&mut self) -> Result<u64> {
        Ok(u64::from_le_bytes(self.array()?))
    }

    pub(super) fn i128(&mut self) -> Result<i128> {
        Ok(i128::from_le_bytes(self.array()?))
    }

    pub(super) fn f64(&mut self) -> Result<f64> {
        Ok(f64::from_bits(self.u64()?))
    }

    /// Reads a length that the rest of the bytes can hold, at `size` bytes each.
    pub(super) fn len(&mut self, size: usize) -> Result<usize> {
        let len = usize::try_from(self.u64()?).ok().filter(|&len| len <= self.rest.len() / size);
        len.ok_or_else(|| corrupt("a length is beyond the end"))
    }

    /// Reads a length and as many bytes.
    pub(super) fn list(&mut self) -> Result<&'a [u8]> {
        let len = self.len(1)?;
        self.take(len)
    }

    pub(super) fn name(&mut self) -> Result<&'a str> {
        core::str::from_utf8(self.list()?).map_err(|_| corrupt("a name is not UTF-8"))
    }

    pub(super) fn end(&self) -> Result<()> {
        if self.rest.is_empty() { Ok(()) } else { Err(corrupt("bytes are left over")) }
    }
}

/// Appends a length and the bytes.
pub(super) fn write_list(bytes: &mut Vec<u8>, list: &[u8]) {
    bytes.extend((list.len() as u64).to_le_bytes());
    bytes.extend(list);
}
