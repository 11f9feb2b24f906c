//! Which rows a search may return, as a caller says it.
//!
//! In every language the same map: column names with a value or with tests, and `and`, `or`, `not`.

use super::value::Value;
use crate::error::{ErrorKind, Result};
use crate::text::Quoted;

/// How deep `and`, `or` and `not` may be nested.
const DEPTH_MAX: usize = 32;

/// What is asked of one column. A missing value fails every test but `exists: false`.
///
/// Of a list a range, and `Prefix`, is asked of each element: one that is in it is enough. Texts are compared by their
/// characters as they are, without regard to language.
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub enum Test {
    /// It equals the value.
    Eq(Value),
    /// It is there, and differs from the value.
    Ne(Value),
    /// It equals one of the values.
    In(Vec<Value>),
    /// It is greater.
    Gt(Value),
    /// It is greater or equal.
    Gte(Value),
    /// It is less.
    Lt(Value),
    /// It is less or equal.
    Lte(Value),
    /// It is in the range, both ends included.
    Between(Value, Value),
    /// It is there (true) or missing (false).
    Exists(bool),
    /// It is a text that begins with this one; of a list of texts, one of them does.
    Prefix(Value),
    /// It is a text that has this one in it, or a list that has this value.
    Contains(Value),
    /// It is a list that has one of the values.
    Any(Vec<Value>),
}

/// Which rows a search may return.
///
/// ```
/// use nearfold::columns::{Expression, Value};
///
/// // { year: { gte: 2000 }, lang: { in: ["en", "de"] } }
/// let built = Expression::gte("year", 2000).and(Expression::one_of("lang", ["en", "de"]));
/// let map = |entries: &[(&str, Value)]| {
///     Value::Map(entries.iter().map(|(name, value)| (name.to_string(), value.clone())).collect())
/// };
/// let languages = Value::List(vec!["en".into(), "de".into()]);
/// let said = map(&[("year", map(&[("gte", 2000.into())])), ("lang", map(&[("in", languages)]))]);
/// assert_eq!(Expression::from_value(&said)?, built);
/// # Ok::<(), nearfold::Error>(())
/// ```
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub enum Expression {
    /// A test of one column.
    Column(String, Test),
    /// All of them hold; of none, that is true.
    And(Vec<Expression>),
    /// One of them holds; of none, that is false.
    Or(Vec<Expression>),
    /// It does not hold; so also where a value is missing.
    Not(Box<Expression>),
}

/// The builders; one is named for each test.
impl Expression {
    /// The column equals the value.
    pub fn eq(column: &str, value: impl Into<Value>) -> Self {
        Self::Column(column.to_owned(), Test::Eq(value.into()))
    }

    /// The column has a value that differs.
    pub fn ne(column: &str, value: impl Into<Value>) -> Self {
        Self::Column(column.to_owned(), Test::Ne(value.into()))
    }

    /// The column equals one of the values.
    pub fn one_of<V: Into<Value>>(column: &str, values: impl IntoIterator<Item = V>) -> Self {
        Self::Column(column.to_owned(), Test::In(values.into_iter().map(Into::into).collect()))
    }

    /// The column is greater.
    pub fn gt(column: &str, value: impl Into<Value>) -> Self {
        Self::Column(column.to_owned(), Test::Gt(value.into()))
    }

    /// The column is greater or equal.
    pub fn gte(column: &str, value: impl Into<Value>) -> Self {
        Self::Column(column.to_owned(), Test::Gte(value.into()))
    }

    /// The column is less.
    pub fn lt(column: &str, value: impl Into<Value>) -> Self {
        Self::Column(column.to_owned(), Test::Lt(value.into()))
    }

    /// The column is less or equal.
    pub fn lte(column: &str, value: impl Into<Value>) -> Self {
        Self::Column(column.to_owned(), Test::Lte(value.into()))
    }

    /// The column is in the range, both ends included.
    pub fn between(column: &str, least: impl Into<Value>, most: impl Into<Value>) -> Self {
        Self::Column(column.to_owned(), Test::Between(least.into(), most.into()))
    }

    /// The column has a value, or has none.
    pub fn exists(column: &str, there: bool) -> Self {
        Self::Column(column.to_owned(), Test::Exists(there))
    }

    /// The column is a text that begins with this one, or a list with such a text.
    pub fn prefix(column: &str, text: impl Into<Value>) -> Self {
        Self::Column(column.to_owned(), Test::Prefix(text.into()))
    }

    /// The column is a text with this one in it, or a list with this value.
    pub fn contains(column: &str, value: impl Into<Value>) -> Self {
        Self::Column(column.to_owned(), Test::Contains(value.into()))
    }

    /// The column is a list with one of the values.
    pub fn any<V: Into<Value>>(column: &str, values: impl IntoIterator<Item = V>) -> Self {
        Self::Column(column.to_owned(), Test::Any(values.into_iter().map(Into::into).collect()))
    }

