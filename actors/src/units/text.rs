//! What the units share: their error, the number in front of a unit, and reading by serde from
//! text or from a bare number.

use std::fmt;
use std::marker::PhantomData;
use std::str::FromStr;

use serde::de::{self, Visitor};

/// Why a text or a number is not the quantity it should be.
///
/// Written as a predicate, so that whoever knows the key and the value can put them in front:
/// `collect.interval = "10" has no unit (one of …)`.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum UnitError {
    /// There is no text at all.
    #[error("is empty")]
    Empty,
    /// No decimal number where one is expected.
    #[error("does not start with a number")]
    NoNumber,
    /// A number without the unit it needs.
    #[error("has no unit ({known})")]
    NoUnit {
        /// The units to choose from.
        known: &'static str,
    },
    /// A unit nobody knows.
    #[error("has the unknown unit {unit:?} ({known})")]
    UnknownUnit {
        /// The unit as written, cut after [`UNIT_SHOWN`] characters.
        unit: String,
        /// The units to choose from.
        known: &'static str,
    },
    /// A duration with a fraction.
    #[error("has a fraction (write 1.5s as \"1s500ms\")")]
    Fraction,
    /// A unit of a duration that is not smaller than the one before it.
    #[error("has {unit:?} out of order (largest unit first, each once, as in \"1m30s\")")]
    UnitOrder {
        /// The unit that came too late.
        unit: &'static str,
    },
    /// More than the type can hold.
    #[error("is too large (at most {limit})")]
    TooLarge {
        /// The largest possible value.
        limit: &'static str,
    },
    /// A negative number of something there can only be none or some of.
    #[error("is negative")]
    Negative,
    /// A ratio that is not between none and all.
    #[error("is not from 0 to 1 (write \"80%\" or 0.8)")]
    NotARatio,
    /// Not `N in PERIOD`.
    #[error("is not of the form \"5 in 60s\"")]
    NotAnIntensity,
    /// Restarts counted over no time at all.
    #[error("counts over no time (the period must be longer than 0s)")]
    EmptyPeriod,
}

/// So many characters of an unknown unit are shown in the error.
const UNIT_SHOWN: usize = 20;

impl UnitError {
    /// The error for a missing unit, or for one that is none of `known`.
    pub(super) fn unit(unit: &str, known: &'static str) -> Self {
        if unit.is_empty() {
            return Self::NoUnit { known };
        }
        Self::UnknownUnit {
            unit: unit.chars().take(UNIT_SHOWN).collect(),
            known,
        }
    }
}

/// A decimal number without sign or exponent at the head of a text.
#[derive(Clone, Copy, Debug)]
pub(super) struct Decimal<'t> {
    /// The digits in front of the point; never empty.
    pub(super) whole: &'t str,
    /// The digits after the point, empty where there is none.
    pub(super) fraction: &'t str,
}

impl<'t> Decimal<'t> {
    /// The number at the head of `text`, and what follows it without leading spaces.
    pub(super) fn split(text: &'t str) -> Result<(Self, &'t str), UnitError> {
        if text.is_empty() {
            return Err(UnitError::Empty);
        }
        let (whole, rest) = digits(text);
        if whole.is_empty() {
            return Err(UnitError::NoNumber);
        }
        let (fraction, rest) = match rest.strip_prefix('.') {
            Some(after) => match digits(after) {
                ("", _) => return Err(UnitError::NoNumber),
                split => split,
            },
            None => ("", rest),
        };
        Ok((Self { whole, fraction }, rest.trim_start_matches(' ')))
    }
}

/// The ASCII digits at the head of `text`, and the rest.
fn digits(text: &str) -> (&str, &str) {
    let end = text
        .find(|character: char| !character.is_ascii_digit())
        .unwrap_or(text.len());
    text.split_at(end)
}

/// A quantity that serde can read: from text, and from a bare number where that has one meaning.
pub(super) trait Quantity: FromStr<Err = UnitError> {
    /// What it is called in messages, with an example.
    const EXPECTED: &'static str;

    /// From a bare number; an error where a number alone is ambiguous.
    fn from_number(number: f64) -> Result<Self, UnitError>;

    /// From a bare whole number; an error where a number alone is ambiguous.
    fn from_integer(number: i128) -> Result<Self, UnitError>;
}

/// Reads a [`Quantity`] by serde.
pub(super) struct QuantityVisitor<Q>(pub(super) PhantomData<Q>);

impl<Q: Quantity> QuantityVisitor<Q> {
    fn finish<E: de::Error>(value: impl fmt::Debug, read: Result<Q, UnitError>) -> Result<Q, E> {
        read.map_err(|error| E::custom(format!("{value:?} {error}; expected {}", Q::EXPECTED)))
    }
}

impl<Q: Quantity> Visitor<'_> for QuantityVisitor<Q> {
    type Value = Q;

    fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(Q::EXPECTED)
    }

    fn visit_str<E: de::Error>(self, text: &str) -> Result<Q, E> {
        Self::finish(text, text.parse())
    }

    fn visit_f64<E: de::Error>(self, number: f64) -> Result<Q, E> {
        Self::finish(number, Q::from_number(number))
    }

    fn visit_i64<E: de::Error>(self, number: i64) -> Result<Q, E> {
        Self::finish(number, Q::from_integer(number.into()))
    }

    fn visit_u64<E: de::Error>(self, number: u64) -> Result<Q, E> {
        Self::finish(number, Q::from_integer(number.into()))
    }
}

/// Gives a [`Quantity`] its `Deserialize`.
macro_rules! deserialize_quantity {
    ($quantity:ty) => {
        impl<'de> serde::Deserialize<'de> for $quantity {
            fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
                deserializer.deserialize_any($crate::units::text::QuantityVisitor::<Self>(
                    std::marker::PhantomData,
                ))
            }
        }
    };
}
pub(super) use deserialize_quantity;
