//! Do states of streams give the bits of one pass, and does the sketch keep its bound?

use ndarray::{Array2, Axis, s};
use nearfold::Error;
use nearfold::fold::stream::{Cov, Histogram, MinMax, Moments, Quantiles, Sum};
use nearfold::fold::{
    self, Array, Bins, Dtype, Method, Options, Output, Partial, Quantiles as Q, Reduction, Values,
};

use crate::lcg::Lcg;

fn doubles(output: &Output) -> Vec<u64> {
    match output {
        Output::Array(Array::F64(array)) => array.iter().map(|x| x.to_bits()).collect(),
        other => panic!("expected an array of doubles, got {other:?}"),
    }
}

fn wide(seed: u64, len: usize) -> Vec<f64> {
    let mut lcg = Lcg(seed);
    (0..len).map(|_| lcg.next_wide_f64()).collect()
}

fn even(seed: u64, len: usize) -> Vec<f64> {
    let mut lcg = Lcg(seed);
    (0..len).map(|_| lcg.next_f64()).collect()
}

/// A stream, cut in four.
fn quarters<'a, T>(x: &'a [T]) -> Vec<Values<'a>>
where
    Values<'a>: From<&'a [T]>,
{
    x.chunks(x.len() / 4 + 1).map(Values::from).collect()
}

/// Checks the named states of a stream of these pieces, merged backwards, against the functions of the whole.
fn check_named(what: &str, pieces: &[Values<'_>], whole: &Values<'_>) {
    let dtype = whole.dtype();
    let expected = |reduction, options: &Options<'_>| {
        format!("{:?}", fold::reduce(reduction, whole.view(), options).expect("it has a value"))
    };
    let plain = Options::default();
    macro_rules! merged {
        ($State:ident, $reduction:expr) => {{
            let mut state = $State::new(dtype).expect("real numbers");
            let mut partial = Partial::new($reduction, dtype, &plain).expect("real numbers");
            let empty = partial.clone();
            for piece in pieces.iter().rev() {
                let mut part = $State::new(dtype).expect("real numbers");
                part.push(piece.view()).expect("of its type");
                state.merge(&$State::from_bytes(&part.to_bytes()).expect("its own bytes")).expect("one type");
                let mut part = empty.clone();
                part.push(piece.view()).expect("of its type");
                partial.merge(&part).expect("one type");
            }
            assert_eq!((state.count(), state.dtype()), (whole.len() as u64, dtype));
            let result = format!("{:?}", state.result().expect("it has a value"));
            assert_eq!(result, expected($reduction, &plain), "{what}: {}", $reduction.name());
            assert_eq!(state.to_bytes(), partial.to_bytes(), "{what}: {}", $reduction.name());
            state
        }};
    }
    merged!(Sum, Reduction::Sum);
    merged!(MinMax, Reduction::Minmax);
    let moments = merged!(Moments, Reduction::Moments);
    let got = |output: Result<Output, Error>| format!("{:?}", output.expect("it has a value"));
    assert_eq!(got(moments.mean()), expected(Reduction::Mean, &plain), "{what}: mean");
    for ddof in [0.0, 1.0, 2.5] {
        let options = plain.clone().ddof(ddof);
        assert_eq!(got(moments.var(ddof)), expected(Reduction::Var, &options), "{what}: var, {ddof}");
        assert_eq!(got(moments.std(ddof)), expected(Reduction::Std, &options), "{what}: std, {ddof}");
    }
    for (bias, fisher) in [(true, true), (true, false), (false, true), (false, false)] {
        let options = plain.clone().bias(bias).fisher(fisher);
        assert_eq!(got(moments.skew(bias)), expected(Reduction::Skew, &options), "{what}: skew, {bias}");
        let kurtosis = moments.kurtosis(bias, fisher);
        assert_eq!(
            got(kurtosis),
            expected(Reduction::Kurtosis, &options),
            "{what}: kurtosis, {bias}, {fisher}"
        );
    }
}

