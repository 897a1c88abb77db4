//! What is known of samples without decoding them.

use crate::bytes::{Input, put_var};

/// Below this, whole numbers and their sums are exact.
const EXACT: f64 = (1u64 << 53) as f64;

/// Of some samples. A NaN counts as a sample, but not in `min`, `max` and `sum`.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Stats {
    /// How many samples.
    pub count: u64,
    /// How many of them are no number, stale markers among them; `None` where that is not known: files
    /// of format 1 do not say it.
    pub nan: Option<u64>,
    /// The smallest value; +Inf without values.
    pub min: f64,
    /// The largest value; -Inf without values.
    pub max: f64,
    /// All values added up.
    pub sum: f64,
    /// Rounding has cost `sum` nothing, and would not in another order: all values are whole numbers, and
    /// together, signs aside, below 2^53. Where that is not known, false.
    pub exact: bool,
}

impl Stats {
    /// Of no samples.
    pub const NONE: Stats = Stats {
        count: 0,
        nan: Some(0),
        min: f64::INFINITY,
        max: f64::NEG_INFINITY,
        sum: 0.0,
        exact: true,
    };

    pub(crate) fn of(values: &[f64]) -> Self {
        let mut stats = Stats::NONE;
        let (mut numbers, mut size) = (0, 0.0);
        for &value in values.iter().filter(|value| !value.is_nan()) {
            numbers += 1;
            stats.min = stats.min.min(value);
            stats.max = stats.max.max(value);
            stats.sum += value;
            size += value.abs();
            stats.exact &= value.fract() == 0.0;
        }
        stats.count = values.len() as u64;
        stats.nan = Some(stats.count - numbers);
        // Rounded, it does not fall below the bound again.
        stats.exact &= size < EXACT;
        stats
    }

    pub(crate) fn add(&mut self, other: &Stats) {
        self.count += other.count;
        self.nan = self.nan.zip(other.nan).map(|(a, b)| a + b);
        self.min = self.min.min(other.min);
        self.max = self.max.max(other.max);
        self.sum += other.sum;
        self.exact &= other.exact && self.count as f64 * self.largest() < EXACT;
    }

    /// Of the values, signs aside.
    fn largest(&self) -> f64 {
        match self.min <= self.max {
            true => self.min.abs().max(self.max.abs()),
            false => 0.0,
        }
    }
}

/// What is kept of [`Stats`] beside their figures: how many samples are no numbers, and in the lowest
/// bit whether the sum is exact.
#[derive(Clone, Copy)]
pub(super) struct Marks(u32);

impl Marks {
    pub(super) const UNKNOWN: Marks = Marks(u32::MAX);

    /// Of a chunk, which has no more samples than fit.
    pub(super) fn of(stats: &Stats) -> Self {
        let nan = stats.nan.and_then(|nan| u32::try_from(nan).ok());
        nan.map_or(Marks::UNKNOWN, |nan| {
            Marks(nan << 1 | u32::from(stats.exact))
        })
    }

    pub(super) fn put(self, out: &mut Vec<u8>) {
        put_var(out, self.0.into());
    }

    pub(super) fn read(input: &mut Input<'_>) -> Option<Self> {
        u32::try_from(input.var()?).ok().map(Marks)
    }

    pub(super) fn nan(self) -> Option<u64> {
        (self.0 != u32::MAX).then_some(u64::from(self.0 >> 1))
    }

    pub(super) fn exact(self) -> bool {
        self.0 != u32::MAX && self.0 & 1 == 1
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn sums_of_whole_numbers_are_exact_up_to_a_bound() {
        let half = EXACT / 2.0;
        for (values, exact) in [
            (&[][..], true),
            (&[1.0, -2.0, 0.0], true),
            (&[half, half - 1.0], true),
            (&[half, half], false),
            (&[half, -half], false),
            (&[1.0, 0.5], false),
            (&[f64::INFINITY], false),
            (&[f64::MAX, f64::MAX], false),
        ] {
            assert_eq!(Stats::of(values).exact, exact, "{values:?}");
        }
    }

    #[test]
    fn marks_are_kept() {
        for values in [&[1.0, f64::NAN, 2.0][..], &[0.5], &[f64::NAN; 3]] {
            let stats = Stats::of(values);
            let mut bytes = Vec::new();
            Marks::of(&stats).put(&mut bytes);
            let marks = Marks::read(&mut Input(&bytes)).unwrap();
            assert_eq!((marks.nan(), marks.exact()), (stats.nan, stats.exact));
        }
        assert_eq!(
            (Marks::UNKNOWN.nan(), Marks::UNKNOWN.exact()),
            (None, false)
        );
    }

    proptest! {
        #[test]
        fn what_is_called_exact_is(
            a in prop::collection::vec(any::<i64>().prop_map(|n| (n >> (n & 63)) as f64), 0..6),
            b in prop::collection::vec(any::<i64>().prop_map(|n| (n >> (n & 63)) as f64), 0..6),
        ) {
            let mut stats = Stats::of(&a);
            stats.add(&Stats::of(&b));
            if stats.exact {
                let true_sum: i128 = a.iter().chain(&b).map(|value| *value as i128).sum();
                prop_assert_eq!(stats.sum as i128, true_sum);
            }
        }
    }
}
