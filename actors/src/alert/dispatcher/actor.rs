//! The actor.

use std::sync::Arc;

use actix::{
    fut::{wrap_future, wrap_stream},
    prelude::*,
};
use futures::stream;
use jiff::Timestamp;
use outbox::{Dropped, Durable};
use serde_json::json;
use supervision::{Checkpoint, Start, every};
use tokio::{sync::watch, time::Instant};

use super::{
    DispatcherSettings, Outlet, PATIENCE,
    active::{Active, Difference},
    lane::{Lane, Next},
};
use crate::{
    alert::{
        notification::Notification,
        sink::{MOST, Undelivered},
    },
    messages::{Beat, Deliver, Delivered, Firing, Reconcile, Transition},
};

/// Gives everything to every sink.
pub struct Dispatcher {
    settings: DispatcherSettings,
    checkpoint: Checkpoint,
    ways: Vec<Way>,
    active: Active,
    durable: watch::Receiver<Durable>,
    /// The disk does not keep up: nothing waits for it until it does.
    impatient: bool,
    /// When patience with the disk ends.
    patience: Option<SpawnHandle>,
    /// The evaluator has said what fires, and told of all of it: before that nothing is corrected.
    told: bool,
    /// What was not known when it said so first is on its way.
    is_awaited: bool,
    /// When the evaluator was last heard.
    heard: Instant,
    /// When everything that fires was last announced.
    announced: Instant,
}

/// To one sink.
struct Way {
    sink: Outlet,
    lane: Lane,
    /// The end of its rest.
    rest: Option<SpawnHandle>,
}

impl Dispatcher {
    /// Goes on where the incarnation, or the process, before it was.
    pub fn new(start: &Start<Self>, settings: DispatcherSettings) -> Self {
        let outbox = &settings.outbox;
        let names: Vec<_> = settings.sinks.iter().map(|sink| &*sink.name).collect();
        outbox.consumers(&names);
        let ways = settings.sinks.iter().map(|sink| Way {
            sink: sink.clone(),
            lane: Lane::new(outbox.cursor(&sink.name).unwrap_or_default()),
            rest: None,
        });
        let mut active: Active = start.take_checkpoint().unwrap_or_default();
        for record in outbox.live() {
            if let Ok(notification) = Notification::from_record(&record) {
                active.recall(notification);
            }
        }
        Dispatcher {
            ways: ways.collect(),
            durable: outbox.durable(),
            active,
            checkpoint: start.checkpoint(),
            impatient: false,
            patience: None,
            told: false,
            is_awaited: false,
            heard: Instant::now(),
            announced: Instant::now(),
            settings,
        }
    }

    fn now(&self) -> Timestamp {
        Timestamp::try_from(self.settings.clock.now()).unwrap_or_default()
    }

    /// Numbers it, and puts it into the outbox.
    fn take(&mut self, transition: Transition) -> Option<u64> {
        let Transition { alert, at } = transition;
        let mut made = None;
        let appended = self.settings.outbox.append(|seq| {
            let notification = Notification::new(seq, at, &alert, &self.settings.source);
            made.insert(notification).draft()
        });
        let notification = made?;
        self.settings.events.alert(notification.json());
        match appended {
            Ok(appended) => {
                self.bury_dropped(appended.dropped);
                self.active.take(alert.starts_at, notification);
                Some(appended.seq)
            }
            Err(error) => {
                for Way { sink, .. } in &self.ways {
                    self.bury(&sink.name, &notification, &error.to_string());
                }
                None
            }
        }
    }

    /// Up to which number everything may be sent: it is on disk, or waiting for that is no use.
    fn sendable(&mut self, ctx: &mut Context<Self>) -> u64 {
        let last = self.settings.outbox.last();
        let durable = *self.durable.borrow();
        if durable.up_to >= last {
            self.impatient = false;
            if let Some(patience) = self.patience.take() {
                ctx.cancel_future(patience);
            }
            return last;
        }
        if self.impatient || durable.trouble.is_some() || !self.settings.outbox.writes() {
            return last;
        }
        if self.patience.is_none() {
            let patience = ctx.run_later(PATIENCE, move |me, ctx| {
                me.patience = None;
                me.impatient = me.durable.borrow().up_to < last;
                me.pump(ctx);
            });
            self.patience = Some(patience);
        }
        durable.up_to
    }