#[test]
fn sums_moments_and_extremes_in_pieces_have_the_bits_of_the_whole() {
    let mut lcg = Lcg(21);
    let mut spread =
        |len: usize| -> Vec<f64> { (0..len).map(|_| f64::from_bits(lcg.next() & !(1 << 62))).collect() };
    let doubles = [
        ("even", even(22, 5000)),
        ("wide", wide(23, 5000)),
        ("of every size below 2", spread(3000)),
        ("few", even(24, 5)),
        ("symmetric", even(25, 999).into_iter().flat_map(|x| [x, -x]).collect()),
        ("large and small", [vec![1e300, 1e-300, 5e-324], even(26, 3000)].concat()),
        ("subnormal", (1..=300).map(|i| -f64::from_bits(i)).collect()),
        ("negative zeros", vec![-0.0; 100]),
        ("an infinity", [even(27, 2000), vec![f64::INFINITY]].concat()),
        ("two infinities", [vec![f64::NEG_INFINITY], even(28, 2000), vec![f64::INFINITY]].concat()),
        ("NaN", [even(29, 2000), vec![f64::NAN, -0.0]].concat()),
    ];
    for (name, x) in &doubles {
        check_named(name, &quarters(x), &x.into());
        let floats: Vec<f32> = x.iter().map(|&x| x as f32).collect();
        check_named(name, &quarters(&floats), &(&floats).into());
    }
    let whole: Vec<i64> = (0..3000).map(|_| lcg.next() as i64 >> (lcg.next() >> 58)).collect();
    check_named("int64", &quarters(&whole), &(&whole).into());
    let bytes: Vec<u8> = (0..3000).map(|_| (lcg.next() >> 56) as u8).collect();
    check_named("uint8", &quarters(&bytes), &(&bytes).into());
}

#[test]
fn a_named_state_refuses_what_is_not_its_own() {
    let code = |error: Error| error.code();
    let mut sum = Sum::new(Dtype::F64).unwrap();
    assert_eq!(code(Sum::new(Dtype::C128).unwrap_err()), "unsupported_dtype");
    assert_eq!(code(sum.push(&[1_i64]).unwrap_err()), "unsupported_dtype");
    assert_eq!(sum.merge(&Sum::new(Dtype::F32).unwrap()).unwrap_err().code(), "bad_parameter");
    let moments = Moments::new(Dtype::F64).unwrap();
    for empty in [moments.result(), moments.mean(), moments.var(0.0), moments.skew(true)] {
        assert_eq!(code(empty.unwrap_err()), "empty");
    }
    assert_eq!(code(MinMax::new(Dtype::U8).unwrap().result().unwrap_err()), "empty");
    let mut moments = Moments::new(Dtype::F64).unwrap();
    moments.push(&[1.0, 2.0]).unwrap();
    for ddof in [2.0, f64::NAN] {
        assert_eq!(code(moments.var(ddof).unwrap_err()), "bad_parameter");
        assert_eq!(code(moments.std(ddof).unwrap_err()), "bad_parameter");
    }
    for (reduction, options) in [
        (Reduction::Mean, Options::default()),
        (Reduction::Nansum, Options::default()),
        (Reduction::Sum, Options::default().initial(1.0)),
        (Reduction::Sum, Options::default().dtype(Dtype::F32)),
    ] {
        let other = Partial::new(reduction, Dtype::F64, &options).unwrap();
        assert_eq!(code(Sum::from_bytes(&other.to_bytes()).unwrap_err()), "corrupt");
    }
    assert_eq!(code(Sum::from_bytes(&moments.to_bytes()).unwrap_err()), "corrupt");
    assert_eq!(code(Moments::from_bytes(&moments.to_bytes()[1..]).unwrap_err()), "corrupt");
}

