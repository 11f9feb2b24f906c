//! Do the reductions give the same bits for every layout, split and order, and NumPy's answers?

use ndarray::{Array2, Array3, ArrayD, Axis, ShapeBuilder, s};
use nearfold::ErrorKind;
use nearfold::fold::{
    self, Array, Bins, Boolean, Dtype, Histogram, Method, NormOrder, Options, Output, Partial, Reduction,
    Rule, Scalar, Scan, Values,
};
use serde_json::Value;

use crate::lcg::Lcg;

fn plain() -> Options<'static> {
    Options::default()
}

/// Numbers over a wide range of exponents, so that the order of additions would show.
fn wide(seed: u64, len: usize) -> Vec<f64> {
    let mut lcg = Lcg(seed);
    let mut next = || lcg.next() >> 12;
    let mut number = || {
        let (fraction, exponent, sign) = (next(), 1003 + next() % 40, next() & 1);
        f64::from_bits(sign << 63 | exponent << 52 | fraction)
    };
    (0..len).map(|_| number()).collect()
}

/// Reductions whose result does not depend on the order of the elements.
fn unordered() -> impl Iterator<Item = Reduction> {
    Reduction::ALL.iter().copied().filter(|reduction| {
        !matches!(
            reduction,
            Reduction::Prod
                | Reduction::Nanprod
                | Reduction::Argmin
                | Reduction::Argmax
                | Reduction::Nanargmin
                | Reduction::Nanargmax
        )
    })
}

/// The bits of a result; NaN is one value.
fn bits(output: &Output) -> Vec<u64> {
    let canonical = |x: f64| if x.is_nan() { f64::NAN.to_bits() } else { x.to_bits() };
    match output {
        Output::Scalar(Scalar::I64(x)) => vec![*x as u64],
        Output::Scalar(Scalar::U64(x)) => vec![*x],
        Output::Scalar(Scalar::Bool(x)) => vec![u64::from(x.get())],
        Output::Scalar(scalar) => vec![canonical(scalar.to_f64().expect("a real number"))],
        Output::Array(Array::F64(array)) => array.iter().map(|&x| canonical(x)).collect(),
        Output::Array(Array::F32(array)) => array.iter().map(|&x| canonical(f64::from(x))).collect(),
        Output::Array(Array::I64(array)) => array.iter().map(|&x| x as u64).collect(),
        Output::Array(Array::U64(array)) => array.iter().copied().collect(),
        Output::Array(Array::Bool(array)) => array.iter().map(|x| u64::from(x.get())).collect(),
        other => panic!("no test has this type: {other:?}"),
    }
}

#[test]
fn every_layout_gives_the_same_bits_along_every_axis() {
    let shape = (7, 65, 9);
    let c_order = Array3::from_shape_vec(shape, wide(1, 7 * 65 * 9)).expect("the length fits");
    let mut f_order = Array3::zeros(shape.f());
    f_order.assign(&c_order);
    let mut spread = Array3::zeros((14, 130, 27));
    spread.slice_mut(s![..;2, ..;2, ..;3]).assign(&c_order);
    let mut backwards = Array3::zeros(shape);
    backwards.slice_mut(s![..;-1, ..;-1, ..;-1]).assign(&c_order);
    let views =
        [f_order.view(), spread.slice(s![..;2, ..;2, ..;3]), backwards.slice(s![..;-1, ..;-1, ..;-1])];
    for &reduction in Reduction::ALL {
        for axes in [&[0, 1, 2][..], &[0], &[1], &[2], &[0, 2], &[-1, 0], &[]] {
            let options = plain().axes(axes);
            let expected = fold::reduce(reduction, &c_order, &options).expect("it has a value");
            for view in &views {
                let got = fold::reduce(reduction, view.view(), &options).expect("it has a value");
                assert_eq!(bits(&got), bits(&expected), "{} along {axes:?}", reduction.name());
            }
        }
    }
}

#[test]
fn an_axis_of_a_matrix_gives_what_its_lanes_give_alone() {
    for (rows, columns) in [(1, 1), (3, 200), (200, 3), (5000, 8), (8, 5000), (70, 70)] {
        let matrix =
            Array2::from_shape_vec((rows, columns), wide(2, rows * columns)).expect("the length fits");
        for &reduction in Reduction::ALL {
            for axis in [0, 1] {
                let options = plain().axis(axis);
                let got = bits(&fold::reduce(reduction, &matrix, &options).expect("it has a value"));
                let lanes = matrix.lanes(Axis(axis as usize));
                let alone = lanes.into_iter().map(|lane| {
                    bits(&fold::reduce(reduction, &lane.to_vec(), &plain()).expect("it has a value"))
                });
                let alone: Vec<Vec<u64>> = alone.collect();
                let width = alone[0].len();
                let joined: Vec<u64> =
                    (0..width).flat_map(|i| alone.iter().map(move |lane| lane[i])).collect();
                assert_eq!(got, joined, "{} of ({rows}, {columns}) along {axis}", reduction.name());
            }
        }
    }
}

