//! Queries, and what they yield.

use std::sync::Arc;

use super::{Answer, Call, CallError, failed};
use crate::alert::template::value::{TemplateSample, Value};

/// How many samples a template may be given.
const MAX_SAMPLES: usize = 10_000;

pub(super) fn query(call: &Call) -> Answer {
    let [expression] = call.exactly()?;
    match (call.with.query)(call.text(expression)?) {
        Ok(samples) if samples.len() > MAX_SAMPLES => {
            failed(format!("more than {MAX_SAMPLES} samples"))
        }
        Ok(samples) => Ok(Value::Samples(samples.into_iter().map(Arc::new).collect())),
        Err(reason) => failed(reason),
    }
}

pub(super) fn first(call: &Call) -> Answer {
    let [value] = call.exactly()?;
    match samples(call, value)?.first() {
        Some(sample) => Ok(Value::Sample(sample.clone())),
        None => failed("first() called on vector with no elements"),
    }
}

pub(super) fn label(call: &Call) -> Answer {
    let [name, value] = call.exactly()?;
    let name = call.text(name)?;
    Ok(sample(call, value)?
        .labels
        .get(name)
        .unwrap_or("")
        .to_owned()
        .into())
}

pub(super) fn value(call: &Call) -> Answer {
    let [value] = call.exactly()?;
    Ok(Value::Float(sample(call, value)?.value))
}

pub(super) fn string_value(call: &Call) -> Answer {
    let [value] = call.exactly()?;
    let text = sample(call, value)?.labels.get("__value__").unwrap_or("");
    Ok(text.to_owned().into())
}

pub(super) fn sort_by_label(call: &Call) -> Answer {
    let [name, value] = call.exactly()?;
    let name = call.text(name)?;
    let mut samples = samples(call, value)?.to_vec();
    samples.sort_by(|a, b| a.labels.get(name).cmp(&b.labels.get(name)));
    Ok(Value::Samples(samples.into()))
}

fn sample<'v>(call: &Call, value: &'v Value) -> Result<&'v TemplateSample, CallError> {
    match value {
        Value::Sample(sample) => Ok(sample),
        other => Err(call.wrong_type("*template.sample", other)),
    }
}

fn samples<'v>(call: &Call, value: &'v Value) -> Result<&'v [Arc<TemplateSample>], CallError> {
    match value {
        Value::Samples(samples) => Ok(samples),
        other => Err(call.wrong_type("template.queryResult", other)),
    }
}
