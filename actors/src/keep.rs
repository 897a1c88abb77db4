//! What of the latest values goes into the history, and when.
//!
//! The host is measured every second: a few of its series that rules and charts want as fine as
//! that ([`FAST`]) are kept each time, everything else once per cell of the collection interval.
//! What other sources tell is kept whenever they tell it.

use std::{collections::BTreeMap, mem, sync::Arc, time::Duration};

use exposition::{FlatSeries, Labels, MetricFamily};
use jiff::Timestamp;
use promql::METRIC_NAME;
use tokio::time::Instant;

use crate::{
    messages::Batch,
    standing::Source,
    told::{self, Told},
};

/// The source of what Vitals says of itself.
pub const OWN: &str = "vitals";
/// The source of what rules write.
pub const RULES: &str = "rules";
/// Series that are kept at every tick, at most.
const MOST_FAST: usize = 40;
/// Families that are kept at every tick, the most wanted first, each only if it fits whole.
const FAST: [&str; 8] = [
    "vitals_host_cpu_used_ratio",
    "vitals_host_memory_used_ratio",
    "vitals_container_cpu_used_ratio",
    "vitals_container_memory_used_ratio",
    "vitals_host_network_receive_bytes_total",
    "vitals_host_network_transmit_bytes_total",
    "vitals_host_filesystem_used_ratio",
    "node_load1",
];

/// Remembers what has been kept of each source.
#[derive(Debug, Clone, Default)]
pub(crate) struct Keep {
    sources: BTreeMap<Arc<str>, Kept>,
    own: Naming,
}

/// What has been kept of a source.
#[derive(Debug, Clone, Default)]
struct Kept {
    /// The cell of the last complete batch; `None` once the source has fallen silent.
    cell: Option<i128>,
    all: Naming,
    fast: Naming,
}

impl Keep {
    /// What is to be kept of what a source has just told.
    pub(crate) fn batch(&mut self, source: &Source, grid: Duration, now: Instant) -> Batch {
        let observation = &source.observation;
        let kept = self.sources.entry(observation.source.clone()).or_default();
        let cell = Some(cell(observation.at, grid));
        let complete = observation.outcome.is_dependency || kept.cell != cell;
        kept.cell = cell;
        Batch {
            source: observation.source.clone(),
            at: observation.at,
            samples: match complete {
                true => kept.all.samples(Told::by(source, now).families()),
                false => {
                    let fast = fast(source);
                    let fast = fast.iter().map(|(family, target)| (*family, target));
                    kept.fast.samples(fast)
                }
            },
            complete,
        }
    }

    /// What Vitals says of itself, which is complete each time.
    pub(crate) fn own(&mut self, families: &[MetricFamily], at: Timestamp) -> Batch {
        let nobody = Labels::none();
        Batch {
            source: OWN.into(),
            at,
            samples: self
                .own
                .samples(families.iter().map(|family| (family, &nobody))),
            complete: true,
        }
    }

    /// The end of what a source told: it has not been heard of for too long, or is gone.
    pub(crate) fn end(&mut self, source: &str, at: Timestamp) -> Option<Batch> {
        let kept = self.sources.get_mut(source)?;
        kept.cell.take()?;
        *kept = Kept::default();
        Some(Batch {
            source: source.into(),
            at,
            samples: Vec::new(),
            complete: true,
        })
    }
}

/// What series are called in the history, in the order in which they were told last. They are told again
/// and again, and their labels put together once.
#[derive(Debug, Clone, Default)]
struct Naming(Vec<Named>);

#[derive(Debug, Clone)]
struct Named {
    told: Labels,
    target: Labels,
    /// With the name and the target.
    kept: Labels,
}

impl Naming {
    /// All series of families, each with the labels of its target.
    fn samples<'f>(
        &mut self,
        families: impl IntoIterator<Item = (&'f MetricFamily, &'f Labels)>,
    ) -> Vec<(Labels, f64)> {
        let known = mem::take(&mut self.0);
        self.0.reserve_exact(known.len());
        let mut samples = Vec::with_capacity(known.len());
        let mut known = known.into_iter().peekable();
        for (family, target) in families {
            for series in family.flat() {
                let kept = match known.next_if(|named| named.is(&series, target)) {
                    Some(named) => named.kept,
                    None => {
                        let labels = series.labels.of_target(target);
                        labels.with(METRIC_NAME, series.name)
                    }
                };
                samples.push((kept.clone(), series.value));
                self.0.push(Named {
                    told: series.labels,
                    target: target.clone(),
                    kept,
                });
            }
        }
        samples
    }
}

