//! Points in time: microseconds since 1970 in UTC, and the text of ISO 8601.

use core::fmt;

/// The furthest from 1970, in microseconds: what JavaScript's `Date` holds, the years −271821 to 275760.
pub(crate) const FURTHEST: i64 = 8_640_000_000_000_000_000;

const SECOND: i64 = 1_000_000;
const DAY: i64 = 86_400 * SECOND;

/// Returns the days from 1970-01-01 to a day of the Gregorian calendar.
///
/// Reference: Hinnant (2013), "chrono-compatible low-level date algorithms", `days_from_civil`.
fn days_of(year: i64, month: i64, day: i64) -> i64 {
    let year = year - i64::from(month <= 2);
    let era = year.div_euclid(400);
    let year_of_era = year - era * 400;
    let day_of_year = (153 * ((month + 9) % 12) + 2) / 5 + day - 1;
    era * 146_097 + year_of_era * 365 + year_of_era / 4 - year_of_era / 100 + day_of_year - 719_468
}

/// Returns year, month and day; the other way round.
fn day_at(days: i64) -> (i64, i64, i64) {
    let days = days + 719_468;
    let era = days.div_euclid(146_097);
    let day_of_era = days - era * 146_097;
    let year_of_era = (day_of_era - day_of_era / 1460 + day_of_era / 36_524 - day_of_era / 146_096) / 365;
    let day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    let month = (5 * day_of_year + 2) / 153;
    let day = day_of_year - (153 * month + 2) / 5 + 1;
    let month = if month < 10 { month + 3 } else { month - 9 };
    (year_of_era + era * 400 + i64::from(month <= 2), month, day)
}

/// Reads a day, or a day and a time, of ISO 8601; without an offset it is UTC.
///
/// Errors: a sentence.
pub(super) fn parse(text: &str) -> Result<i64, &'static str> {
    let mut rest = text.as_bytes();
    let year = match rest.first() {
        Some(sign @ (b'+' | b'-')) => {
            rest = &rest[1..];
            let year = digits(&mut rest, 6)?;
            if *sign == b'-' && year == 0 {
                return Err("there is no year -000000");
            }
            if *sign == b'-' { -year } else { year }
        }
        _ => digits(&mut rest, 4)?,
    };
    expect(&mut rest, b"-")?;
    let month = digits(&mut rest, 2)?;
    expect(&mut rest, b"-")?;
    let day = digits(&mut rest, 2)?;
    // A day that there is is the same when it comes back.
    if !(1..=12).contains(&month) || day_at(days_of(year, month, day)) != (year, month, day) {
        return Err("there is no such day");
    }
    let mut micros = i128::from(days_of(year, month, day)) * i128::from(DAY);
    if !rest.is_empty() {
        expect(&mut rest, b"Tt ")?;
        micros += i128::from(time(&mut rest)?);
    }
    match i64::try_from(micros) {
        Ok(micros) if (-FURTHEST..=FURTHEST).contains(&micros) => Ok(micros),
        _ => Err("the years are those from -271821 to 275760"),
    }
}

/// Reads the time of a day, and its offset, in microseconds.
fn time(rest: &mut &[u8]) -> Result<i64, &'static str> {
    let hour = digits(rest, 2)?;
    expect(rest, b":")?;
    let minute = digits(rest, 2)?;
    let mut second = 0;
    let mut micros = 0;
    if rest.first() == Some(&b':') {
        *rest = &rest[1..];
        second = digits(rest, 2)?;
        if matches!(rest.first(), Some(b'.' | b',')) {
            *rest = &rest[1..];
            let len = rest.iter().take_while(|byte| byte.is_ascii_digit()).count();
            let (fraction, after) = rest.split_at(len);
            if len == 0 {
                return Err(FORM);
            }
            if fraction.iter().skip(6).any(|digit| *digit != b'0') {
                return Err("a column keeps microseconds, six digits of a second, and nothing finer");
            }
            let digit = |place: usize| fraction.get(place).map_or(0, |digit| i64::from(digit - b'0'));
            micros = (0..6).fold(0, |sum, place| sum * 10 + digit(place));
            *rest = after;
        }
    }
    if hour > 23 || minute > 59 || second > 59 {
        return Err("there is no such time of a day");
    }
    let mut offset = 0;
    match rest.first() {
        None => {}
        Some(b'Z' | b'z') => *rest = &rest[1..],
        Some(sign @ (b'+' | b'-')) => {
            *rest = &rest[1..];
            let hours = digits(rest, 2)?;
            if rest.first() == Some(&b':') {
                *rest = &rest[1..];
            }
            let minutes = if rest.is_empty() { 0 } else { digits(rest, 2)? };
            if hours > 23 || minutes > 59 {
                return Err("there is no such offset");
            }
            offset = hours * 3600 + minutes * 60;
            if *sign == b'-' {
                offset = -offset;
            }
        }
        Some(_) => return Err(FORM),
    }
    if !rest.is_empty() {
        return Err(FORM);
    }
    Ok((hour * 3600 + minute * 60 + second - offset) * SECOND + micros)
}

