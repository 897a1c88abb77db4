//! The samples of the last ten seconds.

use std::{collections::VecDeque, time::Duration};

use tokio::time::Instant;

const SPAN: Duration = Duration::from_secs(10);
/// Ticks come a little early or late: without this the window would be eleven seconds every other
/// time.
const JITTER: Duration = Duration::from_millis(500);
/// Over less than this a tick more or less of the kernel's clock is several percent.
const LEAST: Duration = Duration::from_millis(200);

/// The samples of the last ten seconds, or the last two where they are further apart.
pub(super) struct Window<T>(VecDeque<(Instant, T)>);

impl<T> Default for Window<T> {
    fn default() -> Self {
        Window(VecDeque::new())
    }
}

impl<T: Copy> Window<T> {
    /// The newest sample.
    pub(super) fn last(&self) -> Option<T> {
        self.0.back().map(|(_, sample)| *sample)
    }

    pub(super) fn push(&mut self, at: Instant, sample: T) {
        self.0.push_back((at, sample));
        let second_covers = |samples: &VecDeque<(Instant, T)>| {
            samples.len() > 2
                && samples
                    .get(1)
                    .is_some_and(|(second, _)| at.duration_since(*second) + JITTER >= SPAN)
        };
        while second_covers(&self.0) {
            self.0.pop_front();
        }
    }

    /// What came before cannot be compared with what comes now.
    pub(super) fn clear(&mut self) {
        self.0.clear();
    }

    /// The oldest and the newest sample, and the time between them; `None` until there is something
    /// to compare with.
    pub(super) fn ends(&self) -> Option<(T, T, Duration)> {
        let ((since, first), (until, last)) = (self.0.front()?, self.0.back()?);
        let time = until.duration_since(*since);
        (time >= LEAST).then_some((*first, *last, time))
    }
}
