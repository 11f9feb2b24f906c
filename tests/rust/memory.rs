//! Does a call for which memory ends return an error, and leave every state as it was?
//!
//! An allocator that refuses one long allocation of this thread: the first, then the second, and so on until a call does
//! without. Short ones, of what no input makes long, are the machine's affair: a program that cannot get them is at its end.

use std::alloc::{GlobalAlloc, Layout, System};
use std::cell::Cell;

use nearfold::Error;
use nearfold::fold::stream::Quantiles;
use nearfold::fold::{self, Dtype, Method, Options, Partial, Quantiles as Q, Reduction, Scan, Values};

/// Allocations from this many bytes on may be refused.
const LONG: usize = 1 << 16;

thread_local! {
    /// How many long allocations succeed before one is refused; `usize::MAX`: all.
    static LEFT: Cell<usize> = const { Cell::new(usize::MAX) };
}

struct Refusing;

impl Refusing {
    fn refuses(len: usize) -> bool {
        len >= LONG
            && LEFT.with(|left| match left.get() {
                usize::MAX => false,
                0 => {
                    left.set(usize::MAX);
                    true
                }
                n => {
                    left.set(n - 1);
                    false
                }
            })
    }
}

// SAFETY: the system's allocator, or null, which is what an allocator without memory returns.
unsafe impl GlobalAlloc for Refusing {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        if Self::refuses(layout.size()) {
            return core::ptr::null_mut();
        }
        // SAFETY: the caller's promise.
        unsafe { System.alloc(layout) }
    }

    unsafe fn dealloc(&self, at: *mut u8, layout: Layout) {
        // SAFETY: the caller's promise.
        unsafe { System.dealloc(at, layout) }
    }

    unsafe fn realloc(&self, at: *mut u8, layout: Layout, len: usize) -> *mut u8 {
        if Self::refuses(len) {
            return core::ptr::null_mut();
        }
        // SAFETY: the caller's promise.
        unsafe { System.realloc(at, layout, len) }
    }
}

#[global_allocator]
static ALLOCATOR: Refusing = Refusing;

/// Calls with the n-th long allocation refused, for every n; returns for how many that mattered.
fn starve<R>(
    what: &str,
    mut call: impl FnMut() -> Result<R, Error>,
    mut after: impl FnMut(&Result<R, Error>),
) -> usize {
    for n in 0.. {
        LEFT.set(n);
        let result = call();
        let refused = LEFT.replace(usize::MAX) == usize::MAX;
        if let Err(error) = &result {
            assert_eq!(error.code(), "out_of_memory", "{what}, allocation {n}");
        }
        after(&result);
        if !refused {
            return n;
        }
    }
    unreachable!("a call ends")
}

fn numbers(n: usize) -> Vec<f64> {
    let mut state = 3_u64;
    let mut next = || {
        state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (state >> 11) as f64 / (1u64 << 53) as f64 - 0.5
    };
    (0..n).map(|_| next()).collect()
}

#[test]
fn every_reduction_of_a_lane_returns_out_of_memory_or_its_result() {
    let doubles = numbers(40_000);
    let singles: Vec<f32> = doubles.iter().map(|&x| x as f32).collect();
    let bytes: Vec<u8> = doubles.iter().map(|&x| (x * 200.0) as i8 as u8).collect();
    let table = ndarray::ArrayView2::from_shape((20_000, 2), &doubles).expect("the length fits");
    let chosen = ndarray::ArrayD::from_elem(vec![40_000], fold::Boolean(1));
    let mut refused = 0;
    for &reduction in Reduction::ALL {
        for (what, values) in [
            ("float64", Values::from(&doubles)),
            ("float32", Values::from(&singles)),
            ("uint8", Values::from(&bytes)),
        ] {
            let whole = fold::reduce(reduction, values.view(), &Options::default()).expect("memory");
            let same = |result: &Result<fold::Output, Error>| {
                if let Ok(got) = result {
                    assert_eq!(format!("{got:?}"), format!("{whole:?}"), "{} of {what}", reduction.name());
                }
            };
            let call = || fold::reduce(reduction, values.view(), &Options::default());
            refused += starve(&format!("{} of {what}", reduction.name()), call, same);
            let positions = matches!(
                reduction,
                Reduction::Argmin | Reduction::Argmax | Reduction::Nanargmin | Reduction::Nanargmax
            );
            if !positions {
                let options = Options::default().mask(chosen.view());
                let call = || fold::reduce(reduction, values.view(), &options);
                refused += starve(&format!("{} of {what}, where", reduction.name()), call, same);
            }
        }
        let options = Options::default().axis(1);
        let call = || fold::reduce(reduction, table.t(), &options);
        refused += starve(&format!("{} of columns", reduction.name()), call, |_| {});
    }
    for &scan in Scan::ALL {
        for values in [Values::from(&doubles), Values::from(&singles)] {
            let call = || fold::scan(scan, values.view(), &Options::default());
            refused += starve(scan.name(), call, |_| {});
        }
    }
    assert!(refused > 50, "only {refused} allocations were refused");
}

