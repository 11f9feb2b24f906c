//! Integers of a fixed, large width: what an exact sum is kept in.

/// A two's complement integer of `64 * LIMBS` bits, least significant limb first.
///
/// One number has one representation, so equal values are equal bytes. No allocation.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Wide<const LIMBS: usize> {
    limbs: [u64; LIMBS],
}

impl<const LIMBS: usize> Wide<LIMBS> {
    pub(crate) const ZERO: Self = Self { limbs: [0; LIMBS] };

    pub(crate) fn limbs(&self) -> &[u64; LIMBS] {
        &self.limbs
    }

    pub(crate) fn is_zero(&self) -> bool {
        self.limbs.iter().all(|&limb| limb == 0)
    }

    pub(crate) fn is_negative(&self) -> bool {
        self.limbs[LIMBS - 1] >> 63 == 1
    }

    /// Adds `value << shift`.
    ///
    /// The caller sees to it that the result fits; the accumulators are wide enough for more
    /// terms than a machine can add.
    #[inline]
    pub(crate) fn add_shifted(&mut self, value: i128, shift: u32) {
        let sign = (value >> 127) as u64; // all ones when negative
        let [low, high] = [value as u64, (value >> 64) as u64];
        let bits = shift % 64;
        // `x >> 1 >> (63 - bits)` is `x >> (64 - bits)` that is also right for bits = 0.
        let parts = [
            low << bits,
            (high << bits) | (low >> 1 >> (63 - bits)),
            (sign << bits) | (high >> 1 >> (63 - bits)),
        ];
        let first = (shift / 64) as usize;
        let mut carry = false;
        for (index, limb) in self.limbs[first..].iter_mut().enumerate() {
            let part = parts.get(index).copied();
            // Above the parts only the sign's limbs are added: 0 with a carry, or all ones without
            // one, may change something; the other two pairs do not, and the work is done.
            if part.is_none() && carry == (sign != 0) {
                return;
            }
            let (sum, over_a) = limb.overflowing_add(part.unwrap_or(sign));
            let (sum, over_b) = sum.overflowing_add(u64::from(carry));
            *limb = sum;
            carry = over_a | over_b;
        }
    }

    /// Adds another number of the same width.
    pub(crate) fn add(&mut self, other: &Self) {
        let mut carry = false;
        for (limb, &part) in self.limbs.iter_mut().zip(&other.limbs) {
            let (sum, over_a) = limb.overflowing_add(part);
            let (sum, over_b) = sum.overflowing_add(u64::from(carry));
            *limb = sum;
            carry = over_a | over_b;
        }
    }

    /// Adds `other << shift`, a number that fits.
    pub(crate) fn add_narrower<const NARROWER: usize>(&mut self, other: &Wide<NARROWER>, shift: u32) {
        let magnitude = other.abs();
        for index in magnitude.span() {
            let limb = i128::from(magnitude.limbs[index]);
            let part = if other.is_negative() { -limb } else { limb };
            self.add_shifted(part, shift + 64 * index as u32);
        }
    }

    /// Returns the number with the other sign.
    pub(crate) fn neg(&self) -> Self {
        let mut carry = true;
        let limbs = self.limbs.map(|limb| {
            let (sum, over) = (!limb).overflowing_add(u64::from(carry));
            carry = over;
            sum
        });
        Self { limbs }
    }

    /// Returns the absolute value, as an unsigned number of the same width.
    pub(crate) fn abs(&self) -> Self {
        if self.is_negative() { self.neg() } else { *self }
    }

    /// Returns the range of limbs of an unsigned number that are not zero at its ends.
    pub(crate) fn span(&self) -> core::ops::Range<usize> {
        let Some(last) = self.limbs.iter().rposition(|&limb| limb != 0) else { return 0..0 };
        let first = self.limbs.iter().position(|&limb| limb != 0).unwrap_or(0);
        first..last + 1
    }

    /// Appends the index of the first limb that matters, the number of them, and the limbs.
    ///
    /// Left out are zero limbs at the low end and limbs at the high end that repeat the sign.
    pub(crate) fn write(&self, bytes: &mut Vec<u8>) {
        let (first, len) = self.stored();
        bytes.extend([first as u8, len as u8]);
        for limb in &self.limbs[first..first + len] {
            bytes.extend(limb.to_le_bytes());
        }
    }

    /// Reads what [`write`](Self::write) wrote, which must be the whole of `bytes`.
    pub(crate) fn read(bytes: &[u8]) -> Result<Self, &'static str> {
        let [first, len, stored @ ..] = bytes else { return Err("the header is cut off") };
        let [first, len] = [*first, *len].map(usize::from);
        let (stored, rest) = stored.as_chunks::<8>();
        if stored.len() != len || !rest.is_empty() {
            return Err("the number of limbs and the length differ");
        }
        if first + len > LIMBS {
            return Err("more limbs than the sum is wide");
        }
        let mut value = Self::ZERO;
        for (limb, stored) in value.limbs[first..].iter_mut().zip(stored) {
            *limb = u64::from_le_bytes(*stored);
        }
        let sign = if len > 0 && stored[len - 1][7] >> 7 == 1 { u64::MAX } else { 0 };
        value.limbs[first + len..].fill(sign);
        if value.stored() != (first, len) {
            return Err("the limbs are not in their shortest form");
        }
        Ok(value)
    }

    /// Returns the first limb and the number of limbs that [`write`](Self::write) stores.
    fn stored(&self) -> (usize, usize) {
        let sign = if self.is_negative() { u64::MAX } else { 0 };
        let Some(first) = self.limbs.iter().position(|&limb| limb != 0) else { return (0, 0) };
        let mut end = LIMBS;
        // A limb that repeats the sign may go if the one below it has the sign in its top bit.
        while end - 1 > first && self.limbs[end - 1] == sign && self.limbs[end - 2] >> 63 == sign >> 63 {
            end -= 1;
        }
        (first, end - first)
    }
}
