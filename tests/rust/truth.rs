//! Are the results the numbers that they claim to be? Certified data, sums of any condition, any number of threads.

use nearfold::fold::{self, Options, Reduction};
use num_bigint::BigInt;

use crate::lcg::Lcg;

fn plain() -> Options<'static> {
    Options::default()
}

fn number(output: nearfold::Result<fold::Output>) -> f64 {
    output.expect("it has a value").to_f64().expect("a real number")
}

/// Returns x 2^1074.
fn units(x: f64) -> BigInt {
    let bits = x.to_bits();
    let (exponent, fraction) = ((bits >> 52) & 0x7ff, bits & ((1 << 52) - 1));
    let size = if exponent == 0 {
        BigInt::from(fraction)
    } else {
        BigInt::from(fraction | 1 << 52) << (exponent as usize - 1)
    };
    if x < 0.0 { -size } else { size }
}

/// Returns the distance of two floats at x, in units; half of it is the most that rounding may err by.
fn step(x: f64) -> BigInt {
    units(x.abs().next_up()) - units(x.abs())
}

/// Asserts that x is the correctly rounded quotient of two integers, the numerator in units.
fn assert_rounded(x: f64, numerator: &BigInt, denominator: u64, what: &str) {
    let error: BigInt = (units(x) * denominator - numerator) * 2;
    assert!(error.magnitude() <= (step(x) * BigInt::from(denominator)).magnitude(), "{what}: {x:e}");
}

/// Returns the number of right digits: NIST's LRE.
fn digits(got: f64, certified: f64) -> f64 {
    if got == certified { 17.0 } else { -((got - certified) / certified).abs().log10() }
}

#[test]
fn the_certified_sets_of_nist_reach_what_doubles_can() {
    let text = include_str!("../vectors/nist/univariate.json");
    let file: serde_json::Value = serde_json::from_str(text).expect("it is JSON");
    let text = |value: &serde_json::Value| value.as_str().expect("a text").to_owned();
    let parse = |text: &str| text.parse::<f64>().expect("a number");
    let mut sets: Vec<(String, f64, f64, Vec<f64>)> = Vec::new();
    for set in file["sets"].as_array().expect("a list") {
        let data = text(&set["data"]).split(' ').map(parse).collect();
        sets.push((text(&set["name"]), parse(&text(&set["mean"])), parse(&text(&set["std"])), data));
    }
    for (name, middle, low, high) in [
        ("NumAcc2", 1.2, 1.1, 1.3),
        ("NumAcc3", 1_000_000.2, 1_000_000.1, 1_000_000.3),
        ("NumAcc4", 10_000_000.2, 10_000_000.1, 10_000_000.3),
    ] {
        let data = core::iter::once(middle).chain((0..1000).map(|i| if i % 2 == 0 { low } else { high }));
        sets.push((name.to_owned(), middle, 0.1, data.collect()));
    }
    // What exact arithmetic on the doubles nearest to the decimal data gives, less a tenth of a digit.
    let attainable = [
        ("Lew", 14.9, 14.9),
        ("Lottery", 14.9, 14.9),
        ("Mavro", 14.9, 13.0),
        ("NumAcc1", 17.0, 17.0),
        ("NumAcc2", 14.9, 14.9),
        ("NumAcc3", 14.9, 9.4),
        ("NumAcc4", 14.9, 8.2),
    ];
    assert_eq!(sets.len(), attainable.len());
    for ((name, mean, std, x), (of, mean_digits, std_digits)) in sets.iter().zip(attainable) {
        assert_eq!(name, of);
        let got = number(fold::mean(x, &plain()));
        assert!(digits(got, *mean) >= mean_digits, "{name}: mean {got:e}");
        let spread = number(fold::std(x, &plain().ddof(1.0)));
        assert!(digits(spread, *std) >= std_digits, "{name}: std {spread:e}, {}", digits(spread, *std));

        // And no double is nearer to the exact mean and deviation of the doubles.
        let n = x.len() as u64;
        let sum: BigInt = x.iter().map(|&x| units(x)).sum();
        assert_rounded(got, &sum, n, name);
        let squares: BigInt = x.iter().map(|&x| units(x) * units(x)).sum();
        let centred: BigInt = (squares * n - &sum * &sum) * 4;
        let [low, high] = [-1, 1].map(|half| units(spread) * 2 + step(spread) * half);
        let divisor = BigInt::from(n * (n - 1));
        assert!(&low * &low * &divisor <= centred && centred <= &high * &high * &divisor, "{name}: std");
    }
}

