//! Mutants of index files with right checksums, and what is asked of those that open.
//!
//! The test suite, the long campaign and the fuzz target share it: `tests/fuzz/README.md`.

use nearfold::columns::{ColumnType, Expression, Value};
use nearfold::{Error, ErrorKind, Index, Metric, Neighbors, Params, SearchParams, Storage};
use xxhash_rust::xxh3::xxh3_64;

const HEADER_LEN: usize = 128;
const ENTRY_LEN: usize = 32;
const ALIGN: usize = 64;

/// Numbers in a row that a seed determines (SplitMix64).
pub(crate) struct Random(pub(crate) u64);

impl Random {
    pub(crate) fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ (z >> 31)
    }

    pub(crate) fn below(&mut self, n: usize) -> usize {
        (self.next() % n.max(1) as u64) as usize
    }

    /// Returns true once in `n` times.
    pub(crate) fn once_in(&mut self, n: usize) -> bool {
        self.below(n) == 0
    }

    fn pick<T: Copy>(&mut self, list: &[T]) -> T {
        list[self.below(list.len())]
    }

    /// Returns a number in −½ … ½ with few bits, so that equal vectors come up.
    fn component(&mut self) -> f32 {
        self.below(1 << 12) as f32 / 4096.0 - 0.5
    }
}

#[derive(Clone)]
struct Section {
    kind: u32,
    flags: u32,
    bytes: Vec<u8>,
}

/// An index file, taken apart.
#[derive(Clone)]
pub(crate) struct File {
    header: Vec<u8>,
    sections: Vec<Section>,
}

fn u32_at(bytes: &[u8], at: usize) -> Option<u32> {
    Some(u32::from_le_bytes(bytes.get(at..at + 4)?.try_into().ok()?))
}

fn u64_at(bytes: &[u8], at: usize) -> Option<u64> {
    Some(u64::from_le_bytes(bytes.get(at..at + 8)?.try_into().ok()?))
}

/// The numbers of the header that a reader relies on: where, and how many bytes. Of the two left out (how many sections, how
/// long the file is) `File::bytes` takes care.
const FIELDS: [(usize, usize); 16] = [
    (24, 4), // dim
    (28, 1), // metric
    (29, 1), // storage
    (30, 2), // M
    (32, 4), // ef_construction
    (36, 4), // nodes
    (40, 4), // linked
    (44, 4), // zero_node
    (48, 8), // ids
    (56, 8), // next_id
    (64, 4), // checked
    (68, 4), // ordered
    (72, 1), // rerank
    (73, 1), // asked
    (74, 1), // asked_rerank
    (75, 45),
];

const FLOATS: [f32; 14] = [
    0.0,
    -0.0,
    1.0,
    -1.0,
    0.5,
    f32::MAX,
    f32::MIN,
    f32::MIN_POSITIVE,
    1e-45,
    1e20,
    -1e-20,
    f32::INFINITY,
    f32::NEG_INFINITY,
    f32::NAN,
];

impl File {
    /// Takes a file apart; `None` where its table does not say how.
    pub(crate) fn parse(bytes: &[u8]) -> Option<Self> {
        let header = bytes.get(..HEADER_LEN)?.to_vec();
        let mut sections = Vec::new();
        for i in 0..u32_at(bytes, 12)?.min(64) as usize {
            let entry = HEADER_LEN + i * ENTRY_LEN;
            let (offset, len) = (u64_at(bytes, entry + 8)? as usize, u64_at(bytes, entry + 16)? as usize);
            sections.push(Section {
                kind: u32_at(bytes, entry)?,
                flags: u32_at(bytes, entry + 4)?,
                bytes: bytes.get(offset..offset.checked_add(len)?)?.to_vec(),
            });
        }
        Some(Self { header, sections })
    }

