//! The `*_over_time` family: one number from the values of a window.

use super::{
    args::Args,
    blocks::{Blocks, extreme},
};
use crate::{
    error::Result,
    eval::{RangeSeries, Stream, Windows},
    queryable::{Reduction, Summary},
    sum::{self, KahanSum},
};

#[derive(Clone, Copy, Debug)]
pub(crate) enum OverTime {
    /// What a summary of the samples tells, too.
    Reduced(Reduction),
    Avg,
    /// All values of the window at once.
    Whole(fn(&[f64]) -> f64),
    /// One of its samples as it is: the series keeps its name.
    Picked(fn(&[f64]) -> f64),
    Quantile,
}

impl OverTime {
    pub(super) fn find(name: &str) -> Option<Self> {
        Some(match name {
            "sum_over_time" => OverTime::Reduced(Reduction::Sum),
            "count_over_time" => OverTime::Reduced(Reduction::Count),
            "min_over_time" => OverTime::Reduced(Reduction::Min),
            "max_over_time" => OverTime::Reduced(Reduction::Max),
            "avg_over_time" => OverTime::Avg,
            "present_over_time" => OverTime::Whole(|_| 1.0),
            "stdvar_over_time" => OverTime::Whole(|values| sum::variance(values.iter().copied())),
            "stddev_over_time" => {
                OverTime::Whole(|values| sum::variance(values.iter().copied()).sqrt())
            }
            "mad_over_time" => OverTime::Whole(median_absolute_deviation),
            "last_over_time" => OverTime::Picked(|values| values[values.len() - 1]),
            "first_over_time" => OverTime::Picked(|values| values[0]),
            "quantile_over_time" => OverTime::Quantile,
            _ => return None,
        })
    }
}

pub(super) fn eval<'q>(over_time: OverTime, args: &Args<'q>) -> Result<Stream<'q>> {
    Ok(match over_time {
        OverTime::Quantile => return quantile(args),
        OverTime::Picked(pick) => {
            let input = args.range_vector(0)?;
            input.map_keeping_names(move |windows, series| {
                windows.slide(series, |window| pick(window.values))
            })
        }
        OverTime::Whole(reduce) => {
            let input = args.range_vector(0)?;
            input.map(move |windows, series| windows.slide(series, |window| reduce(window.values)))
        }
        OverTime::Avg => {
            let input = args.reduced(Some(Reduction::Sum))?;
            input.map(average)
        }
        OverTime::Reduced(reduction) => {
            let input = args.reduced(Some(reduction))?;
            input.map(move |windows, series| reduced(reduction, windows, series))
        }
    })
}

fn reduced(reduction: Reduction, windows: &Windows, series: &RangeSeries<'_>) -> Result<Vec<f64>> {
    if !series.raw.summaries.is_empty() {
        return windows.slide_with_summaries(series, |values, summaries| {
            of_summaries(reduction, values, summaries)
        });
    }
    let mut blocks = Blocks::of(series, windows.range_ms());
    match reduction {
        Reduction::Count => windows.slide(series, |window| window.values.len() as f64),
        Reduction::Min => windows.slide(series, |window| blocks.extreme(window, f64::min)),
        Reduction::Max => windows.slide(series, |window| blocks.extreme(window, f64::max)),
        Reduction::Sum => windows.slide(series, |window| blocks.sum(window).value()),
    }
}

fn of_summaries(reduction: Reduction, values: &[f64], summaries: &[Summary]) -> f64 {
    match reduction {
        Reduction::Count => count(values, summaries),
        Reduction::Min => {
            let least = summaries.iter().map(|one| one.min);
            least.fold(extreme(values, f64::min), f64::min)
        }
        Reduction::Max => {
            let largest = summaries.iter().map(|one| one.max);
            largest.fold(extreme(values, f64::max), f64::max)
        }
        Reduction::Sum => {
            let sums = summaries.iter().map(|one| one.sum);
            let mut sum = KahanSum::default();
            values
                .iter()
                .copied()
                .chain(sums)
                .for_each(|part| sum.add(part));
            sum.value()
        }
    }
}

fn count(values: &[f64], summaries: &[Summary]) -> f64 {
    let summed: u64 = summaries.iter().map(|one| one.count).sum();
    (values.len() as u64 + summed) as f64
}

fn average(windows: &Windows, series: &RangeSeries<'_>) -> Result<Vec<f64>> {
    if !series.raw.summaries.is_empty() {
        return windows.slide_with_summaries(series, |values, summaries| {
            of_summaries(Reduction::Sum, values, summaries) / count(values, summaries)
        });
    }
    let mut blocks = Blocks::of(series, windows.range_ms());
    windows.slide(series, |window| {
        let sum = blocks.sum(window);
        if sum.is_finite() {
            sum.value() / window.values.len() as f64
        } else {
            // It may have overflowed, which a mean need not.
            sum::mean(window.values.iter().copied())
        }
    })
}

fn quantile<'q>(args: &Args<'q>) -> Result<Stream<'q>> {
    let ev = args.ev;
    let phi = args.scalar(0)?;
    let input = args.range_vector(1)?;
    let mut sorted = Vec::new();
    let mut told = false;
    Ok(input.map(move |windows, series| {
        if !std::mem::replace(&mut told, true) {
            for phi in phi.iter().filter(|phi| !(0.0..=1.0).contains(*phi)) {
                ev.notes.quantile(*phi);
            }
        }
        windows.slide_by_step(series, |window| {
            sorted.clear();
            sorted.extend_from_slice(window.values);
            sum::quantile(phi[window.step], &mut sorted)
        })
    }))
}

fn median_absolute_deviation(values: &[f64]) -> f64 {
    let mut work = values.to_vec();
    let median = sum::quantile(0.5, &mut work);
    work.iter_mut()
        .for_each(|value| *value = (*value - median).abs());
    sum::quantile(0.5, &mut work)
}
