//! `eq`, `ne`, `lt`, `le`, `gt`, `ge`.

use std::cmp::Ordering;

use super::{Answer, Call, CallError, failed};
use crate::alert::template::value::Value;

pub(super) fn eq(call: &Call) -> Answer {
    let (first, others) = call.one_and_more()?;
    if others.is_empty() {
        return failed("missing argument for comparison");
    }
    for other in others {
        if equal(first, other)? {
            return Ok(Value::Bool(true));
        }
    }
    Ok(Value::Bool(false))
}

pub(super) fn ne(call: &Call) -> Answer {
    let [a, b] = call.exactly()?;
    Ok(Value::Bool(!equal(a, b)?))
}

pub(super) fn lt(call: &Call) -> Answer {
    ordered(call, |order| order == Some(Ordering::Less))
}

pub(super) fn le(call: &Call) -> Answer {
    ordered(call, |order| {
        matches!(order, Some(Ordering::Less | Ordering::Equal))
    })
}

pub(super) fn gt(call: &Call) -> Answer {
    // As Go: whatever is not at most, not a number included.
    ordered(call, |order| {
        !matches!(order, Some(Ordering::Less | Ordering::Equal))
    })
}

pub(super) fn ge(call: &Call) -> Answer {
    ordered(call, |order| order != Some(Ordering::Less))
}

fn equal(a: &Value, b: &Value) -> Result<bool, CallError> {
    match (a, b) {
        (Value::Bool(a), Value::Bool(b)) => Ok(a == b),
        (Value::Int(a), Value::Int(b)) => Ok(a == b),
        (Value::Float(a), Value::Float(b)) => Ok(a == b),
        (Value::Text(a), Value::Text(b)) => Ok(a == b),
        (Value::Nil, Value::Nil) => Ok(true),
        (Value::Nil, _) | (_, Value::Nil) => Ok(false),
        _ if is_basic(a) && is_basic(b) => failed("incompatible types for comparison"),
        _ => failed("non-comparable type"),
    }
}

fn ordered(call: &Call, holds: fn(Option<Ordering>) -> bool) -> Answer {
    let [a, b] = call.exactly()?;
    let order = match (a, b) {
        (Value::Int(a), Value::Int(b)) => Some(a.cmp(b)),
        (Value::Float(a), Value::Float(b)) => a.partial_cmp(b),
        (Value::Text(a), Value::Text(b)) => Some(a.cmp(b)),
        (Value::Bool(_), Value::Bool(_)) => return failed("invalid type for comparison"),
        _ if is_basic(a) && is_basic(b) => return failed("incompatible types for comparison"),
        _ => return failed("invalid type for comparison"),
    };
    Ok(Value::Bool(holds(order)))
}

fn is_basic(value: &Value) -> bool {
    matches!(
        value,
        Value::Bool(_) | Value::Int(_) | Value::Float(_) | Value::Text(_)
    )
}
