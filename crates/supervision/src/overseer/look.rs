//! Looks after running children: hangs, stalls, recoveries; and the tree's budget of hung threads.

use std::{sync::atomic::Ordering::Relaxed, time::Duration};

use actix::{fut::wrap_future, prelude::*};
use tokio::time::{Instant, sleep_until};

use super::Overseer;
use crate::{
    event::EventKind, exit::Exit, lane::Lane, snapshot::State, spec::HANG, vitals::clock_us,
};

/// However tight the deadlines, looking costs something.
const OFTENEST: Duration = Duration::from_millis(10);
/// However loose they are, the overseer shows that it lives. Each look wakes a thread, which costs
/// more than looking does.
const RAREST: Duration = Duration::from_secs(2);

/// What a look found.
enum Trouble {
    Hang(Duration),
    Stall(Duration),
    Recovered,
}

impl Overseer {
    pub(super) fn look_after_children(&mut self, ctx: &mut Context<Self>) {
        if let Some(seat) = &self.seat {
            seat.office.board.beat();
        }
        let now = clock_us();
        let ids: Vec<_> = self.children.iter().map(|child| child.id).collect();
        for id in ids {
            // By id: what is done about one child may change the list.
            let Some(at) = self.position(id) else {
                continue;
            };
            match self.look(at, now) {
                None => {}
                Some(Trouble::Hang(time)) => {
                    self.abandon(at, time);
                    self.on_exit(at, Exit::Hang(time), ctx);
                }
                Some(Trouble::Stall(time)) => {
                    self.abandon(at, time);
                    self.on_exit(at, Exit::Stall(time), ctx);
                }
                Some(Trouble::Recovered) => {
                    let child = &mut self.children[at];
                    child.set_degraded(false);
                    child.recent.clear();
                    self.tell(&self.children[at], EventKind::Recovered);
                }
            }
        }
        self.mind_the_budget(ctx);
        // By the moment, not by how long it is until then: looks of several are due at the same millisecond.
        let next = wrap_future::<_, Self>(sleep_until(self.next_look()));
        ctx.spawn(next.map(|(), me, ctx| me.look_after_children(ctx)));
    }

    fn look(&mut self, at: usize, now: u64) -> Option<Trouble> {
        let child = &mut self.children[at];
        child.tether.as_ref()?;
        let (spec, office) = (&child.spec, child.spec.office());
        let vitals = &office.vitals;

        // One poll serves many messages: it hangs only if none of them has begun for that long.
        let same_message = child.begun.idle(vitals.begun.load(Relaxed), now);
        let busy = vitals.busy().unwrap_or_default().min(same_message);
        if spec.replaceable() && busy > spec.hang.unwrap_or(HANG) {
            return Some(Trouble::Hang(busy));
        }
        if child.state() == State::Stopping {
            return None; // it has its own deadline, and serves nobody
        }

        let waiting =
            office.rooms.depth(Lane::Commands).depth + office.rooms.depth(Lane::Queries).depth;
        if waiting == 0 {
            child.settled = Default::default();
        } else if let Some(stall) = spec.stall {
            let unsettled = child.settled.idle(vitals.settled.load(Relaxed), now);
            if unsettled > stall {
                return Some(Trouble::Stall(unsettled));
            }
        }

        let recovered = child.is_degraded()
            && child.state() == State::Running
            && child.age() >= child.spec.backoff.reset_after;
        recovered.then_some(Trouble::Recovered)
    }

    /// Gives up an incarnation's thread: it may finish what it is in the middle of and nothing else.
    pub(super) fn abandon(&mut self, at: usize, after: Duration) {
        let child = &mut self.children[at];
        child.spec.launcher.vacate();
        child.tether = None;
        let abandoned = self.seat.as_ref().map_or(0, |seat| seat.realm.abandoned());
        let kind = EventKind::Abandoned { after, abandoned };
        self.tell(&self.children[at], kind);
    }

    /// The root's business: only the end of the process frees hung threads.
    fn mind_the_budget(&mut self, ctx: &mut Context<Self>) {
        let Some(seat) = &self.seat else { return };
        let (abandoned, budget) = (seat.realm.abandoned(), seat.realm.budget);
        let is_root = seat.office.path().is_empty();
        if is_root && abandoned > budget && !self.closing {
            let exit = Exit::Threads { abandoned, budget };
            self.tell_of_itself(EventKind::Escalated { exit: exit.clone() });
            self.close(exit, ctx);
        }
    }

    /// Often enough for the tightest deadline to be overrun by half its length at most: what is in
    /// progress is seen by the next look, and the one after it comes when that is late.
    fn next_look(&self) -> Instant {
        let now = clock_us();
        let (mut regular, mut late) = (RAREST, Duration::MAX);
        for child in &self.children {
            let spec = &child.spec;
            let hang = spec.hang.unwrap_or(HANG);
            regular = regular.min(spec.stall.map_or(hang, |stall| stall.min(hang)) / 2);
            let busy = child.spec.office().vitals.busy_since.load(Relaxed);
            let due = [
                (busy > 0).then(|| left(busy.max(child.begun.moved), hang, now)),
                spec.stall
                    .map(|stall| left(child.settled.moved, stall, now)),
            ];
            late = due
                .into_iter()
                .flatten()
                .flatten()
                .fold(late, Duration::min);
        }
        let soon = Instant::now() + late.clamp(OFTENEST, RAREST);
        // At whole seconds all looks of a thread fall together.
        let regular = match regular.as_secs() {
            0 => regular.max(OFTENEST),
            seconds => Duration::from_secs(seconds),
        };
        let seat = self.seat.as_ref();
        seat.map_or(soon, |seat| soon.min(seat.realm.next_multiple(regular)))
    }
}

/// How long until something that began at `since` has taken longer than `limit`; `None` if nothing
/// has begun, or it has taken longer already.
fn left(since: u64, limit: Duration, now: u64) -> Option<Duration> {
    let limit = u64::try_from(limit.as_micros()).ok()?;
    let late = since.checked_add(limit)?.checked_add(1)?;
    let left = late.checked_sub(now).filter(|left| *left > 0)?;
    (since > 0).then(|| Duration::from_micros(left))
}
