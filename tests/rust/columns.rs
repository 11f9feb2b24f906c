//! Do values stay with their ids through every change, and do filters over them say what they mean?

use crate::lcg::Lcg;
use nearfold::columns::{ColumnType, Expression, Test, Value};
use nearfold::{Error, ErrorKind, Index, Metric, Params, SearchParams, Storage};
use std::collections::BTreeMap;

type Row = BTreeMap<String, Value>;
/// What is expected of an index: the values of each id.
type Model = BTreeMap<u64, Row>;

const NAMES: [&str; 10] =
    ["day", "flag", "lang", "meta", "note", "score", "sizes", "tags", "weights", "year"];
const KINDS: [ColumnType; 10] = [
    ColumnType::DateTime,
    ColumnType::Bool,
    ColumnType::String,
    ColumnType::Json,
    ColumnType::String,
    ColumnType::Float,
    ColumnType::Ints,
    ColumnType::Strings,
    ColumnType::Floats,
    ColumnType::Int,
];

/// Microseconds from 1969 to 1971, some on whole seconds.
fn time(lcg: &mut Lcg) -> Value {
    Value::DateTime((lcg.below(40) as i64 - 20) * 1_500_000_000_001 / 2)
}

fn list(lcg: &mut Lcg, item: impl Fn(&mut Lcg) -> Value) -> Value {
    Value::List((0..lcg.below(4)).map(|_| item(lcg)).collect())
}

fn tag(lcg: &mut Lcg) -> Value {
    ["red", "green", "grey", "日", ""][lcg.below(5)].into()
}

fn value(lcg: &mut Lcg, name: &str) -> Value {
    if lcg.below(7) == 0 {
        return Value::Null;
    }
    match name {
        "flag" => (lcg.below(2) == 0).into(),
        "lang" => ["de", "en", "fr", "日本"][lcg.below(4)].into(),
        "note" => format!("note {}", lcg.below(1 << 20)).into(),
        "day" => time(lcg),
        "tags" => list(lcg, tag),
        "sizes" => list(lcg, |lcg| Value::Int(lcg.below(12) as i64 - 5)),
        "weights" => list(lcg, |lcg| Value::Float(lcg.below(12) as f64 / 8.0)),
        "meta" => match lcg.below(4) {
            0 => Value::Map(vec![("b".into(), Value::Null), ("a".into(), list(lcg, tag))]),
            1 => list(lcg, time_text),
            2 => Value::Float(lcg.below(3) as f64),
            _ => Value::Bool(true),
        },
        "score" => (lcg.below(9) as f64 / 4.0 - 1.0).into(),
        _ => Value::Int(lcg.below(30) as i64 + 1995),
    }
}

fn time_text(lcg: &mut Lcg) -> Value {
    time(lcg).to_string().into()
}

fn columns(lcg: &mut Lcg, n: usize) -> Vec<(&'static str, Vec<Value>)> {
    NAMES.iter().map(|name| (*name, (0..n).map(|_| value(lcg, name)).collect())).collect()
}

