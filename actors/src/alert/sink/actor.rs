//! The one actor that runs any [`Sink`]: gives it its time, counts what it does, says when it fails.

use std::{sync::Arc, time::Duration};

use actix::{fut::wrap_future, prelude::*};
use jiff::Timestamp;
use tokio::time::Instant;

use super::{Sink, SinkError, Undelivered};
use crate::{
    clock::Clock,
    collector::Reason,
    messages::{Beat, Deliver, Delivered, Reconcile, Reconciled},
    own::OwnMetrics,
};

/// What a sink is given by whoever builds the tree.
#[derive(Clone)]
pub struct SinkSettings {
    /// Everything it is asked for takes at most this long. A dispatcher waits twice as long.
    pub timeout: Duration,
    /// The counters of the process.
    pub own: OwnMetrics,
    /// What the time from sample to delivery is measured by.
    pub clock: Clock,
}

/// Runs a sink.
pub struct SinkActor<S> {
    name: Arc<str>,
    /// Away while it is sending.
    sink: Option<S>,
    settings: SinkSettings,
    /// Whether the last delivery failed, and why; said once per change.
    failing: Option<(Reason, Arc<str>)>,
}

impl<S: Sink> SinkActor<S> {
    /// A sink that has not sent yet.
    pub fn new(sink: S, settings: SinkSettings) -> Self {
        SinkActor {
            name: sink.name().into(),
            sink: Some(sink),
            settings,
            failing: None,
        }
    }

    /// Lets the sink do something; the next message waits until it has.
    fn using<T: 'static, F>(
        &mut self,
        work: impl FnOnce(S, Instant) -> F + 'static,
        absent: T,
        then: impl FnOnce(&mut Self, T) -> T + 'static,
    ) -> ResponseActFuture<Self, T>
    where
        F: Future<Output = (S, T)> + 'static,
    {
        // One message at a time: it is there, unless the tree was built with more.
        let Some(sink) = self.sink.take() else {
            return Box::pin(actix::fut::ready(absent));
        };
        let until = Instant::now() + self.settings.timeout;
        let work = wrap_future::<_, Self>(work(sink, until));
        Box::pin(work.map(|(sink, outcome), me, _| {
            me.sink = Some(sink);
            then(me, outcome)
        }))
    }

    fn account(&mut self, sent: &Deliver, outcome: &Result<Delivered, Undelivered>) {
        let name = &*self.name;
        let delivered = match outcome {
            Ok(_) if sent.ahead => return, // they come again
            Ok(Delivered { seq }) => *seq,
            Err(undelivered) => undelivered.delivered,
        };
        let alerts = &self.settings.own.alerts;
        let now = Timestamp::try_from(self.settings.clock.now()).unwrap_or_default();
        let seconds = alerts.delivery_seconds.with_label_values(&[name]);
        let accepted = sent
            .notifications
            .iter()
            .filter(|notification| notification.seq <= delivered);
        let mut count = 0;
        for notification in accepted {
            count += 1;
            // A clock that was set back in between says nothing.
            seconds.observe(now.duration_since(notification.at).as_secs_f64().max(0.0));
        }
        let counted = |outcome: &str, by: u64| {
            let counter = alerts.notifications.with_label_values(&[name, outcome]);
            counter.inc_by(by);
        };
        counted("delivered", count);
        if outcome.is_err() {
            counted("failed", 1);
        }
        self.say(outcome.as_ref().err().map(|undelivered| &undelivered.error));
    }

    /// One log line per change of state.
    fn say(&mut self, error: Option<&SinkError>) {
        let now = error.map(|error| (error.reason, error.detail.clone()));
        if now == self.failing {
            return;
        }
        let name = &self.name;
        match error {
            Some(error) => {
                log::warn!("{name}: alerts not accepted: {error}; they wait and are sent again");
            }
            None => log::info!("{name}: alerts are accepted again"),
        }
        self.failing = now;
    }
}

fn away() -> SinkError {
    SinkError::retry(Reason::Unavailable, "it is busy with another message")
}

impl<S: Sink> Actor for SinkActor<S> {
    type Context = Context<Self>;
}

impl<S: Sink> Handler<Deliver> for SinkActor<S> {
    type Result = ResponseActFuture<Self, Result<Delivered, Undelivered>>;

    fn handle(&mut self, deliver: Deliver, _: &mut Self::Context) -> Self::Result {
        let sent = deliver.clone();
        let seq = sent.notifications.last().map_or(0, |last| last.seq);
        self.using(
            async move |mut sink: S, until| {
                let delivery = sink.deliver(&deliver, until);
                let outcome = match tokio::time::timeout_at(until, delivery).await {
                    Ok(outcome) => outcome.map(|()| Delivered { seq }),
                    Err(_) => Err(Undelivered::nothing(late())),
                };
                (sink, outcome)
            },
            Err(Undelivered::nothing(away())),
            move |me, outcome| {
                me.account(&sent, &outcome);
                outcome
            },
        )
    }
}

fn late() -> SinkError {
    SinkError::retry(Reason::Timeout, "no answer in time")
}

impl<S: Sink> Handler<Reconcile> for SinkActor<S> {
    type Result = ResponseActFuture<Self, Result<Reconciled, SinkError>>;

    fn handle(&mut self, reconcile: Reconcile, _: &mut Self::Context) -> Self::Result {
        let Reconcile { firing, announce } = reconcile;
        self.using(
            async move |mut sink: S, until| {
                let work = sink.reconcile(&firing, announce, until);
                let outcome = tokio::time::timeout_at(until, work).await;
                (sink, outcome.unwrap_or_else(|_| Err(late())))
            },
            Err(away()),
            |me, outcome| {
                if let Ok(Reconciled { restored, cleared }) = outcome
                    && restored + cleared > 0
                {
                    let name = &me.name;
                    log::info!(
                        "{name}: active alerts corrected: {restored} were missing, {cleared} no longer fire"
                    );
                }
                outcome
            },
        )
    }
}

impl<S: Sink> Handler<Beat> for SinkActor<S> {
    type Result = ResponseActFuture<Self, Result<(), SinkError>>;

    fn handle(&mut self, Beat { json, lasts }: Beat, _: &mut Self::Context) -> Self::Result {
        self.using(
            async move |mut sink: S, until| {
                let work = sink.beat(&json, lasts, until);
                let outcome = tokio::time::timeout_at(until, work).await;
                (sink, outcome.unwrap_or_else(|_| Err(late())))
            },
            Err(away()),
            |_, outcome| outcome,
        )
    }
}
