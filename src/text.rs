//! How does a text of an error show a number, a name or a list?
//!
//! `{:?}` shows the last two as well, but brings tables of Unicode and a writer of nested values into every kernel.

use core::fmt::{self, Display, Write};

/// A text is shown as far as this.
const SHOWN_MAX: usize = 100;

/// Shows a text in quotes, so that its ends are seen; what would be mistaken for them, and line ends, are escaped.
pub(crate) struct Quoted<'a>(pub(crate) &'a str);

impl Display for Quoted<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_char('"')?;
        for (i, c) in self.0.chars().enumerate() {
            if i == SHOWN_MAX {
                return f.write_str("…\"");
            }
            match c {
                '\n' => f.write_str("\\n")?,
                '"' | '\\' => write!(f, "\\{c}")?,
                c if c.is_ascii_control() => write!(f, "\\u{{{:x}}}", u32::from(c))?,
                c => f.write_char(c)?,
            }
        }
        f.write_char('"')
    }
}

/// Shows a shape, or another list: `[2, 3]`.
#[cfg(feature = "fold")]
pub(crate) struct Listed<'a, T>(pub(crate) &'a [T]);

#[cfg(feature = "fold")]
impl<T: Display> Display for Listed<'_, T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_char('[')?;
        for (i, item) in self.0.iter().enumerate() {
            if i > 0 {
                f.write_str(", ")?;
            }
            item.fmt(f)?;
        }
        f.write_char(']')
    }
}

/// Returns a number: 1e308 has no 309 digits.
pub(crate) fn number(x: f64) -> String {
    let usual = x == 0.0 || !x.is_finite() || (1e-5..1e17).contains(&x.abs());
    if usual { format!("{x}") } else { format!("{x:e}") }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_quoted() {
        assert_eq!(Quoted(&"x".repeat(1000)).to_string(), format!("\"{}…\"", "x".repeat(100)));
        assert_eq!(Quoted("Größe \"1\"\\\n\0").to_string(), r#""Größe \"1\"\\\n\u{0}""#);
    }

    #[cfg(feature = "fold")]
    #[test]
    fn lists_are_bracketed() {
        assert_eq!(Listed(&[2, -3]).to_string(), "[2, -3]");
        assert_eq!(Listed::<usize>(&[]).to_string(), "[]");
    }
}
