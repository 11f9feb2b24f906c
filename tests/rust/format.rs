//! Is a damaged or hostile file refused, without a panic and without a wrong answer?

use crate::near::lcg;
use nearfold::columns::Value;
use nearfold::near::IdList;
use nearfold::{Error, ErrorKind, Index, Metric, Params, SearchParams, Storage};
use xxhash_rust::xxh3::xxh3_64;

const HEADER_LEN: usize = 128;

fn file(n: usize, dim: usize, metric: Metric, storage: Storage) -> Vec<u8> {
    file_of(n, dim, Params::new(metric).storage(storage))
}

fn file_of(n: usize, dim: usize, params: Params) -> Vec<u8> {
    let mut index = Index::new(dim, params.m(4).ef_construction(20)).unwrap();
    index.add(&lcg(n * dim, 1), None).unwrap();
    index.add(&lcg(2 * dim, 1), Some(&[100_000, 90_000])).unwrap();
    index.to_bytes()
}

/// The same file with a column of each type and form.
fn with_columns(bytes: &[u8]) -> Vec<u8> {
    let mut index = Index::from_bytes(bytes).unwrap();
    let n = index.len();
    let ids: Vec<u64> = (0..n as u64 - 2).chain([90_000, 100_000]).collect();
    let of = |value: &dyn Fn(usize) -> Value| (0..n).map(value).collect::<Vec<Value>>();
    let missing = |i: usize| i % 9 == 4;
    let list = |n: usize, item: &dyn Fn(usize) -> Value| Value::List((0..n).map(item).collect());
    let columns = [
        ("year", of(&|i| if missing(i) { Value::Null } else { (1990 + i as i64 % 40).into() })),
        ("far", of(&|i| ([i64::MIN, 5, i64::MAX][i % 3]).into())),
        ("same", of(&|_| 7.into())),
        ("score", of(&|i| (i as f64 / 3.0).into())),
        ("half", of(&|i| if missing(i) { Value::Null } else { (i as f64 / 2.0).into() })),
        ("lang", of(&|i| ["de", "en", "日本"][i % 3].into())),
        ("note", of(&|i| if missing(i) { Value::Null } else { format!("n{i}é").into() })),
        ("flag", of(&|i| if missing(i) { Value::Null } else { (i % 2 == 0).into() })),
        ("day", of(&|i| if missing(i) { Value::Null } else { Value::DateTime(i as i64 * 86_400_000_000) })),
        (
            "tags",
            of(&|i| if missing(i) { Value::Null } else { list(i % 4, &|j| ["a", "é", ""][j % 3].into()) }),
        ),
        ("sizes", of(&|i| list(i % 3, &|j| Value::Int((i * j) as i64)))),
        ("weights", of(&|i| list(i % 3, &|j| (j as f64 / 3.0).into()))),
        (
            "meta",
            of(&|i| {
                if missing(i) {
                    Value::Null
                } else {
                    Value::Map(vec![("i".into(), list(i % 3, &|_| Value::Null))])
                }
            }),
        ),
    ];
    let columns: Vec<(&str, &[Value])> = columns.iter().map(|(name, values)| (*name, &values[..])).collect();
    index.set_columns(&ids, &columns).unwrap();
    index.to_bytes()
}

fn u32_at(bytes: &[u8], at: usize) -> u32 {
    u32::from_le_bytes(bytes[at..at + 4].try_into().unwrap())
}

fn u64_at(bytes: &[u8], at: usize) -> u64 {
    u64::from_le_bytes(bytes[at..at + 8].try_into().unwrap())
}

/// Makes the checksums right again, where the table still points into the file.
fn seal(bytes: &mut [u8]) {
    let table_end = HEADER_LEN as u64 + u64::from(u32_at(bytes, 12)) * 32;
    if table_end > bytes.len() as u64 {
        return;
    }
    let table_end = table_end as usize;
    for entry in (HEADER_LEN..table_end).step_by(32) {
        let (offset, len) = (u64_at(bytes, entry + 8) as usize, u64_at(bytes, entry + 16) as usize);
        if let Some(section) = offset.checked_add(len).and_then(|end| bytes.get(offset..end)) {
            let checksum = xxh3_64(section);
            bytes[entry + 24..entry + 32].copy_from_slice(&checksum.to_le_bytes());
        }
    }
    bytes[120..128].fill(0);
    let checksum = xxh3_64(&bytes[..table_end]);
    bytes[120..128].copy_from_slice(&checksum.to_le_bytes());
}

