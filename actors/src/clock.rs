//! The wall clock, as actors read it.

use std::time::{Duration, SystemTime};

use jiff::Timestamp;
use tokio::time::Instant;

/// Where actors take the time of day from. Cheap to copy.
#[derive(Debug, Clone, Copy, Default)]
pub enum Clock {
    /// The machine's, with its jumps.
    #[default]
    System,
    /// One that goes with tokio's time, also where that is simulated.
    Tokio {
        /// What it showed.
        base: SystemTime,
        /// When.
        since: Instant,
    },
}

impl Clock {
    /// A clock that goes with tokio's time, from 2026-01-01T00:00:00Z on.
    pub fn simulated() -> Self {
        Clock::Tokio {
            base: SystemTime::UNIX_EPOCH + Duration::from_secs(1_767_225_600),
            since: Instant::now(),
        }
    }

    /// The time of day.
    pub fn now(&self) -> SystemTime {
        match self {
            Clock::System => SystemTime::now(),
            Clock::Tokio { base, since } => *base + since.elapsed(),
        }
    }

    /// The same as a timestamp; where the machine's clock shows none, what that makes of it.
    pub fn timestamp(&self) -> Timestamp {
        Timestamp::try_from(self.now()).unwrap_or_else(|_| Timestamp::now())
    }

    /// The next multiple of the interval, and how long it is until then. After a jump of the clock
    /// the grid goes on from the new time.
    pub fn next_tick(&self, interval: Duration) -> (Timestamp, Duration) {
        next_tick(interval, self.now())
    }
}

fn next_tick(interval: Duration, now: SystemTime) -> (Timestamp, Duration) {
    let interval = interval.as_nanos().max(1);
    let since_epoch = now
        .duration_since(SystemTime::UNIX_EPOCH)
        .map_or(0, |since| since.as_nanos());
    let next = (since_epoch / interval + 1) * interval;
    let wait = Duration::from_nanos(u64::try_from(next - since_epoch).unwrap_or(u64::MAX));
    let at = i128::try_from(next)
        .ok()
        .and_then(|nanos| Timestamp::from_nanosecond(nanos).ok());
    (at.unwrap_or_else(Timestamp::now), wait)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ticks_lie_on_multiples_of_the_interval() {
        let at = |ms| SystemTime::UNIX_EPOCH + Duration::from_millis(ms);
        let next = |interval: u64, now| {
            let (at, wait) = next_tick(Duration::from_millis(interval), at(now));
            (at.as_millisecond(), wait.as_millis())
        };
        assert_eq!(
            next(1000, 5_000),
            (6_000, 1_000),
            "a tick is over at its time"
        );
        assert_eq!(next(1000, 5_001), (6_000, 999));
        assert_eq!(next(10_000, 5_001), (10_000, 4_999));
        let before_the_epoch = SystemTime::UNIX_EPOCH - Duration::from_secs(5);
        let (at, wait) = next_tick(Duration::from_secs(1), before_the_epoch);
        assert_eq!((at.as_millisecond(), wait.as_millis()), (1_000, 1_000));
    }
}
