//! Change within a window: rate, increase, delta, irate, idelta, changes, resets.

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
                let mut drops = Events::find(values, falls);
                let mut any = false;
                let row = windows.slide(series, |window| {
                    let lost = drops.within(window).iter();
                    let lost = lost.map(|at| values[at - 1]).sum::<f64>();
                    any |= window.values.len() > 1;
                    extrapolated(window, Some(lost), change == Change::Rate)
                });
                if any {
                    ev.notes.rate_of(&series.raw.labels);
                }
                row
            }
            Change::Delta => windows.slide(series, |window| extrapolated(window, None, false)),
            Change::Irate => windows.slide(series, |window| instant(window, true)),
            Change::Idelta => windows.slide(series, |window| instant(window, false)),
            Change::Resets => {
                let mut drops = Events::find(values, falls);
                windows.slide(series, |window| drops.within(window).len() as f64)
            }
            Change::Changes => {
                let differ = |a: f64, b: f64| a != b && !(a.is_nan() && b.is_nan());
                let mut changes = Events::find(values, differ);
                windows.slide(series, |window| changes.within(window).len() as f64)
            }
        }
    }))
}

/// Where something happens between a sample and the next: found once per series, then cut per window
/// by two cursors, so that a step costs nothing for the samples it shares with the last.
struct Events {
    at: Vec<usize>,
    from: usize,
    to: usize,
}

impl Events {
    fn find(values: &[f64], happens: impl Fn(f64, f64) -> bool) -> Self {
        let pairs = values.windows(2).enumerate();
        let events = pairs.filter(|(_, pair)| happens(pair[0], pair[1]));
        Events {
            at: events.map(|(before, _)| before + 1).collect(),
            from: 0,
            to: 0,
        }
    }

    /// The events between samples of the window; windows must come in order.
    fn within(&mut self, window: &Window<'_>) -> &[usize] {
        let end = window.first + window.values.len();
        while self.to < self.at.len() && self.at[self.to] < end {
            self.to += 1;
        }
        while self.from < self.to && self.at[self.from] <= window.first {
            self.from += 1;
        }
        &self.at[self.from..self.to]
    }
}

/// The change over the whole window, extrapolated from the change between its first and last sample.
/// For a counter, `lost` is what its resets have hidden.
fn extrapolated(window: &Window<'_>, lost: Option<f64>, per_second: bool) -> f64 {
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
    if lost.is_some() && change > 0.0 && values[0] >= 0.0 {
        // A counter cannot have been below zero.
        before = before.min(sampled * (values[0] / change));
    }
    let factor = (sampled + before + after) / sampled;
    let range = seconds(window.end_ms - window.start_ms);
    change * if per_second { factor / range } else { factor }
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