    /// Puts the file together, with right lengths, places and checksums.
    pub(crate) fn bytes(&self) -> Vec<u8> {
        let table_end = HEADER_LEN + self.sections.len() * ENTRY_LEN;
        let mut bytes = self.header.clone();
        bytes.resize(table_end, 0);
        for (i, section) in self.sections.iter().enumerate() {
            bytes.resize(bytes.len().next_multiple_of(ALIGN), 0);
            let entry = HEADER_LEN + i * ENTRY_LEN;
            let offset = bytes.len() as u64;
            bytes[entry..entry + 4].copy_from_slice(&section.kind.to_le_bytes());
            bytes[entry + 4..entry + 8].copy_from_slice(&section.flags.to_le_bytes());
            bytes[entry + 8..entry + 16].copy_from_slice(&offset.to_le_bytes());
            bytes[entry + 16..entry + 24].copy_from_slice(&(section.bytes.len() as u64).to_le_bytes());
            bytes[entry + 24..entry + 32].copy_from_slice(&xxh3_64(&section.bytes).to_le_bytes());
            bytes.extend_from_slice(&section.bytes);
        }
        let len = bytes.len() as u64;
        bytes[12..16].copy_from_slice(&(self.sections.len() as u32).to_le_bytes());
        bytes[16..24].copy_from_slice(&len.to_le_bytes());
        seal(&mut bytes, table_end);
        bytes
    }

    /// Returns the bytes of a section that is there.
    #[allow(dead_code, reason = "of use where one thing is to be wrong")]
    pub(crate) fn section(&mut self, kind: u32) -> &mut Vec<u8> {
        let section = self.sections.iter_mut().find(|section| section.kind == kind);
        &mut section.expect("the section is there").bytes
    }

    /// Writes a field of the header.
    #[allow(dead_code, reason = "of use where one thing is to be wrong")]
    pub(crate) fn header(&mut self, at: usize, field: &[u8]) {
        self.header[at..at + field.len()].copy_from_slice(field);
    }

    /// Changes one to four things.
    pub(crate) fn mutate(&mut self, others: &[File], random: &mut Random) {
        for _ in 0..1 + random.below(4) {
            if random.once_in(4) || self.sections.is_empty() {
                self.mutate_header(random);
            } else {
                self.mutate_sections(others, random);
            }
        }
    }

    fn mutate_header(&mut self, random: &mut Random) {
        let (at, width) = random.pick(&FIELDS);
        if width > 8 {
            self.header[at + random.below(width)] = random.next() as u8;
            return;
        }
        let mut field = [0; 8];
        field[..width].copy_from_slice(&self.header[at..at + width]);
        let value = interesting(u64::from_le_bytes(field), random);
        self.header[at..at + width].copy_from_slice(&value.to_le_bytes()[..width]);
    }

    fn mutate_sections(&mut self, others: &[File], random: &mut Random) {
        let which = random.below(self.sections.len());
        let bytes = &mut self.sections[which].bytes;
        let len = bytes.len();
        let at = random.below(len);
        let of_four = at / 4 * 4;
        match random.below(16) {
            0 | 1 if len > 0 => bytes[at] ^= 1 << random.below(8),
            2 if len > 0 => bytes[at] = random.next() as u8,
            3 | 4 if of_four + 4 <= len => {
                let value = interesting(u32_at(bytes, of_four).unwrap_or(0).into(), random) as u32;
                bytes[of_four..of_four + 4].copy_from_slice(&value.to_le_bytes());
            }
            5 | 6 if of_four + 4 <= len => {
                bytes[of_four..of_four + 4].copy_from_slice(&random.pick(&FLOATS).to_le_bytes());
            }
            7 if of_four + 8 <= len => {
                let value = interesting(u64_at(bytes, of_four).unwrap_or(0), random);
                bytes[of_four..of_four + 8].copy_from_slice(&value.to_le_bytes());
            }
            8 => bytes.truncate(at),
            9 => {
                let more = 1 + random.below(16);
                bytes.splice(at..at, (0..more).map(|_| random.next() as u8));
            }
            10 if len > 0 => {
                let (from, n) = (random.below(len), 1 + random.below(16));
                let n = n.min(len - at).min(len - from);
                bytes.copy_within(from..from + n, at);
            }
            11 if len > 0 => {
                let n = (1 + random.below(16)).min(len - at);
                bytes[at..at + n].fill(random.pick(&[0, 0xff, 0x7f, 0x80]));
            }
            12 => {
                self.sections.remove(which);
            }
            13 | 14 if !others.is_empty() => {
                let other = &others[random.below(others.len())];
                if other.sections.is_empty() {
                    return;
                }
                let section = other.sections[random.below(other.sections.len())].clone();
                self.sections.retain(|own| own.kind != section.kind);
                let place = self.sections.partition_point(|own| own.kind < section.kind);
                self.sections.insert(place, section);
            }
            15 if random.once_in(4) => {
                let section = &mut self.sections[which];
                section.kind = interesting(section.kind.into(), random) as u32;
                section.flags = random.pick(&[0, 1]);
            }
            _ => self.mutate_header(random),
        }
    }
}

