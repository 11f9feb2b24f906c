//! How are lists of many types put in order by the same code? As integers of the same order: each type
//! that is sorted by itself is a sort more in the packed kernel, whose sort is also a smaller one than the
//! standard library's.

use super::COMPACT;

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
    if COMPACT {
        quicksort(list, DEPTH_MAX);
    } else {
        list.sort_unstable();
    }
}

/// Puts the element that is at `place` of the sorted list there, none above it before it, none below it behind it.
pub(crate) fn select<T: Copy + Ord>(list: &mut [T], place: usize) {
    if COMPACT {
        quickselect(list, place, DEPTH_MAX);
    } else {
        list.select_nth_unstable(place);
    }
}

/// Lists this short are sorted by insertion.
const FEW: usize = 20;

/// Deeper than this a list is cut badly by design: heapsort takes over.
const DEPTH_MAX: u32 = 2 * usize::BITS;

/// Hoare's quicksort. Cost: O(n log n); 1.3 times the standard library's time of a million numbers, the same below ten thousand.
fn quicksort<T: Copy + Ord>(mut list: &mut [T], mut depth: u32) {
    while list.len() > FEW && depth > 0 {
        depth -= 1;
        let (below, rest) = parted(list);
        quicksort(below, depth);
        list = rest;
    }
    if list.len() > FEW {
        return heapsort(list);
    }
    for i in 1..list.len() {
        let x = list[i];
        let mut at = i;
        while at > 0 && x < list[at - 1] {
            list[at] = list[at - 1];
            at -= 1;
        }
        list[at] = x;
    }
}

/// Hoare's quickselect.
fn quickselect<T: Copy + Ord>(mut list: &mut [T], mut place: usize, mut depth: u32) {
    if place == 0 {
        // As the second of the two in the middle is asked for.
        for i in 1..list.len() {
            let (least, x) = (list[0].min(list[i]), list[0].max(list[i]));
            (list[0], list[i]) = (least, x);
        }
        return;
    }
    while list.len() > FEW && depth > 0 {
        depth -= 1;
        let len = list.len();
        let (below, rest) = parted(list);
        let equal = len - below.len() - rest.len();
        if place < below.len() {
            list = below;
        } else if place < below.len() + equal {
            return;
        } else {
            place -= below.len() + equal;
            list = rest;
        }
    }
    quicksort(list, depth);
}

/// Parts a list of more than eight by one of its elements: what is below it, and what is not; or, where it is the least,
/// nothing, and what is above it.
fn parted<T: Copy + Ord>(list: &mut [T]) -> (&mut [T], &mut [T]) {
    let middle = |a: T, b: T, c: T| a.min(b).max(a.max(b).min(c));
    let step = list.len() / 9;
    let [a, b, c] =
        [0, 1, 2].map(|i| middle(list[3 * i * step], list[(3 * i + 1) * step], list[(3 * i + 2) * step]));
    let pivot = middle(a, b, c);
    let below = to_front(list, |x| x < pivot);
    if below > 0 {
        return list.split_at_mut(below);
    }
    let least = to_front(list, |x| x <= pivot);
    (&mut [], &mut list[least..])
}

/// Moves the elements that are chosen to the front, without a branch to guess (Lomuto); returns how many they are.
///
/// By itself, so that all it works with stays in registers: inlined it takes half as long again.
#[inline(never)]
#[expect(clippy::manual_swap, reason = "the element is looked at while it is at hand")]
fn to_front<T: Copy>(list: &mut [T], chosen: impl Fn(T) -> bool) -> usize {
    let mut front = 0;
    for i in 0..list.len() {
        let x = list[i];
        list[i] = list[front];
        list[front] = x;
        front += usize::from(chosen(x));
    }
    front
}

/// Williams' heapsort: whatever the list, O(n log n).
fn heapsort<T: Copy + Ord>(list: &mut [T]) {
    for turn in (1..list.len() + list.len() / 2).rev() {
        // First every node with children is sifted down, from the last; then the greatest goes behind the rest, again and again.
        let (mut at, end) = if turn >= list.len() {
            (turn - list.len(), list.len())
        } else {
            list.swap(0, turn);
            (0, turn)
        };
        while 2 * at + 1 < end {
            let mut child = 2 * at + 1;
            if child + 1 < end && list[child] < list[child + 1] {
                child += 1;
            }
            if list[child] <= list[at] {
                break;
            }
            list.swap(at, child);
            at = child;
        }
    }
}

