//! Are long arrays what their parts are, with any number of threads?

use nearfold::fold::{self, Options, Reduction};

use crate::lcg::Lcg;

fn plain() -> Options<'static> {
    Options::default()
}

fn number(output: nearfold::Result<fold::Output>) -> f64 {
    output.expect("it has a value").to_f64().expect("a real number")
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
            let parts = number(state.finish());
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
