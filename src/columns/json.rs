//! JSON, read strictly and written in one way only: what the file has of a column of JSON values.
//!
//! Reference: RFC 8259. Names that an object has twice and integers beyond 64 bits, of which it lets each reader make
//! what it likes, are refused.

use super::memory::room;
use super::value::Value;
use crate::error::{Error, ErrorKind, Result};
use crate::text::Quoted;
use core::fmt::Write;

/// How many lists and objects may be in each other.
const DEPTH_MAX: usize = 100;

impl Value {
    /// Reads a JSON text: a number without fraction and exponent is an `Int`, any other a `Float`.
    ///
    /// Errors: [`ErrorKind::BadParameter`]: no JSON, a name twice in an object, an integer beyond 64 bits, more than 100
    /// lists and objects in each other.
    ///
    /// ```
    /// use nearfold::columns::Value;
    ///
    /// let value = Value::from_json(r#"{"by": ["Ann", 1.0, null]}"#)?;
    /// assert_eq!(value.to_json()?, r#"{"by":["Ann",1.0,null]}"#);
    /// assert!(Value::from_json(r#"{"a": 1, "a": 2}"#).is_err());
    /// # Ok::<(), nearfold::Error>(())
    /// ```
    pub fn from_json(text: &str) -> Result<Self> {
        let mut reader = Reader { text, at: 0 };
        let read = reader.value(0).and_then(|value| {
            reader.skip_space();
            if reader.at == text.len() { Ok(value) } else { Err("the end of the text".to_owned()) }
        });
        read.map_err(|why| {
            let at = reader.at;
            bad(
                why,
                text.get(at..).and_then(|rest| rest.chars().next()).map_or_else(
                    || "its end".to_owned(),
                    |c| format!("{} at byte {at}", Quoted(c.encode_utf8(&mut [0; 4]))),
                ),
            )
        })
    }

    /// Returns the value as JSON without spaces; names stay in their order.
    ///
    /// Errors: [`ErrorKind::BadParameter`]: what JSON lacks, which is NaN, infinities and times; a name twice in a map; more
    /// than 100 lists and maps in each other. [`ErrorKind::OutOfMemory`].
    pub fn to_json(&self) -> Result<String> {
        let mut text = String::new();
        write(self, &mut text, 0)?;
        Ok(text)
    }
}

fn bad(expected: impl Into<String>, got: impl Into<String>) -> Error {
    ErrorKind::BadParameter { name: "json", expected: expected.into(), got: got.into() }.into()
}

struct Reader<'a> {
    text: &'a str,
    at: usize,
}

/// What a reader returns: the error says what was expected where it stands.
type Read<T> = core::result::Result<T, String>;

