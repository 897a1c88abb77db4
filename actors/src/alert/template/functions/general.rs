//! Go's functions that are no comparisons, and `args`.

use std::collections::BTreeMap;
use std::sync::Arc;

use super::{Answer, Call, CallError, failed};
use crate::alert::template::exec::MAX_OUTPUT;
use crate::alert::template::format;
use crate::alert::template::value::Value;

/// `and`, `or`: see [`super::call`].
pub(super) fn undecided(_: &Call) -> Answer {
    failed("not evaluated here")
}

pub(super) fn args(call: &Call) -> Answer {
    let named = |(at, value): (usize, &Value)| (format!("arg{at}"), value.clone());
    let map: BTreeMap<_, _> = call.arguments.iter().enumerate().map(named).collect();
    Ok(Value::Map(Arc::new(map)))
}

pub(super) fn call(call: &Call) -> Answer {
    let (first, _) = call.one_and_more()?;
    match first {
        Value::Nil => failed("call of nil"),
        other => failed(format!(
            "non-function {} of type {}",
            call.print(other),
            other.type_name()
        )),
    }
}

/// Only console templates have it.
pub(super) fn tmpl(_: &Call) -> Answer {
    Ok(String::new().into())
}

pub(super) fn not(call: &Call) -> Answer {
    let [value] = call.exactly()?;
    Ok(Value::Bool(!value.is_true()))
}

pub(super) fn len(call: &Call) -> Answer {
    let [value] = call.exactly()?;
    let length = match value {
        Value::Text(text) => text.len(),
        Value::Labels(labels) => labels.len(),
        Value::Map(map) => map.len(),
        Value::Samples(samples) => samples.len(),
        Value::Nil => return failed("len of nil pointer"),
        other => return failed(format!("len of type {}", other.type_name())),
    };
    Ok(Value::Int(length as i64))
}

pub(super) fn index(call: &Call) -> Answer {
    let (first, keys) = call.one_and_more()?;
    let mut value = first.clone();
    for key in keys {
        value = match (&value, key) {
            (Value::Labels(labels), Value::Text(name)) => {
                Value::Text(labels.get(name).unwrap_or("").into())
            }
            (Value::Map(map), Value::Text(name)) => map.get(&**name).cloned().unwrap_or(Value::Nil),
            (Value::Samples(samples), Value::Int(at)) => {
                let sample = usize::try_from(*at).ok().and_then(|at| samples.get(at));
                match sample {
                    Some(sample) => Value::Sample(sample.clone()),
                    None => return failed(format!("index out of range: {at}")),
                }
            }
            (Value::Text(text), Value::Int(at)) => {
                let byte = usize::try_from(*at)
                    .ok()
                    .and_then(|at| text.as_bytes().get(at));
                match byte {
                    Some(byte) => Value::Int(i64::from(*byte)),
                    None => return failed(format!("index out of range: {at}")),
                }
            }
            (Value::Nil, _) => return failed("index of untyped nil"),
            (Value::Labels(_) | Value::Map(_), key) => {
                let of = key.type_name();
                return failed(format!("value has type {of}; should be string"));
            }
            (Value::Samples(_) | Value::Text(_), key) => {
                return failed(format!(
                    "cannot index slice/array with type {}",
                    key.type_name()
                ));
            }
            (other, _) => return failed(format!("can't index item of type {}", other.type_name())),
        };
    }
    Ok(value)
}

pub(super) fn slice(call: &Call) -> Answer {
    let (first, bounds) = call.one_and_more()?;
    let length = match first {
        Value::Text(text) => text.len(),
        Value::Samples(samples) => samples.len(),
        Value::Nil => return failed("slice of untyped nil"),
        other => return failed(format!("can't slice item of type {}", other.type_name())),
    };
    let most = if matches!(first, Value::Text(_)) {
        2
    } else {
        3
    };
    if bounds.len() > most {
        return failed(match most {
            2 => "cannot 3-index slice a string".into(),
            _ => format!("too many slice indexes: {}", bounds.len()),
        });
    }
    let mut range = [0, length, length];
    for (at, bound) in bounds.iter().enumerate() {
        let Value::Int(bound) = bound else {
            return failed(format!(
                "cannot index slice/array with type {}",
                bound.type_name()
            ));
        };
        match usize::try_from(*bound) {
            Ok(bound) if bound <= length => range[at] = bound,
            _ => return failed(format!("index out of range: {bound}")),
        }
    }
    let [from, to, _] = range;
    if from > to {
        return failed(format!("invalid slice index: {from} > {to}"));
    }
    Ok(match first {
        Value::Samples(samples) => Value::Samples(samples[from..to].into()),
        Value::Text(text) => String::from_utf8_lossy(&text.as_bytes()[from..to])
            .into_owned()
            .into(),
        other => other.clone(),
    })
}

pub(super) fn print(call: &Call) -> Answer {
    bounded(joined(call))
}

pub(super) fn println(call: &Call) -> Answer {
    let texts: Vec<String> = call
        .arguments
        .iter()
        .map(|value| call.print(value))
        .collect();
    bounded(texts.join(" ") + "\n")
}

pub(super) fn printf(call: &Call) -> Answer {
    let (format, arguments) = call.one_and_more()?;
    let format = call.text(format)?;
    match format::printf(format, arguments, &call.with.root(), MAX_OUTPUT) {
        Ok(text) => bounded(text),
        Err(reason) => failed(reason),
    }
}

fn bounded(text: String) -> Answer {
    match text.len() > MAX_OUTPUT {
        true => Err(CallError::Failed(format!(
            "more than {MAX_OUTPUT} bytes of text"
        ))),
        false => Ok(text.into()),
    }
}

/// As Go's `Sprint`: a space between two that are both no text.
pub(super) fn joined(call: &Call) -> String {
    let mut text = String::new();
    let mut after_text = true;
    for value in call.arguments {
        let is_text = matches!(value, Value::Text(_));
        if !is_text && !after_text {
            text.push(' ');
        }
        text.push_str(&call.print(value));
        after_text = is_text;
    }
    text
}
