//! The index: converts its parameters, vectors, ids and results.

use js_sys::{Array, BigUint64Array, Float64Array, Function, Uint32Array};
use serde::Serialize;
use wasm_bindgen::JsCast;
use wasm_bindgen::prelude::{JsValue, wasm_bindgen};

use super::Result;
use super::buffer::Buffer;
use super::columns::{GivenColumns, GivenFilter, to_js};
use super::integer::{beyond_u32, id_number};
use super::options::{Reader, size};
use crate::columns::ColumnType;
use crate::distance::Metric;
use crate::error::ErrorKind;
use crate::near::{
    self, Explained, Filter, IdList, Index, Missing, Neighbors, NeighborsBatch, Params, SearchParams, Storage,
};
use crate::text::Quoted;

#[wasm_bindgen(raw_module = "../result.js")]
extern "C" {
    /// Returns `{ ids, distances }`.
    fn neighbors(ids: JsValue, distances: Vec<f32>) -> JsValue;
    /// Returns `{ ids, distances, explained }`.
    #[wasm_bindgen(js_name = neighborsExplained)]
    fn neighbors_explained(ids: JsValue, distances: Vec<f32>, explained: JsValue) -> JsValue;
    /// Returns `{ ids, distances, shape }`.
    #[wasm_bindgen(js_name = neighborsBatch)]
    fn neighbors_batch(ids: JsValue, distances: Vec<f32>, n: usize, k: usize) -> JsValue;
}

