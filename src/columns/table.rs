//! All columns of an index: rows in ascending order of their ids, and the rows that came last.

use super::bits::Bits;
use super::expression::{Expression, Test};
use super::file;
use super::matcher::Matcher;
use super::memory::{collected, more, room};
use super::packed::Packed;
use super::value::{Cell, ColumnType, TWO_53, Value, fit, kind_of, unfit, widened};
use crate::error::{Error, ErrorKind, Result};
use crate::kernel::sort::sort;
use crate::kernel::sort::sort_by_two;
use crate::text::Quoted;

/// New rows are kept apart up to this number, or to this part of the others.
const LATE_MIN: usize = 256;
const LATE_PART: usize = 4;

/// How many columns there may be, and how long a name.
const COLUMNS_MAX: usize = 1024;
const NAME_MAX: usize = 255;

/// The columns, in ascending order of their names. Without columns there are no rows either.
#[derive(Clone, Debug, Default)]
pub(crate) struct Columns {
    columns: Vec<Column>,
    /// The ids of the packed rows.
    ids: RowIds,
    /// The ids of the rows that came later, ascending too. Their rows have the numbers after the others.
    late: Vec<u64>,
}

#[derive(Clone, Debug)]
struct Column {
    name: String,
    kind: ColumnType,
    packed: Packed,
    late: Vec<Value>,
    /// How many bytes of text there are at most.
    text_len: u64,
}

/// Ids in ascending order.
#[derive(Clone, Debug)]
enum RowIds {
    /// 0, 1, 2 … below this.
    Dense(usize),
    Sparse(Vec<u64>),
}

impl Default for RowIds {
    fn default() -> Self {
        Self::Dense(0)
    }
}

impl RowIds {
    fn new(ids: Vec<u64>) -> Self {
        match ids.last() {
            Some(last) if *last != ids.len() as u64 - 1 => Self::Sparse(ids),
            _ => Self::Dense(ids.len()),
        }
    }

    fn len(&self) -> usize {
        match self {
            Self::Dense(n) => *n,
            Self::Sparse(ids) => ids.len(),
        }
    }

    fn get(&self, row: usize) -> u64 {
        match self {
            Self::Dense(_) => row as u64,
            Self::Sparse(ids) => ids[row],
        }
    }

    fn row(&self, id: u64) -> Option<usize> {
        match self {
            Self::Dense(n) => (id < *n as u64).then_some(id as usize),
            Self::Sparse(ids) => ids.binary_search(&id).ok(),
        }
    }
}

/// What values are checked for.
#[derive(Clone, Copy)]
pub(crate) enum Rows<'a> {
    /// Rows of new ids: they may make columns.
    New,
    /// The rows of these ids.
    Of(&'a [u64]),
}

/// Checked values for some rows of a table, and all that takes memory to bring them in.
#[derive(Debug, Default)]
pub(crate) struct Batch {
    /// The ids of the rows, where the table had no columns.
    ids: Option<RowIds>,
    /// The columns that the batch makes or packs anew.
    columns: Vec<Column>,
    /// Values by the names of their columns, as columns keep them.
    values: Vec<(String, Vec<Value>)>,
}

impl Batch {
    /// Returns whether there are any that it makes, or makes others of.
    pub(crate) fn makes_columns(&self) -> bool {
        !self.columns.is_empty()
    }

    /// Returns the columns that the batch makes or makes others of.
    pub(crate) fn into_kinds(self) -> Vec<(String, ColumnType)> {
        self.columns.into_iter().map(|column| (column.name, column.kind)).collect()
    }

    /// Returns the values of a column, when they were given.
    fn values(&mut self, name: &str) -> Option<&mut Vec<Value>> {
        self.values.iter_mut().find(|(other, _)| other == name).map(|(_, values)| values)
    }
}

impl Columns {
    /// Returns whether there are no columns.
    pub(crate) fn is_empty(&self) -> bool {
        self.columns.is_empty()
    }

    /// Returns names and types, in ascending order of the names.
    pub(crate) fn kinds(&self) -> impl Iterator<Item = (&str, ColumnType)> {
        self.columns.iter().map(|column| (column.name.as_str(), column.kind))
    }

