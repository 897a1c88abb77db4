//! How fast something grows, over the last minute.

use std::time::Duration;

use tokio::time::Instant;

use crate::collector::window::Window;

/// The window; longer where looks are further apart.
const WINDOW: Duration = Duration::from_secs(60);
/// A window that is shorter says nothing yet.
const SHORTEST: Duration = Duration::from_secs(50);

/// A sliding window over a sum.
#[derive(Debug)]
pub(super) struct Rate(Window);

impl Default for Rate {
    fn default() -> Self {
        Rate(Window::new(WINDOW))
    }
}

impl Rate {
    /// Adds what is new since the last look.
    pub(super) fn add(&mut self, new: f64, now: Instant) {
        self.0.add(&[new], now);
    }

    /// From nothing: what comes next is the first look.
    pub(super) fn forget(&mut self) {
        self.0.forget();
    }

    /// Once there is a whole window.
    pub(super) fn per_minute(&self) -> Option<f64> {
        let sums = self.0.sums()?;
        let new: f64 = sums.new.iter().sum();
        (sums.span >= SHORTEST).then(|| new / sums.span.as_secs_f64() * 60.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_minute_is_looked_back() {
        let (mut rate, start) = (Rate::default(), Instant::now());
        let mut add = |second, new| {
            rate.add(new, start + Duration::from_secs(second));
            rate.per_minute()
        };
        assert_eq!(add(0, 999.0), None, "of before we looked");
        for second in 1..5 {
            assert_eq!(add(second * 10, 2.0), None);
        }
        assert_eq!(add(50, 2.0), Some(12.0));
        assert_eq!(add(60, 2.0), Some(12.0));
        assert_eq!(
            add(70, 62.0),
            Some(72.0),
            "ten of them in this minute, five of sixty seconds"
        );
        for second in 8..14 {
            add(second * 10, 0.0);
        }
        assert_eq!(add(140, 0.0), Some(0.0));
        assert_eq!(
            add(440, 50.0),
            Some(10.0),
            "a gap is looked over, not divided by nothing"
        );
        rate.forget();
        assert_eq!(rate.per_minute(), None);
    }
}
