//! Exact sums against rational arithmetic, however they are made.

use num_bigint::BigInt;

use super::data::{Random, ill_conditioned, kinds};
use super::oracle::{check_f32, check_f64, sum_units};
use crate::kernel::fold::exact::ExactTotal;
use crate::kernel::fold::sum;

fn state(x: &[f64]) -> ExactTotal {
    let mut sum = ExactTotal::new();
    sum.add_slice(x);
    sum
}

fn check(what: &str, x: &[f64]) {
    let exact = sum_units(x.iter().copied());
    let state = state(x);
    let one = BigInt::from(1);
    check_f64(&exact, &one, state.round::<f64>());
    check_f32(&exact, &one, state.round());
    if !x.is_empty() {
        check_f64(&exact, &BigInt::from(x.len()), state.mean(x.len() as u64));
        check_f32(&exact, &BigInt::from(x.len()), state.mean(x.len() as u64));
    }
    let same = |a: f64, b: f64| assert_eq!(a.to_bits(), b.to_bits(), "{what}, {} elements", x.len());
    same(sum::sum(x), state.round::<f64>());
    same(f64::from(sum::sum::<f64, f32>(x)), f64::from(state.round::<f32>()));
    same(sum::mean(x), state.mean(x.len() as u64));
    same(f64::from(sum::mean::<f64, f32>(x)), f64::from(state.mean::<f32>(x.len() as u64)));
    let mut one_by_one = ExactTotal::new();
    x.iter().for_each(|&x| one_by_one.add(x));
    assert_eq!(one_by_one, state, "{what}, {} elements", x.len());
}

#[test]
fn a_sum_of_any_length_and_kind_is_correctly_rounded() {
    for n in 0..=80 {
        for (kind, x) in kinds(n, n as u64) {
            check(kind, &x);
        }
    }
    for n in [255, 2047, 2048, 2049, 10_000] {
        for (kind, x) in kinds(n, n as u64) {
            check(kind, &x);
        }
    }
}

#[test]
fn a_sum_does_not_depend_on_order_offset_or_split() {
    for (kind, x) in kinds(5000, 3) {
        let whole = state(&x);
        let reversed: Vec<f64> = x.iter().rev().copied().collect();
        assert_eq!(state(&reversed), whole, "{kind}");
        let mut random = Random(5);
        let mut merged = ExactTotal::new();
        let mut rest = x.as_slice();
        while !rest.is_empty() {
            let (part, after) = rest.split_at((random.below(900) as usize + 1).min(rest.len()));
            merged.merge(&state(part));
            rest = after;
        }
        assert_eq!(merged, whole, "{kind}");
        assert_eq!(merged.to_bytes(), whole.to_bytes(), "{kind}");
        assert_eq!(ExactTotal::from_bytes(&whole.to_bytes()), Ok(whole), "{kind}");
    }
}

#[test]
fn ill_conditioned_sums_are_correctly_rounded() {
    for bits in [20, 60, 120, 240, 340, 660] {
        check("ill-conditioned", &ill_conditioned(1000, bits, bits as u64));
    }
}

/// The vectors of TC39's Math.sumPrecise, test262 `test/built-ins/Math/sumPrecise/sum.js`, and
/// what follows from NumPy for the empty sum and −0.
#[test]
fn sums_follow_tc39_sum_precise() {
    let cases: &[(&[f64], f64)] = &[
        (&[1.0, 2.0, 3.0], 6.0),
        (&[1e308], 1e308),
        (&[1e308, -1e308], 0.0),
        (&[0.1], 0.1),
        (&[0.1, 0.1], 0.2),
        (&[0.1, -0.1], 0.0),
        (&[1e308, 1e308, 0.1, 0.1, 1e30, 0.1, -1e30, -1e308, -1e308], 0.30000000000000004),
        (&[1e30, 0.1, -1e30], 0.1),
        (&[8.98846567431158e307, 8.988465674311579e307, -1.7976931348623157e308], 9.9792015476736e291),
        (&[-5.630637621603525e255, 9.565271205476345e307, 2.9937604643020797e292], 9.565271205476347e307),
        (
            &[
                6.739986666787661e66,
                2.0,
                -1.2689709186578243e-116,
                1.7046015739467354e308,
                -9.979201547673601e291,
                6.160926733208294e307,
                -3.179557053031852e234,
                -7.027282978772846e307,
                -0.7500000000000001,
            ],
            1.61796594939028e308,
        ),
        (
            &[
                0.31150493246968836,
                -8.988465674311582e307,
                1.8315037361673755e-270,
                -15.999999999999996,
                2.9999999999999996,
                7.345200721499384e164,
                -2.033582473639399,
                -8.98846567431158e307,
                -3.5737295155405993e292,
                4.13894772383715e-124,
                -3.6111186457260667e-35,
                2.387234887098013e180,
                7.645295562778372e-298,
                3.395189016861822e-103,
                -2.6331611115768973e-149,
            ],
            f64::NEG_INFINITY,
        ),
        (&[], 0.0),
        (&[-0.0], 0.0),
        (&[-0.0, -0.0], 0.0),
        (&[f64::INFINITY, 1.0], f64::INFINITY),
        (&[f64::NEG_INFINITY, 1e308, 1e308], f64::NEG_INFINITY),
        (&[f64::INFINITY, f64::NEG_INFINITY], f64::NAN),
        (&[f64::NAN, f64::INFINITY], f64::NAN),
        (&[f64::MAX, f64::MAX], f64::INFINITY),
        (&[f64::MAX, f64::MAX, -f64::MAX], f64::MAX),
    ];
    for (x, expected) in cases {
        assert_eq!(state(x).round::<f64>().to_bits(), expected.to_bits(), "{x:?}");
        let mut long = vec![0.0; 100];
        long.extend(*x);
        assert_eq!(state(&long).round::<f64>().to_bits(), expected.to_bits(), "{x:?} after zeros");
    }
}

#[test]
fn a_damaged_state_is_refused() {
    let bytes = state(&[1.0, 1e300, -3e-300]).to_bytes();
    for len in 0..bytes.len() {
        assert!(ExactTotal::from_bytes(&bytes[..len]).is_err(), "cut at {len}");
    }
    for (at, wrong) in [(0, 2), (1, 9), (1, 3), (2, 34), (3, 200)] {
        let mut damaged = bytes.clone();
        damaged[at] = wrong;
        assert!(ExactTotal::from_bytes(&damaged).is_err(), "byte {at} = {wrong}");
    }
    let padded = [&[1, 0, 0, 1][..], &[0; 8]].concat();
    assert!(ExactTotal::from_bytes(&padded).is_err(), "a zero that is stored is not the shortest form");
}

#[test]
fn f32_and_f16_are_summed_exactly() {
    let mut random = Random(11);
    for n in [0usize, 1, 7, 8, 31, 80, 5000] {
        let x: Vec<f32> = (0..n).map(|_| random.with_exponent(-149, 127) as f32).collect();
        let mut state = ExactTotal::new();
        state.add_slice(&x);
        let exact = sum_units(x.iter().map(|&x| x.into()));
        check_f32(&exact, &BigInt::from(1), state.round());
        check_f64(&exact, &BigInt::from(1), state.round::<f64>());
        let x: Vec<half::f16> =
            x.iter().map(|&x| half::f16::from_f32(x.abs().sqrt())).filter(|x| x.is_finite()).collect();
        let mut state = ExactTotal::new();
        state.add_slice(&x);
        let exact = sum_units(x.iter().map(|&x| x.into()));
        check_f64(&exact, &BigInt::from(1), state.round::<f64>());
    }
}
