//! The axes of an array: which are reduced, in which order they are walked, where weights of an axis go.

use super::options::Axes;
use super::values::Values;
use crate::error::{ErrorKind, Result};
use crate::kernel::fold::grid::Grid;

/// Which axes are reduced.
#[derive(Clone, Debug)]
pub(super) struct ReducedAxes {
    reduced: Vec<bool>,
}

impl ReducedAxes {
    /// Checks the axes against the number of dimensions.
    pub(super) fn new(axes: &Axes, ndim: usize) -> Result<Self> {
        let mut reduced = vec![matches!(axes, Axes::All); ndim];
        let mut mark = |axis: isize| {
            let index = if axis < 0 { axis.checked_add(ndim as isize) } else { Some(axis) };
            match index.and_then(|index| usize::try_from(index).ok()).and_then(|index| reduced.get_mut(index))
            {
                Some(slot) if !*slot => {
                    *slot = true;
                    Result::Ok(())
                }
                _ => Err(ErrorKind::AxisOutOfRange { axis, ndim }.into()),
            }
        };
        match axes {
            Axes::All => {}
            Axes::One(axis) => mark(*axis)?,
            Axes::Many(list) => list.iter().try_for_each(|&axis| mark(axis))?,
        }
        Ok(Self { reduced })
    }

    /// Returns the result's shape.
    pub(super) fn shape(&self, shape: &[usize], keepdims: bool) -> Vec<usize> {
        let axes = self.reduced.iter().zip(shape);
        if keepdims {
            axes.map(|(&reduced, &len)| if reduced { 1 } else { len }).collect()
        } else {
            axes.filter(|(reduced, _)| !**reduced).map(|(_, &len)| len).collect()
        }
    }

    /// Returns the number of elements of each lane.
    pub(super) fn len_reduced(&self, shape: &[usize]) -> usize {
        self.reduced.iter().zip(shape).filter(|(reduced, _)| **reduced).map(|(_, &len)| len).product()
    }

    /// Returns the number of axes that are not reduced.
    fn len_kept(&self) -> usize {
        self.reduced.iter().filter(|&&reduced| !reduced).count()
    }

    /// Returns the axes with the kept ones first.
    pub(super) fn order(&self) -> Vec<usize> {
        let axes = |wanted: bool| (0..self.reduced.len()).filter(move |&axis| self.reduced[axis] == wanted);
        axes(false).chain(axes(true)).collect()
    }

    /// Brings the kept axes to the front and joins what lies together.
    ///
    /// Returns the array and its number of kept axes; at least one axis is reduced. `ordered` keeps
    /// the logical order of the elements of a lane; otherwise the order in memory is taken.
    pub(super) fn arrange<'a>(&self, mut grid: Grid<'a>, ordered: bool) -> (Grid<'a>, usize) {
        let mut order = self.order();
        let kept = self.len_kept();
        if !ordered {
            for axis in (0..order.len()).filter(|&axis| self.reduced[axis]) {
                if grid.axes()[axis].stride < 0 {
                    grid.invert(axis);
                }
            }
            // They are few: each is moved to its place.
            for i in kept + 1..order.len() {
                let stride = |axis: usize| grid.axes()[axis].stride;
                let place = kept + order[kept..i].partition_point(|&axis| stride(axis) >= stride(order[i]));
                order[place..=i].rotate_right(1);
            }
        }
        let mut grid = grid.permuted(&order);
        let kept = grid.join(0, kept);
        if grid.join(kept, grid.axes().len()) == 0 {
            grid.add_axis();
        }
        (grid, kept)
    }
}

/// Returns weights as an array that broadcasts to the values: of their shape, or of the lengths of `axis`, in its order.
pub(super) fn spread<'a>(values: &Values<'_>, weights: Values<'a>, axis: &Axes) -> Result<Values<'a>> {
    let shape = values.shape();
    if weights.shape() == shape {
        return Ok(weights);
    }
    ReducedAxes::new(axis, shape.len())?;
    let axes = match axis {
        Axes::All => &[][..],
        Axes::One(one) => core::slice::from_ref(one),
        Axes::Many(axes) => axes,
    };
    let axes: Vec<usize> = axes.iter().map(|axis| axis.rem_euclid(shape.len() as isize) as usize).collect();
    let lens: Vec<usize> = axes.iter().map(|&axis| shape[axis]).collect();
    if axes.is_empty() || weights.shape() != lens {
        let of_axis = if axes.is_empty() { String::new() } else { format!(" or {:?}, of the axis", &lens) };
        return Err(ErrorKind::ShapeMismatch {
            expected: format!("weights of shape {:?}{of_axis}", shape),
            got: format!("{:?}", weights.shape()),
        }
        .into());
    }
    Ok(weights.spread(&axes, shape.len()))
}