/// Writes the checksum of the header and the table.
fn seal(bytes: &mut [u8], table_end: usize) {
    bytes[HEADER_LEN - 8..HEADER_LEN].fill(0);
    let checksum = xxh3_64(&bytes[..table_end.min(bytes.len())]);
    bytes[HEADER_LEN - 8..HEADER_LEN].copy_from_slice(&checksum.to_le_bytes());
}

/// Returns a number that readers stumble over: a limit, or near the one that is there.
fn interesting(now: u64, random: &mut Random) -> u64 {
    match random.below(14) {
        0 => 0,
        1 => 1,
        2 => now.wrapping_add(1),
        3 => now.wrapping_sub(1),
        4 => now.wrapping_mul(2),
        5 => now / 2,
        6 => (1 << 31) - 1,
        7 => 1 << 31,
        8 => u64::from(u32::MAX),
        9 => u64::MAX,
        10 => 1 << random.below(64),
        11 => random.below(300) as u64,
        12 => now ^ 1 << random.below(64),
        _ => random.next(),
    }
}

/// Returns a mutant of one of the files: nearly always with right checksums.
#[allow(dead_code, reason = "the fuzz target has libFuzzer choose the file")]
pub(crate) fn mutant(files: &[File], random: &mut Random) -> Vec<u8> {
    let small = files.len() - LARGE;
    let mut file =
        if random.once_in(64) { &files[small + random.below(LARGE)] } else { &files[random.below(small)] }
            .clone();
    file.mutate(files, random);
    let mut bytes = file.bytes();
    if random.once_in(32) && !file.sections.is_empty() {
        // The table itself.
        let entry = HEADER_LEN + random.below(file.sections.len()) * ENTRY_LEN;
        let at = entry + random.pick(&[0, 4, 8, 16, 24]);
        let value = interesting(u64_at(&bytes, at).unwrap_or(0), random);
        bytes[at..at + 8].copy_from_slice(&value.to_le_bytes());
        seal(&mut bytes, HEADER_LEN + file.sections.len() * ENTRY_LEN);
    } else if random.once_in(32) {
        let at = random.below(bytes.len());
        bytes[at] ^= 1 << random.below(8);
    }
    bytes
}

/// How many of the originals are large: their mutants take fifty times as long, and come up less.
#[allow(dead_code, reason = "as above")]
const LARGE: usize = 2;