#[test]
fn covariances_in_pieces_have_the_bits_of_the_whole_in_any_order() {
    let table = Array2::from_shape_vec((3, 500), wide(1, 1500)).expect("the length fits");
    let mut parts: Vec<Cov> = (0..5)
        .map(|i| {
            let mut part = Cov::new(3).expect("three variables");
            part.push(table.slice(s![.., 100 * i..100 * i + 37])).expect("three rows");
            part.push(table.slice(s![.., 100 * i + 37..100 * i + 100])).expect("three rows");
            Cov::from_bytes(&part.to_bytes()).expect("the bytes are its own")
        })
        .collect();
    parts.swap(0, 3);
    parts.swap(1, 4);
    let mut whole = Cov::new(3).expect("three variables");
    parts.iter().for_each(|part| whole.merge(part).expect("as many variables"));
    assert_eq!(whole.count(), 500);
    for ddof in [0.0, 1.0, 1.5] {
        let expected = fold::cov(&table, None, ddof).expect("it has a value");
        assert_eq!(doubles(&whole.result(ddof).expect("it has a value")), doubles(&expected));
    }
    let expected = fold::corrcoef(&table, None).expect("it has a value");
    assert_eq!(doubles(&whole.corrcoef().expect("it has a value")), doubles(&expected));
}

#[test]
fn covariances_of_large_integers_lose_nothing() {
    let x = Array2::from_shape_vec(
        (2, 4),
        vec![i64::MAX, i64::MAX - 1, i64::MIN, 5, -7, i64::MIN + 3, 1 << 60, 1],
    )
    .expect("the length fits");
    let mut state = Cov::new(2).expect("two variables");
    state.push(x.slice(s![.., ..1])).expect("two rows");
    state.push(x.slice(s![.., 1..])).expect("two rows");
    let expected = fold::cov(&x, None, 1.0).expect("it has a value");
    assert_eq!(doubles(&state.result(1.0).expect("it has a value")), doubles(&expected));
    let unsigned = x.mapv(|x| x as u64);
    let mut state = Cov::new(2).expect("two variables");
    state.push(&unsigned).expect("two rows");
    let expected = fold::cov(&unsigned, None, 1.0).expect("it has a value");
    assert_eq!(doubles(&state.result(1.0).expect("it has a value")), doubles(&expected));
}

#[test]
fn a_variable_that_is_not_finite_spoils_its_own_row_alone() {
    let mut state = Cov::new(2).expect("two variables");
    state.push(ndarray::array![[1.0, f64::NAN], [1.0, 2.0]].view()).expect("two rows");
    let Output::Array(Array::F64(table)) = state.result(0.0).expect("it has a value") else { panic!() };
    assert_eq!(table.iter().filter(|x| x.is_nan()).count(), 3);
    assert_eq!(table.as_slice().expect("C order")[3], 0.25);
}

#[test]
fn counts_in_pieces_are_those_of_the_whole() {
    let mut x = even(2, 10_000);
    x.extend([0.25, -0.25, 0.0, f64::NAN, 9.0, -9.0, f64::INFINITY]);
    let edges = [-0.25, -0.1, 0.0, 0.2, 0.25];
    let mut options = fold::Histogram::default();
    options.range = Some((-0.25, 0.25));
    options.bins = Bins::Count(7);
    let mut given = fold::Histogram::default();
    given.bins = Bins::Edges((&edges).into());
    let states = [
        (Histogram::equal(7, -0.25, 0.25).expect("seven bins"), options),
        (Histogram::with_edges(&edges).expect("four bins"), given),
    ];
    for (empty, options) in states {
        let mut whole = empty.clone();
        for piece in x.chunks(999).rev() {
            let mut part = empty.clone();
            part.push(piece).expect("doubles");
            let part = Histogram::from_bytes(&part.to_bytes()).expect("the bytes are its own");
            whole.merge(&part).expect("the same edges");
        }
        let expected = fold::histogram(&x, &options).expect("a range is given");
        assert_eq!(whole.result(), expected);
        assert_eq!(whole.below() as usize, x.iter().filter(|&&x| x < -0.25).count());
        assert_eq!(whole.above() as usize, x.iter().filter(|&&x| x > 0.25).count());
        assert_eq!((whole.nan(), whole.count()), (1, x.len() as u64));
    }
}

const QS: [f64; 7] = [0.0, 0.001, 0.25, 0.5, 0.9, 0.999, 1.0];

