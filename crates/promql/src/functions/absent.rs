//! absent and absent_over_time: a 1 where there is nothing.

use std::collections::BTreeMap;

use exposition::Labels;

use super::args::Args;
use crate::{
    METRIC_NAME,
    error::Result,
    eval::{ABSENT, Row, Series, Stream, is_absent},
    expr::{Expr, WindowOf},
    matcher::Test,
};

pub(super) fn absent<'q>(args: &Args<'q>) -> Result<Stream<'q>> {
    complement(args, args.vector(0)?)
}

pub(super) fn absent_over_time<'q>(args: &Args<'q>) -> Result<Stream<'q>> {
    let input = args.range_vector(0)?;
    let present = input.map(|windows, series| windows.slide(series, |_| 1.0));
    complement(args, present)
}

fn complement<'q>(args: &Args<'q>, input: Stream<'q>) -> Result<Stream<'q>> {
    let mut missing: Row = args.ev.constant(1.0, args.grid)?;
    for series in input {
        let series = series?;
        for (missing, value) in missing.iter_mut().zip(series.values.iter()) {
            if !is_absent(*value) {
                *missing = ABSENT;
            }
        }
    }
    let result = Series::new(labels_of_the_missing(args.expr(0)?), missing);
    let result = result.has_samples().then_some(Ok(result));
    Ok(Box::new(result.into_iter()))
}

/// What is known of the labels of a series that is not there: those that a selector demands by `=`,
/// once each.
fn labels_of_the_missing(expr: &Expr) -> Labels {
    let selection = match expr.unwrapped() {
        Expr::Selection(selection) => selection,
        Expr::Window(window) => match &window.of {
            WindowOf::Selection(selection) => selection,
            WindowOf::Subquery { .. } => return Labels::none(),
        },
        _ => return Labels::none(),
    };
    let mut known: BTreeMap<&str, Option<&str>> = BTreeMap::new();
    for matcher in &selection.matchers {
        let value = match matcher.test() {
            _ if matcher.label() == METRIC_NAME => continue,
            Test::Equal(value) => Some(&**value),
            _ => None,
        };
        let known = known.entry(matcher.label());
        known.and_modify(|known| *known = None).or_insert(value);
    }
    let known = known.into_iter();
    let pairs = known.filter_map(|(name, value)| Some((name, value?)));
    // Names that no series has are left out.
    Labels::try_new(pairs).unwrap_or_default()
}
