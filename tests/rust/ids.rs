//! Do integers and strings do as ids what a plain map does?

use crate::lcg::Lcg;
use nearfold::columns::{ColumnType, Expression, Value};
use nearfold::error::Id;
use nearfold::near::{IdKind, IdList, Missing};
use nearfold::{ErrorKind, Index, Metric, Params, SearchParams, Storage};
use std::collections::BTreeMap;

fn index(dim: usize) -> Index {
    Index::new(dim, Params::new(Metric::L2sq).storage(Storage::F32).ef_construction(40)).unwrap()
}

fn strings(ids: &[&str]) -> IdList {
    IdList::Strings(ids.iter().map(|id| (*id).to_owned()).collect())
}

/// Adds ids with vectors of one component.
fn add(index: &mut Index, vectors: &[f32], ids: &IdList) -> nearfold::Result<IdList> {
    index.add_ids(vectors, Some(ids), &[], &mut |_, _| true)
}

fn reopened(index: &Index) -> Index {
    let bytes = index.to_bytes();
    let opened = Index::from_bytes(&bytes).unwrap();
    assert_eq!(opened.to_bytes(), bytes);
    opened
}

/// An id in the order that ties have.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Key {
    Int(u64),
    String(String),
}

fn list(keys: &[Key]) -> IdList {
    match keys.first() {
        Some(Key::String(_)) => IdList::Strings(
            keys.iter().map(|key| if let Key::String(id) = key { id.clone() } else { panic!() }).collect(),
        ),
        _ => {
            IdList::Ints(keys.iter().map(|key| if let Key::Int(id) = key { *id } else { panic!() }).collect())
        }
    }
}

fn unlisted(list: IdList) -> Vec<Key> {
    match list {
        IdList::Ints(ids) => ids.into_iter().map(Key::Int).collect(),
        IdList::Strings(ids) => ids.into_iter().map(Key::String).collect(),
    }
}

#[derive(Clone, Debug, PartialEq)]
struct Row {
    vector: Vec<f32>,
    tag: Value,
    name: Value,
}

/// An index, and a map that says what it should hold.
struct Pair {
    index: Index,
    rows: BTreeMap<Key, Row>,
    kind: IdKind,
    dim: usize,
    /// Components are whole numbers below this: sums of their squares are exact.
    grid: usize,
    /// How many different ids are used.
    pool: usize,
    next: u64,
    random: Lcg,
}

impl Pair {
    fn key(&mut self) -> Key {
        let i = self.random.below(self.pool);
        match self.kind {
            // Some lie close together, some far apart, some beyond what a signed number holds.
            IdKind::Int if i.is_multiple_of(3) => Key::Int((1 << 63) + i as u64 * 1_000_003),
            IdKind::Int => Key::Int(i as u64),
            // U+FF5E comes before U+1F600 in UTF-8, and after it in UTF-16.
            IdKind::String => {
                Key::String(format!("{}{i}", ["", "/a/b c/", "\u{ff5e}", "\u{1f600}", "é"][i % 5]))
            }
        }
    }

    /// Up to `n` different ids.
    fn keys(&mut self, n: usize) -> Vec<Key> {
        let mut keys: Vec<Key> = Vec::new();
        for _ in 0..self.random.below(n) + 1 {
            let key = self.key();
            if !keys.contains(&key) {
                keys.push(key);
            }
        }
        keys
    }

    fn vectors(&mut self, n: usize) -> Vec<f32> {
        (0..n * self.dim).map(|_| self.random.below(self.grid) as f32).collect()
    }

    /// Values of the column `tag`, and of `name`.
    fn values(&mut self, n: usize) -> (Vec<Value>, Vec<Value>) {
        let value = |random: &mut Lcg| random.below(5) as i64;
        let tags = (0..n).map(|_| match value(&mut self.random) {
            4 => Value::Null,
            tag => Value::Int(tag),
        });
        let tags = tags.collect();
        let names = (0..n).map(|_| Value::String(format!("n{}", value(&mut self.random)))).collect();
        (tags, names)
    }

