//! What is known of samples without decoding them.

/// Of some samples. A NaN counts as a sample, but not in `min`, `max` and `sum`.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Stats {
    /// How many samples.
    pub count: u64,
    /// The smallest value; +Inf without values.
    pub min: f64,
    /// The largest value; -Inf without values.
    pub max: f64,
    /// All values added up.
    pub sum: f64,
}

impl Stats {
    /// Of no samples.
    pub const NONE: Stats = Stats {
        count: 0,
        min: f64::INFINITY,
        max: f64::NEG_INFINITY,
        sum: 0.0,
    };

    pub(crate) fn of(values: &[f64]) -> Self {
        let mut stats = Stats::NONE;
        stats.count = values.len() as u64;
        for &value in values.iter().filter(|value| !value.is_nan()) {
            stats.min = stats.min.min(value);
            stats.max = stats.max.max(value);
            stats.sum += value;
        }
        stats
    }

    pub(crate) fn add(&mut self, other: &Stats) {
        self.count += other.count;
        self.min = self.min.min(other.min);
        self.max = self.max.max(other.max);
        self.sum += other.sum;
    }
}
