//! A test as a column of one type asks it: every range is one of inclusive ends.

use super::datetime;
use super::expression::Test;
use super::value::{Cell, ColumnType, TWO_63, Value, whole};
use crate::error::{ErrorKind, Result};
use crate::kernel::sort::{sort, sort_f64};
use crate::text::Quoted;
use core::cmp::Ordering;
use core::ops::Bound;

/// What a value must be in.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Matcher {
    /// From one end to the other; ascending and apart.
    Ints(Vec<(i64, i64)>),
    /// From one end to the other; ascending and apart.
    Floats(Vec<(f64, f64)>),
    /// One of these, ascending.
    Words(Vec<String>),
    /// Between these.
    Texts(Bound<String>, Bound<String>),
    /// With this at the beginning.
    Prefix(String),
    /// With this in it.
    Containing(String),
    /// Which of false and true.
    Bools([bool; 2]),
}

impl Matcher {
    /// Returns what a test, other than `exists`, asks of a value, or of an element of a list; for `ne` it is what the
    /// value must not be in.
    ///
    /// Errors: [`ErrorKind::BadParameter`] (a test that the column does not know, a value that it cannot be compared with).
    pub(super) fn new(column: &str, kind: ColumnType, test: &Test) -> Result<Self> {
        check_test(column, kind, test)?;
        let list = kind.element().is_some();
        let kind = kind.element().unwrap_or(kind);
        let at = |value: &Value, order: Ordering| End::new(column, kind, value, order);
        let range =
            |least: Option<(&Value, bool)>, most: Option<(&Value, bool)>| range(column, kind, least, most);
        match test {
            Test::Gt(value) => range(Some((value, false)), None),
            Test::Gte(value) => range(Some((value, true)), None),
            Test::Lt(value) => range(None, Some((value, false))),
            Test::Lte(value) => range(None, Some((value, true))),
            Test::Between(least, most) => range(Some((least, true)), Some((most, true))),
            Test::Eq(value) | Test::Ne(value) => {
                at(value, Ordering::Equal).map(|end| Self::one_of(kind, vec![end]))
            }
            Test::Prefix(Value::String(text)) => Ok(Self::Prefix(text.clone())),
            Test::Contains(Value::String(text)) if !list => Ok(Self::Containing(text.clone())),
            Test::Contains(value) | Test::Prefix(value) => {
                at(value, Ordering::Equal).map(|end| Self::one_of(kind, vec![end]))
            }
            Test::In(values) | Test::Any(values) => {
                let ends = values.iter().map(|value| at(value, Ordering::Equal)).collect::<Result<_>>()?;
                Ok(Self::one_of(kind, ends))
            }
            Test::Exists(_) => Ok(Self::one_of(kind, Vec::new())),
        }
    }

    /// Returns the matcher of values that were looked up with [`Ordering::Equal`].
    fn one_of(kind: ColumnType, ends: Vec<End>) -> Self {
        match kind {
            ColumnType::Int | ColumnType::DateTime => {
                let mut ints: Vec<i64> =
                    ends.iter().filter_map(|end| if let End::Int(int) = end { *int } else { None }).collect();
                sort(&mut ints);
                ints.dedup();
                Self::Ints(ints.into_iter().map(|int| (int, int)).collect())
            }
            ColumnType::Float => {
                let mut floats: Vec<f64> = ends
                    .iter()
                    .filter_map(|end| if let End::Float(float) = end { *float } else { None })
                    .collect();
                sort_f64(&mut floats);
                floats.dedup(); // −0 equals 0
                Self::Floats(floats.into_iter().map(|float| (float, float)).collect())
            }
            ColumnType::String => {
                let mut words: Vec<&str> = ends
                    .iter()
                    .filter_map(|end| if let End::Text(text) = end { Some(text.as_str()) } else { None })
                    .collect();
                words.sort_unstable();
                words.dedup();
                Self::Words(words.into_iter().map(str::to_owned).collect())
            }
            _ => {
                let has = |wanted| ends.iter().any(|end| matches!(end, End::Bool(value) if *value == wanted));
                Self::Bools([has(false), has(true)])
            }
        }
    }

