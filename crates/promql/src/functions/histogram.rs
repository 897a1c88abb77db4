//! histogram_quantile over classic histograms: one series per bucket, its bound in `le`.

use super::Args;
use crate::error::Result;
use crate::labels::{BUCKET, value};
use crate::value::{ABSENT, Series, is_absent};
use exposition::Labels;
use std::collections::BTreeMap;

#[derive(Clone, Copy)]
struct Bucket {
    upper: f64,
    /// Observations up to the bound.
    count: f64,
}

/// The series of one histogram, by upper bound.
#[derive(Default)]
struct Histogram {
    buckets: Vec<(f64, Series)>,
}

pub(crate) fn quantile(args: &Args) -> Result<Vec<Series>> {
    let phi = args.scalar(0)?;
    let mut histograms: BTreeMap<Labels, Histogram> = BTreeMap::new();
    for series in args.vector(1)? {
        let Ok(upper) = value(&series.labels, BUCKET).parse::<f64>() else {
            continue;
        };
        histograms
            .entry(series.labels.without(BUCKET))
            .or_default()
            .buckets
            .push((upper, series));
    }
    let mut step_buckets = Vec::new();
    let rows = histograms.into_iter().map(|(labels, mut histogram)| {
        histogram.buckets.sort_by(|a, b| a.0.total_cmp(&b.0));
        let cell = |(step, phi): (usize, &f64)| {
            step_buckets.clear();
            let at_step = histogram.buckets.iter().map(|(upper, one)| Bucket {
                upper: *upper,
                count: one.values[step],
            });
            step_buckets.extend(at_step.filter(|bucket| !is_absent(bucket.count)));
            if step_buckets.is_empty() {
                ABSENT
            } else {
                bucket_quantile(*phi, &mut step_buckets)
            }
        };
        Series {
            values: phi.iter().enumerate().map(cell).collect(),
            labels,
            drop_name: true,
        }
    });
    Ok(rows.filter(Series::has_samples).collect())
}

/// Finds the bucket that holds the rank and interpolates in it. `buckets` must be sorted.
fn bucket_quantile(phi: f64, buckets: &mut Vec<Bucket>) -> f64 {
    if phi.is_nan() {
        return f64::NAN;
    }
    if phi < 0.0 {
        return f64::NEG_INFINITY;
    }
    if phi > 1.0 {
        return f64::INFINITY;
    }
    merge_equal_bounds(buckets);
    make_monotonic(buckets);
    let last = buckets.len() - 1;
    if buckets[last].upper != f64::INFINITY || last == 0 || buckets[last].count == 0.0 {
        return f64::NAN;
    }
    let rank = phi * buckets[last].count;
    let at = buckets[..last]
        .iter()
        .position(|bucket| bucket.count >= rank)
        .unwrap_or(last);
    if at == last {
        return buckets[last - 1].upper; // Nothing is known beyond the last finite bound.
    }
    if at == 0 {
        let Bucket { upper, count } = buckets[0];
        return if upper <= 0.0 {
            upper
        } else {
            upper * (rank / count)
        };
    }
    let (below, here) = (buckets[at - 1], buckets[at]);
    below.upper + (here.upper - below.upper) * ((rank - below.count) / (here.count - below.count))
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

/// Counts that fall, as racing scrapes and rounding produce, are raised to the count before.
fn make_monotonic(buckets: &mut [Bucket]) {
    for i in 1..buckets.len() {
        let before = buckets[i - 1].count;
        let here = &mut buckets[i].count;
        let tiny = (*here - before).abs() <= 1e-12 * (here.abs() + before.abs());
        if tiny || *here < before {
            *here = before;
        }
    }
}