#[test]
fn columns_and_short_rows_give_what_their_lanes_give_alone() {
    // Sums in the middle between floats, that cancel, that lose bits; zeros of both signs, NaN, infinities.
    let mut lcg = Lcg(11);
    let mut next = |n: u64| (lcg.next() >> 33) % n;
    let special = [0.0, -0.0, f64::NAN, f64::INFINITY, f64::NEG_INFINITY, 5e-324, f64::MAX];
    let ties = |n: u64| (1u64 << 52) as f64 + n as f64;
    for (rows, len) in [(8, 8), (11, 3), (40, 31), (9, 33), (300, 9), (17, 300), (600, 70), (10, 1000)] {
        let tables: [Vec<f64>; 4] = [
            wide(rows as u64, rows * len),
            (0..rows * len).map(|_| next(16) as f64 / 8.0 - 1.0).collect(),
            (0..rows * len).map(|_| ties(next(16)) * [1.0, 1e-16, -1.0][next(3) as usize]).collect(),
            (0..rows * len).map(|_| if next(40) == 0 { special[next(7) as usize] } else { 1.5 }).collect(),
        ];
        for table in tables {
            let table = Array2::from_shape_vec((rows, len), table).unwrap();
            let single = table.mapv(|x| x as f32);
            let (signed, unsigned) = (table.mapv(|x| x as i64), table.mapv(|x| x as u64));
            for &reduction in
                Reduction::ALL.iter().filter(|&&r| r.name() != "nanargmin" && r.name() != "nanargmax")
            {
                for axis in [0, 1] {
                    let options = plain().axis(axis);
                    macro_rules! check {
                        ($($table:ident)*) => {$({
                            let together = fold::reduce(reduction, $table.view(), &options).unwrap();
                            let mut alone: Vec<Vec<u64>> = Vec::new();
                            for lane in $table.lanes(Axis(axis as usize)) {
                                let lane = lane.to_vec();
                                alone.push(bits(&fold::reduce(reduction, &lane, &plain()).unwrap()));
                            }
                            let width = alone[0].len();
                            let alone: Vec<u64> =
                                (0..width).flat_map(|i| alone.iter().map(move |lane| lane[i])).collect();
                            let what = format!("{} axis {axis} of {rows}x{len}", reduction.name());
                            assert_eq!(bits(&together), alone, "{what} {}", stringify!($table));
                        })*};
                    }
                    check!(table single signed unsigned);
                }
            }
        }
    }
}

#[test]
fn any_split_and_any_order_of_merging_gives_the_same_bits() {
    let mut x = wide(3, 5000);
    x[17] = -0.0;
    for nan in [false, true] {
        if nan {
            x[4321] = f64::NAN;
        }
        for reduction in unordered() {
            let expected = bits(&fold::reduce(reduction, &x, &plain()).expect("it has a value"));
            let empty = Partial::new(reduction, Dtype::F64, &plain()).expect("it is of doubles");
            let mut parts: Vec<Partial> = x
                .chunks(701)
                .map(|chunk| {
                    let mut part = empty.clone();
                    chunk.chunks(97).for_each(|piece| part.push(piece).expect("it is of doubles"));
                    Partial::from_bytes(&part.to_bytes()).expect("the bytes are its own")
                })
                .collect();
            parts.reverse();
            parts.swap(1, 5);
            let mut whole = empty.clone();
            parts.iter().for_each(|part| whole.merge(part).expect("they are of one kind"));
            assert_eq!(bits(&whole.result().expect("it has a value")), expected, "{}", reduction.name());
            assert_eq!(whole.count(), 5000);
        }
    }
}

#[test]
fn positions_are_merged_in_the_order_of_the_stream() {
    let x = [3.0, -0.0, 0.0, 9.0, 9.0, -0.0, 1.0];
    for (reduction, expected) in [(Reduction::Argmin, 1.0), (Reduction::Argmax, 3.0)] {
        let part = |piece: &[f64]| {
            let mut part = Partial::new(reduction, Dtype::F64, &plain()).expect("it is of doubles");
            part.push(piece).expect("it is of doubles");
            part
        };
        let mut whole = part(&x[..2]);
        whole.merge(&part(&x[2..4])).expect("they are of one kind");
        whole.merge(&part(&x[4..])).expect("they are of one kind");
        assert_eq!(whole.result().expect("it has a value").to_f64(), Some(expected));
    }
}

#[test]
fn damaged_bytes_of_a_state_are_refused_or_read_but_never_a_crash() {
    for &reduction in Reduction::ALL {
        let mut part = Partial::new(reduction, Dtype::F64, &plain()).expect("it is of doubles");
        part.push(&[1.5, -2.0, 1e300]).expect("it is of doubles");
        let bytes = part.to_bytes();
        for len in 0..bytes.len() {
            assert!(Partial::from_bytes(&bytes[..len]).is_err(), "{} cut at {len}", reduction.name());
        }
        for place in 0..bytes.len() {
            for flip in [1, 0x80, 0xff] {
                let mut bytes = bytes.clone();
                bytes[place] ^= flip;
                if let Ok(part) = Partial::from_bytes(&bytes) {
                    let _ = part.result();
                }
            }
        }
    }
}