#[test]
#[cfg(feature = "near")]
fn columns_of_long_texts_and_lists_that_get_no_memory_stay_as_they_were() {
    use nearfold::columns::Value;
    use nearfold::{Index, Params, Storage};
    let text = |c: char| Value::from(c.to_string().repeat(100_000));
    let tags = |n: i64| Value::List((0..n).map(|i| format!("tag {i}").into()).collect());
    let columns = |of: i64| {
        let list = Value::List((0..20_000).map(|i| Value::Int(i * of)).collect());
        let json = Value::Map(vec![("a".into(), text('j')), ("b".into(), list.clone())]);
        [
            ("json", [json, Value::Null]),
            ("list", [list, Value::Null]),
            ("tags", [tags(10_000 + of), tags(2)]),
            ("text", [text('a'), text('b')]),
        ]
    };
    let (one, other) = (columns(1), columns(2));
    fn view<'a>(columns: &'a [(&'static str, [Value; 2]); 4]) -> [(&'a str, &'a [Value]); 4] {
        columns.each_ref().map(|(name, values)| (*name, &values[..]))
    }
    let (one, other) = (view(&one), view(&other));
    let mut index = Index::new(1, Params::default().storage(Storage::F32)).expect("a dimension");
    index.add_with_columns(&[0.0, 1.0], None, &one, &mut |_, _| true).expect("memory");
    let values = |index: &Index| -> Vec<Vec<(String, Value)>> {
        (0..index.len() as u64).map(|id| index.get(id).expect("it is there")).collect()
    };
    let before = values(&index);
    let index = core::cell::RefCell::new(index);
    let mut refused = 0;
    for late in [true, false] {
        if !late {
            index.borrow_mut().compact().expect("memory");
        }
        refused += starve(
            "set_columns",
            || index.borrow_mut().set_columns(&[0, 1], &other),
            |result| {
                if result.is_err() {
                    assert!(values(&index.borrow()) == before, "set_columns");
                }
            },
        );
        index.borrow_mut().set_columns(&[0, 1], &one).expect("memory");
        refused += starve("column", || index.borrow().column("text", &[0, 1]), |_| {});
        refused += starve("column of lists", || index.borrow().column("tags", &[0, 1]), |_| {});
    }
    refused += starve(
        "add",
        || index.borrow_mut().add_with_columns(&[2.0, 3.0], None, &other, &mut |_, _| true),
        |result| {
            if result.is_err() {
                assert!(index.borrow().len() == 2 && values(&index.borrow()) == before, "add");
            }
        },
    );
    assert!(index.borrow().len() == 4 && refused > 20, "only {refused} allocations were refused");
}

#[test]
fn a_state_that_gets_no_memory_stays_as_it_was() {
    let (some, more) = (numbers(3000), numbers(40_000));
    for reduction in [Reduction::Median, Reduction::Nanquantile, Reduction::Sum, Reduction::Moments] {
        let mut state = Partial::new(reduction, Dtype::F64, &Options::default()).expect("real numbers");
        state.push(&some).expect("memory");
        let before = state.to_bytes();
        let mut other = Partial::new(reduction, Dtype::F64, &Options::default()).expect("real numbers");
        other.push(&more).expect("memory");
        for merging in [false, true] {
            let states = core::cell::RefCell::new(state.clone());
            let call = || {
                let mut state = states.borrow_mut();
                if merging { state.merge(&other) } else { state.push(&more) }
            };
            starve(reduction.name(), call, |result| {
                if result.is_err() {
                    assert_eq!(states.borrow().to_bytes(), before, "{}", reduction.name());
                }
            });
        }
    }
}

#[test]
fn a_sketch_that_gets_no_memory_stays_as_it_was() {
    let (some, more) = (numbers(3000), numbers(100_000));
    for limit in [4096, Quantiles::LIMIT] {
        let mut whole = Quantiles::new(limit).expect("a limit");
        whole.push(&some).expect("memory");
        let mut other = whole.clone();
        other.push(&more).expect("memory");
        let before = whole.to_bytes();
        for merging in [false, true] {
            let state = core::cell::RefCell::new(whole.clone());
            let call = || {
                let mut state = state.borrow_mut();
                if merging { state.merge(&other) } else { state.push(&more) }
            };
            let refused = starve("Quantiles", call, |result| {
                if result.is_err() {
                    assert_eq!(state.borrow().to_bytes(), before, "limit {limit}");
                }
            });
            assert!(refused > 0 || limit == 4096, "limit {limit}");
        }
        let q = Q::Many(vec![0.5; 10]);
        assert!(whole.result(&q, Method::Linear).is_ok());
    }
}
