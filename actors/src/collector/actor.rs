//! The one actor that runs any [`Collector`] on its cadence.

use std::{
    hash::BuildHasher,
    sync::Arc,
    time::{Duration, Instant},
};

use actix::{fut::wrap_future, prelude::*};
use exposition::Labels;
use foldhash::fast::FixedState;
use jiff::Timestamp;
use supervision::{Alarm, Ref, Refused};

use super::{CollectError, Collected, Collector, Reason};
use crate::{
    aggregator::Aggregator,
    clock::Clock,
    messages::{Observation, Outcome, Refresh, Refreshed},
    own::OwnMetrics,
};

/// Values count for so many intervals after their tick, unless new ones have come.
const STALE_AFTER_INTERVALS: u32 = 3;
/// Where a measurement burdens its source, there is at least so many times as long from one to the
/// next as it takes.
const SHARE: u32 = 5;
/// But no longer than this, unless the settings say so.
const LONGEST_INTERVAL: Duration = Duration::from_secs(60);
/// Sources of which there may be many are asked one after the other, within this part of the interval
/// (10 s: 0.1 s). Answers that come at the same moment are all in memory at the same moment; rules and
/// targets, which rest as long, run no more often for it.
const SPREAD: u32 = 100;
/// A refresh waits this long for the aggregator to take its values in.
const TAKE_DEADLINE: Duration = Duration::from_millis(50);

/// What a collector is given by whoever builds the tree.
#[derive(Clone)]
pub struct CollectorSettings {
    /// From tick to tick. Ticks lie on multiples of it since the Unix epoch; sources of which there may be
    /// many are measured up to a hundredth of it later.
    pub interval: Duration,
    /// A measurement that takes longer is given up.
    pub timeout: Duration,
    /// Who gets the observations.
    pub aggregator: Ref<Aggregator>,
    /// The counters of the process.
    pub own: OwnMetrics,
    /// Whose multiples the ticks lie on.
    pub clock: Clock,
}

/// Runs a collector: measures it, hands on what it says, and says so when it fails.
pub struct CollectorActor<C> {
    name: Arc<str>,
    /// Away while a measurement is going on.
    collector: Option<C>,
    settings: CollectorSettings,
    /// What the aggregator had no room for: one, the latest.
    unsent: Option<Observation>,
    identity: Labels,
    /// When all was measured the last time.
    last: Option<Instant>,
    /// From one measurement to the next: a multiple of that of the settings.
    interval: Duration,
    /// From a tick to the measurement.
    delay: Duration,
    /// Whether the last measurement succeeded, and what failed; said once per change.
    said: Option<Option<CollectError>>,
}

impl<C: Collector> CollectorActor<C> {
    /// A collector that has not measured yet.
    pub fn new(collector: C, settings: CollectorSettings) -> Self {
        CollectorActor {
            delay: delay(collector.name(), settings.interval),
            name: collector.name().into(),
            identity: collector.identity(),
            collector: Some(collector),
            interval: settings.interval,
            settings,
            unsent: None,
            last: None,
            said: None,
        }
    }

    /// Which incarnation this is, from 1. That it measures is said of the first: one that fails all
    /// the time would fill the log with it.
    pub fn generation(mut self, generation: u64) -> Self {
        self.said = (generation > 1).then_some(None);
        self
    }

    fn schedule(&mut self, alarm: Alarm, ctx: &mut Context<Self>) {
        let (at, wait) = self.settings.clock.next_tick(self.settings.interval);
        alarm.call(wait + self.delay, ctx, move |me: &mut Self, alarm, ctx| {
            me.tick(at, ctx);
            me.schedule(alarm, ctx);
        });
    }

