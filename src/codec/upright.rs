//! Which roundings of a unit vector go the other way, so that the error stands at right angles to it?
//!
//! A query near x sees of the error e = kept − x the part e·x at its full size, and all else in proportion to its distance:
//! where vectors are nearly alike, e·x decides their order. To round one component to its other neighbour changes e·x by a
//! step of its own, so there is mostly one that takes nearly all of it away.

/// How many roundings are turned at most.
const TURNS: usize = 3;

/// What a query in f32 does not see.
const SMALL: f64 = 1e-8;

/// Calls `turn` with the components of `x` that are to be rounded the other way.
///
/// `rounded` returns how far what is kept of a component is above it, and what rounding it the other way would add.
pub(super) fn turns(x: &[f32], rounded: impl Fn(usize) -> (f64, f64), mut turn: impl FnMut(usize)) {
    let along = |i: usize| {
        let ((error, step), x) = (rounded(i), f64::from(x[i]));
        (error * x, step * x)
    };
    let mut left: f64 = (0..x.len()).map(|i| along(i).0).sum();
    let mut turned = [usize::MAX; TURNS];
    for done in 0..TURNS {
        let mut best = (left.abs(), usize::MAX, left);
        for i in 0..x.len() {
            let after = left + along(i).1;
            if after.abs() < best.0 && !turned.contains(&i) {
                best = (after.abs(), i, after);
            }
        }
        if left.abs() < SMALL || best.1 == usize::MAX {
            break;
        }
        (turned[done], left) = (best.1, best.2);
    }
    turned.into_iter().filter(|i| *i != usize::MAX).for_each(&mut turn);
}