#[test]
fn a_mask_leaves_what_a_selection_would() {
    let x = wide(4, 400);
    let matrix = Array2::from_shape_vec((20, 20), x.clone()).expect("the length fits");
    let mut lcg = Lcg(5);
    let chosen: Vec<bool> = (0..400).map(|_| lcg.next() >> 63 == 1).collect();
    let mask: Vec<Boolean> = chosen.iter().map(|&chosen| Boolean::from(chosen)).collect();
    let mask = ArrayD::from_shape_vec(vec![20, 20], mask).expect("the length fits");
    let selection: Vec<f64> = x.iter().zip(&chosen).filter(|(_, chosen)| **chosen).map(|(x, _)| *x).collect();
    for reduction in unordered() {
        let got =
            fold::reduce(reduction, &matrix, &Options::default().mask(mask.view())).expect("it has a value");
        let expected = fold::reduce(reduction, &selection, &plain()).expect("it has a value");
        assert_eq!(bits(&got), bits(&expected), "{}", reduction.name());
    }
}

#[test]
fn nan_functions_leave_out_nan_and_nothing_else() {
    let mut x = wide(6, 3000);
    let numbers = x.clone();
    for place in [0, 1, 700, 2999, 1500] {
        x.insert(place, f64::NAN);
    }
    let twin = |reduction: Reduction| Reduction::from_name(&format!("nan{}", reduction.name()));
    for reduction in unordered() {
        let Ok(twin) = twin(reduction) else { continue };
        let got = fold::reduce(twin, &x, &plain()).expect("it has a value");
        let expected = fold::reduce(reduction, &numbers, &plain()).expect("it has a value");
        assert_eq!(bits(&got), bits(&expected), "{}", twin.name());
    }
}

#[test]
fn what_the_shape_makes_meaningless_is_an_error_and_what_data_makes_is_a_value() {
    let nothing: [f64; 0] = [];
    let nan = [f64::NAN; 3];
    assert!(matches!(fold::mean(&nothing, &plain()).unwrap_err().kind(), ErrorKind::Empty { op: "mean" }));
    assert!(matches!(
        fold::median(&nothing, &plain()).unwrap_err().kind(),
        ErrorKind::Empty { op: "median" }
    ));
    assert!(matches!(
        fold::var(&[1.0], &plain().ddof(1.0)).unwrap_err().kind(),
        ErrorKind::BadParameter { name: "ddof", .. }
    ));
    assert!(matches!(
        fold::nanargmax(&nan, &plain()).unwrap_err().kind(),
        ErrorKind::AllNan { op: "nanargmax" }
    ));
    assert!(fold::nanmean(&nan, &plain()).expect("data, not shape").to_f64().is_some_and(f64::is_nan));
    assert!(fold::nanmedian(&nan, &plain()).expect("data, not shape").to_f64().is_some_and(f64::is_nan));
    let empty_result = fold::max(&Array2::<f64>::zeros((0, 3)), &plain().axis(1)).expect("it has no element");
    assert!(matches!(empty_result, Output::Array(array) if array.shape() == [0]));
}

#[test]
fn cov_of_a_row_with_itself_is_its_variance_and_the_correlation_is_1() {
    let rows = Array2::from_shape_vec((3, 100), wide(8, 300)).expect("the length fits");
    let cov = bits(&fold::cov(&rows, None, 1.0).expect("it has a value"));
    let var = bits(&fold::var(&rows, &plain().axis(1).ddof(1.0)).expect("it has a value"));
    assert_eq!([cov[0], cov[4], cov[8]], var[..]);
    let correlation = bits(&fold::corrcoef(&rows, None).expect("it has a value"));
    assert_eq!([correlation[0], correlation[4], correlation[8]], [1.0f64.to_bits(); 3]);
}

#[test]
fn integers_above_2_to_53_are_not_rounded_before_they_are_multiplied() {
    let x = [i64::MAX, -1];
    let w = [1.0, i64::MAX as f64];
    assert_eq!(fold::dot(&x, &w, &plain()).expect("lengths agree").to_f64(), Some(-1.0));
}

/// Reads hexadecimal bits.
fn doubles(list: &Value) -> Vec<f64> {
    let bits = |text: &Value| u64::from_str_radix(text.as_str().expect("bits"), 16).expect("hexadecimal");
    list.as_array().expect("a list").iter().map(|text| f64::from_bits(bits(text))).collect()
}

/// What NumPy and SciPy return, written by `fold_numpy.py`.
fn numpy() -> Value {
    serde_json::from_str(include_str!("fold_numpy.json")).expect("it is JSON")
}

fn counts(list: &Value) -> Vec<u64> {
    list.as_array().expect("a list").iter().map(|count| count.as_u64().expect("a count")).collect()
}

