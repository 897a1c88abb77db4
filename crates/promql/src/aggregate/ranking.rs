//! Aggregations that need all values of a step together: topk, bottomk, quantile, count_values.

use std::{
    cmp::Ordering,
    collections::{BTreeMap, HashMap},
};

use exposition::{Labels, is_label_name};

use super::grouping_labels;
use crate::{
    error::{Error, Result},
    eval::{ABSENT, Evaluator, Grid, Pace, Row, Series, Stream, is_absent},
    expr::LabelList,
    labels::{plain_number, short_number},
    sum,
};

/// The series that share their grouping labels.
struct Group {
    labels: Labels,
    drop_name: bool,
    members: Vec<Series>,
}

/// The groups in order of first appearance.
fn group(input: Stream<'_>, by: Option<&LabelList>) -> Result<Vec<Group>> {
    let mut groups: Vec<Group> = Vec::new();
    let mut index: HashMap<Labels, usize> = HashMap::new();
    for series in input {
        let series = series?;
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
    Ok(groups)
}

/// Smallest first, NaN last.
pub(crate) fn ascending(a: f64, b: f64) -> Ordering {
    a.partial_cmp(&b)
        .unwrap_or_else(|| a.is_nan().cmp(&b.is_nan()))
}

/// Largest first, NaN last.
pub(crate) fn descending(a: f64, b: f64) -> Ordering {
    b.partial_cmp(&a)
        .unwrap_or_else(|| a.is_nan().cmp(&b.is_nan()))
}

/// Keeps, per group and step, the first `k` samples in the given order.
pub(super) fn top<'q>(
    input: Stream<'q>,
    by: Option<&LabelList>,
    k: &[f64],
    order: fn(f64, f64) -> Ordering,
) -> Result<Stream<'q>> {
    let k = whole_numbers(k)?;
    let mut kept = Vec::new();
    for mut group in group(input, by)? {
        let mut ranks: Vec<usize> = Vec::new();
        for (step, k) in k.iter().enumerate() {
            let value = |i: usize| group.members[i].values[step];
            ranks.clear();
            ranks.extend((0..group.members.len()).filter(|i| !is_absent(value(*i))));
            if *k >= ranks.len() {
                continue;
            }
            // Equal values keep the order of their series.
            ranks.select_nth_unstable_by(*k, |a, b| order(value(*a), value(*b)).then(a.cmp(b)));
            for loser in &ranks[*k..] {
                group.members[*loser].values[step] = ABSENT;
            }
        }
        // The order of an instant query's answer is part of the answer.
        group.members.retain(Series::has_samples);
        if k.len() == 1 {
            let first = |series: &Series| series.values[0];
            group.members.sort_by(|a, b| order(first(a), first(b)));
        }
        kept.extend(group.members);
    }
    Ok(Box::new(kept.into_iter().map(Ok)))
}

/// What counts series: below 1 none, and too much is an error.
pub(super) fn whole_numbers(numbers: &[f64]) -> Result<Vec<usize>> {
    let whole = |number: &f64| {
        if number.is_nan() || number.abs() >= i64::MAX as f64 {
            let number = short_number(*number);
            return Err(Error::execution(format!(
                "Scalar value {number} overflows int64"
            )));
        }
        Ok(number.max(0.0) as usize)
    };
    numbers.iter().map(whole).collect()
}

pub(super) fn quantile<'q>(
    ev: &'q Evaluator<'q>,
    input: Stream<'q>,
    by: Option<&LabelList>,
    phi: &[f64],
) -> Result<Stream<'q>> {
    for phi in phi.iter().filter(|phi| !(0.0..=1.0).contains(*phi)) {
        ev.notes.quantile(*phi);
    }
    let mut pace = Pace::of(&ev.meter);
    let mut rows = Vec::new();
    let mut column = Vec::new();
    for group in group(input, by)? {
        let hold = ev.meter.hold(phi.len())?;
        let mut cells = Vec::with_capacity(phi.len());
        for (step, phi) in phi.iter().enumerate() {
            pace.work(8 * group.members.len())?;
            column.clear();
            let values = group.members.iter().map(|one| one.values[step]);
            column.extend(values.filter(|value| !is_absent(*value)));
            cells.push(if column.is_empty() {
                ABSENT
            } else {
                sum::quantile(*phi, &mut column)
            });
        }
        rows.push(Ok(Series {
            values: Row::new(hold, cells),
            labels: group.labels,
            drop_name: group.drop_name,
        }));
    }
    Ok(Box::new(rows.into_iter()))
}

/// One series per group and distinct value, the value in a label.
pub(super) fn count_values<'q>(
    ev: &'q Evaluator<'q>,
    input: Stream<'q>,
    by: Option<&LabelList>,
    label: &str,
    grid: Grid,
) -> Result<Stream<'q>> {
    if !is_label_name(label) {
        return Err(Error::execution(format!("invalid label name {label:?}")));
    }
    let mut counts: BTreeMap<Labels, Row> = BTreeMap::new();
    for series in input {
        let series = series?;
        // Where it is one of the grouping labels, the value takes its place.
        let group = grouping_labels(&series.labels, by);
        let mut known: HashMap<u64, Labels> = HashMap::new();
        for (step, value) in series.values.iter().enumerate() {
            if is_absent(*value) {
                continue;
            }
            let labels = known.entry(value.to_bits());
            let labels = labels.or_insert_with(|| group.with(label, plain_number(*value)));
            let row = match counts.get_mut(labels) {
                Some(row) => row,
                None => counts
                    .entry(labels.clone())
                    .or_insert(ev.constant(ABSENT, grid)?),
            };
            let count = &mut row[step];
            *count = if is_absent(*count) { 1.0 } else { *count + 1.0 };
        }
    }
    let rows = counts.into_iter();
    Ok(Box::new(
        rows.map(|(labels, row)| Ok(Series::new(labels, row))),
    ))
}