fn assert_refused(bytes: &[u8], what: &str) {
    match Index::from_bytes(bytes).as_ref().map_err(Error::kind) {
        Err(ErrorKind::Corrupt { .. } | ErrorKind::UnsupportedVersion { .. }) => {}
        Err(other) => panic!("{what}: {other}"),
        Ok(_) => panic!("{what}: opened"),
    }
}

#[test]
fn a_file_cut_short_anywhere_or_with_bytes_after_its_end_is_refused() {
    let bytes = file(60, 5, Metric::L2sq, Storage::I8);
    for len in 0..bytes.len() {
        assert_refused(&bytes[..len], &format!("cut to {len}"));
    }
    assert_refused(&[bytes.clone(), vec![0]].concat(), "one byte more");
    let columns = with_columns(&bytes);
    for len in bytes.len()..columns.len() {
        assert_refused(&columns[..len], &format!("columns cut to {len}"));
    }
    let large = file(2100, 3, Metric::L2sq, Storage::F32);
    for len in (0..large.len()).step_by(97) {
        assert_refused(&large[..len], &format!("cut to {len}"));
    }
}

#[test]
fn a_file_with_any_one_byte_changed_is_refused() {
    for (storage, rerank) in [
        (Storage::F32, None),
        (Storage::I8, None),
        (Storage::F16, None),
        (Storage::I4, None),
        (Storage::B1, Some(Storage::I4)),
        (Storage::B1, Some(Storage::I8)),
        (Storage::I8, Some(Storage::F16)),
    ] {
        let mut bytes = file_of(60, 5, Params::new(Metric::Cosine).storage(storage).rerank(rerank));
        for at in 0..bytes.len() {
            for change in [1, 0x80, 0xff] {
                bytes[at] ^= change;
                assert_refused(&bytes, &format!("byte {at} ^ {change}"));
                bytes[at] ^= change;
            }
        }
    }
}

/// Every number of the file is finite, and what they stand for together is not.
#[test]
fn a_vector_that_a_files_scale_makes_infinite_is_counted_by_health_and_harms_nobody() {
    let params = Params::default().storage(Storage::I8).m(4).ef_construction(20);
    let mut index = Index::new(2, params).unwrap();
    // As many as it takes to be encoded, and three of them stay.
    index.add(&lcg(2100 * 2, 1), None).unwrap();
    index.add(&[1.5, 0.25, 2.5, 1.25, 0.5, -0.75], None).unwrap();
    index.remove(&(0..2100).collect::<Vec<u64>>()).unwrap();
    let mut bytes = index.to_bytes();
    let scale = f32::MAX.to_le_bytes();
    // The second section is that of the scales.
    let at = u64_at(&bytes, 128 + 32 + 8) as usize;
    assert_eq!(u32_at(&bytes, 128 + 32), 2);
    bytes[at..at + 4].copy_from_slice(&scale);
    seal(&mut bytes);
    let opened = Index::from_bytes(&bytes).unwrap();
    let (before, health) = (index.health(), opened.health());
    assert_eq!((before.not_finite, health.not_finite, health.nodes), (0, 1, 3));
    assert!(health.norm_max < 4.0, "{health:?}");
    let found = opened.search(&[1.5, 0.25], 3, &SearchParams::default()).unwrap();
    assert_eq!(found.ids[2], 2100, "the farthest of all: {found:?}");
    opened.search_radius(&[1.5, 0.25], f32::INFINITY, &SearchParams::default()).unwrap();
}

#[test]
fn the_length_of_a_file_stands_in_its_head() {
    let bytes = file(300, 3, Metric::L2sq, Storage::I8);
    assert_eq!(Index::file_len(&bytes[..Index::HEAD_LEN]), Some(bytes.len() as u64));
    assert_eq!(Index::file_len(&bytes[..Index::HEAD_LEN - 1]), None);
    assert_eq!(Index::file_len(&[0; Index::HEAD_LEN]), None);
}

