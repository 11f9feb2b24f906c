//! Are variance, norm and inner product correctly rounded, whichever way they were computed?

use num_bigint::BigInt;

use super::data::{Random, ill_conditioned, kinds};
use super::oracle::{check_f32, check_f64, check_root_f64, sum_units, units};
use crate::kernel::moments::{dot, norm, std, sum_squares, var};
use crate::kernel::products::ExactProducts;

/// `Σ x y * 2^2148`.
fn dot_units(x: &[f64], y: &[f64]) -> BigInt {
    x.iter().zip(y).map(|(&x, &y)| units(x) * units(y)).sum()
}

fn check(x: &[f64]) {
    let one = BigInt::from(1);
    let unit: BigInt = &one << 1074; // the oracle's numbers are in 2^-1074, these in 2^-2148
    let squares = dot_units(x, x);
    check_f64(&squares, &unit, sum_squares(x));
    check_f32(&squares, &unit, sum_squares(x));
    check_root_f64(&squares, &one, norm(x));
    let n = BigInt::from(x.len());
    let sum = sum_units(x.iter().copied());
    let numerator = &n * &squares - &sum * &sum;
    for ddof in [0, 1] {
        if x.len() > ddof {
            let divisor = &n * BigInt::from(x.len() - ddof);
            check_f64(&numerator, &(&divisor * &unit), var(x, ddof as f64));
            check_f32(&numerator, &(&divisor * &unit), var(x, ddof as f64));
            check_root_f64(&numerator, &divisor, std(x, ddof as f64));
        }
    }
    let y: Vec<f64> = x.iter().rev().map(|&x| x - 0.25).collect();
    let exact = dot_units(x, &y);
    check_f64(&exact, &unit, dot(x, &y));
    check_f32(&exact, &unit, dot(x, &y));
}

#[test]
fn moments_of_any_length_and_kind_are_correctly_rounded() {
    for n in (0..=40).chain([79, 80, 1023, 1024, 1025, 5000]) {
        for (_, x) in kinds(n, n as u64) {
            check(&x);
        }
    }
}

#[test]
fn moments_of_hostile_data_are_correctly_rounded() {
    for bits in [60, 240, 660] {
        check(&ill_conditioned(300, bits, bits as u64));
    }
    let mut random = Random(9);
    // NIST's NumAcc4: a deviation of 0.1 about 10^7.
    check(
        &(0..1001).map(|i| 1e7 + if i == 0 { 0.2 } else { 0.1 + 0.2 * f64::from(i % 2) }).collect::<Vec<_>>(),
    );
    // The first block misleads about the rest.
    check(
        &(0..3000)
            .map(|i| if i < 1500 { random.normal() } else { 1e6 * random.normal() })
            .collect::<Vec<_>>(),
    );
    check(&(0..3000).map(|i| if i < 1500 { 7.0 } else { random.normal() }).collect::<Vec<_>>());
    check(&(0..2000).map(|_| 1e15 + random.below(8) as f64).collect::<Vec<_>>());
}

#[test]
fn moments_of_infinities_and_nan_are_those_of_ieee() {
    let x = [1.0, f64::INFINITY, 2.0];
    assert!(var::<f64, f64>(&x, 0.0).is_nan());
    assert_eq!(norm::<f64, f64>(&x), f64::INFINITY);
    assert_eq!(dot::<f64, f64>(&x, &[1.0, -1.0, 0.0]), f64::NEG_INFINITY);
    assert!(dot::<f64, f64>(&x, &[1.0, 0.0, 0.0]).is_nan());
    assert!(norm::<f64, f64>(&[f64::NAN, f64::INFINITY]).is_nan());
    assert!(var::<f64, f64>(&[1.0], 1.0).is_nan());
    assert_eq!(norm::<f64, f64>(&[1e308, 1e308]), 1.4142135623730951e308);
    assert_eq!(norm::<f64, f64>(&[3e-320, 4e-320]), 5e-320);
}

#[test]
fn a_sum_of_products_does_not_depend_on_its_split() {
    for (kind, x) in kinds(600, 3) {
        let mut whole = ExactProducts::new();
        whole.add_squares(&x);
        let (front, back) = x.split_at(177);
        let [mut a, mut b] = [ExactProducts::new(), ExactProducts::new()];
        a.add_squares(back);
        b.add_squares(front);
        a.merge(&b);
        assert_eq!(a, whole, "{kind}");
        assert_eq!(ExactProducts::from_bytes(&a.to_bytes()), Ok(whole), "{kind}");
    }
}
