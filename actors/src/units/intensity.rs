//! How many restarts within which time a supervisor bears before it gives up.

use std::fmt;
use std::str::FromStr;
use std::time::Duration;

use super::duration::HumanDuration;
use super::text::{Quantity, UnitError, deserialize_quantity};

/// At most so many restarts within a sliding period; one more and the supervisor gives up. Reads
/// and prints `5 in 1m`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Intensity {
    /// Restarts that are still borne; 0 bears none.
    pub restarts: u32,
    /// The sliding time they are counted over; longer than zero when read from text.
    pub period: Duration,
}

impl FromStr for Intensity {
    type Err = UnitError;

    fn from_str(text: &str) -> Result<Self, UnitError> {
        let text = text.trim();
        if text.is_empty() {
            return Err(UnitError::Empty);
        }
        let (restarts, period) = text.split_once(" in ").ok_or(UnitError::NotAnIntensity)?;
        let restarts = restarts.trim_end();
        // `u32` would read a plus sign too.
        if !restarts.bytes().all(|byte| byte.is_ascii_digit()) {
            return Err(UnitError::NotAnIntensity);
        }
        let HumanDuration(period) = period.parse()?;
        if period.is_zero() {
            return Err(UnitError::EmptyPeriod);
        }
        Ok(Self {
            restarts: restarts.parse().map_err(|_| match restarts {
                "" => UnitError::NotAnIntensity,
                _ => UnitError::TooLarge {
                    limit: "2^32 - 1 restarts",
                },
            })?,
            period,
        })
    }
}

impl fmt::Display for Intensity {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            formatter,
            "{} in {}",
            self.restarts,
            HumanDuration(self.period)
        )
    }
}

impl Quantity for Intensity {
    const EXPECTED: &'static str = "restarts in a period such as \"5 in 60s\"";

    fn from_number(_: f64) -> Result<Self, UnitError> {
        Err(UnitError::NotAnIntensity)
    }

    fn from_integer(_: i128) -> Result<Self, UnitError> {
        Err(UnitError::NotAnIntensity)
    }
}

deserialize_quantity!(Intensity);

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use serde::Deserialize;
    use serde::de::IntoDeserializer;
    use serde::de::value::{Error, F64Deserializer, I64Deserializer, StrDeserializer};

    use super::super::{Bytes, Ratio};
    use super::*;

    #[test]
    fn reads_restarts_in_a_period() {
        for (text, restarts, seconds) in [
            ("5 in 60s", 5, 60),
            (" 0  in  1m30s ", 0, 90),
            ("4294967295 in 1d", u32::MAX, 86_400),
        ] {
            let period = Duration::from_secs(seconds);
            assert_eq!(text.parse(), Ok(Intensity { restarts, period }), "{text}");
        }
    }

    #[test]
    fn refuses_other_forms() {
        use UnitError::{Empty, EmptyPeriod, NoNumber, NotAnIntensity};
        for (text, error) in [
            ("", Empty),
            ("5", NotAnIntensity),
            ("5/60s", NotAnIntensity),
            ("5in60s", NotAnIntensity),
            ("+5 in 60s", NotAnIntensity),
            ("-5 in 60s", NotAnIntensity),
            ("x in 60s", NotAnIntensity),
            ("5 in soon", NoNumber),
            ("5 in 0s", EmptyPeriod),
            (
                "4294967296 in 60s",
                UnitError::TooLarge {
                    limit: "2^32 - 1 restarts",
                },
            ),
        ] {
            assert_eq!(text.parse::<Intensity>(), Err(error), "{text}");
        }
    }

    /// The message serde gives for each kind of value a unit cannot be.
    #[test]
    fn serde_errors_name_value_reason_and_form() {
        fn text<'de, Q: Deserialize<'de>>(text: &'de str) -> Result<Q, Error> {
            let deserializer: StrDeserializer<'de, Error> = text.into_deserializer();
            Q::deserialize(deserializer)
        }
        let integer: I64Deserializer<Error> = (-1i64).into_deserializer();
        let float: F64Deserializer<Error> = 1.5.into_deserializer();
        let whole: I64Deserializer<Error> = 10i64.into_deserializer();

        assert_eq!(text("80%"), Ok(Ratio::percent(80)));
        assert_eq!(text("1kB"), Ok(Bytes::new(1_000)));
        assert_eq!(Bytes::deserialize(whole), Ok(Bytes::new(10)));
        assert_eq!(text("10s"), Ok(HumanDuration(Duration::from_secs(10))));
        for (error, message) in [
            (
                text::<Intensity>("often").unwrap_err(),
                "\"often\" is not of the form \"5 in 60s\"; \
                 expected restarts in a period such as \"5 in 60s\"",
            ),
            (
                Ratio::deserialize(float).unwrap_err(),
                "1.5 is not from 0 to 1 (write \"80%\" or 0.8); \
                 expected a ratio such as \"80%\" or 0.8",
            ),
            (
                Bytes::deserialize(integer).unwrap_err(),
                "-1 is negative; \
                 expected a size such as \"1.5GB\", \"512MiB\" or a number of bytes",
            ),
            (
                HumanDuration::deserialize(whole).unwrap_err(),
                "10 has no unit (y, w, d, h, m, s, ms, us or ns); \
                 expected a duration such as \"10s\" or \"1m30s\"",
            ),
        ] {
            assert_eq!(error.to_string(), message);
        }
    }

    proptest! {
        #[test]
        fn what_is_printed_reads_back(restarts: u32, nanoseconds in 1u64..) {
            let period = Duration::from_nanos(nanoseconds);
            let intensity = Intensity { restarts, period };
            prop_assert_eq!(intensity.to_string().parse(), Ok(intensity));
        }

        #[test]
        fn no_text_panics(text in "[0-9+-]{0,12} in .*|.*") {
            let _ = text.parse::<Intensity>();
        }
    }
}
