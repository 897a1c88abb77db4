//! Where the lines of a grid are: round values, and round moments.

use jiff::Timestamp;

use super::unit::Unit;

/// What an axis shows, and where its lines are.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Scale {
    pub(super) least: f64,
    pub(super) most: f64,
    pub(super) step: f64,
}

/// An axis has some zero in it where the values are spread over more than this part of the largest.
const SPREAD: f64 = 0.1;
/// Seconds that are round, beyond a minute.
const LONG: [f64; 10] = [
    60.0, 120.0, 300.0, 600.0, 1_800.0, 3_600.0, 7_200.0, 21_600.0, 43_200.0, 86_400.0,
];
const DAY: i64 = 86_400;
/// Seconds between moments that are round.
const MOMENTS: [i64; 25] = [
    1,
    2,
    5,
    10,
    15,
    30,
    60,
    120,
    300,
    600,
    900,
    1_800,
    3_600,
    7_200,
    10_800,
    21_600,
    43_200,
    DAY,
    2 * DAY,
    7 * DAY,
    14 * DAY,
    30 * DAY,
    90 * DAY,
    365 * DAY,
    3_650 * DAY,
];

impl Scale {
    /// For values from one to another, with about so many steps.
    pub(super) fn of(least: f64, most: f64, unit: Unit, steps: usize) -> Self {
        // Half of it: the distance of two finite numbers may not be one.
        let far = f64::MAX / 4.0;
        let (least, most) = (least.clamp(-far, far), most.clamp(-far, far));
        let from_zero = unit == Unit::Ratio || most - least > SPREAD * most.abs().max(least.abs());
        let (mut least, mut most) = match from_zero {
            true => (least.min(0.0), most.max(0.0)),
            false => (least, most),
        };
        if most <= least {
            let room = (least.abs() * 0.1).max(f64::MIN_POSITIVE.sqrt());
            let room = if least == 0.0 { 1.0 } else { room };
            (least, most) = if least == 0.0 {
                (0.0, room)
            } else {
                (least - room, most + room)
            };
        }
        let step = round((most - least) / steps.max(1) as f64, unit);
        Scale {
            least: (least / step).floor() * step,
            most: (most / step).ceil() * step,
            step,
        }
    }

    /// The values of its lines.
    pub(super) fn lines(&self) -> impl Iterator<Item = f64> {
        let count = ((self.most - self.least) / self.step).round();
        let count = count.clamp(0.0, 100.0) as u32;
        let (least, step) = (self.least, self.step);
        (0..=count).map(move |nth| least + f64::from(nth) * step)
    }
}

/// The next round number of 1, 2, 2.5, 5 times a power of ten; of minutes, hours and days, where it is
/// time.
fn round(step: f64, unit: Unit) -> f64 {
    if unit == Unit::Seconds
        && step > 30.0
        && let Some(long) = LONG.iter().find(|long| **long >= step)
    {
        return *long;
    }
    let power = 10f64.powf(step.log10().floor());
    let factors = [1.0, 2.0, 2.5, 5.0, 10.0];
    let is_enough = |factor: &&f64| **factor * power >= step * 0.999_999;
    factors.iter().find(is_enough).unwrap_or(&10.0) * power
}

/// Moments in seconds with a line each, and what is written there; about so many.
pub(super) fn moments(start_ms: i64, end_ms: i64, lines: usize) -> Vec<(i64, String)> {
    let (start, end) = (start_ms.div_euclid(1_000), end_ms.div_euclid(1_000));
    let apart = (end.saturating_sub(start) / lines.max(1) as i64).max(1);
    let step = MOMENTS.iter().find(|step| **step >= apart);
    let step = step.copied().unwrap_or(apart);
    let first = start.div_euclid(step) * step;
    let all = (0..).map_while(|nth: i64| first.checked_add(nth.checked_mul(step)?));
    all.skip_while(|at| at * 1_000 < start_ms)
        .take_while(|at| *at <= end)
        .take(lines * 3)
        .map(|at| (at, label(at, step)))
        .collect()
}

/// UTC, to what two lines differ in.
fn label(at: i64, step: i64) -> String {
    let Ok(moment) = Timestamp::from_second(at) else {
        return String::new();
    };
    let form = match step {
        _ if step >= 365 * DAY => "%Y",
        _ if step >= DAY || at.rem_euclid(DAY) == 0 => "%m-%d",
        _ if step >= 60 => "%H:%M",
        _ => "%H:%M:%S",
    };
    moment.strftime(form).to_string()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn lines(least: f64, most: f64, unit: Unit) -> Vec<f64> {
        Scale::of(least, most, unit, 5).lines().collect()
    }

    #[test]
    fn lines_are_at_round_values() {
        assert_eq!(
            lines(0.1, 0.93, Unit::Ratio),
            [0.0, 0.2, 0.4, 0.6000000000000001, 0.8, 1.0]
        );
        assert_eq!(
            lines(3.0, 11.0, Unit::Plain),
            [0.0, 2.5, 5.0, 7.5, 10.0, 12.5]
        );
        assert_eq!(
            lines(100.0, 101.0, Unit::Plain),
            [100.0, 100.2, 100.4, 100.6, 100.8, 101.0]
        );
        assert_eq!(lines(-3.0, 4.0, Unit::Plain), [-4.0, -2.0, 0.0, 2.0, 4.0]);
        assert_eq!(
            lines(0.0, 400.0, Unit::Seconds),
            [0.0, 120.0, 240.0, 360.0, 480.0]
        );
        assert_eq!(lines(0.0, 0.0, Unit::Plain).first(), Some(&0.0));
        assert!(lines(7.0, 7.0, Unit::Plain).len() > 2);
    }

    #[test]
    fn moments_are_round_and_in_utc() {
        let labels = |start, end| -> Vec<String> {
            let all = moments(start * 1_000, end * 1_000, 6);
            all.into_iter().map(|(_, label)| label).collect()
        };
        let noon = 1_700_049_600;
        assert_eq!(
            labels(noon, noon + 3_600),
            [
                "12:00", "12:10", "12:20", "12:30", "12:40", "12:50", "13:00"
            ]
        );
        assert_eq!(labels(noon + 1, noon + 20)[..2], ["12:00:05", "12:00:10"]);
        assert_eq!(
            labels(noon, noon + DAY),
            ["12:00", "18:00", "11-16", "06:00", "12:00"]
        );
        assert_eq!(labels(noon, noon + 6 * DAY)[..2], ["11-16", "11-17"]);
    }

    proptest! {
        #[test]
        fn whatever_is_shown_has_its_place(a in any::<f64>(), b in any::<f64>()) {
            prop_assume!(a.is_finite() && b.is_finite());
            for unit in [Unit::Plain, Unit::Ratio, Unit::Seconds, Unit::Bytes] {
                let scale = Scale::of(a.min(b), a.max(b), unit, 5);
                prop_assert!(scale.least < scale.most, "{scale:?}");
                prop_assert!(scale.step > 0.0 && scale.lines().count() < 20, "{scale:?}");
            }
        }

        #[test]
        fn lines_in_time_are_few(start in -1i64 << 50..1 << 50, length in 0i64..1 << 50) {
            let all = moments(start, start + length, 6);
            prop_assert!(all.len() <= 18, "{}", all.len());
            prop_assert!(all.iter().all(|(at, _)| at * 1_000 >= start && at * 1_000 <= start + length));
        }
    }
}
