//! Instant selectors: at each step, the newest sample of the lookback window.

use super::{
    Evaluator,
    cursor::Cursor,
    row::{ABSENT, Grid, Row, Series, Stream, is_absent},
    timing::Timing,
};
use crate::{error::Result, expr::Selection, queryable::RawSeries};

impl<'q> Evaluator<'q> {
    /// The newest sample at each step, of which `pick` takes its time in milliseconds or its value.
    pub(crate) fn latest(
        &'q self,
        selection: &'q Selection,
        grid: Grid,
        pick: impl Fn(i64, f64) -> f64 + 'q,
    ) -> Result<Stream<'q>> {
        let timing = Timing::new(selection.moment, self.query);
        let lookback_ms = self.lookback_ms();
        let found = self.select(selection, timing, lookback_ms, &grid, None)?;
        let walked = found.map(move |raw| {
            let raw = raw?;
            let _raw_is_held = self.meter.hold(raw.times.len())?;
            let hold = self.meter.hold(grid.steps)?;
            let values = walk(&raw, &grid, timing, lookback_ms, &pick);
            Ok(Series::new(raw.labels, Row::new(hold, values)))
        });
        Ok(Box::new(walked.filter(|series| {
            series.as_ref().map_or(true, Series::has_samples)
        })))
    }
}

fn walk(
    raw: &RawSeries<'_>,
    grid: &Grid,
    timing: Timing,
    lookback_ms: i64,
    pick: impl Fn(i64, f64) -> f64,
) -> Vec<f64> {
    let (times, values) = (&raw.times[..], &raw.values[..]);
    let mut cursor = Cursor::new(times);
    let at_step = |time| {
        let reference = timing.reference(time);
        match cursor.pass(reference).checked_sub(1) {
            Some(i) if times[i] > reference - lookback_ms && !is_absent(values[i]) => {
                pick(times[i], values[i])
            }
            _ => ABSENT,
        }
    };
    grid.times().map(at_step).collect()
}