    /// Returns the number of the column.
    ///
    /// Errors: [`ErrorKind::BadParameter`] of `argument`, when it is not there.
    pub(crate) fn position(&self, argument: &'static str, name: &str) -> Result<usize> {
        self.columns.binary_search_by(|column| column.name.as_str().cmp(name)).map_err(|_| {
            let names: Vec<&str> = self.kinds().map(|(name, _)| name).collect();
            let expected = if names.is_empty() {
                "no columns, as the index has none".to_owned()
            } else {
                format!("columns of the index: {}", names.join(", "))
            };
            let mut got = Quoted(name).to_string();
            if argument == "columns" && !names.is_empty() {
                got.push_str("; add, or add_column (addColumn in JavaScript), makes another");
            }
            Error::from(ErrorKind::BadParameter { name: argument, expected, got })
        })
    }

    /// Checks values for `n` rows: their number, and that each column is there and takes them. New rows may bring
    /// columns, and so may the first values that a table gets; `ids` gives all ids of the index. Nothing changes.
    ///
    /// Errors: [`ErrorKind::BadParameter`], [`ErrorKind::ShapeMismatch`], [`ErrorKind::OutOfMemory`].
    pub(crate) fn check(
        &self,
        n: usize,
        given: &[(&str, &[Value])],
        rows: Rows<'_>,
        ids: impl FnOnce() -> Vec<u64>,
    ) -> Result<Batch> {
        let mut batch = Batch::default();
        if given.len() > COLUMNS_MAX {
            return Err(too_many());
        }
        if self.is_empty() && !given.is_empty() {
            let mut ids = ids();
            sort(&mut ids);
            batch.ids = Some(RowIds::new(ids));
        }
        for (name, values) in given {
            if values.len() != n {
                return Err(ErrorKind::ShapeMismatch {
                    expected: format!("({n},) values in column {}", Quoted(name)),
                    got: format!("({},)", values.len()),
                }
                .into());
            }
            if batch.values(name).is_some() {
                return Err(ErrorKind::BadParameter {
                    name: "columns",
                    expected: "each column once".into(),
                    got: format!("{} twice", Quoted(name)),
                }
                .into());
            }
            let there = match rows {
                Rows::Of(_) if !self.is_empty() => Some(self.position("columns", name)?),
                _ => self.place(name).ok(),
            };
            let there = there.map(|at| &self.columns[at]);
            let column = self.fitting(name, there, values, &batch)?;
            let (kind, text_len) = match (&column, there) {
                (Some(column), _) | (None, Some(column)) => (column.kind, column.text_len),
                (None, None) => continue,
            };
            let fitted = values
                .iter()
                .enumerate()
                .map(|(row, value)| fit(value, kind).map_err(|why| unfit(name, kind, value, row, why)));
            let fitted = collected(n, fitted)?;
            if text_len.saturating_add(text_of(&fitted)) > u32::MAX.into() {
                return Err(ErrorKind::BadParameter {
                    name: "columns",
                    expected: format!(
                        "less than 4 GiB of text, and elements of lists, in column {}",
                        Quoted(name)
                    ),
                    got: "more".into(),
                }
                .into());
            }
            let packed = match (rows, column.as_ref().or(there)) {
                (Rows::Of(ids), Some(base)) => {
                    base.packed.with(base.kind, batch.ids.as_ref().unwrap_or(&self.ids), ids, &fitted)?
                }
                _ => None,
            };
            let column = match packed {
                None => column,
                Some(packed) => Some(Column {
                    name: (*name).to_owned(),
                    kind,
                    text_len: packed.text_len() + there.map_or(0, |there| text_of(&there.late)),
                    packed,
                    late: column.map(|column| column.late).unwrap_or_default(),
                }),
            };
            batch.columns.extend(column);
            batch.values.push(((*name).to_owned(), fitted));
        }
        if self.columns.len() + batch.columns.iter().filter(|new| self.place(&new.name).is_err()).count()
            > COLUMNS_MAX
        {
            return Err(too_many());
        }
        Ok(batch)
    }

