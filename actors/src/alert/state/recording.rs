//! Rules that make series.

use std::collections::HashSet;

use promql::{METRIC_NAME, Sample};

use super::context::Context;
use super::rule::{RuleState, WrittenSample, stale};
use crate::alert::rules::Recording;

impl RuleState {
    /// Writes what the expression yielded under the rule's name, and ends what it no longer yields.
    pub(super) fn record(
        &mut self,
        recording: &Recording,
        yielded: Vec<Sample>,
        context: &Context,
        samples: &mut Vec<WrittenSample>,
    ) -> Result<(), String> {
        let mut recorded = HashSet::with_capacity(yielded.len());
        let mut written = Vec::with_capacity(yielded.len());
        for sample in yielded {
            let mut labels = sample.labels.with(METRIC_NAME, recording.name.clone());
            for (name, value) in &recording.labels {
                labels = labels.with(name.clone(), value.clone());
            }
            if !recorded.insert(labels.clone()) {
                return Err(
                    "vector contains metrics with the same labelset after applying rule labels"
                        .into(),
                );
            }
            written.push(WrittenSample {
                labels,
                at: context.query_at,
                value: sample.value,
            });
        }
        if context.limit > 0 && recorded.len() > context.limit {
            let (limit, count) = (context.limit, recorded.len());
            return Err(format!("exceeded limit of {limit} with {count} series"));
        }
        samples.append(&mut written);
        let ended = self.recorded.difference(&recorded);
        samples.extend(ended.map(|labels| stale(labels.clone(), context.query_at)));
        self.recorded = recorded;
        Ok(())
    }
}
