//! Looks after running children: hangs, stalls, recoveries; and the tree's budget of hung threads.
//!
//! The root looks over the whole tree, on its own clock, whether anybody has something in progress, and
//! nudges their overseer, who looks until that is done. So a tree at rest wakes one thread and not one
//! for each of its overseers.

use std::{
    sync::{Arc, atomic::Ordering::Relaxed},
    time::Duration,
};

use actix::{fut::wrap_future, prelude::*};

use super::Overseer;
use crate::{
    event::EventKind,
    exit::Exit,
    lane::Lane,
    snapshot::State,
    spec::{ChildSpec, HANG, NodeKind},
    vitals::clock_us,
};

/// However tight the deadlines, looking costs something.
const OFTENEST: Duration = Duration::from_millis(10);
/// However loose they are, the overseer shows that it lives. Each look wakes a thread, which costs
/// more than looking does.
const RAREST: Duration = Duration::from_secs(2);

/// A look that comes so much later than it was to may be the first after all threads were stopped, by a
/// signal or the freezer of a container: what is in progress is given [a moment](MOMENT) to end.
const OVERSLEPT: Duration = Duration::from_millis(100);
const MOMENT: Duration = Duration::from_millis(500);

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
        let overslept = self.next_look.take().is_some_and(|due| now > due);
        let children = self.children.iter().filter(|_| !overslept);
        let ids: Vec<_> = children.map(|child| child.id).collect();
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
        let Some(seat) = &self.seat else { return };
        let office = seat.office.clone();
        let next = match office.is_root() {
            // Nor is anybody below nudged to look now.
            _ if overslept => Some(MOMENT),
            true => Some(self.late().min(nudge(&office.board.children.load()))),
            false => self
                .has_something_in_progress()
                .then(|| self.late().min(self.regular())),
        };
        let next = next.map(|next| next.max(OFTENEST));
        if !overslept {
            let due = |next: Duration| now + (next + OVERSLEPT).as_micros() as u64;
            self.next_look = next.map(due);
        }
        // The root's is the one timer that goes off in a tree at rest.
        let alarm = office.is_root().then(|| self.alarm.take());
        let wait = async move {
            let nudged = office.board.nudged.notified();
            match (next, alarm) {
                (Some(next), Some(alarm)) => {
                    let mut alarm = alarm.unwrap_or_default();
                    tokio::select! {
                        () = alarm.after(next) => {}
                        () = nudged => {}
                    }
                    return Some(alarm);
                }
                (Some(next), None) => _ = tokio::time::timeout(next, nudged).await,
                (None, _) => nudged.await,
            }
            None
        };
        let wait = wrap_future::<_, Self>(wait);
        ctx.spawn(wait.map(|alarm, me, ctx| {
            me.alarm = alarm;
            me.look_after_children(ctx);
        }));
    }

    fn look(&mut self, at: usize, now: u64) -> Option<Trouble> {
        let child = &mut self.children[at];
        child.tether.as_ref()?;
        let (spec, office) = (&child.spec, child.spec.office());
        let vitals = &office.vitals;

        let is_first = vitals.is_first();
        let mut busy = vitals.busy().unwrap_or_default();
        if !is_first {
            // One poll serves many messages: it hangs only if none of them has begun for that long, as
            // far as looks have shown.
            busy = busy.min(child.begun.idle(vitals.begun.load(Relaxed), now));
        }
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
        if seat.office.is_root() && abandoned > budget && !self.closing {
            let exit = Exit::Threads { abandoned, budget };
            self.tell_of_itself(EventKind::Escalated { exit: exit.clone() });
            self.close(exit, ctx);
        }
    }

    fn has_something_in_progress(&self) -> bool {
        let mut children = self.children.iter();
        children.any(|child| is_in_progress(&child.spec))
    }

    fn regular(&self) -> Duration {
        let children = self.children.iter();
        let regular = children.map(|child| regular(&child.spec)).min();
        regular.unwrap_or(RAREST)
    }

    /// Until something in progress is late.
    fn late(&self) -> Duration {
        let now = clock_us();
        let mut late = RAREST;
        for child in &self.children {
            let spec = &child.spec;
            let hang = spec.hang.unwrap_or(HANG);
            let vitals = &child.spec.office().vitals;
            let is_first = vitals.is_first();
            let busy = vitals.busy_since.load(Relaxed);
            let since = match is_first {
                true => busy,
                false => busy.max(child.begun.moved),
            };
            let due = [
                (busy > 0).then(|| left(since, hang, now)),
                spec.stall
                    .map(|stall| left(child.settled.moved, stall, now)),
            ];
            late = due
                .into_iter()
                .flatten()
                .flatten()
                .fold(late, Duration::min);
        }
        late
    }
}

/// Often enough for what is in progress to be seen before it is late: the next look comes when it is. Of
/// a stall is known only since when looks have shown it, and its deadline is overrun by half its length at
/// most.
fn regular(spec: &ChildSpec) -> Duration {
    let hang = spec.hang.unwrap_or(HANG);
    let regular = spec.stall.map_or(hang, |stall| hang.min(stall / 2));
    regular.clamp(OFTENEST, RAREST)
}

/// Whether a look may be due: a poll, messages, or a recovery that is to be told.
fn is_in_progress(spec: &ChildSpec) -> bool {
    let office = spec.office();
    let waits = |lane| office.rooms.depth(lane).depth > 0;
    office.vitals.busy_since.load(Relaxed) > 0
        || waits(Lane::Commands)
        || waits(Lane::Queries)
        || office.condition.load().degraded
}

/// Nudges the overseers below of whose children any has something in progress. Answers how soon to come
/// again.
fn nudge(children: &[Arc<ChildSpec>]) -> Duration {
    let mut soonest = RAREST;
    for spec in children {
        soonest = soonest.min(regular(spec));
        if spec.kind == NodeKind::Supervisor {
            let board = &spec.office().board;
            let below = board.children.load();
            if below.iter().any(|child| is_in_progress(child)) {
                board.nudged.notify_one();
            }
            soonest = soonest.min(nudge(&below));
        }
    }
    soonest
}

/// How long until something that began at `since` has taken longer than `limit`; `None` if nothing
/// has begun, or it has taken longer already.
fn left(since: u64, limit: Duration, now: u64) -> Option<Duration> {
    let limit = u64::try_from(limit.as_micros()).ok()?;
    let late = since.checked_add(limit)?.checked_add(1)?;
    let left = late.checked_sub(now).filter(|left| *left > 0)?;
    (since > 0).then(|| Duration::from_micros(left))
}
