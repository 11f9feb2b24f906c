//! Right answers by rational arithmetic, which shares no code with the kernels.

use num_bigint::BigInt;

/// Returns `x * 2^1074`, which is an integer.
pub(super) fn units(x: f64) -> BigInt {
    let bits = x.to_bits();
    let field = (bits >> 52) & 0x7ff;
    assert_ne!(field, 0x7ff, "{x} is not finite");
    let fraction = BigInt::from(bits & ((1 << 52) - 1));
    let magnitude = if field == 0 { fraction } else { (fraction + (1u64 << 52)) << (field - 1) };
    if x.is_sign_negative() { -magnitude } else { magnitude }
}

/// Returns `Σ x * 2^1074`.
pub(super) fn sum_units(x: impl IntoIterator<Item = f64>) -> BigInt {
    x.into_iter().map(units).sum()
}

fn abs(x: BigInt) -> BigInt {
    if x < BigInt::ZERO { -x } else { x }
}

/// Panics unless `got` is the float nearest to `numerator / denominator * 2^-1074`, ties to even.
///
/// `neighbours` are the floats of the format beside a positive finite `got`, `limit` is the
/// smallest magnitude that rounds to infinity, and `even` says whether `got`'s last bit is 0.
fn check(
    numerator: &BigInt,
    denominator: &BigInt,
    got: f64,
    below: f64,
    above: Option<f64>,
    limit: BigInt,
    even: bool,
) {
    assert!(*denominator > BigInt::ZERO);
    if *numerator != BigInt::ZERO && got != 0.0 {
        assert_eq!(*numerator < BigInt::ZERO, got < 0.0, "wrong sign: {got:e}");
    }
    let exact = abs(numerator.clone());
    let got = got.abs();
    if got.is_infinite() {
        assert!(exact >= limit * denominator, "the exact value is finite, got infinity");
        return;
    }
    let distance = |candidate: f64| abs(&exact - units(candidate) * denominator);
    let ours = distance(got);
    let mut others = vec![distance(below)];
    match above {
        Some(above) => others.push(distance(above)),
        None => assert!(exact < limit * denominator, "the exact value overflows, got {got:e}"),
    }
    for other in others {
        assert!(
            ours < other || (ours == other && (even || got == below)),
            "{got:e} is not the nearest float"
        );
    }
}

/// Panics unless `got` is `numerator / denominator * 2^-1074`, correctly rounded.
pub(super) fn check_f64(numerator: &BigInt, denominator: &BigInt, got: f64) {
    let bits = got.abs().to_bits();
    let below = f64::from_bits(bits.saturating_sub(1));
    let above = (bits + 1 < f64::INFINITY.to_bits()).then(|| f64::from_bits(bits + 1));
    let limit = (BigInt::from(1) << 2098) - (BigInt::from(1) << 2044);
    check(numerator, denominator, got, below, above, limit, bits & 1 == 0);
}

/// Panics unless `got` is `numerator / denominator * 2^-1074`, correctly rounded to `f32`.
pub(super) fn check_f32(numerator: &BigInt, denominator: &BigInt, got: f32) {
    let bits = got.abs().to_bits();
    let below = f32::from_bits(bits.saturating_sub(1));
    let above = (bits + 1 < f32::INFINITY.to_bits()).then(|| f32::from_bits(bits + 1));
    let limit = (BigInt::from(1) << (1074 + 128)) - (BigInt::from(1) << (1074 + 103));
    check(numerator, denominator, got.into(), below.into(), above.map(f64::from), limit, bits & 1 == 0);
}

/// Panics unless `got` is the square root of `numerator / denominator * 2^-2148`, correctly rounded.
pub(super) fn check_root_f64(numerator: &BigInt, denominator: &BigInt, got: f64) {
    // The root is in (a, b) if its square is in (a², b²); a tie cannot be, a midpoint's square has
    // too many bits, or the exact root is a float.
    if *numerator == BigInt::ZERO {
        assert_eq!(got.to_bits(), 0);
        return;
    }
    if got == f64::INFINITY {
        let limit = (BigInt::from(1) << 2098) - (BigInt::from(1) << 2044);
        assert!(*numerator >= &limit * &limit * denominator, "the root is finite, got infinity");
        return;
    }
    assert!(got >= 0.0, "{got:e}");
    let twice = |x: f64| units(x) * 2;
    let below = if got == 0.0 { BigInt::ZERO } else { units(got) + units(got.next_down()) };
    let above = if got == f64::MAX {
        twice(got) + (BigInt::from(1) << 2045)
    } else {
        units(got) + units(got.next_up())
    };
    let square: BigInt = numerator * 4;
    assert!(&below * &below * denominator <= square, "{got:e} is above the root");
    assert!(&above * &above * denominator >= square, "{got:e} is below the root");
}
