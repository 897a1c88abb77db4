//! Waiting for a tick, so that it wakes its thread once.
//!
//! tokio keeps its timers in a wheel of six levels, and wakes for each level that one goes down: three
//! times for one of ten seconds. A thread that has nothing else to do takes longer to wake than most
//! ticks take to serve.

use std::{io, os::fd::OwnedFd, time::Duration};

use actix::{fut::wrap_future, prelude::*};
use rustix::time::{
    Itimerspec, TimerfdClockId, TimerfdFlags, TimerfdTimerFlags, Timespec, timerfd_create,
    timerfd_settime,
};
use tokio::{
    io::unix::AsyncFd,
    time::{Instant, sleep_until},
};

/// A timer of the kernel's, made when it is needed first; tokio's where time is simulated, or where
/// there is none to be had.
pub struct Alarm {
    is_simulated: bool,
    timer: Option<AsyncFd<OwnedFd>>,
}

impl Alarm {
    /// One that goes off with the time of the runtime it is made on.
    pub fn new() -> Self {
        Alarm {
            is_simulated: does_time_stand_still(),
            timer: None,
        }
    }

    /// Returns after so long. Of one that was given up before, nothing is left.
    pub async fn after(&mut self, wait: Duration) {
        let until = Instant::now() + wait;
        if self.is_simulated || self.ring(wait).await.is_err() {
            self.timer = None;
            sleep_until(until).await;
        }
    }

    /// Calls the actor after so long, and hands itself back.
    pub fn call<A: Actor<Context = Context<A>>>(
        mut self,
        wait: Duration,
        ctx: &mut A::Context,
        then: impl FnOnce(&mut A, Self, &mut A::Context) + 'static,
    ) -> SpawnHandle {
        let due = async move {
            self.after(wait).await;
            self
        };
        ctx.spawn(wrap_future::<_, A>(due).map(|alarm, me, ctx| then(me, alarm, ctx)))
    }

    async fn ring(&mut self, wait: Duration) -> io::Result<()> {
        let timer = match self.timer.take() {
            Some(timer) => timer,
            None => timer()?,
        };
        let timer = self.timer.insert(timer);
        let zero = Timespec {
            tv_sec: 0,
            tv_nsec: 0,
        };
        // None at all would disarm it.
        let it_value = Timespec::try_from(wait.max(Duration::from_nanos(1)));
        let once = Itimerspec {
            it_interval: zero,
            it_value: it_value.map_err(io::Error::other)?,
        };
        timerfd_settime(&*timer, TimerfdTimerFlags::empty(), &once)?;
        loop {
            let mut ready = timer.readable().await?;
            let read = ready.try_io(|timer| Ok(rustix::io::read(timer, &mut [0; 8])?));
            // It may be ready of an earlier time.
            if let Ok(read) = read {
                // Or the next one would look in vain.
                ready.clear_ready();
                return read.map(drop);
            }
        }
    }
}

/// Calls the actor after so long, by an [`Alarm`] of its own: instead of actix's `run_later` for what is
/// due in seconds, once or seldom.
pub fn later<A: Actor<Context = Context<A>>>(
    wait: Duration,
    ctx: &mut A::Context,
    then: impl FnOnce(&mut A, &mut A::Context) + 'static,
) -> SpawnHandle {
    Alarm::new().call(wait, ctx, |me, _, ctx| then(me, ctx))
}

/// Calls the actor each time that so long has passed, by one [`Alarm`]: instead of actix's `run_interval`.
pub fn every<A: Actor<Context = Context<A>>>(
    wait: Duration,
    ctx: &mut A::Context,
    then: impl FnMut(&mut A, &mut A::Context) + 'static,
) {
    go_on(Alarm::new(), wait, ctx, then);
}

fn go_on<A: Actor<Context = Context<A>>>(
    alarm: Alarm,
    wait: Duration,
    ctx: &mut A::Context,
    mut then: impl FnMut(&mut A, &mut A::Context) + 'static,
) {
    alarm.call(wait, ctx, move |me, alarm, ctx| {
        then(me, ctx);
        go_on(alarm, wait, ctx, then);
    });
}

impl Default for Alarm {
    fn default() -> Self {
        Self::new()
    }
}

/// As tokio's does between two steps where it is simulated, which it does not say.
fn does_time_stand_still() -> bool {
    let (simulated, real) = (Instant::now(), std::time::Instant::now());
    while real.elapsed().is_zero() {}
    simulated.elapsed().is_zero()
}

#[expect(
    deprecated,
    reason = "for types whose descriptor may change; that of an OwnedFd never does"
)]
fn timer() -> io::Result<AsyncFd<OwnedFd>> {
    let flags = TimerfdFlags::NONBLOCK | TimerfdFlags::CLOEXEC;
    AsyncFd::new(timerfd_create(TimerfdClockId::Monotonic, flags)?)
}

#[cfg(test)]
mod tests {
    use super::*;

    const MS: Duration = Duration::from_millis(1);

    #[tokio::test]
    async fn it_goes_off_in_time_and_again() {
        let mut alarm = Alarm::new();
        for wait in [20 * MS, Duration::ZERO, 5 * MS] {
            let began = Instant::now();
            alarm.after(wait).await;
            assert!(began.elapsed() >= wait, "{wait:?}");
            assert!(alarm.timer.is_some(), "it is the kernel's");
        }
        // One that was not waited for is no answer to the next question.
        let given_up = tokio::time::timeout(MS, alarm.after(20 * MS)).await;
        assert!(given_up.is_err());
        tokio::time::sleep(40 * MS).await;
        let began = Instant::now();
        alarm.after(30 * MS).await;
        assert!(began.elapsed() >= 30 * MS);
    }

    #[tokio::test(start_paused = true)]
    async fn a_simulated_clock_is_followed() {
        let mut alarm = Alarm::new();
        let began = Instant::now();
        alarm.after(Duration::from_hours(1)).await;
        assert_eq!(began.elapsed(), Duration::from_hours(1));
        assert!(alarm.timer.is_none());
    }
}
