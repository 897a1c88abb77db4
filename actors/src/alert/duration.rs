//! Durations as Prometheus writes them in rule files: `5m`, `1h30m`.

use std::fmt;
use std::str::FromStr;
use std::time::Duration;

use serde::Deserialize;

/// Every unit with its length in milliseconds, largest first.
const UNITS: [(&str, u64); 7] = [
    ("y", 365 * DAY),
    ("w", 7 * DAY),
    ("d", DAY),
    ("h", 3_600_000),
    ("m", 60_000),
    ("s", 1_000),
    ("ms", 1),
];
const DAY: u64 = 86_400_000;
/// The longest: as many nanoseconds as fit into 63 bits, about 292 years.
const MAX_MILLISECONDS: u64 = (i64::MAX / 1_000_000) as u64;

/// A duration that reads and prints as in Prometheus: whole numbers of `y w d h m s ms`, from the
/// largest to the smallest, without spaces. Stricter than the settings' durations, so that a rule
/// file which loads here loads there.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default, Deserialize)]
#[serde(try_from = "String")]
pub struct PrometheusDuration(pub Duration);

/// Why a text is no duration.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum DurationError {
    /// Another spelling.
    #[error("not a valid duration string: {0:?}")]
    Malformed(String),
    /// Longer than about 292 years.
    #[error("duration out of range: {0:?}")]
    TooLong(String),
}

impl FromStr for PrometheusDuration {
    type Err = DurationError;

    fn from_str(text: &str) -> Result<Self, DurationError> {
        if text == "0" {
            return Ok(Self(Duration::ZERO));
        }
        let malformed = || DurationError::Malformed(text.into());
        let too_long = || DurationError::TooLong(text.into());
        let mut units = UNITS.as_slice();
        let mut total = 0u64;
        let mut rest = text;
        if rest.is_empty() {
            return Err(malformed());
        }
        while !rest.is_empty() {
            let digits = rest
                .find(|c: char| !c.is_ascii_digit())
                .ok_or_else(malformed)?;
            let (number, after) = rest.split_at(digits);
            let end = after
                .find(|c: char| c.is_ascii_digit())
                .unwrap_or(after.len());
            let (name, after) = after.split_at(end);
            let at = units
                .iter()
                .position(|(unit, _)| *unit == name)
                .ok_or_else(malformed)?;
            if number.is_empty() {
                return Err(malformed());
            }
            let number: u64 = number.parse().map_err(|_| too_long())?;
            total = number
                .checked_mul(units[at].1)
                .and_then(|length| total.checked_add(length))
                .filter(|total| *total <= MAX_MILLISECONDS)
                .ok_or_else(too_long)?;
            units = &units[at + 1..];
            rest = after;
        }
        Ok(Self(Duration::from_millis(total)))
    }
}

impl TryFrom<String> for PrometheusDuration {
    type Error = DurationError;

    fn try_from(text: String) -> Result<Self, DurationError> {
        text.parse()
    }
}

impl fmt::Display for PrometheusDuration {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut rest = self.0.as_millis() as u64;
        if rest == 0 {
            return f.write_str("0s");
        }
        for (unit, length) in UNITS {
            // Years and weeks only where they say it all.
            let is_exact_only = length > DAY;
            if rest >= length && (!is_exact_only || rest.is_multiple_of(length)) {
                write!(f, "{}{unit}", rest / length)?;
                rest %= length;
            }
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_and_prints_as_prometheus() {
        for (text, seconds, printed) in [
            ("0", 0.0, "0s"),
            ("0s", 0.0, "0s"),
            ("5m", 300.0, "5m"),
            ("1h30m", 5400.0, "1h30m"),
            ("90s", 90.0, "1m30s"),
            ("1d12h", 129_600.0, "1d12h"),
            ("2w", 1_209_600.0, "2w"),
            ("15d", 1_296_000.0, "15d"),
            ("1y", 31_536_000.0, "1y"),
            ("1s500ms", 1.5, "1s500ms"),
        ] {
            let duration: PrometheusDuration = text.parse().unwrap();
            assert_eq!(duration.0.as_secs_f64(), seconds, "{text}");
            assert_eq!(duration.to_string(), printed);
        }
    }

    #[test]
    fn refuses_what_prometheus_refuses() {
        for text in [
            "", "5", "m", "1.5h", "5 m", " 5m", "-5m", "5M", "1s1m", "1m1m", "5mx", "1us", "٣m",
        ] {
            let error = text.parse::<PrometheusDuration>().unwrap_err();
            assert_eq!(error, DurationError::Malformed(text.into()));
        }
        for text in ["300y", "99999999999999999999s"] {
            let error = text.parse::<PrometheusDuration>().unwrap_err();
            assert_eq!(error, DurationError::TooLong(text.into()));
        }
    }
}
