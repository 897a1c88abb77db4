//! Instant selectors: at each step, the newest sample of the lookback window.

use crate::error::Result;
use crate::eval::Evaluator;
use crate::matcher::Matcher;
use crate::queryable::{Hints, RawSeries};
use crate::timing::{Timing, millis};
use crate::value::{ABSENT, Grid, Series, is_absent};
use promql_parser::parser::VectorSelector;

/// The newest value at each step.
pub(crate) fn latest_values(
    ev: &Evaluator,
    selector: &VectorSelector,
    grid: &Grid,
) -> Result<Vec<Series>> {
    latest(ev, selector, grid, |_, value| value)
}

/// The time of the newest value at each step, in seconds.
pub(crate) fn latest_times(
    ev: &Evaluator,
    selector: &VectorSelector,
    grid: &Grid,
) -> Result<Vec<Series>> {
    latest(ev, selector, grid, |time, _| time as f64 / 1000.0)
}

fn latest(
    ev: &Evaluator,
    selector: &VectorSelector,
    grid: &Grid,
    pick: impl Fn(i64, f64) -> f64,
) -> Result<Vec<Series>> {
    let timing = Timing::new(&selector.at, &selector.offset, ev.query);
    let lookback = millis(ev.limits.lookback).max(1);
    let (first, last) = timing.bounds(grid);
    let hints = Hints {
        watch: ev.meter.watch().clone(),
        step_ms: grid.hint_ms(),
        range_ms: 0,
    };
    let mut found = Vec::new();
    // The window (t - lookback, t] is open on the left, hence the + 1.
    for raw in ev.store.select(
        &Matcher::all_of(selector)?,
        first - lookback + 1,
        last,
        &hints,
    )? {
        let raw = raw?;
        ev.meter.count_read(raw.times.len());
        ev.meter.charge(raw.times.len() + grid.steps)?;
        let series = Series::new(
            raw.labels.clone(),
            walk(&raw, grid, timing, lookback, &pick),
        );
        if series.has_samples() {
            found.push(series);
        }
    }
    Ok(found)
}

/// One cursor over the samples, moved forward from step to step.
fn walk(
    raw: &RawSeries,
    grid: &Grid,
    timing: Timing,
    lookback: i64,
    pick: impl Fn(i64, f64) -> f64,
) -> Vec<f64> {
    let (times, values) = (&raw.times[..], &raw.values[..]);
    let mut passed = 0;
    grid.times()
        .map(|time| {
            let reference = timing.reference(time);
            while passed < times.len() && times[passed] <= reference {
                passed += 1;
            }
            match passed.checked_sub(1) {
                Some(i) if times[i] > reference - lookback && !is_absent(values[i]) => {
                    pick(times[i], values[i])
                }
                _ => ABSENT,
            }
        })
        .collect()
}
