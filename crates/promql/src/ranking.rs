//! Aggregations that need all values of a step together: topk, bottomk, quantile, count_values.

use crate::aggregate::{Group, grouping_labels};
use crate::error::{Error, Result};
use crate::sum;
use crate::value::{ABSENT, Series, is_absent};
use exposition::{Labels, is_label_name};
use promql_parser::parser::LabelModifier;
use std::cmp::Ordering;
use std::collections::BTreeMap;

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
pub(crate) fn top(
    groups: Vec<Group>,
    k: &[f64],
    order: fn(f64, f64) -> Ordering,
) -> Result<Vec<Series>> {
    let k = k
        .iter()
        .map(|k| whole_number(*k))
        .collect::<Result<Vec<usize>>>()?;
    let mut kept = Vec::new();
    for mut group in groups {
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
        group
            .members
            .sort_by(|a, b| order(a.values[0], b.values[0]));
        kept.extend(group.members.into_iter().filter(Series::has_samples));
    }
    Ok(kept)
}

fn whole_number(k: f64) -> Result<usize> {
    if k.is_nan() || k.abs() >= i64::MAX as f64 {
        return Err(Error::execution(format!(
            "Scalar value {k} overflows int64"
        )));
    }
    Ok(k.max(0.0) as usize)
}

pub(crate) fn quantile(groups: Vec<Group>, phi: &[f64]) -> Vec<Series> {
    let mut column = Vec::new();
    let rows = groups.into_iter().map(|group| {
        let cell = |(step, phi): (usize, &f64)| {
            column.clear();
            column.extend(
                group
                    .members
                    .iter()
                    .map(|one| one.values[step])
                    .filter(|value| !is_absent(*value)),
            );
            if column.is_empty() {
                ABSENT
            } else {
                sum::quantile(*phi, &mut column)
            }
        };
        let values = phi.iter().enumerate().map(cell).collect();
        Series {
            values,
            labels: group.labels,
            drop_name: group.drop_name,
        }
    });
    rows.collect()
}

/// One series per group and distinct value, the value in a label.
pub(crate) fn count_values(
    input: Vec<Series>,
    by: Option<&LabelModifier>,
    label: &str,
    steps: usize,
) -> Result<Vec<Series>> {
    if !is_label_name(label) {
        return Err(Error::execution(format!("invalid label name {label:?}")));
    }
    let mut counts: BTreeMap<Labels, Vec<f64>> = BTreeMap::new();
    for series in &input {
        let group = grouping_labels(&series.labels, by);
        for (step, value) in series
            .values
            .iter()
            .enumerate()
            .filter(|(_, value)| !is_absent(**value))
        {
            let row = counts
                .entry(group.with(label, number_text(*value)))
                .or_insert_with(|| vec![ABSENT; steps]);
            row[step] = if is_absent(row[step]) {
                1.0
            } else {
                row[step] + 1.0
            };
        }
    }
    Ok(counts
        .into_iter()
        .map(|(labels, values)| Series::new(labels, values))
        .collect())
}

/// A number as Prometheus writes it: shortest digits that read back equal, no exponent.
pub(crate) fn number_text(value: f64) -> String {
    match value {
        f64::INFINITY => "+Inf".into(),
        f64::NEG_INFINITY => "-Inf".into(),
        value if value.is_nan() => "NaN".into(),
        value => value.to_string(),
    }
}
