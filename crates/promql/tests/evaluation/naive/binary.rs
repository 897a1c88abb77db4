//! Operators at one step.

use exposition::Labels;
use promql_parser::parser::{BinModifier, BinaryExpr, LabelModifier, VectorMatchCardinality};

use super::{Naive, Point, Result, Value, distinct, vector};

/// What an operator makes of two numbers; None where it filters them away.
fn apply(operator: &str, bool: bool, a: f64, b: f64) -> Option<f64> {
    let holds = match operator {
        "+" => return Some(a + b),
        "-" => return Some(a - b),
        "*" => return Some(a * b),
        "/" => return Some(a / b),
        "%" => return Some(a % b),
        "^" => return Some(a.powf(b)),
        "atan2" => return Some(a.atan2(b)),
        "==" => a == b,
        "!=" => a != b,
        "<" => a < b,
        ">" => a > b,
        "<=" => a <= b,
        ">=" => a >= b,
        other => panic!("operator {other}"),
    };
    match (bool, holds) {
        (true, holds) => Some(f64::from(holds)),
        (false, true) => Some(a),
        (false, false) => None,
    }
}

fn is_comparison(operator: &str) -> bool {
    matches!(operator, "==" | "!=" | "<" | ">" | "<=" | ">=")
}

impl Naive<'_> {
    pub(super) fn binary(&self, binary: &BinaryExpr, time: i64) -> Result<Value> {
        let operator = binary.op.to_string();
        let modifier = binary.modifier.clone().unwrap_or_default();
        let bool = modifier.return_bool;
        let keeps_name = is_comparison(&operator) && !bool;
        let lhs = self.eval(&binary.lhs, time)?;
        let rhs = self.eval(&binary.rhs, time)?;
        let points = match (lhs, rhs) {
            (Value::Scalar(a), Value::Scalar(b)) => {
                let value = apply(&operator, bool, a, b).expect("a number");
                return Ok(Value::Scalar(value));
            }
            (Value::Vector(points), Value::Scalar(b)) => points
                .into_iter()
                .filter_map(|point| {
                    Some(Point {
                        value: apply(&operator, bool, point.value, b)?,
                        nameless: point.nameless || !keeps_name,
                        ..point
                    })
                })
                .collect(),
            (Value::Scalar(a), Value::Vector(points)) => points
                .into_iter()
                .filter_map(|point| {
                    let value = apply(&operator, bool, a, point.value)?;
                    Some(Point {
                        value: if keeps_name { point.value } else { value },
                        nameless: point.nameless || !keeps_name,
                        ..point
                    })
                })
                .collect(),
            (lhs, rhs) => {
                let (lhs, rhs) = (vector(lhs), vector(rhs));
                let key = |point: &Point| key(&point.labels, &modifier);
                let has = |points: &[Point], k: &Labels| points.iter().any(|p| key(p) == *k);
                match operator.as_str() {
                    "and" => keep(lhs, |point| has(&rhs, &key(point))),
                    "unless" => keep(lhs, |point| !has(&rhs, &key(point))),
                    "or" => {
                        let more = keep(rhs, |point| !has(&lhs, &key(point)));
                        [lhs, more].concat()
                    }
                    _ => matched(&operator, &modifier, lhs, rhs)?,
                }
            }
        };
        Ok(Value::Vector(points))
    }
}

fn keep(mut points: Vec<Point>, wanted: impl Fn(&Point) -> bool) -> Vec<Point> {
    points.retain(wanted);
    points
}

fn has(names: &[String], name: &str) -> bool {
    names.iter().any(|known| known == name)
}

fn key(labels: &Labels, modifier: &BinModifier) -> Labels {
    match &modifier.matching {
        None => labels.without("__name__"),
        Some(LabelModifier::Include(on)) => labels.keeping(|name| has(&on.labels, name)),
        Some(LabelModifier::Exclude(ignored)) => {
            labels.keeping(|name| name != "__name__" && !has(&ignored.labels, name))
        }
    }
}

fn matched(
    operator: &str,
    modifier: &BinModifier,
    lhs: Vec<Point>,
    rhs: Vec<Point>,
) -> Result<Vec<Point>> {
    let swapped = matches!(modifier.card, VectorMatchCardinality::OneToMany(_));
    let (many, one) = if swapped { (rhs, lhs) } else { (lhs, rhs) };
    if many.is_empty() || one.is_empty() {
        return Ok(Vec::new());
    }
    let keys: Vec<Labels> = one
        .iter()
        .map(|point| key(&point.labels, modifier))
        .collect();
    distinct(keys.iter())?;
    let computes = !is_comparison(operator);
    let mut taken: Vec<Labels> = Vec::new();
    let mut result: Vec<Point> = Vec::new();
    for point in many {
        let group = key(&point.labels, modifier);
        let Some(at) = keys.iter().position(|key| *key == group) else {
            continue;
        };
        let other = &one[at];
        let (a, b) = match swapped {
            true => (other.value, point.value),
            false => (point.value, other.value),
        };
        let Some(value) = apply(operator, modifier.return_bool, a, b) else {
            continue;
        };
        let mut labels = match computes {
            true => point.labels.without("__name__"),
            false => point.labels.clone(),
        };
        match (&modifier.card, &modifier.matching) {
            (VectorMatchCardinality::OneToOne, matching) => {
                if taken.contains(&group) {
                    return Err("many-to-one".into());
                }
                taken.push(group);
                match matching {
                    None => {}
                    Some(LabelModifier::Include(on)) => {
                        labels = labels.keeping(|name| has(&on.labels, name));
                    }
                    Some(LabelModifier::Exclude(ignored)) => {
                        labels = labels.keeping(|name| !has(&ignored.labels, name));
                    }
                }
            }
            (card, _) => {
                for name in card.labels().iter().flat_map(|labels| &labels.labels) {
                    let value = other.labels.get(name).unwrap_or_default();
                    labels = labels.with(name.as_str(), value);
                }
            }
        }
        result.push(Point {
            labels,
            value,
            nameless: point.nameless || modifier.return_bool,
        });
    }
    distinct(result.iter().map(|point| &point.labels))?;
    Ok(result)
}
