//! A child as its overseer knows it.

use std::{sync::Arc, time::Duration};

use tokio::time::Instant;

use super::FIRST_TURN;
use crate::{
    intensity::Intensity,
    life::Tether,
    snapshot::{Condition, State},
    spec::ChildSpec,
};

pub(super) struct Child {
    pub(super) id: u64,
    pub(super) spec: Arc<ChildSpec>,
    condition: Condition,
    /// Of the latest incarnation.
    pub(super) generation: u64,
    /// The running incarnation.
    pub(super) tether: Option<Tether>,
    /// Restarts since the last healthy time.
    pub(super) attempt: u32,
    /// Its own restarts, where the overseer never escalates.
    pub(super) recent: Intensity,
    /// Which restart it takes part in last: only that one may start it.
    pub(super) turn: u64,
    /// It is not restarted any more.
    pub(super) ended: bool,
    pub(super) begun: Seen,
    pub(super) settled: Seen,
}

impl Child {
    pub(super) fn new(id: u64, spec: Arc<ChildSpec>, recent: Intensity) -> Self {
        let ended = spec.office().is_dead();
        let mut child = Child {
            id,
            spec,
            condition: Condition::default(),
            generation: 0,
            tether: None,
            attempt: 0,
            recent,
            turn: FIRST_TURN,
            ended,
            begun: Seen::default(),
            settled: Seen::default(),
        };
        child.set(if ended {
            State::Stopped
        } else {
            State::Starting
        });
        child
    }

    pub(super) fn state(&self) -> State {
        self.condition.state
    }

    pub(super) fn set(&mut self, state: State) {
        self.condition.state = state;
        self.show();
    }

    /// A new incarnation, or the end of one: its age counts from now.
    pub(super) fn set_anew(&mut self, state: State) {
        self.condition.since = Instant::now();
        self.set(state);
    }

    pub(super) fn age(&self) -> Duration {
        self.condition.since.elapsed()
    }

    pub(super) fn is_degraded(&self) -> bool {
        self.condition.degraded
    }

    /// True when that is news.
    pub(super) fn set_degraded(&mut self, degraded: bool) -> bool {
        let news = self.condition.degraded != degraded;
        self.condition.degraded = degraded;
        self.show();
        news
    }

    fn show(&self) {
        let condition = Arc::new(self.condition);
        self.spec.office().condition.store(condition);
    }
}

/// A counter and when it last moved, in µs of the real clock.
#[derive(Default)]
pub(super) struct Seen {
    count: u64,
    pub(super) moved: u64,
}

impl Seen {
    pub(super) fn idle(&mut self, count: u64, now: u64) -> Duration {
        if count != self.count || self.moved == 0 {
            *self = Seen { count, moved: now };
        }
        Duration::from_micros(now.saturating_sub(self.moved))
    }
}