/// Returns Σxy in squares of units.
fn exact_dot(x: &[f64], y: &[f64]) -> BigInt {
    x.iter().zip(y).map(|(&x, &y)| units(x) * units(y)).sum()
}

/// Returns a double near an integer in squares of units.
fn near(value: &BigInt) -> f64 {
    let bits = value.bits();
    let cut = bits.saturating_sub(60);
    let leading: i64 = (value >> cut).try_into().expect("60 bits fit");
    let exponent = cut as i32 - 2148;
    leading as f64 * 2f64.powi(exponent / 2) * 2f64.powi(exponent - exponent / 2)
}

/// Two vectors whose inner product has about this condition number.
///
/// Reference: T. Ogita, S. M. Rump, S. Oishi, *Accurate sum and dot product*, SIAM J. Sci. Comput. 26 (2005),
/// algorithm 6.1.
fn ill_conditioned(lcg: &mut Lcg, len: usize, log10: i32) -> (Vec<f64>, Vec<f64>) {
    let half = (f64::from(log10) * core::f64::consts::LOG2_10 / 2.0) as i32;
    let (mut x, mut y) = (Vec::new(), Vec::new());
    for i in 0..len / 2 {
        let exponent = match i {
            0 => half + 1,
            1 => 0,
            _ => (lcg.next() >> 33) as i32 % (half + 1),
        };
        x.push(lcg.next_f64() * 2f64.powi(exponent));
        y.push(lcg.next_f64() * 2f64.powi(exponent));
    }
    let rest = len - x.len();
    let mut sum = exact_dot(&x, &y);
    for i in 0..rest {
        let exponent = half - half * i as i32 / (rest as i32 - 1);
        let (a, goal) = (lcg.next_f64() * 2f64.powi(exponent), lcg.next_f64() * 2f64.powi(exponent));
        let b = (goal - near(&sum)) / a;
        sum += units(a) * units(b);
        x.push(a);
        y.push(b);
    }
    // Any order will do: the largest are not at the front then.
    for i in (1..len).rev() {
        let j = (lcg.next() >> 33) as usize % (i + 1);
        x.swap(i, j);
        y.swap(i, j);
    }
    (x, y)
}

/// Asserts that the sum of the sizes of the terms is as many times their sum as was wanted, about.
fn assert_conditioned(sizes: &BigInt, exact: &BigInt, log10: i32) {
    let condition = (sizes.bits() as f64 - exact.bits() as f64) * core::f64::consts::LOG10_2;
    assert!(condition > 0.8 * f64::from(log10) - 4.0, "10^{condition} is not 10^{log10}");
}

#[test]
fn inner_products_of_any_condition_are_rounded_once() {
    let mut lcg = Lcg(42);
    for log10 in (10..=100).step_by(10) {
        for len in [50, 100, 1001] {
            let (x, y) = ill_conditioned(&mut lcg, len, log10);
            let exact = exact_dot(&x, &y);
            let sizes: BigInt = x.iter().zip(&y).map(|(&x, &y)| units(x.abs()) * units(y.abs())).sum();
            assert_conditioned(&sizes, &exact, log10);
            let got = number(fold::dot(&x, &y, &plain()));
            let error: BigInt = ((units(got) << 1074_usize) - &exact) * 2;
            let allowed: BigInt = step(got) << 1074_usize;
            assert!(error.magnitude() <= allowed.magnitude(), "10^{log10}, {len}: {got:e}");
        }
    }
}

