//! Ids as users have them, integers or strings: an index holds one kind. Inside each id is a key: the integer itself, or
//! the number of the string.

use super::filter::Filter;
use super::ids::{check_ints, distinct};
use super::index::Index;
use super::names::Names;
use crate::codec::try_reserve;
use crate::columns::{Rows, Value};
use crate::error::{Error, ErrorKind, Id, Result};
use crate::kernel::sort::sort;
use xxhash_rust::xxh3::xxh3_64;

/// What the ids of an index are.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum IdKind {
    /// 0 to 2⁶⁴ − 2.
    Int,
    /// 1 to 65,535 bytes of UTF-8 each.
    String,
}

impl IdKind {
    /// Returns the kind's name: `int`, `string`.
    pub fn name(self) -> &'static str {
        match self {
            Self::Int => "int",
            Self::String => "string",
        }
    }

    fn plural(self) -> &'static str {
        match self {
            Self::Int => "integers",
            Self::String => "strings",
        }
    }
}

/// Ids of one kind.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum IdList {
    /// Integers.
    Ints(Vec<u64>),
    /// Strings.
    Strings(Vec<String>),
}

impl IdList {
    /// Returns how many ids there are.
    pub fn len(&self) -> usize {
        match self {
            Self::Ints(ids) => ids.len(),
            Self::Strings(ids) => ids.len(),
        }
    }

    /// Returns whether there are none.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Returns the kind; `None` where there are none.
    fn kind(&self) -> Option<IdKind> {
        match self {
            _ if self.is_empty() => None,
            Self::Ints(_) => Some(IdKind::Int),
            Self::Strings(_) => Some(IdKind::String),
        }
    }
}

impl From<Vec<u64>> for IdList {
    fn from(ids: Vec<u64>) -> Self {
        Self::Ints(ids)
    }
}

impl From<Vec<String>> for IdList {
    fn from(ids: Vec<String>) -> Self {
        Self::Strings(ids)
    }
}

impl<const N: usize> From<[&str; N]> for IdList {
    fn from(ids: [&str; N]) -> Self {
        Self::Strings(ids.map(str::to_owned).to_vec())
    }
}

/// Returns in which of `count` parts of an index a string belongs, as integers do by their remainder: XXH3-64 of its bytes
/// modulo `count`.
pub fn part_of(id: &str, count: u32) -> u32 {
    (xxh3_64(id.as_bytes()) % u64::from(count.max(1))) as u32
}

/// What becomes of ids that are to be removed and are not there.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Missing {
    /// An error, and nothing is removed.
    #[default]
    Error,
    /// Nothing.
    Ignore,
}

impl Missing {
    /// The names: `error`, `ignore`.
    pub const NAMES: &'static str = "error, ignore";

    /// Returns what a name stands for.
    ///
    /// Errors: [`ErrorKind::UnknownName`].
    pub fn from_name(name: &str) -> Result<Self> {
        match name {
            "error" => Ok(Self::Error),
            "ignore" => Ok(Self::Ignore),
            _ => {
                let got = name.to_owned();
                Err(ErrorKind::UnknownName { kind: "missing", expected: Self::NAMES, got }.into())
            }
        }
    }
}

/// The values of those rows whose ids are there.
struct Values<'a>(Vec<(&'a str, Vec<Value>)>);

