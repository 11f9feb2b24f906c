//! Values beside the vectors: given with them, asked for in filters, returned with results.

use super::filter::Filter;
use super::id_list::IdKind;
use super::ids::distinct;
use super::index::Index;
use crate::columns::{ColumnType, Expression, Rows, Value};
use crate::error::Result;
use crate::kernel::sort::sort;

impl Index {
    /// Returns the columns' names and types, in ascending order of the names.
    pub fn columns(&self) -> Vec<(String, ColumnType)> {
        self.columns.kinds().map(|(name, kind)| (name.to_owned(), kind)).collect()
    }

    /// Adds a column in which every value is missing so far.
    ///
    /// The first values that an index gets make their columns; this is for a column that comes later,
    /// and for one whose values do not say their type.
    ///
    /// Errors: [`ErrorKind::BadParameter`] (a name that is there, is empty, longer than 255 bytes, or `and`,
    /// `or`, `not`; more than 1024 columns).
    pub fn add_column(&mut self, name: &str, kind: ColumnType) -> Result<()> {
        self.columns.create(name, kind, || self.ids.all())?;
        self.debug_verify(self.store.len());
        Ok(())
    }

    /// Returns the columns that these values would make, or make others of, where an index has some of its rows elsewhere: each
    /// part is to have the same columns. `new_rows` tells those of [`add_with_columns`](Self::add_with_columns) from those of
    /// [`set_columns`](Self::set_columns).
    ///
    /// Errors: as [`add_with_columns`](Self::add_with_columns).
    pub fn columns_for(
        &self,
        n: usize,
        columns: &[(&str, &[Value])],
        new_rows: bool,
    ) -> Result<Vec<(String, ColumnType)>> {
        let rows = if new_rows { Rows::New } else { Rows::Of(&[]) };
        Ok(self.columns.check(n, columns, rows, || self.ids.all())?.into_kinds())
    }

    /// Makes floats of the whole numbers of a column, or of those in its lists.
    ///
    /// Errors: [`ErrorKind::BadParameter`] (it is not there, is of another type, or holds a number beyond 2⁵³, which a float
    /// would round), [`ErrorKind::OutOfMemory`].
    pub fn widen_column(&mut self, name: &str) -> Result<()> {
        self.columns.widen(name)?;
        self.changes += 1;
        Ok(())
    }

    /// Takes a column out.
    ///
    /// Errors: [`ErrorKind::BadParameter`] (it is not there).
    pub fn drop_column(&mut self, name: &str) -> Result<()> {
        self.columns.drop_column(name)
    }

    /// Like [`add_with_progress`](Self::add_with_progress), with values for each vector.
    ///
    /// `columns` are names with `n` values each, in the order of the vectors; what is not given is
    /// missing. A name that is new makes a column, in which the rows before have no values. Whole numbers make a column of
    /// `Int`, which becomes one of `Float` when another number comes; lists of strings or numbers make one of lists, maps one
    /// of JSON. A whole `Float` does for a column of integers, an `Int` for one of floats when it is exact, a text of ISO
    /// 8601 for one of times; NaN is a missing value.
    ///
    /// Errors: as [`add`](Self::add); [`ErrorKind::BadParameter`] (a column that is not there, a value of
    /// another type), [`ErrorKind::ShapeMismatch`] (not `n` values).
    ///
    /// ```
    /// use nearfold::columns::{Expression, Value};
    /// use nearfold::{Index, Metric, Params, SearchParams};
    ///
    /// let mut index = Index::new(1, Params::new(Metric::L2sq))?;
    /// let years: Vec<Value> = vec![1999.into(), 2004.into(), Value::Null];
    /// index.add_with_columns(&[0.0, 1.0, 2.0], None, &[("year", &years)], &mut |_, _| true)?;
    /// let filter = index.filter_where(&Expression::gte("year", 2000))?;
    /// let found = index.search_filtered(&[0.0], 2, &SearchParams::default(), &filter)?;
    /// assert_eq!(found.ids, [1]);
    /// assert_eq!(index.get(1)?, [("year".to_owned(), Value::Int(2004))]);
    /// # Ok::<(), nearfold::Error>(())
    /// ```
    pub fn add_with_columns(
        &mut self,
        vectors: &[f32],
        ids: Option<&[u64]>,
        columns: &[(&str, &[Value])],
        progress: &mut dyn FnMut(usize, usize) -> bool,
    ) -> Result<Vec<u64>> {
        self.take_kind(IdKind::Int)?;
        let nodes = self.store.len();
        let added = self.add_rows(vectors, ids, columns, progress)?;
        self.debug_verify(nodes);
        Ok(added)
    }

