//! Binary expressions: scalars, vectors with scalars; two vectors go to `matching` and `sets`.

mod matching;
mod operator;
mod sets;
mod shortcut;

use std::{iter, mem};

pub(crate) use self::operator::Operator;
use self::operator::{Kind, Operation};
use crate::{
    error::{Error, Result},
    eval::{Evaluated, Evaluator, Grid, Row, Series, Stream},
    expr::{Chain, Link},
};

/// Evaluates a chain of operators from left to right.
pub(crate) fn eval<'q>(
    ev: &'q Evaluator<'q>,
    chain: &'q Chain,
    grid: Grid,
) -> Result<Evaluated<'q>> {
    let needless = shortcut::needless(ev, chain, grid)?;
    let mut lhs = match needless {
        0 => ev.eval(&chain.first, grid)?,
        _ => Evaluated::Vector(Box::new(iter::empty())),
    };
    let mut pending = Pending::default();
    for link in &chain.links[needless..] {
        if let (Kind::Set, Evaluated::Vector(vector)) = (link.operator.kind(), &mut lhs) {
            // First, since the other side may not be needed then.
            let vector = mem::replace(vector, Box::new(iter::empty()));
            let vector = mem::take(&mut pending).apply(vector);
            let vector: Vec<Series> = vector.collect::<Result<_>>()?;
            if vector.is_empty() && shortcut::needs_left(ev, link) {
                continue;
            }
            lhs = Evaluated::Vector(Box::new(vector.into_iter().map(Ok)));
        }
        let rhs = ev.eval(&link.rhs, grid)?;
        lhs = match (lhs, rhs) {
            (Evaluated::Scalar(lhs), Evaluated::Scalar(rhs)) => {
                Evaluated::Scalar(two_scalars(operation(link)?, lhs, &rhs))
            }
            (Evaluated::Vector(lhs), Evaluated::Scalar(rhs)) => {
                pending.0.push((operation(link)?, rhs));
                Evaluated::Vector(lhs)
            }
            (Evaluated::Scalar(lhs), Evaluated::Vector(rhs)) => {
                let operation = operation(link)?;
                Evaluated::Vector(Box::new(rhs.map(move |one| {
                    Ok(on_vector(one?, operation, |step, value| {
                        operation.apply(lhs[step], value, true)
                    }))
                })))
            }
            (Evaluated::Vector(lhs), Evaluated::Vector(rhs)) => {
                let lhs = mem::take(&mut pending).apply(lhs);
                Evaluated::Vector(two_vectors(ev, link, lhs, rhs, grid)?)
            }
            _ => return Err(Error::execution("binary operator on a string")),
        };
    }
    Ok(match lhs {
        Evaluated::Vector(lhs) => Evaluated::Vector(pending.apply(lhs)),
        other => other,
    })
}

/// Operators with a scalar on their right that have yet to be applied to a vector: together, since a
/// thousand streams within each other would be too deep.
#[derive(Default)]
struct Pending(Vec<(Operation, Row)>);

impl Pending {
    fn apply<'q>(self, vector: Stream<'q>) -> Stream<'q> {
        if self.0.is_empty() {
            return vector;
        }
        let applied = vector.map(move |one| {
            Ok(self.0.iter().fold(one?, |one, (operation, rhs)| {
                on_vector(one, *operation, |step, value| {
                    operation.apply(value, rhs[step], false)
                })
            }))
        });
        Box::new(applied.filter(|one| one.as_ref().map_or(true, Series::has_samples)))
    }
}

fn on_vector(mut one: Series, operation: Operation, f: impl Fn(usize, f64) -> f64) -> Series {
    one.drop_name |= operation.drops_name();
    one.map(f)
}

fn two_scalars(operation: Operation, mut lhs: Row, rhs: &Row) -> Row {
    for (left, right) in lhs.iter_mut().zip(rhs.iter()) {
        *left = operation.apply(*left, *right, false);
    }
    lhs
}

fn operation(link: &Link) -> Result<Operation> {
    Ok(match link.operator.kind() {
        Kind::Arithmetic(f) => Operation::Compute(f),
        Kind::Comparison(f) if link.judges => Operation::Judge(f),
        Kind::Comparison(f) => Operation::Filter(f),
        Kind::Set => {
            return Err(Error::execution(format!(
                "set operator {:?} not allowed in binary scalar expression",
                link.operator.symbol()
            )));
        }
    })
}

fn two_vectors<'q>(
    ev: &'q Evaluator<'q>,
    link: &Link,
    lhs: Stream<'q>,
    rhs: Stream<'q>,
    grid: Grid,
) -> Result<Stream<'q>> {
    let lhs: Vec<Series> = lhs.collect::<Result<_>>()?;
    let rhs: Vec<Series> = rhs.collect::<Result<_>>()?;
    let matching = link.matching.as_ref();
    let joined = match link.operator {
        Operator::And => sets::and(lhs, &rhs, matching),
        Operator::Unless => sets::unless(lhs, &rhs, matching),
        Operator::Or => sets::or(lhs, rhs, matching)?,
        _ => matching::eval(ev, operation(link)?, link, &lhs, &rhs, grid)?,
    };
    Ok(Box::new(joined.into_iter().map(Ok)))
}
