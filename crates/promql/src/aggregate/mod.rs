//! Aggregations: what can be folded is folded as series come in; what needs all values of a step
//! together is in `ranking`, what picks some of the series in `limit`.

mod fold;
mod limit;
mod ranking;

use exposition::Labels;

use crate::{
    error::{Error, Result},
    eval::{Evaluator, Grid, Row, Stream},
    expr::{Aggregation, Aggregator, LabelList},
    sum::{KahanSum, Mean, Variance},
};

pub(crate) use ranking::{ascending, descending};

pub(crate) fn eval<'q>(
    ev: &'q Evaluator<'q>,
    aggregation: &'q Aggregation,
    grid: Grid,
) -> Result<Stream<'q>> {
    let by = aggregation.grouping.as_ref();
    let operator = aggregation.operator;
    match operator {
        Aggregator::TopK => {
            let k = parameter(ev, aggregation, grid)?;
            let input = ev.vector(&aggregation.input, grid)?;
            return ranking::top(input, by, &k, descending);
        }
        Aggregator::BottomK => {
            let k = parameter(ev, aggregation, grid)?;
            let input = ev.vector(&aggregation.input, grid)?;
            return ranking::top(input, by, &k, ascending);
        }
        Aggregator::Quantile => {
            let phi = parameter(ev, aggregation, grid)?;
            let input = ev.vector(&aggregation.input, grid)?;
            return ranking::quantile(ev, input, by, &phi);
        }
        Aggregator::CountValues => {
            let label = ev.text(parameter_expr(aggregation)?, grid)?;
            let input = ev.vector(&aggregation.input, grid)?;
            return ranking::count_values(ev, input, by, label, grid);
        }
        Aggregator::LimitK => {
            let k = parameter(ev, aggregation, grid)?;
            let input = ev.vector(&aggregation.input, grid)?;
            return limit::first(input, by, &k);
        }
        Aggregator::LimitRatio => {
            let ratio = parameter(ev, aggregation, grid)?;
            let input = ev.vector(&aggregation.input, grid)?;
            return limit::ratio(ev, input, ratio);
        }
        _ => {}
    }
    let input = ev.vector(&aggregation.input, grid)?;
    let folder = fold::Folder { ev, by, grid };
    match operator {
        Aggregator::Sum => folder.fold(input, KahanSum::add, KahanSum::value),
        Aggregator::Avg => folder.fold(input, Mean::add, Mean::value),
        Aggregator::Count => folder.fold(input, |count: &mut f64, _| *count += 1.0, |count| count),
        Aggregator::Group => folder.fold(input, |_: &mut (), _| (), |()| 1.0),
        Aggregator::Min => folder.extreme(input, |new, old| new < old),
        Aggregator::Max => folder.extreme(input, |new, old| new > old),
        Aggregator::Stdvar => folder.fold(input, Variance::add, Variance::value),
        _ => folder.fold(input, Variance::add, |variance| variance.value().sqrt()),
    }
}

fn parameter_expr(aggregation: &Aggregation) -> Result<&crate::expr::Expr> {
    let parameter = aggregation.parameter.as_ref();
    parameter.ok_or_else(|| Error::execution("missing parameter"))
}

fn parameter<'q>(ev: &'q Evaluator<'q>, aggregation: &'q Aggregation, grid: Grid) -> Result<Row> {
    ev.scalar(parameter_expr(aggregation)?, grid)
}

/// The labels that the series of a group share.
fn grouping_labels(labels: &Labels, by: Option<&LabelList>) -> Labels {
    by.map_or_else(Labels::none, |list| list.of(labels))
}
