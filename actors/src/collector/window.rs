//! What counters grew by, over a sliding window. A counter that is lower than before has begun anew:
//! all it has is new.

use std::{collections::VecDeque, time::Duration};

use tokio::time::Instant;

/// A window is divided so finely at most: looks that are closer together count as one.
const FINEST: u32 = 120;

/// A counter as it was last.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Counter(Option<f64>);

impl Counter {
    /// What is new since the last look; nothing in the first, which may be of long ago.
    pub(super) fn look(&mut self, now: f64) -> f64 {
        let new = self.0.map_or(0.0, |before| grown(before, now));
        self.0 = Some(now);
        new
    }
}

/// From one value of a counter to the next.
pub(super) fn grown(before: f64, now: f64) -> f64 {
    let new = if now < before { now } else { now - before };
    new.max(0.0) // NaN becomes 0, too
}

/// Sums of what is new, over a sliding window.
#[derive(Debug)]
pub(super) struct Window {
    length: Duration,
    /// When, and the sums until then.
    looks: VecDeque<(Instant, Box<[f64]>)>,
}

/// What a window holds.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Sums {
    /// What was new, each in the order it was added.
    pub(super) new: Vec<f64>,
    /// Within what time: the window's length, less in the beginning, more after a gap.
    pub(super) span: Duration,
}

impl Window {
    pub(super) fn new(length: Duration) -> Self {
        Window {
            length,
            looks: VecDeque::new(),
        }
    }

    /// Adds what is new since the last look, the same things in the same order each time; with more
    /// things or fewer the window begins anew. The first look is where it begins: what is new to it is
    /// left out.
    pub(super) fn add(&mut self, new: &[f64], now: Instant) {
        if self
            .looks
            .back()
            .is_some_and(|(_, last)| last.len() != new.len())
        {
            self.looks.clear();
        }
        let sums = match self.looks.back() {
            Some((_, before)) => before.iter().zip(new).map(|(sum, new)| sum + new).collect(),
            None => new.iter().map(|_| 0.0).collect(),
        };
        // The one before the last is kept as it is, so that looks do not push each other along for
        // ever.
        let before_last = self.looks.len().checked_sub(2).filter(|at| *at > 0);
        let before_last = before_last.and_then(|at| self.looks.get(at));
        if before_last.is_some_and(|(at, _)| now.duration_since(*at) < self.length / FINEST) {
            self.looks.pop_back();
        }
        self.looks.push_back((now, sums));
        // The first one is the beginning of the window: the last that is old enough.
        let is_old = |(at, _): &(Instant, _)| now.duration_since(*at) >= self.length;
        while self.looks.get(1).is_some_and(is_old) {
            self.looks.pop_front();
        }
    }

    /// What it holds, once there were two looks.
    pub(super) fn sums(&self) -> Option<Sums> {
        let ((from, before), (to, now)) = (self.looks.front()?, self.looks.back()?);
        let span = to.duration_since(*from);
        (!span.is_zero()).then(|| Sums {
            new: now
                .iter()
                .zip(before)
                .map(|(now, before)| now - before)
                .collect(),
            span,
        })
    }

    /// From nothing: what comes next is the first look.
    pub(super) fn forget(&mut self) {
        self.looks.clear();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_counter_that_is_lower_has_begun_anew() {
        let mut counter = Counter::default();
        let new: Vec<_> = [100.0, 110.0, 110.0, 3.0, f64::NAN, 5.0]
            .map(|now| counter.look(now))
            .into();
        assert_eq!(new, [0.0, 10.0, 0.0, 3.0, 0.0, 0.0]);
    }

    #[test]
    fn a_window_slides() {
        let (mut window, start) = (Window::new(Duration::from_secs(60)), Instant::now());
        let mut add = |second, new| {
            window.add(&[new, 1.0], start + Duration::from_secs(second));
            window.sums().map(|sums| (sums.new, sums.span.as_secs()))
        };
        assert_eq!(add(0, 999.0), None, "of before we looked");
        assert_eq!(add(10, 5.0), Some((vec![5.0, 1.0], 10)));
        assert_eq!(add(60, 1.0), Some((vec![6.0, 2.0], 60)));
        assert_eq!(add(70, 1.0), Some((vec![2.0, 2.0], 60)));
        assert_eq!(
            add(500, 4.0),
            Some((vec![4.0, 1.0], 430)),
            "a gap is looked over"
        );
    }

    #[test]
    fn looks_that_are_close_count_as_one_and_nothing_is_lost() {
        let (mut window, start) = (Window::new(Duration::from_secs(60)), Instant::now());
        for look in 0..10_000_u64 {
            window.add(&[1.0], start + Duration::from_millis(look * 10));
        }
        assert!(
            window.looks.len() <= FINEST as usize + 8,
            "{}",
            window.looks.len()
        );
        let sums = window.sums().unwrap();
        let expected = sums.span.as_secs_f64() * 100.0;
        assert!((sums.new[0] - expected).abs() < 1e-6, "{sums:?}");
        assert!((60.0..61.0).contains(&sums.span.as_secs_f64()), "{sums:?}");
    }
}
