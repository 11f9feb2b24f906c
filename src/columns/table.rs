//! All columns of an index: rows in ascending order of their ids, and the rows that came last.

use super::bits::Bits;
use super::expression::{Expression, Test};
use super::file;
use super::matcher::Matcher;
use super::packed::Packed;
use super::value::{Cell, ColumnType, Value, fit, kind_of};
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

/// Checked values for some rows of a table.
#[derive(Debug, Default)]
pub(crate) struct Batch {
    /// The columns that the table gets first, when it has none.
    new: Vec<(String, ColumnType)>,
    /// For each column of the table, its values, when they were given.
    values: Vec<Option<Vec<Value>>>,
}

impl Batch {
    /// Returns whether the table has no columns yet, and gets some.
    pub(crate) fn makes_columns(&self) -> bool {
        !self.new.is_empty()
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
            Error::from(ErrorKind::BadParameter { name: argument, expected, got: Quoted(name).to_string() })
        })
    }

    /// Checks values for `n` rows: their number, and that each column is there and takes them. The
    /// first values that a table gets make its columns.
    ///
    /// Errors: [`ErrorKind::BadParameter`], [`ErrorKind::ShapeMismatch`], [`ErrorKind::OutOfMemory`].
    pub(crate) fn check(&mut self, n: usize, given: &[(&str, &[Value])]) -> Result<Batch> {
        let mut batch = Batch::default();
        for (name, values) in given {
            if values.len() != n {
                return Err(ErrorKind::ShapeMismatch {
                    expected: format!("({n},) values in column {}", Quoted(name)),
                    got: format!("({},)", values.len()),
                }
                .into());
            }
            if self.is_empty() {
                let kind = kind_of(values).ok_or_else(|| {
                    Error::from(ErrorKind::BadParameter {
                        name: "columns",
                        expected: format!(
                            "a value in column {}, or the column added before with its type",
                            Quoted(name)
                        ),
                        got: "missing values only".into(),
                    })
                })?;
                let name = check_name(name)?;
                let place = batch.new.partition_point(|(other, _)| *other < name);
                batch.new.insert(place, (name, kind));
            }
        }
        if batch.new.len() > COLUMNS_MAX {
            return Err(too_many());
        }
        let columns = if self.is_empty() { batch.new.len() } else { self.columns.len() };
        batch.values.resize_with(columns, || None);
        for (name, values) in given {
            let (at, kind, text_len) = if self.is_empty() {
                let at = batch.new.binary_search_by(|(other, _)| other.as_str().cmp(name)).unwrap_or(0);
                (at, batch.new[at].1, 0)
            } else {
                let at = self.position("columns", name)?;
                (at, self.columns[at].kind, self.columns[at].text_len)
            };
            if batch.values[at].is_some() {
                return Err(ErrorKind::BadParameter {
                    name: "columns",
                    expected: "each column once".into(),
                    got: format!("{} twice", Quoted(name)),
                }
                .into());
            }
            let fitted = values.iter().enumerate().map(|(row, value)| {
                fit(value, kind).ok_or_else(|| {
                    Error::from(ErrorKind::BadParameter {
                        name: "columns",
                        expected: format!("{} values in column {}", kind.name(), Quoted(name)),
                        got: format!("{value} in row {row}"),
                    })
                })
            });
            let fitted = fitted.collect::<Result<Vec<Value>>>()?;
            if text_len.saturating_add(text_of(&fitted)) > u32::MAX.into() {
                return Err(ErrorKind::BadParameter {
                    name: "columns",
                    expected: format!("less than 4 GiB of text in column {}", Quoted(name)),
                    got: "more".into(),
                }
                .into());
            }
            batch.values[at] = Some(fitted);
        }
        for column in &mut self.columns {
            let len_bytes = n as u64 * size_of::<Value>() as u64;
            column.late.try_reserve(n).map_err(|_| Error::from(ErrorKind::OutOfMemory { len_bytes }))?;
        }
        Ok(batch)
    }

    /// Adds a column in which all values are missing; `ids` gives all ids of the index.
    ///
    /// Errors: [`ErrorKind::BadParameter`] (a name that cannot be, or is there).
    pub(crate) fn create(
        &mut self,
        name: &str,
        kind: ColumnType,
        ids: impl FnOnce() -> Vec<u64>,
    ) -> Result<()> {
        let name = check_name(name)?;
        let Err(at) = self.columns.binary_search_by(|column| column.name.cmp(&name)) else {
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
        if self.is_empty() {
            let mut ids = ids();
            sort(&mut ids);
            self.ids = RowIds::new(ids);
        }
        let packed = Packed::new(kind, &vec![Cell::Missing; self.ids.len()]);
        let late = vec![Value::Null; self.late.len()];
        self.columns.insert(at, Column { name, kind, packed, late, text_len: 0 });
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

    /// Makes the columns that a batch brings.
    pub(crate) fn prepare(&mut self, batch: &mut Batch, ids: impl FnOnce() -> Vec<u64>) -> Result<()> {
        let mut ids = Some(ids);
        for (name, kind) in batch.new.drain(..) {
            self.create(&name, kind, || ids.take().map(|ids| ids()).unwrap_or_default())?;
        }
        Ok(())
    }

    /// Adds rows for the new ids `added`, which are those, or some of those, that the batch was
    /// checked for: `ids`.
    pub(crate) fn push(&mut self, mut batch: Batch, ids: &[u64], added: &[u64]) {
        if self.is_empty() {
            return;
        }
        let old = self.late.len();
        let mut added = added.iter().peekable();
        for (i, &id) in ids.iter().enumerate() {
            if added.next_if_eq(&&id).is_none() {
                continue;
            }
            self.late.push(id);
            for (column, values) in self.columns.iter_mut().zip(&mut batch.values) {
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
    pub(crate) fn set(&mut self, batch: Batch, ids: &[u64]) {
        let rows: Vec<Option<usize>> = ids.iter().map(|id| self.row(*id)).collect();
        let packed_len = self.ids.len();
        for (column, values) in self.columns.iter_mut().zip(batch.values) {
            let Some(values) = values else { continue };
            column.text_len += text_of(&values);
            let mut cells: Vec<Cell<'_>> = (0..packed_len).map(|row| column.packed.get(row)).collect();
            let mut changed = false;
            for (row, value) in rows.iter().zip(&values) {
                match row {
                    Some(row) if *row < packed_len => {
                        cells[*row] = value.into();
                        changed = true;
                    }
                    Some(row) => column.late[row - packed_len] = value.clone(),
                    None => {}
                }
            }
            if changed {
                column.packed = Packed::new(column.kind, &cells);
            }
        }
    }

    /// Takes the rows of ids out.
    pub(crate) fn remove(&mut self, ids: &[u64]) {
        if self.is_empty() {
            return;
        }
        let mut gone = vec![false; self.len()];
        for row in ids.iter().filter_map(|id| self.row(*id)) {
            gone[row] = true;
        }
        let order: Vec<usize> = self.order().into_iter().filter(|row| !gone[*row]).collect();
        self.pack(&order);
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
    pub(crate) fn value(&self, column: usize, row: usize) -> Value {
        self.cell(&self.columns[column], row).into()
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
                let mut rows = Bits::all(true, self.len_or_one());
                for each in all {
                    rows.and(&self.select(each)?);
                }
                Ok(rows)
            }
            Expression::Or(any) => {
                let mut rows = Bits::all(false, self.len_or_one());
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

    fn len_or_one(&self) -> usize {
        if self.is_empty() { 1 } else { self.len() }
    }

    fn select_by(&self, name: &str, test: &Test) -> Result<Bits> {
        let column = &self.columns[self.position("filter", name)?];
        let matcher = Matcher::new(name, column.kind, test)?;
        let there = |cell: Cell<'_>| cell != Cell::Missing;
        let late = |holds: &dyn Fn(Cell<'_>) -> bool, packed: Bits| {
            if self.late.is_empty() {
                return packed;
            }
            let late = column.late.iter().map(|value| holds(Cell::from(value)));
            Bits::of((0..self.ids.len()).map(|row| packed.has(row)).chain(late), self.len())
        };
        Ok(match test {
            Test::Exists(true) => late(&there, column.packed.there()),
            Test::Exists(false) => {
                let mut rows = late(&there, column.packed.there());
                rows.not();
                rows
            }
            Test::Ne(_) => {
                let mut rows = column.packed.select(&matcher);
                rows.not();
                rows.and(&column.packed.there());
                late(&|cell| there(cell) && !matcher.matches(cell), rows)
            }
            _ => late(&|cell| matcher.matches(cell), column.packed.select(&matcher)),
        })
    }

    /// Packs the rows that came late with the others.
    pub(crate) fn rest(&mut self) {
        if !self.late.is_empty() {
            let order = self.order();
            self.pack(&order);
        }
    }

    /// Returns all rows in ascending order of their ids.
    fn order(&self) -> Vec<usize> {
        let n = self.ids.len();
        let mut order = Vec::with_capacity(self.len());
        let mut row = 0;
        for (late, id) in self.late.iter().enumerate() {
            while row < n && self.ids.get(row) < *id {
                order.push(row);
                row += 1;
            }
            order.push(n + late);
        }
        order.extend(row..n);
        order
    }

    /// Keeps these rows, all packed.
    fn pack(&mut self, order: &[usize]) {
        let packed: Vec<Packed> = self
            .columns
            .iter()
            .map(|column| {
                let cells: Vec<Cell<'_>> = order.iter().map(|row| self.cell(column, *row)).collect();
                Packed::new(column.kind, &cells)
            })
            .collect();
        let n = self.ids.len();
        let id = |row: &usize| row.checked_sub(n).map_or_else(|| self.ids.get(*row), |late| self.late[late]);
        self.ids = RowIds::new(order.iter().map(id).collect());
        self.late = Vec::new();
        for (column, packed) in self.columns.iter_mut().zip(packed) {
            column.text_len = packed.text_len();
            column.packed = packed;
            column.late = Vec::new();
        }
    }

    /// Returns the bytes that the columns take.
    pub(crate) fn len_bytes(&self) -> usize {
        let ids = match &self.ids {
            RowIds::Dense(_) => 0,
            RowIds::Sparse(ids) => ids.capacity() * 8,
        };
        let columns = self.columns.iter().map(|column| {
            let text = |value: &Value| if let Value::String(text) = value { text.capacity() } else { 0 };
            column.name.capacity()
                + column.packed.heap_bytes()
                + column.late.capacity() * size_of::<Value>()
                + column.late.iter().map(text).sum::<usize>()
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
}

fn text_of(values: &[Value]) -> u64 {
    values.iter().map(|value| if let Value::String(text) = value { text.len() as u64 } else { 0 }).sum()
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
