//! How long to wait before the next start.

use std::time::Duration;

/// The first restart after a healthy time is immediate; then `min`, growing by `factor`, up to `max`.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Backoff {
    /// The delay of the second restart. Default 100 ms.
    pub min: Duration,
    /// No delay is longer than this, jitter aside. Default 30 s.
    pub max: Duration,
    /// What each delay is multiplied by to get the next. Default 2.
    pub factor: f64,
    /// ± this share of the delay (0 to 1), so that a hundred children do not come back in step.
    /// Default 0.2.
    pub jitter: f64,
    /// An incarnation that lived this long was healthy: the count starts again. Default 60 s.
    pub reset_after: Duration,
}

impl Default for Backoff {
    fn default() -> Self {
        Backoff {
            min: Duration::from_millis(100),
            max: Duration::from_secs(30),
            factor: 2.0,
            jitter: 0.2,
            reset_after: Duration::from_secs(60),
        }
    }
}

impl Backoff {
    /// Always at once. For tests and benchmarks: a child that fails in its start function burns a
    /// thread per restart with this.
    pub fn none() -> Self {
        Backoff {
            min: Duration::ZERO,
            max: Duration::ZERO,
            factor: 1.0,
            jitter: 0.0,
            reset_after: Duration::from_secs(1),
        }
    }

    /// The delay before restart number `attempt` since the last healthy time, counted from 0.
    pub fn delay(&self, attempt: u32) -> Duration {
        let Some(exponent) = attempt.checked_sub(1) else {
            return Duration::ZERO;
        };
        let grown = self.min.as_secs_f64() * self.factor.powi(exponent.min(1024) as i32);
        let spread = 1.0 + self.jitter * (fastrand::f64() * 2.0 - 1.0);
        let seconds = grown.min(self.max.as_secs_f64()) * spread;
        Duration::try_from_secs_f64(seconds).unwrap_or(self.max)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn first_at_once_then_doubling_to_the_cap() {
        let backoff = Backoff {
            jitter: 0.0,
            max: Duration::from_secs(1),
            ..Backoff::default()
        };
        let delays: Vec<_> = (0..7).map(|n| backoff.delay(n).as_millis()).collect();
        assert_eq!(delays, [0, 100, 200, 400, 800, 1000, 1000]);
        assert_eq!(backoff.delay(u32::MAX), Duration::from_secs(1));
    }

    #[test]
    fn a_cap_below_the_minimum_wins() {
        let backoff = Backoff {
            jitter: 0.0,
            max: Duration::from_millis(10),
            ..Backoff::default()
        };
        assert_eq!(backoff.delay(1), Duration::from_millis(10));
    }

    #[test]
    fn jitter_stays_within_its_share() {
        let backoff = Backoff::default();
        for _ in 0..1000 {
            let ms = backoff.delay(1).as_secs_f64() * 1e3;
            assert!((80.0..=120.0).contains(&ms), "{ms}");
        }
    }
}
