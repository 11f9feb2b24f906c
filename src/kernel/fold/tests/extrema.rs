//! Extremes, with NaN and zeros where the table of edge cases has them.

use half::f16;

use super::data::Random;
use crate::kernel::fold::extrema::{
    argmax, argmin, max, min, min_max, nan_argmax, nan_argmin, nan_max, nan_min, nan_min_max,
};

/// What a loop finds, written for clearness.
fn slow(x: &[f64]) -> Option<(f64, f64, usize, usize)> {
    if let Some(nan) = x.iter().position(|x| x.is_nan()) {
        return Some((f64::NAN, f64::NAN, nan, nan));
    }
    let low = x.iter().copied().min_by(f64::total_cmp)?;
    let high = x.iter().copied().max_by(f64::total_cmp)?;
    let at = |wanted: f64| x.iter().position(|&x| x == wanted);
    Some((low, high, at(low)?, at(high)?))
}

#[test]
fn extrema_of_any_length_and_offset_are_those_of_a_loop() {
    let mut random = Random(3);
    let choices = [0.0, -0.0, 1.0, -1.0, 5e-324, f64::INFINITY, f64::NEG_INFINITY, f64::NAN, 2.5];
    for n in (0..=80).chain([1023, 1024, 1025, 3000]) {
        for kind in 0..6 {
            let x: Vec<f64> = (0..n)
                .map(|_| match kind {
                    0 => random.normal(),
                    1 => choices[random.below(2) as usize],
                    2 => choices[random.below(7) as usize],
                    3 => choices[random.below(9) as usize],
                    4 => f64::NAN,
                    _ => random.normal().abs(),
                })
                .collect();
            let x = &x[n.min(kind)..];
            let Some((low, high, at_low, at_high)) = slow(x) else {
                assert_eq!((min(x), max(x), argmin(x), argmax(x)), (None, None, None, None));
                assert_eq!((nan_min_max(x), nan_argmin(x)), (None, None));
                continue;
            };
            let bits = |x: Option<f64>| x.map(|x| if x.is_nan() { f64::NAN } else { x }.to_bits());
            assert_eq!(bits(min(x)), Some(low.to_bits()), "{x:?}");
            assert_eq!(bits(max(x)), Some(high.to_bits()), "{x:?}");
            assert_eq!(bits(min_max(x).map(|range| range.0)), Some(low.to_bits()), "{x:?}");
            assert_eq!(bits(min_max(x).map(|range| range.1)), Some(high.to_bits()), "{x:?}");
            assert_eq!((argmin(x), argmax(x)), (Some(at_low), Some(at_high)), "{x:?}");

            let numbers: Vec<f64> = x.iter().copied().filter(|x| !x.is_nan()).collect();
            let expected = slow(&numbers);
            assert_eq!(
                nan_min_max(x).map(|(a, b)| (a.to_bits(), b.to_bits())),
                expected.map(|e| (e.0.to_bits(), e.1.to_bits()))
            );
            assert_eq!(nan_min(x).map(f64::to_bits), nan_min_max(x).map(|(a, _)| a.to_bits()));
            assert_eq!(nan_max(x).map(f64::to_bits), nan_min_max(x).map(|(_, b)| b.to_bits()));
            assert_eq!(nan_argmin(x), expected.and_then(|e| x.iter().position(|&x| x == e.0)));
            assert_eq!(nan_argmax(x), expected.and_then(|e| x.iter().position(|&x| x == e.1)));

            let halves: Vec<f16> = x.iter().map(|&x| f16::from_f64(x)).collect();
            let wide: Vec<f64> = halves.iter().map(|x| x.to_f64()).collect();
            let expected = slow(&wide).expect("as long as x");
            assert_eq!(bits(min(&halves).map(f16::to_f64)), Some(expected.0.to_bits()));
            assert_eq!((argmin(&halves), argmax(&halves)), (Some(expected.2), Some(expected.3)));
        }
    }
}

#[test]
fn extrema_of_integers_take_the_first_of_equals() {
    let x: Vec<i8> = (0..300).map(|i| ((i * 37) % 256 - 128) as i8).collect();
    assert_eq!((min(&x), max(&x)), (Some(-128), Some(127)));
    assert_eq!((argmin(&x), argmax(&x)), (Some(0), x.iter().position(|&x| x == 127)));
    let x = [u64::MAX, 0, u64::MAX, 0];
    assert_eq!((min_max(&x), argmin(&x), argmax(&x)), (Some((0, u64::MAX)), Some(1), Some(0)));
}
