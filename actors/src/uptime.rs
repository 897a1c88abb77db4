//! How long a dependency was up, of the time it was observed: over windows of a day to three months.
//!
//! Time counts as it was found at its end, and only as far as a measurement vouches for it: while Vitals
//! or the collector was away nothing was observed, and nothing is guessed.

use std::{collections::VecDeque, time::Duration};

use exposition::{Labels, MetricFamily};
use jiff::Timestamp;
use serde::{Deserialize, Serialize};

/// A window uptime is told over.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Window {
    /// The label `window`.
    pub name: &'static str,
    /// How far it goes back.
    pub length: Duration,
}

/// The family of the ratios.
pub const RATIO: &str = "vitals_uptime_ratio";
const DAY: Duration = Duration::from_hours(24);
/// The daily roll-up goes back so far.
const ROLL_UP: Duration = Duration::from_hours(24 * 400);

/// All windows. The first one is judged.
pub const WINDOWS: [Window; 4] = [
    Window {
        name: "24h",
        length: DAY,
    },
    Window {
        name: "7d",
        length: Duration::from_hours(24 * 7),
    },
    Window {
        name: "30d",
        length: Duration::from_hours(24 * 30),
    },
    Window {
        name: "90d",
        length: Duration::from_hours(24 * 90),
    },
];

/// What is known over a window.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Known {
    /// The share of the observed time it was up, 0 to 1.
    pub ratio: f64,
    /// The share of the window that was observed, 0 to 1.
    pub coverage: f64,
}

/// The observed time of one dependency. What is written of it can be read again.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct Uptime {
    last: Option<Timestamp>,
    /// Of the last day, five minutes each.
    fine: Track<300>,
    /// Of all windows, six hours each.
    coarse: Track<21_600>,
    /// The roll-up, a day (UTC) each.
    daily: Track<86_400>,
}

/// Time by parts of so many seconds, the oldest in front.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
struct Track<const SECONDS: i64>(VecDeque<Part>);

/// Written as `[number, milliseconds observed, milliseconds up]`.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(from = "(i64, u64, u64)", into = "(i64, u64, u64)")]
struct Part {
    /// Of the Unix epoch: the start by its length.
    number: i64,
    observed: Duration,
    up: Duration,
}

impl From<(i64, u64, u64)> for Part {
    fn from((number, observed, up): (i64, u64, u64)) -> Self {
        Part {
            number,
            observed: Duration::from_millis(observed),
            up: Duration::from_millis(up),
        }
    }
}

impl From<Part> for (i64, u64, u64) {
    fn from(part: Part) -> Self {
        let millis = |time: Duration| u64::try_from(time.as_millis()).unwrap_or(u64::MAX);
        (part.number, millis(part.observed), millis(part.up))
    }
}

/// One day (UTC) of the roll-up.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Day {
    /// When it began.
    pub start: Timestamp,
    /// What is known of it.
    pub known: Known,
}

impl Uptime {
    /// Adds the time since the last measurement, as far as this one vouches for it: `vouched`.
    pub fn add(&mut self, at: Timestamp, is_up: bool, vouched: Duration) {
        let since = self.last.map(|last| at.duration_since(last));
        let since = since.and_then(|since| Duration::try_from(since).ok());
        // The first one vouches for the moment it was made at.
        let observed = since.unwrap_or(Duration::from_millis(1)).min(vouched);
        self.last = Some(at);
        if !observed.is_zero() {
            let up = if is_up { observed } else { Duration::ZERO };
            self.fine.add(at, observed, up, DAY);
            let [.., longest] = WINDOWS;
            self.coarse.add(at, observed, up, longest.length);
            self.daily.add(at, observed, up, ROLL_UP);
        }
    }

    /// The days of the roll-up on which it was observed, the oldest first; 400 at most.
    pub fn days(&self) -> impl Iterator<Item = Day> {
        self.daily.0.iter().filter_map(|part| {
            let (observed, up) = (part.observed.as_secs_f64(), part.up.as_secs_f64());
            Some(Day {
                start: Timestamp::from_second(part.number.checked_mul(86_400)?).ok()?,
                known: Known::of(observed, up, DAY)?,
            })
        })
    }

    /// What is known at a moment of this dependency, as series.
    pub(crate) fn families(&self, target: &str, now: Timestamp) -> [MetricFamily; 2] {
        let help = "Share of the observed time the dependency was up.";
        let mut ratio = MetricFamily::gauge(RATIO, help);
        let help = "Share of the window in which the dependency was observed.";
        let mut coverage = MetricFamily::gauge("vitals_uptime_coverage_ratio", help);
        for window in WINDOWS {
            if let Some(known) = self.over(window, now) {
                let labels = Labels::new([("target", target), ("window", window.name)]);
                ratio.push(labels.clone(), known.ratio);
                coverage.push(labels, known.coverage);
            }
        }
        [ratio, coverage]
    }

    /// What is known at a moment over the time before it; `None` if that is nothing.
    pub fn over(&self, window: Window, now: Timestamp) -> Option<Known> {
        let (observed, up) = match window.length <= DAY {
            true => self.fine.sums(now, window.length),
            false => self.coarse.sums(now, window.length),
        };
        Known::of(observed, up, window.length)
    }
}

