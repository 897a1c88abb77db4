//! The arguments of a call, evaluated when the function asks for them.

use crate::{
    error::{Error, Result},
    eval::{Evaluator, Grid, RangeVector, Row, Series, Stream},
    expr::Expr,
    queryable::Reduction,
};

pub(super) struct Args<'q> {
    pub(super) ev: &'q Evaluator<'q>,
    pub(super) exprs: &'q [Expr],
    pub(super) grid: Grid,
}

impl<'q> Args<'q> {
    pub(super) fn expr(&self, index: usize) -> Result<&'q Expr> {
        let expr = self.exprs.get(index);
        expr.ok_or_else(|| Error::execution("missing argument"))
    }

    pub(super) fn vector(&self, index: usize) -> Result<Stream<'q>> {
        self.ev.vector(self.expr(index)?, self.grid)
    }

    pub(super) fn scalar(&self, index: usize) -> Result<Row> {
        self.ev.scalar(self.expr(index)?, self.grid)
    }

    pub(super) fn text(&self, index: usize) -> Result<&'q str> {
        self.ev.text(self.expr(index)?, self.grid)
    }

    pub(super) fn texts(&self, from: usize) -> Result<Vec<&'q str>> {
        (from..self.exprs.len())
            .map(|index| self.text(index))
            .collect()
    }

    pub(super) fn range_vector(&self, index: usize) -> Result<RangeVector<'q>> {
        self.ev.range_vector(self.expr(index)?, self.grid, None)
    }

    /// The first argument, of which only that is needed.
    pub(super) fn reduced(&self, reduction: Option<Reduction>) -> Result<RangeVector<'q>> {
        self.ev.range_vector(self.expr(0)?, self.grid, reduction)
    }

    /// Applies `f` to all values of the first argument; the result is no longer the named metric.
    pub(super) fn map(&self, f: impl Fn(usize, f64) -> f64 + 'q) -> Result<Stream<'q>> {
        Ok(map_values(self.vector(0)?, f))
    }
}

/// Applies `f` to all values; the result is no longer the named metric.
pub(super) fn map_values<'q>(input: Stream<'q>, f: impl Fn(usize, f64) -> f64 + 'q) -> Stream<'q> {
    let mapped = input.map(move |one| Ok(one?.map(&f).dropping_name()));
    Box::new(mapped.filter(|one| one.as_ref().map_or(true, Series::has_samples)))
}
