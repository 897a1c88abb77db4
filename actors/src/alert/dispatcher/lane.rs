//! How far one sink is, and what it is to be given when. It knows no actor and no clock.

use tokio::time::Instant;

use crate::{
    alert::sink::{BACKOFF, Remedy, Undelivered},
    messages::Delivered,
};

/// The way to one sink. At most one thing is under way on it, so that order is kept.
#[derive(Debug)]
pub(super) struct Lane {
    /// Everything up to here has been accepted, or given up.
    cursor: u64,
    /// Everything up to here has been announced at least.
    announced: u64,
    /// Whether something is under way.
    busy: bool,
    /// Failures since the last progress.
    attempts: u32,
    /// What failed is not tried again before.
    rests_until: Option<Instant>,
    /// The receiver keeps nothing for now, but still announces.
    announces: bool,
}

/// What is to be done on a lane.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Next {
    /// Nothing, or nothing more than is under way.
    Idle,
    /// Nothing before this time.
    Rest(Instant),
    /// Send what comes after this number.
    Send { after: u64, ahead: bool },
}

impl Lane {
    pub(super) fn new(cursor: u64) -> Self {
        Lane {
            cursor,
            announced: cursor,
            busy: false,
            attempts: 0,
            rests_until: None,
            announces: false,
        }
    }

    /// What to do, where everything up to `last` may be sent.
    pub(super) fn next(&self, last: u64, now: Instant) -> Next {
        if self.busy || last <= self.cursor {
            return Next::Idle;
        }
        match self.rests_until {
            Some(until) if until > now => match self.announces && last > self.announced {
                true => Next::Send {
                    after: self.announced,
                    ahead: true,
                },
                false => Next::Rest(until),
            },
            _ => Next::Send {
                after: self.cursor,
                ahead: false,
            },
        }
    }

    pub(super) fn begin(&mut self) {
        self.busy = true;
    }

    /// What was under way, no delivery, is over.
    pub(super) fn end(&mut self) {
        self.busy = false;
    }

    /// There is nothing to send up to here: it was dropped.
    pub(super) fn skip(&mut self, to: u64) {
        self.cursor = self.cursor.max(to);
        self.announced = self.announced.max(self.cursor);
    }

    /// A delivery is over. `first` is the number of the first that was sent. Says which number is
    /// given up, if any.
    pub(super) fn done(
        &mut self,
        outcome: &Result<Delivered, Undelivered>,
        ahead: bool,
        unaccepted: impl FnOnce(u64) -> Option<u64>,
        now: Instant,
    ) -> Option<u64> {
        self.busy = false;
        match outcome {
            Ok(Delivered { seq }) if ahead => {
                self.announced = self.announced.max(*seq);
                None
            }
            Ok(Delivered { seq }) => {
                self.skip(*seq);
                self.attempts = 0;
                self.rests_until = None;
                self.announces = false;
                None
            }
            Err(undelivered) => self.failed(undelivered, ahead, unaccepted, now),
        }
    }

    fn failed(
        &mut self,
        undelivered: &Undelivered,
        ahead: bool,
        unaccepted: impl FnOnce(u64) -> Option<u64>,
        now: Instant,
    ) -> Option<u64> {
        self.announces = undelivered.announced > 0;
        self.announced = self.announced.max(undelivered.announced);
        if ahead {
            return None; // the rest that began with the failure before goes on
        }
        if undelivered.delivered > self.cursor {
            self.attempts = 0;
            self.skip(undelivered.delivered);
        }
        if undelivered.error.remedy == Remedy::GiveUp {
            let dead = unaccepted(self.cursor)?;
            self.skip(dead);
            return Some(dead);
        }
        let rest = BACKOFF.delay(self.attempts);
        self.attempts = self.attempts.saturating_add(1);
        self.rests_until = Some(now + rest);
        None
    }

    pub(super) fn cursor(&self) -> u64 {
        self.cursor
    }

    pub(super) fn announced(&self) -> u64 {
        self.announced
    }