    fn tick(&mut self, at: Timestamp, ctx: &mut Context<Self>) {
        if self.is_too_soon() {
            return;
        }
        // Were it still away, the source is slow: this tick is left out, the next one is its own.
        let Some(mut collector) = self.collector.take() else {
            return;
        };
        let timeout = self.settings.timeout;
        let is_first = self.last.is_none();
        let measure = async move {
            if is_first {
                // The others start meanwhile.
                tokio::task::yield_now().await;
            }
            let began = Instant::now();
            let collected = tokio::time::timeout(timeout, collector.collect(timeout)).await;
            let result = collected.unwrap_or_else(|_| Err(too_slow(collector.name(), timeout)));
            (collector, result, began.elapsed())
        };
        ctx.spawn(
            wrap_future::<_, Self>(measure).map(move |(collector, result, took), me, _| {
                let observation = me.done(collector, result, took, at, false);
                me.say(&observation);
                me.send(observation);
            }),
        );
    }

    /// Takes the collector back, and makes an observation of what it brought.
    fn done(
        &mut self,
        collector: C,
        result: Result<Collected, CollectError>,
        took: Duration,
        at: Timestamp,
        refresh: bool,
    ) -> Observation {
        let is_dependency = collector.is_dependency();
        if is_dependency {
            self.interval = bearable(self.settings.interval, took);
        }
        self.collector = Some(collector);
        let (collected, error) = match result {
            Ok(mut collected) => {
                let down = collected.down.take();
                (collected, down)
            }
            Err(error) => (Collected::default(), Some(error)),
        };
        if !collected.in_part {
            self.last = Some(Instant::now());
        }
        for failure in collected.failed.iter().chain(&error) {
            let labels = [&*self.name, failure.reason.as_str()];
            self.settings
                .own
                .collector_errors
                .with_label_values(&labels)
                .inc();
        }
        Observation {
            source: self.name.clone(),
            at,
            families: collected.families.into(),
            as_before: collected.as_before,
            native: collected.native.into(),
            identity: self.identity.clone(),
            outcome: Outcome {
                took,
                error,
                failed: collected.failed,
                absent: collected.absent,
                simulated: collected.simulated,
                scraped: collected.scraped,
                in_part: collected.in_part,
                is_dependency,
                stale_after: self.interval * STALE_AFTER_INTERVALS + self.settings.timeout,
                refresh,
            },
        }
    }

    /// Whether a source that is asked less often is spared this time.
    fn is_too_soon(&self) -> bool {
        let slack = self.settings.interval / 2;
        let last = self.last.filter(|_| self.interval > self.settings.interval);
        last.is_some_and(|last| last.elapsed() + slack < self.interval)
    }

    /// One log line per change of state.
    fn say(&mut self, observation: &Observation) {
        let outcome = &observation.outcome;
        let failure = outcome.error.as_ref().or(outcome.failed.first());
        let now = Some(failure.cloned());
        if self.said == now {
            return;
        }
        let (name, interval) = (&self.name, self.interval);
        match failure {
            Some(error) => log::warn!("{name}: {error}; trying again every {interval:?}"),
            None if self.said.is_some() => log::info!("{name}: measured again, nothing missing"),
            None if outcome.simulated => {
                log::warn!(
                    "{name}: measured every {interval:?}; it is simulated, nothing of it is true"
                );
            }
            None => log::info!("{name}: measured every {interval:?}"),
        }
        self.said = now;
    }

    /// Never waits: an aggregator that has no room gets the latest later, and what it replaces is
    /// counted.
    fn send(&mut self, observation: Observation) {
        let dropped = self.unsent.take();
        if let Err(unsent) = self.settings.aggregator.tell(observation)
            && unsent.why != Refused::Stopped
        {
            self.unsent = Some(unsent.message);
        }
        if dropped.is_some() {
            let counter = &self.settings.own.observations_dropped;
            counter.with_label_values(&[&*self.name]).inc();
        }
    }
}

/// By the name alone, so that it is the same whoever comes and goes. None for a source of which there is one.
fn delay(name: &str, interval: Duration) -> Duration {
    const SLOTS: u32 = 64;
    if !name.contains('/') {
        return Duration::ZERO;
    }
    let slot = FixedState::default().hash_one(name) % u64::from(SLOTS);
    let slot = u32::try_from(slot).unwrap_or_default();
    interval / SPREAD * slot / SLOTS
}