#[test]
fn histograms_have_the_counts_and_the_edges_of_numpy() {
    for data in numpy()["histograms"].as_array().expect("a list") {
        let x = doubles(&data["x"]);
        let singles: Vec<f32> = x.iter().map(|&x| x as f32).collect();
        let integers: Vec<i64> = x.iter().map(|&x| x as i64).collect();
        let values = match data["dtype"].as_str() {
            Some("float64") => Values::from(&x),
            Some("float32") => Values::from(&singles),
            _ => Values::from(&integers),
        };
        for case in data["cases"].as_array().expect("a list") {
            let edges = case["bins"].as_array().map(|_| doubles(&case["bins"])).unwrap_or_default();
            let mut options = Histogram::default();
            options.bins = match &case["bins"] {
                Value::String(rule) => Bins::Rule(Rule::from_name(rule).expect("it is NumPy's")),
                Value::Array(_) => Bins::Edges((&edges).into()),
                count => Bins::Count(count.as_u64().expect("a count") as usize),
            };
            options.range =
                case["range"].as_array().map(|_| doubles(&case["range"])).map(|range| (range[0], range[1]));
            let name = format!("{} of {} {} {:?}", case["bins"], x.len(), data["dtype"], options.range);
            let (found, edges) = fold::histogram(values.view(), &options).expect("it has bins");
            let expected_edges: Vec<u64> = doubles(&case["edges"]).iter().map(|x| x.to_bits()).collect();
            assert_eq!(bits(&edges), expected_edges, "edges of {name}");
            assert_eq!(bits(&found), counts(&case["counts"]), "counts of {name}");
            options.density = true;
            let density = as_doubles(&fold::histogram(values.view(), &options).expect("it has bins").0);
            assert_close(&density, &doubles(&case["density"]), 2, &name);
        }
    }
}

fn as_doubles(output: &Output) -> Vec<f64> {
    bits(output).into_iter().map(f64::from_bits).collect()
}

/// Compares within so many units in the last place; NaN is equal to NaN.
fn assert_close(got: &[f64], expected: &[f64], max_ulp: u64, what: &str) {
    assert_eq!(got.len(), expected.len(), "{what}");
    for (got, expected) in got.iter().zip(expected) {
        let near = got == expected
            || (got.is_nan() && expected.is_nan())
            || got.to_bits().abs_diff(expected.to_bits()) <= max_ulp;
        assert!(near, "{what}: {got:e} is not {expected:e}");
    }
}

#[test]
fn running_sums_are_within_an_ulp_of_the_exact_ones_and_the_others_have_the_bits_of_numpy() {
    for case in numpy()["scans"].as_array().expect("a list") {
        let x = doubles(&case["x"]);
        for &scan in Scan::ALL {
            let got = as_doubles(&fold::scan(scan, &x, &plain()).expect("it has values"));
            let max_ulp = u64::from(scan == Scan::Cumsum);
            // NumPy leaves open which zero is smaller; here it is -0.
            let expected = doubles(&case[scan.name()]);
            assert_close(&got, &expected, max_ulp, scan.name());
        }
    }
}

#[test]
fn running_sums_of_many_blocks_are_those_of_each_beginning() {
    let mut x = wide(5, 700);
    let beginning = |x: &[f64], i: usize| fold::sum(&x[..=i], &plain()).unwrap().to_f64().unwrap();
    let running = |x: &[f64]| as_doubles(&fold::cumsum(x, &plain()).unwrap());
    let exact: Vec<f64> = (0..x.len()).map(|i| beginning(&x, i)).collect();
    assert_close(&running(&x), &exact, 1, "wide numbers");
    // A stretch that overflows where the whole does not, and one that brings it back.
    x[200..208].fill(-1.7e307);
    x[210..228].fill(1.7e307);
    x[240..250].fill(-1.7e307);
    let exact: Vec<f64> = (0..x.len()).map(|i| beginning(&x, i)).collect();
    // They cancel: what is documented is all that is left of the small ones.
    let close =
        |(got, exact): (&f64, &f64)| (got - exact).abs() <= 490_000.0 * 2f64.powi(-106) * f64::MAX * 4.0;
    assert!(running(&x).iter().zip(&exact).all(close));
    x[300] = f64::INFINITY;
    assert!(running(&x)[300..].iter().all(|&sum| sum == f64::INFINITY));
    x[650] = f64::NEG_INFINITY;
    let sums = running(&x);
    assert!(sums[..300].iter().all(|sum| sum.is_finite()));
    assert!(sums[300..650].iter().all(|&sum| sum == f64::INFINITY));
    assert!(sums[650..].iter().all(|sum| sum.is_nan()));
}

#[test]
fn a_scan_of_floats_is_that_of_doubles_rounded_with_the_sign_of_zero() {
    let mut x: Vec<f32> = wide(47, 3000).iter().map(|&x| x as f32).collect();
    x.splice(..3, [-0.0, f32::from_bits(1), -1e-40]);
    x.extend([f32::MAX, f32::MAX, f32::NAN, 1.0]);
    let wide: Vec<f64> = x.iter().map(|&x| f64::from(x)).collect();
    for &scan in Scan::ALL {
        let rounded: Vec<u64> = as_doubles(&fold::scan(scan, &wide, &plain()).expect("it has values"))
            .iter()
            .map(|&x| if x.is_nan() { f64::NAN.to_bits() } else { f64::from(x as f32).to_bits() })
            .collect();
        let got = bits(&fold::scan(scan, &x, &plain()).expect("it has values"));
        assert_eq!(got, rounded, "{}", scan.name());
    }
    let zeros = fold::cummin(&[0.0f32, -0.0], &plain()).expect("it has values");
    assert_eq!(bits(&zeros), [0, (-0.0f64).to_bits()], "−0 is below +0");
    let halves = fold::cumprod(&[1.0, -0.0], &plain().dtype(Dtype::F16)).expect("it has values");
    let Output::Array(Array::F16(halves)) = halves else { panic!("f16 was asked for: {halves:?}") };
    assert_eq!(halves.iter().map(|x| x.to_bits()).collect::<Vec<_>>(), [0x3c00, 0x8000]);
}

