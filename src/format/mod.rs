#![doc = include_str!("../../docs/FORMAT.md")]

mod bytes;
mod read;
mod write;

pub(crate) use read::{len_bytes, read};
pub(crate) use write::write;

// The module doc above is the specification; a test compares its tables with this code.

const MAGIC: [u8; 8] = *b"nearfold";
const VERSION: u32 = 2;
/// The oldest version that opens.
const VERSION_MIN: u32 = 1;
pub(crate) const HEADER_LEN: usize = 128;
const ENTRY_LEN: usize = 32;
const ALIGN: usize = 64;
/// Far more than there are kinds: a bound on what a hostile file makes us look at.
const SECTIONS_MAX: usize = 64;
/// The header's bytes from here to the checksum are reserved.
const RESERVED: usize = 75;
/// The same in version 1.
const RESERVED_1: usize = 73;
/// The byte of what an index was asked for that stands for `auto`.
const AUTO: u8 = 255;
const NO_NODE: u32 = u32::MAX;
/// A section with this flag may be skipped by a reader that does not know it.
const OPTIONAL: u32 = 1;

/// What a section holds; the sections stand in this order.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Kind {
    Vectors,
    Scales,
    Centre,
    Links,
    Ids,
    FurtherIds,
    Calibration,
    RerankVectors,
    RerankScales,
    RerankCentre,
    Factors,
    Entries,
    Layers,
    Sentinels,
    RerankFactors,
    Columns,
    Strings,
}

impl Kind {
    const ALL: [Self; 17] = [
        Self::Vectors,
        Self::Scales,
        Self::Centre,
        Self::Links,
        Self::Ids,
        Self::FurtherIds,
        Self::Calibration,
        Self::RerankVectors,
        Self::RerankScales,
        Self::RerankCentre,
        Self::Factors,
        Self::Entries,
        Self::Layers,
        Self::Sentinels,
        Self::RerankFactors,
        Self::Columns,
        Self::Strings,
    ];

    fn code(self) -> u32 {
        match self {
            Self::Vectors => 1,
            Self::Scales => 2,
            Self::Centre => 3,
            Self::Links => 4,
            Self::Ids => 5,
            Self::FurtherIds => 6,
            Self::Calibration => 7,
            Self::RerankVectors => 8,
            Self::RerankScales => 9,
            Self::RerankCentre => 10,
            Self::Factors => 11,
            Self::Entries => 12,
            Self::Layers => 13,
            Self::Sentinels => 14,
            Self::RerankFactors => 15,
            Self::Columns => 16,
            Self::Strings => 17,
        }
    }

    fn name(self) -> &'static str {
        match self {
            Self::Vectors => "vectors",
            Self::Scales => "scales",
            Self::Centre => "centre",
            Self::Links => "links",
            Self::Ids => "ids",
            Self::FurtherIds => "further ids",
            Self::Calibration => "calibration",
            Self::RerankVectors => "rerank vectors",
            Self::RerankScales => "rerank scales",
            Self::RerankCentre => "rerank centre",
            Self::Factors => "factors",
            Self::Entries => "entries",
            Self::Layers => "layers",
            Self::Sentinels => "sentinels",
            Self::RerankFactors => "rerank factors",
            Self::Columns => "columns",
            Self::Strings => "strings",
        }
    }
}

/// The fields of the header; `docs/FORMAT.md` has their places.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Header {
    sections: u32,
    len_bytes: u64,
    dim: u32,
    metric: u8,
    storage: u8,
    m: u16,
    ef_construction: u32,
    nodes: u32,
    linked: u32,
    zero_node: u32,
    ids: u64,
    next_id: u64,
    checked: u32,
    ordered: u32,
    rerank: u8,
    asked: u8,
    asked_rerank: u8,
}