impl<'a> Values<'a> {
    fn split(columns: &[(&'a str, &[Value])], found: &[Option<u64>]) -> Result<Self> {
        let mut all = Vec::with_capacity(columns.len());
        for (name, values) in columns {
            let mut those = Vec::new();
            try_reserve(&mut those, found.len())?;
            those.extend(
                values.iter().zip(found).filter(|(_, found)| found.is_some()).map(|(value, _)| value.clone()),
            );
            all.push((*name, those));
        }
        Ok(Self(all))
    }

    fn given(&self) -> Vec<(&'a str, &[Value])> {
        self.0.iter().map(|(name, values)| (*name, values.as_slice())).collect()
    }
}

impl Index {
    /// Returns what the ids are; `None` of an index that holds none: the next that come decide.
    pub fn id_kind(&self) -> Option<IdKind> {
        match self.names {
            _ if self.is_empty() => None,
            Some(_) => Some(IdKind::String),
            None => Some(IdKind::Int),
        }
    }

    /// Returns whether an integer from 2⁶³ on is, or was, an id: then ids need 64 bits without a sign.
    pub fn has_wide_ids(&self) -> bool {
        self.names.is_none() && self.ids.next() > 1 << 63
    }

    /// Returns all ids, ascending: strings by their bytes.
    pub fn id_list(&self) -> IdList {
        match &self.names {
            Some(names) => self.named(&names.sorted()),
            None => {
                let mut ids = self.ids.all();
                sort(&mut ids);
                IdList::Ints(ids)
            }
        }
    }

    /// Returns the ids of keys that searches or [`keys`](Self::keys) of the index as it is gave.
    pub fn named(&self, keys: &[u64]) -> IdList {
        match &self.names {
            Some(names) => IdList::Strings(keys.iter().map(|key| names.text(*key).to_owned()).collect()),
            None => IdList::Ints(keys.to_vec()),
        }
    }

    /// Returns the keys of ids, `None` for those that are not there.
    ///
    /// A key is what the other methods take and searches give: an integer itself, or the number of a string. That stays
    /// as long as the index does not change.
    ///
    /// Errors: [`ErrorKind::BadParameter`] (ids of the other kind).
    pub fn look_up(&self, ids: &IdList) -> Result<Vec<Option<u64>>> {
        self.check_kind(ids)?;
        let mut keys = Vec::new();
        try_reserve(&mut keys, ids.len())?;
        match (ids, &self.names) {
            (IdList::Strings(ids), Some(names)) => keys.extend(ids.iter().map(|id| names.number(id))),
            (IdList::Ints(ids), None) => keys.extend(ids.iter().map(|id| self.contains(*id).then_some(*id))),
            _ => keys.resize(ids.len(), None),
        }
        Ok(keys)
    }

    /// Returns the keys of ids that are there.
    ///
    /// Errors: [`ErrorKind::IdNotFound`], [`ErrorKind::BadParameter`] (ids of the other kind).
    pub fn keys(&self, ids: &IdList) -> Result<Vec<u64>> {
        let found = self.look_up(ids)?;
        let mut keys = Vec::new();
        try_reserve(&mut keys, ids.len())?;
        for (i, key) in found.into_iter().enumerate() {
            let Some(key) = key else {
                let id = match ids {
                    IdList::Ints(ids) => ids[i].into(),
                    IdList::Strings(ids) => ids[i].as_str().into(),
                };
                return Err(ErrorKind::IdNotFound { id }.into());
            };
            keys.push(key);
        }
        Ok(keys)
    }

    /// Returns the keys of ids that are there, each given once.
    ///
    /// Errors: as [`keys`](Self::keys); [`ErrorKind::DuplicateId`].
    pub fn distinct_keys(&self, ids: &IdList) -> Result<Vec<u64>> {
        let keys = self.keys(ids)?;
        self.check_distinct(&keys)?;
        Ok(keys)
    }

    /// Adds vectors with ids of either kind, or with the next free integers, and with values: as
    /// [`add_with_columns`](Self::add_with_columns). The first ids that come to an empty index decide which kind it holds.
    ///
    /// Errors: as that; [`ErrorKind::BadParameter`] (ids of the other kind, none where it holds strings, a string that is empty
    /// or longer than 65,535 bytes).
    ///
    /// ```
    /// use nearfold::near::IdList;
    /// use nearfold::{Index, Metric, Params, SearchParams};
    ///
    /// let mut index = Index::new(1, Params::new(Metric::L2sq))?;
    /// index.add_ids(&[0.0, 5.0], Some(&["a.txt", "b.txt"].into()), &[], &mut |_, _| true)?;
    /// let found = index.search(&[4.0], 1, &SearchParams::default())?;
    /// assert_eq!(index.named(&found.ids), IdList::from(["b.txt"]));
    /// # Ok::<(), nearfold::Error>(())
    /// ```
    pub fn add_ids(
        &mut self,
        vectors: &[f32],
        ids: Option<&IdList>,
        columns: &[(&str, &[Value])],
        progress: &mut dyn FnMut(usize, usize) -> bool,
    ) -> Result<IdList> {
        let ids = match ids {
            None if self.id_kind() == Some(IdKind::String) => return Err(other_kind(IdKind::String, "none")),
            None => None,
            // Of no ids nobody can say what they are.
            Some(ids) if ids.is_empty() && self.id_kind() == Some(IdKind::String) => {
                return self.add_strings(vectors, &[], columns, progress);
            }
            Some(IdList::Ints(ids)) => Some(ids.as_slice()),
            Some(IdList::Strings(ids)) => return self.add_strings(vectors, ids, columns, progress),
        };
        self.add_with_columns(vectors, ids, columns, progress).map(IdList::Ints)
    }

    fn add_strings(
        &mut self,
        vectors: &[f32],
        ids: &[String],
        columns: &[(&str, &[Value])],
        progress: &mut dyn FnMut(usize, usize) -> bool,
    ) -> Result<IdList> {
        let integers = self.names.is_none().then(|| self.ids.next());
        self.take_kind(IdKind::String)?;
        let nodes = self.store.len();
        let mut names = self.names.take().unwrap_or_default();
        let old = names.next();
        let keys = names.reserve(ids).and_then(|()| {
            let each = ids.iter().map(|id| match names.number(id) {
                Some(key) => Err(duplicate(id, key >= old as u64)),
                None => Ok(names.push(id)),
            });
            each.collect::<Result<Vec<u64>>>()
        });
        self.names = Some(names);
        let added = keys.and_then(|keys| {
            let added = self.add_rows(vectors, Some(&keys), columns, progress)?;
            let mut kept = added.iter().peekable();
            let stopped: Vec<u64> =
                keys.iter().filter(|key| kept.next_if_eq(key).is_none()).copied().collect();
            // Before the keys change.
            let added = self.named(&added);
            self.forget_names(&stopped);
            Ok(added)
        });
        match (added, integers) {
            (Ok(added), _) => {
                self.debug_verify(nodes);
                Ok(added)
            }
            (Err(error), None) => {
                self.names.iter_mut().for_each(|names| names.truncate(old));
                Err(error)
            }
            (Err(error), Some(next)) => {
                self.names = None;
                self.ids.restart(next);
                Err(error)
            }
        }
    }

    /// Adds vectors, or replaces those of ids that are there; returns how many ids are new.
    ///
    /// Shapes: `vectors` is `(n, dim)`, `ids` `(n,)`, and `columns` are names with `n` values each. Of ids that are there,
    /// values in columns that are not named stay. All or nothing.
    ///
    /// Errors: as [`add_ids`](Self::add_ids); [`ErrorKind::DuplicateId`] only of an id that is given twice.
    /// Cost: as [`add`](Self::add), and for those that are replaced as [`remove`](Self::remove).
    pub fn upsert(&mut self, vectors: &[f32], ids: &IdList, columns: &[(&str, &[Value])]) -> Result<usize> {
        let found = self.look_up(ids)?;
        let old: Vec<u64> = found.iter().copied().flatten().collect();
        self.check_distinct(&old)?;
        if old.is_empty() {
            return self.add_ids(vectors, Some(ids), columns, &mut |_, _| true).map(|added| added.len());
        }
        self.check(vectors)?;
        let n = vectors.len() / self.dim;
        if ids.len() != n {
            return Err(ErrorKind::ShapeMismatch {
                expected: format!("({n},) ids"),
                got: format!("({},)", ids.len()),
            }
            .into());
        }
        self.check_storable(vectors)?;
        // So that nothing is packed between the check of values and their coming in.
        self.columns.rest();
        let rows = Values::split(columns, &found)?;
        let mut batch = self.columns.check(n, columns, Rows::New, || self.ids.all())?;
        self.columns.make_room(n - old.len(), &mut batch)?;
        // Columns that are new, or become wider, have to be there before rows that are there get values in them.
        let replaced = match batch.makes_columns() {
            true => None,
            false => Some(self.columns.check(old.len(), &rows.given(), Rows::Of(&old), Vec::new)?),
        };
        self.reserve(n)?;
        let before = self.names.as_ref().map_or(0, Names::next);
        let unnamed = |names: &mut Option<Names>| names.iter_mut().for_each(|names| names.truncate(before));
        let keys = self.keys_for(ids, &found).inspect_err(|_| unnamed(&mut self.names))?;
        self.remove_vectors(&old).inspect_err(|_| unnamed(&mut self.names))?;
        if let Err(error) = self.add_vectors(vectors, Some(&keys), &mut |_, _| true) {
            unnamed(&mut self.names);
            self.forget_rows(&old);
            return Err(error);
        }
        let new: Vec<u64> =
            keys.iter().zip(&found).filter(|(_, found)| found.is_none()).map(|(key, _)| *key).collect();
        if let Some(replaced) = replaced {
            self.columns.set(replaced, &old);
            self.columns.push(batch, &keys, &new);
        } else {
            self.columns.push(batch, &keys, &new);
            let replaced = self.columns.check(old.len(), &rows.given(), Rows::Of(&old), Vec::new)?;
            self.columns.set(replaced, &old);
        }
        self.assert_verified();
        Ok(new.len())
    }

    /// Returns the keys of ids, each given once, of which those that are not found become new.
    fn keys_for(&mut self, ids: &IdList, found: &[Option<u64>]) -> Result<Vec<u64>> {
        match (ids, &mut self.names) {
            (IdList::Strings(ids), Some(names)) => {
                names.reserve(ids)?;
                let each = ids.iter().zip(found).map(|(id, found)| match (found, names.number(id)) {
                    (Some(key), _) => Ok(*key),
                    (None, Some(_)) => Err(duplicate(id, true)),
                    (None, None) => Ok(names.push(id)),
                });
                each.collect()
            }
            (IdList::Ints(ids), _) => {
                check_ints(ids)?;
                distinct(ids)?;
                Ok(ids.clone())
            }
            (IdList::Strings(_), None) => Ok(Vec::new()),
        }
    }

    /// Takes ids out; returns how many went. As [`remove`](Self::remove), but that ids that are not there may be passed over.
    ///
    /// Errors: [`ErrorKind::IdNotFound`] (unless they are), [`ErrorKind::DuplicateId`], [`ErrorKind::BadParameter`] (ids of
    /// the other kind).
    pub fn remove_ids(&mut self, ids: &IdList, missing: Missing) -> Result<usize> {
        let keys = match missing {
            Missing::Error => self.keys(ids)?,
            Missing::Ignore => self.look_up(ids)?.into_iter().flatten().collect(),
        };
        self.check_distinct(&keys)?;
        self.remove(&keys)?;
        Ok(keys.len())
    }

    /// Returns the filter of these ids; those that are not in the index are passed over. It serves until the index changes.
    ///
    /// Errors: [`ErrorKind::BadParameter`] (ids of the other kind).
    /// Cost: that of the ids.
    pub fn filter_id_list(&self, ids: &IdList) -> Result<Filter> {
        let keys: Vec<u64> = self.look_up(ids)?.into_iter().flatten().collect();
        Ok(self.filter_ids(&keys))
    }

    /// Returns the vectors of keys, row by row, as [`vector`](Self::vector) does.
    ///
    /// Errors: [`ErrorKind::IdNotFound`], [`ErrorKind::OutOfMemory`].
    pub fn vectors(&self, keys: &[u64]) -> Result<Vec<f32>> {
        let mut vectors = Vec::new();
        try_reserve(&mut vectors, keys.len().saturating_mul(self.dim))?;
        for &key in keys {
            vectors.extend(self.vector(key)?);
        }
        Ok(vectors)
    }

    /// Returns the error that a key is not there.
    pub(super) fn not_found(&self, key: u64) -> Error {
        ErrorKind::IdNotFound { id: key.into() }.into()
    }

    /// Errors: [`ErrorKind::DuplicateId`], which names the id of a key that is there twice.
    fn check_distinct(&self, keys: &[u64]) -> Result<()> {
        distinct(keys).map(drop).map_err(|error| match (error.kind(), &self.names) {
            (ErrorKind::DuplicateId { id: Id::Int(key), .. }, Some(names)) => {
                duplicate(names.text(*key), true)
            }
            _ => error,
        })
    }

    /// Errors: [`ErrorKind::BadParameter`].
    fn check_kind(&self, ids: &IdList) -> Result<()> {
        match (self.id_kind(), ids.kind()) {
            (Some(holds), Some(came)) if holds != came => Err(other_kind(holds, came.plural())),
            _ => Ok(()),
        }
    }

    /// Makes an empty index one of this kind.
    ///
    /// Errors: [`ErrorKind::BadParameter`], when it holds ids of the other kind.
    pub(super) fn take_kind(&mut self, kind: IdKind) -> Result<()> {
        match self.id_kind() {
            Some(holds) if holds != kind => Err(other_kind(holds, kind.plural())),
            Some(_) => Ok(()),
            None => {
                if kind == IdKind::String || self.names.is_some() {
                    self.ids.restart(0);
                }
                self.names = (kind == IdKind::String).then(Names::default);
                Ok(())
            }
        }
    }

    /// Takes the strings of keys away whose vectors and rows are gone.
    pub(super) fn forget_names(&mut self, keys: &[u64]) {
        let Some(names) = &mut self.names else { return };
        names.remove(keys);
        if names.is_loose() {
            self.pack_names();
        }
    }

    /// Moves the strings together: keys change.
    pub(super) fn pack_names(&mut self) {
        let Some(names) = &mut self.names else { return };
        if let Some(ranks) = names.ranks() {
            self.changes += 1;
            self.ids.renumber(&ranks, names.len() as u64);
            self.columns.renumber(&ranks);
        }
        names.pack();
    }
}

fn duplicate(id: &str, given_twice: bool) -> Error {
    ErrorKind::DuplicateId { id: id.into(), given_twice }.into()
}

fn other_kind(holds: IdKind, came: &str) -> Error {
    Error::from(ErrorKind::BadParameter {
        name: "ids",
        expected: format!("{}, as the index holds", holds.plural()),
        got: came.into(),
    })
}
