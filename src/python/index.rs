//! The class `Index`: the core's index, shared between Python's threads.

use std::io;
use std::path::{Path, PathBuf};

use pyo3::exceptions::{PyOSError, PyTypeError};
use pyo3::prelude::*;
use pyo3::types::{PyBytes, PyDict, PyList, PyTuple, PyType};

use super::allowed::Allowed;
use super::arguments::{AT_LEAST_1, SizeArgument};
use super::buffer::with_bytes;
use super::columns::{self, Given, Wanted, to_dict, to_python};
use super::ids::{Named, array, to_id_list, to_one_id};
use super::input::{to_f32, with_values};
use super::shared::Shared;
use crate::Metric;
use crate::columns::{ColumnType, Value};
use crate::error::{Error, ErrorKind, Result};
use crate::fold::Boolean;
use crate::near::{self, Missing, Params, SearchParams, Storage};
use crate::storage;

/// A compact index for approximate nearest neighbours.
///
/// Any number of threads may search at the same time; an `add` waits for them and they for it. The
/// interpreter's lock is given up for the work. Only `add` can be interrupted (Ctrl-C). After a fork while another thread
/// changed the index, the child cannot use it.
///
/// Parameters
/// ----------
/// dim : int
///     How many components each vector has.
/// metric : {"l2sq", "ip", "cosine"}, default "l2sq"
///     Squared Euclidean distance, ``1 - dot``, or ``1 - cos`` (to about 1e-7).
/// storage : {"auto", "f32", "f16", "i8", "i4", "b1"}, default "auto"
///     How the vectors are kept that a walk compares: 4, 2, 1 or half a byte a component, or one bit. All but ``"f32"``
///     round them, so distances are those of rounded vectors. ``"auto"`` takes the smallest of ``"f32"``, ``"f16"`` and
///     ``"i8"`` that keeps 0.99 of the true neighbours, and `health` says which. Below 2,048 distinct vectors they are kept
///     as they come.
/// rerank : {"f32", "f16", "i8", "i4"}, optional
///     A second, finer copy of the vectors, which gives the final candidates their distances and is
///     what `vector` returns. ``"b1"`` needs one for results that are more than a guess.
/// M : int, default 16
///     The paper's `M`: a node keeps at most ``2 * M`` links.
/// ef_construction : int, default 200
///     How many candidates an insertion looks at.
///
/// Raises
/// ------
/// NearfoldError
///     With code ``bad_parameter`` or ``unknown_name``.
///
/// References
/// ----------
/// Malkov & Yashunin (2018), "Efficient and robust approximate nearest neighbor search using
/// Hierarchical Navigable Small World graphs".
///
/// Examples
/// --------
/// >>> import nearfold as nf
/// >>> index = nf.Index(2)
/// >>> ids = index.add([[0.0, 0.0], [1.0, 0.0], [5.0, 5.0]])
/// >>> ids, distances = index.search([0.9, 0.0], k=2)
/// >>> list(map(int, ids))
/// [1, 0]
#[pyclass(module = "nearfold", frozen)]
pub(super) struct Index {
    index: Shared,
    dim: usize,
    params: Params,
}

impl From<near::Index> for Index {
    fn from(index: near::Index) -> Self {
        let (dim, params) = (index.dim(), index.params().clone());
        Self { index: Shared::new(index), dim, params }
    }
}

