//! The types a setting can have: how each is read from what is written, and how it is shown.

use std::fmt::Display;
use std::net::SocketAddr;
use std::str::FromStr;
use std::time::Duration;

use vitals_actors::units::{Bytes, HumanDuration, Intensity, Ratio};

use super::value::Value;

/// A type a setting can have.
pub(super) trait Setting: Sized {
    /// What is allowed: its name in errors, with the article.
    const WHAT: &'static str;

    /// From what is written; the error is a predicate of the value.
    fn read(value: &Value) -> Result<Self, String>;
}

/// A setting that can be bounded.
pub(super) trait Ranged: Setting + PartialOrd {
    /// A bound as it would be written in a file.
    fn show(&self) -> String;
}

/// Reads what files and variables alike write as text.
pub(super) fn parse<T: FromStr<Err: Display>>(value: &Value) -> Result<T, String> {
    match value {
        Value::Text(text) | Value::Untyped(text) => {
            text.parse().map_err(|error: T::Err| error.to_string())
        }
        other => Err(other.kind().to_owned()),
    }
}

impl Setting for Duration {
    const WHAT: &'static str = "a duration";

    fn read(value: &Value) -> Result<Self, String> {
        parse(value).map(|HumanDuration(duration)| duration)
    }
}

impl Ranged for Duration {
    fn show(&self) -> String {
        format!("\"{}\"", HumanDuration(*self))
    }
}

impl Setting for Intensity {
    const WHAT: &'static str = "restarts in a period";

    fn read(value: &Value) -> Result<Self, String> {
        parse(value)
    }
}

impl Setting for Ratio {
    const WHAT: &'static str = "a ratio";

    fn read(value: &Value) -> Result<Self, String> {
        match value {
            Value::Float { value, .. } => Self::new(*value).map_err(|error| error.to_string()),
            Value::Integer { value, .. } => {
                let share = value.map_or(f64::NAN, |value| value as f64);
                Self::new(share).map_err(|error| error.to_string())
            }
            other => parse(other),
        }
    }
}

impl Ranged for Ratio {
    fn show(&self) -> String {
        format!("\"{self}\"")
    }
}

impl Setting for Bytes {
    const WHAT: &'static str = "a size";

    fn read(value: &Value) -> Result<Self, String> {
        match value {
            Value::Integer { value, .. } => match value.map(u64::try_from) {
                Some(Ok(bytes)) => Ok(Self::new(bytes)),
                Some(Err(_)) => Err("is negative".to_owned()),
                None => Err(OUT_OF_RANGE.to_owned()),
            },
            other => parse(other),
        }
    }
}

impl Ranged for Bytes {
    fn show(&self) -> String {
        format!("\"{self}\"")
    }
}

impl Setting for u32 {
    const WHAT: &'static str = "a whole number";

    fn read(value: &Value) -> Result<Self, String> {
        let number = match value {
            Value::Integer { value, .. } => value.map(i128::from),
            Value::Untyped(text) => match text.parse() {
                Ok(number) => Some(number),
                Err(_) => return Err("is not a whole number".to_owned()),
            },
            other => return Err(other.kind().to_owned()),
        };
        let number = number.and_then(|number: i128| number.try_into().ok());
        number.ok_or_else(|| OUT_OF_RANGE.to_owned())
    }
}

impl Ranged for u32 {
    fn show(&self) -> String {
        self.to_string()
    }
}

impl Setting for f64 {
    const WHAT: &'static str = "a number";

    fn read(value: &Value) -> Result<Self, String> {
        match value {
            Value::Float { value, .. } => Ok(*value),
            Value::Integer {
                value: Some(value), ..
            } => Ok(*value as f64),
            Value::Integer { value: None, .. } => Err(OUT_OF_RANGE.to_owned()),
            Value::Untyped(text) => text.parse().map_err(|_| "is not a number".to_owned()),
            other => Err(other.kind().to_owned()),
        }
    }
}

impl Ranged for f64 {
    fn show(&self) -> String {
        self.to_string()
    }
}

impl Setting for bool {
    const WHAT: &'static str = "true or false";

    fn read(value: &Value) -> Result<Self, String> {
        match value {
            Value::Boolean(value) => Ok(*value),
            Value::Untyped(text) => text
                .parse()
                .map_err(|_| "is neither true nor false".to_owned()),
            other => Err(other.kind().to_owned()),
        }
    }
}

impl Setting for String {
    const WHAT: &'static str = "text on one line, 256 characters at most";

    fn read(value: &Value) -> Result<Self, String> {
        let text: String = parse(value)?;
        if text.contains(char::is_control) {
            return Err("has a character that is none".to_owned());
        }
        match text.chars().count() {
            0..=256 => Ok(text),
            _ => Err("is too long".to_owned()),
        }
    }
}

impl Setting for SocketAddr {
    const WHAT: &'static str = "an IP address and a port, such as \"127.0.0.1:9090\"";

    fn read(value: &Value) -> Result<Self, String> {
        parse(value).map_err(|reason| match value {
            Value::Text(text) | Value::Untyped(text) if text.starts_with(':') => {
                format!("names no address (write \"0.0.0.0{text}\" for all)")
            }
            Value::Text(_) | Value::Untyped(_) => "is not an IP address and a port".to_owned(),
            _ => reason,
        })
    }
}

/// What is wrong with a value of the right kind that is too small or too large.
pub(super) const OUT_OF_RANGE: &str = "is out of range";
