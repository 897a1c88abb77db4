//! histogram_quantile over classic histograms: one series per bucket, its bound in `le`.

use std::collections::BTreeMap;

use exposition::Labels;

use super::args::Args;
use crate::{
    error::Result,
    eval::{ABSENT, Pace, Row, Series, Stream, is_absent},
    labels::{BUCKET, value},
};

#[derive(Clone, Copy)]
struct Bucket {
    upper: f64,
    /// Observations up to the bound.
    count: f64,
}

pub(super) fn quantile<'q>(args: &Args<'q>) -> Result<Stream<'q>> {
    let ev = args.ev;
    let phi = args.scalar(0)?;
    for phi in phi.iter().filter(|phi| !(0.0..=1.0).contains(*phi)) {
        ev.notes.quantile(*phi);
    }
    // The series of each histogram, by upper bound.
    let mut histograms: BTreeMap<Labels, Vec<(f64, Series)>> = BTreeMap::new();
    for series in args.vector(1)? {
        let series = series?;
        match bound(value(&series.labels, BUCKET)) {
            Some(upper) => {
                let histogram = histograms.entry(series.labels.without(BUCKET));
                histogram.or_default().push((upper, series));
            }
            None => ev.notes.bucket_label(&series.labels),
        }
    }
    let mut pace = Pace::of(&ev.meter);
    let mut rows = Vec::new();
    let mut buckets = Vec::new();
    for (labels, mut histogram) in histograms {
        histogram.sort_by(|a, b| a.0.total_cmp(&b.0));
        let hold = ev.meter.hold(phi.len())?;
        let mut cells = Vec::with_capacity(phi.len());
        let mut forced = false;
        for (step, phi) in phi.iter().enumerate() {
            pace.work(histogram.len())?;
            buckets.clear();
            let at_step = histogram.iter().map(|(upper, one)| Bucket {
                upper: *upper,
                count: one.values[step],
            });
            buckets.extend(at_step.filter(|bucket| !is_absent(bucket.count)));
            cells.push(if buckets.is_empty() {
                ABSENT
            } else {
                bucket_quantile(*phi, &mut buckets, &mut forced)
            });
        }
        if forced {
            ev.notes.forced_monotonicity(&labels);
        }
        rows.push(Series {
            values: Row::new(hold, cells),
            labels,
            drop_name: true,
        });
    }
    let rows = rows.into_iter().filter(Series::has_samples);
    Ok(Box::new(rows.map(Ok)))
}

/// The bound as a number, in any of the spellings that Prometheus takes.
fn bound(text: &str) -> Option<f64> {
    text.parse().ok()
}

/// Finds the bucket that holds the rank and interpolates in it. `buckets` must be sorted.
fn bucket_quantile(phi: f64, buckets: &mut Vec<Bucket>, forced: &mut bool) -> f64 {
    if phi.is_nan() {
        return f64::NAN;
    }
    if phi < 0.0 {
        return f64::NEG_INFINITY;
    }
    if phi > 1.0 {
        return f64::INFINITY;
    }
    if buckets
        .last()
        .is_none_or(|last| last.upper != f64::INFINITY)
    {
        return f64::NAN;
    }
    merge_equal_bounds(buckets);
    *forced |= make_monotonic(buckets);
    let last = buckets.len() - 1;
    if last == 0 || buckets[last].count == 0.0 {
        return f64::NAN;
    }
    let rank = phi * buckets[last].count;
    let finite = &buckets[..last];
    let at = finite.iter().position(|bucket| bucket.count >= rank);
    let Some(at) = at else {
        // Nothing is known beyond the last finite bound.
        return buckets[last - 1].upper;
    };
    if at == 0 {
        let Bucket { upper, count } = buckets[0];
        return if upper <= 0.0 {
            upper
        } else {
            upper * (rank / count)
        };
    }
    let (below, here) = (buckets[at - 1], buckets[at]);
    let part = (rank - below.count) / (here.count - below.count);
    below.upper + (here.upper - below.upper) * part
}

/// Different spellings of one bound (`1`, `1.0`) are one bucket.
fn merge_equal_bounds(buckets: &mut Vec<Bucket>) {
    buckets.dedup_by(|next, kept| {
        let equal = next.upper == kept.upper;
        if equal {
            kept.count += next.count;
        }
        equal
    });
}

/// Counts that fall, as racing scrapes and rounding produce, are raised to the count before. Whether
/// one fell by more than rounding does.
fn make_monotonic(buckets: &mut [Bucket]) -> bool {
    let mut forced = false;
    for i in 1..buckets.len() {
        let before = buckets[i - 1].count;
        let here = &mut buckets[i].count;
        let tiny = (*here - before).abs() <= 1e-12 * (here.abs() + before.abs());
        forced |= *here < before && !tiny;
        if tiny || *here < before {
            *here = before;
        }
    }
    forced
}
