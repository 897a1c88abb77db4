//! The shape of a JSON answer: names, nesting and types, whatever the values.

use serde_json::{Map, Value};

/// Compares an answer with its shape, written in JSON: a type's name stands for a value, `[shape]`
/// for any number of such, `{"*": shape}` for any names. A name that ends in `?` may be null, one
/// that ends in `*` may be left out.
#[track_caller]
pub(crate) fn has_shape(value: &Value, shape: &Value) {
    if let Err(difference) = compare(value, shape, "$") {
        panic!("{difference}\n{value:#}");
    }
}

fn compare(value: &Value, shape: &Value, at: &str) -> Result<(), String> {
    match (shape, value) {
        (Value::String(expected), _) if expected == type_of(value) => Ok(()),
        (Value::Array(shapes), Value::Array(values)) => values
            .iter()
            .enumerate()
            .try_for_each(|(index, value)| compare(value, &shapes[0], &format!("{at}[{index}]"))),
        (Value::Object(shapes), Value::Object(values)) => objects(values, shapes, at),
        _ => Err(format!("{at}: {} instead of {shape}", type_of(value))),
    }
}

fn objects(
    values: &Map<String, Value>,
    shapes: &Map<String, Value>,
    at: &str,
) -> Result<(), String> {
    if let Some(shape) = shapes.get("*") {
        return values
            .iter()
            .try_for_each(|(name, value)| compare(value, shape, &format!("{at}.{name}")));
    }
    for (written, shape) in shapes {
        let name = written.trim_end_matches(['?', '*']);
        match values.get(name) {
            None if written.ends_with('*') => {}
            None => return Err(format!("{at}: no `{name}`")),
            Some(Value::Null) if written.ends_with('?') => {}
            Some(value) => compare(value, shape, &format!("{at}.{name}"))?,
        }
    }
    let known = |name: &str| {
        shapes
            .keys()
            .any(|w| w.trim_end_matches(['?', '*']) == name)
    };
    match values.keys().find(|name| !known(name)) {
        Some(name) => Err(format!("{at}: `{name}` is new")),
        None => Ok(()),
    }
}

fn type_of(value: &Value) -> &'static str {
    match value {
        Value::Null => "null",
        Value::Bool(_) => "boolean",
        Value::Number(_) => "number",
        Value::String(_) => "string",
        Value::Array(_) => "array",
        Value::Object(_) => "object",
    }
}
