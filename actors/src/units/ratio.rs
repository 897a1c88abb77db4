//! A share of a whole, such as a threshold of 80 %.

use std::fmt;
use std::str::FromStr;

use super::text::{Decimal, Quantity, UnitError, deserialize_quantity};

/// A share from 0 (nothing) to 1 (all), never NaN. Reads `"80%"`, `"0.8"` and `0.8`; prints `80%`.
#[derive(Clone, Copy, Debug, PartialEq, PartialOrd)]
pub struct Ratio(f64);

impl Ratio {
    /// Nothing, 0.
    pub const ZERO: Self = Self(0.0);
    /// All, 1.
    pub const ONE: Self = Self(1.0);

    /// A ratio of `share`, which must be from 0 to 1.
    pub fn new(share: f64) -> Result<Self, UnitError> {
        if (0.0..=1.0).contains(&share) {
            // A negative zero would print a sign.
            Ok(Self(share + 0.0))
        } else {
            Err(UnitError::NotARatio)
        }
    }

    /// A ratio of so many per cent: at compile time, a figure above 100 is an error there.
    pub const fn percent(percent: u8) -> Self {
        assert!(percent <= 100, "a ratio is at most 100 per cent");
        Self(percent as f64 / 100.0)
    }

    /// The share, from 0 to 1.
    pub const fn get(self) -> f64 {
        self.0
    }
}

impl FromStr for Ratio {
    type Err = UnitError;

    fn from_str(text: &str) -> Result<Self, UnitError> {
        let (Decimal { whole, fraction }, unit) = Decimal::split(text.trim())?;
        // The exponent moves the point in the text, so that 33.3% and 0.333 are the same number.
        let exponent = match unit {
            "%" => "e-2",
            "" => "",
            other => return Err(UnitError::unit(other, "% or none")),
        };
        format!("{whole}.{fraction}{exponent}")
            .parse()
            .map_err(|_| UnitError::NoNumber)
            .and_then(Self::new)
    }
}

impl fmt::Display for Ratio {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let plain = self.0.to_string();
        let (whole, fraction) = plain.split_once('.').unwrap_or((&plain, ""));
        let digits = format!("{whole}{fraction:0<2}");
        let (percent, rest) = digits.split_at(whole.len() + 2);
        match percent.trim_start_matches('0') {
            "" => formatter.write_str("0")?,
            percent => formatter.write_str(percent)?,
        }
        if !rest.is_empty() {
            write!(formatter, ".{rest}")?;
        }
        formatter.write_str("%")
    }
}

impl Quantity for Ratio {
    const EXPECTED: &'static str = "a ratio such as \"80%\" or 0.8";

    fn from_number(number: f64) -> Result<Self, UnitError> {
        Self::new(number)
    }

    fn from_integer(number: i128) -> Result<Self, UnitError> {
        Self::new(number as f64)
    }
}

deserialize_quantity!(Ratio);

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn reads_per_cent_and_fractions_alike() {
        for (text, share) in [
            ("80%", 0.8),
            ("80 %", 0.8),
            (" 0.8 ", 0.8),
            ("33.3%", 0.333),
            ("0%", 0.0),
            ("0", 0.0),
            ("1", 1.0),
            ("100.0%", 1.0),
            ("00.5%", 0.005),
        ] {
            assert_eq!(text.parse(), Ok(Ratio(share)), "{text}");
        }
    }

    #[test]
    fn refuses_what_is_not_between_nothing_and_all() {
        use UnitError::{Empty, NoNumber, NotARatio};
        for (text, error) in [
            ("", Empty),
            ("80", NotARatio),
            ("101%", NotARatio),
            ("1.000001", NotARatio),
            ("-1%", NoNumber),
            (".8", NoNumber),
            ("8.", NoNumber),
            ("NaN", NoNumber),
            ("inf", NoNumber),
            ("80 percent", UnitError::unit("percent", "% or none")),
            ("1e-1", UnitError::unit("e-1", "% or none")),
        ] {
            assert_eq!(text.parse::<Ratio>(), Err(error), "{text}");
        }
        assert_eq!(Ratio::new(f64::NAN), Err(NotARatio));
        assert_eq!(Ratio::new(-0.1), Err(NotARatio));
        assert_eq!(
            "80".parse::<Ratio>().unwrap_err().to_string(),
            "is not from 0 to 1 (write \"80%\" or 0.8)"
        );
    }

    #[test]
    fn prints_per_cent_without_a_trace_of_binary() {
        for (share, text) in [
            (0.8, "80%"),
            (0.0, "0%"),
            (-0.0, "0%"),
            (1.0, "100%"),
            (0.333, "33.3%"),
            (0.005, "0.5%"),
            (0.07, "7%"),
            (1e-9, "0.0000001%"),
        ] {
            assert_eq!(Ratio::new(share).unwrap().to_string(), text);
        }
        assert_eq!(Ratio::percent(99), "99%".parse().unwrap());
    }

    proptest! {
        #[test]
        fn what_is_printed_reads_back(share in 0.0..=1.0f64) {
            let ratio = Ratio::new(share).unwrap();
            prop_assert_eq!(ratio.to_string().parse(), Ok(ratio));
        }

        #[test]
        fn no_text_panics(text in ".*") {
            let _ = text.parse::<Ratio>();
        }
    }
}
