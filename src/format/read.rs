//! Bytes → index: nothing is believed before it is checked.
//!
//! In this order: the header and the table against the length that there is; checksums; then whether each section is as long
//! as it has to be, and each packed list ends where it should; then [`Index::verify`]. Nothing is allocated that is not backed by
//! bytes of the file.

use super::bytes::{u32_at, u64_at};
use super::{
    ALIGN, AUTO, ENTRY_LEN, HEADER_LEN, Header, Kind, MAGIC, NO_NODE, OPTIONAL, RESERVED, RESERVED_1,
    SECTIONS_MAX, VERSION, VERSION_MIN,
};
use crate::codec::{B1Rows, Codes, FloatRows, I4Rows, I8Rows, Store, halves, words};
use crate::columns::Columns;
use crate::distance::Metric;
use crate::error::{ErrorKind, Result};
use crate::kernel::near::aligned::Aligned;
use crate::kernel::sort::sort;
use crate::near::calibrate::Calibration;
use crate::near::further::Further;
use crate::near::graph::{Graph, Layer};
use crate::near::id_column::Column;
use crate::near::ids::Ids;
use crate::near::names::Names;
use crate::near::packed::Packed;
use crate::near::sentinels::Sentinels;
use crate::near::{Index, Params, Storage};
use xxhash_rust::xxh3::{Xxh3Default, xxh3_64};

fn corrupt<T>(section: &'static str, why: impl Into<String>) -> Result<T> {
    Err(ErrorKind::Corrupt { section, why: why.into() }.into())
}

