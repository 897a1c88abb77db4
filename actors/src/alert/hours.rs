//! Business hours: when an HL7 interface is expected to speak.

use std::fmt;
use std::str::FromStr;

use jiff::{Timestamp, civil::Weekday, tz::TimeZone};
use serde::Deserialize;

const DAY: u16 = 24 * 60;
const DAYS: [&str; 7] = [
    "Monday",
    "Tuesday",
    "Wednesday",
    "Thursday",
    "Friday",
    "Saturday",
    "Sunday",
];

/// Hours of the week in a time zone: `Mon-Fri 07:00-18:00 Sat 08:00-12:00 Europe/Berlin`.
///
/// Days (`Mon`, `Mon-Fri`, `Sat-Mon`, `Mon,Wed`, `daily`) stand before the hours they have; hours
/// without days are every day's. `22:00-06:00` goes on into the next day. The zone comes last: a name
/// of the IANA database; UTC if there is none. The wall clock of the zone counts: where it is set
/// forward, hours that do not exist are left out; where it is set back, both of the doubled hours are in.
#[derive(Clone, PartialEq, Deserialize)]
#[serde(try_from = "String")]
pub struct Hours {
    text: String,
    zone: TimeZone,
    spans: Vec<Span>,
}

/// From a minute of some days to a minute of the same day, or of the next one.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Span {
    days: Days,
    /// Minutes since midnight, below [`DAY`].
    from: u16,
    /// Minutes since the midnight before `from`, more than it, at most a day more.
    to: u16,
}

/// Days of the week, Monday in the lowest bit.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
struct Days(u8);

/// Why a text says no hours.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum HoursError {
    /// No hours in it.
    #[error("no hours in {0:?}: write, for example, \"Mon-Fri 07:00-18:00 Europe/Berlin\"")]
    Empty(String),
    /// Days and no hours after them.
    #[error("{0:?} has no hours after it: write, for example, \"Mon-Fri 07:00-18:00\"")]
    DaysAlone(String),
    /// Not a day, not hours, and not the last word.
    #[error("{0:?} is neither a day (Mon, Mon-Fri, daily) nor hours (07:00-18:00)")]
    Word(String),
    /// Not a time of day.
    #[error("{0:?} is no time of day: 00:00 to 24:00")]
    Time(String),
    /// Hours that last no time.
    #[error("{0:?} begins and ends at the same time; for the whole day write 00:00-24:00")]
    Nothing(String),
    /// A zone the IANA database does not have.
    #[error("{0:?} is no time zone: write an IANA name such as Europe/Berlin, or UTC")]
    Zone(String),
}

impl Hours {
    /// Whether it is within them at a moment, in milliseconds since 1970. Never where no calendar
    /// reaches.
    pub fn contains(&self, at_ms: i64) -> bool {
        let Ok(at) = Timestamp::from_millisecond(at_ms) else {
            return false;
        };
        let local = self.zone.to_datetime(at);
        let minute = local.hour() as u16 * 60 + local.minute() as u16;
        let today = Days::one(local.weekday());
        let yesterday = Days::one(local.weekday().previous());
        self.spans.iter().any(|span| {
            span.days.has(today) && (span.from..span.to).contains(&minute)
                || span.days.has(yesterday) && minute + DAY < span.to
        })
    }

    /// The name of the zone.
    pub fn zone(&self) -> &str {
        self.zone.iana_name().unwrap_or("UTC")
    }
}

impl Days {
    const ALL: Days = Days(0x7f);

    fn one(day: Weekday) -> Self {
        Days(1 << day.to_monday_zero_offset())
    }

    fn has(self, other: Days) -> bool {
        self.0 & other.0 != 0
    }

    /// `Mon`, `Mon-Fri`, `Fri-Mon`, `daily`.
    fn parse(word: &str) -> Option<Days> {
        let day = |name: &str| {
            let is_name = |full: &str| name.eq_ignore_ascii_case(full);
            let is_short = |full: &str| name.eq_ignore_ascii_case(&full[..3]);
            DAYS.iter().position(|full| is_name(full) || is_short(full))
        };
        if word.eq_ignore_ascii_case("daily") {
            return Some(Days::ALL);
        }
        let (first, last) = word.split_once('-').unwrap_or((word, word));
        let (first, last) = (day(first)?, day(last)?);
        let count = (last + 7 - first) % 7;
        Some(Days(
            (0..=count).fold(0, |days, at| days | 1 << ((first + at) % 7)),
        ))
    }
}