    fn step(&mut self) {
        let keys = self.keys(6);
        let vectors = self.vectors(keys.len());
        let (tags, names) = self.values(keys.len());
        let all: &[(&str, &[Value])] = &[("tag", &tags), ("name", &names)];
        let there = keys.iter().all(|key| self.rows.contains_key(key));
        let absent = keys.iter().all(|key| !self.rows.contains_key(key));
        let row = |i: usize| Row {
            vector: vectors[i * self.dim..][..self.dim].to_vec(),
            tag: tags[i].clone(),
            name: names[i].clone(),
        };
        match self.random.below(100) {
            0..15 => {
                let added = self.index.add_ids(&vectors, Some(&list(&keys)), all, &mut |_, _| true);
                assert_eq!(added.is_ok(), absent, "{added:?}");
                if absent {
                    assert_eq!(added, Ok(list(&keys)));
                    self.rows.extend(keys.iter().cloned().zip((0..).map(row)));
                    self.note(&keys);
                }
            }
            15..18 if self.kind == IdKind::Int => {
                let added = self.index.add_ids(&vectors, None, all, &mut |_, _| true).unwrap();
                let keys: Vec<Key> = (self.next..self.next + keys.len() as u64).map(Key::Int).collect();
                assert_eq!(added, list(&keys));
                self.rows.extend(keys.iter().cloned().zip((0..).map(row)));
                self.note(&keys);
            }
            15..35 => {
                let fresh = keys.iter().filter(|key| !self.rows.contains_key(key)).count();
                let part = if self.random.below(2) == 0 { all } else { &all[..1] };
                assert_eq!(self.index.upsert(&vectors, &list(&keys), part), Ok(fresh));
                for (i, key) in keys.iter().enumerate() {
                    let old = self.rows.get(key).map_or(Value::Null, |old| old.name.clone());
                    let name = if part.len() == 2 { names[i].clone() } else { old };
                    self.rows.insert(key.clone(), Row { name, ..row(i) });
                }
                self.note(&keys);
            }
            35..45 => {
                let Ok(found) = self.index.keys(&list(&keys)) else {
                    assert!(!there);
                    return;
                };
                assert!(there);
                self.index.update_with_columns(&vectors, &found, &all[1..]).unwrap();
                for (i, key) in keys.iter().enumerate() {
                    let tag = self.rows[key].tag.clone();
                    self.rows.insert(key.clone(), Row { tag, ..row(i) });
                }
            }
            45..65 => {
                let missing = if self.random.below(3) == 0 { Missing::Error } else { Missing::Ignore };
                let removed = self.index.remove_ids(&list(&keys), missing);
                if missing == Missing::Error && !there {
                    assert!(matches!(removed.unwrap_err().kind(), ErrorKind::IdNotFound { .. }));
                    return;
                }
                let before = self.rows.len();
                keys.iter().for_each(|key| drop(self.rows.remove(key)));
                assert_eq!(removed, Ok(before - self.rows.len()));
            }
            65..70 => {
                let Ok(found) = self.index.keys(&list(&keys)) else { return };
                self.index.set_columns(&found, &all[..1]).unwrap();
                for (i, key) in keys.iter().enumerate() {
                    self.rows.get_mut(key).unwrap().tag = tags[i].clone();
                }
            }
            70..78 => self.look(&keys),
            78..94 => self.search(&keys),
            94..97 => self.index = reopened(&self.index),
            97 => self.index.compact().unwrap(),
            _ => self.compare(),
        }
    }

    fn note(&mut self, keys: &[Key]) {
        for key in keys {
            if let Key::Int(id) = key {
                self.next = self.next.max(id + 1);
            }
        }
    }

    /// Looks for ids.
    fn look(&self, keys: &[Key]) {
        let found = self.index.look_up(&list(keys)).unwrap();
        for (key, found) in keys.iter().zip(found) {
            assert_eq!(found.is_some(), self.rows.contains_key(key));
            let (Some(found), Some(row)) = (found, self.rows.get(key)) else { continue };
            assert!(self.index.contains(found));
            assert_eq!(self.index.vectors(&[found, found]).unwrap(), [&row.vector[..], &row.vector].concat());
            let values = [("name".to_owned(), row.name.clone()), ("tag".to_owned(), row.tag.clone())];
            assert_eq!(self.index.get(found).unwrap(), values);
        }
    }

