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
pub(super) struct Window<const N: usize> {
    length: Duration,
    /// When, and the sums until then.
    looks: VecDeque<(Instant, [f64; N])>,
}

/// What a window holds.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Sums<const N: usize> {
    /// What was new.
    pub(super) new: [f64; N],
    /// Within what time: the window's length, less in the beginning, more after a gap.
    pub(super) span: Duration,
}

impl<const N: usize> Window<N> {
    pub(super) fn new(length: Duration) -> Self {
        Window {
            length,
            looks: VecDeque::new(),
        }
    }

    /// Adds what is new since the last look. The first one is where the window begins: what is new to
    /// it is left out.
    pub(super) fn add(&mut self, new: [f64; N], now: Instant) {
        let mut sums = [0.0; N];
        if let Some((_, before)) = self.looks.back() {
            sums = std::array::from_fn(|at| before[at] + new[at]);
        }
        let is_close = |at: usize| {
            let look = self
                .looks
                .len()
                .checked_sub(at)
                .and_then(|at| self.looks.get(at));
            look.is_some_and(|(at, _)| now.duration_since(*at) < self.length / FINEST)
        };
        // The one before it is kept as it is, so that looks do not push each other along for ever.
        if is_close(2) && self.looks.len() > 2 {
            self.looks.pop_back();
        }
        self.looks.push_back((now, sums));
        // The first one is the beginning of the window: the last that is old enough.
        let is_old = |(at, _): &(Instant, [f64; N])| now.duration_since(*at) >= self.length;
        while self.looks.get(1).is_some_and(is_old) {
            self.looks.pop_front();
        }
    }

    /// What it holds, once there were two looks.
    pub(super) fn sums(&self) -> Option<Sums<N>> {
        let ((from, before), (to, now)) = (self.looks.front()?, self.looks.back()?);
        let span = to.duration_since(*from);
        (!span.is_zero()).then(|| Sums {
            new: std::array::from_fn(|at| now[at] - before[at]),
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
            window.add([new, 1.0], start + Duration::from_secs(second));
            window.sums().map(|sums| (sums.new, sums.span.as_secs()))
        };
        assert_eq!(add(0, 999.0), None, "of before we looked");
        assert_eq!(add(10, 5.0), Some(([5.0, 1.0], 10)));
        assert_eq!(add(60, 1.0), Some(([6.0, 2.0], 60)));
        assert_eq!(add(70, 1.0), Some(([2.0, 2.0], 60)));
        assert_eq!(
            add(500, 4.0),
            Some(([4.0, 1.0], 430)),
            "a gap is looked over"
        );
    }

    #[test]
    fn looks_that_are_close_count_as_one_and_nothing_is_lost() {
        let (mut window, start) = (Window::new(Duration::from_secs(60)), Instant::now());
        for look in 0..10_000_u64 {
            window.add([1.0], start + Duration::from_millis(look * 10));
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
