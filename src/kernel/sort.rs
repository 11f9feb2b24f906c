//! Sorting, and floats as integers of the same order.

macro_rules! keys {
    ($($float:ty, $bits:ty, $signed:ty, $key:ident, $of_key:ident);*) => {
        $(
            /// Returns an integer in the order of `total_cmp`.
            #[inline(always)]
            pub(crate) fn $key(x: $float) -> $bits {
                let bits = x.to_bits();
                bits ^ ((bits as $signed >> (<$bits>::BITS - 1)) as $bits | 1 << (<$bits>::BITS - 1))
            }

            /// Returns the number that the integer stands for.
            #[cfg_attr(not(feature = "fold"), allow(dead_code, reason = "an index sorts 64 bits alone"))]
            #[inline(always)]
            pub(crate) fn $of_key(key: $bits) -> $float {
                let turned = (!key as $signed >> (<$bits>::BITS - 1)) as $bits | 1 << (<$bits>::BITS - 1);
                <$float>::from_bits(key ^ turned)
            }
        )*
    };
}
keys!(f64, u64, i64, key_f64, of_key_f64; f32, u32, i32, key_f32, of_key_f32);
#[cfg(feature = "fold")]
keys!(half::f16, u16, i16, key_f16, of_key_f16);

/// Sorts elements of which equal ones are the same.
pub(crate) fn sort<T: Copy + Ord>(list: &mut [T]) {
    list.sort_unstable();
}

/// Puts the element that is at `place` of the sorted list there, none above it before it, none below it behind it.
pub(crate) fn select<T: Copy + Ord>(list: &mut [T], place: usize) {
    list.select_nth_unstable(place);
}

/// Sorts numbers in the order of [`f64::total_cmp`].
pub(crate) fn sort_f64(list: &mut [f64]) {
    list.sort_unstable_by(f64::total_cmp);
}

/// Sorts by two integers, which tell all of an element.
pub(crate) fn sort_by_two<T>(list: &mut [T], keys: impl Fn(&T) -> (u64, u64)) {
    list.sort_unstable_by_key(keys);
}

#[cfg(test)]
mod tests {
    use super::*;

    #[cfg(feature = "fold")]
    #[test]
    fn keys_have_the_order_of_total_cmp_and_give_the_number_back() {
        let nan = f64::NAN.copysign(-1.0);
        let x = [
            nan,
            f64::NEG_INFINITY,
            -2.5,
            -f64::MIN_POSITIVE,
            -0.0,
            0.0,
            5e-324,
            1.0,
            f64::INFINITY,
            f64::NAN,
        ];
        for (i, &a) in x.iter().enumerate() {
            assert_eq!(of_key_f64(key_f64(a)).to_bits(), a.to_bits());
            for &b in &x[i + 1..] {
                assert!(key_f64(a) < key_f64(b), "{a} {b}");
            }
        }
    }

    #[cfg(feature = "fold")]
    #[test]
    fn keys_of_narrow_numbers_have_the_order_of_total_cmp() {
        let x = [-f32::NAN, f32::NEG_INFINITY, -1.0, -0.0, 0.0, 1e-45, 2.0, f32::INFINITY, f32::NAN];
        assert!(x.iter().map(|x| key_f32(*x)).is_sorted());
        assert!(x.iter().all(|x| of_key_f32(key_f32(*x)).to_bits() == x.to_bits()));
    }

    #[test]
    fn lists_of_pairs_and_of_numbers_are_sorted() {
        let mut pairs = [(3, 1), (2, u64::MAX), (3, 0), (u64::MAX, 5), (2, 7)];
        sort_by_two(&mut pairs, |pair| *pair);
        assert_eq!(pairs, [(2, 7), (2, u64::MAX), (3, 0), (3, 1), (u64::MAX, 5)]);
        let mut numbers = [1.5, -0.0, f64::NEG_INFINITY, 0.0, -7.0];
        sort_f64(&mut numbers);
        assert_eq!(numbers.map(f64::to_bits), [f64::NEG_INFINITY, -7.0, -0.0, 0.0, 1.5].map(f64::to_bits));
    }
}