#[test]
fn quantiles_up_to_the_limit_have_the_bits_of_the_whole_by_every_method() {
    let x = wide(3, 4096);
    let mut whole = Quantiles::new(4096).expect("a limit");
    for piece in x.chunks(500).rev() {
        let mut part = Quantiles::new(4096).expect("a limit");
        part.push(piece).expect("doubles");
        whole.merge(&Quantiles::from_bytes(&part.to_bytes()).expect("its own bytes")).expect("one limit");
    }
    assert!(whole.is_exact());
    for name in ["linear", "hazen", "inverted_cdf", "nearest", "midpoint"] {
        let method = Method::from_name(name).expect("a method");
        let options = fold::Options::default().method(method).quantiles(&QS);
        let expected = fold::quantile(&x, &options).expect("it has a value");
        assert_eq!(
            doubles(&whole.result(&Q::Many(QS.to_vec()), method).expect("a value")),
            doubles(&expected)
        );
    }
}

/// Returns how far from q the ranks of a value are, as a share: 0 between those of its first and last copy.
fn distance(sorted: &[f64], q: f64, value: f64) -> f64 {
    let n = sorted.len() as f64;
    let (low, high) = (
        sorted.partition_point(|&x| x < value) as f64 / n,
        sorted.partition_point(|&x| x <= value) as f64 / n,
    );
    if q < low { low - q } else { (q - high).max(0.0) }
}

#[test]
fn a_sketch_keeps_its_bound_its_size_and_its_ends() {
    let shapes: [(&str, Vec<f64>); 4] = [
        ("random", even(4, 300_000)),
        ("rising", (0..300_000).map(f64::from).collect()),
        ("zigzag", (0..300_000).map(|i| f64::from(if i % 2 == 0 { i } else { 300_000 - i })).collect()),
        ("few values", (0..300_000).map(|i| f64::from((i % 17) * (i % 17) % 17)).collect()),
    ];
    for (name, x) in shapes {
        let mut state = Quantiles::new(4096).expect("a limit");
        state.push(&x).expect("doubles");
        assert!(!state.is_exact() && state.count() == 300_000);
        assert!(state.to_bytes().len() < 8 * 4096 + 2000, "{name}: {} bytes", state.to_bytes().len());
        let bound = state.rank_error();
        assert!(bound > 0.0 && bound < 0.01, "{name}: {bound}");
        let mut sorted = x.clone();
        sorted.sort_by(f64::total_cmp);
        let qs: Vec<f64> = (0..=200).map(|i| f64::from(i) / 200.0).collect();
        let Output::Array(Array::F64(got)) =
            state.result(&Q::Many(qs.clone()), Method::Linear).expect("values")
        else {
            panic!("a list of quantiles is an array")
        };
        // The bound holds for each q with 99 %: of 201 no more than a few may miss it, and none by much.
        let far: Vec<f64> = qs.iter().zip(&got).map(|(&q, &x)| distance(&sorted, q, x)).collect();
        let missed = far.iter().filter(|&&far| far > bound).count();
        assert!(missed <= 6 && far.iter().all(|&far| far <= 2.0 * bound), "{name}: {missed} beyond {bound}");
        assert_eq!((got[0], got[200]), (sorted[0], sorted[299_999]), "{name}");
    }
}

#[test]
fn a_sketch_does_not_depend_on_pushes_nor_on_which_side_is_merged() {
    let x = even(5, 50_000);
    let mut whole = Quantiles::new(4096).expect("a limit");
    whole.push(&x).expect("doubles");
    let mut pieces = Quantiles::new(4096).expect("a limit");
    x.chunks(77).for_each(|piece| pieces.push(piece).expect("doubles"));
    assert_eq!(whole.to_bytes(), pieces.to_bytes());
    let mut other = Quantiles::new(4096).expect("a limit");
    other.push(&even(6, 20_000)).expect("doubles");
    let (mut left, mut right) = (whole.clone(), other.clone());
    left.merge(&other).expect("one limit");
    right.merge(&whole).expect("one limit");
    assert_eq!(left.to_bytes(), right.to_bytes());
    assert_eq!(left.count(), 70_000);
    // What is read back goes on as if it had never been written.
    let mut again = Quantiles::from_bytes(&left.to_bytes()).expect("its own bytes");
    left.push(&x[..9000]).expect("doubles");
    again.push(&x[..9000]).expect("doubles");
    assert_eq!(left.to_bytes(), again.to_bytes());
}