#[pymethods]
impl Index {
    #[new]
    #[pyo3(
        signature = (dim, *, metric="l2sq", storage="auto", rerank=None, M=SizeArgument::Size(16), ef_construction=SizeArgument::Size(200)),
        text_signature = "(dim, *, metric='l2sq', storage='auto', rerank=None, M=16, ef_construction=200)"
    )]
    #[expect(non_snake_case, reason = "the paper's letter, which Python allows")]
    fn new(
        dim: SizeArgument,
        metric: &str,
        storage: &str,
        rerank: Option<&str>,
        M: SizeArgument,
        ef_construction: SizeArgument,
    ) -> PyResult<Self> {
        let params = Params::new(Metric::from_name(metric)?)
            .storage(Storage::asked_from_name(storage)?)
            .rerank(rerank.map(Storage::rerank_from_name).transpose()?.flatten())
            .m(M.at("M", "2 to 128")?)
            .ef_construction(ef_construction.at("ef_construction", "1 to 65536")?);
        Ok(near::Index::new(dim.at("dim", "1 to 65536")?, params)?.into())
    }

    /// Add vectors.
    ///
    /// All or nothing: after an error the index is as it was. Where `progress` raises, or the user
    /// interrupts, the batches that are done stay and the rest is taken back.
    ///
    /// Parameters
    /// ----------
    /// vectors : array_like, (n, dim) or (dim,)
    ///     float32 is read in place; other real numbers are rounded to it.
    /// ids : array_like of int or of str, (n,), optional
    ///     Their ids, all integers from 0 to 2**64 - 2 or all strings of 1 to 65,535 bytes in UTF-8: the first that come to
    ///     an empty index decide which. By default integers from one more than the largest that ever was.
    /// progress : callable, optional
    ///     Called with ``(done, all)`` between batches. It must not use this index.
    /// columns : dict of str to array_like, (n,) each, optional
    ///     Values of the vectors: int, float, str or bool, None (or NaN) where one is missing. The first
    ///     that an index gets make its columns; later ones must be among them.
    ///
    /// Returns
    /// -------
    /// array of int64, (n,)
    ///     The ids: of uint64, or a list, as of `search`.
    ///
    /// Raises
    /// ------
    /// NearfoldError
    ///     With code ``dimension_mismatch``, ``shape_mismatch``, ``not_finite``, ``duplicate_id`` or
    ///     ``bad_parameter`` (a column that is not there, a value of another type).
    ///
    /// Examples
    /// --------
    /// >>> import nearfold as nf
    /// >>> index = nf.Index(1)
    /// >>> ids = index.add([[0.0], [1.0], [2.0]], columns={"year": [1999, 2004, None]})
    /// >>> ids, distances, values = index.search([0.0], filter={"year": {"gte": 2000}}, with_columns=True)
    /// >>> values
    /// {'year': [2004]}
    #[pyo3(signature = (vectors, ids=None, progress=None, *, columns=None))]
    fn add<'py>(
        &self,
        py: Python<'py>,
        vectors: &Bound<'py, PyAny>,
        ids: Option<&Bound<'py, PyAny>>,
        progress: Option<Bound<'py, PyAny>>,
        columns: Option<&Bound<'py, PyAny>>,
    ) -> PyResult<Bound<'py, PyAny>> {
        let ids = ids.map(to_id_list).transpose()?;
        let columns = Given::of(columns)?;
        if progress.as_ref().is_some_and(|progress| !progress.is_callable()) {
            return Err(PyTypeError::new_err("progress: expected a callable that takes (done, all)"));
        }
        let progress = progress.map(Bound::unbind);
        let ids = with_values(vectors, |values| {
            // An empty list has no rows of any length.
            if values.shape() != [0] {
                self.rows_of(values.shape())?;
            }
            let vectors = to_f32(&values)?;
            self.index.add(py, &vectors, ids.as_ref(), &columns, progress.as_ref())
        })?;
        let n = ids.len();
        let ids = self.index.read(py, |index| Named::from_list(index, ids))?;
        ids.into_python(py, &[n])
    }

    /// Find the nearest neighbours of one query, or of many.
    ///
    /// Parameters
    /// ----------
    /// q : array_like, (dim,) or (n, dim)
    ///     The query, or queries.
    /// k : int, default 10
    ///     How many neighbours; fewer come when the index holds fewer.
    /// ef_search : int, optional
    ///     How many candidates the walk keeps: more is slower and finds more.
    /// recall : float, optional
    ///     Which part of the true neighbours is to be found, where `ef_search` is not given; 0.95 by
    ///     default. The index has measured on its own vectors what that takes: queries that lie elsewhere find less.
    /// exact : bool, default False
    ///     Compare with every vector instead of walking the graph.
    /// filter : dict, array_like of int, of str or of bool, or callable, optional
    ///     What the columns' values must be; the ids that may be found, or a mask, ``mask[id]`` true
    ///     for them; or a function that is asked about every id. A dict has column names with a value, or with tests: ``{"year": {"gte": 2000,
    ///     "lt": 2010}, "lang": {"in": ["en", "de"]}}``. All must hold. The tests are ``eq``, ``ne``, ``in``,
    ///     ``gt``, ``gte``, ``lt``, ``lte``, ``between`` (``[least, most]``) and ``exists``; a missing value
    ///     passes ``{"exists": False}`` only. ``"and"`` and ``"or"`` have a list of such dicts, ``"not"`` has
    ///     one.
    /// with_columns : sequence of str, or bool, default False
    ///     Return the values of these columns too; of all columns with True.
    ///
    /// Returns
    /// -------
    /// ids : array of int64, (k,) or (n, k)
    ///     Of uint64 in an index that has held an id from 2**63 on; a list of str, or of lists, where ids are strings.
    /// distances : array of float32, (k,) or (n, k)
    ///     Nearest first; equal distances are ordered by id (strings by their bytes in UTF-8). Where several vectors are as far as the last of them,
    ///     which are returned is the index's choice, the same every time.
    /// columns : dict of str to list, (k,) or (n, k)
    ///     Only with `with_columns`: the values, None where one is missing.
    ///
    /// Raises
    /// ------
    /// NearfoldError
    ///     With code ``dimension_mismatch``, ``not_finite`` or ``bad_parameter``.
    #[pyo3(
        signature = (q, k=SizeArgument::Size(10), *, ef_search=None, recall=None, exact=false, filter=None, with_columns=None),
        text_signature = "($self, q, k=10, *, ef_search=None, recall=None, exact=False, filter=None, with_columns=False)"
    )]
    #[expect(clippy::too_many_arguments, reason = "keywords of Python, each with a default")]
    fn search<'py>(
        &self,
        py: Python<'py>,
        q: &Bound<'py, PyAny>,
        k: SizeArgument,
        ef_search: Option<SizeArgument>,
        recall: Option<f32>,
        exact: bool,
        filter: Option<&Bound<'py, PyAny>>,
        with_columns: Option<&Bound<'py, PyAny>>,
    ) -> PyResult<Bound<'py, PyTuple>> {
        let k = k.at("k", AT_LEAST_1)?;
        let params = search_params(ef_search, recall, exact)?;
        let allowed = filter.map(|filter| Allowed::of(&self.index, py, filter)).transpose()?;
        let wanted = Wanted::of(with_columns)?;
        with_values(q, |values| {
            let many = self.rows_of(values.shape())?;
            let queries = to_f32(&values)?;
            let found = self.index.read(py, |index| {
                let found = match (&allowed, many) {
                    (None, Some(_)) => index.search_many(&queries, k, &params)?,
                    (None, None) => batch_of_one(index.search(&queries, k, &params)?),
                    (Some(allowed), _) => {
                        let filter = allowed.filter(index)?;
                        index.search_many_filtered(&queries, k, &params, &filter)?
                    }
                };
                Found::of(index, found, &wanted)
            })??;
            let shape: Vec<usize> = many.into_iter().chain([found.k]).collect();
            found.into_tuple(py, &shape)
        })
    }

    /// Find the nearest neighbours of one query, and say how.
    ///
    /// Parameters
    /// ----------
    /// q : array_like, (dim,)
    /// k, ef_search, recall, exact, filter
    ///     As for `search`.
    ///
    /// Returns
    /// -------
    /// ids : array of int64, (k,)
    ///     Of uint64, or a list, as of `search`.
    /// distances : array of float32, (k,)
    /// explained : dict
    ///     ``plan``: ``"scan"`` or ``"filtered_scan"`` (every vector compared: exact), ``"graph"`` or
    ///     ``"filtered_graph"``; ``ef_search``: the candidates of the walk, 0 for a scan; ``distances``:
    ///     vectors compared; ``reranked``: candidates whose distance was made anew.
    ///
    /// Raises
    /// ------
    /// NearfoldError
    ///     With code ``dimension_mismatch``, ``not_finite`` or ``bad_parameter``.
    #[pyo3(
        signature = (q, k=SizeArgument::Size(10), *, ef_search=None, recall=None, exact=false, filter=None),
        text_signature = "($self, q, k=10, *, ef_search=None, recall=None, exact=False, filter=None)"
    )]
    #[expect(clippy::too_many_arguments, reason = "keywords of Python, each with a default")]
    fn search_explained<'py>(
        &self,
        py: Python<'py>,
        q: &Bound<'py, PyAny>,
        k: SizeArgument,
        ef_search: Option<SizeArgument>,
        recall: Option<f32>,
        exact: bool,
        filter: Option<&Bound<'py, PyAny>>,
    ) -> PyResult<Explanation<'py>> {
        let k = k.at("k", AT_LEAST_1)?;
        let params = search_params(ef_search, recall, exact)?;
        let allowed = filter.map(|filter| Allowed::of(&self.index, py, filter)).transpose()?;
        with_values(q, |values| {
            self.one_query(values.shape())?;
            let query = to_f32(&values)?;
            let (found, how) = self.index.read(py, |index| {
                let filter = allowed.as_ref().map(|allowed| allowed.filter(index)).transpose()?;
                let (found, how) = index.search_explained(&query, k, &params, filter.as_ref())?;
                Ok::<_, Error>((Found::of(index, batch_of_one(found), &Wanted::None)?, how))
            })??;
            explanation(py, found, &how)
        })
    }

    /// Find all neighbours of a query within a distance.
    ///
    /// Parameters
    /// ----------
    /// q : array_like, (dim,)
    /// radius : float
    ///     The greatest distance, itself included: of ``"l2sq"`` a squared one, as all distances.
    /// ef_search, recall, exact, filter, with_columns
    ///     As for `search`.
    ///
    /// Returns
    /// -------
    /// ids : array of int64, (found,)
    ///     Of uint64, or a list, as of `search`.
    /// distances : array of float32, (found,)
    ///     Nearest first; equal distances are ordered by id.
    /// columns : dict of str to list, (found,)
    ///     Only with `with_columns`: the values, None where one is missing.
    ///
    /// Raises
    /// ------
    /// NearfoldError
    ///     With code ``dimension_mismatch``, ``not_finite`` or ``bad_parameter``.
    #[pyo3(
        signature = (q, radius, *, ef_search=None, recall=None, exact=false, filter=None, with_columns=None),
        text_signature = "($self, q, radius, *, ef_search=None, recall=None, exact=False, filter=None, with_columns=False)"
    )]
    #[expect(clippy::too_many_arguments, reason = "keywords of Python, each with a default")]
    fn search_radius<'py>(
        &self,
        py: Python<'py>,
        q: &Bound<'py, PyAny>,
        radius: f32,
        ef_search: Option<SizeArgument>,
        recall: Option<f32>,
        exact: bool,
        filter: Option<&Bound<'py, PyAny>>,
        with_columns: Option<&Bound<'py, PyAny>>,
    ) -> PyResult<Bound<'py, PyTuple>> {
        let wanted = Wanted::of(with_columns)?;
        let (found, _) =
            self.within(py, q, radius, search_params(ef_search, recall, exact)?, filter, &wanted)?;
        let shape = [found.k];
        found.into_tuple(py, &shape)
    }

    /// Find all neighbours of a query within a distance, and say how.
    ///
    /// Parameters
    /// ----------
    /// q : array_like, (dim,)
    /// radius : float
    ///     The greatest distance, itself included: of ``"l2sq"`` a squared one, as all distances.
    /// ef_search, recall, exact, filter
    ///     As for `search`.
    ///
    /// Returns
    /// -------
    /// ids : array of int64, (found,)
    ///     Of uint64, or a list, as of `search`.
    /// distances : array of float32, (found,)
    /// explained : dict
    ///     As of `search_explained`.
    ///
    /// Raises
    /// ------
    /// NearfoldError
    ///     With code ``dimension_mismatch``, ``not_finite`` or ``bad_parameter``.
    #[pyo3(
        signature = (q, radius, *, ef_search=None, recall=None, exact=false, filter=None),
        text_signature = "($self, q, radius, *, ef_search=None, recall=None, exact=False, filter=None)"
    )]
    #[expect(clippy::too_many_arguments, reason = "keywords of Python, each with a default")]
    fn search_radius_explained<'py>(
        &self,
        py: Python<'py>,
        q: &Bound<'py, PyAny>,
        radius: f32,
        ef_search: Option<SizeArgument>,
        recall: Option<f32>,
        exact: bool,
        filter: Option<&Bound<'py, PyAny>>,
    ) -> PyResult<Explanation<'py>> {
        let params = search_params(ef_search, recall, exact)?;
        let (found, how) = self.within(py, q, radius, params, filter, &Wanted::None)?;
        explanation(py, found, &how)
    }

    /// Take vectors out.
    ///
    /// All or nothing: after an error the index is as it was. Many ids in one call cost little more
    /// than one.
    ///
    /// Parameters
    /// ----------
    /// ids : array_like of int or of str, (n,)
    /// missing : {"error", "ignore"}, default "error"
    ///     What becomes of ids that are not in the index.
    ///
    /// Returns
    /// -------
    /// int
    ///     How many went.
    ///
    /// Raises
    /// ------
    /// NearfoldError
    ///     With code ``id_not_found``, ``duplicate_id`` or ``unknown_name``.
    #[pyo3(signature = (ids, *, missing="error"))]
    fn remove(&self, py: Python<'_>, ids: &Bound<'_, PyAny>, missing: &str) -> PyResult<usize> {
        let (ids, missing) = (to_id_list(ids)?, Missing::from_name(missing)?);
        self.index.write(py, |index| index.remove_ids(&ids, missing))
    }

    /// Add vectors, or replace those of ids that are there.
    ///
    /// All or nothing: after an error the index is as it was. Of ids that are there, values in columns that are not named
    /// stay.
    ///
    /// Parameters
    /// ----------
    /// vectors : array_like, (n, dim) or (dim,)
    /// ids : array_like of int or of str, (n,)
    /// columns : dict of str to array_like, (n,) each, optional
    ///     As in `add`.
    ///
    /// Returns
    /// -------
    /// int
    ///     How many ids are new.
    ///
    /// Raises
    /// ------
    /// NearfoldError
    ///     As `add`; ``duplicate_id`` only for an id that is given twice.
    ///
    /// Examples
    /// --------
    /// >>> import nearfold as nf
    /// >>> index = nf.Index(1)
    /// >>> index.upsert([[0.0], [1.0]], ["a.txt", "b.txt"])
    /// 2
    /// >>> index.upsert([[2.0], [3.0]], ["b.txt", "c.txt"])
    /// 1
    /// >>> index.search([2.0], k=1)[0]
    /// ['b.txt']
    #[pyo3(signature = (vectors, ids, *, columns=None))]
    fn upsert(
        &self,
        py: Python<'_>,
        vectors: &Bound<'_, PyAny>,
        ids: &Bound<'_, PyAny>,
        columns: Option<&Bound<'_, PyAny>>,
    ) -> PyResult<usize> {
        let ids = to_id_list(ids)?;
        let columns = Given::of(columns)?;
        with_values(vectors, |values| {
            if values.shape() != [0] {
                self.rows_of(values.shape())?;
            }
            let vectors = to_f32(&values)?;
            self.index.write(py, |index| index.upsert(&vectors, &ids, &columns.view()))
        })
    }

    /// Replace the vectors of ids that are there; their values in the columns stay.
    ///
    /// All or nothing: after an error the index is as it was.
    ///
    /// Parameters
    /// ----------
    /// vectors : array_like, (n, dim) or (dim,)
    /// ids : array_like of int or of str, (n,)
    /// columns : dict of str to array_like, (n,) each, optional
    ///     New values of these columns; in an index without columns they become its columns, as in `add`.
    ///
    /// Raises
    /// ------
    /// NearfoldError
    ///     With code ``id_not_found``, ``duplicate_id``, and as `add`.
    #[pyo3(signature = (vectors, ids, *, columns=None))]
    fn update(
        &self,
        py: Python<'_>,
        vectors: &Bound<'_, PyAny>,
        ids: &Bound<'_, PyAny>,
        columns: Option<&Bound<'_, PyAny>>,
    ) -> PyResult<()> {
        let ids = to_id_list(ids)?;
        let columns = Given::of(columns)?;
        with_values(vectors, |values| {
            self.rows_of(values.shape())?;
            let vectors = to_f32(&values)?;
            self.index.write(py, |index| {
                let keys = index.distinct_keys(&ids)?;
                index.update_with_columns(&vectors, &keys, &columns.view())
            })
        })
    }

    /// Set the values of ids that are there; columns that are not named stay as they are.
    ///
    /// All or nothing: after an error the index is as it was. Many ids in one call cost little more
    /// than one.
    ///
    /// Parameters
    /// ----------
    /// ids : array_like of int or of str, (n,)
    /// columns : dict of str to array_like, (n,) each
    ///
    /// Raises
    /// ------
    /// NearfoldError
    ///     With code ``id_not_found``, ``duplicate_id``, ``shape_mismatch`` or ``bad_parameter``.
    fn set_columns(
        &self,
        py: Python<'_>,
        ids: &Bound<'_, PyAny>,
        columns: &Bound<'_, PyAny>,
    ) -> PyResult<()> {
        let ids = to_id_list(ids)?;
        let columns = Given::of(Some(columns))?;
        self.index.write(py, |index| {
            let keys = index.distinct_keys(&ids)?;
            index.set_columns(&keys, &columns.view())
        })
    }

    /// Add a column in which every value is missing so far.
    ///
    /// The first values that an index gets make their columns; this is for a column that comes later,
    /// and for one whose values do not say their type.
    ///
    /// Parameters
    /// ----------
    /// name : str
    ///     1 to 255 bytes; not ``and``, ``or``, ``not``.
    /// type : {"int", "float", "string", "bool"}
    ///
    /// Raises
    /// ------
    /// NearfoldError
    ///     With code ``bad_parameter`` (the name is there, or cannot be) or ``unknown_name``.
    fn add_column(&self, py: Python<'_>, name: &str, r#type: &str) -> PyResult<()> {
        let kind = ColumnType::from_name(r#type)?;
        self.index.write(py, |index| index.add_column(name, kind))
    }

    /// Take a column out.
    ///
    /// Parameters
    /// ----------
    /// name : str
    ///
    /// Raises
    /// ------
    /// NearfoldError
    ///     With code ``bad_parameter``.
    fn drop_column(&self, py: Python<'_>, name: &str) -> PyResult<()> {
        self.index.write(py, |index| index.drop_column(name))
    }

    /// Return the values of an id.
    ///
    /// Parameters
    /// ----------
    /// id : int or str
    ///
    /// Returns
    /// -------
    /// dict of str to int, float, str, bool or None
    ///     The columns' names and values, None where one is missing.
    ///
    /// Raises
    /// ------
    /// NearfoldError
    ///     With code ``id_not_found``.
    #[pyo3(signature = (id, /))]
    fn get<'py>(&self, py: Python<'py>, id: &Bound<'py, PyAny>) -> PyResult<Bound<'py, PyDict>> {
        let id = to_one_id(id)?;
        let values = self.index.read(py, |index| index.get(index.keys(&id)?[0]))??;
        dict_of(py, values)
    }

    /// Return the values of many ids.
    ///
    /// Parameters
    /// ----------
    /// ids : array_like of int or of str, (n,)
    ///
    /// Returns
    /// -------
    /// list of dict
    ///     As `get` of each.
    ///
    /// Raises
    /// ------
    /// NearfoldError
    ///     With code ``id_not_found``.
    #[pyo3(signature = (ids, /))]
    fn get_many<'py>(&self, py: Python<'py>, ids: &Bound<'py, PyAny>) -> PyResult<Bound<'py, PyList>> {
        let ids = to_id_list(ids)?;
        let rows = self.index.read(py, |index| {
            index.keys(&ids)?.into_iter().map(|key| index.get(key)).collect::<Result<Vec<_>>>()
        })??;
        let rows = rows.into_iter().map(|values| dict_of(py, values));
        PyList::new(py, rows.collect::<PyResult<Vec<_>>>()?)
    }

    /// Return which of many ids are in the index.
    ///
    /// Parameters
    /// ----------
    /// ids : array_like of int or of str, (n,)
    ///
    /// Returns
    /// -------
    /// array of bool, (n,)
    ///
    /// Raises
    /// ------
    /// NearfoldError
    ///     With code ``bad_parameter`` (the index holds ids of the other kind).
    #[pyo3(signature = (ids, /))]
    fn has_many<'py>(&self, py: Python<'py>, ids: &Bound<'py, PyAny>) -> PyResult<Bound<'py, PyAny>> {
        let ids = to_id_list(ids)?;
        let found = self.index.read(py, |index| index.find(&ids))??;
        array(py, &[found.len()], found.iter().map(|key| Boolean::from(key.is_some())).collect())
    }

    /// The columns' types by name: ``"int"``, ``"float"``, ``"string"`` or ``"bool"``.
    #[getter]
    fn columns<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyDict>> {
        let types = PyDict::new(py);
        for (name, kind) in self.index.read(py, near::Index::columns)? {
            types.set_item(name, kind.name())?;
        }
        Ok(types)
    }

    /// Give back memory that only changes need, and put neighbours next to each other.
    fn compact(&self, py: Python<'_>) -> PyResult<()> {
        self.index.write(py, near::Index::compact)
    }

    /// Measure the recall of searches, against the neighbours that the vectors as they came have.
    ///
    /// Parameters
    /// ----------
    /// k : int, default 10
    /// ef_search, recall, exact
    ///     As for `search`.
    /// queries : array_like, (n, dim), optional
    ///     Questions of your own, with their `truth`; without them the index asks for some of its vectors.
    /// truth : array_like of int, (n, at least k), optional
    ///     The ids of their true neighbours, nearest first.
    ///
    /// Returns
    /// -------
    /// float or None
    ///     The part of the true neighbours that is found; ``None`` where the index does not know: its vectors as they
    ///     came were never seen (a file of version 1), or `k` is beyond what it keeps.
    ///
    /// Raises
    /// ------
    /// NearfoldError
    ///     With code ``bad_parameter``, ``shape_mismatch``, ``dimension_mismatch`` or ``not_finite``.
    #[pyo3(signature = (k=SizeArgument::Size(10), *, ef_search=None, recall=None, exact=false, queries=None, truth=None),
           text_signature = "($self, k=10, *, ef_search=None, recall=None, exact=False, queries=None, truth=None)")]
    #[expect(clippy::too_many_arguments, reason = "keywords of Python, each with a default")]
    fn recall(
        &self,
        py: Python<'_>,
        k: SizeArgument,
        ef_search: Option<SizeArgument>,
        recall: Option<f32>,
        exact: bool,
        queries: Option<&Bound<'_, PyAny>>,
        truth: Option<&Bound<'_, PyAny>>,
    ) -> PyResult<Option<f32>> {
        let k = k.at("k", AT_LEAST_1)?;
        let params = search_params(ef_search, recall, exact)?;
        let (queries, truth) = match (queries, truth) {
            (None, None) => return Ok(self.index.read(py, |index| index.recall(k, &params))??),
            (Some(queries), Some(truth)) => (queries, truth),
            (queries, _) => {
                let got = if queries.is_some() { "queries alone" } else { "truth alone" };
                let expected = "queries and truth, or neither".into();
                return Err(Error::from(ErrorKind::BadParameter {
                    name: "truth",
                    expected,
                    got: got.into(),
                })
                .into());
            }
        };
        let truth = to_id_list(truth)?;
        with_values(queries, |values| {
            let queries = to_f32(&values)?;
            Ok(Some(self.index.read(py, |index| {
                // What is not there is not found either.
                let absent = |key: Option<u64>| key.unwrap_or(u64::MAX);
                let truth: Vec<u64> = index.find(&truth)?.into_iter().map(absent).collect();
                index.recall_of(&queries, &truth, k, &params)
            })??))
        })
    }

    /// Measure the recall of searches, and say where it is lost and what to change.
    ///
    /// Parameters
    /// ----------
    /// k, ef_search, recall, exact
    ///     As for `recall`.
    ///
    /// Returns
    /// -------
    /// dict
    ///     ``recall``, ``lost_by_rounding`` (exact search does not find it), ``lost_by_walk`` (exact search finds it): floats,
    ///     or ``None`` where the index does not know; ``questions``: how many were asked; ``advice``: a sentence.
    ///
    /// Raises
    /// ------
    /// NearfoldError
    ///     With code ``bad_parameter``.
    #[pyo3(signature = (k=SizeArgument::Size(10), *, ef_search=None, recall=None, exact=false),
           text_signature = "($self, k=10, *, ef_search=None, recall=None, exact=False)")]
    fn recall_explained<'py>(
        &self,
        py: Python<'py>,
        k: SizeArgument,
        ef_search: Option<SizeArgument>,
        recall: Option<f32>,
        exact: bool,
    ) -> PyResult<Bound<'py, PyDict>> {
        let k = k.at("k", AT_LEAST_1)?;
        let params = search_params(ef_search, recall, exact)?;
        let told = self.index.read(py, |index| index.recall_explained(k, &params))??;
        let explained = PyDict::new(py);
        explained.set_item("recall", told.recall)?;
        explained.set_item("lost_by_rounding", told.lost_by_rounding)?;
        explained.set_item("lost_by_walk", told.lost_by_walk)?;
        explained.set_item("questions", told.questions)?;
        explained.set_item("advice", told.advice)?;
        Ok(explained)
    }

    /// Return a report of the index's state.
    ///
    /// Returns
    /// -------
    /// dict
    ///     ``nodes`` (distinct vectors), ``duplicates``, ``orphans`` (vectors that no walk reaches),
    ///     ``degree_min``, ``degree_mean``, ``degree_max`` (their links), ``not_finite`` (0, unless a file
    ///     says so of a scale, or 8 bits round the largest numbers up), ``zeros`` (kept as zeros
    ///     alone), ``norm_min``, ``norm_mean``, ``norm_max`` (of the finite ones, as they are kept), ``storage`` (what
    ///     ``"auto"`` became), ``rerank``, and of ``recall_explained``: ``recall``, ``lost_by_rounding``, ``lost_by_walk``,
    ///     ``advice``.
    fn health<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyDict>> {
        let found = self.index.read(py, near::Index::health)?;
        let health = PyDict::new(py);
        health.set_item("nodes", found.nodes)?;
        health.set_item("duplicates", found.duplicates)?;
        health.set_item("orphans", found.orphans)?;
        health.set_item("degree_min", found.degree_min)?;
        health.set_item("degree_mean", found.degree_mean)?;
        health.set_item("degree_max", found.degree_max)?;
        health.set_item("not_finite", found.not_finite)?;
        health.set_item("zeros", found.zeros)?;
        health.set_item("norm_min", found.norm_min)?;
        health.set_item("norm_mean", found.norm_mean)?;
        health.set_item("norm_max", found.norm_max)?;
        health.set_item("storage", found.storage.name())?;
        health.set_item("rerank", found.rerank.map(Storage::name))?;
        health.set_item("recall", found.recall.recall)?;
        health.set_item("lost_by_rounding", found.recall.lost_by_rounding)?;
        health.set_item("lost_by_walk", found.recall.lost_by_walk)?;
        health.set_item("advice", found.recall.advice)?;
        Ok(health)
    }

    /// Return the vector of an id, as it is stored.
    ///
    /// Parameters
    /// ----------
    /// id : int or str
    ///
    /// Returns
    /// -------
    /// array of float32, (dim,)
    ///     With storage ``"i8"`` and no finer copy (`rerank`) it is rounded, and of length 1 with metric ``"cosine"``.
    ///
    /// Raises
    /// ------
    /// NearfoldError
    ///     With code ``id_not_found``.
    #[pyo3(signature = (id, /))]
    fn vector<'py>(&self, py: Python<'py>, id: &Bound<'py, PyAny>) -> PyResult<Bound<'py, PyAny>> {
        let id = to_one_id(id)?;
        let vector = self.index.read(py, |index| index.vectors(&index.keys(&id)?))??;
        array(py, &[self.dim], vector)
    }

    /// Return the vectors of many ids, as they are stored.
    ///
    /// Parameters
    /// ----------
    /// ids : array_like of int or of str, (n,)
    ///
    /// Returns
    /// -------
    /// array of float32, (n, dim)
    ///     As `vector` of each.
    ///
    /// Raises
    /// ------
    /// NearfoldError
    ///     With code ``id_not_found``.
    #[pyo3(signature = (ids, /))]
    fn vectors<'py>(&self, py: Python<'py>, ids: &Bound<'py, PyAny>) -> PyResult<Bound<'py, PyAny>> {
        let ids = to_id_list(ids)?;
        let vectors = self.index.read(py, |index| index.vectors(&index.keys(&ids)?))??;
        array(py, &[ids.len(), self.dim], vectors)
    }

    /// Write the index to a file, so that a crash at any moment leaves the old file or the new one.
    ///
    /// Parameters
    /// ----------
    /// path : str or os.PathLike
    ///     By custom it ends in ``.nearfold``. `docs/FORMAT.md` says what it holds.
    fn save(&self, py: Python<'_>, path: PathBuf) -> PyResult<()> {
        let written = self.index.read(py, |index| {
            // What could not be opened again does not take the place of a file that can.
            index.verify()?;
            Ok::<_, crate::error::Error>(storage::write(&path, &index.to_bytes()))
        })??;
        written.map_err(|error| os_error(&error, &path))
    }

    /// Open a file that `save` (or any other face of nearfold) wrote.
    ///
    /// Parameters
    /// ----------
    /// path : str or os.PathLike
    ///
    /// Returns
    /// -------
    /// Index
    ///
    /// Raises
    /// ------
    /// OSError
    ///     Where the file cannot be read.
    /// NearfoldError
    ///     With code ``corrupt`` or ``unsupported_version``.
    #[classmethod]
    fn load(_cls: &Bound<'_, PyType>, py: Python<'_>, path: PathBuf) -> PyResult<Self> {
        let read = || storage::read(&path, near::Index::HEAD_LEN, near::Index::file_len);
        let bytes = py.detach(read).map_err(|error| os_error(&error, &path))?;
        Ok(py.detach(|| near::Index::from_bytes(&bytes))?.into())
    }

    /// Return the index as a file's bytes: the same on every machine for the same adds.
    fn to_bytes<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyBytes>> {
        Ok(PyBytes::new(py, &self.index.read(py, near::Index::to_bytes)?))
    }

    /// Open a file's bytes.
    ///
    /// Parameters
    /// ----------
    /// data : bytes-like
    ///     `bytes`, `bytearray`, `memoryview`, `mmap`.
    ///
    /// Returns
    /// -------
    /// Index
    ///
    /// Raises
    /// ------
    /// NearfoldError
    ///     With code ``corrupt`` or ``unsupported_version``.
    #[classmethod]
    #[pyo3(signature = (data, /))]
    fn from_bytes(_cls: &Bound<'_, PyType>, py: Python<'_>, data: &Bound<'_, PyAny>) -> PyResult<Self> {
        // Only immutable bytes are read without the interpreter's lock.
        let immutable = data.is_exact_instance_of::<PyBytes>();
        let opened = with_bytes(data, |bytes| {
            if immutable {
                py.detach(|| near::Index::from_bytes(bytes))
            } else {
                near::Index::from_bytes(bytes)
            }
        })?;
        Ok(opened?.into())
    }

    /// Return how many bytes the index takes in memory, by part.
    ///
    /// Returns
    /// -------
    /// dict of str to int
    ///     ``vectors`` (what walks compare), ``rerank`` (the finer copy, of which a query reads little),
    ///     ``links``, ``ids``, ``columns``, ``sentinels`` (what recall is measured by) and their ``total``.
    fn memory<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyDict>> {
        let near::Memory { vectors, rerank, links, ids, columns, sentinels } =
            self.index.read(py, near::Index::memory)?;
        let memory = PyDict::new(py);
        memory.set_item("vectors", vectors)?;
        memory.set_item("rerank", rerank)?;
        memory.set_item("links", links)?;
        memory.set_item("ids", ids)?;
        memory.set_item("columns", columns)?;
        memory.set_item("sentinels", sentinels)?;
        memory.set_item("total", vectors + rerank + links + ids + columns + sentinels)?;
        Ok(memory)
    }

    /// How many components each vector has.
    #[getter]
    fn dim(&self) -> usize {
        self.dim
    }

    /// What the index was built with: ``metric``, ``storage``, ``rerank``, ``M``, ``ef_construction``.
    #[getter]
    fn params<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyDict>> {
        let params = PyDict::new(py);
        params.set_item("metric", self.params.metric.name())?;
        params.set_item("storage", Storage::asked_name(self.params.storage))?;
        params.set_item("rerank", self.params.rerank.map(Storage::name))?;
        params.set_item("M", self.params.m)?;
        params.set_item("ef_construction", self.params.ef_construction)?;
        Ok(params)
    }

    fn __len__(&self, py: Python<'_>) -> PyResult<usize> {
        self.index.glance(py, near::Index::len)
    }

    /// Return all ids.
    ///
    /// Returns
    /// -------
    /// array of int64, (n,)
    ///     Ascending, strings by their bytes: of uint64, or a list, as of `search`.
    ///
    /// Examples
    /// --------
    /// >>> import nearfold as nf
    /// >>> index = nf.Index(1)
    /// >>> ids = index.add([[0.0], [1.0]], ids=[7, 3])
    /// >>> index.ids().tolist()
    /// [3, 7]
    fn ids<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyAny>> {
        let ids = self.index.read(py, |index| Named::from_list(index, index.id_list()))?;
        let n = ids.len();
        ids.into_python(py, &[n])
    }

    fn __contains__(&self, py: Python<'_>, id: &Bound<'_, PyAny>) -> PyResult<bool> {
        match to_one_id(id) {
            Ok(id) => self.index.glance(py, |index| index.keys(&id).is_ok()),
            Err(_not_an_id) => Ok(false),
        }
    }

    fn __repr__(&self, py: Python<'_>) -> PyResult<String> {
        let Params { metric, storage, rerank, m, ef_construction } = &self.params;
        let rerank = rerank.map_or("None".to_owned(), |rerank| format!("{:?}", rerank.name()));
        Ok(format!(
            "<nearfold.Index of {} vectors, dim={}, metric={:?}, storage={:?}, rerank={rerank}, M={m}, ef_construction={ef_construction}>",
            self.__len__(py)?,
            self.dim,
            metric.name(),
            Storage::asked_name(*storage),
        ))
    }

    fn __reduce__<'py>(slf: &Bound<'py, Self>) -> PyResult<(Bound<'py, PyAny>, Bound<'py, PyTuple>)> {
        let py = slf.py();
        let bytes = slf.get().to_bytes(py)?;
        Ok((slf.get_type().getattr("from_bytes")?, PyTuple::new(py, [bytes])?))
    }
}