    /// Returns whether a value is in; a missing one is not.
    pub(super) fn matches(&self, cell: Cell<'_>) -> bool {
        match (self, cell) {
            (_, Cell::Missing) => false,
            (Self::Ints(ranges), Cell::Int(value)) => in_ranges(ranges, value),
            (Self::Floats(ranges), Cell::Float(value)) => in_ranges(ranges, value),
            (Self::Words(words), Cell::Str(value)) => {
                words.binary_search_by(|word| word.as_str().cmp(value)).is_ok()
            }
            (Self::Texts(least, most), Cell::Str(value)) => {
                (match least {
                    Bound::Included(least) => value >= least.as_str(),
                    Bound::Excluded(least) => value > least.as_str(),
                    Bound::Unbounded => true,
                }) && match most {
                    Bound::Included(most) => value <= most.as_str(),
                    Bound::Excluded(most) => value < most.as_str(),
                    Bound::Unbounded => true,
                }
            }
            (Self::Prefix(prefix), Cell::Str(value)) => value.starts_with(prefix.as_str()),
            (Self::Containing(part), Cell::Str(value)) => value.contains(part.as_str()),
            // A list that came late; of a packed one all elements are asked at once.
            (matcher, Cell::List(elements)) => elements.iter().any(|cell| matcher.matches(cell)),
            (Self::Bools(wanted), Cell::Bool(value)) => wanted[usize::from(value)],
            _ => false,
        }
    }
}

/// Returns whether a value is in one of the ranges.
#[inline(always)]
pub(super) fn in_ranges<T: PartialOrd + Copy>(ranges: &[(T, T)], value: T) -> bool {
    match ranges {
        [(least, most)] => (*least <= value) & (value <= *most),
        _ => {
            let after = ranges.partition_point(|(least, _)| *least <= value);
            after > 0 && value <= ranges[after - 1].1
        }
    }
}

/// An end of a range, in the column's own type; `None` where no value lies on that side.
enum End {
    Int(Option<i64>),
    Float(Option<f64>),
    Text(String),
    Bool(bool),
}

impl End {
    /// Returns the column's value that equals `value` (`Equal`), or the nearest that is not less
    /// (`Greater`) or not greater (`Less`).
    fn new(column: &str, kind: ColumnType, value: &Value, order: Ordering) -> Result<Self> {
        match (kind, value) {
            (ColumnType::Int, Value::Int(int)) => Ok(Self::Int(Some(*int))),
            (ColumnType::Int, Value::Float(float)) if !float.is_nan() => Ok(Self::Int(match order {
                Ordering::Equal => whole(*float),
                Ordering::Greater if *float < -TWO_63 => Some(i64::MIN),
                Ordering::Greater => whole(float.ceil()),
                Ordering::Less if *float >= TWO_63 => Some(i64::MAX),
                Ordering::Less => whole(float.floor()),
            })),
            (ColumnType::Float, Value::Float(float)) if !float.is_nan() => Ok(Self::Float(Some(*float))),
            (ColumnType::Float, Value::Int(int)) => {
                let float = *int as f64;
                // Both as wide integers, so that the comparison is exact.
                Ok(Self::Float(match ((float as i128).cmp(&i128::from(*int)), order) {
                    (Ordering::Equal, _) => Some(float),
                    (_, Ordering::Equal) => None,
                    (Ordering::Less, Ordering::Greater) => Some(float.next_up()),
                    (Ordering::Greater, Ordering::Less) => Some(float.next_down()),
                    _ => Some(float),
                }))
            }
            (ColumnType::DateTime, Value::DateTime(micros)) => Ok(Self::Int(Some(*micros))),
            (ColumnType::DateTime, Value::String(text)) => match datetime::parse(text) {
                Ok(micros) => Ok(Self::Int(Some(micros))),
                Err(why) => bad(
                    format!("a time of ISO 8601 for column {} of type datetime", Quoted(column)),
                    format!("{}: {why}", Quoted(text)),
                ),
            },
            (ColumnType::String, Value::String(text)) => Ok(Self::Text(text.clone())),
            (ColumnType::Bool, Value::Bool(value)) if order == Ordering::Equal => Ok(Self::Bool(*value)),
            (kind, value) => bad(
                match kind {
                    ColumnType::Int | ColumnType::Float => {
                        format!("a number for column {} of type {}", Quoted(column), kind.name())
                    }
                    ColumnType::DateTime => {
                        format!(
                            "a time, or its ISO 8601 text, for column {} of type datetime",
                            Quoted(column)
                        )
                    }
                    ColumnType::Bool => {
                        format!(
                            "eq, ne, in or exists with true or false for column {} of type bool",
                            Quoted(column)
                        )
                    }
                    _ => format!("a string for column {} of type string", Quoted(column)),
                },
                value.to_string(),
            ),
        }
    }
}

fn bad<T>(expected: String, got: String) -> Result<T> {
    Err(ErrorKind::BadParameter { name: "filter", expected, got }.into())
}