    /// Compares what lies within a radius, in order, with and without filters.
    fn search(&mut self, keys: &[Key]) {
        let query = self.vectors(1);
        let radius = self.random.below(self.grid * self.grid) as f32;
        let distance = |row: &Row| row.vector.iter().zip(&query).map(|(a, b)| (a - b) * (a - b)).sum::<f32>();
        let expected = |allowed: &dyn Fn(&Key, &Row) -> bool| {
            let mut near: Vec<(f32, Key)> = self
                .rows
                .iter()
                .filter(|(key, row)| distance(row) <= radius && allowed(key, row))
                .map(|(key, row)| (distance(row), key.clone()))
                .collect();
            near.sort_by(|a, b| a.partial_cmp(b).unwrap());
            near.into_iter().map(|(_, key)| key).collect::<Vec<Key>>()
        };
        let index = &self.index;
        // Every vector is compared: a graph of so few may leave some out.
        let exact = SearchParams::default().exact(true);
        let found = index.search_radius(&query, radius, &exact).unwrap();
        let within = expected(&|_, _| true);
        assert_eq!(unlisted(index.named(&found.ids)), within);
        if !within.is_empty() {
            let found = index.search(&query, within.len(), &exact).unwrap();
            assert_eq!(unlisted(index.named(&found.ids)), within);
        }
        let filter = index.filter_id_list(&list(keys)).unwrap();
        let found = index.search_radius_filtered(&query, radius, &exact, &filter).unwrap();
        assert_eq!(unlisted(index.named(&found.ids)), expected(&|key, _| keys.contains(key)));
        let filter = index.filter_where(&Expression::gte("tag", 2)).unwrap();
        let found = index.search_radius_filtered(&query, radius, &exact, &filter).unwrap();
        let large = |row: &Row| matches!(row.tag, Value::Int(tag) if tag >= 2);
        assert_eq!(unlisted(index.named(&found.ids)), expected(&|_, row| large(row)));
        let tags = index.column("tag", &found.ids).unwrap();
        assert!(tags.iter().all(|tag| matches!(tag, Value::Int(tag) if *tag >= 2)));
    }

    fn compare(&self) {
        let keys: Vec<Key> = self.rows.keys().cloned().collect();
        assert_eq!(unlisted(self.index.id_list()), keys);
        self.look(&keys);
        self.index.verify().unwrap();
    }
}

fn run(kind: IdKind, dim: usize, grid: usize, pool: usize, steps: usize) -> Pair {
    let random = Lcg(steps as u64);
    let mut index = index(dim);
    index.add_column("tag", ColumnType::Int).unwrap();
    index.add_column("name", ColumnType::String).unwrap();
    let mut pair = Pair { index, rows: BTreeMap::new(), kind, dim, grid, pool, next: 0, random };
    (0..steps).for_each(|_| pair.step());
    pair.compare();
    pair
}

#[test]
fn twenty_thousand_random_operations_leave_what_a_plain_map_holds() {
    for kind in [IdKind::Int, IdKind::String] {
        // So few vectors that most ids share theirs with others.
        run(kind, 3, 4, 120, 20_000);
        run(kind, 4, 12, 600, 6_000);
    }
}

#[test]
fn an_index_with_links_keeps_its_ids_through_random_operations() {
    for kind in [IdKind::Int, IdKind::String] {
        let mut pair = Pair {
            index: index(6),
            rows: BTreeMap::new(),
            kind,
            dim: 6,
            grid: 20,
            pool: 3600,
            next: 0,
            random: Lcg(3),
        };
        while pair.rows.len() < 2600 {
            let keys = pair.keys(600);
            let vectors = pair.vectors(keys.len());
            let (tags, names) = pair.values(keys.len());
            pair.index.upsert(&vectors, &list(&keys), &[("tag", &tags), ("name", &names)]).unwrap();
            for (i, key) in keys.iter().enumerate() {
                let vector = vectors[i * 6..][..6].to_vec();
                pair.rows.insert(key.clone(), Row { vector, tag: tags[i].clone(), name: names[i].clone() });
            }
            pair.note(&keys);
        }
        (0..250).for_each(|_| pair.step());
        pair.compare();
        pair.index.compact().unwrap();
        let changed = pair.index.memory().ids as f64;
        pair.compare();
        // After compact it takes what one takes that was never changed.
        let mut fresh = index(6);
        let keys: Vec<Key> = pair.rows.keys().cloned().collect();
        let column = |of: fn(&Row) -> Value| pair.rows.values().map(of).collect::<Vec<Value>>();
        let (tags, names) = (column(|row| row.tag.clone()), column(|row| row.name.clone()));
        let vectors: Vec<f32> = pair.rows.values().flat_map(|row| row.vector.clone()).collect();
        let columns: &[(&str, &[Value])] = &[("tag", &tags), ("name", &names)];
        fresh.add_ids(&vectors, Some(&list(&keys)), columns, &mut |_, _| true).unwrap();
        fresh.compact().unwrap();
        let fresh = fresh.memory().ids as f64;
        assert!(changed <= 1.05 * fresh, "{kind:?}: {changed} bytes of ids, and {fresh} of a fresh index");
    }
}