    /// Gives every sink what it is to have next.
    fn pump(&mut self, ctx: &mut Context<Self>) {
        let last = self.sendable(ctx);
        for index in 0..self.ways.len() {
            self.advance(index, last, ctx);
        }
        self.gauge();
    }

    fn advance(&mut self, index: usize, last: u64, ctx: &mut Context<Self>) {
        let now = Instant::now();
        let Way { sink, lane, rest } = &mut self.ways[index];
        let (after, ahead) = match lane.next(last, now) {
            Next::Idle => return,
            Next::Rest(until) => {
                // Where it has become longer meanwhile, it is found to go on.
                rest.get_or_insert_with(|| {
                    ctx.run_later(until.saturating_duration_since(now), move |me, ctx| {
                        me.ways[index].rest = None;
                        me.pump(ctx);
                    })
                });
                return;
            }
            Next::Send { after, ahead } => (after, ahead),
        };
        let records = self.settings.outbox.read(&sink.name, after, MOST);
        let mut notifications = Vec::with_capacity(records.len());
        for record in records.iter().filter(|record| record.seq <= last) {
            match Notification::from_record(record) {
                Ok(notification) => notifications.push(notification),
                Err(error) => log::error!("{}: {error}; it is left out", sink.name),
            }
        }
        if notifications.is_empty() {
            // It was dropped: there is no room for everything.
            let through = records.last().map_or(last, |record| record.seq.min(last));
            if !ahead {
                lane.skip(through);
                self.settings.outbox.acknowledge(&sink.name, through);
            }
            return;
        }
        lane.begin();
        let deliver = Deliver {
            notifications: notifications.into(),
            announced: lane.announced(),
            ahead,
        };
        let sent = deliver.notifications.clone();
        let answer = sink.to.deliver(deliver, self.settings.cadence.delivery);
        let answer = wrap_future::<_, Self>(answer);
        ctx.spawn(answer.map(move |outcome, me, ctx| {
            me.delivered(index, &sent, ahead, &outcome);
            me.pump(ctx);
        }));
    }

    fn delivered(
        &mut self,
        index: usize,
        sent: &[Notification],
        ahead: bool,
        outcome: &Result<Delivered, Undelivered>,
    ) {
        let Way { sink, lane, .. } = &mut self.ways[index];
        let first_after = |cursor| sent.iter().map(|n| n.seq).find(|&seq| seq > cursor);
        let dead = lane.done(outcome, ahead, first_after, Instant::now());
        self.settings.outbox.acknowledge(&sink.name, lane.cursor());
        let dead = dead.and_then(|seq| sent.iter().find(|n| n.seq == seq));
        if let (Some(dead), Err(undelivered)) = (dead, outcome) {
            let name = sink.name.clone();
            self.bury(&name, dead, &undelivered.error.to_string());
        }
    }

    fn bury_dropped(&self, dropped: Vec<Dropped>) {
        for Dropped { record, missed_by } in dropped {
            let Ok(notification) = Notification::from_record(&record) else {
                continue;
            };
            for sink in missed_by {
                let why = "the outbox is full, or it waited for too long";
                self.bury(&sink, &notification, why);
            }
        }
    }

    /// The dead-letter log: what a sink will never get.
    fn bury(&self, sink: &str, notification: &Notification, why: &str) {
        let outcome = [sink, "dead"];
        let counter = &self.settings.own.alerts.notifications;
        counter.with_label_values(&outcome).inc();
        let (seq, status, fingerprint) = (
            notification.seq,
            notification.status,
            notification.fingerprint,
        );
        log::error!(
            target: "vitals::dead_letter",
            "{sink}: notification {seq} ({fingerprint}, {status}) is given up: {why}: {}",
            notification.json()
        );
    }