    /// Makes room for the `n` new rows of a batch.
    ///
    /// Errors: [`ErrorKind::OutOfMemory`].
    pub(crate) fn make_room(&mut self, n: usize, batch: &mut Batch) -> Result<()> {
        if self.is_empty() && batch.columns.is_empty() {
            return Ok(());
        }
        more(&mut self.late, n)?;
        self.columns.iter_mut().chain(&mut batch.columns).try_for_each(|column| more(&mut column.late, n))
    }

    /// Returns the column that is to be made for values, or made of one that is there; `None` where that takes them.
    fn fitting(
        &self,
        name: &str,
        there: Option<&Column>,
        values: &[Value],
        batch: &Batch,
    ) -> Result<Option<Column>> {
        let Some(column) = there else {
            let kind = kind_of(values).map_err(|got| {
                Error::from(ErrorKind::BadParameter {
                    name: "columns",
                    expected: format!(
                        "a value in column {}, or the column made before with its type by add_column (addColumn in JavaScript)",
                        Quoted(name)
                    ),
                    got: got.into(),
                })
            })?;
            let rows = batch.ids.as_ref().unwrap_or(&self.ids).len();
            return Column::missing(check_name(name)?, kind, rows, self.late.len()).map(Some);
        };
        let Some((kind, row)) = widened(column.kind, values) else { return Ok(None) };
        let late = column.late.iter().all(|value| !is_beyond(value));
        let packed = if late { column.packed.with_floats()? } else { None };
        let Some(packed) = packed else {
            return Err(ErrorKind::BadParameter {
                name: "columns",
                expected: format!(
                    "{} in column {}, which holds a whole number beyond 2^53: a float would round it",
                    if column.kind == ColumnType::Int { "whole numbers" } else { "lists of whole numbers" },
                    Quoted(name)
                ),
                got: format!(
                    "{} in row {row}; a column of type {} takes it, as add_column (addColumn in JavaScript) makes one",
                    if let Value::List(_) = values[row] { "a list with another number".into() } else { values[row].to_string() },
                    kind.name()
                ),
            }
            .into());
        };
        let name = name.to_owned();
        Ok(Some(Column { name, kind, packed, late: Vec::new(), text_len: column.text_len }))
    }

    fn place(&self, name: &str) -> core::result::Result<usize, usize> {
        self.columns.binary_search_by(|column| column.name.as_str().cmp(name))
    }

    /// Adds a column in which all values are missing; `ids` gives all ids of the index.
    ///
    /// Errors: [`ErrorKind::BadParameter`] (a name that cannot be, or is there), [`ErrorKind::OutOfMemory`].
    pub(crate) fn create(
        &mut self,
        name: &str,
        kind: ColumnType,
        ids: impl FnOnce() -> Vec<u64>,
    ) -> Result<()> {
        let name = check_name(name)?;
        let Err(at) = self.place(&name) else {
            return Err(ErrorKind::BadParameter {
                name: "name",
                expected: "a column that is not there".into(),
                got: Quoted(&name).to_string(),
            }
            .into());
        };
        if self.columns.len() == COLUMNS_MAX {
            return Err(too_many());
        }
        let first = self.is_empty().then(|| {
            let mut ids = ids();
            sort(&mut ids);
            RowIds::new(ids)
        });
        let rows = first.as_ref().unwrap_or(&self.ids).len();
        let column = Column::missing(name, kind, rows, self.late.len())?;
        if let Some(ids) = first {
            self.ids = ids;
        }
        self.columns.insert(at, column);
        Ok(())
    }

    /// Makes floats of the whole numbers of a column, or of those in its lists.
    ///
    /// Errors: [`ErrorKind::BadParameter`], [`ErrorKind::OutOfMemory`].
    pub(crate) fn widen(&mut self, name: &str) -> Result<()> {
        let at = self.position("name", name)?;
        let (column, got) = (&self.columns[at], |got: String| {
            let expected = format!("whole numbers up to 2^53 in column {}", Quoted(name));
            Error::from(ErrorKind::BadParameter { name: "name", expected, got })
        });
        let kind = match column.kind {
            ColumnType::Int => ColumnType::Float,
            ColumnType::Ints => ColumnType::Floats,
            other => return Err(got(format!("one of type {}", other.name()))),
        };
        let packed = if column.late.iter().any(is_beyond) { None } else { column.packed.with_floats()? };
        let packed = packed.ok_or_else(|| got("one beyond".into()))?;
        let column = &mut self.columns[at];
        column.late.iter_mut().for_each(widen);
        (column.kind, column.packed) = (kind, packed);
        Ok(())
    }