/// `07:00-18:00`, or `None` where it is something else.
fn hours(word: &str) -> Option<Result<(u16, u16), HoursError>> {
    let (from, to) = word.split_once('-')?;
    let looks_like_time = |text: &str| text.starts_with(|c: char| c.is_ascii_digit());
    if !looks_like_time(from) || !looks_like_time(to) {
        return None;
    }
    let parsed = minute(from).and_then(|from| Ok((from, minute(to)?)));
    Some(parsed.and_then(|(from, to)| match () {
        () if from == to => Err(HoursError::Nothing(word.into())),
        () if from == DAY => Err(HoursError::Time("24:00".into())),
        () if to < from => Ok((from, to + DAY)),
        () => Ok((from, to)),
    }))
}

/// Minutes since midnight.
fn minute(text: &str) -> Result<u16, HoursError> {
    let number = |digits: &str| match digits.len() {
        1 | 2 if digits.bytes().all(|byte| byte.is_ascii_digit()) => digits.parse::<u16>().ok(),
        _ => None,
    };
    let parts = text.split_once(':');
    let parsed = parts.and_then(|(hour, minute)| Some((number(hour)?, number(minute)?)));
    match parsed {
        Some((24, 0)) => Ok(DAY),
        Some((hour @ 0..24, minute @ 0..60)) => Ok(hour * 60 + minute),
        _ => Err(HoursError::Time(text.into())),
    }
}

impl FromStr for Hours {
    type Err = HoursError;

    fn from_str(text: &str) -> Result<Self, HoursError> {
        let is_between = |c: char| c.is_whitespace() || matches!(c, ',' | ';');
        let words: Vec<&str> = text
            .split(is_between)
            .filter(|word| !word.is_empty())
            .collect();
        let mut spans = Vec::new();
        let mut days: Option<(Days, &str)> = None;
        let mut has_hours = true;
        let mut zone = TimeZone::UTC;
        for (at, word) in words.iter().enumerate() {
            if let Some(more) = Days::parse(word) {
                let so_far = match days {
                    Some((days, _)) if !has_hours => days,
                    _ => Days::default(),
                };
                days = Some((Days(so_far.0 | more.0), word));
                has_hours = false;
            } else if let Some(hours) = hours(word) {
                let (from, to) = hours?;
                let days = days.map_or(Days::ALL, |(days, _)| days);
                spans.push(Span { days, from, to });
                has_hours = true;
            } else if at + 1 == words.len() && !spans.is_empty() {
                zone = TimeZone::get(word).map_err(|_| HoursError::Zone((*word).into()))?;
            } else {
                return Err(HoursError::Word((*word).into()));
            }
        }
        match days {
            Some((_, word)) if !has_hours => Err(HoursError::DaysAlone(word.into())),
            _ if spans.is_empty() => Err(HoursError::Empty(text.into())),
            _ => Ok(Hours {
                text: text.into(),
                zone,
                spans,
            }),
        }
    }
}

impl TryFrom<String> for Hours {
    type Error = HoursError;

    fn try_from(text: String) -> Result<Self, HoursError> {
        text.parse()
    }
}

impl fmt::Display for Hours {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text)
    }
}