#[test]
fn a_scan_along_an_axis_is_the_scan_of_each_lane() {
    let cube = Array3::from_shape_vec((4, 5, 6), wide(9, 120)).expect("the length fits");
    for &scan in Scan::ALL {
        for axis in 0..3 {
            let got = fold::scan(scan, &cube, &plain().axis(axis as isize - 3)).expect("it has values");
            let Output::Array(Array::F64(got)) = got else { panic!("it is an array of doubles") };
            assert_eq!(got.shape(), cube.shape());
            for (got, lane) in got.lanes(Axis(axis)).into_iter().zip(cube.lanes(Axis(axis))) {
                let alone = fold::scan(scan, &lane.to_vec(), &plain()).expect("it has values");
                assert_eq!(got.iter().map(|x| x.to_bits()).collect::<Vec<_>>(), bits(&alone));
            }
        }
    }
}

#[test]
fn integers_beyond_doubles_are_binned_as_integers() {
    let time: Vec<i64> = [0, 100, 200, 300].iter().map(|nanos| 1_700_000_000_000_000_000 + nanos).collect();
    let (bin, edges) = (fold::digitize(&time, &time, false).expect("they rise"), Bins::Edges((&time).into()));
    assert_eq!(bits(&bin), [1, 2, 3, 4]);
    let mut options = Histogram::default();
    options.bins = edges.view();
    assert_eq!(bits(&fold::histogram(&time, &options).expect("three bins").0), [1, 1, 2]);
    // An edge between two integers, and integers of which a double holds neither.
    let (most, two) = ([u64::MAX, u64::MAX - 1], [(u64::MAX - 1) as f64, u64::MAX as f64]);
    assert_eq!(bits(&fold::digitize(&most, &two, false).expect("they rise")), [0, 0]);
    assert_eq!(bits(&fold::digitize(&most, &[u64::MAX - 1, u64::MAX], true).expect("they rise")), [1, 0]);
    assert_eq!(
        bits(&fold::digitize(&[1i64 << 53, (1 << 53) + 1], &[9007199254740992.0], true).expect("one edge")),
        [0, 1]
    );
}

#[test]
fn an_infinity_times_an_integer_is_one() {
    for (integer, expected) in
        [(-1, f64::NEG_INFINITY), (i64::MIN + 1, f64::NEG_INFINITY), (i64::MAX, f64::INFINITY)]
    {
        let dot = fold::dot(&[f64::INFINITY, 1.0], &[integer, 7], &Options::default()).expect("two of each");
        assert_eq!(dot.to_f64(), Some(expected));
    }
}

#[test]
fn of_equal_errors_stone_takes_the_fewest_bins() {
    let mut options = Histogram::default();
    options.bins = Bins::Rule(Rule::Stone);
    let (counts, _) = fold::histogram(&[0.0, 1.0, 10.0], &options).expect("a finite range");
    assert_eq!(bits(&counts), [3], "one bin has the error of nine");
}

#[test]
fn weights_have_the_shape_of_the_values_or_of_the_axes() {
    let x = ndarray::Array3::from_shape_fn((2, 3, 4), |(i, j, k)| (i * 12 + j * 4 + k) as f64);
    let weights = ndarray::Array2::from_shape_fn((4, 2), |(k, i)| (1 + k + 4 * i) as f64);
    let whole = ndarray::Array3::from_shape_fn((2, 3, 4), |(i, _, k)| weights[[k, i]]);
    let mut options = Options::default();
    options.axis = fold::Axes::Many(vec![-1, 0]);
    let average =
        |weights: Values<'_>, options: &Options<'_>| fold::average(&x, Some(weights.view()), options);
    assert_eq!(average((&weights).into(), &options), average((&whole).into(), &options));
    let code = |weights: &[f64], options: &Options<'_>| {
        average(weights.into(), options).unwrap_err().code().to_owned()
    };
    assert_eq!(code(&[5.0], &options), "shape_mismatch");
    assert_eq!(code(&[1.0; 4], &Options::default()), "shape_mismatch");
    assert_eq!(code(&[1.0; 3], &Options::default().axis(0)), "shape_mismatch");
}