/// Returns files to begin with: small indexes of every storage and metric, with and without links, copies, columns and
/// vectors that several ids share; and two with a graph so large that filters walk.
pub(crate) fn originals() -> Vec<File> {
    let mut files = Vec::new();
    let reranks = [None, Some(Storage::F32), Some(Storage::F16), Some(Storage::I8)];
    let mut random = Random(1);
    for metric in ["l2sq", "ip", "cosine"] {
        for name in Storage::NAMES.split(", ") {
            for linked in [false, true] {
                let Ok(storage) = Storage::from_name(name) else { continue };
                let metric = Metric::from_name(metric).unwrap();
                let params = Params::new(metric).storage(storage).m(4).ef_construction(16);
                let dim = 1 + random.below(5);
                // A copy that is not finer is refused: then there is none.
                let rerank = params.clone().rerank(random.pick(&reranks));
                let mut index = Index::new(dim, rerank)
                    .or_else(|_| Index::new(dim, params))
                    .expect("the parameters are right");
                fill(&mut index, if linked { 2060 } else { 30 }, &mut random);
                if linked {
                    // What stays keeps its links.
                    let gone: Vec<u64> = index.ids().into_iter().skip(90).collect();
                    index.remove(&gone).unwrap();
                }
                if random.once_in(2) {
                    fill_columns(&mut index, &mut random);
                }
                if linked && random.once_in(2) {
                    index.compact().unwrap();
                }
                files.push(File::parse(&index.to_bytes()).unwrap());
            }
        }
    }
    let empty = Index::new(3, Params::default()).unwrap();
    files.push(File::parse(&empty.to_bytes()).unwrap());
    let mut named = Index::new(2, Params::default().m(3).ef_construction(12)).unwrap();
    let names: Vec<String> = (0..50).map(|i| format!("{}{i}", ["", "é/", "\u{1f600}"][i % 3])).collect();
    let vectors: Vec<f32> = (0..50 * 2).map(|i| (i % 30) as f32).collect();
    named.add_ids(&vectors, Some(&names.into()), &[], &mut |_, _| true).unwrap();
    fill_columns(&mut named, &mut random);
    files.push(File::parse(&named.to_bytes()).unwrap());
    for (metric, storage) in [(Metric::L2sq, Storage::I8), (Metric::Cosine, Storage::F32)] {
        let params = Params::new(metric).storage(storage).m(3).ef_construction(12);
        let mut index = Index::new(2, params).unwrap();
        fill(&mut index, 2400, &mut random);
        files.push(File::parse(&index.to_bytes()).unwrap());
    }
    files
}

fn fill(index: &mut Index, n: usize, random: &mut Random) {
    let dim = index.dim();
    let mut vectors: Vec<f32> = (0..n * dim).map(|_| random.component()).collect();
    vectors[..dim].fill(0.0);
    vectors.extend_from_within(..8 * dim);
    let own: Vec<u64> = (0..n as u64 + 8).map(|i| i * 3 + 1).collect();
    index.add(&vectors, random.once_in(2).then_some(&own[..])).unwrap();
}

fn fill_columns(index: &mut Index, random: &mut Random) {
    let ids = index.ids();
    let n = ids.len();
    let of = |value: &dyn Fn(usize) -> Value| (0..n).map(value).collect::<Vec<Value>>();
    let missing = |i: usize| i % 9 == 4;
    let columns = [
        ("far", of(&|i| ([i64::MIN, 5, i64::MAX][i % 3]).into())),
        ("flag", of(&|i| if missing(i) { Value::Null } else { (i % 2 == 0).into() })),
        ("half", of(&|i| if missing(i) { Value::Null } else { (i as f64 / 2.0).into() })),
        ("lang", of(&|i| ["de", "en", "日本"][i % 3].into())),
        ("note", of(&|i| if missing(i) { Value::Null } else { format!("n{i}é").into() })),
        ("same", of(&|_| 7.into())),
        ("third", of(&|i| (i as f64 / 3.0).into())),
        ("year", of(&|i| if missing(i) { Value::Null } else { (1990 + i as i64 % 40).into() })),
    ];
    let some = random.below(columns.len());
    let columns: Vec<(&str, &[Value])> =
        columns[some..].iter().map(|(name, values)| (*name, &values[..])).collect();
    index.set_columns(&ids, &columns).unwrap();
}