/// Ids, distances, and how they were found.
type Explanation<'py> = (Bound<'py, PyAny>, Bound<'py, PyAny>, Bound<'py, PyDict>);

fn explanation<'py>(py: Python<'py>, found: Found, how: &near::Explained) -> PyResult<Explanation<'py>> {
    let explained = PyDict::new(py);
    explained.set_item("plan", how.plan.name())?;
    explained.set_item("ef_search", how.ef_search)?;
    explained.set_item("distances", how.distances)?;
    explained.set_item("reranked", how.reranked)?;
    let shape = [found.k];
    Ok((found.ids.into_python(py, &shape)?, array(py, &shape, found.distances)?, explained))
}

/// What a search found, on its way to Python.
struct Found {
    k: usize,
    ids: Named,
    distances: Vec<f32>,
    columns: Option<columns::Named>,
}

impl Found {
    fn of(index: &near::Index, found: near::NeighborsBatch, wanted: &Wanted) -> Result<Self> {
        Ok(Self {
            k: found.k,
            ids: Named::of(index, &found.ids),
            columns: wanted.values(index, &found.ids)?,
            distances: found.distances,
        })
    }

    /// Returns ids and distances of this shape, and the columns where there are some.
    fn into_tuple<'py>(self, py: Python<'py>, shape: &[usize]) -> PyResult<Bound<'py, PyTuple>> {
        let k = (shape.len() > 1).then_some(self.k);
        let (ids, distances) = (self.ids.into_python(py, shape)?, array(py, shape, self.distances)?);
        match self.columns {
            None => PyTuple::new(py, [ids, distances]),
            Some(columns) => PyTuple::new(py, [ids, distances, to_dict(py, columns, k)?.into_any()]),
        }
    }
}