impl Reader<'_> {
    fn next(&self) -> Option<u8> {
        self.text.as_bytes().get(self.at).copied()
    }

    fn skip_space(&mut self) {
        while matches!(self.next(), Some(b' ' | b'\t' | b'\n' | b'\r')) {
            self.at += 1;
        }
    }

    /// Takes the text if it comes next.
    fn takes(&mut self, text: &str) -> bool {
        let comes = self.text.as_bytes()[self.at..].starts_with(text.as_bytes());
        self.at += if comes { text.len() } else { 0 };
        comes
    }

    fn value(&mut self, depth: usize) -> Read<Value> {
        self.skip_space();
        match self.next() {
            Some(b'{' | b'[') if depth == DEPTH_MAX => {
                Err(format!("at most {DEPTH_MAX} lists and objects in each other"))
            }
            Some(b'{') => self.object(depth),
            Some(b'[') => self.list(depth),
            Some(b'"') => self.string().map(Value::String),
            Some(b'-' | b'0'..=b'9') => self.number(),
            _ if self.takes("null") => Ok(Value::Null),
            _ if self.takes("true") => Ok(Value::Bool(true)),
            _ if self.takes("false") => Ok(Value::Bool(false)),
            _ => Err("a JSON value".into()),
        }
    }

    fn list(&mut self, depth: usize) -> Read<Value> {
        self.at += 1;
        let mut values = Vec::new();
        self.skip_space();
        if self.takes("]") {
            return Ok(Value::List(values));
        }
        loop {
            values.push(self.value(depth + 1)?);
            self.skip_space();
            if self.takes("]") {
                return Ok(Value::List(values));
            }
            if !self.takes(",") {
                return Err("a comma or the end of a list".into());
            }
        }
    }

    fn object(&mut self, depth: usize) -> Read<Value> {
        self.at += 1;
        let mut entries: Vec<(String, Value)> = Vec::new();
        self.skip_space();
        if self.takes("}") {
            return Ok(Value::Map(entries));
        }
        loop {
            self.skip_space();
            if self.next() != Some(b'"') {
                return Err("a name in quotes".into());
            }
            let name = self.string()?;
            self.skip_space();
            if !self.takes(":") {
                return Err("a colon".into());
            }
            entries.push((name, self.value(depth + 1)?));
            self.skip_space();
            if self.takes("}") {
                break;
            }
            if !self.takes(",") {
                return Err("a comma or the end of an object".into());
            }
        }
        match twice(&entries) {
            None => Ok(Value::Map(entries)),
            Some(name) => Err(format!("each name once in an object, not {} twice", Quoted(name))),
        }
    }

    fn string(&mut self) -> Read<String> {
        self.at += 1;
        let mut string = String::new();
        loop {
            let rest = &self.text[self.at..];
            let plain = rest.bytes().position(|byte| byte == b'"' || byte == b'\\' || byte < b' ');
            let Some(plain) = plain else {
                self.at = self.text.len();
                return Err("the end of a text".into());
            };
            string.push_str(&rest[..plain]);
            self.at += plain;
            match self.next() {
                Some(b'"') => {
                    self.at += 1;
                    return Ok(string);
                }
                Some(b'\\') => {
                    self.at += 1;
                    string.push(self.escaped()?);
                }
                _ => return Err("a control character written as \\n or \\u000a".into()),
            }
        }
    }

    fn escaped(&mut self) -> Read<char> {
        let Some(escape) = self.next() else { return Err("what is escaped".into()) };
        let c = match escape {
            b'"' | b'\\' | b'/' => escape.into(),
            b'b' => '\u{8}',
            b'f' => '\u{c}',
            b'n' => '\n',
            b'r' => '\r',
            b't' => '\t',
            b'u' => {
                self.at += 1;
                let high = self.hex()?;
                let lone = || "a pair of surrogates".to_owned();
                let code = match high {
                    0xd800..0xdc00 => {
                        if !self.takes("\\u") {
                            return Err(lone());
                        }
                        match self.hex()? {
                            low @ 0xdc00..0xe000 => 0x1_0000 + ((high - 0xd800) << 10) + (low - 0xdc00),
                            _ => return Err(lone()),
                        }
                    }
                    code => code,
                };
                return char::from_u32(code).ok_or_else(lone);
            }
            _ => return Err("one of \\\" \\\\ \\/ \\b \\f \\n \\r \\t \\u".into()),
        };
        self.at += 1;
        Ok(c)
    }

    fn hex(&mut self) -> Read<u32> {
        let digits = self.text.get(self.at..self.at + 4);
        let digits = digits.filter(|digits| digits.bytes().all(|byte| byte.is_ascii_hexdigit()));
        let code = digits.and_then(|digits| u32::from_str_radix(digits, 16).ok());
        self.at += if code.is_some() { 4 } else { 0 };
        code.ok_or_else(|| "four hexadecimal digits".into())
    }

    fn number(&mut self) -> Read<Value> {
        let start = self.at;
        self.takes("-");
        let leading = self.next();
        let digits = self.digits()?;
        if leading == Some(b'0') && digits > 1 {
            self.at = start;
            return Err("a number without zeros before it".into());
        }
        let mut is_whole = true;
        if self.takes(".") {
            is_whole = false;
            self.digits()?;
        }
        if self.takes("e") || self.takes("E") {
            is_whole = false;
            if !self.takes("+") {
                self.takes("-");
            }
            self.digits()?;
        }
        let text = &self.text[start..self.at];
        let refused = |reader: &mut Self, expected: &str| {
            reader.at = start;
            Err(expected.to_owned())
        };
        if is_whole && text != "-0" {
            return match text.parse() {
                Ok(int) => Ok(Value::Int(int)),
                Err(_) => refused(self, "integers from -2^63 to 2^63 - 1"),
            };
        }
        match text.parse::<f64>() {
            Ok(float) if float.is_finite() => Ok(Value::Float(float)),
            _ => refused(self, "numbers up to 1.8e308"),
        }
    }

    /// Takes digits, of which there is one at least; returns how many.
    fn digits(&mut self) -> Read<usize> {
        let start = self.at;
        while matches!(self.next(), Some(b'0'..=b'9')) {
            self.at += 1;
        }
        if self.at == start { Err("a digit".into()) } else { Ok(self.at - start) }
    }
}

/// Returns a name that comes twice.
fn twice(entries: &[(String, Value)]) -> Option<&str> {
    let mut names: Vec<&str> = entries.iter().map(|(name, _)| name.as_str()).collect();
    names.sort_unstable();
    names.windows(2).find(|pair| pair[0] == pair[1]).map(|pair| pair[0])
}

