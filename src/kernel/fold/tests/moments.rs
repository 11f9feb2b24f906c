//! Variances, norms and inner products against rational arithmetic, whichever way they were computed.

use num_bigint::BigInt;

use super::data::{Random, ill_conditioned, kinds};
use super::oracle::{check_f32, check_f64, check_root_f64, sum_units, units};
use crate::kernel::fold::exact::ExactProducts;
use crate::kernel::fold::inner::dot;
use crate::kernel::fold::products::{PARTS, products, products_body};
use crate::kernel::fold::variance::{norm, std, var};
use crate::kernel::fold::vector::pair::Pair;

/// `Σ x y * 2^2148`.
fn dot_units(x: &[f64], y: &[f64]) -> BigInt {
    x.iter().zip(y).map(|(&x, &y)| units(x) * units(y)).sum()
}

fn check(x: &[f64]) {
    let one = BigInt::from(1);
    let unit: BigInt = &one << 1074; // the oracle's numbers are in 2^-1074, these in 2^-2148
    let squares = dot_units(x, x);
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

#[test]
fn inner_products_at_the_ends_of_the_range_are_correctly_rounded() {
    let mut random = Random(21);
    let unit: BigInt = BigInt::from(1) << 1074;
    for n in [1, 2, 16, 17, 100, 512, 513, 2100] {
        // Sums of the exponents about 0, where products lose bits, and where they overflow.
        for (x_exponent, y_exponent) in [
            (0, 0),
            (700, -700),
            (-500, -450),
            (-500, -500),
            (-530, -540),
            (-1022, 60),
            (500, 515),
            (1000, -1000),
        ] {
            for spread in [0, 8, 50] {
                let mut near = |exponent: i32| -> Vec<f64> {
                    let (low, high) = (exponent - spread, exponent + spread);
                    (0..n).map(|_| random.with_exponent(low.max(-1022), high.min(1023))).collect()
                };
                let (mut x, y) = (near(x_exponent), near(y_exponent));
                let exact = dot_units(&x, &y);
                check_f64(&exact, &unit, dot(&x, &y));
                check_f32(&exact, &unit, dot(&x, &y));
                // The last term cancels nearly all of the others.
                x[n - 1] -= dot::<f64, f64>(&x, &y) / y[n - 1];
                if x[n - 1].is_finite() {
                    check_f64(&dot_units(&x, &y), &unit, dot(&x, &y));
                }
            }
        }
        let narrow: Vec<f32> = (0..n).map(|_| random.normal() as f32).collect();
        let wide: Vec<f64> = narrow.iter().map(|&x| f64::from(x)).collect();
        let turned: (Vec<f32>, Vec<f64>) =
            (narrow.iter().rev().copied().collect(), wide.iter().rev().copied().collect());
        let exact = dot_units(&wide, &turned.1);
        check_f32(&exact, &unit, dot(&narrow, &turned.0));
        check_f64(&exact, &unit, dot(&narrow, &turned.0));
    }
}

#[test]
fn orthogonal_vectors_have_an_inner_product_of_plus_0() {
    let x: Vec<f64> = (0..1000).map(|i| f64::from(i) + 0.1).collect();
    let y: Vec<f64> = x.chunks(2).flat_map(|pair| [-pair[1], pair[0]]).collect();
    assert_eq!(dot::<f64, f64>(&x, &y).to_bits(), 0);
    assert_eq!(dot::<f64, f64>(&[1.0, 0.0], &[-0.0, 3.0]).to_bits(), 0);
    assert_eq!(dot::<f64, f64>(&[0.0; 600], &[-1.0; 600]).to_bits(), 0);
}

#[test]
fn what_products_round_off_does_not_depend_on_the_machine() {
    for (kind, x) in kinds(801, 5) {
        let y: Vec<f64> = x.iter().rev().copied().collect();
        let mut here = [[0.0; PARTS]; 2];
        let mut plain = [[0.0; PARTS]; 2];
        let exact = products(&x, &y, &mut here);
        assert_eq!(products_body::<Pair, f64, 1>(&x, &y, &mut plain), exact, "{kind}");
        if exact {
            assert_eq!(
                here.map(|part| part[..801].to_vec()),
                plain.map(|part| part[..801].to_vec()),
                "{kind}"
            );
        }
    }
}
