//! Medians and ranges.

/// Some readings of the same thing.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Stats {
    /// The middle one.
    pub median: f64,
    /// The smallest.
    pub min: f64,
    /// The largest.
    pub max: f64,
}

impl Stats {
    pub(crate) fn json(&self) -> serde_json::Value {
        serde_json::json!({ "median": self.median, "min": self.min, "max": self.max })
    }

    /// `None` without readings.
    pub fn of(readings: impl IntoIterator<Item = f64>) -> Option<Stats> {
        let mut sorted: Vec<_> = readings.into_iter().collect();
        sorted.sort_by(f64::total_cmp);
        Some(Stats {
            median: quantile(&sorted, 0.5)?,
            min: *sorted.first()?,
            max: *sorted.last()?,
        })
    }
}

/// The reading below which `share` (0 to 1) of all others lie; between two, in proportion. `None`
/// without readings.
pub fn quantile(sorted: &[f64], share: f64) -> Option<f64> {
    let last = sorted.len().checked_sub(1)?;
    let at = last as f64 * share.clamp(0.0, 1.0);
    let below = sorted.get(at.floor() as usize)?;
    let above = sorted.get(at.ceil() as usize)?;
    Some(below + (above - below) * at.fract())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_middle_of_an_even_number_lies_between_two() {
        let stats = Stats::of([4.0, 1.0, 3.0, 2.0]);
        let expected = Stats {
            median: 2.5,
            min: 1.0,
            max: 4.0,
        };
        assert_eq!(stats, Some(expected));
        assert_eq!(Stats::of([]), None);
    }

    #[test]
    fn quantiles_reach_both_ends() {
        let sorted = [1.0, 2.0, 3.0];
        assert_eq!(quantile(&sorted, 0.0), Some(1.0));
        assert_eq!(quantile(&sorted, 0.75), Some(2.5));
        assert_eq!(quantile(&sorted, 1.0), Some(3.0));
    }
}
