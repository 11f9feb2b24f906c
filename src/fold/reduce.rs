//! The reduction of a real array: checks, then the quickest driver that can do it.

use super::axes::Plan;
use super::eight;
use super::integers;
use super::names::Reduction;
use super::options::{Axes, Options};
use super::output::{Output, output, transposed};
use super::run::{fold_chosen, fold_lanes, fold_whole};
use super::spec::Spec;
use super::values::Values;
use super::work::{check_memory, check_room};
use crate::error::Result;

/// Returns the reduction of real numbers.
pub(super) fn reduce<'a>(
    reduction: Reduction,
    values: impl Into<Values<'a>>,
    options: &Options<'_>,
) -> Result<Output> {
    let values = values.into();
    let spec = Spec::new(reduction, values.dtype(), options)?;
    // The commonest call needs no plan.
    if let (Axes::All, false, None, None, Some(block)) =
        (&options.axis, options.keepdims, &options.mask, spec.width, values.block())
    {
        spec.check_len(block.len())?;
        return Ok(output(&fold_whole(block, &spec)?, spec.out, Vec::new()));
    }
    let plan = Plan::new(&options.axis, values.shape().len())?;
    let shape = plan.shape(values.shape(), options.keepdims);
    let len = plan.len_reduced(values.shape());
    if !shape.contains(&0) {
        spec.check_len(len)?;
    }
    check_room(&shape, spec.width.unwrap_or(1))?;
    if spec.keeps_all() {
        check_memory::<u64>(len)?;
    }
    let mask = options.mask_of(values.shape())?;
    spec.check_mask(mask.is_some())?;
    let cells = match mask {
        Some(mask) => fold_chosen(&values, mask, &plan, &spec)?,
        None => {
            let grid = values.grid(spec.op)?;
            if let Some(cells) = integers::reduce(&grid, &plan, &spec) {
                let (cells, shape) = transposed(cells, spec.width, shape);
                return Ok(output(&cells, spec.out, shape));
            }
            if let Some(array) = eight::reduce(&grid, &plan, &spec, &shape)? {
                return Ok(Output::Array(array));
            }
            fold_lanes(grid, &plan, &spec)?
        }
    };
    let (cells, shape) = transposed(cells, spec.width, shape);
    Ok(output(&cells, spec.out, shape))
}
