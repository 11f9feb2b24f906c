//! The index: converts its parameters, vectors, ids and results.

use wasm_bindgen::prelude::{JsValue, wasm_bindgen};

use super::Result;
use super::border::{self, Answer, Kind};
use super::buffer::Buffer;
use super::columns::{GivenColumns, GivenFilter, to_js};
use super::integer::{beyond_u32, id_number};
use super::options::{Reader, bad, number, size, word};
use crate::columns::ColumnType;
use crate::distance::Metric;
use crate::near::{self, Explained, Filter, Index, Neighbors, NeighborsBatch, Params, SearchParams, Storage};

/// What holds an index on the JavaScript side; `pkg/near.js` wraps it.
#[wasm_bindgen(js_name = index)]
pub struct IndexCore {
    index: Index,
}

/// Returns an object of counts.
fn counts<const N: usize>(counts: [(&str, usize); N]) -> JsValue {
    border::object_of(counts.map(|(name, count)| (name, border::number_value(count as f64))))
}

/// What a count has to be.
const COUNT: &str = "an integer from 1 to 4294967295";

fn params_from_js(value: &JsValue) -> Result<Params> {
    let reader = Reader::new(value, "metric, storage, rerank, M, efConstruction")?;
    let mut params = Params::default();
    if let Some(metric) = reader.word("metric", Metric::NAMES)? {
        params = Params::new(Metric::from_name(&metric)?);
    }
    if let Some(storage) = reader.word("storage", Storage::NAMES)? {
        params = params.storage(Storage::from_name(&storage)?);
    }
    if let Some(rerank) = reader.word("rerank", "f32, f16, i8, none")? {
        params = params.rerank(Storage::rerank_from_name(&rerank)?);
    }
    if let Some(m) = reader.count("M", COUNT)? {
        params = params.m(m);
    }
    if let Some(ef_construction) = reader.count("efConstruction", COUNT)? {
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
    fn found(&self, found: Neighbors, how: &Explained) -> Result<JsValue, JsValue> {
        let neighbors = border::found(ids_to_js(&found.ids, self.kind)?, &found.distances);
        if self.explain {
            let explained = counts([
                ("efSearch", how.ef_search),
                ("distances", how.distances),
                ("reranked", how.reranked),
            ]);
            border::add(&explained, "plan", border::text(how.plan.name()));
            border::add(&neighbors, "explained", explained);
        }
        Ok(neighbors)
    }
}

/// The options of all searches.
const OPTIONS: &str = "k, efSearch, recall, exact, ids";
/// The options of a search for the neighbours of one vector.
const OPTIONS_OF_ONE: &str = "k, efSearch, recall, exact, ids, explain";
/// The options of a search within a radius.
const OPTIONS_OF_RADIUS: &str = "efSearch, recall, exact, ids, explain";

fn query_from_js(value: &JsValue, known: &'static str) -> Result<Query> {
    let reader = Reader::new(value, known)?;
    let mut params = SearchParams::default();
    if let Some(ef_search) = reader.count("efSearch", COUNT)? {
        params = params.ef_search(ef_search);
    }
    if let Some(recall) = reader.number("recall")? {
        params = params.recall(recall as f32);
    }
    if let Some(exact) = reader.flag("exact")? {
        params = params.exact(exact);
    }
    let k = reader.count("k", COUNT)?.unwrap_or(10);
    let kind = reader.raw("ids").map_or(Ok(IdKind::Number), id_kind)?;
    let explain = reader.flag("explain")?.unwrap_or(false);
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

fn id_kind(ids: &JsValue) -> Result<IdKind> {
    match word("ids", ID_KINDS, ids)?.as_str() {
        "number" => Ok(IdKind::Number),
        "bigint" => Ok(IdKind::Bigint),
        "uint32" => Ok(IdKind::Uint32),
        _ => Err(bad("ids", ID_KINDS, ids)),
    }
}

fn ids_to_js(ids: &[u64], kind: IdKind) -> Result<JsValue, JsValue> {
    match kind {
        IdKind::Bigint => Ok(border::array(ids)),
        IdKind::Number => {
            let numbers = ids.iter().map(|&id| id_number(id)).collect::<Result<Vec<_>, _>>()?;
            Ok(border::array(&numbers))
        }
        IdKind::Uint32 => {
            let short = |&id: &u64| u32::try_from(id).map_err(|_| beyond_u32(id));
            let numbers = ids.iter().map(short).collect::<Result<Vec<_>, _>>()?;
            Ok(border::array(&numbers))
        }
    }
}

fn id_to_js(id: u64, kind: IdKind) -> Result<JsValue, JsValue> {
    Ok(if matches!(kind, IdKind::Bigint) {
        border::unsigned_bigint(id)
    } else {
        border::number_value(id_number(id)?)
    })
}

/// What holds a filter on the JavaScript side; `pkg/filter.js` wraps it.
#[wasm_bindgen(js_name = filter)]
pub struct FilterCore {
    filter: Filter,
}

#[wasm_bindgen(js_class = filter)]
impl FilterCore {
    /// Returns how many distinct vectors are allowed.
    pub fn count(&self) -> usize {
        self.filter.count()
    }
}

impl IndexCore {
    fn nearest(
        &self,
        query: &Buffer,
        len: usize,
        options: &JsValue,
        filter: Option<&Filter>,
    ) -> Result<JsValue, JsValue> {
        let asked = query_from_js(options, OPTIONS_OF_ONE)?;
        let (found, how) = self.index.search_explained(query.floats(len)?, asked.k, &asked.params, filter)?;
        asked.found(found, &how)
    }

    /// Returns the neighbours within a radius, of those that a filter allows where there is one.
    fn within(
        &self,
        query: &[f32],
        options: &JsValue,
        filter: Option<&Filter>,
        radius: &JsValue,
    ) -> Result<JsValue, JsValue> {
        let asked = query_from_js(options, OPTIONS_OF_RADIUS)?;
        let radius = number("radius", radius)? as f32;
        let (found, how) = self.index.search_radius_explained(query, radius, &asked.params, filter)?;
        asked.found(found, &how)
    }

    /// Returns neighbours of each row of `len` floats.
    fn batch(&self, found: NeighborsBatch, len: usize, kind: IdKind) -> Result<JsValue, JsValue> {
        let shape = [(len / self.index.dim()) as f64, found.k as f64].map(border::number_value);
        let neighbors = border::found(ids_to_js(&found.ids, kind)?, &found.distances);
        border::add(&neighbors, "shape", border::list_of(shape));
        Ok(neighbors)
    }
}

/// Returns the ids of a BigUint64Array.
fn ids_of(ids: &JsValue) -> Vec<u64> {
    border::numbers(ids)
}

#[wasm_bindgen(js_class = index)]
impl IndexCore {
    /// Returns an empty index.
    #[wasm_bindgen(constructor)]
    pub fn new(dim: &JsValue, options: &JsValue) -> Result<Self> {
        Ok(Self { index: Index::new(size("dim", dim)?, params_from_js(options)?)? })
    }

    /// Opens the first `len` bytes of a buffer.
    #[wasm_bindgen(js_name = fromBytes)]
    pub fn from_bytes(bytes: &Buffer, len: usize) -> Result<Self> {
        Ok(Self { index: Index::from_bytes(bytes.bytes(len)?)? })
    }

    /// Returns the file's bytes.
    #[wasm_bindgen(js_name = toBytes)]
    pub fn to_bytes(&self) -> Result<JsValue, JsValue> {
        Ok(border::array(&self.index.to_bytes()))
    }

    /// Returns the dimension of the vectors.
    pub fn dim(&self) -> usize {
        self.index.dim()
    }

    /// Returns how many ids the index holds.
    pub fn length(&self) -> usize {
        self.index.len()
    }

    /// Returns `{ metric, storage, rerank, M, efConstruction }`.
    pub fn params(&self) -> Result<JsValue, JsValue> {
        let params = self.index.params();
        let names = [
            ("metric", params.metric.name()),
            ("storage", params.storage.name()),
            ("rerank", params.rerank.map_or("none", Storage::name)),
        ];
        let all = border::object_of(names.map(|(key, name)| (key, border::text(name))));
        border::add(&all, "M", border::number_value(params.m as f64));
        border::add(&all, "efConstruction", border::number_value(params.ef_construction as f64));
        Ok(all)
    }

    /// Returns whether an id is in the index.
    pub fn has(&self, id: u64) -> bool {
        self.index.contains(id)
    }

    /// Returns the vector of an id, as the index keeps it.
    pub fn vector(&self, id: u64) -> Result<JsValue, JsValue> {
        Ok(border::array(&self.index.vector(id)?))
    }

    /// Returns the bytes that the index takes, by part.
    pub fn memory(&self) -> Result<JsValue, JsValue> {
        let near::Memory { vectors, rerank, links, ids, columns } = self.index.memory();
        let total = vectors + rerank + links + ids + columns;
        Ok(counts([
            ("vectors", vectors),
            ("rerank", rerank),
            ("links", links),
            ("ids", ids),
            ("columns", columns),
            ("total", total),
        ]))
    }

    /// Adds the first `len` floats as rows; `ids` is a BigUint64Array or undefined.
    pub fn add(
        &mut self,
        vectors: &Buffer,
        len: usize,
        ids: &JsValue,
        bigint: bool,
        columns: &GivenColumns,
        progress: &JsValue,
    ) -> Result<JsValue, JsValue> {
        let ids = (Kind::of(ids) != Kind::Nothing).then(|| ids_of(ids));
        let reported = Kind::of(progress) != Kind::Nothing;
        let mut thrown = None;
        let mut report = |done: usize, all: usize| {
            let [done, all] = [done, all].map(|n| border::number_value(n as f64));
            match reported.then(|| border::ask(progress, done, all)).transpose() {
                Ok(answer) => !matches!(answer, Some(Answer::False)),
                Err(error) => {
                    thrown = Some(error);
                    false
                }
            }
        };
        let added = self.index.add_with_columns(
            vectors.floats(len)?,
            ids.as_deref(),
            &columns.view(),
            &mut report,
        )?;
        match thrown {
            Some(error) => Err(error),
            None => ids_to_js(&added, if bigint { IdKind::Bigint } else { IdKind::Number }),
        }
    }

    /// Returns the nearest neighbours of the first `len` floats.
    pub fn search(&self, query: &Buffer, len: usize, options: &JsValue) -> Result<JsValue, JsValue> {
        self.nearest(query, len, options, None)
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
        self.nearest(query, len, options, Some(&filter.filter))
    }

    /// Returns the nearest neighbours of each row of the first `len` floats.
    #[wasm_bindgen(js_name = searchMany)]
    pub fn search_many(&self, queries: &Buffer, len: usize, options: &JsValue) -> Result<JsValue, JsValue> {
        let Query { k, params, kind, .. } = query_from_js(options, OPTIONS)?;
        let found = self.index.search_many(queries.floats(len)?, k, &params)?;
        self.batch(found, len, kind)
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
        radius: &JsValue,
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
        radius: &JsValue,
    ) -> Result<JsValue, JsValue> {
        self.within(query.floats(len)?, options, Some(&filter.filter), radius)
    }

    /// Takes ids out.
    pub fn remove(&mut self, ids: &JsValue) -> Result<()> {
        self.index.remove(&ids_of(ids))
    }

    /// Replaces the vectors of ids by the first `len` floats, and their values in the columns given.
    pub fn update(
        &mut self,
        vectors: &Buffer,
        len: usize,
        ids: &JsValue,
        columns: &GivenColumns,
    ) -> Result<()> {
        self.index.update_with_columns(vectors.floats(len)?, &ids_of(ids), &columns.view())
    }

    /// Sets the values of ids in the columns given.
    #[wasm_bindgen(js_name = setColumns)]
    pub fn set_columns(&mut self, ids: &JsValue, columns: &GivenColumns) -> Result<()> {
        self.index.set_columns(&ids_of(ids), &columns.view())
    }

    /// Adds a column in which every value is missing.
    #[wasm_bindgen(js_name = addColumn)]
    pub fn add_column(&mut self, name: &JsValue, kind: &JsValue) -> Result<()> {
        let kind = ColumnType::from_name(&word("type", "\"int\", \"float\", \"string\" or \"bool\"", kind)?)?;
        self.index.add_column(&word("name", "a string", name)?, kind)
    }

    /// Takes a column out.
    #[wasm_bindgen(js_name = dropColumn)]
    pub fn drop_column(&mut self, name: &JsValue) -> Result<()> {
        self.index.drop_column(&word("name", "a string", name)?)
    }

    /// Returns the columns' names, each with its type.
    pub fn columns(&self) -> Result<JsValue, JsValue> {
        let columns = self.index.columns().into_iter();
        Ok(border::list_of(
            columns.map(|(name, kind)| border::list_of([name.as_str(), kind.name()].map(border::text))),
        ))
    }

    /// Returns the values of ids in a column.
    pub fn column(&self, name: &JsValue, ids: &JsValue) -> Result<JsValue, JsValue> {
        let values = self.index.column(&word("withColumns", "names", name)?, &ids_of(ids))?;
        Ok(border::list_of(values.into_iter().map(to_js)))
    }

    /// Gives back memory that only changes need.
    pub fn compact(&mut self) -> Result<()> {
        self.index.compact()
    }

    /// Returns the filter of the ids for whose values an expression holds.
    #[wasm_bindgen(js_name = filterWhere)]
    pub fn filter_where(&self, filter: &GivenFilter) -> Result<FilterCore> {
        Ok(FilterCore { filter: self.index.filter_where(&filter.expression)? })
    }

    /// Returns the filter of these ids.
    #[wasm_bindgen(js_name = filterIds)]
    pub fn filter_ids(&self, ids: &JsValue) -> Result<FilterCore> {
        Ok(FilterCore { filter: self.index.filter_ids(&ids_of(ids)) })
    }

    /// Returns the filter of the ids for which `allowed` returns something true.
    pub fn filter(&self, allowed: &JsValue, options: &JsValue) -> Result<FilterCore, JsValue> {
        let kind = Reader::new(options, "ids")?.raw("ids").map_or(Ok(IdKind::Number), id_kind)?;
        let mut thrown = None;
        let filter = self.index.filter(|id| {
            if thrown.is_some() {
                return false;
            }
            match id_to_js(id, kind).and_then(|id| border::ask(allowed, id, JsValue::UNDEFINED)) {
                Ok(answer) => matches!(answer, Answer::True),
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

    /// Returns the recall that the options give, measured on the index itself.
    pub fn recall(&self, options: &JsValue) -> Result<f32> {
        let Query { k, params, .. } = query_from_js(options, "k, efSearch, recall, exact")?;
        self.index.recall(k, &params)
    }

    /// Returns a report of the index's state.
    pub fn health(&self) -> Result<JsValue, JsValue> {
        let health = self.index.health();
        let report = counts([
            ("nodes", health.nodes),
            ("duplicates", health.duplicates),
            ("orphans", health.orphans),
            ("degreeMin", health.degree_min),
            ("degreeMax", health.degree_max),
            ("notFinite", health.not_finite),
            ("zeros", health.zeros),
        ]);
        for (name, mean) in [
            ("degreeMean", health.degree_mean),
            ("normMin", health.norm_min),
            ("normMean", health.norm_mean),
            ("normMax", health.norm_max),
        ] {
            border::add(&report, name, border::number_value(mean));
        }
        Ok(report)
    }
}
