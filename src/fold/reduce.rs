//! The reduction of a real array: checks, then the quickest driver that can do it.

use super::axes::ReducedAxes;
use super::gathered::{check_memory, check_room};
use super::integers;
use super::names::Reduction;
use super::options::{Axes, Options};
use super::output::{Output, output, transposed};
use super::request::Request;
use super::run::{fold_chosen, fold_lanes, fold_whole};
use super::side_by_side;
use super::values::Values;
use crate::error::Result;

/// Returns the reduction of real numbers.
pub(super) fn reduce<'a>(
    reduction: Reduction,
    values: impl Into<Values<'a>>,
    options: &Options<'_>,
) -> Result<Output> {
    let values = values.into();
    let request = Request::new(reduction, values.dtype(), options)?;
    // The commonest call needs no plan.
    if let (Axes::All, false, None, None, Some(block)) =
        (&options.axis, options.keepdims, &options.mask, request.width, values.block())
    {
        request.check_len(block.len())?;
        return Ok(output(&fold_whole(block, &request)?, request.out, Vec::new()));
    }
    let plan = ReducedAxes::new(&options.axis, values.shape().len())?;
    let shape = plan.shape(values.shape(), options.keepdims);
    let len = plan.len_reduced(values.shape());
    if !shape.contains(&0) {
        request.check_len(len)?;
    }
    check_room(&shape, request.width.unwrap_or(1))?;
    if request.keeps_all() {
        check_memory::<u64>(len)?;
    }
    let mask = options.mask_of(values.shape())?;
    request.check_mask(mask.is_some())?;
    let results = match mask {
        Some(mask) => fold_chosen(&values, mask, &plan, &request)?,
        None => {
            let grid = values.grid(request.op)?;
            if let Some(results) = integers::reduce(&grid, &plan, &request) {
                let (results, shape) = transposed(results, request.width, shape);
                return Ok(output(&results, request.out, shape));
            }
            if let Some(array) = side_by_side::reduce(&grid, &plan, &request, &shape)? {
                return Ok(Output::Array(array));
            }
            fold_lanes(grid, &plan, &request)?
        }
    };
    let (results, shape) = transposed(results, request.width, shape);
    Ok(output(&results, request.out, shape))
}
