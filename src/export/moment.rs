//! Moments: as they are asked for, and as they are written.

use jiff::{Timestamp, civil::Date};

use crate::moment;

const DAY_MS: i64 = 86_400_000;

/// Milliseconds since the epoch, of seconds, RFC 3339, or a day (its beginning, in UTC).
///
/// # Errors
/// What is wrong with the text.
pub(super) fn parse(text: &str) -> Result<i64, String> {
    let is_none = || "is neither seconds since the epoch, nor like 2026-11-25T18:30:00Z".to_owned();
    let day = || {
        let day: Date = text.parse().ok()?;
        let since = day - Date::constant(1970, 1, 1);
        Some(i64::from(since.get_days()) * DAY_MS)
    };
    let ms = moment::read(text).or_else(day).ok_or_else(is_none)?;
    // Beyond these nothing can be written.
    let written = Timestamp::from_millisecond(ms).map_err(|_| is_none())?;
    Ok(written.as_millisecond())
}

/// Writes moments as ISO 8601 in UTC, to the millisecond; remembers the day.
#[derive(Default)]
pub(super) struct Calendar {
    day: Option<i64>,
    /// `2026-11-25T`
    date: String,
}

impl Calendar {
    /// Appends a moment, milliseconds since the epoch. It has to be one that [`parse`] knows.
    pub(super) fn push(&mut self, out: &mut String, ms: i64) {
        let day = ms.div_euclid(DAY_MS);
        if self.day != Some(day) {
            self.day = Some(day);
            let midnight = Timestamp::from_millisecond(day * DAY_MS).unwrap_or_default();
            let text = midnight.to_string();
            self.date.clear();
            self.date
                .push_str(text.split_inclusive('T').next().unwrap_or_default());
        }
        out.push_str(&self.date);
        let ms = ms.rem_euclid(DAY_MS) as u32;
        let seconds = ms / 1_000;
        two(out, seconds / 3_600);
        out.push(':');
        two(out, seconds / 60 % 60);
        out.push(':');
        two(out, seconds % 60);
        out.push('.');
        digit(out, ms / 100 % 10);
        two(out, ms % 100);
        out.push('Z');
    }
}

fn two(out: &mut String, number: u32) {
    digit(out, number / 10);
    digit(out, number % 10);
}

fn digit(out: &mut String, number: u32) {
    out.push(char::from(b'0' + number as u8));
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn moments_are_seconds_texts_or_days() {
        for (text, ms) in [
            ("0", 0),
            ("1435781451.781", 1_435_781_451_781),
            ("-1.5", -1_500),
            ("1e9", 1_000_000_000_000),
            ("2015-07-01T20:10:51.781Z", 1_435_781_451_781),
            ("2015-07-01T22:10:51.781+02:00", 1_435_781_451_781),
            ("2015-07-01", 1_435_708_800_000),
            ("1969-12-31", -86_400_000),
        ] {
            assert_eq!(parse(text), Ok(ms), "{text}");
        }
        for text in [
            "",
            "x",
            "NaN",
            "inf",
            "1e300",
            "-1e300",
            "2015-13-01",
            "12:00",
            "now",
        ] {
            assert!(parse(text).is_err(), "{text}");
        }
    }

    proptest! {
        #[test]
        fn every_moment_is_read_as_it_is_written(
            moments in prop::collection::vec(-377_000_000_000_000i64..253_000_000_000_000, 1..20),
        ) {
            let mut calendar = Calendar::default();
            for ms in moments {
                let mut text = String::new();
                calendar.push(&mut text, ms);
                prop_assert_eq!(parse(&text), Ok(ms), "{}", text);
            }
        }
    }
}
