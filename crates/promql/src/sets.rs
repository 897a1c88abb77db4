//! `and`, `or` and `unless`, decided per step by which match groups have a sample there.

use crate::error::{Error, Result};
use crate::matching::signature;
use crate::value::{ABSENT, Grid, Series, is_absent};
use exposition::Labels;
use promql_parser::parser::LabelModifier;
use std::collections::HashMap;

/// Per match group, at which steps any of its series has a sample.
struct Presence(HashMap<Labels, Vec<bool>>);

impl Presence {
    fn of(series: &[Series], matching: Option<&LabelModifier>) -> Self {
        let mut groups: HashMap<Labels, Vec<bool>> = HashMap::new();
        for one in series {
            let steps = groups
                .entry(signature(&one.labels, matching))
                .or_insert_with(|| vec![false; one.values.len()]);
            for (present, value) in steps.iter_mut().zip(&one.values) {
                *present |= !is_absent(*value);
            }
        }
        Presence(groups)
    }

    /// Keeps the samples of a series at the steps where its group is present (or is not).
    fn filter(&self, series: Series, matching: Option<&LabelModifier>, wanted: bool) -> Series {
        match self.0.get(&signature(&series.labels, matching)) {
            Some(steps) => {
                series.map(|step, value| if steps[step] == wanted { value } else { ABSENT })
            }
            None if wanted => series.map(|_, _| ABSENT),
            None => series,
        }
    }

    fn filter_all(
        &self,
        series: Vec<Series>,
        matching: Option<&LabelModifier>,
        wanted: bool,
    ) -> Vec<Series> {
        let filtered = series
            .into_iter()
            .map(|one| self.filter(one, matching, wanted));
        filtered.filter(Series::has_samples).collect()
    }
}

pub(crate) fn and(
    lhs: Vec<Series>,
    rhs: &[Series],
    matching: Option<&LabelModifier>,
) -> Vec<Series> {
    Presence::of(rhs, matching).filter_all(lhs, matching, true)
}

pub(crate) fn unless(
    lhs: Vec<Series>,
    rhs: &[Series],
    matching: Option<&LabelModifier>,
) -> Vec<Series> {
    Presence::of(rhs, matching).filter_all(lhs, matching, false)
}

pub(crate) fn or(
    lhs: Vec<Series>,
    rhs: Vec<Series>,
    matching: Option<&LabelModifier>,
    grid: &Grid,
) -> Result<Vec<Series>> {
    let extra = Presence::of(&lhs, matching).filter_all(rhs, matching, false);
    let mut union = Union::new(grid);
    for one in lhs.into_iter().chain(extra) {
        union.add(one)?;
    }
    Ok(union.series)
}

/// Collects series; those with the same labels become one, unless they meet at a step.
pub(crate) struct Union {
    pub(crate) series: Vec<Series>,
    index: HashMap<(Labels, bool), usize>,
    steps: usize,
}

impl Union {
    pub(crate) fn new(grid: &Grid) -> Self {
        Union {
            series: Vec::new(),
            index: HashMap::new(),
            steps: grid.steps,
        }
    }

    pub(crate) fn add(&mut self, added: Series) -> Result<()> {
        debug_assert_eq!(added.values.len(), self.steps);
        let key = (added.labels.clone(), added.drop_name);
        let Some(&at) = self.index.get(&key) else {
            self.index.insert(key, self.series.len());
            self.series.push(added);
            return Ok(());
        };
        for (cell, value) in self.series[at].values.iter_mut().zip(added.values) {
            if is_absent(value) {
                continue;
            }
            if !is_absent(*cell) {
                return Err(Error::same_labels());
            }
            *cell = value;
        }
        Ok(())
    }
}