#[test]
fn an_unknown_section_is_skipped_when_it_is_optional_and_refused_when_not() {
    for (flags, opens) in [(1u32, true), (0, false)] {
        let mut bytes = with_columns(&file(60, 5, Metric::L2sq, Storage::F32));
        let expected = Index::from_bytes(&bytes).unwrap();
        let sections = u32_at(&bytes, 12);
        let table_end = HEADER_LEN + sections as usize * 32;
        // The table of this file leaves room for one more entry before the first section.
        assert!(u64_at(&bytes, HEADER_LEN + 8) as usize >= table_end + 32);
        bytes.resize(bytes.len().next_multiple_of(64), 0);
        let offset = bytes.len() as u64;
        bytes.extend([7; 10]);
        bytes[table_end..table_end + 4].copy_from_slice(&999u32.to_le_bytes());
        bytes[table_end + 4..table_end + 8].copy_from_slice(&flags.to_le_bytes());
        bytes[table_end + 8..table_end + 16].copy_from_slice(&offset.to_le_bytes());
        bytes[table_end + 16..table_end + 24].copy_from_slice(&10u64.to_le_bytes());
        bytes[12..16].copy_from_slice(&(sections + 1).to_le_bytes());
        let len = bytes.len() as u64;
        bytes[16..24].copy_from_slice(&len.to_le_bytes());
        seal(&mut bytes);
        match Index::from_bytes(&bytes) {
            Ok(index) => assert!(opens && index.to_bytes() == expected.to_bytes()),
            Err(error) => assert!(!opens, "{error}"),
        }
    }
}

#[test]
fn a_copy_for_re_ranking_that_does_not_fit_the_header_is_refused() {
    let with = |storage, rerank: Option<Storage>| {
        file_of(2100, 3, Params::new(Metric::L2sq).storage(storage).rerank(rerank))
    };
    let mutant = |mut bytes: Vec<u8>, at: usize, value: u8, what: &str| {
        bytes[at] = value;
        seal(&mut bytes);
        match Index::from_bytes(&bytes).as_ref().map_err(Error::kind) {
            Err(ErrorKind::Corrupt { why, .. }) => assert!(why.contains(what), "{why}"),
            other => panic!("{what}: {:?}", other.map(|index| index.len())),
        }
    };
    mutant(with(Storage::I8, None), 72, 1, "not those of 2100 rows");
    mutant(with(Storage::I8, None), 72, 2, "not finer than i8");
    mutant(with(Storage::I8, None), 72, 9, "rerank 9 is unknown");
    mutant(with(Storage::I8, Some(Storage::F32)), 72, 0, "the header says that there are none");
    mutant(with(Storage::I8, Some(Storage::F32)), 72, 3, "not those of 2100 rows");
    mutant(with(Storage::B1, Some(Storage::I8)), 72, 1, "has none");
    mutant(with(Storage::F16, None), 29, 3, "not those of 2100 rows");
    mutant(with(Storage::B1, None), 29, 2, "has none");
    mutant(with(Storage::B1, None), 44, 0, "zero vector");
    mutant(with(Storage::I8, None), 73, 0, "not what was asked for");
    mutant(with(Storage::I8, None), 73, 9, "storage 9 is unknown");
    mutant(with(Storage::I8, Some(Storage::F32)), 74, 3, "not what was asked for");
    // The half of a byte behind the last component.
    let bytes = with(Storage::I4, None);
    let at = u64_at(&bytes, HEADER_LEN + 8) as usize;
    mutant(bytes, at + 1, 0x10, "is not zero");
    // A half that is infinite, in the first row.
    let bytes = with(Storage::F16, None);
    let at = u64_at(&bytes, HEADER_LEN + 8) as usize;
    mutant(bytes, at + 1, 0x7c, "expected finite numbers");
    // A negative factor.
    let bytes = with(Storage::B1, Some(Storage::I8));
    let entries = (0..u32_at(&bytes, 12) as usize).map(|i| HEADER_LEN + 32 * i);
    let at = entries
        .filter(|entry| u32_at(&bytes, *entry) == 11)
        .map(|entry| u64_at(&bytes, entry + 8))
        .sum::<u64>();
    mutant(bytes, at as usize + 3, 0xbf, "none negative, got -");
}

#[test]
fn a_file_of_a_later_version_says_so() {
    let mut bytes = file(10, 2, Metric::L2sq, Storage::F32);
    bytes[8] = 3;
    assert_eq!(
        Index::from_bytes(&bytes).unwrap_err(),
        Error::from(ErrorKind::UnsupportedVersion { expected: 2, got: 3 })
    );
}

