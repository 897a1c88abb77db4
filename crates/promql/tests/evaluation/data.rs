//! Samples to ask about.

use exposition::Labels;
use fastrand::Rng;
use promql::{MemoryStore, STALE_BITS};

/// A series: its labels and its samples in order of time.
pub(crate) type Series = (Labels, Vec<(i64, f64)>);

/// When the samples begin, Unix time in milliseconds: a multiple of every step.
pub(crate) const START_MS: i64 = 1_700_000_400_000;
/// How long they go on.
pub(crate) const SPAN_MS: i64 = 40 * 60_000;
const EVERY_MS: i64 = 15_000;

/// Where samples lie.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) enum Place {
    /// At whole intervals, which are boundaries of windows, too.
    OnBoundaries,
    /// Beside them.
    Beside,
}

/// Gauges, counters and a histogram, with gaps, ends, resets and odd values.
pub(crate) fn series(seed: u64, place: Place) -> Vec<Series> {
    let mut rng = Rng::with_seed(seed);
    let mut all = Vec::new();
    for (job, instance, zone) in [
        ("a", "i1", "z1"),
        ("a", "i2", ""),
        ("b", "i1", "z1"),
        ("b", "i3", "z2"),
        ("c", "i4", "z2"),
    ] {
        let labels = |name: &str| {
            let pairs = [("job", job), ("instance", instance), ("zone", zone)];
            Labels::new(pairs).with("__name__", name)
        };
        let mut moment = Moments::new(&mut rng, place);
        // What comes of infinite ones, and the sign of zero, has changed between versions.
        let odd = match place {
            Place::OnBoundaries => [f64::NAN, 0.0, f64::INFINITY],
            Place::Beside => [f64::NAN, 3.0, -1.0],
        };
        all.push((labels("memory"), moment.gauge(&mut rng, 1e5, 0.02, odd)));
        all.push((labels("level"), moment.gauge(&mut rng, 100.0, 0.1, odd)));
        all.push((labels("requests_total"), moment.counter(&mut rng, 40.0)));
        if instance != "i3" {
            all.push((labels("bytes_total"), moment.counter(&mut rng, 1e4)));
        }
        let mut below = vec![0.0; (SPAN_MS / 1_000) as usize + 60];
        // All buckets begin anew together. If one alone did, those above it would fall but little.
        let restarts = moment.restarts(&mut rng);
        for le in ["0.1", "0.5", "2", "+Inf"] {
            let mut rows = moment.counter_with(&mut rng, 20.0, &restarts);
            rows.retain(|(_, value)| !value.is_nan());
            for (at, value) in &mut rows {
                // A bucket has what the one before it has, too.
                let slot = &mut below[((*at - START_MS) / 1_000) as usize];
                *slot += *value;
                *value = *slot;
            }
            all.push((labels("latency_seconds_bucket").with("le", le), rows));
        }
    }
    all.sort_by(|a, b| a.0.cmp(&b.0));
    all
}

/// The same with each value of a series a little larger or smaller, by a part that is the same for all
/// of them: by less than makes a difference, by more than rounding does.
pub(crate) fn nudged(series: &[Series], rng: &mut Rng) -> Vec<Series> {
    let nudge = |(labels, samples): &Series| {
        let factor = 1.0 + (rng.f64() - 0.5) * 1e-11;
        let nudged = samples.iter().map(|(at, value)| {
            // Of a stale marker each bit counts.
            let value = if value.is_nan() {
                *value
            } else {
                value * factor
            };
            (*at, value)
        });
        (labels.clone(), nudged.collect())
    };
    series.iter().map(nudge).collect()
}

pub(crate) fn store(series: &[Series]) -> MemoryStore {
    let mut store = MemoryStore::new();
    for (labels, samples) in series {
        store.append(labels.clone(), samples.iter().copied());
    }
    store
}

/// When a target is scraped.
struct Moments {
    times: Vec<i64>,
    /// After which of them a stale marker follows.
    ends: Vec<usize>,
}

impl Moments {
    fn new(rng: &mut Rng, place: Place) -> Self {
        let aside = match place {
            Place::OnBoundaries => 0,
            Place::Beside => 137 + rng.i64(0..700),
        };
        let mut times = Vec::new();
        let mut ends = Vec::new();
        let mut time = START_MS;
        while time < START_MS + SPAN_MS - 2 * EVERY_MS {
            times.push(time + aside);
            if rng.u32(0..40) == 0 {
                ends.push(times.len() - 1);
                time += EVERY_MS * rng.i64(2..30);
            } else if rng.u32(0..20) == 0 {
                time += EVERY_MS * rng.i64(1..5);
            }
            time += EVERY_MS;
        }
        Moments { times, ends }
    }

    fn row(&self, mut value: impl FnMut() -> f64) -> Vec<(i64, f64)> {
        let mut row = Vec::new();
        for (nth, time) in self.times.iter().enumerate() {
            row.push((*time, value()));
            if self.ends.contains(&nth) {
                row.push((*time + EVERY_MS, f64::from_bits(STALE_BITS)));
            }
        }
        row
    }

    fn gauge(&mut self, rng: &mut Rng, size: f64, part: f64, odd: [f64; 3]) -> Vec<(i64, f64)> {
        self.row(|| {
            if rng.f64() < part {
                return odd[rng.usize(0..odd.len())];
            }
            (rng.f64() * 2.0 - 0.7) * size
        })
    }

    fn counter(&mut self, rng: &mut Rng, per_sample: f64) -> Vec<(i64, f64)> {
        let restarts = self.restarts(rng);
        self.counter_with(rng, per_sample, &restarts)
    }

    /// At which samples a counter begins anew.
    fn restarts(&self, rng: &mut Rng) -> Vec<bool> {
        self.times.iter().map(|_| rng.u32(0..60) == 0).collect()
    }

    /// Never near zero, and never falling far, nor so little that what a window sees of a restart is
    /// about the value itself: there extrapolation to zero has changed between versions.
    fn counter_with(
        &mut self,
        rng: &mut Rng,
        per_sample: f64,
        restarts: &[bool],
    ) -> Vec<(i64, f64)> {
        let mut value = (per_sample * (1e4 + rng.f64() * 1e4)).floor();
        let mut restarts = restarts.iter();
        self.row(|| {
            value += (rng.f64() * per_sample).floor();
            if restarts.next() == Some(&true) {
                value = (value * 0.7).floor();
            }
            value
        })
    }
}