    /// Whether everything up to `last` has been accepted, and nothing is under way.
    pub(super) fn is_done(&self, last: u64) -> bool {
        !self.busy && self.cursor >= last
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;
    use crate::{alert::sink::SinkError, collector::Reason};

    fn failure(delivered: u64, announced: u64) -> Result<Delivered, Undelivered> {
        Err(Undelivered {
            delivered,
            announced,
            error: SinkError::retry(Reason::Unavailable, "no"),
        })
    }

    fn done(lane: &mut Lane, outcome: &Result<Delivered, Undelivered>, ahead: bool, now: Instant) {
        lane.begin();
        assert_eq!(lane.done(outcome, ahead, |_| None, now), None);
    }

    const fn send(after: u64) -> Next {
        Next::Send {
            after,
            ahead: false,
        }
    }

    #[test]
    fn one_thing_at_a_time_in_order() {
        let now = Instant::now();
        let mut lane = Lane::new(4);
        assert_eq!(lane.next(4, now), Next::Idle);
        assert_eq!(lane.next(6, now), send(4));
        lane.begin();
        assert_eq!(lane.next(9, now), Next::Idle);
        assert!(!lane.is_done(4));
        lane.done(&Ok(Delivered { seq: 6 }), false, |_| None, now);
        assert_eq!(lane.next(9, now), send(6));
        assert!(lane.is_done(6));
    }

    #[test]
    fn failures_wait_longer_each_time_until_there_is_progress() {
        let now = Instant::now();
        let mut lane = Lane::new(0);
        // The first attempt after a failure is at once.
        done(&mut lane, &failure(0, 0), false, now);
        assert_eq!(lane.next(9, now), send(0));
        let mut rests = Vec::new();
        for _ in 0..9 {
            done(&mut lane, &failure(0, 0), false, now);
            let Next::Rest(until) = lane.next(9, now) else {
                panic!("it does not rest");
            };
            rests.push(until - now);
            assert_eq!(lane.next(9, until), send(0));
        }
        assert!(rests[0] <= Duration::from_millis(120), "{rests:?}");
        assert!(rests[8] >= Duration::from_secs(4), "{rests:?}");
        assert!(
            rests.iter().all(|&rest| rest <= Duration::from_secs(6)),
            "{rests:?}"
        );
        done(&mut lane, &failure(3, 0), false, now);
        assert_eq!(lane.next(9, now), send(3));
    }

    #[test]
    fn what_cannot_be_kept_is_announced_at_least() {
        let now = Instant::now();
        let mut lane = Lane::new(0);
        done(&mut lane, &failure(0, 2), false, now);
        done(&mut lane, &failure(0, 2), false, now);
        assert!(matches!(lane.next(2, now), Next::Rest(_)));
        let ahead = Next::Send {
            after: 2,
            ahead: true,
        };
        assert_eq!(lane.next(5, now), ahead);
        done(&mut lane, &Ok(Delivered { seq: 5 }), true, now);
        assert_eq!((lane.cursor(), lane.announced()), (0, 5));
        let Next::Rest(until) = lane.next(5, now) else {
            panic!("nothing is kept yet");
        };
        assert_eq!(lane.next(5, until), send(0));
        done(&mut lane, &Ok(Delivered { seq: 5 }), false, until);
        assert!(lane.is_done(5));
        // One that does not even announce is left alone.
        done(&mut lane, &failure(0, 0), false, now);
        done(&mut lane, &failure(0, 0), false, now);
        assert!(matches!(lane.next(9, now), Next::Rest(_)));
    }

    #[test]
    fn what_never_will_be_accepted_is_passed() {
        let now = Instant::now();
        let mut lane = Lane::new(0);
        let mut outcome = failure(2, 0);
        if let Err(undelivered) = &mut outcome {
            undelivered.error.remedy = Remedy::GiveUp;
        }
        lane.begin();
        let dead = lane.done(&outcome, false, |after| Some(after + 1), now);
        assert_eq!(dead, Some(3));
        assert_eq!(lane.next(9, now), send(3));
    }
}