#[test]
fn the_header_of_a_file_stands_where_the_document_says() {
    let bytes = file_of(2100, 3, Params::new(Metric::Cosine).storage(Storage::I8).rerank(Storage::F32));
    let document = include_str!("../../docs/FORMAT.md");
    let expected = [
        ("version", 2),
        ("sections", 10),
        ("len_bytes", bytes.len() as u64),
        ("dim", 3),
        ("metric", 2),
        ("storage", 1),
        ("m", 4),
        ("ef_construction", 20),
        ("ids", 2102),
        ("next_id", 100_001),
        ("rerank", 1),
        ("asked", 1),
        ("asked_rerank", 1),
    ];
    for (name, value) in expected {
        let row = document.lines().find(|line| line.contains(&format!("| {name} |"))).expect(name);
        let cells: Vec<&str> = row.split('|').map(str::trim).collect();
        let at: usize = cells[1].parse().unwrap();
        let width = match cells[2] {
            "`u8`" => 1,
            "`u16`" => 2,
            "`u32`" => 4,
            _ => 8,
        };
        let mut field = [0; 8];
        field[..width].copy_from_slice(&bytes[at..at + width]);
        assert_eq!(u64::from_le_bytes(field), value, "{name}");
    }
}

#[test]
fn hostile_ids_with_right_checksums_are_refused_for_what_is_wrong() {
    let mut index = Index::new(1, Params::new(Metric::L2sq).storage(Storage::F32)).unwrap();
    index.add(&[0.0, 1.0, 2.0, 3.0, 1.0, 3.0, 1.0], Some(&[5, 9, 4, 8, 300, 7, 20])).unwrap();
    let bytes = index.to_bytes();
    let table_end = HEADER_LEN + u32_at(&bytes, 12) as usize * 32;
    let entry = |back: usize| table_end - 32 * back;
    assert_eq!((u32_at(&bytes, entry(2)), u32_at(&bytes, entry(1))), (5, 6));
    let (ids, further) = (u64_at(&bytes, entry(2) + 8) as usize, u64_at(&bytes, entry(1) + 8) as usize);
    assert_eq!(bytes[ids..ids + 4], [5, 9, 4, 8]);
    // Nodes 1, 1 and 3: bits 1 + 0, 1 + 1 and 3 + 2 of six.
    assert_eq!(bytes[further..], [0b10_0110, 20, 0, 44, 1, 7, 0]);
    for (at, with, why) in [
        (ids, &[9][..], "id 9 is there twice"),
        (further + 1, &[9], "id 9 is there twice"),
        (further + 5, &[20], "id 20 is there twice"),
        (further + 1, &[44, 1, 20, 0], "further ids are not sorted"),
        (further + 1, &[44, 1], "further ids are not sorted"),
        (further + 5, &[45, 1], "an id is not below the next one"),
        (further, &[0b10_0111], "not as many"),
        (further, &[0b10_0010], "not as many"),
        (further, &[0b110_0110], "a bit after its end"),
        (48, &[3], "3 ids of 4 nodes"),
        (48, &[4], "7 bytes are not 0 ids"),
        (48, &[6], "a bit after its end"),
        (48, &[8], "7 bytes are not 4 different ids"),
        (48, &[0xff; 8], "ids"),
        (56, &[0; 8], "an id is not below the next one"),
    ] {
        let mut bad = bytes.clone();
        bad[at..at + with.len()].copy_from_slice(with);
        seal(&mut bad);
        match Index::from_bytes(&bad).as_ref().map_err(Error::kind) {
            Err(ErrorKind::Corrupt { section: "ids" | "further ids", why: said }) => {
                assert!(said.contains(why), "{at}: {said}, not {why}");
            }
            other => panic!("{at}: {:?}, not {why}", other.map(|index| index.len())),
        }
    }
    // A node that is not there: of 12 nodes each has one low bit.
    let mut index = Index::new(1, Params::new(Metric::L2sq).storage(Storage::F32)).unwrap();
    let vectors: Vec<f32> = (0..11).chain([10; 5]).map(|value| value as f32).collect();
    index.add(&vectors, None).unwrap();
    let mut bytes = index.to_bytes();
    let at = bytes.len() - 7;
    // High parts 5 in ten bits from the fifth on, then five low zeros.
    assert_eq!(bytes[at..], [0xe0, 0x03, 11, 12, 13, 14, 15]);
    bytes[at + 1] = 0x43;
    seal(&mut bytes);
    let error = Index::from_bytes(&bytes).unwrap_err().to_string();
    assert!(error.contains("a further id of a node that is not there"), "{error}");
}