#[test]
fn many_merged_sketches_keep_the_bound() {
    let mut all = Vec::new();
    let mut states: Vec<Quantiles> = (0..64)
        .map(|seed| {
            let x = even(100 + seed, 10_000);
            let mut state = Quantiles::new(4096).expect("a limit");
            state.push(&x).expect("doubles");
            all.extend(x);
            state
        })
        .collect();
    while states.len() > 1 {
        let half = states.split_off(states.len() / 2);
        states.iter_mut().zip(&half).for_each(|(a, b)| a.merge(b).expect("one limit"));
    }
    all.sort_by(f64::total_cmp);
    let bound = states[0].rank_error();
    assert!(bound < 0.01, "{bound}");
    for i in 1..100 {
        let q = f64::from(i) / 100.0;
        let got = states[0].result(&Q::One(q), Method::Linear).expect("a value").to_f64().expect("a number");
        assert!(distance(&all, q, got) <= 1.5 * bound, "{q}: {got}");
    }
}

#[test]
fn nan_and_nothing_are_as_in_the_function() {
    let mut state = Quantiles::new(4096).expect("a limit");
    assert_eq!(state.result(&Q::One(0.5), Method::Linear).expect_err("nothing").code(), "empty");
    state.push(&[1.0, f64::NAN]).expect("doubles");
    assert!(
        state.result(&Q::One(0.5), Method::Linear).expect("a value").to_f64().expect("a number").is_nan()
    );
    assert_eq!(state.count(), 2);
    assert_eq!(Cov::new(1).expect("one").result(1.0).expect_err("nothing").code(), "empty");
}

#[test]
fn bad_input_is_an_error_with_a_code() {
    let code = |error: Error| error.code();
    let table = Array2::<f64>::zeros((3, 4));
    assert_eq!(code(Cov::new(0).unwrap_err()), "bad_parameter");
    assert_eq!(code(Cov::new(4).unwrap().push(&table).unwrap_err()), "shape_mismatch");
    assert_eq!(code(Cov::new(4).unwrap().merge(&Cov::new(3).unwrap()).unwrap_err()), "bad_parameter");
    let mut one = Cov::new(1).unwrap();
    one.push(&[1.0]).unwrap();
    for ddof in [1.0, f64::NAN, f64::NEG_INFINITY] {
        assert_eq!(code(one.result(ddof).unwrap_err()), "bad_parameter");
    }
    for (low, high) in [(1.0, 1.0), (2.0, 1.0), (f64::NAN, 1.0), (0.0, f64::INFINITY), (f64::MIN, f64::MAX)] {
        assert_eq!(code(Histogram::equal(3, low, high).unwrap_err()), "bad_parameter", "{low}..{high}");
    }
    assert_eq!(code(Histogram::equal(0, 0.0, 1.0).unwrap_err()), "bad_parameter");
    assert_eq!(code(Histogram::with_edges(&[1.0, 0.0]).unwrap_err()), "bad_parameter");
    let mut a = Histogram::equal(2, 0.0, 1.0).unwrap();
    assert_eq!(code(a.merge(&Histogram::equal(2, 0.0, 2.0).unwrap()).unwrap_err()), "bad_parameter");
    for limit in [0, 4095, usize::MAX] {
        assert_eq!(code(Quantiles::new(limit).unwrap_err()), "bad_parameter");
    }
    let mut q = Quantiles::new(4096).unwrap();
    assert_eq!(code(q.merge(&Quantiles::new(5000).unwrap()).unwrap_err()), "bad_parameter");
    q.push(&even(1, 9000)).unwrap();
    for wrong in [-0.1, 1.1, f64::NAN] {
        assert_eq!(code(q.result(&Q::One(wrong), Method::Linear).unwrap_err()), "bad_parameter");
    }
}

