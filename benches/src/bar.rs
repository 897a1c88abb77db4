//! What must hold.

use std::fmt;

use crate::stats::Stats;

#[derive(Clone, Copy, Debug)]
enum Limit {
    AtLeast(f64),
    AtMost(f64),
}

/// A reading, or a ratio of two, and what its median must not pass.
pub struct Bar {
    claim: &'static str,
    measured: Option<Stats>,
    limit: Limit,
}

impl Bar {
    /// `measured` (by its median) must be at least `limit`.
    pub fn at_least(claim: &'static str, measured: Option<Stats>, limit: f64) -> Self {
        Bar {
            claim,
            measured,
            limit: Limit::AtLeast(limit),
        }
    }

    /// `measured` (by its median) must be at most `limit`.
    pub fn at_most(claim: &'static str, measured: Option<Stats>, limit: f64) -> Self {
        Bar {
            claim,
            measured,
            limit: Limit::AtMost(limit),
        }
    }

    /// Whether it holds; `None` if it was not measured.
    pub fn holds(&self) -> Option<bool> {
        let median = self.measured?.median;
        Some(match self.limit {
            Limit::AtLeast(limit) => median >= limit,
            Limit::AtMost(limit) => median <= limit,
        })
    }

    pub(crate) fn json(&self) -> serde_json::Value {
        let limit = match self.limit {
            Limit::AtLeast(limit) | Limit::AtMost(limit) => limit,
        };
        serde_json::json!({
            "claim": self.claim,
            "limit": limit,
            "measured": self.measured.map(|measured| measured.json()),
            "holds": self.holds(),
        })
    }
}

impl fmt::Display for Bar {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let verdict = match self.holds() {
            Some(true) => "PASS",
            Some(false) => "FAIL",
            None => "----",
        };
        write!(f, "{verdict}  {}: ", self.claim)?;
        match self.measured {
            Some(Stats { median, min, max }) => write!(f, "{median:.2} ({min:.2}–{max:.2})"),
            None => write!(f, "not measured"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_median_decides() {
        let measured = Stats::of([1.0, 2.0, 9.0]);
        assert_eq!(Bar::at_most("", measured, 2.0).holds(), Some(true));
        assert_eq!(Bar::at_least("", measured, 2.1).holds(), Some(false));
        assert_eq!(Bar::at_least("", None, 2.1).holds(), None);
    }
}