fn borrowed<'a>(columns: &'a [(&'static str, Vec<Value>)]) -> Vec<(&'a str, &'a [Value])> {
    columns.iter().map(|(name, values)| (*name, values.as_slice())).collect()
}

fn vectors(lcg: &mut Lcg, n: usize) -> Vec<f32> {
    (0..n * 3).map(|_| lcg.next_f32()).collect()
}

fn empty() -> Index {
    let mut index = Index::new(3, Params::default().storage(Storage::F32)).unwrap();
    for (name, kind) in NAMES.iter().zip(KINDS) {
        index.add_column(name, kind).unwrap();
    }
    index
}

fn add(index: &mut Index, model: &mut Model, lcg: &mut Lcg, ids: Option<&[u64]>, n: usize) {
    let columns = columns(lcg, n);
    let vectors = vectors(lcg, n);
    let added = index.add_with_columns(&vectors, ids, &borrowed(&columns), &mut |_done, _all| true).unwrap();
    for (i, id) in added.into_iter().enumerate() {
        let row = columns.iter().map(|(name, values)| (name.to_string(), values[i].clone()));
        model.insert(id, row.collect());
    }
}

fn assert_same(index: &Index, model: &Model) {
    assert_eq!(index.len(), model.len());
    for (id, row) in model {
        let got: Row = index.get(*id).unwrap().into_iter().collect();
        assert_eq!(got, *row, "id {id}");
    }
}

/// All ids that a filter lets through.
fn allowed(index: &Index, expression: &Expression) -> Vec<u64> {
    let filter = index.filter_where(expression).unwrap();
    let found = index
        .search_filtered(
            &vec![0.0; index.dim()],
            index.len().max(1),
            &SearchParams::default().exact(true),
            &filter,
        )
        .unwrap();
    let mut ids = found.ids;
    ids.sort_unstable();
    ids
}

fn order(a: &Value, b: &Value) -> Option<std::cmp::Ordering> {
    match (a, b) {
        (Value::Int(a), Value::Int(b)) => a.partial_cmp(b),
        (Value::String(a), Value::String(b)) => a.partial_cmp(b),
        (Value::Bool(a), Value::Bool(b)) => a.partial_cmp(b),
        (Value::DateTime(a), Value::DateTime(b)) => a.partial_cmp(b),
        (Value::DateTime(_), Value::String(text)) => order(a, &Value::datetime(text).unwrap()),
        // Small numbers: the conversion is exact.
        (Value::Int(a), Value::Float(b)) => (*a as f64).partial_cmp(b),
        (Value::Float(a), Value::Int(b)) => a.partial_cmp(&(*b as f64)),
        (Value::Float(a), Value::Float(b)) => a.partial_cmp(b),
        _ => None,
    }
}

/// What an expression means, said once more.
fn holds(expression: &Expression, row: &Row) -> bool {
    match expression {
        Expression::And(all) => all.iter().all(|each| holds(each, row)),
        Expression::Or(any) => any.iter().any(|each| holds(each, row)),
        Expression::Not(inner) => !holds(inner, row),
        Expression::Column(name, test) => {
            let value = &row[name];
            let compare = |other: &Value| order(value, other);
            match (test, value) {
                (Test::Exists(there), _) => return (*value != Value::Null) == *there,
                // One element that holds is enough; that it has a value is equality with an element.
                (Test::Contains(other), Value::List(list)) => {
                    return list.iter().any(|each| order(each, other).is_some_and(|order| order.is_eq()));
                }
                (Test::Any(others), Value::List(_)) => {
                    let has = |other: &Value| holds(&Expression::contains(name, other.clone()), row);
                    return others.iter().any(has);
                }
                (test, Value::List(list)) => {
                    let of_each = |each: &Value| {
                        let row = Row::from([(name.clone(), each.clone())]);
                        holds(&Expression::Column(name.clone(), test.clone()), &row)
                    };
                    return list.iter().any(of_each);
                }
                _ => {}
            }
            let text =
                |of: &Value| if let Value::String(text) = of { text.clone() } else { panic!("{of:?}") };
            match test {
                _ if *value == Value::Null => false,
                Test::Prefix(other) => text(value).starts_with(&text(other)),
                Test::Contains(other) => text(value).contains(&text(other)),
                Test::Eq(other) => compare(other).is_some_and(|order| order.is_eq()),
                Test::Ne(other) => compare(other).is_none_or(|order| order.is_ne()),
                Test::In(others) => {
                    others.iter().any(|other| compare(other).is_some_and(|order| order.is_eq()))
                }
                Test::Gt(other) => compare(other).is_some_and(|order| order.is_gt()),
                Test::Gte(other) => compare(other).is_some_and(|order| order.is_ge()),
                Test::Lt(other) => compare(other).is_some_and(|order| order.is_lt()),
                Test::Lte(other) => compare(other).is_some_and(|order| order.is_le()),
                Test::Between(least, most) => {
                    compare(least).is_some_and(|order| order.is_ge())
                        && compare(most).is_some_and(|order| order.is_le())
                }
                other => panic!("{other:?}"),
            }
        }
        other => panic!("{other:?}"),
    }
}

/// A value that a column may be compared with: numbers of both kinds, between those that are there.
fn operand(lcg: &mut Lcg, name: &str) -> Value {
    match name {
        "year" if lcg.below(2) == 0 => (lcg.below(70) as f64 / 2.0 + 1993.0).into(),
        "score" if lcg.below(3) == 0 => Value::Int(lcg.below(4) as i64 - 2),
        "day" if lcg.below(2) == 0 => time_text(lcg),
        "day" => time(lcg),
        "tags" => tag(lcg),
        "sizes" => (lcg.below(30) as f64 / 2.0 - 8.0).into(),
        "weights" => Value::Int(lcg.below(3) as i64 - 1),
        _ => loop {
            let value = value(lcg, name);
            if value != Value::Null {
                return value;
            }
        },
    }
}

fn expression(lcg: &mut Lcg, depth: usize) -> Expression {
    let some = |lcg: &mut Lcg| -> Vec<Expression> {
        (0..lcg.below(4)).map(|_| expression(lcg, depth + 1)).collect()
    };
    match lcg.below(if depth > 2 { 12 } else { 15 }) {
        12 => Expression::And(some(lcg)),
        13 => Expression::Or(some(lcg)),
        14 => expression(lcg, depth + 1).not(),
        test => {
            let name = NAMES[lcg.below(10)];
            if name == "meta" {
                return Expression::exists(name, lcg.below(2) == 0);
            }
            let at = operand(lcg, name);
            let others = |lcg: &mut Lcg| (0..lcg.below(5)).map(|_| operand(lcg, name)).collect::<Vec<_>>();
            let part = |lcg: &mut Lcg| ["n", "e", "note 1", "r", "日", "", "20"][lcg.below(7)];
            match test {
                3 => Expression::exists(name, lcg.below(2) == 0),
                // A truth value has no order.
                0 if name == "flag" => Expression::ne(name, at),
                1 if name == "flag" => Expression::one_of(name, others(lcg)),
                _ if name == "flag" => Expression::eq(name, at),
                4 => Expression::gt(name, at),
                5 => Expression::gte(name, at),
                6 => Expression::lt(name, at),
                7 => Expression::lte(name, at),
                8 => Expression::between(name, at, operand(lcg, name)),
                9 | 10 if ["lang", "note", "tags"].contains(&name) => match test {
                    9 => Expression::prefix(name, part(lcg)),
                    _ if name == "tags" => Expression::contains(name, at),
                    _ => Expression::contains(name, part(lcg)),
                },
                test if ["sizes", "tags", "weights"].contains(&name) => match test % 2 {
                    0 => Expression::contains(name, at),
                    _ => Expression::any(name, others(lcg)),
                },
                0 => Expression::eq(name, at),
                1 => Expression::ne(name, at),
                _ => Expression::one_of(name, others(lcg)),
            }
        }
    }
}

#[test]
fn filters_mean_what_a_plain_loop_says() {
    let mut lcg = Lcg(5);
    let (mut index, mut model) = (empty(), Model::new());
    add(&mut index, &mut model, &mut lcg, None, 900);
    add(&mut index, &mut model, &mut lcg, Some(&[5000, 4000, 6000, 70_000_000_000]), 4);
    let mut sizes = [0; 3];
    for round in 0..1500 {
        let expression = expression(&mut lcg, 0);
        let expected: Vec<u64> =
            model.iter().filter(|(_, row)| holds(&expression, row)).map(|(id, _)| *id).collect();
        assert_eq!(allowed(&index, &expression), expected, "{expression:?}");
        sizes[usize::from(!expected.is_empty()) + usize::from(expected.len() == model.len())] += 1;
        match round {
            500 => index.compact().unwrap(),
            1000 => index = Index::from_bytes(&index.to_bytes()).unwrap(),
            _ => {}
        }
    }
    assert!(sizes[1] > 700, "{sizes:?}: the expressions test nothing");
}

#[test]
fn values_stay_with_their_ids_through_changes_and_files() {
    let mut lcg = Lcg(8);
    let (mut index, mut model) = (empty(), Model::new());
    for round in 0..60 {
        match lcg.below(6) {
            0 | 1 => {
                let n = lcg.below(120);
                add(&mut index, &mut model, &mut lcg, None, n);
            }
            2 => {
                let first = 10_000 + round * 1000;
                let ids: Vec<u64> = (0..40).map(|i| first + (i * 17) % 40).collect();
                add(&mut index, &mut model, &mut lcg, Some(&ids), 40);
            }
            3 => {
                let ids: Vec<u64> = model.keys().copied().filter(|_| lcg.below(5) == 0).collect();
                index.remove(&ids).unwrap();
                model.retain(|id, _| !ids.contains(id));
            }
            4 => {
                let ids: Vec<u64> = model.keys().copied().filter(|_| lcg.below(6) == 0).collect();
                let new: Vec<Value> = ids.iter().map(|_| value(&mut lcg, "year")).collect();
                index.set_columns(&ids, &[("year", &new)]).unwrap();
                for (id, value) in ids.iter().zip(new) {
                    model.get_mut(id).unwrap().insert("year".into(), value);
                }
                index.update(&vectors(&mut lcg, ids.len()), &ids).unwrap();
            }
            _ if round % 2 == 0 => index.compact().unwrap(),
            _ => {
                let bytes = index.to_bytes();
                index = Index::from_bytes(&bytes).unwrap();
                assert_eq!(index.to_bytes(), bytes);
            }
        }
        assert_same(&index, &model);
    }
    assert!(model.len() > 100);
}

#[test]
fn equal_vectors_have_values_of_their_own() {
    let mut index = Index::new(2, Params::default()).unwrap();
    let years: Vec<Value> = vec![2001.into(), 2002.into(), 2003.into()];
    index.add_with_columns(&[1.0; 6], None, &[("year", &years)], &mut |_, _| true).unwrap();
    let filter = index.filter_where(&Expression::gte("year", 2002)).unwrap();
    let found = index.search_filtered(&[1.0, 1.0], 3, &SearchParams::default(), &filter).unwrap();
    assert_eq!(found.ids, [1, 2]);
}

#[test]
fn the_order_of_adds_and_of_columns_makes_no_other_bytes_of_the_columns() {
    let years: Vec<Value> = (0..600).map(|i| (1990 + i % 30).into()).collect();
    let langs: Vec<Value> = (0..600).map(|i| ["de", "en", "fr"][i % 3].into()).collect();
    let vectors: Vec<f32> = (0..1200).map(|i| i as f32).collect();
    let build = |pieces: usize, swapped: bool| {
        let mut index = Index::new(2, Params::default().storage(Storage::F32)).unwrap();
        let len = 600 / pieces;
        for piece in 0..pieces {
            let rows = piece * len..(piece + 1) * len;
            let mut columns = [("year", &years[rows.clone()]), ("lang", &langs[rows.clone()])];
            if swapped {
                columns.swap(0, 1);
            }
            let vectors = &vectors[2 * rows.start..2 * rows.end];
            index.add_with_columns(vectors, None, &columns, &mut |_, _| true).unwrap();
        }
        index.to_bytes()
    };
    let once = build(1, false);
    assert!(once == build(1, true) && once == build(2, true) && once == build(600, false));
    // Years need one byte, languages one, and each word its text and end.
    let bare = {
        let mut index = Index::new(2, Params::default().storage(Storage::F32)).unwrap();
        index.add(&vectors, None).unwrap();
        index.to_bytes()
    };
    let more = once.len() - bare.len();
    assert!((1200..1200 + 200).contains(&more), "{more} bytes");
}

#[test]
fn an_add_that_is_refused_changes_nothing() {
    let mut lcg = Lcg(3);
    let (mut index, mut model) = (empty(), Model::new());
    add(&mut index, &mut model, &mut lcg, None, 50);
    let bytes = index.to_bytes();
    let two = vectors(&mut lcg, 2);
    let year: [Value; 2] = [2000.into(), 2001.into()];
    let text: [Value; 2] = ["a".into(), "b".into()];
    let late: [Value; 2] = ["2024-01-01".into(), "2024-01-01T00:00:00.0000001".into()];
    let mixed: [Value; 2] = [Value::List(vec![1.into()]), Value::List(vec![2.into(), "a".into()])];
    type Columns<'a> = &'a [(&'a str, &'a [Value])];
    let refused: [(Columns<'_>, Option<&[u64]>, &str); 8] = [
        (&[("new", &[Value::Null, Value::Null])], None, "bad_parameter"),
        (&[("day", &late)], None, "bad_parameter"),
        (&[("year", &text)], None, "bad_parameter"),
        (&[("sizes", &mixed)], None, "bad_parameter"),
        (&[("flag", &year)], None, "bad_parameter"),
        (&[("year", &year[..1])], None, "shape_mismatch"),
        (&[("year", &year), ("year", &year)], None, "bad_parameter"),
        (&[("year", &year)], Some(&[7, 99]), "duplicate_id"),
    ];
    for (columns, ids, code) in refused {
        let error = index.add_with_columns(&two, ids, columns, &mut |_, _| true).unwrap_err();
        assert_eq!(error.code(), code, "{columns:?}: {error}");
        assert_eq!(index.to_bytes(), bytes);
        assert_same(&index, &model);
    }
    let error = index.set_columns(&[3, 4], &[("year", &text)]).unwrap_err();
    assert_eq!(
        error.to_string(),
        "columns: expected int values in column \"year\", got \"a\" in row 0; a column of type string takes it, as add_column (addColumn in JavaScript) makes one"
    );
    let unknown = index.set_columns(&[3, 4], &[("yaer", &year)]).unwrap_err().to_string();
    assert!(
        unknown.ends_with("got \"yaer\"; add, or add_column (addColumn in JavaScript), makes another"),
        "{unknown}"
    );
    assert_eq!(
        index.set_columns(&[3, 99], &[("year", &year)]),
        Err(ErrorKind::IdNotFound { id: 99.into() }.into())
    );
    assert_eq!(
        index.set_columns(&[3, 3], &[("year", &year)]),
        Err(ErrorKind::DuplicateId { id: 3.into(), given_twice: true }.into())
    );
    assert_eq!(index.to_bytes(), bytes);
    let unknown = index.column("yaer", &[1]).unwrap_err().to_string();
    assert!(unknown.contains("day, flag, lang, meta, note, score, sizes, tags, weights, year"), "{unknown}");
    for name in ["", "and", "or", "not", &"x".repeat(256)] {
        assert_eq!(index.add_column(name, ColumnType::Int).unwrap_err().code(), "bad_parameter");
    }
}

#[test]
fn a_stopped_add_keeps_the_values_of_what_it_added() {
    let (n, mut lcg) = (6000, Lcg(2));
    let mut index = Index::new(3, Params::default().ef_construction(20)).unwrap();
    let numbers: Vec<Value> = (0..n).map(|i| Value::Int(i as i64)).collect();
    let added = index
        .add_with_columns(&vectors(&mut lcg, n), None, &[("number", &numbers)], &mut |done, _| done < 3000)
        .unwrap();
    assert!(added.len() < n && added.len() > 1000);
    let expected: Vec<Value> = added.iter().map(|id| Value::Int(*id as i64)).collect();
    assert_eq!(index.column("number", &added).unwrap(), expected);
    assert_eq!(index.len(), added.len());
}

#[test]
fn the_first_values_make_the_columns_and_later_ones_are_declared() {
    let mut index = Index::new(1, Params::default()).unwrap();
    index.add(&[0.0, 1.0, 2.0], Some(&[5, 3, 4])).unwrap();
    let mixed: [Value; 3] = [1.into(), 0.5.into(), Value::Null];
    index.set_columns(&[3, 4, 5], &[("score", &mixed)]).unwrap();
    assert_eq!(index.columns(), [("score".to_owned(), ColumnType::Float)]);
    assert_eq!(index.column("score", &[5, 4, 3]).unwrap(), [Value::Null, 0.5.into(), 1.0.into()]);
    let undeclared = index.set_columns(&[3], &[("tag", &["a".into()])]).unwrap_err();
    assert_eq!(undeclared.code(), "bad_parameter");
    index.add_column("tag", ColumnType::String).unwrap();
    index.set_columns(&[3], &[("tag", &["a".into()])]).unwrap();
    assert_eq!(index.get(3).unwrap(), [("score".into(), 1.0.into()), ("tag".into(), "a".into())]);
    assert_eq!(index.get(9), Err(Error::from(ErrorKind::IdNotFound { id: 9.into() })));
    index.add(&[9.0], None).unwrap();
    assert_eq!(index.get(6).unwrap()[0].1, Value::Null);
    // A number that is whole does for an int, one that is exact for a float; NaN is missing.
    index.set_columns(&[3, 4], &[("score", &[7.into(), f64::NAN.into()])]).unwrap();
    assert_eq!(index.column("score", &[3, 4]).unwrap(), [7.0.into(), Value::Null]);
    let inexact = index.set_columns(&[3], &[("score", &[Value::Int(i64::MAX)])]).unwrap_err();
    assert_eq!(inexact.code(), "bad_parameter");
    assert!(index.memory().columns > 0);
    index.drop_column("score").unwrap();
    index.drop_column("tag").unwrap();
    assert_eq!((index.columns(), index.memory().columns), (vec![], 0));
    let nothing = Expression::from_value(&Value::Map(vec![])).unwrap();
    assert_eq!(index.filter_where(&nothing).unwrap().count(), 4);
    let bytes = index.to_bytes();
    let mut bare = Index::new(1, Params::default()).unwrap();
    bare.add(&[0.0, 1.0, 2.0], Some(&[5, 3, 4])).unwrap();
    bare.add(&[9.0], None).unwrap();
    assert_eq!(bytes, bare.to_bytes());
}

#[test]
fn whole_numbers_and_floats_compare_exactly_at_the_ends_of_what_both_hold() {
    let ints = [i64::MIN, i64::MIN + 1, -1, 0, (1 << 53) + 1, i64::MAX - 1, i64::MAX];
    let floats =
        [f64::NEG_INFINITY, -9.3e18, -(2f64.powi(63)), -0.0, 2f64.powi(53), 2f64.powi(63), f64::INFINITY];
    let mut index = Index::new(1, Params::default().storage(Storage::F32)).unwrap();
    let int: Vec<Value> = ints.iter().map(|int| (*int).into()).collect();
    let float: Vec<Value> = floats.iter().map(|float| (*float).into()).collect();
    let vectors: Vec<f32> = (0..7).map(|i| i as f32).collect();
    index.add_with_columns(&vectors, None, &[("float", &float), ("int", &int)], &mut |_, _| true).unwrap();
    let index = Index::from_bytes(&index.to_bytes()).unwrap();
    assert_eq!(index.column("int", &[0, 4, 6]).unwrap(), [int[0].clone(), int[4].clone(), int[6].clone()]);
    // Integers with an exponent in 128 bits: these floats are whole or infinite.
    let wide = |float: f64| {
        if float.is_infinite() { i128::MAX.wrapping_add((float < 0.0).into()) } else { float as i128 }
    };
    let ids = |expression: Expression| {
        let filter = index.filter_where(&expression).unwrap();
        let all = SearchParams::default().exact(true);
        let mut ids = index.search_filtered(&[0.0], 7, &all, &filter).map(|found| found.ids).unwrap();
        ids.sort_unstable();
        ids
    };
    let rows =
        |holds: &dyn Fn(usize) -> bool| (0..7).filter(|i| holds(*i)).map(|i| i as u64).collect::<Vec<u64>>();
    for (i, f) in ints.iter().zip(&floats) {
        for f in [*f, f.next_up().round(), 3.0] {
            let bound = wide(f);
            let at = |i: usize| i128::from(ints[i]);
            assert_eq!(ids(Expression::gt("int", f)), rows(&|i| at(i) > bound), "int > {f}");
            assert_eq!(ids(Expression::gte("int", f)), rows(&|i| at(i) >= bound), "int >= {f}");
            assert_eq!(ids(Expression::lt("int", f)), rows(&|i| at(i) < bound), "int < {f}");
            assert_eq!(ids(Expression::lte("int", f)), rows(&|i| at(i) <= bound), "int <= {f}");
            assert_eq!(ids(Expression::eq("int", f)), rows(&|i| at(i) == bound), "int == {f}");
        }
        let bound = i128::from(*i);
        let at = |i: usize| wide(floats[i]);
        assert_eq!(ids(Expression::gt("float", *i)), rows(&|i| at(i) > bound), "float > {i}");
        assert_eq!(ids(Expression::gte("float", *i)), rows(&|i| at(i) >= bound), "float >= {i}");
        assert_eq!(ids(Expression::lt("float", *i)), rows(&|i| at(i) < bound), "float < {i}");
        assert_eq!(ids(Expression::lte("float", *i)), rows(&|i| at(i) <= bound), "float <= {i}");
        assert_eq!(ids(Expression::eq("float", *i)), rows(&|i| at(i) == bound), "float == {i}");
    }
}

pub(crate) fn json(value: &serde_json::Value) -> Value {
    match value {
        serde_json::Value::Null => Value::Null,
        serde_json::Value::Bool(value) => Value::Bool(*value),
        serde_json::Value::Number(number) => {
            number.as_i64().map_or_else(|| Value::Float(number.as_f64().unwrap()), Value::Int)
        }
        serde_json::Value::String(text) => text.as_str().into(),
        serde_json::Value::Array(list) => Value::List(list.iter().map(json).collect()),
        serde_json::Value::Object(map) => {
            Value::Map(map.iter().map(|(name, value)| (name.clone(), json(value))).collect())
        }
    }
}

#[test]
fn a_filter_is_read_as_it_is_said_and_refused_with_what_was_expected() {
    let mut lcg = Lcg(4);
    let (mut index, mut model) = (empty(), Model::new());
    add(&mut index, &mut model, &mut lcg, None, 40);
    let read = |text: &str| {
        let value = json(&serde_json::from_str(text).unwrap());
        Expression::from_value(&value)
            .and_then(|expression| index.filter_where(&expression).map(|_| expression))
    };
    assert_eq!(
        read(r#"{"year": {"gte": 2000, "lt": 2010}, "lang": "en"}"#).unwrap(),
        Expression::And(vec![
            Expression::eq("lang", "en"),
            Expression::gte("year", 2000),
            Expression::lt("year", 2010),
        ])
    );
    assert_eq!(
        read(r#"{"or": [{"year": {"between": [2000, 2010.5]}}, {"not": {"flag": {"ne": true}}}]}"#).unwrap(),
        Expression::Or(vec![Expression::between("year", 2000, 2010.5), Expression::ne("flag", true).not(),])
    );
    for (text, expected) in [
        ("[]", "a map of column names, and, or, not"),
        (
            r#"{"yaer": 1}"#,
            "columns of the index: day, flag, lang, meta, note, score, sizes, tags, weights, year",
        ),
        (r#"{"year": "2000"}"#, "a number for column \"year\" of type int"),
        (r#"{"lang": 3}"#, "a string for column \"lang\""),
        (r#"{"flag": {"gt": false}}"#, "eq, ne, in or exists with true or false for column \"flag\""),
        (r#"{"year": {"near": 3}}"#, "between, exists, prefix, contains or any for column \"year\""),
        (r#"{"day": 3}"#, "a time, or its ISO 8601 text, for column \"day\""),
        (r#"{"day": {"gt": "2024-02-30"}}"#, "a time of ISO 8601 for column \"day\""),
        (r#"{"tags": "red"}"#, "contains, any, a range or exists for column \"tags\" of type strings"),
        (r#"{"tags": {"contains": 3}}"#, "a string for column \"tags\""),
        (r#"{"sizes": {"any": 3}}"#, "a list for \"any\" of column \"sizes\""),
        (r#"{"sizes": {"prefix": "a"}}"#, "a column of texts for prefix"),
        (r#"{"lang": {"any": ["a"]}}"#, "a column of lists for any; in is for column \"lang\""),
        (r#"{"year": {"contains": 1}}"#, "a column of texts or lists for contains"),
        (r#"{"meta": {"eq": 1}}"#, "exists for column \"meta\" of type json, which is kept and returned"),
        (r#"{"year": {"in": 3}}"#, "a list for \"in\""),
        (r#"{"year": {"between": [3]}}"#, "[least, most]"),
        (r#"{"year": {"exists": 1}}"#, "true or false for \"exists\""),
        (r#"{"year": {}}"#, "a test of column \"year\""),
        (r#"{"year": null}"#, "\"exists\" asks for missing values"),
        (r#"{"year": {"eq": null}}"#, "a number for column \"year\""),
        (r#"{"and": {"year": 1}}"#, "a list of expressions for \"and\""),
    ] {
        match read(text).as_ref().map_err(Error::kind) {
            Err(ErrorKind::BadParameter { name: "filter", expected: said, .. }) => {
                assert!(said.contains(expected), "{text}: {said}");
            }
            other => panic!("{text}: {other:?}"),
        }
    }
    let nan = Expression::gt("score", f64::NAN);
    assert_eq!(index.filter_where(&nan).unwrap_err().code(), "bad_parameter");
    let mut deep = Value::Map(vec![]);
    for _ in 0..100 {
        deep = Value::Map(vec![("not".into(), deep)]);
    }
    assert_eq!(Expression::from_value(&deep).unwrap_err().code(), "bad_parameter");
}

#[test]
fn a_filter_from_before_values_changed_is_refused() {
    let mut index = Index::new(1, Params::new(Metric::L2sq)).unwrap();
    index.add_with_columns(&[1.0], None, &[("year", &[1.into()])], &mut |_, _| true).unwrap();
    let filter = index.filter_where(&Expression::eq("year", 1)).unwrap();
    index.set_columns(&[0], &[("year", &[2.into()])]).unwrap();
    let refused = index.search_filtered(&[1.0], 1, &SearchParams::default(), &filter);
    assert_eq!(refused.unwrap_err().code(), "bad_parameter");
}

fn one_column(values: &[Value]) -> Index {
    let mut index = Index::new(1, Params::default().storage(Storage::F32)).unwrap();
    let vectors: Vec<f32> = (0..values.len()).map(|i| i as f32).collect();
    index.add_with_columns(&vectors, None, &[("it", values)], &mut |_, _| true).unwrap();
    index
}

fn list_of(values: &[Value]) -> Value {
    Value::List(values.to_vec())
}

#[test]
fn the_values_say_the_type_of_their_column() {
    let map = Value::Map(vec![("a".into(), 1.into())]);
    for (values, kind) in [
        (vec![1.into(), Value::Null], ColumnType::Int),
        (vec![1.into(), 0.5.into()], ColumnType::Float),
        (vec![Value::DateTime(5), Value::Null], ColumnType::DateTime),
        (vec!["2024-01-01".into()], ColumnType::String),
        (vec![list_of(&[]), list_of(&[1.into()])], ColumnType::Ints),
        (vec![list_of(&[1.into()]), list_of(&[2.into(), 0.5.into()])], ColumnType::Floats),
        (vec![Value::Null, list_of(&["a".into()])], ColumnType::Strings),
        (vec![list_of(&[list_of(&[])])], ColumnType::Json),
        (vec![list_of(&[true.into()])], ColumnType::Json),
        (vec![list_of(&["a".into()]), map.clone()], ColumnType::Json),
        (vec![map.clone(), 3.into(), "x".into()], ColumnType::Json),
    ] {
        let index = one_column(&values);
        assert_eq!(index.columns(), [("it".to_owned(), kind)], "{values:?}");
        let index = Index::from_bytes(&index.to_bytes()).unwrap();
        let ids: Vec<u64> = (0..values.len() as u64).collect();
        let expected: Vec<Value> = match kind {
            ColumnType::Float => vec![1.0.into(), 0.5.into()],
            ColumnType::Floats => vec![list_of(&[1.0.into()]), list_of(&[2.0.into(), 0.5.into()])],
            _ => values,
        };
        assert_eq!(index.column("it", &ids).unwrap(), expected);
    }
    for (values, got) in [
        ([Value::Null, Value::Null], "missing values only"),
        ([list_of(&[]), Value::Null], "lists without elements only"),
        ([list_of(&["a".into()]), 3.into()], "got 3 in row 1; a column of type int takes it"),
        (
            [list_of(&["a".into(), 3.into()]), Value::Null],
            "got a list with 3 at place 1 in row 0; a column of type json takes it",
        ),
        (
            [list_of(&["a".into(), Value::Null]), Value::Null],
            "got a list with null at place 1 in row 0; a column of type json takes it",
        ),
        (
            [list_of(&[Value::DateTime(0)]), Value::Null],
            "got a list with 1970-01-01T00:00:00Z at place 0 in row 0",
        ),
        ([map, f64::INFINITY.into()], "got inf in row 1; a column of type float takes it"),
        ([3.into(), "a".into()], "got \"a\" in row 1; a column of type string takes it"),
    ] {
        let mut index = Index::new(1, Params::default()).unwrap();
        let error =
            index.add_with_columns(&[0.0, 1.0], None, &[("it", &values)], &mut |_, _| true).unwrap_err();
        assert!(error.to_string().contains(got) && error.to_string().contains("column \"it\""), "{error}");
        assert!(index.is_empty() && index.columns().is_empty());
    }
}

#[test]
fn whole_numbers_become_floats_when_another_number_comes_unless_one_would_be_rounded() {
    let lists = |value: Value| list_of(&[value, 7.into()]);
    for (of, kind, wide) in [
        (&(|value| value) as &dyn Fn(Value) -> Value, ColumnType::Int, ColumnType::Float),
        (&lists, ColumnType::Ints, ColumnType::Floats),
    ] {
        for (largest, fits) in
            [(1 << 53, true), (-(1 << 53), true), ((1 << 53) + 1, false), (i64::MIN, false)]
        {
            // Once among the packed rows, once among those that came late.
            for rest in [false, true] {
                for (ids, vectors) in [(None, [9.0_f32]), (Some([0_u64]), [0.0])] {
                    let mut index = one_column(&[of(5.into()), of(Value::Int(largest)), Value::Null]);
                    if rest {
                        index.compact().unwrap();
                    }
                    let bytes = index.to_bytes();
                    let new = [of(0.5.into())];
                    let widened = match ids {
                        None => index
                            .add_with_columns(&vectors, None, &[("it", &new)], &mut |_, _| true)
                            .map(drop),
                        Some(ids) => index.set_columns(&ids, &[("it", &new)]),
                    };
                    if !fits {
                        let error = widened.unwrap_err().to_string();
                        assert!(
                            error.contains("beyond 2^53") && error.contains("in row 0; a column of type"),
                            "{error}"
                        );
                        assert_eq!(index.columns()[0].1, kind);
                        assert_eq!(index.to_bytes(), bytes);
                        continue;
                    }
                    widened.unwrap();
                    assert_eq!(index.columns()[0].1, wide);
                    let largest = Value::Float(largest as f64);
                    let seven = |value: Value| {
                        if kind == ColumnType::Ints { list_of(&[value, 7.0.into()]) } else { value }
                    };
                    let there = index.column("it", &[1, 2]).unwrap();
                    assert_eq!(there, [seven(largest), Value::Null]);
                    let changed = ids.map_or(3, |ids| ids[0]);
                    assert_eq!(index.get(changed).unwrap()[0].1, seven(0.5.into()));
                    let again = Index::from_bytes(&index.to_bytes()).unwrap();
                    assert_eq!(
                        again.column("it", &[1, changed]).unwrap(),
                        index.column("it", &[1, changed]).unwrap()
                    );
                }
            }
        }
    }
    let mut index = one_column(&[1.into()]);
    let both: [Value; 2] = [0.5.into(), Value::Int((1 << 53) + 1)];
    let error = index.add_with_columns(&[1.0, 2.0], None, &[("it", &both)], &mut |_, _| true).unwrap_err();
    assert!(error.to_string().contains("got 9007199254740993 in row 1"), "{error}");
    assert_eq!(index.columns()[0].1, ColumnType::Int);
}

#[test]
fn a_column_that_a_later_add_brings_is_missing_in_the_rows_before() {
    let mut index = one_column(&[1.into(), 2.into()]);
    let tags = [list_of(&["a".into()]), list_of(&[])];
    index.add_with_columns(&[5.0, 6.0], Some(&[9, 8]), &[("tags", &tags)], &mut |_, _| true).unwrap();
    assert_eq!(
        index.columns(),
        [("it".to_owned(), ColumnType::Int), ("tags".to_owned(), ColumnType::Strings)]
    );
    let expected = [Value::Null, Value::Null, list_of(&[]), list_of(&["a".into()])];
    for index in [&index, &Index::from_bytes(&index.to_bytes()).unwrap()] {
        assert_eq!(index.column("tags", &[0, 1, 8, 9]).unwrap(), expected);
        assert_eq!(index.column("it", &[8, 1]).unwrap(), [Value::Null, 2.into()]);
    }
    assert_eq!(allowed(&index, &Expression::exists("tags", false)), [0, 1]);
    assert_eq!(
        allowed(&index, &Expression::exists("tags", true).and(Expression::contains("tags", "a").not())),
        [8]
    );
}
