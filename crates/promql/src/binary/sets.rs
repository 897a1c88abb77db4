//! `and`, `or` and `unless`, decided per step by which match groups have a sample there.

use std::collections::HashMap;

use exposition::Labels;

use super::matching::signature;
use crate::{
    error::Result,
    eval::{ABSENT, Series, Union, is_absent},
    expr::LabelList,
};

/// Per match group, at which steps any of its series has a sample.
struct Presence(HashMap<Labels, Vec<bool>>);

impl Presence {
    fn of(series: &[Series], matching: Option<&LabelList>) -> Self {
        let mut groups: HashMap<Labels, Vec<bool>> = HashMap::new();
        for one in series {
            let group = groups.entry(signature(&one.labels, matching));
            let steps = group.or_insert_with(|| vec![false; one.values.len()]);
            for (present, value) in steps.iter_mut().zip(one.values.iter()) {
                *present |= !is_absent(*value);
            }
        }
        Presence(groups)
    }

    /// Keeps the samples of a series at the steps where its group is present (or is not).
    fn filter(&self, series: Series, matching: Option<&LabelList>, wanted: bool) -> Series {
        match self.0.get(&signature(&series.labels, matching)) {
            Some(steps) => series.map(
                |step, value| {
                    if steps[step] == wanted { value } else { ABSENT }
                },
            ),
            None if wanted => series.map(|_, _| ABSENT),
            None => series,
        }
    }

    fn filter_all(
        &self,
        series: Vec<Series>,
        matching: Option<&LabelList>,
        wanted: bool,
    ) -> Vec<Series> {
        let filtered = series
            .into_iter()
            .map(|one| self.filter(one, matching, wanted));
        filtered.filter(Series::has_samples).collect()
    }
}

pub(super) fn and(lhs: Vec<Series>, rhs: &[Series], matching: Option<&LabelList>) -> Vec<Series> {
    Presence::of(rhs, matching).filter_all(lhs, matching, true)
}

pub(super) fn unless(
    lhs: Vec<Series>,
    rhs: &[Series],
    matching: Option<&LabelList>,
) -> Vec<Series> {
    Presence::of(rhs, matching).filter_all(lhs, matching, false)
}

pub(super) fn or(
    lhs: Vec<Series>,
    rhs: Vec<Series>,
    matching: Option<&LabelList>,
) -> Result<Vec<Series>> {
    let extra = Presence::of(&lhs, matching).filter_all(rhs, matching, false);
    let mut union = Union::default();
    for one in lhs.into_iter().chain(extra) {
        union.add(one)?;
    }
    Ok(union.into_series())
}