/// Asks and changes an index in every way; `None` where it does not open.
///
/// Panics where an answer or the index is not what it has to be.
pub(crate) fn exercise(bytes: &[u8], random: &mut Random) -> Option<()> {
    let mut index = match Index::from_bytes(bytes) {
        Ok(index) => index,
        Err(error) => {
            let kind = error.kind();
            assert!(
                matches!(
                    kind,
                    ErrorKind::Corrupt { .. }
                        | ErrorKind::UnsupportedVersion { .. }
                        | ErrorKind::OutOfMemory { .. }
                ),
                "{error}"
            );
            return None;
        }
    };
    index.verify().unwrap();
    reopen(&index);
    ask(&index, random);
    for _ in 0..1 + random.below(3) {
        change(&mut index, random);
        index.verify().unwrap();
    }
    ask(&index, random);
    let opened = reopen(&index);
    let query = query(&index, random);
    let exact = SearchParams::default().exact(true);
    // The numbers of strings may be others.
    let answer = |index: &Index| {
        let found = index.search(&query, 9, &exact).unwrap();
        (index.named(&found.ids), found.distances)
    };
    assert_eq!(answer(&index), answer(&opened), "what was saved answers as it did");
    Some(())
}

/// Opens the index's bytes, which must be possible, and give the same bytes again.
fn reopen(index: &Index) -> Index {
    let bytes = index.to_bytes();
    let opened = Index::from_bytes(&bytes).unwrap_or_else(|error| panic!("saved, and refused: {error}"));
    assert!(opened.to_bytes() == bytes, "an opened file is saved as other bytes");
    opened
}

fn query(index: &Index, random: &mut Random) -> Vec<f32> {
    let ids = index.ids();
    if !ids.is_empty() && random.once_in(3) {
        let vector = index.vector(random.pick(&ids)).unwrap();
        if vector.iter().all(|value| value.is_finite()) {
            return vector;
        }
    }
    let scale = random.pick(&[1.0, 1.0, 1.0, 0.0, 1e-40, 1e38]);
    (0..index.dim()).map(|_| random.component() * scale).collect()
}

/// Distances sorted, no id twice, ids that are there; infinite only where vectors or query are large.
fn assert_answers(index: &Index, query: &[f32], found: &Neighbors) {
    let Neighbors { ids, distances } = found;
    assert_eq!(ids.len(), distances.len());
    assert!(distances.is_sorted(), "{distances:?}");
    let mut sorted = ids.clone();
    sorted.sort_unstable();
    assert!(sorted.windows(2).all(|two| two[0] < two[1]), "{ids:?}");
    let there = index.ids();
    assert!(ids.iter().all(|id| there.binary_search(id).is_ok()), "{ids:?}");
    assert!(distances.iter().all(|distance| !distance.is_nan()), "{distances:?}");
    match index.params().metric {
        Metric::Cosine => {
            assert!(distances.iter().all(|distance| (0.0..=2.0).contains(distance)), "{distances:?}")
        }
        Metric::L2sq => assert!(distances.iter().all(|distance| *distance >= 0.0), "{distances:?}"),
        _ => {}
    }
    if distances.iter().any(|distance| distance.is_infinite()) {
        let health = index.health();
        // The squares of norms that stand in a file of one bit may be as large as they like.
        let large = query.iter().any(|value| value.abs() > 1e10) || index.kept().0 == Storage::B1;
        assert!(large || health.not_finite > 0 || health.norm_max > 1e10, "{distances:?} of {health:?}");
    }
}

