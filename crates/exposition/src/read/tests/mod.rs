//! The reader: single lines, whole bodies, and what holds for all of them.

mod bodies;
mod lines;
mod naive;
mod properties;

use super::*;

/// A sample that owns what it is made of, and that equals another if their values are the same bits.
#[derive(Clone, Debug, PartialEq)]
struct Owned {
    name: String,
    labels: Vec<(String, String)>,
    value: u64,
    timestamp_ms: Option<i64>,
}

impl Owned {
    fn new(name: &str, labels: &[(&str, &str)], value: f64) -> Self {
        let owned = |(name, value): &(&str, &str)| ((*name).to_owned(), (*value).to_owned());
        Owned {
            name: name.to_owned(),
            labels: labels.iter().map(owned).collect(),
            value: value.to_bits(),
            timestamp_ms: None,
        }
    }

    fn at(mut self, timestamp_ms: i64) -> Self {
        self.timestamp_ms = Some(timestamp_ms);
        self
    }
}

impl From<Sample<'_>> for Owned {
    fn from(sample: Sample<'_>) -> Self {
        let labels = sample.labels.iter();
        Owned {
            name: sample.name.to_owned(),
            labels: labels
                .map(|(n, v)| (n.to_owned(), v.into_owned()))
                .collect(),
            value: sample.value.to_bits(),
            timestamp_ms: sample.timestamp_ms,
        }
    }
}

fn items<'t>(body: &'t [u8], limits: &Limits) -> (Vec<Item<'t>>, Outcome) {
    let mut items = Vec::new();
    let outcome = read(body, limits, |item| items.push(item));
    (items, outcome)
}

fn samples(body: impl AsRef<[u8]>) -> (Vec<Owned>, Outcome) {
    let (items, outcome) = items(body.as_ref(), &Limits::default());
    let samples = items.into_iter().filter_map(|item| match item {
        Item::Sample(sample) => Some(sample.into()),
        _ => None,
    });
    (samples.collect(), outcome)
}

/// The sample in a body of one line, or why there is none.
fn line(line: impl AsRef<[u8]>) -> Result<Owned, DropReason> {
    let (mut samples, outcome) = samples(line);
    assert_eq!(outcome.lines, 1);
    match outcome.first_dropped {
        Some((1, reason)) => Err(reason),
        _ => Ok(samples.pop().expect("neither read nor dropped")),
    }
}
