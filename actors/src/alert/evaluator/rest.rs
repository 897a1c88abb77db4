//! When rules may run again. Fifty sources that are asked at one tick tell one after the other: were
//! rules run for each of them, they would read all the others as often. So they rest in proportion to
//! what they took, and then run once for all that came meanwhile.

use std::time::Duration;

use tokio::time::Instant;

/// They rest so many times as long as they took: a tenth of a core is theirs at most.
const SHARE: u32 = 9;
/// But no longer than this: who waits for an alert is not to notice.
const LONGEST: Duration = Duration::from_millis(100);

/// Until when rules rest.
#[derive(Debug)]
pub(super) struct Rest {
    until: Instant,
}

impl Rest {
    /// Not at all.
    pub(super) fn over() -> Self {
        Rest {
            until: Instant::now(),
        }
    }

    /// After work that began then and ends now.
    pub(super) fn after(began: Instant) -> Self {
        let now = Instant::now();
        Rest {
            until: now + (now.duration_since(began) * SHARE).min(LONGEST),
        }
    }

    /// How much of it is left; `None` where it is over.
    pub(super) fn left(&self) -> Option<Duration> {
        let left = self.until.saturating_duration_since(Instant::now());
        (!left.is_zero()).then_some(left)
    }
}

#[cfg(test)]
mod tests {
    use tokio::time::advance;

    use super::*;

    #[tokio::test(start_paused = true)]
    async fn whoever_worked_longer_rests_longer_but_not_for_ever() {
        assert_eq!(Rest::over().left(), None);
        for (took_ms, rest_ms) in [(0, None), (2, Some(18)), (11, Some(99)), (2_000, Some(100))] {
            let began = Instant::now();
            advance(Duration::from_millis(took_ms)).await;
            let rest = Rest::after(began);
            assert_eq!(rest.left(), rest_ms.map(Duration::from_millis), "{took_ms}");
            advance(Duration::from_millis(100)).await;
            assert_eq!(rest.left(), None, "{took_ms}");
        }
    }
}
