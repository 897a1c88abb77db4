//! Stories of the dispatcher and one sink, on a clock that jumps when nobody works. The receiver is
//! made up; real ones are in `actors/tests/`.

mod stories;

use std::{
    future::Future,
    sync::{Arc, Mutex, MutexGuard},
    time::Duration,
};

use actix::{Arbiter, System};
use jiff::Timestamp;
use outbox::{Options, Outbox};
use supervision::{Backoff, Capacity, ChildSpec, Fault, Overseer, Placement, Ref, Root, Strategy};
use tokio::time::{Instant, sleep};

use super::{Cadence, Dispatcher, DispatcherSettings, Outlet};
use crate::{
    alert::{
        fingerprint::Fingerprint,
        notification::{
            Alert, Notification, Status,
            tests::{alert, time},
        },
        sink::{Remedy, Sink, SinkActor, SinkError, SinkSettings, Undelivered},
    },
    clock::Clock,
    collector::Reason,
    events::Events,
    messages::{Deliver, Firing, Reconciled, Transition},
    own::OwnMetrics,
};

const SEC: Duration = Duration::from_secs(1);

/// What the receiver does, and what it got.
#[derive(Default)]
struct Receiver {
    mood: Mood,
    kept: Vec<Notification>,
    announced: Vec<u64>,
    attempts: usize,
    reconciled: Vec<(usize, bool)>,
    beats: Vec<String>,
}

#[derive(Default, Clone, Copy, PartialEq)]
enum Mood {
    #[default]
    Well,
    Refuses,
    /// Out of memory: it announces, and keeps nothing.
    Announces,
    Hangs,
    Panics,
    /// It will never have the third.
    HatesTheThird,
}

struct Fake<const KEEPS: bool>(Arc<Mutex<Receiver>>);

impl<const KEEPS: bool> Fake<KEEPS> {
    fn receiver(&self) -> MutexGuard<'_, Receiver> {
        self.0.lock().unwrap()
    }
}

impl<const KEEPS: bool> Sink for Fake<KEEPS> {
    const KEEPS: bool = KEEPS;

    fn name(&self) -> &str {
        "fake"
    }

    async fn deliver(&mut self, deliver: &Deliver, _: Instant) -> Result<(), Undelivered> {
        let mood = self.receiver().mood;
        self.receiver().attempts += 1;
        let error = SinkError::retry(Reason::Unavailable, "it does not want to");
        match mood {
            Mood::Refuses => return Err(Undelivered::nothing(error)),
            Mood::Hangs => std::future::pending().await,
            Mood::Panics => panic!("meant"),
            Mood::Well | Mood::Announces | Mood::HatesTheThird => {}
        }
        let mut receiver = self.receiver();
        let all = &deliver.notifications;
        let new = all
            .iter()
            .map(|n| n.seq)
            .filter(|&seq| seq > deliver.announced);
        receiver.announced.extend(new);
        if deliver.ahead {
            return Ok(());
        }
        if mood == Mood::Announces {
            return Err(Undelivered {
                delivered: 0,
                announced: all.last().map_or(0, |last| last.seq),
                error,
            });
        }
        for notification in &**all {
            if mood == Mood::HatesTheThird && notification.seq == 3 {
                return Err(Undelivered {
                    delivered: 2,
                    announced: 0,
                    error: SinkError {
                        remedy: Remedy::GiveUp,
                        ..error
                    },
                });
            }
            receiver.kept.push(notification.clone());
        }
        Ok(())
    }

    async fn reconcile(
        &mut self,
        firing: &[Notification],
        announce: bool,
        _: Instant,
    ) -> Result<Reconciled, SinkError> {
        self.receiver().reconciled.push((firing.len(), announce));
        Ok(Reconciled::default())
    }

    async fn beat(&mut self, json: &str, _: Duration, _: Instant) -> Result<(), SinkError> {
        self.receiver().beats.push(json.to_owned());
        Ok(())
    }
}

struct World {
    root: Root,
    dispatcher: Ref<Dispatcher>,
    receiver: Arc<Mutex<Receiver>>,
    own: OwnMetrics,
    outbox: Outbox,
    events: Events,
}

impl World {
    /// With a sink that keeps what fires.
    fn start(outbox: Outbox) -> World {
        World::with::<true>(outbox)
    }

