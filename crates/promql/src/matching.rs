//! Vector matching: which series of the two sides of an operator belong together.
//!
//! The groups are found once per query. Per step only presence can differ, so the duplicate
//! checks compare presence: two series of one group may take turns, but may not meet.

use crate::METRIC_NAME;
use crate::error::{Error, Result};
use crate::labels::{match_group, series_text, value};
use crate::operators::Operation;
use crate::sets::Union;
use crate::value::{ABSENT, Grid, Series, is_absent};
use exposition::Labels;
use promql_parser::parser::{BinModifier, LabelModifier, VectorMatchCardinality as Card};
use std::collections::{BTreeMap, HashMap};

/// What must be equal for two series to match.
pub(crate) fn signature(labels: &Labels, matching: Option<&LabelModifier>) -> Labels {
    match matching {
        None => labels.without(METRIC_NAME),
        Some(LabelModifier::Include(on)) => {
            labels.keeping(|name| on.labels.iter().any(|l| l == name))
        }
        Some(LabelModifier::Exclude(ignored)) => labels
            .without(METRIC_NAME)
            .keeping(|name| !ignored.labels.iter().any(|l| l == name)),
    }
}

pub(crate) fn eval(
    operation: Operation,
    modifier: &BinModifier,
    lhs: Vec<Series>,
    rhs: Vec<Series>,
    grid: &Grid,
) -> Result<Vec<Series>> {
    let join = Join {
        operation,
        modifier,
        swapped: matches!(modifier.card, Card::OneToMany(_)),
        grid,
    };
    let (many, one) = if join.swapped { (rhs, lhs) } else { (lhs, rhs) };
    let mut ones: HashMap<Labels, Vec<&Series>> = HashMap::new();
    for series in &one {
        ones.entry(join.signature(series)).or_default().push(series);
    }
    for (group, members) in &ones {
        join.require_one(group, members, &many)?;
    }
    // Ordered, so that equal queries answer in equal order.
    let mut groups: BTreeMap<&Labels, Union> = BTreeMap::new();
    let mut taken: HashMap<&Labels, Vec<bool>> = HashMap::new();
    for series in &many {
        let Some((group, members)) = ones.get_key_value(&join.signature(series)) else {
            continue;
        };
        for member in members {
            let result = join.combine(series, member);
            if modifier.card == Card::OneToOne {
                let taken = taken
                    .entry(group)
                    .or_insert_with(|| vec![false; grid.steps]);
                claim(taken, &result)?;
            }
            let union = groups.entry(group).or_insert_with(|| Union::new(grid));
            union.add(result).map_err(|_| {
                Error::execution(
                    "multiple matches for labels: grouping labels must ensure unique matches",
                )
            })?;
        }
    }
    let mut all = Union::new(grid);
    for series in groups
        .into_values()
        .flat_map(|union| union.series)
        .filter(Series::has_samples)
    {
        all.add(series)?;
    }
    Ok(all.series)
}

/// Without `group_left`/`group_right`, a group yields at most one result per step.
fn claim(taken: &mut [bool], result: &Series) -> Result<()> {
    for (taken, value) in taken.iter_mut().zip(&result.values) {
        if is_absent(*value) {
            continue;
        }
        if std::mem::replace(taken, true) {
            return Err(Error::execution(
                "multiple matches for labels: many-to-one matching must be explicit (group_left/group_right)",
            ));
        }
    }
    Ok(())
}

struct Join<'a> {
    operation: Operation,
    modifier: &'a BinModifier,
    /// The left side is the "one" side.
    swapped: bool,
    grid: &'a Grid,
}

impl Join<'_> {
    fn signature(&self, series: &Series) -> Labels {
        signature(&series.labels, self.modifier.matching.as_ref())
    }

    /// Fails when two series of the "one" side meet at a step where the other side has samples.
    fn require_one(&self, group: &Labels, members: &[&Series], many: &[Series]) -> Result<()> {
        if members.len() < 2 {
            return Ok(());
        }
        let needed = |step: usize| many.iter().any(|series| !is_absent(series.values[step]));
        for step in 0..self.grid.steps {
            let mut here = members
                .iter()
                .filter(|member| !is_absent(member.values[step]));
            let (Some(first), Some(second)) = (here.next(), here.next()) else {
                continue;
            };
            if needed(step) {
                let side = if self.swapped { "left" } else { "right" };
                return Err(Error::execution(format!(
                    "found duplicate series for the match group {} on the {side} hand-side of the operation: \
                     [{}, {}];many-to-many matching not allowed: matching labels must be unique on one side",
                    match_group(group),
                    series_text(&second.labels),
                    series_text(&first.labels)
                )));
            }
        }
        Ok(())
    }

    fn combine(&self, many: &Series, one: &Series) -> Series {
        let pairs = many.values.iter().zip(&one.values);
        let values = pairs.map(|(&many, &one)| {
            if is_absent(many) || is_absent(one) {
                return ABSENT;
            }
            if self.swapped {
                self.operation.apply(one, many, false)
            } else {
                self.operation.apply(many, one, false)
            }
        });
        Series {
            values: values.collect(),
            labels: self.result_labels(&many.labels, &one.labels),
            drop_name: many.drop_name || matches!(self.operation, Operation::Judge(_)),
        }
    }

    fn result_labels(&self, many: &Labels, one: &Labels) -> Labels {
        let computed = matches!(self.operation, Operation::Compute(_));
        let mut labels = if computed {
            many.without(METRIC_NAME)
        } else {
            many.clone()
        };
        match (&self.modifier.card, &self.modifier.matching) {
            (Card::OneToOne, Some(LabelModifier::Include(on))) => {
                labels.keeping(|name| on.labels.iter().any(|l| l == name))
            }
            (Card::OneToOne, Some(LabelModifier::Exclude(ignored))) => {
                labels.keeping(|name| !ignored.labels.iter().any(|l| l == name))
            }
            (card, _) => {
                for name in card.labels().iter().flat_map(|included| &included.labels) {
                    labels = labels.with(name.as_str(), value(one, name));
                }
                labels
            }
        }
    }
}