/// Removing, updating and adding ids of equal vectors, checked against a list.
#[test]
fn ids_of_equal_vectors_come_and_go_and_the_file_is_that_of_what_is_left() {
    let (kinds, dim) = (40u64, 2);
    let vector = |kind: u64| [kind as f32, 1.0];
    let mut index = Index::new(dim, Params::new(Metric::L2sq).storage(Storage::F32)).unwrap();
    let mut there = std::collections::BTreeMap::<u64, u64>::new();
    let mut state = 5u64;
    let mut random = |limit: u64| {
        state = state.wrapping_mul(6364136223846793005).wrapping_add(1442695040888963407);
        (state >> 33) % limit
    };
    for round in 0..1500 {
        let some = random(there.len() as u64 + 1);
        let id = there.keys().copied().nth(some as usize);
        match (random(5), id) {
            (0, Some(id)) => {
                index.remove(&[id]).unwrap();
                there.remove(&id);
            }
            (1, Some(id)) => {
                let kind = random(kinds);
                index.update(&vector(kind), &[id]).unwrap();
                there.insert(id, kind);
            }
            (2, _) if round % 10 == 0 => {
                let n = random(150);
                let new: Vec<u64> = (0..n).map(|i| 10_000 + round * 200 + i * 7 % n.max(1)).collect();
                let mut ids = new.clone();
                ids.sort_unstable();
                ids.dedup();
                let added: Vec<u64> = ids.iter().map(|_| random(kinds)).collect();
                let vectors: Vec<f32> = added.iter().flat_map(|kind| vector(*kind)).collect();
                index.add(&vectors, Some(&ids)).unwrap();
                there.extend(ids.into_iter().zip(added));
            }
            _ => {
                let bits = [8, 16, 30, 50][random(4) as usize];
                let id = random(1 << bits.min(31)) << (bits - bits.min(31));
                let kind = random(kinds);
                let added = index.add(&vector(kind), Some(&[id]));
                assert_eq!(added.is_ok(), !there.contains_key(&id));
                there.entry(id).or_insert(kind);
            }
        }
        if round % 20 == 0 {
            let opened = Index::from_bytes(&index.to_bytes()).unwrap();
            assert_eq!(opened.to_bytes(), index.to_bytes());
            for kind in 0..kinds {
                let of: Vec<u64> = there.iter().filter(|(_, of)| **of == kind).map(|(id, _)| *id).collect();
                for index in [&index, &opened] {
                    let found = index.search_radius(&vector(kind), 0.1, &SearchParams::default()).unwrap();
                    assert_eq!(found.ids, of, "round {round}, kind {kind}");
                }
            }
        }
    }
    assert!(index.len() == there.len() && index.len() > 500, "{}", index.len());
    index.compact().unwrap();
    let opened = Index::from_bytes(&index.to_bytes()).unwrap();
    assert_eq!(opened.memory().ids, index.memory().ids);
}

