//! Binary expressions: scalar with scalar, vector with scalar; two vectors go to `matching`/`sets`.

use crate::error::{Error, Result};
use crate::operators::{Operation, Operator};
use crate::value::{Evaluated, Grid, Series};
use crate::{matching, sets};
use promql_parser::parser::{BinModifier, BinaryExpr};

pub(crate) fn eval(
    expr: &BinaryExpr,
    lhs: Evaluated,
    rhs: Evaluated,
    grid: &Grid,
) -> Result<Evaluated> {
    let operator = Operator::of(expr.op).ok_or_else(|| Error::execution("unknown operator"))?;
    let modifier = expr.modifier.clone().unwrap_or_default();
    if modifier.fill_values != Default::default() {
        return Err(Error::execution("fill modifiers are not supported"));
    }
    let operation = match operator {
        Operator::Arithmetic(f) => Operation::Compute(f),
        Operator::Comparison(f) if modifier.return_bool => Operation::Judge(f),
        Operator::Comparison(f) => Operation::Filter(f),
        Operator::And | Operator::Or | Operator::Unless => {
            return set(operator, &modifier, lhs, rhs, grid);
        }
    };
    match (lhs, rhs) {
        (Evaluated::Scalar(lhs), Evaluated::Scalar(rhs)) => {
            let pairs = lhs.into_iter().zip(rhs);
            Ok(Evaluated::Scalar(
                pairs.map(|(l, r)| operation.apply(l, r, false)).collect(),
            ))
        }
        (Evaluated::Vector(lhs), Evaluated::Scalar(rhs)) => {
            Ok(with_scalar(operation, lhs, |step, value| {
                operation.apply(value, rhs[step], false)
            }))
        }
        (Evaluated::Scalar(lhs), Evaluated::Vector(rhs)) => {
            Ok(with_scalar(operation, rhs, |step, value| {
                operation.apply(lhs[step], value, true)
            }))
        }
        (Evaluated::Vector(lhs), Evaluated::Vector(rhs)) => {
            matching::eval(operation, &modifier, lhs, rhs, grid).map(Evaluated::Vector)
        }
        _ => Err(Error::execution("binary operator on a string")),
    }
}

fn with_scalar(
    operation: Operation,
    vector: Vec<Series>,
    f: impl Fn(usize, f64) -> f64,
) -> Evaluated {
    let apply = |mut one: Series| {
        one.drop_name |= operation.drops_name();
        one.map(&f)
    };
    Evaluated::Vector(
        vector
            .into_iter()
            .map(apply)
            .filter(Series::has_samples)
            .collect(),
    )
}

fn set(
    operator: Operator,
    modifier: &BinModifier,
    lhs: Evaluated,
    rhs: Evaluated,
    grid: &Grid,
) -> Result<Evaluated> {
    let (lhs, rhs) = (lhs.into_vector()?, rhs.into_vector()?);
    let matching = modifier.matching.as_ref();
    Ok(Evaluated::Vector(match operator {
        Operator::And => sets::and(lhs, &rhs, matching),
        Operator::Unless => sets::unless(lhs, &rhs, matching),
        _ => sets::or(lhs, rhs, matching, grid)?,
    }))
}
