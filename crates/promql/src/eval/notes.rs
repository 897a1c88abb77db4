//! What an answer says besides its value: warnings and infos, each once.

use std::{cell::RefCell, collections::BTreeSet};

use crate::{METRIC_NAME, labels};
use exposition::Labels;

/// As many of a kind are told; the others are counted.
const TOLD: usize = 10;
/// As many different ones are counted.
const KEPT: usize = 1_000;

#[derive(Default)]
pub(crate) struct Notes {
    warnings: RefCell<BTreeSet<String>>,
    infos: RefCell<BTreeSet<String>>,
}

impl Notes {
    /// A quantile outside of 0 to 1.
    pub(crate) fn quantile(&self, phi: f64) {
        let text = format!(
            "PromQL warning: quantile value should be between 0 and 1, got {}",
            labels::short_number(phi)
        );
        note(&self.warnings, text);
    }

    /// A ratio outside of -1 to 1.
    pub(crate) fn ratio(&self, ratio: f64, capped: f64) {
        let text = format!(
            "PromQL warning: ratio value should be between -1 and 1, got {}, capping to {}",
            labels::short_number(ratio),
            labels::short_number(capped)
        );
        note(&self.warnings, text);
    }

    /// A bucket without a bound.
    pub(crate) fn bucket_label(&self, series: &Labels) {
        let text = format!(
            "PromQL warning: bucket label \"le\" is missing or has a malformed value of {:?} \
             for metric name {:?}",
            labels::value(series, labels::BUCKET),
            labels::value(series, METRIC_NAME)
        );
        note(&self.warnings, text);
    }

    /// Buckets whose counts fell.
    pub(crate) fn forced_monotonicity(&self, histogram: &Labels) {
        let text = format!(
            "PromQL info: input to histogram_quantile needed to be fixed for monotonicity (see \
             https://prometheus.io/docs/prometheus/latest/querying/functions/#histogram_quantile) \
             for metric name {:?}",
            labels::value(histogram, METRIC_NAME)
        );
        note(&self.infos, text);
    }

    /// The rate of what by its name is no counter.
    pub(crate) fn rate_of(&self, series: &Labels) {
        const COUNTERS: [&str; 4] = ["_total", "_sum", "_count", "_bucket"];
        let name = labels::value(series, METRIC_NAME);
        if name.is_empty() || COUNTERS.iter().any(|suffix| name.ends_with(suffix)) {
            return;
        }
        let text = format!(
            "PromQL info: metric might not be a counter, name does not end in \
             _total/_sum/_count/_bucket: {name:?}"
        );
        note(&self.infos, text);
    }

    /// Warnings and infos.
    pub(crate) fn into_texts(self) -> (Vec<String>, Vec<String>) {
        (
            told(self.warnings.into_inner(), "warning"),
            told(self.infos.into_inner(), "info"),
        )
    }
}

fn note(notes: &RefCell<BTreeSet<String>>, text: String) {
    let mut notes = notes.borrow_mut();
    if notes.len() < KEPT {
        notes.insert(text);
    }
}

fn told(notes: BTreeSet<String>, kind: &str) -> Vec<String> {
    let more = notes.len().saturating_sub(TOLD);
    let mut told: Vec<String> = notes.into_iter().take(TOLD).collect();
    if more > 0 {
        told.push(format!("{more} more {kind} annotations omitted"));
    }
    told
}
