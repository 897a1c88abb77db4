//! Vector matching: which series of the two sides of an operator belong together.
//!
//! The groups are found once per query. Per step only presence can differ, so the duplicate checks
//! compare presence: two series of one group may take turns, but may not meet.

use std::collections::{BTreeMap, HashMap};

use exposition::Labels;

use super::operator::Operation;
use crate::{
    METRIC_NAME,
    error::{Error, Result},
    eval::{ABSENT, Evaluator, Grid, Row, Series, Union, is_absent},
    expr::{Cardinality, LabelList, Link, has},
    labels::{match_group, series_text, value},
};

/// What must be equal for two series to match.
pub(super) fn signature(labels: &Labels, matching: Option<&LabelList>) -> Labels {
    match matching {
        None => labels.without(METRIC_NAME),
        Some(list) => list.of(labels),
    }
}

pub(super) fn eval(
    ev: &Evaluator<'_>,
    operation: Operation,
    link: &Link,
    lhs: &[Series],
    rhs: &[Series],
    grid: Grid,
) -> Result<Vec<Series>> {
    let join = Join {
        ev,
        operation,
        link,
        swapped: matches!(link.cardinality, Cardinality::OneToMany(_)),
        grid,
    };
    let (many, one) = if join.swapped { (rhs, lhs) } else { (lhs, rhs) };
    let mut ones: HashMap<Labels, Vec<&Series>> = HashMap::new();
    for series in one {
        ones.entry(join.signature(series)).or_default().push(series);
    }
    join.require_ones(&ones, many)?;
    // Ordered, so that equal queries answer in equal order.
    let mut groups: BTreeMap<&Labels, Union> = BTreeMap::new();
    let mut taken: HashMap<&Labels, Vec<bool>> = HashMap::new();
    for series in many {
        let Some((group, members)) = ones.get_key_value(&join.signature(series)) else {
            continue;
        };
        for member in members {
            let result = join.combine(series, member)?;
            if link.cardinality == Cardinality::OneToOne {
                let taken = taken
                    .entry(group)
                    .or_insert_with(|| vec![false; grid.steps]);
                claim(taken, &result)?;
            }
            let union = groups.entry(group).or_default();
            union.add(result).map_err(|_| {
                Error::execution(
                    "multiple matches for labels: grouping labels must ensure unique matches",
                )
            })?;
        }
    }
    let mut all = Union::default();
    let results = groups.into_values().flat_map(|union| union.into_series());
    for series in results.filter(Series::has_samples) {
        all.add(series)?;
    }
    Ok(all.into_series())
}

/// Without `group_left`/`group_right`, a group yields at most one result per step.
fn claim(taken: &mut [bool], result: &Series) -> Result<()> {
    for (taken, value) in taken.iter_mut().zip(result.values.iter()) {
        if is_absent(*value) {
            continue;
        }
        if std::mem::replace(taken, true) {
            return Err(Error::execution(
                "multiple matches for labels: many-to-one matching must be explicit \
                 (group_left/group_right)",
            ));
        }
    }
    Ok(())
}

struct Join<'a> {
    ev: &'a Evaluator<'a>,
    operation: Operation,
    link: &'a Link,
    /// The left side is the "one" side.
    swapped: bool,
    grid: Grid,
}

impl Join<'_> {
    fn signature(&self, series: &Series) -> Labels {
        signature(&series.labels, self.link.matching.as_ref())
    }

    /// Fails when two series of the "one" side meet at a step where the other side has samples.
    fn require_ones(&self, ones: &HashMap<Labels, Vec<&Series>>, many: &[Series]) -> Result<()> {
        let several = ones.iter().filter(|(_, members)| members.len() > 1);
        let mut several: Vec<_> = several.collect();
        if several.is_empty() {
            return Ok(());
        }
        // Ordered, so that the error is the same each time.
        several.sort_by_key(|(group, _)| *group);
        let mut needed = vec![false; self.grid.steps];
        for series in many {
            for (needed, value) in needed.iter_mut().zip(series.values.iter()) {
                *needed |= !is_absent(*value);
            }
        }
        let mut seen: Vec<Option<&Series>> = Vec::new();
        for (group, members) in several {
            self.ev.meter.watch().check()?;
            seen.clear();
            seen.resize(self.grid.steps, None);
            for member in members {
                for (step, value) in member.values.iter().enumerate() {
                    if is_absent(*value) || !needed[step] {
                        continue;
                    }
                    if let Some(first) = seen[step].replace(member) {
                        return Err(self.duplicate(group, first, member));
                    }
                }
            }
        }
        Ok(())
    }

    fn duplicate(&self, group: &Labels, first: &Series, second: &Series) -> Error {
        let side = if self.swapped { "left" } else { "right" };
        Error::execution(format!(
            "found duplicate series for the match group {} on the {side} hand-side of the \
             operation: [{}, {}];many-to-many matching not allowed: matching labels must be unique \
             on one side",
            match_group(group),
            series_text(&second.labels),
            series_text(&first.labels)
        ))
    }

    fn combine(&self, many: &Series, one: &Series) -> Result<Series> {
        let pairs = many.values.iter().zip(one.values.iter());
        let values = pairs.map(|(&many, &one)| {
            if is_absent(many) || is_absent(one) {
                ABSENT
            } else if self.swapped {
                self.operation.apply(one, many, false)
            } else {
                self.operation.apply(many, one, false)
            }
        });
        Ok(Series {
            values: Row::collect(&self.ev.meter, values)?,
            labels: self.result_labels(&many.labels, &one.labels),
            drop_name: many.drop_name || matches!(self.operation, Operation::Judge(_)),
        })
    }

    fn result_labels(&self, many: &Labels, one: &Labels) -> Labels {
        let mut labels = match self.operation {
            Operation::Compute(_) => many.without(METRIC_NAME),
            _ => many.clone(),
        };
        match (&self.link.cardinality, &self.link.matching) {
            (Cardinality::OneToOne, None) => labels,
            (Cardinality::OneToOne, Some(LabelList::Only(on))) => {
                labels.keeping(|name| has(on, name))
            }
            (Cardinality::OneToOne, Some(LabelList::AllBut(ignored))) => {
                labels.keeping(|name| !has(ignored, name))
            }
            (Cardinality::ManyToOne(included) | Cardinality::OneToMany(included), _) => {
                for name in included {
                    labels = labels.with(name.as_str(), value(one, name));
                }
                labels
            }
        }
    }
}
