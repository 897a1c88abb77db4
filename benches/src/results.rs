//! All readings of a run.

use std::collections::BTreeMap;

use crate::{stats::Stats, subject::Row};

/// Where a reading stands: subject, row, contender.
pub type Place = (&'static str, Row, &'static str);

/// All readings of a run, in rounds.
#[derive(Default)]
pub struct Results(BTreeMap<(String, String, String), Vec<f64>>);

impl Results {
    pub(crate) fn put(&mut self, subject: &str, row: &str, contender: &str, value: f64) {
        let key = (subject.into(), row.into(), contender.into());
        self.0.entry(key).or_default().push(value);
    }

    fn readings(&self, subject: &str, row: &str, contender: &str) -> &[f64] {
        let key = (subject.into(), row.into(), contender.into());
        self.0.get(&key).map_or(&[], Vec::as_slice)
    }

    pub(crate) fn stats_of(&self, subject: &str, row: &str, contender: &str) -> Option<Stats> {
        Stats::of(self.readings(subject, row, contender).iter().copied())
    }

    /// The readings at one place; `None` if it was not measured.
    pub fn stats(&self, (subject, row, contender): Place) -> Option<Stats> {
        self.stats_of(subject, row.name, contender)
    }

    /// One place divided by another, round by round; `None` if one was not measured.
    pub fn ratio(&self, one: Place, other: Place) -> Option<Stats> {
        let of = |(subject, row, who): Place| self.readings(subject, row.name, who);
        Stats::of(of(one).iter().zip(of(other)).map(|(a, b)| a / b))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::subject::Unit;

    #[test]
    fn ratios_are_taken_within_rounds() {
        let row = Row {
            name: "tell",
            unit: Unit::Count,
        };
        let mut results = Results::default();
        for (ours, theirs) in [(2.0, 1.0), (40.0, 10.0), (3.0, 1.0)] {
            results.put("one-way", "tell", "ours", ours);
            results.put("one-way", "tell", "theirs", theirs);
        }
        let ratio = results.ratio(("one-way", row, "ours"), ("one-way", row, "theirs"));
        assert_eq!(
            ratio.map(|r| (r.min, r.median, r.max)),
            Some((2.0, 3.0, 4.0))
        );
        assert_eq!(results.stats(("one-way", row, "nobody")), None);
    }
}