    /// Takes a column out.
    ///
    /// Errors: [`ErrorKind::BadParameter`].
    pub(crate) fn drop_column(&mut self, name: &str) -> Result<()> {
        let at = self.position("name", name)?;
        self.columns.remove(at);
        if self.is_empty() {
            *self = Self::default();
        }
        Ok(())
    }

    /// Brings in the columns that a batch makes or packs anew.
    fn prepare(&mut self, batch: &mut Batch) {
        if let Some(ids) = batch.ids.take() {
            self.ids = ids;
        }
        for column in batch.columns.drain(..) {
            match self.place(&column.name) {
                Err(at) => self.columns.insert(at, column),
                Ok(at) => {
                    let there = &mut self.columns[at];
                    if there.kind != column.kind {
                        there.late.iter_mut().for_each(widen);
                    }
                    (there.kind, there.packed, there.text_len) =
                        (column.kind, column.packed, column.text_len);
                }
            }
        }
    }

    /// Adds rows for the new ids `added`, which are those, or some of those, that the batch was
    /// checked for: `ids`.
    pub(crate) fn push(&mut self, mut batch: Batch, ids: &[u64], added: &[u64]) {
        self.prepare(&mut batch);
        if self.is_empty() {
            return;
        }
        let old = self.late.len();
        let mut given: Vec<Option<Vec<Value>>> =
            self.columns.iter().map(|column| batch.values(&column.name).map(core::mem::take)).collect();
        let mut added = added.iter().peekable();
        for (i, &id) in ids.iter().enumerate() {
            if added.next_if_eq(&&id).is_none() {
                continue;
            }
            self.late.push(id);
            for (column, values) in self.columns.iter_mut().zip(&mut given) {
                let value = values.as_mut().map(|values| core::mem::take(&mut values[i])).unwrap_or_default();
                column.text_len += text_of(core::slice::from_ref(&value));
                column.late.push(value);
            }
        }
        if !self.late[old.saturating_sub(1)..].is_sorted() {
            let mut order: Vec<(u64, usize)> = self.late.iter().copied().zip(0..).collect();
            sort_by_two(&mut order, |(id, row)| (*id, *row as u64));
            self.late = order.iter().map(|(id, _)| *id).collect();
            for column in &mut self.columns {
                column.late = order.iter().map(|(_, row)| core::mem::take(&mut column.late[*row])).collect();
            }
        }
        if self.late.len() > LATE_MIN.max(self.ids.len() / LATE_PART) {
            self.rest();
        }
    }

    /// Sets the values of rows that are there; the columns that the batch lacks stay as they are.
    pub(crate) fn set(&mut self, mut batch: Batch, ids: &[u64]) {
        self.prepare(&mut batch);
        let rows = ids.iter().map(|id| self.row(*id)).collect::<Vec<_>>();
        let packed_len = self.ids.len();
        for (name, values) in batch.values {
            let Ok(at) = self.place(&name) else { continue };
            let column = &mut self.columns[at];
            column.text_len += text_of(&values);
            for (row, value) in rows.iter().zip(values) {
                if let Some(late) = row.and_then(|row| row.checked_sub(packed_len)) {
                    column.late[late] = value;
                }
            }
        }
    }

    /// Returns the columns without the rows of ids.
    ///
    /// Errors: [`ErrorKind::OutOfMemory`].
    pub(crate) fn without(&self, ids: &[u64]) -> Result<Self> {
        if self.is_empty() {
            return Ok(Self::default());
        }
        let mut gone = room(self.len())?;
        gone.resize(self.len(), false);
        for row in ids.iter().filter_map(|id| self.row(*id)) {
            gone[row] = true;
        }
        let mut order = self.order()?;
        order.retain(|row| !gone[*row]);
        self.packed(&order)
    }

    /// Gives ids new numbers, `new[id]`, which are in the same order.
    pub(crate) fn renumber(&mut self, new: &[u32]) {
        let of = |id: u64| u64::from(new[id as usize]);
        self.ids = RowIds::new((0..self.ids.len()).map(|row| of(self.ids.get(row))).collect());
        self.late.iter_mut().for_each(|id| *id = of(*id));
    }