/// What holds an index on the JavaScript side; `pkg/near.js` wraps it.
#[wasm_bindgen]
pub struct IndexCore {
    index: Index,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct ParamsView {
    metric: &'static str,
    storage: &'static str,
    rerank: &'static str,
    #[serde(rename = "M")]
    m: usize,
    ef_construction: usize,
}

#[derive(Serialize)]
struct MemoryView {
    vectors: usize,
    rerank: usize,
    links: usize,
    ids: usize,
    columns: usize,
    sentinels: usize,
    total: usize,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct ExplainedView {
    plan: &'static str,
    ef_search: usize,
    distances: usize,
    reranked: usize,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct HealthView {
    nodes: usize,
    duplicates: usize,
    orphans: usize,
    degree_min: usize,
    degree_mean: f64,
    degree_max: usize,
    not_finite: usize,
    zeros: usize,
    norm_min: f64,
    norm_mean: f64,
    norm_max: f64,
    storage: &'static str,
    rerank: &'static str,
    recall: Option<f32>,
    lost_by_rounding: Option<f32>,
    lost_by_walk: Option<f32>,
    advice: String,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct RecallView {
    recall: Option<f32>,
    lost_by_rounding: Option<f32>,
    lost_by_walk: Option<f32>,
    questions: usize,
    advice: String,
}

/// Serializes what may be unknown as null.
fn serialized_with_null(value: &impl Serialize) -> Result<JsValue, JsValue> {
    let serializer = serde_wasm_bindgen::Serializer::new().serialize_missing_as_null(true);
    value.serialize(&serializer).map_err(JsValue::from)
}

fn serialized(value: &impl Serialize) -> Result<JsValue, JsValue> {
    serde_wasm_bindgen::to_value(value).map_err(JsValue::from)
}

/// What a count has to be.
const COUNT: &str = "an integer from 1 to 4294967295";

fn params_from_js(value: &JsValue) -> Result<Params> {
    let reader = Reader::new(value, "metric, storage, rerank, M, efConstruction")?;
    let mut params = Params::default();
    if let Some(metric) = reader.get::<String>("metric", Metric::NAMES)? {
        params = Params::new(Metric::from_name(&metric)?);
    }
    if let Some(storage) = reader.get::<String>("storage", Storage::ASKED)? {
        params = params.storage(Storage::asked_from_name(&storage)?);
    }
    if let Some(rerank) = reader.get::<String>("rerank", "f32, f16, i8, i4, none")? {
        params = params.rerank(Storage::rerank_from_name(&rerank)?);
    }
    if let Some(m) = reader.get("M", COUNT)? {
        params = params.m(m);
    }
    if let Some(ef_construction) = reader.get("efConstruction", COUNT)? {
        params = params.ef_construction(ef_construction);
    }
    Ok(params)
}

/// What a query asks for, in JavaScript's words.
struct Query {
    k: usize,
    params: SearchParams,
    kind: IdKind,
    explain: bool,
}

impl Query {
    /// Returns neighbours, and how they were found where that was asked for.
    fn found(&self, index: &Index, found: Neighbors, how: &Explained) -> Result<JsValue, JsValue> {
        let ids = ids_to_js(&index.named(&found.ids), self.kind)?;
        if !self.explain {
            return Ok(neighbors(ids, found.distances));
        }
        let explained = serialized(&ExplainedView {
            plan: how.plan.name(),
            ef_search: how.ef_search,
            distances: how.distances,
            reranked: how.reranked,
        })?;
        Ok(neighbors_explained(ids, found.distances, explained))
    }
}

/// The options of all searches.
const OPTIONS: &str = "k, efSearch, recall, exact, ids, filter, withColumns";
/// The options of a search for the neighbours of one vector.
const OPTIONS_OF_ONE: &str = "k, efSearch, recall, exact, ids, explain, filter, withColumns";
/// The options of a search within a radius.
const OPTIONS_OF_RADIUS: &str = "efSearch, recall, exact, ids, explain, filter, withColumns";

fn query_from_js(value: &JsValue, known: &'static str) -> Result<Query> {
    let reader = Reader::new(value, known)?;
    let mut params = SearchParams::default();
    if let Some(ef_search) = reader.get("efSearch", COUNT)? {
        params = params.ef_search(ef_search);
    }
    if let Some(recall) = reader.get("recall", "a number")? {
        params = params.recall(recall);
    }
    if let Some(exact) = reader.get("exact", "a boolean")? {
        params = params.exact(exact);
    }
    let k = reader.get("k", COUNT)?.unwrap_or(10);
    let kind = id_kind(reader.get::<String>("ids", ID_KINDS)?.as_deref())?;
    let explain = reader.get("explain", "a boolean")?.unwrap_or(false);
    Ok(Query { k, params, kind, explain })
}

/// What ids come as: Float64Array, BigUint64Array or Uint32Array.
#[derive(Clone, Copy)]
enum IdKind {
    Number,
    Bigint,
    Uint32,
}

const ID_KINDS: &str = "\"number\", \"bigint\" or \"uint32\"";

fn id_kind(ids: Option<&str>) -> Result<IdKind> {
    match ids {
        None | Some("number") => Ok(IdKind::Number),
        Some("bigint") => Ok(IdKind::Bigint),
        Some("uint32") => Ok(IdKind::Uint32),
        Some(other) => Err(ErrorKind::BadParameter {
            name: "ids",
            expected: ID_KINDS.into(),
            got: Quoted(other).to_string(),
        }
        .into()),
    }
}

fn ids_to_js(ids: &IdList, kind: IdKind) -> Result<JsValue, JsValue> {
    let ids = match ids {
        IdList::Strings(ids) => return Ok(ids.iter().map(JsValue::from).collect::<Array>().into()),
        IdList::Ints(ids) => ids.as_slice(),
    };
    match kind {
        IdKind::Bigint => Ok(BigUint64Array::from(ids).into()),
        IdKind::Number => {
            let numbers = ids.iter().map(|&id| id_number(id)).collect::<Result<Vec<_>, _>>()?;
            Ok(Float64Array::from(numbers.as_slice()).into())
        }
        IdKind::Uint32 => {
            let short = |&id: &u64| u32::try_from(id).map_err(|_| beyond_u32(id));
            let numbers = ids.iter().map(short).collect::<Result<Vec<_>, _>>()?;
            Ok(Uint32Array::from(numbers.as_slice()).into())
        }
    }
}

/// Returns the ids of a BigUint64Array, or of an array of strings.
fn ids_from_js(value: &JsValue) -> Option<IdList> {
    if let Some(ids) = value.dyn_ref::<BigUint64Array>() {
        return Some(IdList::Ints(ids.to_vec()));
    }
    let ids = value.dyn_ref::<Array>()?;
    Some(IdList::Strings(ids.iter().filter_map(|id| id.as_string()).collect()))
}

fn given_ids(value: &JsValue) -> IdList {
    ids_from_js(value).unwrap_or(IdList::Ints(Vec::new()))
}

/// Returns in which of `count` parts of an index each of an array of strings belongs.
#[wasm_bindgen(js_name = partsOf)]
pub fn parts_of(ids: &JsValue, count: u32) -> Vec<u32> {
    match given_ids(ids) {
        IdList::Strings(ids) => ids.iter().map(|id| near::part_of(id, count)).collect(),
        IdList::Ints(_) => Vec::new(),
    }
}

/// What holds a filter on the JavaScript side; `pkg/filter.js` wraps it.
#[wasm_bindgen]
pub struct FilterCore {
    filter: Filter,
}

#[wasm_bindgen]
impl FilterCore {
    /// Returns how many distinct vectors are allowed.
    #[wasm_bindgen(getter)]
    pub fn count(&self) -> usize {
        self.filter.count()
    }
}

impl IndexCore {
    /// Returns the neighbours within a radius, of those that a filter allows where there is one.
    fn within(
        &self,
        query: &[f32],
        options: &JsValue,
        filter: Option<&Filter>,
        radius: f32,
    ) -> Result<JsValue, JsValue> {
        let asked = query_from_js(options, OPTIONS_OF_RADIUS)?;
        let (found, how) = self.index.search_radius_explained(query, radius, &asked.params, filter)?;
        asked.found(&self.index, found, &how)
    }

    /// Returns neighbours of each row of `len` floats.
    fn batch(&self, found: NeighborsBatch, len: usize, kind: IdKind) -> Result<JsValue, JsValue> {
        Ok(neighbors_batch(
            ids_to_js(&self.index.named(&found.ids), kind)?,
            found.distances,
            len / self.index.dim(),
            found.k,
        ))
    }
}

#[wasm_bindgen]
impl IndexCore {
    /// Returns an empty index.
    #[wasm_bindgen(constructor)]
    pub fn new(dim: f64, options: &JsValue) -> Result<Self> {
        Ok(Self { index: Index::new(size("dim", dim)?, params_from_js(options)?)? })
    }

    /// Opens the first `len` bytes of a buffer.
    #[wasm_bindgen(js_name = fromBytes)]
    pub fn from_bytes(bytes: &Buffer, len: usize) -> Result<Self> {
        Ok(Self { index: Index::from_bytes(bytes.bytes(len)?)? })
    }

    /// Returns the file's bytes.
    #[wasm_bindgen(js_name = toBytes)]
    pub fn to_bytes(&self) -> js_sys::Uint8Array {
        js_sys::Uint8Array::from(self.index.to_bytes().as_slice())
    }

    /// Returns the dimension of the vectors.
    #[wasm_bindgen(getter)]
    pub fn dim(&self) -> usize {
        self.index.dim()
    }

    /// Returns how many ids the index holds.
    #[wasm_bindgen(getter)]
    pub fn length(&self) -> usize {
        self.index.len()
    }

    /// Returns `int` or `string`; undefined of an index that holds nothing.
    #[wasm_bindgen(getter, js_name = idKind)]
    pub fn id_kind(&self) -> Option<String> {
        self.index.id_kind().map(|kind| kind.name().to_owned())
    }

    /// Returns `{ metric, storage, rerank, M, efConstruction }`.
    #[wasm_bindgen(getter)]
    pub fn params(&self) -> Result<JsValue, JsValue> {
        let params = self.index.params();
        serialized(&ParamsView {
            metric: params.metric.name(),
            storage: Storage::asked_name(params.storage),
            rerank: params.rerank.map_or("none", Storage::name),
            m: params.m,
            ef_construction: params.ef_construction,
        })
    }

    /// Returns for each id whether it is in the index: 1 or 0.
    pub fn has(&self, ids: &JsValue) -> Result<Vec<u8>> {
        Ok(self.index.look_up(&given_ids(ids))?.into_iter().map(|key| u8::from(key.is_some())).collect())
    }

    /// Returns the keys of ids that are there, by which the other methods know them; each of them once where they are to be distinct.
    pub fn keys(&self, ids: &JsValue, distinct: bool) -> Result<Vec<u64>> {
        let ids = given_ids(ids);
        if distinct { self.index.distinct_keys(&ids) } else { self.index.keys(&ids) }
    }

    /// Returns all ids, ascending.
    pub fn ids(&self, kind: Option<String>) -> Result<JsValue, JsValue> {
        ids_to_js(&self.index.id_list(), id_kind(kind.as_deref())?)
    }

    /// Returns the vectors of keys, as the index keeps them.
    pub fn vectors(&self, keys: &[u64]) -> Result<Vec<f32>> {
        self.index.vectors(keys)
    }

    /// Returns the bytes that the index takes, by part.
    pub fn memory(&self) -> Result<JsValue, JsValue> {
        let near::Memory { vectors, rerank, links, ids, columns, sentinels } = self.index.memory();
        let total = vectors + rerank + links + ids + columns + sentinels;
        serialized(&MemoryView { vectors, rerank, links, ids, columns, sentinels, total })
    }

    /// Adds the first `len` floats as rows; `ids` is a BigUint64Array, an array of strings or undefined.
    pub fn add(
        &mut self,
        vectors: &Buffer,
        len: usize,
        ids: &JsValue,
        bigint: bool,
        columns: &GivenColumns,
        progress: Option<Function>,
    ) -> Result<JsValue, JsValue> {
        let ids = ids_from_js(ids);
        let mut thrown = None;
        let mut report = |done: usize, all: usize| match &progress {
            None => true,
            Some(progress) => match progress.call2(&JsValue::UNDEFINED, &done.into(), &all.into()) {
                Ok(answer) => answer != JsValue::FALSE,
                Err(error) => {
                    thrown = Some(error);
                    false
                }
            },
        };
        let added = self.index.add_ids(vectors.floats(len)?, ids.as_ref(), &columns.view(), &mut report)?;
        match thrown {
            Some(error) => Err(error),
            None => ids_to_js(&added, if bigint { IdKind::Bigint } else { IdKind::Number }),
        }
    }

    /// Returns the nearest neighbours of the first `len` floats.
    pub fn search(&self, query: &Buffer, len: usize, options: &JsValue) -> Result<JsValue, JsValue> {
        let asked = query_from_js(options, OPTIONS_OF_ONE)?;
        let (found, how) = self.index.search_explained(query.floats(len)?, asked.k, &asked.params, None)?;
        asked.found(&self.index, found, &how)
    }

    /// Returns the nearest neighbours of each row of the first `len` floats.
    #[wasm_bindgen(js_name = searchMany)]
    pub fn search_many(&self, queries: &Buffer, len: usize, options: &JsValue) -> Result<JsValue, JsValue> {
        let Query { k, params, kind, .. } = query_from_js(options, OPTIONS)?;
        let found = self.index.search_many(queries.floats(len)?, k, &params)?;
        self.batch(found, len, kind)
    }

    /// Takes ids out; returns how many went.
    pub fn remove(&mut self, ids: &JsValue, missing: &str) -> Result<usize> {
        self.index.remove_ids(&given_ids(ids), Missing::from_name(missing)?)
    }

    /// Adds the first `len` floats as rows, or replaces those of ids that are there; returns how many are new.
    pub fn upsert(
        &mut self,
        vectors: &Buffer,
        len: usize,
        ids: &JsValue,
        columns: &GivenColumns,
    ) -> Result<usize> {
        self.index.upsert(vectors.floats(len)?, &given_ids(ids), &columns.view())
    }

    /// Replaces the vectors of keys by the first `len` floats, and their values in the columns given.
    pub fn update(
        &mut self,
        vectors: &Buffer,
        len: usize,
        keys: &[u64],
        columns: &GivenColumns,
    ) -> Result<()> {
        self.index.update_with_columns(vectors.floats(len)?, keys, &columns.view())
    }

    /// Sets the values of keys in the columns given.
    #[wasm_bindgen(js_name = setColumns)]
    pub fn set_columns(&mut self, keys: &[u64], columns: &GivenColumns) -> Result<()> {
        self.index.set_columns(keys, &columns.view())
    }

    /// Adds a column in which every value is missing.
    #[wasm_bindgen(js_name = addColumn)]
    pub fn add_column(&mut self, name: &str, kind: &str) -> Result<()> {
        self.index.add_column(name, ColumnType::from_name(kind)?)
    }

    /// Returns the columns that values of `n` rows would make, or make others of: their names, each followed by its type.
    #[wasm_bindgen(js_name = columnsFor)]
    pub fn columns_for(&self, n: usize, columns: &GivenColumns, new_rows: bool) -> Result<Vec<String>> {
        let columns = self.index.columns_for(n, &columns.view(), new_rows)?;
        Ok(columns.into_iter().flat_map(|(name, kind)| [name, kind.name().to_owned()]).collect())
    }

    /// Makes floats of a column's whole numbers.
    #[wasm_bindgen(js_name = widenColumn)]
    pub fn widen_column(&mut self, name: &str) -> Result<()> {
        self.index.widen_column(name)
    }

    /// Returns the ids for whose values an expression holds, ascending, `limit` at most.
    pub fn find(&self, filter: &GivenFilter, limit: f64, kind: Option<String>) -> Result<JsValue, JsValue> {
        let limit = size("limit", limit)?;
        ids_to_js(&self.index.named(&self.index.find(&filter.expression, limit)?), id_kind(kind.as_deref())?)
    }

    /// Takes a column out.
    #[wasm_bindgen(js_name = dropColumn)]
    pub fn drop_column(&mut self, name: &str) -> Result<()> {
        self.index.drop_column(name)
    }

    /// Returns the columns' names, each followed by its type.
    pub fn columns(&self) -> Vec<String> {
        self.index.columns().into_iter().flat_map(|(name, kind)| [name, kind.name().to_owned()]).collect()
    }

    /// Returns the values of keys in a column.
    pub fn column(&self, name: &str, keys: &[u64]) -> Result<Vec<JsValue>> {
        Ok(self.index.column(name, keys)?.into_iter().map(to_js).collect())
    }

    /// Returns the filter of the ids for whose values an expression holds.
    #[wasm_bindgen(js_name = filterWhere)]
    pub fn filter_where(&self, filter: &GivenFilter) -> Result<FilterCore> {
        Ok(FilterCore { filter: self.index.filter_where(&filter.expression)? })
    }

    /// Gives back memory that only changes need.
    pub fn compact(&mut self) -> Result<()> {
        self.index.compact()
    }

    /// Returns the filter of these ids.
    #[wasm_bindgen(js_name = filterIds)]
    pub fn filter_ids(&self, ids: &JsValue) -> Result<FilterCore> {
        Ok(FilterCore { filter: self.index.filter_id_list(&given_ids(ids))? })
    }

    /// Returns the filter of the ids for which `allowed` returns something true.
    pub fn filter(&self, allowed: &Function, ids: &JsValue) -> Result<FilterCore, JsValue> {
        let kind = id_kind(ids.as_string().as_deref())?;
        let mut thrown = None;
        let filter = self.index.filter(|id| {
            if thrown.is_some() {
                return false;
            }
            let id = match self.index.named(&[id]) {
                IdList::Strings(ids) => Ok(JsValue::from(&ids[0])),
                IdList::Ints(_) if matches!(kind, IdKind::Bigint) => Ok(id.into()),
                IdList::Ints(_) => id_number(id).map(JsValue::from),
            };
            match id.and_then(|id| allowed.call1(&JsValue::UNDEFINED, &id)) {
                Ok(answer) => answer.is_truthy(),
                Err(error) => {
                    thrown = Some(error);
                    false
                }
            }
        });
        match thrown {
            Some(error) => Err(error),
            None => Ok(FilterCore { filter }),
        }
    }

    /// Returns the nearest neighbours of the first `len` floats among those that a filter allows.
    #[wasm_bindgen(js_name = searchFiltered)]
    pub fn search_filtered(
        &self,
        query: &Buffer,
        len: usize,
        options: &JsValue,
        filter: &FilterCore,
    ) -> Result<JsValue, JsValue> {
        let asked = query_from_js(options, OPTIONS_OF_ONE)?;
        let filter = Some(&filter.filter);
        let (found, how) = self.index.search_explained(query.floats(len)?, asked.k, &asked.params, filter)?;
        asked.found(&self.index, found, &how)
    }

    /// Returns the nearest neighbours of each row of the first `len` floats among those that a filter allows.
    #[wasm_bindgen(js_name = searchManyFiltered)]
    pub fn search_many_filtered(
        &self,
        queries: &Buffer,
        len: usize,
        options: &JsValue,
        filter: &FilterCore,
    ) -> Result<JsValue, JsValue> {
        let Query { k, params, kind, .. } = query_from_js(options, OPTIONS)?;
        let found = self.index.search_many_filtered(queries.floats(len)?, k, &params, &filter.filter)?;
        self.batch(found, len, kind)
    }

    /// Returns the neighbours of the first `len` floats within a radius.
    #[wasm_bindgen(js_name = searchRadius)]
    pub fn search_radius(
        &self,
        query: &Buffer,
        len: usize,
        options: &JsValue,
        radius: f32,
    ) -> Result<JsValue, JsValue> {
        self.within(query.floats(len)?, options, None, radius)
    }

    /// Returns the neighbours of the first `len` floats within a radius among those that a filter allows.
    #[wasm_bindgen(js_name = searchRadiusFiltered)]
    pub fn search_radius_filtered(
        &self,
        query: &Buffer,
        len: usize,
        options: &JsValue,
        filter: &FilterCore,
        radius: f32,
    ) -> Result<JsValue, JsValue> {
        self.within(query.floats(len)?, options, Some(&filter.filter), radius)
    }

    /// Returns the recall that the options give, and where it is lost.
    pub fn recall(&self, options: &JsValue) -> Result<JsValue, JsValue> {
        let Query { k, params, .. } = query_from_js(options, OPTIONS)?;
        let told = self.index.recall_explained(k, &params)?;
        serialized_with_null(&RecallView {
            recall: told.recall,
            lost_by_rounding: told.lost_by_rounding,
            lost_by_walk: told.lost_by_walk,
            questions: told.questions,
            advice: told.advice,
        })
    }

    /// Returns the recall of the first `len` floats' rows as queries, whose true neighbours are given.
    #[wasm_bindgen(js_name = recallOf)]
    pub fn recall_of(&self, queries: &Buffer, len: usize, truth: &JsValue, options: &JsValue) -> Result<f32> {
        let Query { k, params, .. } = query_from_js(options, OPTIONS)?;
        // What is not there is not found either.
        let truth = self.index.look_up(&given_ids(truth))?;
        let truth: Vec<u64> = truth.into_iter().map(|key| key.unwrap_or(u64::MAX)).collect();
        self.index.recall_of(queries.floats(len)?, &truth, k, &params)
    }

    /// Returns a report of the index's state.
    pub fn health(&self) -> Result<JsValue, JsValue> {
        let health = self.index.health();
        serialized_with_null(&HealthView {
            nodes: health.nodes,
            duplicates: health.duplicates,
            orphans: health.orphans,
            degree_min: health.degree_min,
            degree_mean: health.degree_mean,
            degree_max: health.degree_max,
            not_finite: health.not_finite,
            zeros: health.zeros,
            norm_min: health.norm_min,
            norm_mean: health.norm_mean,
            norm_max: health.norm_max,
            storage: health.storage.name(),
            rerank: health.rerank.map_or("none", Storage::name),
            recall: health.recall.recall,
            lost_by_rounding: health.recall.lost_by_rounding,
            lost_by_walk: health.recall.lost_by_walk,
            advice: health.recall.advice,
        })
    }
}