#[test]
fn the_first_ids_that_come_to_an_empty_index_decide_what_it_holds() {
    let mut both = index(1);
    assert_eq!(both.id_kind(), None);
    assert_eq!(both.look_up(&strings(&["a"])).unwrap(), [None]);
    add(&mut both, &[1.0], &strings(&["a"])).unwrap();
    assert_eq!(both.id_kind(), Some(IdKind::String));
    for (refused, got) in [
        (both.add(&[2.0], None).map(drop), "integers"),
        (both.add_ids(&[2.0], None, &[], &mut |_, _| true).map(drop), "none"),
        (both.look_up(&IdList::Ints(vec![0])).map(drop), "integers"),
        (both.upsert(&[2.0], &IdList::Ints(vec![0]), &[]).map(drop), "integers"),
        (both.remove_ids(&IdList::Ints(vec![0]), Missing::Ignore).map(drop), "integers"),
    ] {
        assert_eq!(
            refused.unwrap_err().to_string(),
            format!("ids: expected strings, as the index holds, got {got}")
        );
    }
    assert!(both.filter_mask(&[true]).is_err());
    // Of no ids nobody can say what they are.
    assert_eq!(both.remove_ids(&IdList::Ints(vec![]), Missing::Error), Ok(0));
    assert_eq!(both.remove_ids(&strings(&["a"]), Missing::Error), Ok(1));
    assert_eq!(both.id_kind(), None);
    assert_eq!(reopened(&both).id_kind(), None);
    assert_eq!(both.add(&[3.0, 4.0], None).unwrap(), [0, 1]);
    assert_eq!(both.id_kind(), Some(IdKind::Int));
    let refused = add(&mut both, &[2.0], &strings(&["b"])).unwrap_err();
    assert_eq!(refused.to_string(), "ids: expected integers, as the index holds, got strings");
}

#[test]
fn an_add_that_is_refused_leaves_an_empty_index_as_it_was() {
    let mut index = index(1);
    index.add(&[0.0, 1.0], Some(&[5, 9])).unwrap();
    index.remove(&[5, 9]).unwrap();
    assert!(add(&mut index, &[f32::NAN], &strings(&["a"])).is_err());
    assert!(add(&mut index, &[1.0, 2.0], &strings(&["a"])).is_err());
    // The next integer is above all that there ever were.
    assert_eq!(index.add(&[2.0], None).unwrap(), [10]);
}

#[test]
fn a_string_that_is_empty_too_long_or_there_twice_is_refused_and_nothing_changes() {
    let mut index = index(1);
    add(&mut index, &[1.0, 2.0], &strings(&["a", "b"])).unwrap();
    let before = index.to_bytes();
    let longest = "x".repeat(65_535);
    for (ids, text) in [
        (strings(&["c", ""]), "ids: expected strings of 1 to 65535 bytes, got an empty one in row 1"),
        (
            strings(&[&format!("{longest}x"), "c"]),
            "ids: expected strings of 1 to 65535 bytes, got one of 65536 bytes in row 0",
        ),
        (strings(&["c", "c"]), "id \"c\" is given twice: give each id once"),
        (
            strings(&["c", "b"]),
            "id \"b\" is already in the index: use upsert to replace it, or remove it first",
        ),
        (strings(&["c"]), "shape: expected (2,) ids, got (1,)"),
    ] {
        assert_eq!(add(&mut index, &[3.0, 4.0], &ids).unwrap_err().to_string(), text);
        assert_eq!(index.to_bytes(), before);
    }
    for (ids, code) in [
        (strings(&["b", "b"]), "duplicate_id"),
        (strings(&["b", "c", "c"]), "duplicate_id"),
        (strings(&["b", ""]), "bad_parameter"),
    ] {
        let vectors = vec![3.0; ids.len()];
        assert_eq!(index.upsert(&vectors, &ids, &[]).unwrap_err().code(), code);
        assert_eq!(index.to_bytes(), before);
    }
    let gone = index.remove_ids(&strings(&["a", "z"]), Missing::Error).unwrap_err();
    assert_eq!(*gone.kind(), ErrorKind::IdNotFound { id: Id::String("z".into()) });
    let twice = index.remove_ids(&strings(&["a", "a"]), Missing::Ignore).unwrap_err();
    assert_eq!(twice.to_string(), "id \"a\" is given twice: give each id once");
    assert_eq!(index.to_bytes(), before);
    add(&mut index, &[3.0], &strings(&[&longest])).unwrap();
    assert_eq!(reopened(&index).id_list(), strings(&["a", "b", &longest]));
}