    /// Returns how many rows there are.
    fn len(&self) -> usize {
        self.ids.len() + self.late.len()
    }

    /// Returns the row of an id.
    #[inline(always)]
    pub(crate) fn row(&self, id: u64) -> Option<usize> {
        self.ids.row(id).or_else(|| self.late.binary_search(&id).ok().map(|late| self.ids.len() + late))
    }

    /// Returns the value of a column in a row.
    ///
    /// Errors: [`ErrorKind::OutOfMemory`].
    pub(crate) fn value(&self, column: usize, row: usize) -> Result<Value> {
        let column = &self.columns[column];
        self.cell(column, row).to_value(column.kind)
    }

    fn cell<'a>(&'a self, column: &'a Column, row: usize) -> Cell<'a> {
        match row.checked_sub(self.ids.len()) {
            Some(late) => Cell::from(&column.late[late]),
            None => column.packed.get(row),
        }
    }

    /// Returns the rows for which an expression holds; without columns one row, for all ids.
    ///
    /// Errors: [`ErrorKind::BadParameter`].
    pub(crate) fn select(&self, expression: &Expression) -> Result<Bits> {
        match expression {
            Expression::Column(name, test) => self.select_by(name, test),
            Expression::And(all) => {
                let mut rows = Bits::all(true, self.len_or_one())?;
                for each in all {
                    rows.and(&self.select(each)?);
                }
                Ok(rows)
            }
            Expression::Or(any) => {
                let mut rows = Bits::all(false, self.len_or_one())?;
                for each in any {
                    rows.or(&self.select(each)?);
                }
                Ok(rows)
            }
            Expression::Not(inner) => {
                let mut rows = self.select(inner)?;
                rows.not();
                Ok(rows)
            }
        }
    }

    /// Returns the ids of the first `limit` rows of those that are in the set, ascending.
    ///
    /// Errors: [`ErrorKind::OutOfMemory`].
    pub(crate) fn ids_of(&self, rows: &Bits, limit: usize) -> Result<Vec<u64>> {
        let n = self.ids.len();
        let mut packed = (0..n).filter(|row| rows.has(*row)).map(|row| self.ids.get(row)).peekable();
        let late = self.late.iter().zip(n..).filter(|(_, row)| rows.has(*row)).map(|(id, _)| *id);
        let mut late = late.peekable();
        let mut ids = Vec::new();
        while ids.len() < limit {
            let next = match (packed.peek(), late.peek()) {
                (Some(id), Some(other)) if id > other => late.next(),
                (None, _) => late.next(),
                _ => packed.next(),
            };
            let Some(id) = next else { break };
            more(&mut ids, 1)?;
            ids.push(id);
        }
        Ok(ids)
    }

    fn len_or_one(&self) -> usize {
        if self.is_empty() { 1 } else { self.len() }
    }

    fn select_by(&self, name: &str, test: &Test) -> Result<Bits> {
        let column = &self.columns[self.position("filter", name)?];
        let matcher = Matcher::new(name, column.kind, test)?;
        let there = |cell: Cell<'_>| !matches!(cell, Cell::Missing);
        let late = |holds: &dyn Fn(Cell<'_>) -> bool, packed: Bits| {
            if self.late.is_empty() {
                return Ok(packed);
            }
            let late = column.late.iter().map(|value| holds(Cell::from(value)));
            Bits::of((0..self.ids.len()).map(|row| packed.has(row)).chain(late), self.len())
        };
        match test {
            Test::Exists(true) => late(&there, column.packed.there()?),
            Test::Exists(false) => {
                let mut rows = late(&there, column.packed.there()?)?;
                rows.not();
                Ok(rows)
            }
            Test::Ne(_) => {
                let mut rows = column.packed.select(&matcher)?;
                rows.not();
                rows.and(&column.packed.there()?);
                late(&|cell| there(cell) && !matcher.matches(cell), rows)
            }
            _ => late(&|cell| matcher.matches(cell), column.packed.select(&matcher)?),
        }
    }

    /// Packs the rows that came late with the others; where there is no memory for it they stay apart.
    pub(crate) fn rest(&mut self) {
        if !self.late.is_empty()
            && let Ok(packed) = self.order().and_then(|order| self.packed(&order))
        {
            *self = packed;
        }
    }