    fn with<const KEEPS: bool>(outbox: Outbox) -> World {
        let own = OwnMetrics::new().unwrap();
        let events = Events::default();
        let receiver = Arc::<Mutex<Receiver>>::default();
        let dispatcher = Ref::<Dispatcher>::new("dispatcher", Capacity::default());
        let sink = Ref::<SinkActor<Fake<KEEPS>>>::new("fake", Capacity::default());
        let sending = SinkSettings {
            timeout: 5 * SEC,
            own: own.clone(),
            clock: Clock::simulated(),
        };
        let settings = DispatcherSettings {
            outbox: outbox.clone(),
            sinks: vec![Outlet::new("fake", sink.clone())],
            source: "vitals@test".into(),
            events: events.clone(),
            own: own.clone(),
            clock: Clock::simulated(),
            cadence: Cadence::default(),
        };
        let here = Placement::Shared(Arbiter::current());
        let backoff = Backoff {
            jitter: 0.0,
            ..Backoff::default()
        };
        let (d, r) = (dispatcher.clone(), receiver.clone());
        let root = Root::start("test", 8, move || {
            let (settings, sending, receiver) = (settings.clone(), sending.clone(), r.clone());
            let sink = ChildSpec::new(&sink, move |_, _| {
                SinkActor::new(Fake(receiver.clone()), sending.clone())
            });
            let dispatcher = ChildSpec::new(&d, move |start, _| {
                Dispatcher::new(&start, settings.clone())
            });
            Overseer::new(Strategy::OneForOne)
                .intensity(100, SEC)
                .child(sink.backoff(backoff).placement(here.clone()))
                .child(dispatcher.backoff(backoff).placement(here.clone()))
        });
        World {
            root,
            dispatcher,
            receiver,
            own,
            outbox,
            events,
        }
    }

    fn receiver(&self) -> MutexGuard<'_, Receiver> {
        self.receiver.lock().unwrap()
    }

    fn mood(&self, mood: Mood) {
        self.receiver().mood = mood;
    }

    /// An alert of this name begins to fire.
    async fn fires(&self, name: &str) -> u64 {
        self.tell(alert(name)).await
    }

    async fn tell(&self, alert: Alert) -> u64 {
        let (alert, at) = (Arc::new(alert), Timestamp::UNIX_EPOCH);
        let asked = self.dispatcher.ask(Transition { alert, at }, SEC);
        asked.await.unwrap().unwrap()
    }

    async fn firing(&self, names: &[&str]) {
        let all: Vec<Alert> = names.iter().map(|name| alert(name)).collect();
        let unknown = self.unknown(&all).await;
        for (fingerprint, _) in &unknown {
            let alert = all.iter().find(|alert| alert.fingerprint == *fingerprint);
            self.tell(alert.unwrap().clone()).await;
        }
        if !unknown.is_empty() {
            assert_eq!(self.unknown(&all).await, []);
        }
    }

    /// Says that these fire, and what the dispatcher does not know of.
    async fn unknown(&self, all: &[Alert]) -> Vec<(Fingerprint, Timestamp)> {
        let alerts = all.iter().map(|alert| (alert.fingerprint, alert.starts_at));
        let firing = Firing {
            alerts: alerts.collect(),
            at: time("2026-11-23T23:00:00Z"),
        };
        self.dispatcher.ask(firing, SEC).await.unwrap()
    }

    fn kept(&self) -> Vec<u64> {
        self.receiver().kept.iter().map(|n| n.seq).collect()
    }

    fn count(&self, outcome: &str) -> u64 {
        let counter = &self.own.alerts.notifications;
        counter.with_label_values(&["fake", outcome]).get()
    }

    async fn end(self) {
        self.root.shutdown();
        self.root.exit().await;
    }
}

fn simulated(story: impl Future<Output = ()>) {
    let runtime = || {
        let mut builder = tokio::runtime::Builder::new_current_thread();
        builder.enable_all().start_paused(true).build().unwrap()
    };
    System::with_tokio_rt(runtime).block_on(story);
}

fn in_memory() -> Outbox {
    Outbox::in_memory(Options::default())
}

fn resolved(name: &str) -> Alert {
    Alert {
        ends_at: Some(time("2026-11-23T22:00:00Z")),
        ..alert(name)
    }
}
