//! How much comes in: by the hour of the day, with noise, times what was asked for.

use super::{Setup, topology::ByType, topology::SHARES};
use crate::iris::noise;

/// Hundredths of the day's mean, by hour (UTC): quiet nights, a round in the morning. Mean 100.
const HOURS: [u32; 24] = [
    35, 30, 28, 28, 32, 45, 75, 120, 165, 180, 175, 165, 140, 145, 160, 160, 145, 125, 105, 90, 78,
    68, 58, 48,
];

/// A command to be busier, or less so.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Load {
    factor: f64,
    until: i64,
}

impl Default for Load {
    fn default() -> Self {
        Load::new(1.0, i64::MIN)
    }
}

impl Load {
    pub(crate) fn new(factor: f64, until: i64) -> Self {
        let factor = if factor.is_finite() {
            factor.clamp(0.0, 100.0)
        } else {
            1.0
        };
        Load { factor, until }
    }

    pub(crate) fn factor(&self, now: i64) -> f64 {
        if now < self.until { self.factor } else { 1.0 }
    }
}

/// The share of the day's mean at this second.
pub(crate) fn profile(setup: &Setup, now: i64) -> f64 {
    if setup.steady {
        return 1.0;
    }
    let into = now.rem_euclid(86_400);
    let hour = (into / 3_600) as usize % 24;
    let share = (into % 3_600) as f64 / 3_600.0;
    let at = |hour: usize| f64::from(HOURS[hour % 24]) / 100.0;
    let base = at(hour) * (1.0 - share) + at(hour + 1) * share;
    base * (1.0 + 0.15 * noise::smooth(setup.seed, 100, now, 90))
}

/// The order in which types come in where all is steady: their shares, well mixed.
const ORDER: [u8; 20] = [0, 2, 3, 0, 2, 1, 2, 0, 3, 2, 0, 1, 2, 0, 3, 2, 0, 1, 2, 3];

/// What is left over from one steady second to the next.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub(crate) struct Carry {
    part: f64,
    next: usize,
}

/// What comes in within this second by type, and how many a second are to be expected.
pub(crate) fn arrivals(setup: &Setup, now: i64, factor: f64, carry: &mut Carry) -> (ByType, f64) {
    let mean = setup.rate / 60.0 * profile(setup, now) * factor;
    let mut came = ByType::default();
    if setup.steady {
        carry.part += mean;
        // A hair more, or tenths that do not add up would come a second late.
        let whole = (carry.part + 1e-9).floor();
        carry.part -= whole;
        for _ in 0..whole as u64 {
            came[usize::from(ORDER[carry.next])] += 1;
            carry.next = (carry.next + 1) % ORDER.len();
        }
        return (came, mean);
    }
    for (kind, count) in came.iter_mut().enumerate() {
        let part = mean * f64::from(SHARES[kind]) / 100.0;
        *count = noise::poisson(setup.seed, 200 + kind as u64, now, part);
    }
    (came, mean)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_hours_mean_one() {
        assert_eq!(HOURS.iter().sum::<u32>(), 2_400);
    }

    #[test]
    fn the_steady_order_has_the_shares() {
        for (kind, share) in SHARES.into_iter().enumerate() {
            let count = ORDER.iter().filter(|at| usize::from(**at) == kind).count();
            assert_eq!(count * 5, share as usize);
        }
    }
}
