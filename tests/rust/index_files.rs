//! Files that were once written still open and answer the same; those of the newest version come out the same when built again.
//!
//! `tests/vectors/README.md` describes the files of `index/v1/` and `index/v2/`; they are kept for ever.

use nearfold::columns::{ColumnType, Expression, Value as Field};
use nearfold::near::IdList;
use nearfold::{Index, Metric, Params, SearchParams, Storage};
use serde_json::Value;

use crate::lcg::Lcg;

type Fixture = (&'static str, &'static str, &'static [u8]);

macro_rules! fixtures {
    ($folder:literal: $($name:literal),* $(,)?) => {
        &[$((
            $name,
            include_str!(concat!("../vectors/index/", $folder, "/", $name, ".json")),
            include_bytes!(concat!("../vectors/index/", $folder, "/", $name, ".nearfold")),
        )),*]
    };
}
/// Those of the newest version.
const FIXTURES: &[Fixture] = fixtures![
    "v2":
    "cosine-auto-became-i8",
    "cosine-b1-graph",
    "cosine-b1-rerank-i8",
    "cosine-f32-zeros",
    "cosine-i4-graph",
    "cosine-i8-duplicates",
    "cosine-i8-strings",
    "ip-b1-rerank-i4",
    "ip-i8-ids",
    "ip-i8-rerank-f32",
    "l2sq-auto-later-f16",
    "l2sq-auto-stays-f32",
    "l2sq-f16-graph",
    "l2sq-f32-columns",
    "l2sq-f32-empty",
    "l2sq-f32-graph",
    "l2sq-f32-strings",
    "l2sq-f32-times-lists-json",
    "l2sq-i4-rerank-i8",
    "l2sq-i8-rerank-f16",
    "l2sq-i8-two-adds",
];
/// Those of version 1, which only open.
const VERSION_1: &[Fixture] = fixtures![
    "v1":
    "cosine-b1-graph",
    "cosine-b1-rerank-i8",
    "cosine-f32-zeros",
    "cosine-i8-duplicates",
    "ip-i8-ids",
    "ip-i8-rerank-f32",
    "l2sq-f16-graph",
    "l2sq-f32-columns",
    "l2sq-f32-empty",
    "l2sq-f32-graph",
    "l2sq-i8-rerank-f16",
    "l2sq-i8-two-adds",
];

/// The vectors that `{"lcg": seed, "rows": n, "scale": s}` stands for.
fn vectors(spec: &Value, dim: usize) -> Vec<f32> {
    let mut lcg = Lcg(spec["lcg"].as_u64().unwrap());
    let scale = spec["scale"].as_f64().unwrap_or(1.0) as f32;
    let rows = spec["rows"].as_u64().unwrap() as usize;
    (0..rows * dim).map(|_| lcg.next_f32() * scale).collect()
}

fn size(spec: &Value, key: &str) -> usize {
    spec[key].as_u64().unwrap_or_else(|| panic!("{key} is missing")) as usize
}

/// Builds the index that a fixture describes.
fn build(spec: &Value) -> Index {
    let params = Params::new(Metric::from_name(spec["metric"].as_str().unwrap()).unwrap())
        .storage(Storage::asked_from_name(spec["storage"].as_str().unwrap()).unwrap())
        .rerank(spec["rerank"].as_str().map(|name| Storage::from_name(name).unwrap()))
        .m(size(spec, "m"))
        .ef_construction(size(spec, "ef_construction"));
    let mut index = Index::new(size(spec, "dim"), params).unwrap();
    for (name, kind) in spec["types"].as_object().into_iter().flatten() {
        index.add_column(name, ColumnType::from_name(kind.as_str().unwrap()).unwrap()).unwrap();
    }
    for add in spec["adds"].as_array().unwrap() {
        let ids = ids_of(add);
        let columns: Vec<(String, Vec<Field>)> = add["columns"]
            .as_object()
            .into_iter()
            .flatten()
            .map(|(name, values)| {
                (name.clone(), values.as_array().unwrap().iter().map(crate::columns::json).collect())
            })
            .collect();
        let columns: Vec<(&str, &[Field])> =
            columns.iter().map(|(name, values)| (name.as_str(), &values[..])).collect();
        let vectors = vectors(add, index.dim());
        index.add_ids(&vectors, ids.as_ref(), &columns, &mut |_, _| true).unwrap();
    }
    index
}

/// The ids of an add: integers, strings, or `{"each": "note-{}"}` with each row's number.
fn ids_of(add: &Value) -> Option<IdList> {
    if let Some(each) = add["ids"]["each"].as_str() {
        return Some(IdList::Strings(
            (0..size(add, "rows")).map(|i| each.replace("{}", &i.to_string())).collect(),
        ));
    }
    let ids = add["ids"].as_array()?;
    Some(match ids.iter().map(Value::as_u64).collect() {
        Some(ids) => IdList::Ints(ids),
        None => IdList::Strings(ids.iter().map(|id| id.as_str().unwrap().to_owned()).collect()),
    })
}

/// Ids as JSON.
fn listed(ids: IdList) -> Vec<Value> {
    match ids {
        IdList::Ints(ids) => ids.into_iter().map(Value::from).collect(),
        IdList::Strings(ids) => ids.into_iter().map(Value::from).collect(),
    }
}

/// What an index answers to one entry of `searches`: ids and the bits of distances, query by query.
fn answers(index: &Index, spec: &Value, search: &Value) -> (Vec<Vec<Value>>, Vec<Vec<String>>) {
    let mut params = SearchParams::default().exact(search["exact"].as_bool().unwrap());
    params.ef_search = search["ef_search"].as_u64().map(|ef_search| ef_search as usize);
    let queries = vectors(&spec["queries"], index.dim());
    let filter = search["filter"].as_object().map(|_| {
        let expression = Expression::from_value(&crate::columns::json(&search["filter"])).unwrap();
        index.filter_where(&expression).unwrap()
    });
    let k = size(search, "k");
    let found = queries.chunks(index.dim()).map(|query| match &filter {
        Some(filter) => index.search_filtered(query, k, &params, filter).unwrap(),
        None => index.search(query, k, &params).unwrap(),
    });
    let hex = |distances: Vec<f32>| distances.iter().map(|d| format!("{:08x}", d.to_bits())).collect();
    found.map(|neighbors| (listed(index.named(&neighbors.ids)), hex(neighbors.distances))).unzip()
}

/// Asserts that an index answers as it is recorded; one of version 1, whose walks begin elsewhere now, at no lower recall.
fn assert_recorded(name: &str, index: &Index, spec: &Value, of_version_1: bool) {
    for search in spec["searches"].as_array().unwrap() {
        let (ids, distances) = answers(index, spec, search);
        if !of_version_1 || search["exact"] == true {
            assert_eq!(search["ids"], serde_json::json!(ids), "{name}: {search}");
            assert_eq!(search["distances"], serde_json::json!(distances), "{name}");
            continue;
        }
        let mut exact = search.clone();
        exact["exact"] = true.into();
        let (truth, _) = answers(index, spec, &exact);
        let hits = |found: &[Vec<Value>]| -> usize {
            let of_one = |(found, truth): (&Vec<Value>, &Vec<Value>)| {
                found.iter().filter(|id| truth.contains(id)).count()
            };
            found.iter().zip(&truth).map(of_one).sum()
        };
        let recorded: Vec<Vec<Value>> = serde_json::from_value(search["ids"].clone()).unwrap();
        let (now, then) = (hits(&ids), hits(&recorded));
        assert!(now >= then, "{name}: {now} of the nearest, recorded were {then}: {search}");
    }
}

#[test]
fn every_file_opens_and_gives_the_recorded_neighbours() {
    let files = FIXTURES.iter().map(|fixture| (fixture, false));
    for ((name, json, file), of_version_1) in files.chain(VERSION_1.iter().map(|fixture| (fixture, true))) {
        let spec: Value = serde_json::from_str(json).unwrap();
        assert!(spec["why"].as_str().unwrap().len() > 10, "{name} does not say why it exists");
        let index = Index::from_bytes(file).unwrap_or_else(|error| panic!("{name}: {error}"));
        assert_eq!(index.params(), build(&spec).params(), "{name}");
        assert_recorded(name, &index, &spec, of_version_1);
    }
}

macro_rules! earlier {
    ($($name:literal),* $(,)?) => {
        /// Files of the same adds, written when the index asked itself 100 questions.
        const EARLIER: &[(&str, &[u8])] = &[$((
            $name,
            include_bytes!(concat!("../vectors/index/v1/earlier/", $name, ".nearfold")),
        )),*];
    };
}
earlier![
    "cosine-b1-graph",
    "cosine-b1-rerank-i8",
    "cosine-i8-duplicates",
    "l2sq-f16-graph",
    "l2sq-f32-graph",
    "l2sq-i8-rerank-f16",
    "l2sq-i8-two-adds",
];

#[test]
fn files_written_earlier_open_and_give_the_recorded_neighbours() {
    for (name, file) in EARLIER {
        let (_, json, now) = VERSION_1.iter().find(|fixture| fixture.0 == *name).unwrap();
        assert!(file != now, "{name}: this is no earlier file");
        let spec: Value = serde_json::from_str(json).unwrap();
        let index = Index::from_bytes(file).unwrap_or_else(|error| panic!("{name}: {error}"));
        assert_recorded(name, &index, &spec, true);
    }
}

#[test]
fn a_file_of_version_1_does_not_know_its_recall_unless_nothing_was_rounded() {
    for (name, _, file) in VERSION_1.iter().filter(|fixture| !fixture.0.ends_with("empty")) {
        let index = Index::from_bytes(file).unwrap();
        let params = SearchParams::default();
        let (told, (kept, rerank)) = (index.recall_explained(5, &params).unwrap(), index.kept());
        let exact = kept == Storage::F32 || rerank == Some(Storage::F32);
        let answers = index.search_explained(&vec![0.1; index.dim()], 5, &params, None).unwrap().1;
        let scans = answers.plan == nearfold::SearchPlan::Scan;
        assert_eq!(told.recall.is_some(), exact && scans, "{name}: {told:?}");
        let again = Index::from_bytes(&index.to_bytes()).unwrap();
        assert_eq!(again.recall_explained(5, &params).unwrap(), told, "{name}");
    }
}

#[test]
fn building_again_gives_the_same_bytes() {
    for (name, json, file) in FIXTURES {
        let bytes = build(&serde_json::from_str(json).unwrap()).to_bytes();
        assert!(bytes == *file, "{name}: {} bytes, recorded were {}", bytes.len(), file.len());
        let opened = Index::from_bytes(file).unwrap();
        assert!(opened.to_bytes() == *file, "{name}: what was opened is not saved as it was");
    }
}

/// Gives to `add` the bytes of every fixture, built anew, and what it answers.
#[cfg(feature = "fold")]
pub(crate) fn each_result(add: &mut impl FnMut(&[u8])) {
    for (_, json, _) in FIXTURES {
        let spec: Value = serde_json::from_str(json).unwrap();
        let index = build(&spec);
        add(&index.to_bytes());
        for search in spec["searches"].as_array().unwrap() {
            add(format!("{:?}\n", answers(&index, &spec, search)).as_bytes());
        }
    }
}

/// Records the answers and the files: `cargo test --test conformance pin -- --ignored`. A change of
/// what was recorded breaks files that users have: it is a new format version, and a decision.
#[test]
#[ignore = "writes into the source tree"]
#[cfg(not(target_family = "wasm"))]
fn pin() {
    let folder = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/vectors/index/v2");
    for (name, json, _) in FIXTURES {
        let spec: Value = serde_json::from_str(json).unwrap();
        let index = build(&spec);
        let searches = spec["searches"].as_array().unwrap().iter().map(|search| {
            let (ids, distances) = answers(&index, &spec, search);
            let (k, ef_search, exact) = (&search["k"], &search["ef_search"], &search["exact"]);
            let (ids, distances) = (serde_json::json!(ids), serde_json::json!(distances));
            let filter = search.get("filter").map(|filter| format!(" \"filter\": {filter},"));
            let filter = filter.unwrap_or_default();
            format!(
                "  {{\"k\": {k}, \"ef_search\": {ef_search}, \"exact\": {exact},{filter}\n   \"ids\": {ids},\n   \"distances\": {distances}}}"
            )
        });
        let searches = searches.collect::<Vec<_>>().join(",\n");
        let keys =
            ["why", "dim", "metric", "storage", "rerank", "m", "ef_construction", "types", "adds", "queries"];
        let head: String = keys
            .iter()
            .filter(|key| spec.get(**key).is_some())
            .map(|key| format!(" \"{key}\": {},\n", spec[*key]))
            .collect();
        std::fs::write(
            folder.join(format!("{name}.json")),
            format!("{{\n{head} \"searches\": [\n{searches}\n ]\n}}\n"),
        )
        .unwrap();
        std::fs::write(folder.join(format!("{name}.nearfold")), index.to_bytes()).unwrap();
    }
}
