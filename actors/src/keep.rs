//! What of the latest values goes into the history, and when.
//!
//! The host is measured every second: a few of its series that rules and charts want as fine as
//! that ([`FAST`]) are kept each time, everything else once per cell of the collection interval.
//! What other sources tell is kept whenever they tell it.

use std::{collections::BTreeMap, sync::Arc, time::Duration};

use exposition::{Labels, MetricFamily};
use jiff::Timestamp;
use promql::METRIC_NAME;
use tokio::time::Instant;

use crate::{messages::Batch, standing::Source, told::Told};

/// The source of what Vitals says of itself.
pub const OWN: &str = "vitals";
/// The source of what rules write.
pub const RULES: &str = "rules";
/// Series that are kept at every tick, at most.
const MOST_FAST: usize = 40;
/// Families that are kept at every tick, the most wanted first, each only if it fits whole.
const FAST: [&str; 9] = [
    "vitals_host_cpu_used_ratio",
    "vitals_host_memory_used_ratio",
    "vitals_container_cpu_used_ratio",
    "vitals_container_memory_used_ratio",
    "vitals_host_network_receive_bytes_total",
    "vitals_host_network_transmit_bytes_total",
    "vitals_host_filesystem_used_ratio",
    "node_load1",
    "node_cpu_seconds_total",
];

/// Remembers what has been kept of each source.
#[derive(Debug, Clone, Default)]
pub(crate) struct Keep {
    /// The cell of the last complete batch; `None` once the source has fallen silent.
    cells: BTreeMap<Arc<str>, Option<i128>>,
}

impl Keep {
    /// What is to be kept of what a source has just told.
    pub(crate) fn batch(&mut self, source: &Source, grid: Duration, now: Instant) -> Batch {
        let observation = &source.observation;
        let last = self.cells.entry(observation.source.clone()).or_default();
        let cell = Some(cell(observation.at, grid));
        let complete = observation.outcome.is_dependency || *last != cell;
        *last = cell;
        let told = Told::by(source, now);
        Batch {
            source: observation.source.clone(),
            at: observation.at,
            samples: match complete {
                true => all(|| told.families()),
                false => fast(&told),
            },
            complete,
        }
    }

    /// What Vitals says of itself, which is complete each time.
    pub(crate) fn own(families: &[MetricFamily], at: Timestamp) -> Batch {
        let nobody = Labels::none();
        Batch {
            source: OWN.into(),
            at,
            samples: all(|| families.iter().map(|family| (family, &nobody))),
            complete: true,
        }
    }

    /// The end of what a source told: it has not been heard of for too long, or is gone.
    pub(crate) fn end(&mut self, source: &str, at: Timestamp) -> Option<Batch> {
        let cell = self.cells.get_mut(source)?;
        cell.take()?;
        Some(Batch {
            source: source.into(),
            at,
            samples: Vec::new(),
            complete: true,
        })
    }
}

/// Which multiple of the interval a moment belongs to.
fn cell(at: Timestamp, grid: Duration) -> i128 {
    at.as_nanosecond()
        .div_euclid(grid.as_nanos().max(1).cast_signed())
}

fn all<'f, F>(families: impl Fn() -> F) -> Vec<(Labels, f64)>
where
    F: Iterator<Item = (&'f MetricFamily, &'f Labels)>,
{
    // Nearly all have one sample a metric.
    let few = families().map(|(family, _)| family.metrics.len()).sum();
    let mut all = Vec::with_capacity(few);
    all.extend(families().flat_map(|(family, target)| samples(family, target)));
    all
}

fn fast(told: &Told<'_>) -> Vec<(Labels, f64)> {
    let mut fast: Vec<(Labels, f64)> = Vec::with_capacity(MOST_FAST);
    for name in FAST {
        let more = all(|| told.families().filter(|(family, _)| family.name == name));
        if fast.len() + more.len() <= MOST_FAST {
            fast.extend(more);
        }
    }
    fast
}