/// Sorts numbers in the order of [`f64::total_cmp`].
pub(crate) fn sort_f64(list: &mut [f64]) {
    let mut keys: Vec<u64> = list.iter().map(|x| key_f64(*x)).collect();
    sort(&mut keys);
    for (x, key) in list.iter_mut().zip(keys) {
        *x = of_key_f64(key);
    }
}

/// Sorts integers.
#[cfg(feature = "near")]
pub(crate) fn sort_i64(list: &mut [i64]) {
    let turned = |x: u64| x ^ 1 << 63;
    let mut keys: Vec<u64> = list.iter().map(|x| turned(*x as u64)).collect();
    sort(&mut keys);
    for (x, key) in list.iter_mut().zip(keys) {
        *x = turned(key) as i64;
    }
}

/// Sorts by two integers, which tell all of an element.
pub(crate) fn sort_by_two<T>(list: &mut [T], keys: impl Fn(&T) -> (u64, u64), of: impl Fn((u64, u64)) -> T) {
    let mut all: Vec<u128> = Vec::with_capacity(list.len());
    all.extend(list.iter().map(|element| {
        let (first, second) = keys(element);
        u128::from(first) << 64 | u128::from(second)
    }));
    sort(&mut all);
    for (element, both) in list.iter_mut().zip(all) {
        *element = of(((both >> 64) as u64, both as u64));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

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

    #[cfg(feature = "near")]
    #[test]
    fn keys_of_narrow_numbers_have_the_order_of_total_cmp() {
        let x = [-f32::NAN, f32::NEG_INFINITY, -1.0, -0.0, 0.0, 1e-45, 2.0, f32::INFINITY, f32::NAN];
        assert!(x.iter().map(|x| key_f32(*x)).is_sorted());
        assert!(x.iter().all(|x| of_key_f32(key_f32(*x)).to_bits() == x.to_bits()));
    }

    #[test]
    fn the_small_sort_and_selection_put_every_list_in_order() {
        let mut state = 1_u64;
        let mut next = || {
            state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1);
            state >> 33
        };
        for n in [0, 1, 2, 3, 8, 9, 20, 21, 22, 50, 1000, 4097] {
            for kinds in [1, 2, 7, u64::MAX] {
                for shape in 0..4 {
                    let mut list: Vec<u64> = (0..n).map(|_| next() % kinds).collect();
                    match shape {
                        1 => list.sort_unstable(),
                        2 => list.sort_unstable_by(|a, b| b.cmp(a)),
                        // Halves that rise and fall.
                        3 => list[n / 2..].sort_unstable_by(|a, b| b.cmp(a)),
                        _ => {}
                    }
                    let mut sorted = list.clone();
                    sorted.sort_unstable();
                    for depth in [0, 1, 3, DEPTH_MAX] {
                        let mut ours = list.clone();
                        quicksort(&mut ours, depth);
                        assert_eq!(ours, sorted, "{n} {kinds} {shape} {depth}");
                        for place in [0, n / 3, n / 2, n.saturating_sub(1)] {
                            if place < n {
                                let mut ours = list.clone();
                                quickselect(&mut ours, place, depth);
                                assert_eq!(ours[place], sorted[place]);
                                assert!(ours[..place].iter().all(|x| *x <= ours[place]));
                                assert!(ours[place..].iter().all(|x| *x >= ours[place]));
                            }
                        }
                    }
                }
            }
        }
    }

    #[test]
    fn lists_of_pairs_and_of_numbers_are_sorted() {
        let mut pairs = [(3, 1), (2, u64::MAX), (3, 0), (u64::MAX, 5), (2, 7)];
        sort_by_two(&mut pairs, |pair| *pair, |pair| pair);
        assert_eq!(pairs, [(2, 7), (2, u64::MAX), (3, 0), (3, 1), (u64::MAX, 5)]);
        #[cfg(feature = "near")]
        {
            let mut integers = [5, i64::MIN, -1, 0, i64::MAX, -7];
            sort_i64(&mut integers);
            assert_eq!(integers, [i64::MIN, -7, -1, 0, 5, i64::MAX]);
        }
        let mut numbers = [1.5, -0.0, f64::NEG_INFINITY, 0.0, -7.0];
        sort_f64(&mut numbers);
        assert_eq!(numbers.map(f64::to_bits), [f64::NEG_INFINITY, -7.0, -0.0, 0.0, 1.5].map(f64::to_bits));
    }
}
