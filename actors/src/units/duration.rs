//! Spans of time as people write them. The type in use is [`Duration`]; [`HumanDuration`] reads
//! and prints it.

use std::fmt;
use std::str::FromStr;
use std::time::Duration;

use super::text::{Decimal, Quantity, UnitError, deserialize_quantity};

/// A [`Duration`] that reads and prints as `10s`, `1m30s`, `100ms`, `30d`.
///
/// Units are `y` (365 d), `w`, `d`, `h`, `m`, `s`, `ms`, `us`, `ns`, as in Prometheus; each at most
/// once, from the largest to the smallest. Prints days and below, so that every text is exact.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct HumanDuration(pub Duration);

/// Every unit with its length in nanoseconds, largest first.
const UNITS: [(&str, u128); 9] = [
    ("y", 365 * DAY),
    ("w", 7 * DAY),
    ("d", DAY),
    ("h", 3_600 * SECOND),
    ("m", 60 * SECOND),
    ("s", SECOND),
    ("ms", 1_000_000),
    ("us", 1_000),
    ("ns", 1),
];

const SECOND: u128 = 1_000_000_000;
const DAY: u128 = 86_400 * SECOND;
const KNOWN: &str = "y, w, d, h, m, s, ms, us or ns";
const TOO_LARGE: UnitError = UnitError::TooLarge {
    limit: "2^64 - 1 seconds",
};

impl FromStr for HumanDuration {
    type Err = UnitError;

    fn from_str(text: &str) -> Result<Self, UnitError> {
        let mut rest = text.trim();
        // Nothing needs no unit.
        if rest == "0" {
            return Ok(Self(Duration::ZERO));
        }
        let mut nanoseconds = 0u128;
        let mut smaller = UNITS.as_slice();
        loop {
            let (number, after) = Decimal::split(rest)?;
            if !number.fraction.is_empty() {
                return Err(UnitError::Fraction);
            }
            let end = after
                .find(|character: char| character.is_ascii_digit() || character == ' ')
                .unwrap_or(after.len());
            let (name, after) = after.split_at(end);
            let (unit, length) = *UNITS
                .iter()
                .find(|(unit, _)| *unit == name)
                .ok_or_else(|| UnitError::unit(name, KNOWN))?;
            smaller = match smaller.iter().position(|(one, _)| *one == unit) {
                Some(position) => &smaller[position + 1..],
                None => return Err(UnitError::UnitOrder { unit }),
            };
            nanoseconds = number
                .whole
                .parse::<u64>()
                .ok()
                .and_then(|count| nanoseconds.checked_add(u128::from(count) * length))
                .ok_or(TOO_LARGE)?;
            rest = after.trim_start_matches(' ');
            if rest.is_empty() {
                break;
            }
        }
        let seconds = u64::try_from(nanoseconds / SECOND).map_err(|_| TOO_LARGE)?;
        let below = (nanoseconds % SECOND) as u32;
        Ok(Self(Duration::new(seconds, below)))
    }
}

impl fmt::Display for HumanDuration {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut rest = self.0.as_nanos();
        if rest == 0 {
            return formatter.write_str("0s");
        }
        for (unit, length) in UNITS.iter().filter(|(_, length)| *length <= DAY) {
            if rest >= *length {
                write!(formatter, "{}{unit}", rest / length)?;
                rest %= length;
            }
        }
        Ok(())
    }
}

impl Quantity for HumanDuration {
    const EXPECTED: &'static str = "a duration such as \"10s\" or \"1m30s\"";

    fn from_number(_: f64) -> Result<Self, UnitError> {
        Err(UnitError::NoUnit { known: KNOWN })
    }

    fn from_integer(_: i128) -> Result<Self, UnitError> {
        Err(UnitError::NoUnit { known: KNOWN })
    }
}

deserialize_quantity!(HumanDuration);

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn reads_one_unit_or_several() {
        for (text, duration) in [
            ("10s", Duration::from_secs(10)),
            ("1m30s", Duration::from_secs(90)),
            ("1m 30s", Duration::from_secs(90)),
            ("90 s", Duration::from_secs(90)),
            ("100ms", Duration::from_millis(100)),
            ("30d", Duration::from_secs(30 * 86_400)),
            ("1y2w", Duration::from_secs((365 + 14) * 86_400)),
            ("1h0m1us", Duration::from_micros(3_600_000_001)),
            ("0", Duration::ZERO),
            ("0s", Duration::ZERO),
            ("18446744073709551615s999999999ns", Duration::MAX),
        ] {
            assert_eq!(text.parse(), Ok(HumanDuration(duration)), "{text}");
        }
    }

    #[test]
    fn refuses_what_could_mean_two_things() {
        for (text, error) in [
            ("", UnitError::Empty),
            ("10", UnitError::unit("", KNOWN)),
            ("1m30", UnitError::unit("", KNOWN)),
            ("s", UnitError::NoNumber),
            ("-5s", UnitError::NoNumber),
            ("1.5s", UnitError::Fraction),
            ("10 parsecs", UnitError::unit("parsecs", KNOWN)),
            ("10S", UnitError::unit("S", KNOWN)),
            ("30s1m", UnitError::UnitOrder { unit: "m" }),
            ("1s1s", UnitError::UnitOrder { unit: "s" }),
            ("10s,5ms", UnitError::unit("s,", KNOWN)),
            ("18446744073709551616s", TOO_LARGE),
            ("18446744073709551615y", TOO_LARGE),
        ] {
            assert_eq!(text.parse::<HumanDuration>(), Err(error), "{text}");
        }
        assert_eq!(
            "30s1m".parse::<HumanDuration>().unwrap_err().to_string(),
            "has \"m\" out of order (largest unit first, each once, as in \"1m30s\")"
        );
    }

    #[test]
    fn prints_the_shortest_exact_form() {
        for (duration, text) in [
            (Duration::ZERO, "0s"),
            (Duration::from_secs(10), "10s"),
            (Duration::from_secs(60), "1m"),
            (Duration::from_secs(90), "1m30s"),
            (Duration::from_millis(1_500), "1s500ms"),
            (Duration::from_secs(30 * 86_400), "30d"),
            (Duration::new(86_400, 1), "1d1ns"),
        ] {
            assert_eq!(HumanDuration(duration).to_string(), text);
        }
    }

    proptest! {
        #[test]
        fn what_is_printed_reads_back(seconds: u64, nanoseconds in 0u32..1_000_000_000) {
            let duration = HumanDuration(Duration::new(seconds, nanoseconds));
            prop_assert_eq!(duration.to_string().parse(), Ok(duration));
        }

        #[test]
        fn no_text_panics(text in "([0-9]{0,25} ?[a-z]{0,3}){0,5}|.*") {
            let _ = text.parse::<HumanDuration>();
        }
    }
}