    /// Returns all rows in ascending order of their ids.
    fn order(&self) -> Result<Vec<usize>> {
        let n = self.ids.len();
        let mut order = room(self.len())?;
        let mut row = 0;
        for (late, id) in self.late.iter().enumerate() {
            while row < n && self.ids.get(row) < *id {
                order.push(row);
                row += 1;
            }
            order.push(n + late);
        }
        order.extend(row..n);
        Ok(order)
    }

    /// Returns these rows, all packed.
    fn packed(&self, order: &[usize]) -> Result<Self> {
        let columns = self.columns.iter().map(|column| {
            let cells = order.iter().map(|row| Ok(self.cell(column, *row)));
            let packed = Packed::new(column.kind, &collected(order.len(), cells)?)?;
            let text_len = packed.text_len();
            Ok(Column { name: column.name.clone(), kind: column.kind, packed, late: Vec::new(), text_len })
        });
        let columns = collected(self.columns.len(), columns)?;
        let n = self.ids.len();
        let id = |row: &usize| row.checked_sub(n).map_or_else(|| self.ids.get(*row), |late| self.late[late]);
        let ids = collected(order.len(), order.iter().map(|row| Ok(id(row))))?;
        Ok(Self { columns, ids: RowIds::new(ids), late: Vec::new() })
    }

    /// Returns the bytes that the columns take.
    pub(crate) fn len_bytes(&self) -> usize {
        let ids = match &self.ids {
            RowIds::Dense(_) => 0,
            RowIds::Sparse(ids) => ids.capacity() * 8,
        };
        let columns = self.columns.iter().map(|column| {
            column.name.capacity()
                + column.packed.heap_bytes()
                + column.late.capacity() * size_of::<Value>()
                + column.late.iter().map(heap_bytes).sum::<usize>()
        });
        ids + self.late.capacity() * 8 + columns.sum::<usize>()
    }

    /// Returns the section of a file; nothing without columns.
    pub(crate) fn to_bytes(&self) -> Vec<u8> {
        if !self.late.is_empty() {
            let mut rested = self.clone();
            rested.rest();
            return rested.to_bytes();
        }
        let mut bytes = Vec::new();
        if !self.is_empty() {
            bytes.extend_from_slice(&(self.columns.len() as u32).to_le_bytes());
        }
        for column in &self.columns {
            file::write(&mut bytes, &column.name, column.kind, &column.packed);
        }
        bytes
    }

    /// Reads the section of a file of an index with these ids.
    ///
    /// Errors: a sentence.
    pub(crate) fn from_bytes(
        mut bytes: &[u8],
        ids: impl FnOnce() -> Vec<u64>,
    ) -> core::result::Result<Self, String> {
        if bytes.is_empty() {
            return Ok(Self::default());
        }
        let Some((count, rest)) = bytes.split_first_chunk::<4>() else {
            return Err("it ends too early".into());
        };
        bytes = rest;
        let mut ids = ids();
        sort(&mut ids);
        let mut columns: Vec<Column> = Vec::new();
        for _ in 0..u32::from_le_bytes(*count) {
            let (name, kind, packed) = file::read(&mut bytes, ids.len())?;
            check_name(&name).map_err(|error| error.to_string())?;
            if columns.last().is_some_and(|last| last.name >= name) {
                return Err("the columns are not in the order of their names".into());
            }
            if columns.len() == COLUMNS_MAX {
                return Err(too_many().to_string());
            }
            let text_len = packed.text_len();
            columns.push(Column { name, kind, packed, late: Vec::new(), text_len });
        }
        if columns.is_empty() || !bytes.is_empty() {
            return Err("the columns are not as long as the section".into());
        }
        Ok(Self { columns, ids: RowIds::new(ids), late: Vec::new() })
    }

