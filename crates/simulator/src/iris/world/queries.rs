//! SQL statements and how long they took: sampled once a minute, as the recorded sixtieths tell.

use super::Setup;
use crate::iris::noise;

/// Namespaces in which statements run, in the order IRIS lists them.
pub(crate) const NAMESPACES: [&str; 2] = ["%SYS", super::topology::NAMESPACE];
/// Seconds a sample covers.
pub(crate) const WINDOW: u64 = 60;

/// Statements of one namespace.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub(crate) struct Statements {
    pub(crate) count: u64,
    pub(crate) nanoseconds: u64,
    pub(crate) commands: u64,
    pub(crate) rows: u64,
}

impl Statements {
    fn add(&mut self, other: Self) {
        self.count += other.count;
        self.nanoseconds += other.nanoseconds;
        self.commands += other.commands;
        self.rows += other.rows;
    }

    pub(crate) fn plus(mut self, other: Self) -> Self {
        self.add(other);
        self
    }
}

/// What was asked, and what IRIS last published of it.
#[derive(Clone, Debug, Default, PartialEq)]
pub(crate) struct Queries {
    current: [Statements; 2],
    /// Of the last whole minute.
    pub(crate) sample: [Statements; 2],
    /// Since IRIS started, up to the last whole minute.
    pub(crate) total: Statements,
    carry: [f64; 2],
}

impl Queries {
    pub(crate) fn step(&mut self, setup: &Setup, now: i64, messages: u64, load: f64) {
        let means = [0.4, (4.0 + 8.0 * messages as f64) * load];
        for (at, mean) in means.into_iter().enumerate() {
            let stream = 300 + at as u64;
            let count = if setup.steady {
                self.carry[at] += mean;
                let count = (self.carry[at] + 1e-9).floor();
                self.carry[at] -= count;
                count as u64
            } else {
                noise::poisson(setup.seed, stream, now, mean)
            };
            let drift = if setup.steady {
                1.0
            } else {
                1.0 + 0.4 * noise::smooth(setup.seed, stream + 10, now, 300)
            };
            // Twice the load is more than twice the time.
            let each = [122_000.0, 31_000.0][at] * drift * load.max(0.1).powf(1.5);
            self.current[at].add(Statements {
                count,
                nanoseconds: count * each as u64,
                commands: count * [620, 52][at],
                rows: count * [1, 3][at] / 2,
            });
        }
        if now.rem_euclid(WINDOW.cast_signed()) == 0 {
            self.sample = std::mem::take(&mut self.current);
            for sample in self.sample {
                self.total.add(sample);
            }
        }
    }
}
