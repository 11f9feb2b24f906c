//! Memory for what a caller made long: reserved before it is filled, or refused.

use crate::error::{Error, ErrorKind, Result};
use std::collections::TryReserveError;

/// Returns the error of `n` elements for which there is no memory.
fn refused<T>(n: usize) -> impl FnOnce(TryReserveError) -> Error {
    move |_| ErrorKind::OutOfMemory { len_bytes: (n as u64).saturating_mul(size_of::<T>() as u64) }.into()
}

/// Returns an empty list with room for `n` elements.
///
/// Errors: [`ErrorKind::OutOfMemory`].
pub(super) fn room<T>(n: usize) -> Result<Vec<T>> {
    let mut list = Vec::new();
    list.try_reserve_exact(n).map_err(refused::<T>(n))?;
    Ok(list)
}

/// Makes room for `n` more elements.
///
/// Errors: [`ErrorKind::OutOfMemory`].
pub(super) fn more<T>(list: &mut Vec<T>, n: usize) -> Result<()> {
    list.try_reserve(n).map_err(refused::<T>(n))
}

/// Returns an empty text with room for `n` bytes.
///
/// Errors: [`ErrorKind::OutOfMemory`].
pub(super) fn room_for_text(n: usize) -> Result<String> {
    let mut text = String::new();
    text.try_reserve_exact(n).map_err(refused::<u8>(n))?;
    Ok(text)
}

/// Returns a copy of a text.
///
/// Errors: [`ErrorKind::OutOfMemory`].
pub(super) fn copied(text: &str) -> Result<String> {
    let mut copy = room_for_text(text.len())?;
    copy.push_str(text);
    Ok(copy)
}

/// Returns what `items` gives, `n` at most without growing.
///
/// Errors: [`ErrorKind::OutOfMemory`], and those of the items.
pub(super) fn collected<T>(n: usize, items: impl Iterator<Item = Result<T>>) -> Result<Vec<T>> {
    let mut list = room(n)?;
    for item in items {
        list.push(item?);
    }
    Ok(list)
}