impl fmt::Debug for Hours {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Hours({:?})", self.text)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn is_in(hours: &str, at: &str) -> bool {
        let at: Timestamp = at.parse().unwrap();
        hours
            .parse::<Hours>()
            .unwrap()
            .contains(at.as_millisecond())
    }

    #[test]
    fn on_its_days_from_the_first_minute_to_before_the_last() {
        let hours = "Mon-Fri 07:00-18:00 Europe/Berlin";
        // 2026-11-23 is a Monday; Berlin is an hour ahead.
        for (at, expected) in [
            ("2026-11-23T05:59:59Z", false),
            ("2026-11-23T06:00:00Z", true),
            ("2026-11-23T16:59:59Z", true),
            ("2026-11-23T17:00:00Z", false),
            ("2026-11-27T12:00:00Z", true),
            ("2026-11-28T12:00:00Z", false),
            ("2026-11-29T12:00:00Z", false),
        ] {
            assert_eq!(is_in(hours, at), expected, "{at}");
        }
    }

    #[test]
    fn several_hours_and_days() {
        let hours = "Mon,Wed 07:00-12:00 13:00-18:00; Sat-Sun 09:00-10:00";
        for (at, expected) in [
            ("2026-11-23T11:59:00Z", true),
            ("2026-11-23T12:30:00Z", false),
            ("2026-11-23T13:00:00Z", true),
            ("2026-11-24T11:00:00Z", false),
            ("2026-11-25T17:59:00Z", true),
            ("2026-11-28T09:30:00Z", true),
            ("2026-11-29T09:30:00Z", true),
            ("2026-11-29T11:00:00Z", false),
        ] {
            assert_eq!(is_in(hours, at), expected, "{at}");
        }
        for at in ["2026-11-23T09:30:00Z", "2026-11-29T09:30:00Z"] {
            assert!(is_in("9:00-10:00", at));
            assert!(is_in("Monday-Sunday 9:00-10:00", at));
            assert!(is_in("daily 00:00-24:00 UTC", at));
        }
    }

    #[test]
    fn over_midnight_into_the_next_day() {
        let hours = "Fri 22:00-06:00 America/New_York";
        // New York is five hours behind.
        for (at, expected) in [
            ("2026-11-28T02:59:00Z", false),
            ("2026-11-28T03:00:00Z", true),
            ("2026-11-28T10:59:00Z", true),
            ("2026-11-28T11:00:00Z", false),
            ("2026-11-29T03:30:00Z", false),
            ("2026-11-27T10:00:00Z", false),
        ] {
            assert_eq!(is_in(hours, at), expected, "{at}");
        }
    }

    #[test]
    fn clocks_that_are_set_forward_and_back() {
        let hours = "daily 02:30-03:30 Europe/Berlin";
        for (at, expected) in [
            // 2026-03-29: 02:00 to 03:00 does not exist; 01:00 UTC is 03:00.
            ("2026-03-29T00:59:59Z", false),
            ("2026-03-29T01:00:00Z", true),
            ("2026-03-29T01:29:59Z", true),
            ("2026-03-29T01:30:00Z", false),
            // 2026-10-25: 02:00 to 03:00 is twice, from 00:00 UTC and from 01:00 UTC.
            ("2026-10-25T00:29:00Z", false),
            ("2026-10-25T00:30:00Z", true),
            ("2026-10-25T01:00:00Z", false),
            ("2026-10-25T01:30:00Z", true),
            ("2026-10-25T02:29:00Z", true),
            ("2026-10-25T02:30:00Z", false),
        ] {
            assert_eq!(is_in(hours, at), expected, "{at}");
        }
        // The same hours by the clock, in winter and in summer.
        let hours = "Mon-Fri 07:00-18:00 Europe/Berlin";
        assert!(!is_in(hours, "2026-07-20T04:59:00Z"));
        assert!(is_in(hours, "2026-07-20T05:00:00Z"));
        assert!(!is_in(hours, "2026-07-20T16:00:00Z"));
    }

    #[test]
    fn what_says_no_hours_is_refused() {
        use HoursError::*;
        for (text, expected) in [
            ("", Empty("".into())),
            ("Mon-Fri", DaysAlone("Mon-Fri".into())),
            ("Mon-Fri 07:00-18:00 Sat", DaysAlone("Sat".into())),
            (
                "Mon-Fri 07:00-18:00 Europe/Berlim",
                Zone("Europe/Berlim".into()),
            ),
            ("Europe/Berlin 07:00-18:00", Word("Europe/Berlin".into())),
            ("Mon-Fry 07:00-18:00", Word("Mon-Fry".into())),
            ("Mon 7-18", Time("7".into())),
            ("Mon 07:00-25:00", Time("25:00".into())),
            ("Mon 07:60-18:00", Time("07:60".into())),
            ("Mon 24:00-06:00", Time("24:00".into())),
            ("Mon 07:00-07:00", Nothing("07:00-07:00".into())),
        ] {
            assert_eq!(text.parse::<Hours>(), Err(expected), "{text}");
        }
    }

    proptest! {
        #[test]
        fn no_text_and_no_time_makes_it_panic(text in "[A-Za-z0-9:,; /-]{0,40}", at in any::<i64>()) {
            if let Ok(hours) = text.parse::<Hours>() {
                hours.contains(at);
            }
        }

        #[test]
        fn a_day_is_in_as_long_as_its_hours_are(from in 0u16..1440, length in 1u16..1440) {
            let to = (from + length) % 1440;
            let text = format!("daily {:02}:{:02}-{:02}:{:02}", from / 60, from % 60, to / 60, to % 60);
            let hours: Hours = text.parse().unwrap();
            let day = 1_767_225_600_000; // 2026-01-01
            let minutes = (0..1440).filter(|minute| hours.contains(day + minute * 60_000)).count();
            prop_assert_eq!(minutes, usize::from(length));
        }
    }
}