#[test]
fn digitize_and_bincount_agree_with_numpy() {
    let case = &numpy()["digitized"];
    let (x, rising) = (doubles(&case["x"]), doubles(&case["bins"]));
    let falling: Vec<f64> = rising.iter().rev().copied().collect();
    for (name, bins, right) in [
        ("rising", &rising, false),
        ("rising_right", &rising, true),
        ("falling", &falling, false),
        ("falling_right", &falling, true),
    ] {
        assert_eq!(
            bits(&fold::digitize(&x, bins, right).expect("bins rise or fall")),
            counts(&case[name]),
            "{name}"
        );
    }
    let codes = [3u8, 0, 3, 1];
    let counted = fold::bincount(&codes, None, 6).expect("codes are not negative");
    assert_eq!(bits(&counted), [1, 1, 0, 2, 0, 0]);
    let weights = [1e16, 0.5, -1e16, 0.25];
    let weighted = fold::bincount(&codes, Some(Values::from(&weights)), 0).expect("codes are not negative");
    assert_eq!(as_doubles(&weighted), [0.5, 0.25, 0.0, 0.0]);
    assert!(matches!(
        fold::bincount(&[-1i32], None, 0).unwrap_err().kind(),
        ErrorKind::BadParameter { name: "values", .. }
    ));
}

#[test]
fn statistics_of_two_columns_agree_with_numpy_and_scipy() {
    let case = &numpy()["statistics"];
    let [x, y, w] = ["x", "y", "w"].map(|name| doubles(&case[name]));
    let check = |name: &str, got: &[f64]| assert_close(got, &doubles(&case[name]), 64, name);
    let one = |output: fold::Output| output.to_f64().expect("a real number");
    check(
        "average",
        &[one(fold::average(&x, Some(Values::from(&w)), &plain()).expect("weights do not cancel"))],
    );
    check("cov", &as_doubles(&fold::cov(&x, Some(Values::from(&y)), 1.0).expect("there are enough")));
    check("corrcoef", &as_doubles(&fold::corrcoef(&x, Some(Values::from(&y))).expect("there are enough")));
    let sample = plain().bias(false);
    let skews =
        [fold::skew(&x, &plain()), fold::skew(&x, &sample)].map(|skew| one(skew.expect("there are enough")));
    check("skew", &skews);
    let pearson = plain().bias(false).fisher(false);
    let kurtoses = [fold::kurtosis(&x, &plain()), fold::kurtosis(&x, &pearson)]
        .map(|found| one(found.expect("there are enough")));
    check("kurtosis", &kurtoses);
    check("moments", &as_doubles(&fold::moments(&x, &plain()).expect("there are enough")));
    let norms = [NormOrder::One, NormOrder::Infinity, NormOrder::NegativeInfinity, NormOrder::Zero]
        .map(|ord| one(fold::norm(&x, &plain().ord(ord)).expect("there are enough")));
    check("norms", &norms);
    check("cosine", &[one(fold::cosine(&x, &y, &plain()).expect("lengths agree"))]);
}

#[test]
fn a_group_is_what_its_elements_are_alone() {
    let x = wide(10, 1000);
    let codes: Vec<i32> = (0..1000).map(|i| (i * i + i / 3) % 7 - 1).collect();
    for &reduction in Reduction::ALL {
        let got = bits(
            &fold::group(reduction, &x, &codes, None, &plain()).unwrap_or_else(|_| panic!("{reduction:?}")),
        );
        let groups = codes.iter().max().expect("there are codes") + 1;
        let alone: Vec<Vec<u64>> = (0..groups)
            .filter(|code| codes.contains(code))
            .map(|code| {
                let own: Vec<f64> =
                    x.iter().zip(&codes).filter(|(_, found)| **found == code).map(|(x, _)| *x).collect();
                bits(&fold::reduce(reduction, &own, &plain()).expect("it has a value"))
            })
            .collect();
        let width = alone[0].len();
        let joined: Vec<u64> = (0..width).flat_map(|i| alone.iter().map(move |group| group[i])).collect();
        if alone.len() == groups as usize {
            assert_eq!(got, joined, "{}", reduction.name());
        }
    }
}

#[test]
fn describe_gives_the_figures_that_the_functions_of_these_names_give() {
    let mut x = wide(11, 100);
    x.push(f64::NAN);
    let figures = fold::describe(&x, &plain()).expect("there are enough");
    let names: Vec<&str> = figures.iter().map(|(name, _)| *name).collect();
    assert_eq!(names, ["count", "mean", "std", "min", "25%", "50%", "75%", "max", "skew", "kurtosis"]);
    assert_eq!(figures[0].1, Output::Scalar(Scalar::I64(100)));
    assert_eq!(figures[5].1, fold::nanmedian(&x, &plain()).expect("there are enough"));
}