impl Known {
    /// Of seconds observed and up.
    fn of(observed: f64, up: f64, length: Duration) -> Option<Self> {
        (observed > 0.0).then(|| Known {
            ratio: (up / observed).clamp(0.0, 1.0),
            coverage: (observed / length.as_secs_f64()).min(1.0),
        })
    }
}

impl<const SECONDS: i64> Track<SECONDS> {
    fn add(&mut self, at: Timestamp, observed: Duration, up: Duration, kept: Duration) {
        let number = at.as_second().div_euclid(SECONDS);
        match self.0.back_mut() {
            // A clock that was set back goes on in the last part.
            Some(last) if last.number >= number => {
                last.observed += observed;
                last.up += up;
            }
            _ => self.0.push_back(Part {
                number,
                observed,
                up,
            }),
        }
        let kept = i64::try_from(kept.as_secs()).unwrap_or(i64::MAX) / SECONDS + 1;
        while self
            .0
            .front()
            .is_some_and(|first| first.number < number.saturating_sub(kept))
        {
            self.0.pop_front();
        }
    }

    /// Seconds observed and up. The part in which the window begins counts by its share.
    fn sums(&self, now: Timestamp, length: Duration) -> (f64, f64) {
        let begin = now.as_second() as f64 - length.as_secs_f64();
        let mut sums = (0.0, 0.0);
        for part in &self.0 {
            let start = part.number as f64 * SECONDS as f64;
            let outside = ((begin - start) / SECONDS as f64).clamp(0.0, 1.0);
            sums.0 += part.observed.as_secs_f64() * (1.0 - outside);
            sums.1 += part.up.as_secs_f64() * (1.0 - outside);
        }
        sums
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const VOUCHED: Duration = Duration::from_secs(35);

    fn at(second: i64) -> Timestamp {
        Timestamp::from_second(1_700_000_000 + second).unwrap()
    }

    #[test]
    fn only_what_was_observed_counts() {
        let mut uptime = Uptime::default();
        assert_eq!(uptime.over(WINDOWS[0], at(0)), None);
        uptime.add(at(0), true, VOUCHED);
        assert_eq!(uptime.over(WINDOWS[0], at(0)).unwrap().ratio, 1.0);
        for second in 1..=90 {
            uptime.add(at(second * 10), second <= 81, VOUCHED);
        }
        let day = uptime.over(WINDOWS[0], at(900)).unwrap();
        assert!((day.ratio - 0.9).abs() < 1e-5, "{day:?}");
        assert!((day.coverage - 900.0 / 86_400.0).abs() < 1e-5, "{day:?}");
        // Nobody looked for an hour.
        uptime.add(at(4_500), true, VOUCHED);
        let day = uptime.over(WINDOWS[0], at(4_500)).unwrap();
        assert!((day.ratio - (810.0 + 35.0) / 935.0).abs() < 1e-5, "{day:?}");
        let week = uptime.over(WINDOWS[1], at(4_500)).unwrap();
        assert!((week.ratio - day.ratio).abs() < 1e-9);
        assert!((week.coverage * 7.0 - day.coverage).abs() < 1e-6);
    }

    #[test]
    fn windows_end_and_memory_is_bounded() {
        let mut uptime = Uptime::default();
        let week = 7 * 86_400;
        for minute in 0..20 * week / 60 {
            let second = minute * 60;
            uptime.add(at(second), second < 19 * week, Duration::from_secs(120));
        }
        let now = at(20 * week);
        let over = |window| uptime.over(window, now).unwrap();
        assert_eq!(over(WINDOWS[0]).ratio, 0.0);
        assert!(over(WINDOWS[1]).ratio < 0.01);
        let month = over(WINDOWS[2]).ratio;
        assert!((month - 23.0 / 30.0).abs() < 0.01, "{month}");
        assert!(over(WINDOWS[3]).coverage > 0.999);
        assert!(uptime.fine.0.len() <= 291 && uptime.coarse.0.len() <= 363);
        let days: Vec<Day> = uptime.days().collect();
        assert_eq!(days.len(), 141);
        let down = |day: &&Day| day.known.ratio < 0.5;
        assert_eq!(days.iter().filter(down).count(), 7);
        assert!(days[0].start < days[1].start);
    }

    #[test]
    fn what_was_written_goes_on_after_a_restart() {
        let mut uptime = Uptime::default();
        for second in 0..100 {
            uptime.add(at(second * 10), second % 2 == 0, VOUCHED);
        }
        let written = serde_json::to_string(&uptime).unwrap();
        let mut read: Uptime = serde_json::from_str(&written).unwrap();
        assert_eq!(
            read.over(WINDOWS[0], at(1_000)),
            uptime.over(WINDOWS[0], at(1_000))
        );
        // While nobody looked nothing is counted.
        read.add(at(5_000), true, VOUCHED);
        uptime.add(at(5_000), true, VOUCHED);
        assert_eq!(read, uptime);
    }

    proptest! {
        #[test]
        fn it_is_a_share_whatever_clocks_do(
            looks in prop::collection::vec((-100_000..10_000_000_i64, any::<bool>()), 1..200)
        ) {
            let mut uptime = Uptime::default();
            for (second, is_up) in looks {
                uptime.add(at(second), is_up, VOUCHED);
                for window in WINDOWS {
                    if let Some(known) = uptime.over(window, at(second)) {
                        prop_assert!((0.0..=1.0).contains(&known.ratio));
                        prop_assert!((0.0..=1.0).contains(&known.coverage));
                    }
                }
            }
        }
    }
}