/// From one question to the next, for a source that takes so long to answer: a multiple of
/// `interval`, so that at most a fifth of the time goes into answers.
fn bearable(interval: Duration, took: Duration) -> Duration {
    let mut bearable = interval;
    while bearable < took * SHARE && bearable + interval <= LONGEST_INTERVAL {
        bearable += interval;
    }
    bearable
}

fn too_slow(part: &str, timeout: Duration) -> CollectError {
    CollectError {
        part: part.to_owned(),
        reason: Reason::Timeout,
        detail: format!("no measurement within {timeout:?}"),
    }
}

impl<C: Collector> Actor for CollectorActor<C> {
    type Context = Context<Self>;

    fn started(&mut self, ctx: &mut Self::Context) {
        self.tick(self.settings.clock.timestamp(), ctx);
        self.schedule(Alarm::new(), ctx);
    }
}

impl<C: Collector> Handler<Refresh> for CollectorActor<C> {
    type Result = ResponseActFuture<Self, Refreshed>;

    fn handle(&mut self, refresh: Refresh, _: &mut Self::Context) -> Self::Result {
        if self
            .last
            .is_some_and(|last| last.elapsed() <= refresh.max_age)
        {
            return Box::pin(actix::fut::ready(Refreshed::Done));
        }
        let Some(mut collector) = self.collector.take() else {
            return Box::pin(actix::fut::ready(Refreshed::Busy));
        };
        let timeout = self.settings.timeout;
        let measure = async move {
            let began = Instant::now();
            let collected = tokio::time::timeout(timeout, collector.refresh(timeout)).await;
            let result = collected.unwrap_or_else(|_| Err(too_slow(collector.name(), timeout)));
            (collector, result, began.elapsed())
        };
        Box::pin(
            wrap_future::<_, Self>(measure)
                .map(|(collector, result, took), me: &mut Self, _| {
                    let at = Timestamp::now();
                    let observation = me.done(collector, result, took, at, true);
                    (me.settings.aggregator.clone(), observation)
                })
                .then(|(aggregator, observation), _, _| {
                    let taken = async move { aggregator.ask(observation, TAKE_DEADLINE).await };
                    wrap_future::<_, Self>(taken)
                })
                .map(|taken, _, _| match taken {
                    Ok(()) => Refreshed::Done,
                    Err(_) => Refreshed::NotTaken,
                }),
        )
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn many_sources_are_asked_one_after_the_other_and_a_single_one_at_its_tick() {
        let ten = Duration::from_secs(10);
        assert_eq!(delay("system", ten), Duration::ZERO);
        let delays: Vec<_> = (0..50).map(|n| delay(&format!("iris/i{n}"), ten)).collect();
        assert_eq!(delays[7], delay("iris/i7", ten));
        assert!(
            delays
                .iter()
                .all(|delay| *delay < Duration::from_millis(100))
        );
        let at_once = |slot: u32| {
            let slot = Duration::from_millis(10) * slot..Duration::from_millis(10) * (slot + 1);
            delays.iter().filter(|delay| slot.contains(delay)).count()
        };
        let most = (0..10).map(at_once).max().unwrap();
        assert!(
            (5..=10).contains(&most),
            "{most} of 50 in a tenth of the time"
        );
    }

    #[test]
    fn whoever_is_slow_is_asked_less_often() {
        let bearable = |interval, took| {
            let interval = Duration::from_secs(interval);
            super::bearable(interval, Duration::from_millis(took)).as_secs()
        };
        assert_eq!(bearable(10, 1_999), 10);
        assert_eq!(bearable(10, 2_001), 20);
        assert_eq!(bearable(10, 5_000), 30);
        assert_eq!(bearable(10, 30_000), 60);
        assert_eq!(bearable(45, 20_000), 45, "two would be beyond a minute");
        assert_eq!(bearable(300, 200_000), 300);
    }
}