#[test]
fn describe_of_one_lane_has_the_bits_of_its_functions() {
    let twins: [(&str, Reduction); 9] = [
        ("mean", Reduction::Nanmean),
        ("std", Reduction::Nanstd),
        ("min", Reduction::Nanmin),
        ("25%", Reduction::Nanquantile),
        ("50%", Reduction::Nanmedian),
        ("75%", Reduction::Nanquantile),
        ("max", Reduction::Nanmax),
        ("skew", Reduction::Nanskew),
        ("kurtosis", Reduction::Nankurtosis),
    ];
    for (n, ddof) in [(3usize, 0.0), (9, 1.0), (1000, 0.0), (40_000, 1.0)] {
        let mut x: Vec<f64> = wide(7, n).iter().map(|x| x.rem_euclid(1e6) - 1e5).collect();
        for nan in [false, true] {
            if nan {
                x[n / 2] = f64::NAN;
            }
            let single: Vec<f32> = x.iter().map(|&x| x as f32).collect();
            let options = plain().ddof(ddof);
            for (values, single) in [(Values::from(&x), false), (Values::from(&single), true)] {
                let figures = fold::describe(values.clone(), &options).expect("there are enough");
                for (name, reduction) in twins {
                    let q = if name == "75%" { 0.75 } else { 0.25 };
                    let alone = fold::reduce(reduction, values.clone(), &options.clone().q(q))
                        .expect("it has a value");
                    let (_, got) =
                        figures.iter().find(|(figure, _)| *figure == name).expect("it is a figure");
                    assert_eq!(got, &alone, "{name} of {n}, single: {single}, NaN: {nan}");
                }
            }
        }
    }
    assert!(fold::describe(&[2.5; 9], &plain()).expect("it has values").iter().all(|(name, output)| {
        output.to_f64().is_some_and(|x| x.is_nan()) == matches!(*name, "skew" | "kurtosis")
    }));
}

/// The exact integers, by way of a state, which the sums in two doubles must agree with.
#[test]
fn skew_kurtosis_and_moments_of_one_piece_have_the_bits_of_many() {
    let mut lists = vec![wide(3, 500), wide(5, 2500)];
    lists.push((0..3000).map(|i| 1e9 + f64::from(i % 7) * 1e-3).collect());
    lists.push((0..2000).map(|i| f64::from(i) - 999.5).collect());
    lists.push((0..1999).map(|i| f64::from(i * i % 1009) * 1e-30).collect());
    lists.push((0..50).map(|i| f64::from(i * i % 31) * 1e70).collect());
    lists.push((0..50).map(|i| f64::from(i * i % 31) * 1e-160).collect());
    lists.push(vec![1.0, 1.0 + f64::EPSILON, 1.0 - f64::EPSILON, 1.0, 3.0]);
    for n in 1..40u32 {
        lists.push((0..n).map(|i| f64::from(i * 7919 % 101) / 7.0).collect());
    }
    for x in &lists {
        let single: Vec<f32> = x.iter().map(|&x| x as f32).collect();
        for reduction in [Reduction::Skew, Reduction::Kurtosis, Reduction::Moments] {
            for options in [plain(), plain().bias(false).fisher(false), plain().bias(false)] {
                for values in [Values::from(x), Values::from(&single)] {
                    let whole = fold::reduce(reduction, values.clone(), &options).expect("it has a value");
                    let mut parts =
                        fold::Partial::new(reduction, values.dtype(), &options).expect("it has a state");
                    parts.push(values.clone()).expect("it is of that type");
                    let parts = parts.result().expect("it has a value");
                    assert_eq!(bits(&whole), bits(&parts), "{} of {} numbers", reduction.name(), x.len());
                }
            }
        }
    }
}

#[test]
fn histograms_of_long_lists_count_as_their_edges_say() {
    let mut lists = vec![
        (0..5000).map(|i| f64::from(i % 101)).collect::<Vec<_>>(), // all on edges
        wide(17, 5000).iter().map(|x| x.rem_euclid(8.0) - 4.0).collect(),
        (0..5000).map(|i| 1.0 + f64::from(i * 37 % 1000) * f64::EPSILON).collect(),
        (0..5000).map(|i| f64::from(i * 7919 % 5003) * 1e-310).collect(),
        (0..5000).map(|i| 1e9 + f64::from(i * 7919 % 5003) / 9.0).collect(),
    ];
    let mut holes = lists[1].clone();
    holes[77] = f64::NAN;
    holes[3000] = f64::INFINITY;
    lists.push(holes);
    for x in &lists {
        let single: Vec<f32> = x.iter().map(|&x| x as f32).collect();
        let finite = x.iter().all(|x| x.is_finite());
        for bins in [1, 7, 100, 300] {
            for range in [None, Some((-2.0, 3.1)), Some((0.0, 100.0))] {
                if range.is_none() && !finite {
                    continue;
                }
                let mut options = fold::Histogram::default();
                (options.bins, options.range) = (fold::Bins::Count(bins), range);
                for values in [Values::from(x), Values::from(&single)] {
                    // Data that are too near one another for so many bins are an error.
                    let Ok((counts, edges)) = fold::histogram(values.clone(), &options) else { continue };
                    let list: Vec<f64> = match &edges {
                        Output::Array(fold::Array::F64(list)) => list.iter().copied().collect(),
                        Output::Array(fold::Array::F32(list)) => list.iter().map(|&x| f64::from(x)).collect(),
                        other => panic!("edges are floats: {other:?}"),
                    };
                    let mut expected = vec![0i64; bins];
                    let wide: Vec<f64> = match &values {
                        Values::F32(x) => x.iter().map(|&x| f64::from(x)).collect(),
                        _ => x.clone(),
                    };
                    for x in wide.iter().filter(|&&x| list[0] <= x && x <= list[bins]) {
                        expected[list.partition_point(|edge| edge <= x).clamp(1, bins) - 1] += 1;
                    }
                    let Output::Array(fold::Array::I64(counts)) = counts else { panic!("counts are int64") };
                    assert_eq!(
                        counts.iter().copied().collect::<Vec<_>>(),
                        expected,
                        "{bins} bins, {range:?}"
                    );
                }
            }
        }
    }
}