    /// Adds vectors with their rows.
    pub(super) fn add_rows(
        &mut self,
        vectors: &[f32],
        ids: Option<&[u64]>,
        columns: &[(&str, &[Value])],
        progress: &mut dyn FnMut(usize, usize) -> bool,
    ) -> Result<Vec<u64>> {
        let n = vectors.len() / self.dim;
        let mut batch = self.columns.check(n, columns, Rows::New, || self.ids.all())?;
        self.columns.make_room(n, &mut batch)?;
        let next = self.ids.next();
        let added = self.add_vectors(vectors, ids, progress)?;
        if !columns.is_empty() || !self.columns.is_empty() {
            let assigned: Vec<u64> = match ids {
                Some(ids) => ids.to_vec(),
                None => (next..next + n as u64).collect(),
            };
            self.columns.push(batch, &assigned, &added);
        }
        Ok(added)
    }

    /// Like [`update`](Self::update), with new values for the same ids; columns that are not named stay
    /// as they are.
    ///
    /// Errors: as [`update`](Self::update) and [`set_columns`](Self::set_columns).
    pub fn update_with_columns(
        &mut self,
        vectors: &[f32],
        ids: &[u64],
        columns: &[(&str, &[Value])],
    ) -> Result<()> {
        // So that nothing is packed between the check of values and their coming in.
        self.columns.rest();
        let batch = self.columns.check(ids.len(), columns, Rows::Of(ids), || self.ids.all())?;
        self.update(vectors, ids)?;
        self.columns.set(batch, ids);
        self.debug_verify(self.store.len());
        Ok(())
    }

    /// Sets the values of ids that are there; columns that are not named stay as they are.
    ///
    /// `columns` are names with one value for each id. A column that is not there has to be added before, by
    /// [`add_column`](Self::add_column), where the index has others.
    ///
    /// Errors: [`ErrorKind::IdNotFound`], [`ErrorKind::DuplicateId`] (given twice), and as
    /// [`add_with_columns`](Self::add_with_columns). All or nothing.
    /// Cost: one pass over the columns, so many ids in one call cost little more than one.
    pub fn set_columns(&mut self, ids: &[u64], columns: &[(&str, &[Value])]) -> Result<()> {
        let batch = self.columns.check(ids.len(), columns, Rows::Of(ids), || self.ids.all())?;
        distinct(ids)?;
        if let Some(&id) = ids.iter().find(|id| !self.contains(**id)) {
            return Err(self.not_found(id));
        }
        self.columns.set(batch, ids);
        self.changes += 1;
        self.debug_verify(self.store.len());
        Ok(())
    }

    /// Returns the values of an id: names and values, in ascending order of the names.
    ///
    /// Errors: [`ErrorKind::IdNotFound`].
    pub fn get(&self, id: u64) -> Result<Vec<(String, Value)>> {
        if self.columns.is_empty() {
            return self.contains(id).then(Vec::new).ok_or_else(|| self.not_found(id));
        }
        let row = self.columns.row(id).ok_or_else(|| self.not_found(id))?;
        let names = self.columns.kinds().map(|(name, _)| name.to_owned());
        names.enumerate().map(|(column, name)| Ok((name, self.columns.value(column, row)?))).collect()
    }

    /// Returns the values of one column for each of the ids.
    ///
    /// Errors: [`ErrorKind::BadParameter`] (the column is not there), [`ErrorKind::IdNotFound`].
    pub fn column(&self, name: &str, ids: &[u64]) -> Result<Vec<Value>> {
        let column = self.columns.position("columns", name)?;
        ids.iter()
            .map(|&id| {
                let row = self.columns.row(id).ok_or_else(|| self.not_found(id))?;
                self.columns.value(column, row)
            })
            .collect()
    }

    /// Returns the ids (of strings the keys) for whose values `expression` holds, ascending, `limit` of them at most: what a filter finds without a
    /// query.
    ///
    /// Errors: as [`filter_where`](Self::filter_where), [`ErrorKind::OutOfMemory`].
    /// Cost: one pass over the columns that are named.
    pub fn find(&self, expression: &Expression, limit: usize) -> Result<Vec<u64>> {
        let rows = self.columns.select(expression)?;
        // The keys of strings are in no order that tells anything.
        let most = if self.names.is_some() { usize::MAX } else { limit };
        let mut ids = match self.columns.is_empty() {
            false => self.columns.ids_of(&rows, most)?,
            true if rows.has(0) => self.ids.all(),
            true => Vec::new(),
        };
        match &self.names {
            None => sort(&mut ids),
            Some(names) => ids.sort_unstable_by(|a, b| names.text(*a).cmp(names.text(*b))),
        }
        ids.truncate(limit);
        Ok(ids)
    }

    /// Returns the filter of the ids for whose values `expression` holds. It serves until the index
    /// changes.
    ///
    /// Errors: [`ErrorKind::BadParameter`] (a column that is not there, a value that it cannot be compared
    /// with).
    /// Cost: one pass over the columns that are named, and one over the ids.
    pub fn filter_where(&self, expression: &Expression) -> Result<Filter> {
        let rows = self.columns.select(expression)?;
        if self.columns.is_empty() {
            return Ok(self.filter(|_id| rows.has(0)));
        }
        Ok(self.filter(|id| self.columns.row(id).is_some_and(|row| rows.has(row))))
    }
}
