//! Numbers and names in the texts of errors: numbers as short as they are typed, names in quotes and no longer than a line.

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
}