#[test]
fn equal_distances_come_in_the_order_of_the_bytes_of_their_strings() {
    let mut index = index(1);
    // In UTF-16 the last two would change places, and so would letters of other cases in some languages.
    let ids = ["\u{1f600}", "b", "\u{ff5e}", "B", "a", "ä", "aa"];
    add(&mut index, &[1.0, -1.0, 1.0, -1.0, 1.0, -1.0, 1.0], &strings(&ids)).unwrap();
    let sorted = strings(&["B", "a", "aa", "b", "ä", "\u{ff5e}", "\u{1f600}"]);
    for index in [&index, &reopened(&index)] {
        let all = index.search(&[0.0], 7, &SearchParams::default()).unwrap();
        assert_eq!(index.named(&all.ids), sorted);
        assert_eq!(index.id_list(), sorted);
        // All ids of one vector: the first of them are returned.
        let first = index.search(&[1.0], 2, &SearchParams::default()).unwrap();
        assert_eq!(index.named(&first.ids), strings(&["a", "aa"]));
    }
}

#[test]
fn an_upsert_of_integers_counts_what_is_new_and_keeps_values_that_are_not_named() {
    let mut index = index(1);
    let (red, old) = ([Value::from("red"), Value::from("red")], [Value::from(1), Value::from(2)]);
    index
        .add_with_columns(&[0.0, 1.0], Some(&[3, 4]), &[("colour", &red), ("year", &old)], &mut |_, _| true)
        .unwrap();
    let years = [Value::from(7), Value::from(8)];
    assert_eq!(index.upsert(&[5.0, 6.0], &IdList::Ints(vec![4, 9]), &[("year", &years)]), Ok(1));
    assert_eq!(index.vectors(&[3, 4, 9]), Ok(vec![0.0, 5.0, 6.0]));
    assert_eq!(index.column("colour", &[3, 4, 9]).unwrap(), ["red".into(), "red".into(), Value::Null]);
    assert_eq!(index.column("year", &[3, 4, 9]).unwrap(), [1.into(), 7.into(), Value::from(8)]);
    for (vectors, ids, code) in [
        (vec![1.0], vec![4, 5], "shape_mismatch"),
        (vec![1.0, f32::NAN], vec![4, 5], "not_finite"),
        (vec![1.0, 2.0], vec![4, u64::MAX], "bad_parameter"),
        (vec![1.0, 2.0], vec![4, 4], "duplicate_id"),
    ] {
        let before = index.to_bytes();
        assert_eq!(index.upsert(&vectors, &IdList::Ints(ids), &[]).unwrap_err().code(), code);
        assert_eq!(index.to_bytes(), before);
    }
    let other = [Value::from("one"), Value::from("two")];
    assert!(index.upsert(&[5.0, 6.0], &IdList::Ints(vec![4, 9]), &[("year", &other)]).is_err());
    assert_eq!(index.vectors(&[4]), Ok(vec![5.0]));
}

#[test]
fn an_add_of_strings_that_is_stopped_keeps_the_strings_of_what_was_linked() {
    let mut index = index(2);
    let mut random = Lcg(1);
    let vectors: Vec<f32> = (0..2 * 6000).map(|_| random.next_f32()).collect();
    let ids: Vec<String> = (0..6000).map(|i| format!("id-{i}")).collect();
    let mut asked = 0;
    let added = index.add_ids(&vectors, Some(&IdList::Strings(ids)), &[], &mut |_, _| {
        asked += 1;
        asked < 3
    });
    let IdList::Strings(added) = added.unwrap() else { panic!("integers") };
    assert!((1..6000).contains(&added.len()), "{}", added.len());
    assert_eq!(index.len(), added.len());
    index.verify().unwrap();
    let last = IdList::from(["id-5999"]);
    assert_eq!(index.look_up(&last).unwrap(), [None]);
    add(&mut index, &[7.0, 7.0], &last).unwrap();
    let found = index.search(&[7.0, 7.0], 1, &SearchParams::default()).unwrap();
    assert_eq!(reopened(&index).named(&found.ids), last);
}

#[test]
fn a_file_that_is_only_searched_makes_no_map_of_its_ids() {
    let mut index = index(2);
    let mut random = Lcg(1);
    let vectors: Vec<f32> = (0..2 * 3000).map(|_| random.next_f32()).collect();
    let ids: Vec<String> = (0..3000).map(|i| format!("id-{i}")).collect();
    add(&mut index, &vectors, &IdList::Strings(ids)).unwrap();
    let opened = reopened(&index);
    let (before, keys) = (opened.memory().ids, opened.search(&[0.1, 0.1], 10, &SearchParams::default()));
    let named = opened.named(&keys.unwrap().ids);
    assert_eq!(opened.memory().ids, before);
    assert_eq!(opened.look_up(&named).unwrap().len(), 10);
    assert!(opened.memory().ids > before);
}