fn search_params(ef_search: Option<SizeArgument>, recall: Option<f32>, exact: bool) -> Result<SearchParams> {
    let mut params = SearchParams::default().exact(exact);
    params.ef_search = ef_search.map(|ef_search| ef_search.at("ef_search", AT_LEAST_1)).transpose()?;
    params.recall = recall;
    Ok(params)
}

fn batch_of_one(found: near::Neighbors) -> near::NeighborsBatch {
    near::NeighborsBatch { k: found.ids.len(), ids: found.ids, distances: found.distances }
}

fn dict_of(py: Python<'_>, values: Vec<(String, Value)>) -> PyResult<Bound<'_, PyDict>> {
    let dict = PyDict::new(py);
    for (name, value) in values {
        dict.set_item(name, to_python(py, value)?)?;
    }
    Ok(dict)
}

impl Index {
    /// Returns what lies within a radius, with values of columns, and how it was found.
    fn within<'py>(
        &self,
        py: Python<'py>,
        q: &Bound<'py, PyAny>,
        radius: f32,
        params: SearchParams,
        filter: Option<&Bound<'py, PyAny>>,
        wanted: &Wanted,
    ) -> PyResult<(Found, near::Explained)> {
        let allowed = filter.map(|filter| Allowed::of(&self.index, py, filter)).transpose()?;
        with_values(q, |values| {
            self.one_query(values.shape())?;
            let query = to_f32(&values)?;
            Ok(self.index.read(py, |index| {
                let filter = allowed.as_ref().map(|allowed| allowed.filter(index)).transpose()?;
                let (found, how) = index.search_radius_explained(&query, radius, &params, filter.as_ref())?;
                Ok::<_, Error>((Found::of(index, batch_of_one(found), wanted)?, how))
            })??)
        })
    }

    /// Checks that there is one query.
    fn one_query(&self, shape: &[usize]) -> Result<()> {
        match *shape {
            [dim] if dim == self.dim => Ok(()),
            [dim] => Err(ErrorKind::DimensionMismatch { expected: self.dim, got: dim }.into()),
            _ => Err(ErrorKind::ShapeMismatch {
                expected: format!("one query, ({},)", self.dim),
                got: format!("{shape:?}"),
            }
            .into()),
        }
    }

    /// Returns how many rows of `dim` the shape is; `None` for the one of a single vector.
    fn rows_of(&self, shape: &[usize]) -> Result<Option<usize>> {
        let (rows, dim) = match *shape {
            [dim] => (None, dim),
            [n, dim] => (Some(n), dim),
            _ => {
                return Err(ErrorKind::ShapeMismatch {
                    expected: format!("(n, {0}) or ({0},)", self.dim),
                    got: format!("{shape:?}"),
                }
                .into());
            }
        };
        if dim != self.dim {
            return Err(ErrorKind::DimensionMismatch { expected: self.dim, got: dim }.into());
        }
        Ok(rows)
    }
}

/// Returns the exception of a failed file operation, as `open(path)` raises it.
fn os_error(error: &io::Error, path: &Path) -> PyErr {
    match error.raw_os_error() {
        Some(number) => {
            let text = error.to_string();
            let text = text.split(" (os error").next().unwrap_or_default().to_owned();
            PyOSError::new_err((number, text, path.as_os_str().to_os_string()))
        }
        None => PyOSError::new_err(error.to_string()),
    }
}