fn ask(index: &Index, random: &mut Random) {
    let n = index.len();
    let query = query(index, random);
    let params = match random.below(5) {
        0 => SearchParams::default(),
        1 => SearchParams::default().recall(0.99),
        2 => SearchParams::default().exact(true),
        _ => SearchParams::default().ef_search(1 + random.below(200)),
    };
    let k = random.pick(&[1, 2, 10, 11, 101, n.max(1), n + 3, usize::MAX]);
    let found = index.search(&query, k, &params).unwrap();
    assert_eq!(found.ids.len(), k.min(n), "as many as were asked for");
    assert_answers(index, &query, &found);
    let two = [&query[..], &query].concat();
    assert_eq!(index.search_many(&two, k, &params).unwrap().ids.len(), 2 * k.min(n));

    let mut allowed = index.ids();
    match random.below(4) {
        0 => allowed.retain(|id| id % 2 == 0),
        1 => allowed.truncate(3),
        2 => allowed.retain(|id| id % 17 != 0),
        _ => {}
    }
    let filter = index.filter_ids(&allowed);
    let found = index.search_filtered(&query, k, &params, &filter).unwrap();
    assert_eq!(found.ids.len(), k.min(allowed.len()), "as many as were asked for and are allowed");
    assert!(found.ids.iter().all(|id| allowed.binary_search(id).is_ok()));
    assert_answers(index, &query, &found);

    let radius = random.pick(&[-1.0, 0.0, 0.1, 1.0, f32::INFINITY]);
    let found = index.search_radius(&query, radius, &params).unwrap();
    assert!(found.distances.iter().all(|distance| *distance <= radius));
    assert_answers(index, &query, &found);
    let found = index.search_radius_filtered(&query, radius, &params, &filter).unwrap();
    assert_answers(index, &query, &found);

    for (name, kind) in index.columns() {
        index.column(&name, &allowed).unwrap();
        let filter = index.filter_where(&Expression::exists(&name, true)).unwrap();
        assert!(filter.count() <= n);
        let other = match kind {
            ColumnType::Int | ColumnType::Float => Expression::between(&name, -1, 1995.5),
            ColumnType::String => Expression::gte(&name, "en"),
            _ => Expression::ne(&name, true),
        };
        index.filter_where(&other.not()).unwrap();
    }
    if let Some(id) = allowed.first() {
        index.get(*id).unwrap();
    }
    assert!(!index.contains(u64::MAX));
    if random.once_in(16) {
        let recall = index.recall(random.pick(&[1, 10, 100, usize::MAX]), &params).unwrap();
        assert!(recall.is_none_or(|recall| (0.0..=1.0).contains(&recall)), "{recall:?}");
        index.health();
        index.memory();
    }
}

fn change(index: &mut Index, random: &mut Random) {
    let ids = index.ids();
    let few = |random: &mut Random| -> Vec<u64> {
        let mut few: Vec<u64> =
            (0..(1 + random.below(4)).min(ids.len())).map(|_| random.pick(&ids)).collect();
        few.sort_unstable();
        few.dedup();
        few
    };
    let vectors =
        |n: usize, random: &mut Random| -> Vec<f32> { (0..n).flat_map(|_| query(index, random)).collect() };
    let changed = match random.below(6) {
        0 => {
            let n = 1 + random.below(5);
            let vectors = vectors(n, random);
            index.add(&vectors, None).map(drop)
        }
        1 => {
            let vectors = vectors(1, random);
            index.add(&vectors, Some(&[random.next() >> random.below(64)])).map(drop)
        }
        2 => {
            let few = few(random);
            let vectors = vectors(few.len(), random);
            index.update(&vectors, &few)
        }
        3 if random.once_in(4) => index.remove(&ids[..ids.len() - ids.len() / 8]),
        4 => index.compact(),
        5 if random.once_in(4) => index.add_column("added", ColumnType::Int),
        _ => index.remove(&few(random)),
    };
    if let Err(error) = changed {
        assert!(is_refusal(&error), "{error}");
        assert_eq!(index.ids(), ids, "a refused change changes nothing");
    }
}

/// What a change may be refused for, though the index is one: a vector that the storage cannot hold, ids used up or twice, a
/// column that is there.
fn is_refusal(error: &Error) -> bool {
    matches!(
        error.kind(),
        ErrorKind::BadParameter { .. } | ErrorKind::DuplicateId { .. } | ErrorKind::OutOfMemory { .. }
    )
}
