//! Lines of JSON as VictoriaMetrics exports them.

use std::{collections::BTreeMap, fmt};

use exposition::{Labels, is_metric_name};
use promql::{METRIC_NAME, STALE_BITS};
use serde::{
    Deserialize, Deserializer,
    de::{self, Visitor},
};

use super::{LineReader, Taker, Tally};

#[derive(Deserialize)]
struct Series {
    metric: BTreeMap<String, String>,
    values: Vec<Number>,
    timestamps: Vec<i64>,
}

pub(super) struct Reader;

impl<T: Taker> LineReader<T> for Reader {
    fn line(
        &mut self,
        line: &[u8],
        _: bool,
        taker: &mut T,
        tally: &mut Tally,
    ) -> Result<Result<(), String>, T::Error> {
        if line.trim_ascii().is_empty() {
            return Ok(Ok(()));
        }
        let (labels, read) = match parse(line) {
            Ok(read) => read,
            Err(why) => return Ok(Err(why)),
        };
        let series = taker.series(&labels)?;
        for (time, value) in read.timestamps.into_iter().zip(read.values) {
            taker.take(series, time, value.0)?;
            tally.sample(time);
        }
        Ok(Ok(()))
    }
}

fn parse(line: &[u8]) -> Result<(Labels, Series), String> {
    let read: Series = serde_json::from_slice(line).map_err(|error| error.to_string())?;
    let (times, values) = (read.timestamps.len(), read.values.len());
    if times != values {
        return Err(format!("{values} values and {times} timestamps"));
    }
    let pairs = read.metric.iter();
    let labels = Labels::try_new(pairs.map(|(name, value)| (name.as_str(), value.as_str())))
        .map_err(|error| error.to_string())?;
    match labels.get(METRIC_NAME) {
        Some(name) if is_metric_name(name) => Ok((labels, read)),
        Some(name) => Err(format!("`{name}` is no metric name")),
        None => Err("no __name__".to_owned()),
    }
}

/// A number, or one of the texts that stand for those that JSON does not know.
struct Number(f64);

impl<'de> Deserialize<'de> for Number {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(NumberVisitor).map(Number)
    }
}

struct NumberVisitor;

impl Visitor<'_> for NumberVisitor {
    type Value = f64;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a number, null, \"Infinity\" or \"-Infinity\"")
    }

    fn visit_f64<E>(self, number: f64) -> Result<f64, E> {
        Ok(number)
    }

    fn visit_u64<E>(self, number: u64) -> Result<f64, E> {
        Ok(number as f64)
    }

    fn visit_i64<E>(self, number: i64) -> Result<f64, E> {
        Ok(number as f64)
    }

    /// All that VictoriaMetrics stores without a number are ends of series.
    fn visit_unit<E>(self) -> Result<f64, E> {
        Ok(f64::from_bits(STALE_BITS))
    }

    fn visit_str<E: de::Error>(self, text: &str) -> Result<f64, E> {
        match text {
            "Infinity" => Ok(f64::INFINITY),
            "-Infinity" => Ok(f64::NEG_INFINITY),
            "null" => self.visit_unit(),
            "NaN" => Ok(f64::NAN),
            other => Err(E::invalid_value(de::Unexpected::Str(other), &self)),
        }
    }
}
