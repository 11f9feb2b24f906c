//! The pseudo-random numbers of the golden vectors.

/// The generator of `tests/vectors/README.md`.
pub(crate) struct Lcg(pub(crate) u64);

impl Lcg {
    pub(crate) fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        self.0
    }

    #[cfg(feature = "fold")]
    pub(crate) fn next_f64(&mut self) -> f64 {
        (self.next() >> 11) as f64 / (1_u64 << 53) as f64 - 0.5
    }

    #[cfg(feature = "near")]
    pub(crate) fn below(&mut self, n: usize) -> usize {
        ((self.next() >> 33) % n as u64) as usize
    }

    pub(crate) fn next_f32(&mut self) -> f32 {
        (self.next() >> 40) as f32 / (1_u32 << 24) as f32 - 0.5
    }

    #[cfg(feature = "fold")]
    pub(crate) fn next_wide_f64(&mut self) -> f64 {
        let (a, b) = (self.next(), self.next());
        f64::from_bits((a >> 63) << 63 | (723 + (a >> 20) % 601) << 52 | b >> 12)
    }

    #[cfg(feature = "fold")]
    pub(crate) fn next_wide_f32(&mut self) -> f32 {
        let (a, b) = (self.next(), self.next());
        f32::from_bits(((a >> 63) << 31 | (27 + (a >> 20) % 201) << 23 | b >> 41) as u32)
    }
}