#[test]
fn hostile_columns_with_right_checksums_are_refused_for_what_is_wrong() {
    let bytes = {
        let mut index = Index::new(1, Params::default()).unwrap();
        let words: Vec<Value> = ["a", "b", "a", "b"].iter().map(|word| (*word).into()).collect();
        let ints: Vec<Value> = [1, 2, 3, 300].into_iter().map(|int: i64| int.into()).collect();
        let columns: [(&str, &[Value]); 2] = [("i", &ints), ("w", &words)];
        index.add_with_columns(&[0.0, 1.0, 2.0, 3.0], None, &columns, &mut |_, _| true).unwrap();
        index.to_bytes()
    };
    let table_end = HEADER_LEN + u32_at(&bytes, 12) as usize * 32;
    assert_eq!(u32_at(&bytes, table_end - 32), 16);
    assert_eq!(u32_at(&bytes, table_end - 28), 0, "a reader without columns refuses the file");
    let start = u64_at(&bytes, table_end - 24) as usize;
    // 4 count; i: 4 head, 1 name, 8 least, 4 × 2; w: 4 head, 1 name, 4 count, 2 × 4 ends, "ab", 4 × 1.
    let int = start + 4;
    let word = int + 21;
    assert_eq!(bytes.len(), word + 23);
    for (at, with, why) in [
        (start, &[3][..], "it ends too early"),
        (start, &[1], "not as long as the section"),
        (start, &[0], "not as long as the section"),
        (int, &[10], "type 10 is unknown"),
        (int + 1, &[3], "numbers of 3 bytes"),
        (int + 1, &[8], "it ends too early"),
        (int + 2, &[2], "neither 0 nor 1"),
        (int + 3, &[0], "a name of 1 to 255 bytes"),
        (int + 4, &[0xff], "not UTF-8"),
        (int + 4, b"w", "not in the order of their names"),
        (int + 5, &[0xff; 8], ""),
        (int + 12, &[0x7f], "a number is above"),
        (word + 5, &[0xff; 4], "it ends too early"),
        (word + 9, &[3], "a text ends before it begins"),
        (word + 17, &[0xc3, 0xa9], "a text ends inside a character"),
        (word + 17, &[0xff], "a text is not UTF-8"),
        (word + 17, b"ba", "the words are not in order"),
        (word + 19, &[2], "a word is not there"),
    ] {
        let mut bad = bytes.clone();
        bad[at..at + with.len()].copy_from_slice(with);
        if at == int + 12 {
            bad[int + 5..int + 12].fill(0xff);
        }
        seal(&mut bad);
        match Index::from_bytes(&bad).as_ref().map_err(Error::kind) {
            // A least value of −1 is as good as another.
            Ok(index) => {
                assert!(why.is_empty() && index.column("i", &[0]).unwrap() == [(-1).into()], "{why}")
            }
            Err(ErrorKind::Corrupt { section: "columns", why: said }) => {
                // Lengths beyond 32 bits are refused before they are followed where addresses are as short.
                let early = cfg!(target_pointer_width = "32") && said.contains("more rows than memory");
                assert!(early || !why.is_empty() && said.contains(why), "{at}: {said}, not {why}");
            }
            Err(other) => panic!("{other}"),
        }
    }
}

#[test]
fn hostile_strings_with_right_checksums_are_refused_for_what_is_wrong() {
    let mut index = Index::new(1, Params::new(Metric::L2sq)).unwrap();
    let ids = IdList::from(["a", "bc", "é", "b\u{1f600}"]);
    index.add_ids(&[1.0, 2.0, 3.0, 4.0], Some(&ids), &[], &mut |_, _| true).unwrap();
    let bytes = index.to_bytes();
    let entry = HEADER_LEN + (u32_at(&bytes, 12) as usize - 1) * 32;
    let (start, len) = (u64_at(&bytes, entry + 8) as usize, u64_at(&bytes, entry + 16) as usize);
    // Lengths, then the strings: 1 2 2 5, a bc é b😀.
    assert_eq!((u32_at(&bytes, entry), len, start + len), (17, 8 + 10, bytes.len()));
    let bad = |at: usize, new: &[u8], said: &str| {
        let mut bad = bytes.clone();
        bad[start + at..start + at + new.len()].copy_from_slice(new);
        seal(&mut bad);
        match Index::from_bytes(&bad).as_ref().map_err(Error::kind) {
            Err(ErrorKind::Corrupt { section: "strings", why }) => {
                assert!(why.contains(said), "{why}: {said}")
            }
            other => panic!("{said}: {other:?}"),
        }
    };
    bad(0, &[2], "expected 11 bytes of strings, got 10");
    bad(0, &[0, 0, 3], "got an empty one");
    bad(8, &[0xff], "expected UTF-8");
    bad(2, &[3, 0, 1], "a string ends within a character, at byte 4");
    // Of one length and equal bytes.
    bad(9, "é".as_bytes(), "the string \"é\" is there twice");
    // Fewer and more than there are ids.
    for len in [6, 17] {
        let mut short = bytes[..start + len].to_vec();
        short[entry + 16..entry + 24].copy_from_slice(&(len as u64).to_le_bytes());
        let whole = (short.len() as u64).to_le_bytes();
        short[16..24].copy_from_slice(&whole);
        seal(&mut short);
        assert_refused(&short, &format!("{len} bytes of strings"));
    }
    for at in 0..bytes.len() {
        let mut changed = bytes.clone();
        changed[at] ^= 1;
        assert_refused(&changed, &format!("byte {at}"));
        assert_refused(&bytes[..at], &format!("cut to {at}"));
        seal(&mut changed);
        // Whatever it holds now: opened or refused, it harms nobody.
        if let Ok(opened) = Index::from_bytes(&changed) {
            let found = opened.search(&[1.0], 4, &SearchParams::default()).unwrap();
            assert_eq!(opened.named(&found.ids).len(), found.ids.len());
            assert!(Index::from_bytes(&opened.to_bytes()).is_ok(), "byte {at}");
        }
    }
}

