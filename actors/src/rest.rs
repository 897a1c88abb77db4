//! Between two turns of some work. Whoever is asked for it by fifty sources that tell at one tick would
//! do it fifty times: it is done at once where it has rested, else once for all that came meanwhile.

use std::time::Duration;

use tokio::time::Instant;

/// Until when it rests.
#[derive(Debug)]
pub(crate) struct Rest {
    until: Instant,
    /// Somebody waits for its end.
    awaited: bool,
}

/// What becomes of work that is asked for.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Turn {
    /// It is done.
    Now,
    /// It is to be done after so long, when the rest has [ended](Rest::end).
    After(Duration),
    /// It will be done with what was asked for before.
    Planned,
}

impl Rest {
    /// Not at all.
    pub(crate) fn over() -> Self {
        Rest {
            until: Instant::now(),
            awaited: false,
        }
    }

    /// For so long from now.
    pub(crate) fn begin(&mut self, length: Duration) {
        self.until = Instant::now() + length;
    }

    /// Asks for work.
    pub(crate) fn turn(&mut self) -> Turn {
        let left = self.until.saturating_duration_since(Instant::now());
        if left.is_zero() {
            return Turn::Now;
        }
        match std::mem::replace(&mut self.awaited, true) {
            true => Turn::Planned,
            false => Turn::After(left),
        }
    }

    /// Nobody waits any more.
    pub(crate) fn end(&mut self) {
        self.awaited = false;
    }

    /// Whether somebody waits for its end.
    pub(crate) fn is_awaited(&self) -> bool {
        self.awaited
    }
}

#[cfg(test)]
mod tests {
    use tokio::time::advance;

    use super::*;

    const MS: Duration = Duration::from_millis(1);

    #[tokio::test(start_paused = true)]
    async fn what_is_asked_for_meanwhile_is_done_once() {
        let mut rest = Rest::over();
        assert_eq!((rest.turn(), rest.turn()), (Turn::Now, Turn::Now));
        rest.begin(100 * MS);
        advance(30 * MS).await;
        assert!(!rest.is_awaited());
        assert_eq!(rest.turn(), Turn::After(70 * MS));
        assert_eq!(rest.turn(), Turn::Planned);
        advance(70 * MS).await;
        assert!(rest.is_awaited());
        rest.end();
        assert!(!rest.is_awaited());
        assert_eq!(rest.turn(), Turn::Now);
    }
}
