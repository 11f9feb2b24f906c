//! Nasty inputs, seeded, so that every run and every machine sees the same.

/// A small generator (splitmix64), so that the tests need no crate and no entropy.
pub(super) struct Random(pub(super) u64);

impl Random {
    pub(super) fn bits(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ (z >> 31)
    }

    pub(super) fn below(&mut self, n: u64) -> u64 {
        self.bits() % n
    }

    /// Uniform in [0, 1).
    pub(super) fn unit(&mut self) -> f64 {
        (self.bits() >> 11) as f64 / (1u64 << 53) as f64
    }

    /// Roughly normal.
    pub(super) fn normal(&mut self) -> f64 {
        (0..12).map(|_| self.unit()).sum::<f64>() - 6.0
    }

    /// A float with a sign, an exponent in `low..=high` and random bits.
    pub(super) fn with_exponent(&mut self, low: i32, high: i32) -> f64 {
        let exponent = low + self.below((high - low + 1) as u64) as i32;
        let bits = self.bits();
        f64::from_bits((bits & (1 << 63 | ((1 << 52) - 1))) | ((exponent + 1023) as u64) << 52)
    }
}

/// Returns the named kinds of data, `n` elements each, all finite.
pub(super) fn kinds(n: usize, seed: u64) -> Vec<(&'static str, Vec<f64>)> {
    let mut random = Random(seed);
    let mut make = |f: &mut dyn FnMut(&mut Random) -> f64| (0..n).map(|_| f(&mut random)).collect::<Vec<_>>();
    let mut cancelling = make(&mut |r| r.with_exponent(-40, 40));
    for i in (1..n).step_by(2) {
        cancelling[i] = -cancelling[i - 1];
    }
    let mut outlier = make(&mut Random::normal);
    if let Some(last) = outlier.last_mut() {
        *last = 1e300;
    }
    vec![
        ("uniform", make(&mut Random::unit)),
        ("normal", make(&mut Random::normal)),
        ("small integers", make(&mut |r| r.below(1000) as f64 - 300.0)),
        (
            "two bits",
            make(&mut |r| (r.below(3) + 1) as f64 * if r.below(2) == 0 { 1.0 } else { 2f64.powi(-53) }),
        ),
        ("wide", make(&mut |r| r.with_exponent(-60, 60))),
        ("wider", make(&mut |r| r.with_exponent(-300, 300))),
        ("all finite", make(&mut |r| r.with_exponent(-1022, 1023))),
        ("subnormal", make(&mut |r| f64::from_bits(r.bits() & (1 << 63 | ((1 << 52) - 1))))),
        ("huge", make(&mut |r| r.with_exponent(1018, 1023))),
        ("cancelling", cancelling),
        ("outlier", outlier),
        ("zeros", make(&mut |r| if r.below(2) == 0 { 0.0 } else { -0.0 })),
        ("far mean", make(&mut |r| 1e9 + r.normal())),
        ("constant", make(&mut |_| 0.1)),
    ]
}

/// Returns a sum of condition number about `2^bits` (Ogita, Rump, Oishi, *Accurate sum and dot
/// product*, SIAM J. Sci. Comput. 26 (2005), algorithm 6.1, for sums).
pub(super) fn ill_conditioned(n: usize, bits: i32, seed: u64) -> Vec<f64> {
    let mut random = Random(seed);
    let mut x: Vec<f64> = (0..n / 2).map(|_| random.with_exponent(-bits / 2, bits / 2)).collect();
    let mut state = super::super::exact::ExactTotal::new();
    x.iter().for_each(|&x| state.add(x));
    while x.len() < n {
        // Each term cancels what the sum is so far, up to ever smaller noise.
        let scale = bits / 2 - (bits * (x.len() - n / 2) as i32) / (n / 2) as i32;
        let next = random.with_exponent(scale, scale + 1) - state.round::<f64>();
        state.add(next);
        x.push(next);
    }
    for i in (1..n).rev() {
        x.swap(i, random.below(i as u64 + 1) as usize);
    }
    x
}