fn samples(family: &MetricFamily, target: &Labels) -> impl Iterator<Item = (Labels, f64)> {
    family.flat().map(move |series| {
        let labels = series.labels.of_target(target);
        (labels.with(METRIC_NAME, series.name), series.value)
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        messages::Observation,
        standing::{Standing, tests::observed},
    };

    const GRID: Duration = Duration::from_secs(10);

    fn at(second: i64) -> Timestamp {
        Timestamp::from_second(second).unwrap()
    }

    fn host(second: i64) -> Observation {
        let mut observation = observed("system", FAST[0], &[("local", 0.5)]);
        let slow = MetricFamily::gauge("node_entropy", "").with(Labels::none(), 256.0);
        observation.families = observation.families.iter().cloned().chain([slow]).collect();
        observation.identity = Labels::new([("job", "node")]);
        observation.at = at(second);
        observation
    }

    fn names(batch: &Batch) -> Vec<String> {
        let name = |(labels, _): &(Labels, f64)| labels.get(METRIC_NAME).unwrap().to_owned();
        batch.samples.iter().map(name).collect()
    }

    fn kept(keep: &mut Keep, standing: &mut Standing, observation: Observation) -> Batch {
        let source = observation.source.clone();
        standing.take(observation);
        keep.batch(standing.source(&source).unwrap(), GRID, Instant::now())
    }

    #[test]
    fn the_host_is_kept_whole_once_per_cell_and_in_part_each_second() {
        let (mut keep, mut standing) = (Keep::default(), Standing::default());
        let all = [
            "node_entropy",
            FAST[0],
            "up",
            "scrape_duration_seconds",
            "scrape_samples_scraped",
        ];
        for (second, complete) in [(8, true), (9, false), (10, true), (11, false), (31, true)] {
            let batch = kept(&mut keep, &mut standing, host(second));
            assert_eq!(batch.complete, complete, "{second}");
            assert_eq!(batch.at, at(second));
            let expected = if complete { &all[..] } else { &all[1..2] };
            assert_eq!(names(&batch), expected, "{second}");
        }
        let batch = kept(&mut keep, &mut standing, host(41));
        assert_eq!(batch.samples[0].0.get("job"), Some("node"));
        assert_eq!(batch.samples[1].0.get("job"), None);
    }

    #[test]
    fn others_are_kept_whole_whenever_they_tell_something() {
        let (mut keep, mut standing) = (Keep::default(), Standing::default());
        for second in [1, 2, 3] {
            let mut observation = observed("redis", "vitals_redis_clients", &[("x", 1.0)]);
            observation.outcome.is_dependency = true;
            observation.at = at(second);
            assert!(kept(&mut keep, &mut standing, observation).complete);
        }
    }

    #[test]
    fn what_ends_ends_once() {
        let (mut keep, mut standing) = (Keep::default(), Standing::default());
        assert!(keep.end("system", at(0)).is_none());
        kept(&mut keep, &mut standing, host(1));
        let end = keep.end("system", at(5)).unwrap();
        assert!(end.complete && end.samples.is_empty());
        assert!(keep.end("system", at(6)).is_none());
        assert!(kept(&mut keep, &mut standing, host(7)).complete);
    }

    #[test]
    fn families_that_do_not_fit_leave_room_for_others() {
        let mut observation = host(1);
        let mut many = MetricFamily::counter("node_cpu_seconds_total", "");
        for cpu in 0..MOST_FAST {
            many.push(Labels::new([("cpu", cpu.to_string())]), 1.0);
        }
        observation.families = observation.families.iter().cloned().chain([many]).collect();
        let (mut keep, mut standing) = (Keep::default(), Standing::default());
        kept(&mut keep, &mut standing, observation.clone());
        observation.at = at(2);
        let batch = kept(&mut keep, &mut standing, observation);
        assert_eq!(names(&batch), [FAST[0]]);
    }
}