/// Opens a file's bytes.
pub(crate) fn read(bytes: &[u8]) -> Result<Index> {
    let header = read_header(bytes)?;
    let sections = read_table(bytes, &header)?;
    let section = |kind: Kind| sections[Kind::ALL.iter().position(|other| *other == kind).unwrap_or(0)];

    let (Some(metric), Some(storage)) =
        (Metric::from_code(header.metric), Storage::from_code(header.storage))
    else {
        return corrupt(
            "header",
            format!("metric {} or storage {} is unknown", header.metric, header.storage),
        );
    };
    let copy = |code: u8| match code.checked_sub(1).map(Storage::from_code) {
        None => Ok(None),
        Some(Some(storage)) => Ok(Some(storage)),
        Some(None) => corrupt("header", format!("rerank {code} is unknown")),
    };
    let (rerank, asked_rerank) = (copy(header.rerank)?, copy(header.asked_rerank)?);
    let asked = match header.asked {
        AUTO => None,
        code => match Storage::from_code(code) {
            Some(storage) => Some(storage),
            None => return corrupt("header", format!("storage {code} is unknown")),
        },
    };
    if rerank.is_some_and(|rerank| !rerank.is_finer_than(storage)) {
        return corrupt("header", format!("the copy to re-rank by is not finer than {}", storage.name()));
    }
    let params = Params::new(metric)
        .storage(asked)
        .rerank(asked_rerank)
        .m(usize::from(header.m))
        .ef_construction(header.ef_construction as usize);
    let dim = header.dim as usize;
    // Checks the parameters too.
    Index::new(dim, params.clone()).or_else(|error| corrupt("header", error.to_string()))?;
    let n = header.nodes as usize;

    let zero_node = (header.zero_node != NO_NODE).then_some(header.zero_node);
    let known = [Some(storage), rerank]
        .iter()
        .any(|kept| matches!(kept, Some(Storage::I8 | Storage::I4 | Storage::B1)));
    if let Some(zero) = zero_node.filter(|_| !known) {
        return corrupt("header", format!("no storage here marks the zero vector, node {zero}"));
    }
    let shape = Shape { dim, n, metric, zero_node };
    let codes = Parts {
        vectors: section(Kind::Vectors),
        scales: section(Kind::Scales),
        centre: section(Kind::Centre),
        factors: section(Kind::Factors),
    };
    let codes = codes.read(storage, &shape, ["vectors", "scales", "centre", "factors"])?;
    let fine = Parts {
        vectors: section(Kind::RerankVectors),
        scales: section(Kind::RerankScales),
        centre: section(Kind::RerankCentre),
        factors: section(Kind::RerankFactors),
    };
    let names = ["rerank vectors", "rerank scales", "rerank centre", "rerank factors"];
    let fine = match rerank {
        Some(rerank) => Some(fine.read(rerank, &shape, names)?),
        None if fine.is_empty() => None,
        None => return corrupt("rerank vectors", "the header says that there are none"),
    };
    let store = Store::from_parts(codes, fine);
    let as_asked = asked.is_none_or(|asked| asked == storage) && (asked_rerank == rerank || rerank.is_none());
    let staged = storage == Storage::F32 && rerank.is_none() && header.linked == 0;
    if !as_asked && !staged {
        return corrupt("header", "what is kept is not what was asked for");
    }

    let links = Packed::from_bytes(section(Kind::Links), header.linked as usize, 2 * params.m)
        .or_else(|why| corrupt("links", why))?;
    let ids = read_ids(section(Kind::Ids), section(Kind::FurtherIds), &header)?;
    let entries = read_entries(section(Kind::Entries))?;
    let above = match section(Kind::Layers) {
        [] if header.linked == 0 => None,
        [] => {
            let mut below: Vec<u32> = spread(header.checked).chain(entries).collect();
            sort(&mut below);
            below.dedup();
            Some(Layer::of(below))
        }
        bytes => Layer::from_bytes(bytes, header.linked as usize, 2 * params.m)
            .map(Some)
            .or_else(|why| corrupt("layers", why))?,
    };
    let graph = Graph::from_parts(links, above, header.checked as usize);
    let mut index = Index::from_parts(dim, params, store, graph, ids);
    let sentinels = Sentinels::from_bytes(section(Kind::Sentinels), dim, header.nodes);
    index.sentinels = sentinels.or_else(|why| corrupt("sentinels", why))?;
    index.measured_at = index.sentinels.came;
    index.ordered = header.ordered as usize;
    index.calibration =
        Calibration::from_bytes(section(Kind::Calibration)).or_else(|why| corrupt("calibration", why))?;
    index.columns = Columns::from_bytes(section(Kind::Columns), || index.ids.all())
        .or_else(|why| corrupt("columns", why))?;
    index.names = match section(Kind::Strings) {
        [] => None,
        bytes => Names::read(bytes, index.len()).map(Some).or_else(|why| corrupt("strings", why))?,
    };
    if index.names.is_some() && header.next_id != header.ids {
        return corrupt(
            "header",
            format!("expected {} as the next of so many strings, got {}", header.ids, header.next_id),
        );
    }
    index.verify()?;
    Ok(index)
}

/// Returns how long the file is that begins with these bytes; `None` where they are not the header of an index.
pub(crate) fn len_bytes(head: &[u8]) -> Option<u64> {
    (head.len() >= HEADER_LEN && head[..8] == MAGIC && (VERSION_MIN..=VERSION).contains(&u32_at(head, 8)))
        .then(|| Header::read(head).len_bytes)
}

