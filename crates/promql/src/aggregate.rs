//! Aggregations: series are grouped once, then each group is folded row by row.

use crate::METRIC_NAME;
use crate::error::{Error, Result};
use crate::eval::Evaluator;
use crate::ranking;
use crate::sum::{self, KahanSum, Variance};
use crate::value::{ABSENT, Grid, Series, is_absent};
use exposition::Labels;
use promql_parser::parser::token::*;
use promql_parser::parser::{AggregateExpr, Expr, LabelModifier};
use std::collections::HashMap;

/// The series that share their grouping labels.
pub(crate) struct Group {
    pub(crate) labels: Labels,
    pub(crate) drop_name: bool,
    pub(crate) members: Vec<Series>,
}

pub(crate) fn eval(
    ev: &Evaluator,
    aggregation: &AggregateExpr,
    grid: &Grid,
) -> Result<Vec<Series>> {
    let by = aggregation.modifier.as_ref();
    let input = ev.eval_vector(&aggregation.expr, grid)?;
    let parameter = || {
        aggregation
            .param
            .as_deref()
            .ok_or_else(|| Error::execution("missing parameter"))
    };
    let scalar = |expr: &Expr| ev.eval_scalar(expr, grid);
    let steps = grid.steps;
    let fold: fn(&[Series], usize) -> Vec<f64> = match aggregation.op.id() {
        T_TOPK => {
            return ranking::top(
                group(input, by),
                &scalar(parameter()?)?,
                ranking::descending,
            );
        }
        T_BOTTOMK => {
            return ranking::top(group(input, by), &scalar(parameter()?)?, ranking::ascending);
        }
        T_QUANTILE => return Ok(ranking::quantile(group(input, by), &scalar(parameter()?)?)),
        T_COUNT_VALUES => {
            let label = ev.eval_text(parameter()?, grid)?;
            return ranking::count_values(input, by, &label, steps);
        }
        T_SUM => |members, steps| fold(members, steps, KahanSum::add, |_, sum| sum.value()),
        T_AVG => average,
        T_COUNT => |members, steps| {
            fold(
                members,
                steps,
                |count: &mut f64, _| *count += 1.0,
                |_, count| count,
            )
        },
        T_GROUP => |members, steps| fold(members, steps, |_: &mut (), _| (), |_, ()| 1.0),
        T_MIN => |members, steps| extreme(members, steps, |new, old| new < old),
        T_MAX => |members, steps| extreme(members, steps, |new, old| new > old),
        T_STDVAR => |members, steps| fold(members, steps, Variance::add, |_, v| v.value()),
        T_STDDEV => |members, steps| fold(members, steps, Variance::add, |_, v| v.value().sqrt()),
        _ => {
            return Err(Error::execution(format!(
                "aggregation {} is not supported",
                aggregation.op
            )));
        }
    };
    let groups = group(input, by);
    ev.meter.charge(groups.len() * steps)?;
    let folded = groups.into_iter().map(|group| Series {
        values: fold(&group.members, steps),
        labels: group.labels,
        drop_name: group.drop_name,
    });
    Ok(folded.collect())
}

pub(crate) fn grouping_labels(labels: &Labels, by: Option<&LabelModifier>) -> Labels {
    match by {
        None => Labels::default(),
        Some(LabelModifier::Include(kept)) => {
            labels.keeping(|name| kept.labels.iter().any(|l| l == name))
        }
        Some(LabelModifier::Exclude(removed)) => labels
            .without(METRIC_NAME)
            .keeping(|name| !removed.labels.iter().any(|l| l == name)),
    }
}

/// The groups in order of first appearance.
pub(crate) fn group(input: Vec<Series>, by: Option<&LabelModifier>) -> Vec<Group> {
    let mut groups: Vec<Group> = Vec::new();
    let mut index: HashMap<Labels, usize> = HashMap::new();
    for series in input {
        let labels = grouping_labels(&series.labels, by);
        let at = *index.entry(labels).or_insert_with_key(|labels| {
            groups.push(Group {
                labels: labels.clone(),
                drop_name: false,
                members: Vec::new(),
            });
            groups.len() - 1
        });
        groups[at].drop_name |= series.drop_name;
        groups[at].members.push(series);
    }
    groups
}

/// Folds the members into one row: `add` takes in each present value of a step, `done` ends it.
fn fold<A: Default + Clone>(
    members: &[Series],
    steps: usize,
    add: impl Fn(&mut A, f64),
    done: impl Fn(usize, A) -> f64,
) -> Vec<f64> {
    let mut cells: Vec<(bool, A)> = vec![Default::default(); steps];
    for series in members {
        for ((seen, cell), value) in cells.iter_mut().zip(&series.values) {
            if !is_absent(*value) {
                *seen = true;
                add(cell, *value);
            }
        }
    }
    let finished = cells.into_iter().enumerate();
    finished
        .map(|(step, (seen, cell))| if seen { done(step, cell) } else { ABSENT })
        .collect()
}

/// A sum and a count per step; the rare step whose sum overflows is done again with care.
fn average(members: &[Series], steps: usize) -> Vec<f64> {
    let add = |(sum, count): &mut (KahanSum, f64), value: f64| {
        sum.add(value);
        *count += 1.0;
    };
    fold(members, steps, add, |step, (sum, count)| {
        let sum = sum.value();
        if sum.is_finite() {
            return sum / count;
        }
        sum::mean(
            members
                .iter()
                .map(|series| series.values[step])
                .filter(|value| !is_absent(*value)),
        )
    })
}

/// The value that beats all others; NaN only when there is nothing else.
fn extreme(members: &[Series], steps: usize, beats: fn(f64, f64) -> bool) -> Vec<f64> {
    let take = |best: &mut Option<f64>, value: f64| {
        if best.is_none_or(|old| old.is_nan() || beats(value, old)) {
            *best = Some(value);
        }
    };
    fold(members, steps, take, |_, best| best.unwrap_or(ABSENT))
}
