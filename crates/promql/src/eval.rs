//! Evaluates an expression tree: each node once, for all steps of the grid.

use crate::error::{Error, Result};
use crate::limits::Limits;
use crate::meter::Meter;
use crate::queryable::Queryable;
use crate::timing::Span;
use crate::value::{Evaluated, Grid, Series};
use crate::{aggregate, binary, functions, instant};
use promql_parser::parser::{BinaryExpr, Expr};

/// All that a node needs besides its expression and its grid.
pub(crate) struct Evaluator<'a> {
    pub(crate) store: &'a dyn Queryable,
    pub(crate) limits: &'a Limits,
    pub(crate) meter: Meter,
    pub(crate) query: Span,
}

impl Evaluator<'_> {
    pub(crate) fn eval(&self, expr: &Expr, grid: &Grid) -> Result<Evaluated> {
        self.meter.charge(grid.steps)?;
        match expr {
            Expr::Paren(paren) => self.eval(&paren.expr, grid),
            Expr::NumberLiteral(number) => Ok(Evaluated::Scalar(vec![number.val; grid.steps])),
            Expr::StringLiteral(text) => Ok(Evaluated::Text(text.val.clone())),
            Expr::VectorSelector(vs) => {
                instant::latest_values(self, vs, grid).map(Evaluated::Vector)
            }
            Expr::Unary(unary) => self.eval(&unary.expr, grid).map(negate),
            Expr::Binary(chain) => self.eval_chain(chain, grid),
            Expr::Aggregate(aggregation) => {
                aggregate::eval(self, aggregation, grid).map(Evaluated::Vector)
            }
            Expr::Call(call) => functions::eval(self, call, grid),
            Expr::MatrixSelector(_) | Expr::Subquery(_) => Err(Error::execution(
                "a range vector must be the argument of a function",
            )),
            Expr::Extension(_) => Err(Error::execution("unsupported expression")),
        }
    }

    /// Operators of one precedence lean left, a thousand deep at worst: walked in a loop, because
    /// recursion would take the whole stack of a worker thread.
    fn eval_chain(&self, chain: &BinaryExpr, grid: &Grid) -> Result<Evaluated> {
        let mut pending = vec![chain];
        let mut leftmost = &*chain.lhs;
        while let Expr::Binary(inner) = leftmost {
            pending.push(inner);
            leftmost = &*inner.lhs;
        }
        let mut value = self.eval(leftmost, grid)?;
        while let Some(operation) = pending.pop() {
            let rhs = self.eval(&operation.rhs, grid)?;
            value = binary::eval(operation, value, rhs, grid)?;
            if let Evaluated::Vector(series) = &value {
                self.meter.charge(series.len() * grid.steps)?;
            }
        }
        Ok(value)
    }

    pub(crate) fn eval_vector(&self, expr: &Expr, grid: &Grid) -> Result<Vec<Series>> {
        self.eval(expr, grid)?.into_vector()
    }

    pub(crate) fn eval_scalar(&self, expr: &Expr, grid: &Grid) -> Result<Vec<f64>> {
        self.eval(expr, grid)?.into_scalar()
    }

    pub(crate) fn eval_text(&self, expr: &Expr, grid: &Grid) -> Result<String> {
        self.eval(expr, grid)?.into_text()
    }
}

fn negate(value: Evaluated) -> Evaluated {
    match value {
        Evaluated::Scalar(values) => Evaluated::Scalar(values.into_iter().map(|v| -v).collect()),
        Evaluated::Vector(series) => Evaluated::Vector(
            series
                .into_iter()
                .map(|one| one.map(|_, v| -v).dropping_name())
                .collect(),
        ),
        text => text,
    }
}

/// The expression without the brackets around it.
pub(crate) fn unwrap_parens(mut expr: &Expr) -> &Expr {
    while let Expr::Paren(paren) = expr {
        expr = &paren.expr;
    }
    expr
}
