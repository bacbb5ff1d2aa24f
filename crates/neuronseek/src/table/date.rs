//! How dates and times are spelled.
//!
//! Read are year-first dates and day-first dates with dots, each with or without a time and a
//! zone, and times alone. `03/04/2024` is refused: whether it is in March or in April cannot be
//! told from one row, and the rows of a later table must be read as the first ones were.

use jiff::civil::{Date, DateTime};
use jiff::tz::Offset;
use jiff::{Timestamp, Unit};

/// Seconds since 1970-01-01T00:00:00Z of a date or time; without a zone UTC is meant, and a time
/// alone is on the first of January 1970. `None` when the text is neither.
///
/// ```text
/// 2024-01-31            2024/1/31            31.01.2024            20240131
/// 2024-01-31T10:11      2024-01-31 10:11:12.5      2024-01-31T10:11:12+02:00
/// 2024-01-31T10:11:12Z  2024-01-31 10:11:12 UTC    10:11:12
/// ```
pub(super) fn seconds(text: &str) -> Option<f64> {
    let text = text.trim();
    // Most texts of a column of categories end here.
    if !text.is_ascii() || !(4..=40).contains(&text.len()) || !text.as_bytes()[0].is_ascii_digit() {
        return None;
    }
    let length = text
        .bytes()
        .take_while(|byte| byte.is_ascii_digit() || b"-/.".contains(byte))
        .count();
    let (date, rest) = text.split_at(length);
    if rest.starts_with(':') {
        return clock(date, rest);
    }
    let date = calendar(date)?;
    if rest.is_empty() {
        return civil(date.at(0, 0, 0, 0));
    }
    let time = rest.strip_prefix(['T', 't', ' '])?;
    let time = time
        .strip_suffix(" UTC")
        .or(time.strip_suffix('z'))
        .map_or_else(|| time.to_string(), |time| format!("{time}Z"));
    // An annotation in brackets names a zone whose rules this program does not know.
    if time.contains('[') {
        return None;
    }
    let whole = format!(
        "{date}T{}",
        time.replacen(" +", "+", 1).replacen(" -", "-", 1)
    );
    if let Ok(moment) = whole.parse::<Timestamp>() {
        return Some(exact(moment));
    }
    civil(whole.parse::<DateTime>().ok()?)
}

/// A date in one of the forms, or nothing.
fn calendar(text: &str) -> Option<Date> {
    if text.len() == 8 && text.bytes().all(|byte| byte.is_ascii_digit()) {
        return Date::new(
            text[..4].parse().ok()?,
            text[4..6].parse().ok()?,
            text[6..].parse().ok()?,
        )
        .ok();
    }
    let separator = text.chars().find(|character| !character.is_ascii_digit())?;
    let mut parts = text.split(separator);
    let (first, second, third) = (parts.next()?, parts.next()?, parts.next()?);
    if parts.next().is_some() {
        return None;
    }
    let short = |part: &str| (1..=2).contains(&part.len());
    let (year, month, day) = if first.len() == 4 && short(third) {
        (first, second, third)
    } else if separator == '.' && third.len() == 4 && short(first) {
        (third, second, first)
    } else {
        return None;
    };
    if !short(second) {
        return None;
    }
    Date::new(year.parse().ok()?, month.parse().ok()?, day.parse().ok()?).ok()
}

/// A time alone, `H:MM` or `HH:MM:SS.fraction`, split before its first colon.
fn clock(hour: &str, rest: &str) -> Option<f64> {
    if hour.len() > 2 || rest.len() < 3 {
        return None;
    }
    let text = format!("1970-01-01T{hour:0>2}{rest}");
    civil(text.parse::<DateTime>().ok()?)
}

fn civil(date_time: DateTime) -> Option<f64> {
    Some(exact(Offset::UTC.to_timestamp(date_time).ok()?))
}

fn exact(moment: Timestamp) -> f64 {
    moment.as_second() as f64 + f64::from(moment.subsec_nanosecond()) * 1e-9
}

/// Prints seconds since 1970 as a date, with the time only where there is one.
pub(super) fn print_seconds(seconds: f64) -> String {
    // Microseconds are the finest that f64 resolves at present dates.
    let moment = Timestamp::from_microsecond((seconds * 1e6).round() as i64)
        .and_then(|moment| moment.round(Unit::Microsecond));
    let Ok(moment) = moment else {
        return super::number::print_number(seconds);
    };
    let text = moment.to_string();
    match text.strip_suffix("T00:00:00Z") {
        Some(date) => date.to_string(),
        None => text,
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn the_usual_forms_are_read() {
        let day = 19753.0 * 86400.0;
        let time = 36672.0;
        for (text, expected) in [
            ("1970-01-01", 0.0),
            ("1969-12-31", -86400.0),
            ("2024-01-31", day),
            ("2024/01/31", day),
            ("2024/1/31", day),
            ("31.01.2024", day),
            ("31.1.2024", day),
            ("20240131", day),
            ("2024-01-31T10:11:12", day + time),
            ("2024-01-31 10:11:12", day + time),
            ("2024/01/31 10:11:12", day + time),
            ("31.01.2024 10:11", day + time - 12.0),
            ("2024-01-31T10:11:12.25", day + time + 0.25),
            ("2024-01-31T10:11:12Z", day + time),
            ("2024-01-31 10:11:12 UTC", day + time),
            ("2024-01-31T10:11:12+02:00", day + time - 7200.0),
            ("2024-01-31 10:11:12 +0200", day + time - 7200.0),
            ("2024-01-31 10:11:12-05", day + time + 18000.0),
            ("10:11:12", time),
            ("9:05", 32700.0),
        ] {
            assert_eq!(seconds(text), Some(expected), "{text}");
        }
    }

    #[test]
    fn other_texts_are_no_dates() {
        for text in [
            "",
            "2024",
            "01/31/2024",
            "31/01/2024",
            "2024-13-01",
            "2023-02-29",
            "2024-01-31x",
            "2024-01-31T",
            "2024-01-31T25:00:00",
            "1.5",
            "12.5.3",
            "192.168.0.1",
            "555-1234",
            "25:00",
            "1:2:3:4",
            "abc",
            "2024-01-31T10:00:00[Europe/Berlin]",
            "２０２４-01-31",
        ] {
            assert_eq!(seconds(text), None, "{text}");
        }
    }

    #[test]
    fn dates_are_printed_as_iso() {
        assert_eq!(print_seconds(0.0), "1970-01-01");
        assert_eq!(print_seconds(36672.25), "1970-01-01T10:11:12.25Z");
        assert_eq!(print_seconds(1e300), "1e300");
    }

    proptest! {
        #[test]
        fn any_text_is_read_or_refused(text in "[0-9TZ:./+ -]{0,30}|.*") {
            let _ = seconds(&text);
        }

        #[test]
        fn printed_moments_read_back(microseconds in -10_000_000_000_000i64..4_000_000_000_000_000) {
            let value = microseconds as f64 * 1e-6;
            let back = seconds(&print_seconds(value)).unwrap();
            prop_assert!((back - value).abs() < 1e-6);
        }
    }
}
