//! Aggregations of which a step needs no more than what came so far.

use std::{collections::HashMap, mem::size_of};

use exposition::Labels;

use super::grouping_labels;
use crate::{
    error::Result,
    eval::{ABSENT, Evaluator, Grid, Row, Series, Stream, is_absent},
    expr::LabelList,
};

/// Folds series into one per group.
pub(super) struct Folder<'q> {
    pub(super) ev: &'q Evaluator<'q>,
    pub(super) by: Option<&'q LabelList>,
    pub(super) grid: Grid,
}

/// What has been folded so far.
struct Group<A> {
    labels: Labels,
    drop_name: bool,
    /// Per step, and whether there was a sample.
    cells: Vec<(bool, A)>,
    _hold: crate::eval::Hold,
}

impl<'q> Folder<'q> {
    /// `add` takes in each present value of a step, `done` ends it.
    pub(super) fn fold<A: Default + Clone>(
        &self,
        input: Stream<'q>,
        add: impl Fn(&mut A, f64),
        done: impl Fn(A) -> f64,
    ) -> Result<Stream<'q>> {
        let mut groups: Vec<Group<A>> = Vec::new();
        let mut index: HashMap<Labels, usize> = HashMap::new();
        for series in input {
            let series = series?;
            let labels = grouping_labels(&series.labels, self.by);
            let at = match index.get(&labels) {
                Some(at) => *at,
                None => {
                    index.insert(labels.clone(), groups.len());
                    groups.push(self.group(labels)?);
                    groups.len() - 1
                }
            };
            let group = &mut groups[at];
            group.drop_name |= series.drop_name;
            for ((seen, cell), value) in group.cells.iter_mut().zip(series.values.iter()) {
                if !is_absent(*value) {
                    *seen = true;
                    add(cell, *value);
                }
            }
        }
        let mut folded = Vec::with_capacity(groups.len());
        for group in groups {
            let cells = group.cells.into_iter();
            let values = cells.map(|(seen, cell)| if seen { done(cell) } else { ABSENT });
            let row = Row::collect(&self.ev.meter, values)?;
            folded.push(Ok(Series {
                labels: group.labels,
                drop_name: group.drop_name,
                values: row,
            }));
        }
        Ok(Box::new(folded.into_iter()))
    }

    /// The value that beats all others; NaN only where there is nothing else.
    pub(super) fn extreme(
        &self,
        input: Stream<'q>,
        beats: impl Fn(f64, f64) -> bool,
    ) -> Result<Stream<'q>> {
        let take = |best: &mut Option<f64>, value: f64| {
            if best.is_none_or(|old| old.is_nan() || beats(value, old)) {
                *best = Some(value);
            }
        };
        self.fold(input, take, |best| best.unwrap_or(ABSENT))
    }

    fn group<A: Default + Clone>(&self, labels: Labels) -> Result<Group<A>> {
        let steps = self.grid.steps;
        let samples = steps * size_of::<(bool, A)>().div_ceil(size_of::<f64>());
        Ok(Group {
            _hold: self.ev.meter.hold(samples)?,
            labels,
            drop_name: false,
            cells: vec![Default::default(); steps],
        })
    }
}