/// Refuses a test that a column of this type does not know.
fn check_test(column: &str, kind: ColumnType, test: &Test) -> Result<()> {
    let texts = matches!(kind, ColumnType::String | ColumnType::Strings);
    let list = kind.element().is_some();
    let column = || format!("column {} of type {}", Quoted(column), kind.name());
    match test {
        Test::Exists(_) => Ok(()),
        _ if kind == ColumnType::Json => bad(
            format!(
                "exists for {}, which is kept and returned; what is asked of needs a column of its own",
                column()
            ),
            "another test".into(),
        ),
        Test::Eq(_) | Test::Ne(_) | Test::In(_) if list => {
            bad(format!("contains, any, a range or exists for {}", column()), "eq, ne or in".into())
        }
        Test::Any(_) if !list => {
            bad(format!("a column of lists for any; in is for {}", column()), "any".into())
        }
        Test::Contains(_) if !list && !texts => {
            bad(format!("a column of texts or lists for contains, not {}", column()), "contains".into())
        }
        Test::Prefix(_) if !texts => {
            bad(format!("a column of texts for prefix, not {}", column()), "prefix".into())
        }
        _ => Ok(()),
    }
}

/// Returns the matcher of a range; each end has its value, and whether that is in the range.
fn range(
    column: &str,
    kind: ColumnType,
    least: Option<(&Value, bool)>,
    most: Option<(&Value, bool)>,
) -> Result<Matcher> {
    let (least, most) = (
        least.map(|(value, closed)| {
            End::new(column, kind, value, Ordering::Greater).map(|end| (end, value, closed))
        }),
        most.map(|(value, closed)| {
            End::new(column, kind, value, Ordering::Less).map(|end| (end, value, closed))
        }),
    );
    let (least, most) = (least.transpose()?, most.transpose()?);
    // An open end on a value that the column's type has is one step further in.
    let open = |end: &End, value: &Value, closed: bool| !closed && end.is(value);
    Ok(match kind {
        ColumnType::Int | ColumnType::DateTime => {
            let low = match &least {
                None => Some(i64::MIN),
                Some((end @ End::Int(Some(int)), value, closed)) => {
                    if open(end, value, *closed) {
                        int.checked_add(1)
                    } else {
                        Some(*int)
                    }
                }
                Some(_) => None,
            };
            let high = match &most {
                None => Some(i64::MAX),
                Some((end @ End::Int(Some(int)), value, closed)) => {
                    if open(end, value, *closed) {
                        int.checked_sub(1)
                    } else {
                        Some(*int)
                    }
                }
                Some(_) => None,
            };
            Matcher::Ints(low.zip(high).filter(|(low, high)| low <= high).into_iter().collect())
        }
        ColumnType::Float => {
            let low = match &least {
                None => Some(f64::NEG_INFINITY),
                Some((end @ End::Float(Some(float)), value, closed)) => {
                    if !open(end, value, *closed) {
                        Some(*float)
                    } else {
                        (*float != f64::INFINITY).then(|| float.next_up())
                    }
                }
                Some(_) => None,
            };
            let high = match &most {
                None => Some(f64::INFINITY),
                Some((end @ End::Float(Some(float)), value, closed)) => {
                    if !open(end, value, *closed) {
                        Some(*float)
                    } else {
                        (*float != f64::NEG_INFINITY).then(|| float.next_down())
                    }
                }
                Some(_) => None,
            };
            Matcher::Floats(low.zip(high).filter(|(low, high)| low <= high).into_iter().collect())
        }
        _ => {
            let bound = |end: Option<(End, &Value, bool)>| match end {
                Some((End::Text(text), _, true)) => Bound::Included(text),
                Some((End::Text(text), _, false)) => Bound::Excluded(text),
                _ => Bound::Unbounded,
            };
            Matcher::Texts(bound(least), bound(most))
        }
    })
}

impl End {
    /// Returns whether it is the value itself, and not its neighbour in the column's type.
    fn is(&self, value: &Value) -> bool {
        match (self, value) {
            // A time is always the value itself.
            (Self::Int(Some(_)), Value::DateTime(_) | Value::String(_)) => true,
            (Self::Int(Some(end)), Value::Int(value)) => end == value,
            (Self::Int(Some(end)), Value::Float(value)) => whole(*value) == Some(*end),
            (Self::Float(Some(end)), Value::Float(value)) => end == value,
            (Self::Float(Some(end)), Value::Int(value)) => *end as i128 == i128::from(*value),
            _ => false,
        }
    }
}
