//! Index → bytes.

use super::{ALIGN, AUTO, ENTRY_LEN, HEADER_LEN, Header, Kind, MAGIC, NO_NODE, VERSION};
use crate::codec::Codes;
use crate::near::ids::Ids;
use crate::near::{Index, Storage};
use std::borrow::Cow;
use xxhash_rust::xxh3::xxh3_64;

/// Returns the index as a file's bytes. Equal indexes give equal bytes.
pub(crate) fn write(index: &Index) -> Vec<u8> {
    let links = index.graph.packed();
    let mut sections: Vec<(Kind, Vec<u8>)> = Vec::new();
    let mut zero_node = NO_NODE;
    for (codes, kinds) in [(Some(index.store.codes()), HOT), (index.store.fine(), COLD)] {
        let Some(codes) = codes else { continue };
        let of_codes = sections_of(codes);
        zero_node = zero_node.min(of_codes.zero_node.unwrap_or(NO_NODE));
        sections.push((kinds.vectors, of_codes.vectors));
        sections.push((kinds.scales, of_codes.scales));
        sections.push((kinds.centre, of_codes.centre));
        sections.push((kinds.factors, of_codes.factors));
    }
    sections.push((Kind::Links, links.bytes().to_vec()));
    let (ids, strings) = numbered(index);
    sections.push((Kind::Ids, ids.first().to_bytes()));
    sections.push((Kind::FurtherIds, ids.further().to_bytes(index.store.len())));
    sections.push((Kind::Calibration, index.calibration.to_bytes()));
    sections.push((Kind::Layers, index.graph.layers_to_bytes()));
    sections.push((Kind::Sentinels, index.sentinels.to_bytes()));
    sections.push((Kind::Columns, index.columns.to_bytes()));
    sections.push((Kind::Strings, strings));
    sections.retain(|(_, bytes)| !bytes.is_empty());
    // They are few: each is moved to its place.
    for i in 1..sections.len() {
        let place = sections[..i].partition_point(|(kind, _)| kind.code() <= sections[i].0.code());
        sections[place..=i].rotate_right(1);
    }

    let table_end = HEADER_LEN + sections.len() * ENTRY_LEN;
    let mut file = vec![0; table_end];
    for (i, (kind, bytes)) in sections.iter().enumerate() {
        file.resize(file.len().next_multiple_of(ALIGN), 0);
        let entry = HEADER_LEN + i * ENTRY_LEN;
        let offset = file.len() as u64;
        file[entry..entry + 4].copy_from_slice(&kind.code().to_le_bytes());
        file[entry + 8..entry + 16].copy_from_slice(&offset.to_le_bytes());
        file[entry + 16..entry + 24].copy_from_slice(&(bytes.len() as u64).to_le_bytes());
        file[entry + 24..entry + 32].copy_from_slice(&xxh3_64(bytes).to_le_bytes());
        file.extend_from_slice(bytes);
    }
    let (storage, rerank) = index.store.kept();
    let header = Header {
        sections: sections.len() as u32,
        len_bytes: file.len() as u64,
        dim: index.dim as u32,
        metric: index.params.metric.code(),
        storage: storage.code(),
        m: index.params.m as u16,
        ef_construction: index.params.ef_construction as u32,
        nodes: index.store.len() as u32,
        linked: links.len() as u32,
        zero_node,
        ids: index.ids.len() as u64,
        next_id: if index.names.is_some() { ids.len() as u64 } else { ids.next() },
        checked: index.graph.checked() as u32,
        ordered: index.ordered as u32,
        rerank: rerank.map_or(0, |storage| storage.code() + 1),
        asked: index.params.storage.map_or(AUTO, Storage::code),
        asked_rerank: index.params.rerank.map_or(0, |storage| storage.code() + 1),
    };
    file[..8].copy_from_slice(&MAGIC);
    file[8..12].copy_from_slice(&VERSION.to_le_bytes());
    header.write(&mut file);
    let checksum = xxh3_64(&file[..table_end]);
    file[HEADER_LEN - 8..HEADER_LEN].copy_from_slice(&checksum.to_le_bytes());
    file
}

/// Returns the ids, of strings the numbers that they have in a file, and the section of the strings.
fn numbered(index: &Index) -> (Cow<'_, Ids>, Vec<u8>) {
    let mut ids = Cow::Borrowed(&index.ids);
    let Some(names) = &index.names else { return (ids, Vec::new()) };
    if let Some(ranks) = names.ranks() {
        ids.to_mut().renumber(&ranks, index.ids.len() as u64);
    }
    (ids, names.to_bytes())
}

/// In which sections codes stand.
struct Kinds {
    vectors: Kind,
    scales: Kind,
    centre: Kind,
    factors: Kind,
}

const HOT: Kinds =
    Kinds { vectors: Kind::Vectors, scales: Kind::Scales, centre: Kind::Centre, factors: Kind::Factors };
const COLD: Kinds = Kinds {
    vectors: Kind::RerankVectors,
    scales: Kind::RerankScales,
    centre: Kind::RerankCentre,
    factors: Kind::RerankFactors,
};

/// What is written of codes; empty for what they do not have.
#[derive(Default)]
struct Sections {
    vectors: Vec<u8>,
    scales: Vec<u8>,
    centre: Vec<u8>,
    factors: Vec<u8>,
    zero_node: Option<u32>,
}

fn sections_of(codes: &Codes) -> Sections {
    match codes {
        Codes::F32(rows) => Sections { vectors: floats(rows.values()), ..Sections::default() },
        Codes::F16(rows) => {
            let vectors = rows.values().iter().flat_map(|half| half.to_le_bytes()).collect();
            Sections { vectors, ..Sections::default() }
        }
        Codes::I8(rows) => Sections {
            vectors: rows.codes().iter().map(|code| *code as u8).collect(),
            scales: floats(rows.scales()),
            centre: floats(rows.centre()),
            factors: Vec::new(),
            zero_node: rows.zero_node(),
        },
        Codes::I4(rows) => Sections {
            vectors: rows.codes().to_vec(),
            scales: Vec::new(),
            centre: floats(rows.centre()),
            factors: floats(rows.factors().as_flattened()),
            zero_node: rows.zero_node(),
        },
        Codes::B1(rows) => Sections {
            vectors: rows.codes().iter().flat_map(|word| word.to_le_bytes()).collect(),
            scales: Vec::new(),
            centre: floats(rows.centre()),
            factors: floats(rows.factors().as_flattened()),
            zero_node: rows.zero_node(),
        },
    }
}

fn floats(values: &[f32]) -> Vec<u8> {
    values.iter().flat_map(|value| value.to_le_bytes()).collect()
}
