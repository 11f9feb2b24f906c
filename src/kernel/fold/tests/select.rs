//! Order statistics against the sorted slice.

use super::data::{Random, kinds};
use crate::kernel::fold::select::order_statistics;

#[test]
fn order_statistics_are_those_of_the_sorted_slice() {
    for n in [1usize, 2, 7, 80, 128, 1000, 4097, 16_384, 16_385, 60_000] {
        let mut all = kinds(n, n as u64);
        let mut random = Random(n as u64);
        all.push(("zeros and ones", (0..n).map(|_| [0.0, -0.0, 1.0][random.below(3) as usize]).collect()));
        all.push(("sorted", (0..n).map(|i| i as f64).collect()));
        all.push(("periodic", (0..n).map(|i| (i % 4096) as f64).collect()));
        all.push((
            "infinite",
            (0..n).map(|i| if i % 3 == 0 { f64::INFINITY } else { -(i as f64) }).collect(),
        ));
        for (kind, x) in all {
            let mut sorted = x.clone();
            sorted.sort_unstable_by(f64::total_cmp);
            let ranks = [(n - 1) / 2, n / 2, 0, n - 1, n / 4, n - 1 - n / 100, n / 2];
            let got: Vec<u64> = order_statistics(&x, &ranks).unwrap().iter().map(|x| x.to_bits()).collect();
            let expected: Vec<u64> = ranks.iter().map(|&rank| sorted[rank].to_bits()).collect();
            assert_eq!(got, expected, "{kind}, {n} elements");
        }
    }
}

#[test]
fn order_statistics_of_integers_are_exact_beyond_2_to_the_53() {
    let x: Vec<i64> = (0..50_000i64).map(|i| i64::MAX - (i * 7919) % 50_000).collect();
    assert_eq!(
        order_statistics(&x, &[0, 49_999, 25_000]).unwrap(),
        [i64::MAX - 49_999, i64::MAX, i64::MAX - 24_999]
    );
    // As many as are counted: the ends of the type among them.
    let x: Vec<u64> = (0..1001u64).map(|i| u64::MAX - (i * 7919) % 1001 * (u64::MAX / 1000)).collect();
    let step = u64::MAX / 1000;
    let end = u64::MAX - 1000 * step;
    assert_eq!(
        order_statistics(&x, &[0, 1, 500, 1000]).unwrap(),
        [end, end + step, end + 500 * step, u64::MAX]
    );
}

#[test]
fn order_statistics_of_narrow_floats_are_those_of_the_sorted_slice() {
    use half::f16;
    let mut random = Random(4);
    let bits: Vec<u32> = (0..40_000).map(|_| random.bits() as u32).collect();
    let mut f32s: Vec<f32> = bits.iter().map(|&bits| f32::from_bits(bits)).filter(|x| !x.is_nan()).collect();
    let mut f16s: Vec<f16> =
        bits.iter().map(|&bits| f16::from_bits(bits as u16)).filter(|x| !x.is_nan()).collect();
    let ranks = [0, 10_000, 19_000, 19_001, 30_000];
    let got = (order_statistics(&f32s, &ranks).unwrap(), order_statistics(&f16s, &ranks).unwrap());
    f32s.sort_unstable_by(f32::total_cmp);
    f16s.sort_unstable_by(f16::total_cmp);
    assert_eq!(got.0.iter().map(|x| x.to_bits()).collect::<Vec<_>>(), ranks.map(|rank| f32s[rank].to_bits()));
    assert_eq!(got.1.iter().map(|x| x.to_bits()).collect::<Vec<_>>(), ranks.map(|rank| f16s[rank].to_bits()));
}