#[test]
fn hostile_times_lists_and_json_with_right_checksums_are_refused_for_what_is_wrong() {
    let list = |words: &[&str]| Value::List(words.iter().map(|word| (*word).into()).collect());
    let bytes = {
        let mut index = Index::new(1, Params::default()).unwrap();
        let days: Vec<Value> = (0..4).map(Value::DateTime).collect();
        let json = [1.into(), "x".into(), 1.into(), 1.into()];
        let tags = [list(&["a"]), list(&[]), Value::Null, list(&["b", "a"])];
        let columns: [(&str, &[Value]); 3] = [("d", &days), ("j", &json), ("t", &tags)];
        index.add_column("j", nearfold::columns::ColumnType::Json).unwrap();
        index.add_with_columns(&[0.0, 1.0, 2.0, 3.0], None, &columns, &mut |_, _| true).unwrap();
        index.to_bytes()
    };
    let table_end = HEADER_LEN + u32_at(&bytes, 12) as usize * 32;
    let start = u64_at(&bytes, table_end - 24) as usize;
    // 4 count; d: 4 head, 1 name, 8 least, 4 × 1; j: 4 head, 1 name, 4 count, 2 × 4 ends, `"x"1`, 4 × 1; t: 4 head, 1 name,
    // 1 present, 4 × 1 ends, 1 width, 4 count, 2 × 4 ends, "ab", 3 × 1.
    let day = start + 4;
    let json = day + 17;
    let tags = json + 25;
    assert_eq!(bytes.len(), tags + 28);
    let far = 8_640_000_000_000_000_001_i64.to_le_bytes();
    for (at, with, why) in [
        (day + 5, &far[..], "column \"d\": a time is beyond"),
        (json + 20, b"x", "a JSON value"),
        (json + 17, b"0e1", "JSON that is not as it is written"),
        (json + 17, b"01 ", "zeros before it"),
        (tags + 1, &[8], "it ends too early"),
        (tags + 5, &[0b1_1011], "a bit after the last row"),
        (tags + 7, &[0], "a list ends before it begins"),
        (tags + 8, &[2], "a missing list has elements"),
        (tags + 9, &[2], "not as long as the section"),
        (tags + 10, &[0], "the elements of lists in 0 bytes"),
        (tags + 10, &[3], "numbers of 3 bytes"),
        (tags + 23, b"ba", "the words are not in order"),
        (tags + 25, &[2], "a word is not there"),
    ] {
        let mut bad = bytes.clone();
        bad[at..at + with.len()].copy_from_slice(with);
        seal(&mut bad);
        match Index::from_bytes(&bad).as_ref().map_err(Error::kind) {
            Err(ErrorKind::Corrupt { section: "columns", why: said }) => {
                assert!(said.contains(why), "{at}: {said}, not {why}");
            }
            other => panic!("{at}: {why}: {:?}", other.map(Index::len)),
        }
    }
    // One list says that it has four billion elements of no bytes.
    let mut bad = bytes[..tags + 6].to_vec();
    bad[tags + 1] = 4;
    bad[tags + 5] = 0b1011;
    bad.extend([0; 12].into_iter().chain([0xff; 4]).chain([0]));
    bad.extend([0; 8]);
    let len = bad.len() as u64;
    bad[16..24].copy_from_slice(&len.to_le_bytes());
    bad[table_end - 16..table_end - 8].copy_from_slice(&(len - start as u64).to_le_bytes());
    seal(&mut bad);
    let error = Index::from_bytes(&bad).unwrap_err().to_string();
    assert!(error.contains("the elements of lists in 0 bytes"), "{error}");
}