#[test]
fn sums_of_any_condition_are_rounded_once_and_means_too() {
    let mut lcg = Lcg(43);
    for log10 in (10..=100).step_by(10) {
        for len in [50, 100, 1001] {
            // The products of the ill-conditioned vectors and what rounds off of them, as addends.
            let (a, b) = ill_conditioned(&mut lcg, len, log10);
            let mut x: Vec<f64> = a.iter().zip(&b).map(|(a, b)| a * b).collect();
            #[allow(
                clippy::disallowed_methods,
                reason = "fused everywhere by definition: the error of the product"
            )]
            x.extend(a.iter().zip(&b).map(|(&a, &b)| a.mul_add(b, -(a * b))));
            let exact: BigInt = x.iter().map(|&x| units(x)).sum();
            let sizes: BigInt = x.iter().map(|&x| units(x.abs())).sum();
            assert_conditioned(&sizes, &exact, log10);
            assert_rounded(number(fold::sum(&x, &plain())), &exact, 1, "sum");
            assert_rounded(number(fold::mean(&x, &plain())), &exact, x.len() as u64, "mean");
            x.reverse();
            assert_rounded(number(fold::sum(&x, &plain())), &exact, 1, "sum of the same, backwards");
        }
    }
}

/// Long arrays on which estimates decide, on which only exact integers do, and on which there is nothing to decide.
fn long_arrays() -> Vec<(&'static str, Vec<f64>)> {
    const LEN: usize = 1_000_037;
    let mut lcg = Lcg(44);
    let even: Vec<f64> = (0..LEN).map(|_| lcg.next_f64()).collect();
    let wide: Vec<f64> = (0..300_001).map(|_| lcg.next_wide_f64()).collect();
    let cancels: Vec<f64> = wide.iter().chain(&[1e-300]).copied().chain(wide.iter().map(|x| -x)).collect();
    let offset: Vec<f64> = even.iter().map(|x| 1e15 + x).collect();
    let late = |x: f64| {
        let mut list = even.clone();
        list[LEN - 5] = x;
        list
    };
    vec![
        ("even", even.clone()),
        ("wide", wide),
        ("cancels", cancels),
        ("offset", offset),
        ("NaN", late(f64::NAN)),
        ("infinite", late(f64::NEG_INFINITY)),
        ("huge", late(1e308)),
        ("zeros", vec![-0.0; LEN]),
        ("overflows", vec![1e308; 200_000]),
    ]
}

#[test]
fn a_long_array_has_the_sums_of_its_parts() {
    for (name, x) in long_arrays() {
        for reduction in [
            Reduction::Sum,
            Reduction::Mean,
            Reduction::Var,
            Reduction::Std,
            Reduction::Norm,
            Reduction::Min,
            Reduction::Max,
        ] {
            let whole = number(fold::reduce(reduction, &x, &plain()));
            let mut state = fold::Partial::new(reduction, fold::Dtype::F64, &plain()).expect("of doubles");
            x.chunks(7777).rev().for_each(|piece| state.push(piece).expect("doubles"));
            let parts = number(state.result());
            assert_eq!(whole.to_bits(), parts.to_bits(), "{} of {name}: {whole} {parts}", reduction.name());
        }
    }
}

#[cfg(feature = "parallel")]
#[test]
fn the_number_of_threads_does_not_show() {
    let pools: Vec<rayon::ThreadPool> = [1, 2, 3, 8]
        .map(|threads| rayon::ThreadPoolBuilder::new().num_threads(threads).build().expect("threads start"))
        .into();
    for (name, x) in long_arrays() {
        let narrow: Vec<f32> = x.iter().map(|&x| x as f32).collect();
        let whole: Vec<i64> = x.iter().map(|&x| (x * 1e18) as i64).collect();
        let backwards: Vec<f64> = x.iter().rev().copied().collect();
        let figures = || -> Vec<u64> {
            let mut list = Vec::new();
            for reduction in Reduction::ALL.iter().filter(|reduction| {
                !reduction.name().contains("moments")
                    && !reduction.name().contains("skew")
                    && !reduction.name().contains("kurtosis")
                    && !reduction.name().contains("minmax")
            }) {
                list.push(number(fold::reduce(*reduction, &x, &plain())).to_bits());
                list.push(number(fold::reduce(*reduction, &narrow, &plain())).to_bits());
                list.push(number(fold::reduce(*reduction, &whole, &plain())).to_bits());
            }
            list.push(number(fold::dot(&x, &backwards, &plain())).to_bits());
            list.push(number(fold::dot(&narrow, &narrow, &plain())).to_bits());
            list
        };
        let alone = pools[0].install(figures);
        for pool in &pools[1..] {
            assert_eq!(pool.install(figures), alone, "{name} with {} threads", pool.current_num_threads());
            assert_eq!(pool.install(fold::threads), pool.current_num_threads());
        }
    }
}