const FORM: &str = "a time is written as 2024-05-31 or 2024-05-31T12:30:00.5Z";

/// Takes so many digits.
fn digits(rest: &mut &[u8], len: usize) -> Result<i64, &'static str> {
    let (taken, after) = rest.split_at_checked(len).ok_or(FORM)?;
    if !taken.iter().all(u8::is_ascii_digit) {
        return Err(FORM);
    }
    *rest = after;
    Ok(taken.iter().fold(0, |number, digit| number * 10 + i64::from(digit - b'0')))
}

/// Takes one of these bytes.
fn expect(rest: &mut &[u8], bytes: &[u8]) -> Result<(), &'static str> {
    match rest.split_first() {
        Some((first, after)) if bytes.contains(first) => {
            *rest = after;
            Ok(())
        }
        _ => Err(FORM),
    }
}

/// Shows a time as ISO 8601 in UTC: `2024-05-31T12:30:00Z`, with six digits of the second where it is no whole one.
pub(super) struct Shown(pub(super) i64);

impl fmt::Display for Shown {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (year, month, day) = day_at(self.0.div_euclid(DAY));
        let of_day = self.0.rem_euclid(DAY);
        match year {
            0..=9999 => write!(f, "{year:04}")?,
            _ => write!(f, "{}{:06}", if year < 0 { '-' } else { '+' }, year.abs())?,
        }
        let (seconds, micros) = (of_day / SECOND, of_day % SECOND);
        let (hour, minute, second) = (seconds / 3600, seconds / 60 % 60, seconds % 60);
        write!(f, "-{month:02}-{day:02}T{hour:02}:{minute:02}:{second:02}")?;
        if micros != 0 {
            write!(f, ".{micros:06}")?;
        }
        f.write_str("Z")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_time_is_read_and_shown() {
        for (text, micros, shown) in [
            ("1970-01-01", 0, "1970-01-01T00:00:00Z"),
            ("2000-02-29T23:59:59.999999Z", 951_868_799_999_999, "2000-02-29T23:59:59.999999Z"),
            ("2024-05-31 12:30", 1_717_158_600_000_000, "2024-05-31T12:30:00Z"),
            ("2024-05-31T12:30:00.5+02:00", 1_717_151_400_500_000, "2024-05-31T10:30:00.500000Z"),
            ("2024-05-31T12:30:00,25-0130", 1_717_164_000_250_000, "2024-05-31T14:00:00.250000Z"),
            ("1969-12-31T23:59:59.999999000Z", -1, "1969-12-31T23:59:59.999999Z"),
            ("0000-01-01", -62_167_219_200_000_000, "0000-01-01T00:00:00Z"),
            ("+275760-09-13", FURTHEST, "+275760-09-13T00:00:00Z"),
            ("-271821-04-20", -FURTHEST, "-271821-04-20T00:00:00Z"),
        ] {
            assert_eq!(parse(text), Ok(micros), "{text}");
            assert_eq!(Shown(micros).to_string(), shown, "{text}");
            assert_eq!(parse(shown), Ok(micros), "{shown}");
        }
    }

    #[test]
    fn what_is_no_time_or_finer_than_a_microsecond_is_refused() {
        for text in [
            "",
            "2024",
            "2024-5-31",
            "2024-13-01",
            "2023-02-29",
            "2024-04-31",
            "2024-01-00",
            "2024-01-01T",
            "2024-01-01T24:00",
            "2024-01-01T12",
            "2024-01-01T12:60",
            "2024-01-01T12:00:60",
            "2024-01-01T12:00:00.",
            "2024-01-01T12:00:00.1234567",
            "2024-01-01T12:00+24:00",
            "2024-01-01T12:00Zx",
            "2024-01-01x",
            "-000000-01-01",
            "+275760-09-13T00:00:00.000001",
            "-271821-04-19T23:59:59",
            "+999999-01-01",
            "２024-01-01",
        ] {
            assert!(parse(text).is_err(), "{text}");
        }
    }

    #[test]
    fn every_day_of_four_centuries_comes_back() {
        for days in -150_000..150_000 {
            let (year, month, day) = day_at(days);
            assert_eq!(days_of(year, month, day), days);
        }
    }
}