#[test]
fn damaged_bytes_are_refused_or_give_a_state_that_works() {
    let mut cov = Cov::new(2).unwrap();
    cov.push(&Array2::from_shape_vec((2, 3), wide(7, 6)).unwrap()).unwrap();
    let mut histogram = Histogram::equal(3, 0.0, 1.0).unwrap();
    histogram.push(&even(8, 100)).unwrap();
    let mut quantiles = Quantiles::new(4096).unwrap();
    quantiles.push(&even(9, 5000)).unwrap();
    let all = [cov.to_bytes(), histogram.to_bytes(), quantiles.to_bytes()];
    let read = |kind: usize, bytes: &[u8]| -> Result<(), Error> {
        match kind {
            0 => {
                let mut state = Cov::from_bytes(bytes)?;
                state.push(Array2::from_elem((state.variables(), 1), 1.0).view())?;
                state.result(0.0).map(drop)
            }
            1 => {
                let mut state = Histogram::from_bytes(bytes)?;
                state.push(&[0.5])?;
                state.merge(&state.clone())
            }
            _ => {
                let mut state = Quantiles::from_bytes(bytes)?;
                state.push(&even(10, 3000))?;
                state.merge(&state.clone())?;
                state.result(&Q::One(0.5), Method::Linear).map(drop)
            }
        }
    };
    let mut lcg = Lcg(11);
    for (kind, bytes) in all.iter().enumerate() {
        for len in (0..bytes.len()).step_by(bytes.len() / 60 + 1) {
            assert_eq!(read(kind, &bytes[..len]).expect_err("cut off").code(), "corrupt");
        }
        for _ in 0..300 {
            let mut bytes = bytes.clone();
            let head = if lcg.next() >> 63 == 0 { bytes.len().min(90) } else { bytes.len() };
            let place = (lcg.next() >> 33) as usize % head;
            bytes[place] ^= 1 << (lcg.next() >> 61);
            if let Err(error) = read(kind, &bytes) {
                assert!(
                    ["corrupt", "bad_parameter", "empty", "unsupported_version"].contains(&error.code()),
                    "{error}"
                );
            }
        }
    }
    let stacked = ndarray::stack(Axis(0), &[ndarray::array![1.0].view()]).unwrap();
    assert_eq!(code_of_push(&stacked), "shape_mismatch");
}

fn code_of_push(table: &Array2<f64>) -> &'static str {
    Cov::new(2).unwrap().push(table).unwrap_err().code()
}

#[test]
fn more_elements_than_can_be_counted_are_refused() {
    let mut sum = Partial::new(Reduction::Mean, Dtype::F64, &Options::default()).expect("of floats");
    let mut range = MinMax::new(Dtype::F64).expect("of floats");
    sum.push(&[1.5, 2.5]).expect("two doubles");
    range.push(&[1.5, 2.5]).expect("two doubles");
    for _ in 0..61 {
        sum.merge(&sum.clone()).expect("fewer than 2^63");
        range.merge(&range.clone()).expect("fewer than 2^63");
    }
    assert_eq!(sum.merge(&sum.clone()).unwrap_err().code(), "bad_parameter");
    assert_eq!(range.merge(&range.clone()).unwrap_err().code(), "bad_parameter");
    assert_eq!((sum.count(), sum.result().expect("a mean").to_f64()), (1 << 62, Some(2.0)));
}

#[test]
fn edges_that_are_large_integers_are_kept_as_bytes() {
    let edges: Vec<i64> = (0..4).map(|i| (1 << 60) + i).collect();
    let mut state = Histogram::with_edges(&edges).expect("three bins");
    state.push(&[edges[0] - 1, edges[1], edges[2], edges[2], edges[3] + 1]).expect("integers");
    let read = Histogram::from_bytes(&state.to_bytes()).expect("what was written");
    assert_eq!((read.counts(), read.below(), read.above()), (&[0, 1, 2][..], 1, 1));
    assert_eq!(read.to_bytes(), state.to_bytes());
    let rounded = Histogram::with_edges(&[(1u64 << 60) as f64; 4]).expect("three bins");
    assert_eq!(state.merge(&rounded).unwrap_err().code(), "bad_parameter");
}

#[test]
fn a_percentile_without_q_is_the_median() {
    let mut state = Partial::new(Reduction::Percentile, Dtype::F64, &Options::default()).expect("of floats");
    state.push(&[1.0, 2.0, 4.0]).expect("three doubles");
    assert_eq!(state.result().expect("a number").to_f64(), Some(2.0));
}