#[test]
fn quantiles_by_all_methods_have_the_bits_of_numpy() {
    for case in numpy()["quantiles"].as_array().expect("a list") {
        let (x, q) = (doubles(&case["x"]), doubles(&case["q"]));
        let single: Vec<f32> = x.iter().map(|&x| x as f32).collect();
        for (name, expected) in case["methods"].as_object().expect("an object") {
            let method = Method::from_name(name).expect("it is NumPy's");
            let options = plain().quantiles(&q).method(method);
            let got = bits(&fold::quantile(&x, &options).expect("it has a value"));
            let expected_bits: Vec<u64> = doubles(&expected["f64"]).iter().map(|x| x.to_bits()).collect();
            assert_eq!(got, expected_bits, "{name} of {} doubles", x.len());
            for (&q, &expected) in q.iter().zip(&doubles(&expected["f32"])) {
                let got = fold::quantile(&single, &plain().q(q).method(method)).expect("it has a value");
                assert_eq!(got.dtype(), Dtype::F32);
                assert_eq!(bits(&got), [expected.to_bits()], "{name} at {q} of {} floats", x.len());
            }
        }
    }
}

#[test]
fn values_of_any_dtype_say_what_they_are() {
    let x = [1i8, 2, 3];
    assert_eq!(Values::from(&x).dtype(), Dtype::I8);
    assert_eq!(fold::sum(&x, &plain()).expect("it has a value").dtype(), Dtype::I64);
    assert_eq!(fold::max(&x, &plain()).expect("it has a value").dtype(), Dtype::I8);
    assert_eq!(fold::median(&x, &plain()).expect("it has a value").dtype(), Dtype::F64);
}

#[test]
fn initial_is_one_more_element_of_every_lane() {
    let x = wide(11, 3000);
    let columns = ndarray::ArrayView2::from_shape((1000, 3), &x).expect("the length fits");
    for reduction in [Reduction::Sum, Reduction::Prod, Reduction::Min, Reduction::Max, Reduction::Nansum] {
        let options = plain().axis(0).initial(-1e300);
        let got = bits(&fold::reduce(reduction, columns, &options).expect("it has values"));
        let mut longer = x.clone();
        longer.extend([-1e300; 3]);
        let longer = ndarray::ArrayView2::from_shape((1001, 3), &longer).expect("the length fits");
        let alone = fold::reduce(reduction, longer, &plain().axis(0)).expect("it has values");
        assert_eq!(got, bits(&alone), "{}", reduction.name());
    }
    let nothing: [i8; 0] = [];
    assert_eq!(fold::min(&nothing, &plain().initial(3i64)), Ok(Output::Scalar(Scalar::I8(3))));
    for (reduction, initial) in [(Reduction::Max, 128i64), (Reduction::Min, -129), (Reduction::Mean, 0)] {
        let refused = fold::reduce(reduction, &[1i8], &plain().initial(initial)).expect_err("out of range");
        assert_eq!(refused.code(), "bad_parameter");
    }
}

#[cfg(feature = "complex")]
#[test]
fn complex_numbers_are_two_real_ones() {
    use num_complex::Complex;
    let [re, im] = [wide(21, 600), wide(22, 600)];
    let z: Vec<Complex<f64>> = re.iter().zip(&im).map(|(&re, &im)| Complex::new(re, im)).collect();
    let z = ArrayD::from_shape_vec(vec![20, 30], z).expect("the length fits");
    let parts =
        [&re, &im].map(|part| ArrayD::from_shape_vec(vec![20, 30], part.clone()).expect("the length fits"));
    for options in [plain(), plain().axis(0), plain().axis(1)] {
        for reduction in [Reduction::Sum, Reduction::Mean] {
            let [re, im] = [&parts[0], &parts[1]]
                .map(|part| as_doubles(&fold::reduce(reduction, part, &options).expect("finite")));
            let expected: Vec<Complex<f64>> =
                re.into_iter().zip(im).map(|(re, im)| Complex::new(re, im)).collect();
            let got: Vec<Complex<f64>> = match fold::reduce(reduction, &z, &options).expect("finite") {
                Output::Scalar(Scalar::C128(z)) => vec![z],
                Output::Array(Array::C128(z)) => z.iter().copied().collect(),
                other => panic!("expected complex numbers, got {other:?}"),
            };
            assert_eq!(got, expected);
        }
    }
    // Σ|z|² and so the norm is that of all parts together.
    let all = [re, im].concat();
    assert_eq!(
        bits(&fold::norm(&z, &plain()).expect("finite")),
        bits(&fold::norm(&all, &plain()).expect("finite"))
    );
    let refused = fold::quantile(&z, &plain()).expect_err("numbers without an order");
    assert_eq!(refused.code(), "unsupported_dtype");
}