    fn gauge(&self) {
        let depth = self.settings.outbox.depth();
        let alerts = &self.settings.own.alerts;
        let whole = |number| i64::try_from(number).unwrap_or(i64::MAX);
        alerts.outbox_records.set(whole(depth.records as u64));
        alerts.outbox_bytes.set(whole(depth.bytes));
        alerts.outbox_unwritten.set(whole(depth.unwritten as u64));
        alerts.outbox_disk_bytes.set(whole(depth.disk_bytes));
        let last = self.settings.outbox.last();
        for Way { sink, lane, .. } in &self.ways {
            let pending = last.saturating_sub(lane.cursor());
            alerts
                .pending
                .with_label_values(&[&*sink.name])
                .set(whole(pending));
        }
    }

    fn reconcile(&mut self, ctx: &mut Context<Self>) {
        self.bury_dropped(self.settings.outbox.expire());
        self.checkpoint.put(self.active.clone());
        if !self.told {
            return;
        }
        let announce = self.announced.elapsed() + self.settings.cadence.reconcile / 2
            >= self.settings.cadence.announce;
        if announce {
            self.announced = Instant::now();
        }
        let last = self.settings.outbox.last();
        let firing = self.active.notifications();
        for (index, Way { sink, lane, .. }) in self.ways.iter_mut().enumerate() {
            if !sink.keeps || !lane.is_done(last) {
                continue; // what it keeps is behind, as it must be
            }
            lane.begin();
            let reconcile = Reconcile {
                firing: firing.clone(),
                announce,
            };
            let answer = sink.to.reconcile(reconcile, self.settings.cadence.delivery);
            let answer = wrap_future::<_, Self>(answer);
            ctx.spawn(answer.map(move |outcome, me: &mut Self, ctx| {
                let Way { sink, lane, .. } = &mut me.ways[index];
                lane.end();
                if let Err(error) = outcome {
                    log::debug!("{}: active alerts not corrected: {error}", sink.name);
                }
                me.pump(ctx);
            }));
        }
    }

    /// Says that all of it works, from the evaluator to here.
    fn beat(&mut self, ctx: &mut Context<Self>) {
        let cadence = self.settings.cadence;
        if self.heard.elapsed() > cadence.silence {
            return;
        }
        let json: Arc<str> = json!({
            "version": 1,
            "at": self.now(),
            "seq": self.settings.outbox.last(),
            "firing": self.active.len(),
            "source": self.settings.source,
        })
        .to_string()
        .into();
        for Way { sink, .. } in self.ways.iter().filter(|way| way.sink.keeps) {
            let beat = Beat {
                json: json.clone(),
                lasts: cadence.beat * 3,
            };
            let answer = sink.to.beat(beat, cadence.delivery);
            ctx.spawn(wrap_future::<_, Self>(answer).map(|_, _, _| ()));
        }
    }
}

impl Actor for Dispatcher {
    type Context = Context<Self>;

    fn started(&mut self, ctx: &mut Self::Context) {
        let news = stream::unfold(self.durable.clone(), async |mut durable| {
            durable.changed().await.ok()?;
            Some(((), durable))
        });
        let news = wrap_stream::<_, Self>(news).map(|(), me, ctx| me.pump(ctx));
        ctx.spawn(news.finish());
        let cadence = self.settings.cadence;
        every(cadence.reconcile, ctx, Self::reconcile);
        if self.ways.iter().any(|way| way.sink.keeps) {
            self.beat(ctx);
            every(cadence.beat, ctx, Self::beat);
        }
        self.pump(ctx);
    }
}

impl Handler<Transition> for Dispatcher {
    type Result = Option<u64>;

    fn handle(&mut self, transition: Transition, ctx: &mut Self::Context) -> Self::Result {
        self.heard = Instant::now();
        let seq = self.take(transition);
        self.pump(ctx);
        seq
    }
}

impl Handler<Firing> for Dispatcher {
    type Result = MessageResult<Firing>;

    fn handle(&mut self, Firing { alerts, at }: Firing, ctx: &mut Self::Context) -> Self::Result {
        self.heard = Instant::now();
        let Difference { over, unknown } = self.active.difference(&alerts, at);
        for transition in over {
            self.take(transition);
        }
        // What there was no room for stays unknown, and is not waited for.
        self.told |= unknown.is_empty() || self.is_awaited;
        self.is_awaited = !unknown.is_empty();
        self.pump(ctx);
        MessageResult(unknown)
    }
}
