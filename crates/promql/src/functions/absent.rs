//! absent and absent_over_time: a 1 where there is nothing.

use super::Args;
use crate::METRIC_NAME;
use crate::error::Result;
use crate::eval::unwrap_parens;
use crate::matcher::{Matcher, Test};
use crate::value::{ABSENT, Series, is_absent};
use exposition::Labels;
use promql_parser::parser::Expr;
use std::collections::BTreeMap;

pub(crate) fn absent(args: &Args) -> Result<Vec<Series>> {
    let input = args.vector(0)?;
    complement(args, input)
}

pub(crate) fn absent_over_time(args: &Args) -> Result<Vec<Series>> {
    let input = args.range_vector(0)?;
    complement(
        args,
        input.map(|windows, series| windows.slide(series, |_| 1.0))?,
    )
}

fn complement(args: &Args, input: Vec<Series>) -> Result<Vec<Series>> {
    let missing = |step: usize| input.iter().all(|one| is_absent(one.values[step]));
    let values = (0..args.grid.steps).map(|step| if missing(step) { 1.0 } else { ABSENT });
    let result = Series::new(labels_of_the_missing(args.expr(0)?)?, values.collect());
    Ok(if result.has_samples() {
        vec![result]
    } else {
        Vec::new()
    })
}

/// What is known of the labels of a series that is not there: those that a selector demands by
/// `=`, once each.
fn labels_of_the_missing(expr: &Expr) -> Result<Labels> {
    let selector = match unwrap_parens(expr) {
        Expr::VectorSelector(selector) => selector,
        Expr::MatrixSelector(matrix) => &matrix.vs,
        _ => return Ok(Labels::default()),
    };
    let mut known: BTreeMap<String, Option<String>> = BTreeMap::new();
    for matcher in Matcher::all_of(selector)? {
        if matcher.label() == METRIC_NAME {
            continue;
        }
        let value = match matcher.test() {
            Test::Equal(value) => Some(value.clone()),
            _ => None,
        };
        let known = known.entry(matcher.label().to_owned());
        known.and_modify(|known| *known = None).or_insert(value);
    }
    let known = known.into_iter();
    let pairs = known.filter_map(|(name, value)| Some((name, value?)));
    Ok(pairs.fold(Labels::none(), |labels, (name, value)| {
        labels.with(name, value)
    }))
}