impl Named {
    fn is(&self, series: &FlatSeries<'_>, target: &Labels) -> bool {
        self.told == series.labels
            && self.target == *target
            && self.kept.get(METRIC_NAME) == Some(&*series.name)
    }
}

/// Which multiple of the interval a moment belongs to.
fn cell(at: Timestamp, grid: Duration) -> i128 {
    at.as_nanosecond()
        .div_euclid(grid.as_nanos().max(1).cast_signed())
}

/// Of what a source told, the families that are kept at every tick.
fn fast(source: &Source) -> Vec<(&MetricFamily, Labels)> {
    let (mut fast, mut room) = (Vec::new(), MOST_FAST);
    for name in FAST {
        let named = || told::of_name(source, name);
        let series = named().map(|(family, _)| family.flat().count()).sum();
        if let Some(left) = room.checked_sub(series) {
            room = left;
            fast.extend(named());
        }
    }
    fast
}

#[cfg(test)]
mod tests {
    use exposition::{Histogram, Metric, MetricType, Value};
    use proptest::prelude::*;

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
        let mut many = MetricFamily::gauge("vitals_host_filesystem_used_ratio", "");
        for disk in 0..MOST_FAST {
            many.push(Labels::new([("mountpoint", format!("/{disk}"))]), 1.0);
        }
        observation.families = observation.families.iter().cloned().chain([many]).collect();
        let (mut keep, mut standing) = (Keep::default(), Standing::default());
        kept(&mut keep, &mut standing, observation.clone());
        observation.at = at(2);
        let batch = kept(&mut keep, &mut standing, observation);
        assert_eq!(names(&batch), [FAST[0]]);
    }

    /// A family of one series, and a target, out of few different ones.
    fn any_family() -> impl Strategy<Value = (MetricFamily, Labels)> {
        let text = || prop::sample::select(vec!["", "a", "b"]);
        let kind = prop::sample::select(vec![MetricType::Gauge, MetricType::Histogram]);
        (text(), kind, text(), text(), any::<u16>()).prop_map(|(name, kind, label, job, number)| {
            let value = match kind {
                MetricType::Histogram => Value::Histogram(Histogram::default()),
                _ => Value::Number(number.into()),
            };
            let mut family = MetricFamily::new(format!("x_{name}"), "", kind);
            family.metrics.push(Metric {
                labels: Labels::new([("label", label)]),
                value,
                timestamp_ms: None,
            });
            (family, Labels::new([("job", job)]))
        })
    }

    fn put_together(families: &[(MetricFamily, Labels)]) -> Vec<(Labels, f64)> {
        let samples = families.iter().flat_map(|(family, target)| {
            family.flat().map(|series| {
                let labels = series.labels.of_target(target);
                (labels.with(METRIC_NAME, series.name), series.value)
            })
        });
        samples.collect()
    }

    proptest! {
        #[test]
        fn what_was_told_before_changes_nothing(
            rounds in prop::collection::vec(prop::collection::vec(any_family(), 0..8), 1..4),
            left_out in prop::collection::vec(any::<prop::sample::Index>(), 4),
        ) {
            let mut naming = Naming::default();
            for (mut families, left_out) in rounds.into_iter().zip(left_out) {
                // Each time without one of them.
                for _ in 0..3 {
                    let told = families.iter().map(|(family, target)| (family, target));
                    prop_assert_eq!(naming.samples(told), put_together(&families));
                    if !families.is_empty() {
                        families.remove(left_out.index(families.len()));
                    }
                }
            }
        }

        #[test]
        fn what_is_told_again_has_the_same_labels(
            families in prop::collection::vec(any_family(), 1..8),
        ) {
            let mut naming = Naming::default();
            let mut samples = || {
                naming.samples(families.iter().map(|(family, target)| (family, target)))
            };
            let texts = |samples: &[(Labels, f64)]| -> Vec<_> {
                samples.iter().map(|(labels, _)| labels.iter().next().map(|(name, _)| name.as_ptr())).collect()
            };
            let before = samples();
            prop_assert_eq!(texts(&before), texts(&samples()), "not put together anew");
        }
    }
}