    /// Checks that there is a row for each of the ids, which come in ascending order, in every column.
    ///
    /// Errors: a sentence.
    pub(crate) fn check_rows(&self, ids: impl FnOnce() -> Vec<u64>) -> core::result::Result<(), String> {
        if self.is_empty() {
            return Ok(());
        }
        let mut all: Vec<u64> = (0..self.ids.len()).map(|row| self.ids.get(row)).collect();
        if !all.is_sorted_by(|a, b| a < b) || !self.late.is_sorted_by(|a, b| a < b) {
            return Err("expected rows in ascending order of their ids".into());
        }
        all.extend(&self.late);
        sort(&mut all);
        let ids = ids();
        if all != ids {
            return Err(format!("expected the rows of {} ids, got {} of others", ids.len(), all.len()));
        }
        if !self.columns.is_sorted_by(|a, b| a.name < b.name) {
            return Err("expected columns in the order of their names".into());
        }
        for column in &self.columns {
            let (packed, late) = (column.packed.len, column.late.len());
            if packed != self.ids.len() || late != self.late.len() {
                let name = Quoted(&column.name);
                return Err(format!("expected {} values in column {name}, got {}", ids.len(), packed + late));
            }
        }
        Ok(())
    }

    /// Checks what only the types say of the values: times in reach, JSON as it is written.
    ///
    /// Errors: a sentence.
    pub(crate) fn check_values(&self) -> core::result::Result<(), String> {
        self.columns.iter().try_for_each(|column| {
            let checked = column.packed.check(column.kind);
            checked.map_err(|why| format!("column {}: {why}", Quoted(&column.name)))
        })
    }
}

impl Column {
    /// Returns a column whose values are all missing.
    fn missing(name: String, kind: ColumnType, rows: usize, late: usize) -> Result<Self> {
        let cells = collected(rows, (0..rows).map(|_| Ok(Cell::Missing)))?;
        let late = collected(late, (0..late).map(|_| Ok(Value::Null)))?;
        Ok(Self { name, kind, packed: Packed::new(kind, &cells)?, late, text_len: 0 })
    }
}

impl Packed {
    /// Returns the column with the values of those ids that are among the packed ones; `None` where none is.
    fn with(&self, kind: ColumnType, rows: &RowIds, ids: &[u64], values: &[Value]) -> Result<Option<Self>> {
        let mut cells = collected(self.len, (0..self.len).map(|row| Ok(self.get(row))))?;
        let mut changed = false;
        for (row, value) in ids.iter().map(|id| rows.row(*id)).zip(values) {
            if let Some(row) = row {
                cells[row] = value.into();
                changed = true;
            }
        }
        changed.then(|| Self::new(kind, &cells)).transpose()
    }
}

/// Returns whether a float would round a whole number, or one in a list.
fn is_beyond(value: &Value) -> bool {
    match value {
        Value::Int(int) => int.unsigned_abs() > TWO_53.unsigned_abs(),
        Value::List(list) => list.iter().any(is_beyond),
        _ => false,
    }
}

/// Makes a whole number, or those in a list, floats.
fn widen(value: &mut Value) {
    match value {
        Value::Int(int) => *value = Value::Float(*int as f64),
        Value::List(list) => list.iter_mut().for_each(widen),
        _ => {}
    }
}

/// Returns how many bytes of text values have, and elements of lists.
fn text_of(values: &[Value]) -> u64 {
    let of = |value: &Value| match value {
        Value::String(text) => text.len() as u64,
        Value::List(list) => list.len() as u64 + text_of(list),
        _ => 0,
    };
    values.iter().map(of).sum()
}

/// Returns the memory that a value takes beside itself.
fn heap_bytes(value: &Value) -> usize {
    match value {
        Value::String(text) => text.capacity(),
        Value::List(list) => {
            list.capacity() * size_of::<Value>() + list.iter().map(heap_bytes).sum::<usize>()
        }
        _ => 0,
    }
}

fn check_name(name: &str) -> Result<String> {
    if (1..=NAME_MAX).contains(&name.len()) && !["and", "or", "not"].contains(&name) {
        return Ok(name.to_owned());
    }
    Err(ErrorKind::BadParameter {
        name: "columns",
        expected: format!("a name of 1 to {NAME_MAX} bytes that is not and, or, not"),
        got: Quoted(name).to_string(),
    }
    .into())
}

fn too_many() -> Error {
    Error::from(ErrorKind::BadParameter {
        name: "columns",
        expected: format!("at most {COLUMNS_MAX} columns"),
        got: "more".into(),
    })
}