fn read_header(bytes: &[u8]) -> Result<Header> {
    if bytes.len() < HEADER_LEN {
        return corrupt("header", format!("{} bytes: a header has {HEADER_LEN}", bytes.len()));
    }
    if bytes[..8] != MAGIC {
        return corrupt("header", "it does not begin with \"nearfold\"");
    }
    let version = u32_at(bytes, 8);
    if !(VERSION_MIN..=VERSION).contains(&version) {
        return Err(ErrorKind::UnsupportedVersion { expected: VERSION, got: version }.into());
    }
    let mut header = Header::read(bytes);
    if version == VERSION_MIN {
        // What was asked for is what is kept.
        (header.asked, header.asked_rerank) = (header.storage, header.rerank);
    }
    if header.len_bytes != bytes.len() as u64 {
        return corrupt(
            "header",
            format!("the file should have {} bytes and has {}", header.len_bytes, bytes.len()),
        );
    }
    let table_end = HEADER_LEN as u64 + u64::from(header.sections) * ENTRY_LEN as u64;
    if header.sections as usize > SECTIONS_MAX || table_end > bytes.len() as u64 {
        return corrupt("table", format!("{} sections do not fit", header.sections));
    }
    let mut hasher = Xxh3Default::new();
    hasher.update(&bytes[..HEADER_LEN - 8]);
    hasher.update(&[0; 8]);
    hasher.update(&bytes[HEADER_LEN..table_end as usize]);
    if hasher.digest() != u64_at(bytes, HEADER_LEN - 8) {
        return corrupt("header", "the checksum does not match");
    }
    let reserved = if version == VERSION_MIN { RESERVED_1 } else { RESERVED };
    if bytes[reserved..HEADER_LEN - 8].iter().any(|byte| *byte != 0) {
        return corrupt("header", "a reserved byte is not zero");
    }
    Ok(header)
}

/// Returns the sections in the order of [`Kind::ALL`]; those that are not there are empty.
fn read_table<'a>(bytes: &'a [u8], header: &Header) -> Result<[&'a [u8]; Kind::ALL.len()]> {
    let mut sections: [&[u8]; Kind::ALL.len()] = [&[]; Kind::ALL.len()];
    let mut end = HEADER_LEN + header.sections as usize * ENTRY_LEN;
    let mut last_code = 0;
    for i in 0..header.sections as usize {
        let entry = HEADER_LEN + i * ENTRY_LEN;
        let (code, flags) = (u32_at(bytes, entry), u32_at(bytes, entry + 4));
        let (offset, len) = (u64_at(bytes, entry + 8), u64_at(bytes, entry + 16));
        let start = end.next_multiple_of(ALIGN);
        if code <= last_code {
            return corrupt("table", "sections are not in order");
        }
        last_code = code;
        if len == 0 || offset != start as u64 || len > (bytes.len() as u64).saturating_sub(offset) {
            return corrupt("table", format!("section {code} is not where it should be, or does not fit"));
        }
        if bytes[end..start].iter().any(|byte| *byte != 0) {
            return corrupt("table", "a byte between sections is not zero");
        }
        end = start + len as usize;
        let section = &bytes[start..end];
        let known = Kind::ALL.iter().position(|kind| kind.code() == code);
        if xxh3_64(section) != u64_at(bytes, entry + 24) {
            let name = known.map_or("a section unknown to this release", |known| Kind::ALL[known].name());
            return corrupt(name, "the checksum does not match");
        }
        match known {
            Some(known) => sections[known] = section,
            None if flags & OPTIONAL != 0 => {}
            None => {
                return corrupt(
                    "table",
                    format!("section {code} is needed and unknown: a newer release may read it"),
                );
            }
        }
    }
    if end != bytes.len() {
        return corrupt("table", "bytes after the last section");
    }
    Ok(sections)
}

/// How many rows of what.
struct Shape {
    dim: usize,
    n: usize,
    metric: Metric,
    zero_node: Option<u32>,
}

/// The sections of vectors in one storage.
struct Parts<'a> {
    vectors: &'a [u8],
    scales: &'a [u8],
    centre: &'a [u8],
    factors: &'a [u8],
}

