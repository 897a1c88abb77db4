//! Too many, too fast: restarts counted in a sliding window.

use std::{collections::VecDeque, time::Duration};

use tokio::time::Instant;

/// The moments of the restarts within the last `period`.
#[derive(Clone, Debug)]
pub(crate) struct Intensity {
    pub(crate) most: u32,
    pub(crate) period: Duration,
    restarts: VecDeque<Instant>,
}

impl Intensity {
    pub(crate) fn new(most: u32, period: Duration) -> Self {
        Intensity {
            most,
            period,
            restarts: VecDeque::new(),
        }
    }

    /// Counts one restart, and says how many there were within the period, this one included.
    pub(crate) fn count(&mut self, now: Instant) -> u32 {
        // One more than `most` is all that anybody asks about: the window stays that small.
        if self.restarts.len() > self.most as usize {
            self.restarts.pop_front();
        }
        self.restarts.push_back(now);
        while self
            .restarts
            .front()
            .is_some_and(|then| now - *then > self.period)
        {
            self.restarts.pop_front();
        }
        self.restarts.len() as u32
    }

    pub(crate) fn clear(&mut self) {
        self.restarts.clear();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_window_slides() {
        let mut window = Intensity::new(2, Duration::from_secs(10));
        let start = Instant::now();
        let at = |s| start + Duration::from_secs(s);
        assert_eq!(window.count(at(0)), 1);
        assert_eq!(window.count(at(6)), 2);
        assert_eq!(window.count(at(10)), 3, "the first is still within 10 s");
        assert_eq!(window.count(at(17)), 2, "those at 0 and 6 are out");
        window.clear();
        assert_eq!(window.count(at(18)), 1);
    }

    #[test]
    fn memory_is_bounded_by_what_is_asked_about() {
        let mut window = Intensity::new(3, Duration::from_secs(3600));
        let now = Instant::now();
        for _ in 0..10_000 {
            window.count(now);
        }
        assert_eq!(window.count(now), 4);
        assert!(window.restarts.len() <= 4);
    }
}