    /// Both hold.
    #[must_use]
    pub fn and(self, other: Self) -> Self {
        match self {
            Self::And(mut all) => {
                all.push(other);
                Self::And(all)
            }
            first => Self::And(vec![first, other]),
        }
    }

    /// One of the two holds.
    #[must_use]
    pub fn or(self, other: Self) -> Self {
        match self {
            Self::Or(mut any) => {
                any.push(other);
                Self::Or(any)
            }
            first => Self::Or(vec![first, other]),
        }
    }

    /// It does not hold.
    #[must_use]
    #[expect(clippy::should_implement_trait, reason = "beside `and` and `or`, which have no trait")]
    pub fn not(self) -> Self {
        Self::Not(Box::new(self))
    }

    /// Reads an expression as every language says it.
    ///
    /// A map of column names, all of which must hold: `{year: {gte: 2000, lt: 2010}, lang: "en"}`. The
    /// tests are `eq`, `ne`, `in`, `gt`, `gte`, `lt`, `lte`, `between` (`[least, most]`), `exists`, `prefix`, `contains` and
    /// `any` (a list); a value alone means `eq`. `and` and `or` have a list of expressions, `not` has one.
    ///
    /// Errors: [`ErrorKind::BadParameter`].
    pub fn from_value(value: &Value) -> Result<Self> {
        parse(value, 0)
    }
}

fn bad<T>(expected: impl Into<String>, got: impl Into<String>) -> Result<T> {
    Err(ErrorKind::BadParameter { name: "filter", expected: expected.into(), got: got.into() }.into())
}

fn parse(value: &Value, depth: usize) -> Result<Expression> {
    if depth > DEPTH_MAX {
        return bad(format!("at most {DEPTH_MAX} expressions in each other"), "more");
    }
    let Value::Map(entries) = value else {
        return bad("a map of column names, and, or, not", value.to_string());
    };
    let mut all = Vec::with_capacity(entries.len());
    for (name, value) in entries {
        match name.as_str() {
            "and" => all.push(Expression::And(parse_list(name, value, depth)?)),
            "or" => all.push(Expression::Or(parse_list(name, value, depth)?)),
            "not" => all.push(parse(value, depth + 1)?.not()),
            _ => all.extend(
                parse_tests(name, value)?.into_iter().map(|test| Expression::Column(name.clone(), test)),
            ),
        }
    }
    let one = (all.len() == 1).then(|| all.pop()).flatten();
    Ok(one.unwrap_or(Expression::And(all)))
}

fn parse_list(name: &str, value: &Value, depth: usize) -> Result<Vec<Expression>> {
    match value {
        Value::List(list) => list.iter().map(|each| parse(each, depth + 1)).collect(),
        other => bad(format!("a list of expressions for {}", Quoted(name)), other.to_string()),
    }
}

fn parse_tests(column: &str, value: &Value) -> Result<Vec<Test>> {
    let tests = match value {
        Value::Map(tests) => tests,
        Value::List(_) | Value::Null => {
            return bad(
                format!(
                    "a value or a map of tests for column {}; \"in\" and \"any\" take a list, \"exists\" asks for missing values",
                    Quoted(column)
                ),
                value.to_string(),
            );
        }
        value => return Ok(vec![Test::Eq(value.clone())]),
    };
    if tests.is_empty() {
        return bad(format!("a test of column {}", Quoted(column)), "an empty map");
    }
    tests.iter().map(|(name, value)| parse_test(column, name, value)).collect()
}

fn parse_test(column: &str, name: &str, value: &Value) -> Result<Test> {
    let got = || value.to_string();
    let make: fn(Value) -> Test = match name {
        "eq" => Test::Eq,
        "ne" => Test::Ne,
        "gt" => Test::Gt,
        "gte" => Test::Gte,
        "lt" => Test::Lt,
        "lte" => Test::Lte,
        "prefix" => Test::Prefix,
        "contains" => Test::Contains,
        "in" | "any" => match value {
            Value::List(values) if name == "in" => return Ok(Test::In(values.clone())),
            Value::List(values) => return Ok(Test::Any(values.clone())),
            _ => return bad(format!("a list for {} of column {}", Quoted(name), Quoted(column)), got()),
        },
        "between" => match value {
            Value::List(ends) if ends.len() == 2 => {
                return Ok(Test::Between(ends[0].clone(), ends[1].clone()));
            }
            _ => return bad(format!("[least, most] for \"between\" of column {}", Quoted(column)), got()),
        },
        "exists" => match value {
            Value::Bool(there) => return Ok(Test::Exists(*there)),
            _ => return bad(format!("true or false for \"exists\" of column {}", Quoted(column)), got()),
        },
        _ => {
            return bad(
                format!(
                    "eq, ne, in, gt, gte, lt, lte, between, exists, prefix, contains or any for column {}",
                    Quoted(column)
                ),
                Quoted(name).to_string(),
            );
        }
    };
    Ok(make(value.clone()))
}
