//! Reductions of groups that integer codes tell apart.

use super::gathered::{Gathered, check_memory, room};
use super::names::Reduction;
use super::options::Options;
use super::output::{Output, output, transposed};
use super::request::Request;
use super::run::fold_blocks;
use super::values::Values;
use crate::error::{Error, ErrorKind, Result};
use crate::kernel::fold::grid::Block;

/// Returns the reduction of the elements of each group: those with code 0, with code 1, and so on.
///
/// The bits are those of the reduction of the group alone. A negative code leaves its element out.
/// A group without elements gives 0 for sums, NaN for means and the like.
/// Shapes: `[n], [n] -> [groups]`; `groups` is one more than the greatest code if it is `None`.
/// Errors: [`ErrorKind::Empty`] for the minimum of a group without elements; [`ErrorKind::BadParameter`] for a
/// code that is not below `groups`; [`ErrorKind::ShapeMismatch`]; [`ErrorKind::UnsupportedDtype`].
/// Cost: O(n + groups) time, O(n) memory.
pub fn group<'a>(
    reduction: Reduction,
    values: impl Into<Values<'a>>,
    codes_of: impl Into<Values<'a>>,
    groups: Option<usize>,
    options: &Options<'_>,
) -> Result<Output> {
    let (values, codes_of) = (values.into(), codes_of.into());
    let codes = codes("group", "codes", &codes_of)?;
    if values.shape() != codes_of.shape() {
        return Err(ErrorKind::ShapeMismatch {
            expected: format!("{:?}, the shape of the codes", codes_of.shape()),
            got: format!("{:?}", values.shape()),
        }
        .into());
    }
    let greatest = codes.iter().copied().max().unwrap_or(-1);
    let len = (greatest.max(-1) + 1) as u64;
    let groups = groups.map_or(len, |groups| groups as u64);
    if len > groups {
        return Err(Error::bad_parameter("codes", format!("codes below {groups}"), greatest));
    }
    let groups = usize::try_from(groups)
        .map_err(|_| Error::from(ErrorKind::OutOfMemory { len_bytes: groups.saturating_mul(8) }))?;
    grouped(reduction, &values, &codes, groups, options)
}

/// Does the work of [`group`]; codes are below `groups`.
pub(super) fn grouped(
    reduction: Reduction,
    values: &Values<'_>,
    codes: &[i64],
    groups: usize,
    options: &Options<'_>,
) -> Result<Output> {
    let request = Request::new(reduction, values.dtype(), options)?;
    let work = Gathered::flat(values, request.op)?;
    // Ends, places and results of each group; places and a copy of the elements.
    check_memory::<[u64; 8]>(groups.saturating_add(1))?;
    check_memory::<[u64; 2]>(codes.len())?;
    // A counting sort: where each group begins, then every element to its group.
    let mut ends: Vec<usize> = Vec::new();
    let out_of_memory =
        |_| Error::from(ErrorKind::OutOfMemory { len_bytes: (groups as u64 + 1).saturating_mul(8) });
    ends.try_reserve_exact(groups + 1).map_err(out_of_memory)?;
    ends.resize(groups + 1, 0);
    for code in codes.iter().filter_map(|&code| usize::try_from(code).ok()) {
        ends[code + 1] += 1;
    }
    for i in 0..groups {
        ends[i + 1] += ends[i];
    }
    let mut next = room(ends.len())?;
    next.extend_from_slice(&ends);
    let mut places = room(ends[groups])?;
    places.resize(ends[groups], 0);
    for (i, &code) in codes.iter().enumerate() {
        let Ok(code) = usize::try_from(code) else { continue };
        places[next[code]] = i;
        next[code] += 1;
    }
    let sorted = work.taken(&places)?;
    let lanes = ends.windows(2).map(|bounds| sorted.part(bounds[0], bounds[1] - bounds[0]));
    let results = fold_blocks(lanes, sorted.block().kind(), &request)?;
    let (results, shape) = transposed(results, request.width, vec![groups]);
    Ok(output(&results, request.out, shape))
}

/// Returns integers as they are asked for by functions that count them.
pub(super) fn codes(op: &'static str, name: &'static str, values: &Values<'_>) -> Result<Vec<i64>> {
    if values.shape().len() != 1 {
        return Err(ErrorKind::ShapeMismatch {
            expected: "1-D".to_owned(),
            got: format!("{:?}", values.shape()),
        }
        .into());
    }
    match Gathered::flat(values, op)?.block() {
        Block::I64(list) => Ok(list.to_vec()),
        Block::U64(list) => list
            .iter()
            .map(|&code| {
                i64::try_from(code).map_err(|_| Error::bad_parameter(name, "integers below 2^63", code))
            })
            .collect(),
        // An empty list is one of floats.
        Block::F64(_) | Block::F32(_) if values.is_empty() => Ok(Vec::new()),
        Block::F64(_) | Block::F32(_) => Err(ErrorKind::UnsupportedDtype {
            op,
            expected: "integers or bool",
            got: values.dtype().name().to_owned(),
        }
        .into()),
    }
}