fn write(value: &Value, text: &mut String, depth: usize) -> Result<()> {
    let nested = matches!(value, Value::List(_) | Value::Map(_));
    if nested && depth == DEPTH_MAX {
        return Err(bad(format!("at most {DEPTH_MAX} lists and maps in each other"), "more"));
    }
    match value {
        Value::Null => append(text, "null"),
        Value::Bool(value) => append(text, if *value { "true" } else { "false" }),
        Value::Float(float) if !float.is_finite() => Err(bad("what JSON has", value.to_string())),
        Value::DateTime(_) => Err(bad("what JSON has, as a time's text", value.to_string())),
        Value::Int(_) | Value::Float(_) => append(text, &value.to_string()),
        Value::String(string) => write_string(string, text),
        Value::List(values) => {
            append(text, "[")?;
            for (i, value) in values.iter().enumerate() {
                append(text, if i > 0 { "," } else { "" })?;
                write(value, text, depth + 1)?;
            }
            append(text, "]")
        }
        Value::Map(entries) => {
            if let Some(name) = twice(entries) {
                return Err(bad("each name once in a map", format!("{} twice", Quoted(name))));
            }
            append(text, "{")?;
            for (i, (name, value)) in entries.iter().enumerate() {
                append(text, if i > 0 { "," } else { "" })?;
                write_string(name, text)?;
                append(text, ":")?;
                write(value, text, depth + 1)?;
            }
            append(text, "}")
        }
    }
}

fn write_string(string: &str, text: &mut String) -> Result<()> {
    append(text, "\"")?;
    let mut rest = string;
    while let Some(plain) = rest.bytes().position(|byte| byte == b'"' || byte == b'\\' || byte < b' ') {
        append(text, &rest[..plain])?;
        let mut code = String::new();
        let escape = match rest.as_bytes()[plain] {
            b'"' => "\\\"",
            b'\\' => "\\\\",
            8 => "\\b",
            9 => "\\t",
            10 => "\\n",
            12 => "\\f",
            13 => "\\r",
            other => {
                let _ = write!(code, "\\u{other:04x}");
                &code
            }
        };
        append(text, escape)?;
        rest = &rest[plain + 1..];
    }
    append(text, rest)?;
    append(text, "\"")
}

/// Appends to a text, or says that there is no memory for it.
fn append(text: &mut String, more: &str) -> Result<()> {
    if text.try_reserve(more.len()).is_err() {
        return room::<u8>(usize::MAX >> 1).map(drop);
    }
    text.push_str(more);
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_written_is_read_again() {
        for text in [
            "null",
            "true",
            "-7",
            "9223372036854775807",
            "-9223372036854775808",
            "1.0",
            "-0.0",
            "1e300",
            "1.5e-7",
            "0.1",
            r#""a\"\\\n\u0001é日""#,
            "[]",
            "{}",
            r#"[1,[2.5,{"b":null,"a":[]}],"x"]"#,
        ] {
            assert_eq!(Value::from_json(text).unwrap().to_json().unwrap(), text);
        }
        for (text, written) in [
            (" [ 1 , 2e0 ] ", "[1,2.0]"),
            (r#""\u00e9\ud83d\ude00\/""#, "\"é😀/\""),
            ("-0", "-0.0"),
            ("1E+2", "100.0"),
        ] {
            assert_eq!(Value::from_json(text).unwrap().to_json().unwrap(), written);
        }
    }

    #[test]
    fn what_is_no_json_or_means_two_things_is_refused() {
        let deep = "[".repeat(101) + &"]".repeat(101);
        for text in [
            "",
            "nul",
            "01",
            "1.",
            ".5",
            "1e",
            "+1",
            "-",
            "[1,]",
            "[1",
            "{\"a\"}",
            "{a:1}",
            "{\"a\":1,}",
            "\"",
            "\"\n\"",
            r#""\x""#,
            r#""\ud800""#,
            r#""\ud800\u0041""#,
            r#""\udc00""#,
            r#""\u00g0""#,
            "1 2",
            "1e999",
            "NaN",
            "Infinity",
            "9223372036854775808",
            "-9223372036854775809",
            "18446744073709551616",
            r#"{"a":1,"b":2,"a":3}"#,
            "'a'",
            &deep,
        ] {
            assert_eq!(Value::from_json(text).unwrap_err().code(), "bad_parameter", "{text}");
        }
        let twice = Value::from_json(r#"{"a":1,"b":2,"a":3}"#).unwrap_err().to_string();
        assert!(twice.contains("\"a\" twice"), "{twice}");
        assert!(Value::from_json(&deep[1..201]).is_ok());
        for value in [
            Value::Float(f64::NAN),
            Value::List(vec![Value::Float(f64::INFINITY)]),
            Value::DateTime(0),
            Value::Map(vec![("a".into(), Value::Null), ("a".into(), Value::Null)]),
        ] {
            assert_eq!(value.to_json().unwrap_err().code(), "bad_parameter");
        }
    }
}
