//! What can go wrong with the application.

use std::time::Duration;

use serde::Deserialize;

/// Until it is cured.
#[derive(Clone, Copy, Debug, PartialEq, Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case", deny_unknown_fields)]
pub enum Fault {
    /// This share of the requests of users is answered with 500.
    Errors {
        /// 0 to 1; all of them unless told otherwise.
        #[serde(default = "all")]
        ratio: f64,
    },
    /// `/health` says 503.
    Ill,
    /// Nothing is ever answered.
    Hang,
    /// Everything takes so much longer.
    Slow {
        /// Milliseconds.
        ms: u64,
    },
    /// `/health` and `/metrics` send whoever asks to the log-in.
    Redirect,
    /// The body of `/metrics` never ends.
    Endless,
    /// The body of `/metrics` ends before its time.
    Truncated,
    /// `/metrics` tells users apart: so many more series.
    Bomb {
        /// 1 to 1,000,000.
        series: u32,
    },
    /// The labels of `/metrics` have what looks like a patient's data in them.
    Patients,
    /// The counters begin anew, as after a restart: at once, and once.
    Reset,
}

fn all() -> f64 {
    1.0
}

/// Those that last.
#[derive(Debug, Default)]
pub(super) struct Faults(Vec<Fault>);

impl Faults {
    pub(super) fn add(&mut self, fault: Fault) {
        self.0.push(fault);
    }

    pub(super) fn clear(&mut self) {
        self.0.clear();
    }

    pub(super) fn has(&self, fault: &Fault) -> bool {
        self.0.contains(fault)
    }

    pub(super) fn error_ratio(&self) -> f64 {
        let ratios = self.0.iter().map(|fault| match fault {
            Fault::Errors { ratio } => *ratio,
            _ => 0.0,
        });
        ratios.fold(0.0, f64::max)
    }

    pub(super) fn delay(&self) -> Duration {
        let delays = self.0.iter().map(|fault| match fault {
            Fault::Slow { ms } => Duration::from_millis(*ms),
            _ => Duration::ZERO,
        });
        delays.sum()
    }

    pub(super) fn bomb(&self) -> u32 {
        let series = self.0.iter().map(|fault| match fault {
            Fault::Bomb { series } => (*series).min(1_000_000),
            _ => 0,
        });
        series.max().unwrap_or_default()
    }
}
