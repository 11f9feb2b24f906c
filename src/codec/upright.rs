//! Which roundings of a unit vector go the other way, so that the error stands at right angles to it?
//!
//! A query near x sees of the error e = kept − x the part e·x at its full size, and all else in proportion to its distance:
//! where vectors are nearly alike, e·x decides their order. To round one component to its other neighbour changes e·x by a
//! step of its own, so there is mostly one that takes nearly all of it away, at the price of a little more error across.
//! Of 50 made clusters of 20 unit vectors (128-d), 0.0008 apart, exact search on `f16` finds 0.998 for 0.895 of the ten
//! nearest so, on `i8` 0.93 for 0.75.

/// How many roundings are turned at most.
const TURNS: usize = 3;

/// What a query in f32 does not see.
const SMALL: f64 = 1e-8;

/// How much an error across x counts, in all its d directions, beside one along it: about the distance of what lies near.
const ACROSS: f64 = 0.02;

/// Returns the components of `x` that are to be rounded the other way.
///
/// `errors` are how far what is kept of each is above it, `steps` what rounding it the other way would add.
pub(super) fn turns(x: &[f32], errors: &[f64], steps: &[f64]) -> Vec<usize> {
    let weight = ACROSS / x.len() as f64;
    let mut left: f64 = x.iter().zip(errors).map(|(x, error)| error * f64::from(*x)).sum();
    let mut turned = Vec::with_capacity(TURNS);
    while turned.len() < TURNS && left.abs() >= SMALL {
        let mut best = (left * left, None);
        for (i, ((x, error), step)) in x.iter().zip(errors).zip(steps).enumerate() {
            let after = left + step * f64::from(*x);
            let cost = after * after + weight * step * (step + 2.0 * error);
            if cost < best.0 && !turned.contains(&i) {
                best = (cost, Some((i, after)));
            }
        }
        let Some((i, after)) = best.1 else { break };
        left = after;
        turned.push(i);
    }
    turned
}