impl Parts<'_> {
    fn is_empty(&self) -> bool {
        [self.vectors, self.scales, self.centre, self.factors].iter().all(|bytes| bytes.is_empty())
    }

    fn read(&self, storage: Storage, shape: &Shape, names: [&'static str; 4]) -> Result<Codes> {
        let &Shape { dim, n, metric, zero_node } = shape;
        let [vectors, scales, centre, factors] = names;
        let (row, scaled, centred, factored) = match storage {
            Storage::F32 => (dim * 4, false, false, false),
            Storage::F16 => (dim * 2, false, false, false),
            Storage::I8 => (dim, true, true, false),
            Storage::I4 => (halves(dim), false, true, true),
            Storage::B1 => (words(dim) * 8, false, true, true),
        };
        for (bytes, has, name) in
            [(self.scales, scaled, scales), (self.centre, centred, centre), (self.factors, factored, factors)]
        {
            if !has && !bytes.is_empty() {
                return corrupt(name, format!("an index of {} has none", storage.name()));
            }
        }
        if self.vectors.len() as u64 != n as u64 * row as u64 {
            return corrupt(vectors, format!("{} bytes, not those of {n} rows of {dim}", self.vectors.len()));
        }
        let factors_of =
            || floats(self.factors, factors, n as u64 * 2).map(|values| values.as_chunks::<2>().0.to_vec());
        let centre_of = || floats(self.centre, centre, if self.centre.is_empty() { 0 } else { dim as u64 });
        Ok(match storage {
            Storage::F32 => {
                let values = self.vectors.as_chunks::<4>().0.iter().map(|bytes| f32::from_le_bytes(*bytes));
                Codes::F32(FloatRows::from_parts(dim, metric, Aligned::from_values(values)))
            }
            Storage::F16 => {
                let halves = self.vectors.as_chunks::<2>().0.iter();
                let values = Aligned::from_values(halves.map(|half| u16::from_le_bytes(*half)));
                Codes::F16(FloatRows::from_parts(dim, metric, values))
            }
            Storage::I8 => {
                let of_rows = floats(self.scales, scales, n as u64)?;
                let codes = Aligned::from_values(self.vectors.iter().map(|code| *code as i8));
                Codes::I8(I8Rows::from_parts(dim, metric, centre_of()?, codes, of_rows, zero_node))
            }
            Storage::I4 => {
                let codes = Aligned::from_values(self.vectors.iter().copied());
                Codes::I4(I4Rows::from_parts(dim, metric, centre_of()?, codes, factors_of()?, zero_node))
            }
            Storage::B1 => {
                let codes = self.vectors.as_chunks::<8>().0.iter();
                let codes = Aligned::from_values(codes.map(|word| u64::from_le_bytes(*word)));
                Codes::B1(B1Rows::from_parts(dim, metric, centre_of()?, codes, factors_of()?, zero_node))
            }
        })
    }
}

fn floats(bytes: &[u8], name: &'static str, n: u64) -> Result<Vec<f32>> {
    if bytes.len() as u64 != n * 4 {
        return corrupt(name, format!("{} bytes, not those of {n} numbers", bytes.len()));
    }
    Ok(bytes.as_chunks::<4>().0.iter().map(|bytes| f32::from_le_bytes(*bytes)).collect())
}

/// Returns where walks began before there were layers, besides the entries.
fn spread(checked: u32) -> impl Iterator<Item = u32> {
    let count = u64::from(checked.min(32));
    (0..count).map(move |i| (i * u64::from(checked) / count) as u32)
}

fn read_entries(bytes: &[u8]) -> Result<Vec<u32>> {
    let (nodes, rest) = bytes.as_chunks::<4>();
    if !rest.is_empty() {
        return corrupt("entries", format!("expected 4 bytes a node, got {} bytes", bytes.len()));
    }
    Ok(nodes.iter().map(|node| u32::from_le_bytes(*node)).collect())
}

fn read_ids(first: &[u8], further: &[u8], header: &Header) -> Result<Ids> {
    let n = header.nodes as usize;
    let Some(column) = Column::read(first, n) else {
        return corrupt("ids", format!("{} bytes are not the ids of {n} nodes", first.len()));
    };
    let Some(len) = header.ids.checked_sub(n as u64) else {
        return corrupt("ids", format!("{} ids of {n} nodes", header.ids));
    };
    let further = Further::read(further, n, len).or_else(|why| corrupt("further ids", why))?;
    Ids::from_parts(column, further, header.next_id).or_else(|why| corrupt("ids", why))
}
