//! Change within a window: rate, increase, delta, irate, idelta, changes, resets.

use std::ops::Range;

use super::args::Args;
use crate::{
    error::Result,
    eval::{ABSENT, Stream, Window},
};

#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) enum Change {
    Rate,
    Increase,
    Delta,
    Irate,
    Idelta,
    Changes,
    Resets,
}

impl Change {
    pub(super) fn find(name: &str) -> Option<Self> {
        Some(match name {
            "rate" => Change::Rate,
            "increase" => Change::Increase,
            "delta" => Change::Delta,
            "irate" => Change::Irate,
            "idelta" => Change::Idelta,
            "changes" => Change::Changes,
            "resets" => Change::Resets,
            _ => return None,
        })
    }
}

pub(super) fn eval<'q>(change: Change, args: &Args<'q>) -> Result<Stream<'q>> {
    let ev = args.ev;
    let input = args.range_vector(0)?;
    let falls = |previous: f64, next: f64| next < previous;
    Ok(input.map(move |windows, series| {
        let values = &series.raw.values;
        match change {
            Change::Rate | Change::Increase => {
                let drops = Events::find(values, falls);
                let before = drops.before(values);
                let per = (change == Change::Rate).then(|| seconds(windows.range_ms()));
                let mut any = false;
                let row = windows.slide(series, |window| {
                    let lost = sum(&before[drops.within(window)]);
                    any |= window.values.len() > 1;
                    extrapolated(window, Some(lost), per)
                });
                if any {
                    ev.notes.rate_of(&series.raw.labels);
                }
                row
            }
            Change::Delta => windows.slide(series, |window| extrapolated(window, None, None)),
            Change::Irate => windows.slide(series, |window| instant(window, true)),
            Change::Idelta => windows.slide(series, |window| instant(window, false)),
            Change::Resets => {
                let drops = Events::find(values, falls);
                windows.slide(series, |window| drops.within(window).len() as f64)
            }
            Change::Changes => {
                let differ = |a: f64, b: f64| a != b && !(a.is_nan() && b.is_nan());
                let changes = Events::find(values, differ);
                windows.slide(series, |window| changes.within(window).len() as f64)
            }
        }
    }))
}

/// What happens between a sample and the next: found once per series, so that a step costs nothing for
/// the samples it shares with the last. Nothing branches on it: it may happen at every other sample.
struct Events {
    /// How many there are up to each sample.
    until: Vec<usize>,
}

impl Events {
    fn find(values: &[f64], happens: impl Fn(f64, f64) -> bool) -> Self {
        let mut found = 0;
        let pairs = values.windows(2).map(|pair| {
            found += usize::from(happens(pair[0], pair[1]));
            found
        });
        let mut until = Vec::with_capacity(values.len());
        until.push(0);
        until.extend(pairs);
        Events { until }
    }

    /// Which of them are between samples of the window.
    fn within(&self, window: &Window<'_>) -> Range<usize> {
        let last = window.first + window.values.len() - 1;
        self.until[window.first]..self.until[last]
    }

    /// The value before each of them.
    fn before(&self, values: &[f64]) -> Vec<f64> {
        let all = self.until.last().copied().unwrap_or_default();
        let mut before = vec![0.0; all + 1];
        for (value, nth) in values.iter().zip(&self.until) {
            before[*nth] = *value;
        }
        before.truncate(all);
        before
    }
}

/// In four sums side by side: none waits for the other.
fn sum(values: &[f64]) -> f64 {
    let (fours, rest) = values.as_chunks::<4>();
    let mut sums = [0.0; 4];
    for four in fours {
        for (sum, value) in sums.iter_mut().zip(four) {
            *sum += value;
        }
    }
    let [a, b, c, d] = sums;
    rest.iter()
        .fold((a + b) + (c + d), |sum, value| sum + value)
}

/// The change over the whole window, extrapolated from the change between its first and last sample.
/// For a counter, `lost` is what its resets have hidden. `per`: by how many seconds it is divided.
fn extrapolated(window: &Window<'_>, lost: Option<f64>, per: Option<f64>) -> f64 {
    let (times, values) = (window.times, window.values);
    let last = values.len() - 1;
    if last == 0 {
        return ABSENT;
    }
    let change = values[last] - values[0] + lost.unwrap_or(0.0);
    let sampled = seconds(times[last] - times[0]);
    let spacing = sampled / last as f64;
    // A gap much wider than the spacing means that the series begins or ends inside the window.
    let reach = |gap: f64| {
        if gap >= spacing * 1.1 {
            spacing / 2.0
        } else {
            gap
        }
    };
    let mut before = reach(seconds(times[0] - window.start_ms));
    let after = reach(seconds(window.end_ms - times[last]));
    // A counter cannot have been below zero. From twice the change on, it was not within any reach.
    if lost.is_some() && change > 0.0 && (0.0..change * 2.0).contains(&values[0]) {
        before = before.min(sampled * (values[0] / change));
    }
    let factor = (sampled + before + after) / sampled;
    change * per.map_or(factor, |range| factor / range)
}

/// The change between the last two samples.
fn instant(window: &Window<'_>, per_second: bool) -> f64 {
    let [.., previous, last] = *window.values else {
        return ABSENT;
    };
    let [.., before, now] = *window.times else {
        return ABSENT;
    };
    if !per_second {
        return last - previous;
    }
    let change = if last < previous {
        last
    } else {
        last - previous
    };
    change / seconds(now - before)
}

fn seconds(ms: i64) -> f64 {
    ms as f64 / 1000.0
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn what_is_lost_in_a_window_is_all_that_stood_before_its_drops(
            values in prop::collection::vec((-50i32..50).prop_map(f64::from), 1..60),
            ends in any::<(prop::sample::Index, prop::sample::Index)>(),
        ) {
            let (a, b) = (ends.0.index(values.len()), ends.1.index(values.len()));
            let (first, last) = (a.min(b), a.max(b));
            let falls = |pair: &&[f64]| pair[1] < pair[0];
            let drops = Events::find(&values, |previous, next| next < previous);
            let before = drops.before(&values);
            let times = vec![0; last + 1 - first];
            let within = drops.within(&Window {
                step: 0,
                step_ms: 0,
                start_ms: 0,
                end_ms: 0,
                times: &times,
                values: &values[first..=last],
                first,
            });
            let expected = values[first..=last].windows(2).filter(falls).map(|pair| pair[0]);
            prop_assert_eq!(&before[within.clone()], expected.clone().collect::<Vec<_>>());
            // Whole numbers, whose sum does not depend on the order.
            prop_assert_eq!(sum(&before[within]), expected.sum::<f64>());
        }
    }
}
