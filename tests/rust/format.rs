//! Is a damaged or hostile file refused, without a panic and without a wrong answer?

use crate::near::lcg;
use nearfold::{Error, Index, Metric, Params, SearchParams, Storage};
use xxhash_rust::xxh3::xxh3_64;

const HEADER_LEN: usize = 128;

fn file(n: usize, dim: usize, metric: Metric, storage: Storage) -> Vec<u8> {
    let mut index = Index::new(dim, Params::new(metric).storage(storage).m(4).ef_construction(20)).unwrap();
    index.add(&lcg(n * dim, 1), None).unwrap();
    index.add(&lcg(2 * dim, 1), Some(&[100_000, 90_000])).unwrap();
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
    match Index::from_bytes(bytes) {
        Err(Error::Corrupt { .. } | Error::UnsupportedVersion { .. }) => {}
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
    let large = file(2100, 3, Metric::L2sq, Storage::F32);
    for len in (0..large.len()).step_by(97) {
        assert_refused(&large[..len], &format!("cut to {len}"));
    }
}

#[test]
fn a_file_with_any_one_byte_changed_is_refused() {
    for storage in [Storage::F32, Storage::I8] {
        let mut bytes = file(60, 5, Metric::Cosine, storage);
        for at in 0..bytes.len() {
            for change in [1, 0x80, 0xff] {
                bytes[at] ^= change;
                assert_refused(&bytes, &format!("byte {at} ^ {change}"));
                bytes[at] ^= change;
            }
        }
    }
}

#[test]
fn a_hostile_file_with_right_checksums_is_refused_or_answers_without_a_panic() {
    let originals = [
        file(2100, 3, Metric::L2sq, Storage::I8),
        file(2100, 3, Metric::Cosine, Storage::F32),
        file(60, 5, Metric::Ip, Storage::I8),
    ];
    let mut state = 1u64;
    let mut random = |limit: usize| {
        state = state.wrapping_mul(6364136223846793005).wrapping_add(1442695040888963407);
        (state >> 33) as usize % limit
    };
    let (mut refused, mut opened) = (0, 0);
    for round in 0..6000 {
        let mut bytes = originals[round % 3].clone();
        for _ in 0..1 + random(3) {
            let at = if random(2) == 0 { random(400.min(bytes.len())) } else { random(bytes.len()) };
            match random(3) {
                0 => bytes[at] = random(256) as u8,
                1 => bytes[at] ^= 1 << random(8),
                _ => {
                    let end = (at + 4).min(bytes.len());
                    bytes[at..end].fill([0, 0xff, 0x7f][random(3)]);
                }
            }
        }
        seal(&mut bytes);
        match Index::from_bytes(&bytes) {
            Err(_) => refused += 1,
            Ok(index) => {
                opened += 1;
                let query = vec![0.25; index.dim()];
                let found = index.search(&query, 5, &SearchParams::default()).unwrap();
                assert!(found.distances.is_sorted() || found.distances.iter().any(|d| d.is_nan()));
                assert!(found.ids.iter().all(|id| index.contains(*id)));
                assert_eq!(Index::from_bytes(&index.to_bytes()).unwrap().to_bytes(), index.to_bytes());
            }
        }
    }
    assert!(refused > 1000 && opened > 1000, "{refused} refused, {opened} opened: the mutants test nothing");
}

#[test]
fn an_unknown_section_is_skipped_when_it_is_optional_and_refused_when_not() {
    for (flags, opens) in [(1u32, true), (0, false)] {
        let mut bytes = file(60, 5, Metric::L2sq, Storage::I8);
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
fn a_file_of_a_later_version_says_so() {
    let mut bytes = file(10, 2, Metric::L2sq, Storage::F32);
    bytes[8] = 2;
    assert_eq!(Index::from_bytes(&bytes).unwrap_err(), Error::UnsupportedVersion { expected: 1, got: 2 });
}

#[test]
fn the_header_of_a_file_stands_where_the_document_says() {
    let bytes = file(2100, 3, Metric::Cosine, Storage::I8);
    let document = include_str!("../../docs/FORMAT.md");
    let expected = [
        ("version", 1),
        ("sections", 7),
        ("len_bytes", bytes.len() as u64),
        ("dim", 3),
        ("metric", 2),
        ("storage", 1),
        ("m", 4),
        ("ef_construction", 20),
        ("ids", 2102),
        ("next_id", 100_001),
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
