//! A dispatcher and its sink.

use std::{sync::Arc, time::Duration};

use jiff::Timestamp;
use outbox::{Options, Outbox};
use supervision::{Backoff, Capacity, ChildSpec, Overseer, Ref, Root, Strategy};
use tokio::sync::watch;
use vitals_actors::{
    alert::{
        dispatcher::{Cadence, Dispatcher, DispatcherSettings, Outlet},
        notification::Alert,
        sink::{
            SinkActor, SinkSettings,
            redis::{Prefix, RedisSink, RedisSinkSettings},
        },
    },
    clock::Clock,
    events::Events,
    messages::{Firing, Transition},
    net::Trust,
    own::OwnMetrics,
    redis::{RedisAccount, RedisSettings},
};

use super::{LONG, until};

/// How Redis is reached, when there is nothing special about it.
pub(crate) fn settings(url: &str) -> RedisSettings {
    RedisSettings {
        url: url.parse().unwrap(),
        account: RedisAccount::default(),
        sentinel_account: RedisAccount::default(),
        trust: Trust::default(),
    }
}

/// A dispatcher and its sink, each on its own thread.
pub(crate) struct Vitals {
    root: Root,
    pub(crate) dispatcher: Ref<Dispatcher>,
    pub(crate) outbox: Outbox,
    pub(crate) own: OwnMetrics,
    pub(crate) fence: watch::Sender<Option<Arc<str>>>,
}

impl Vitals {
    pub(crate) fn start(redis: RedisSettings, outbox: Outbox) -> Self {
        Self::with(redis, outbox, Cadence::default(), Duration::from_secs(5))
    }

    pub(crate) fn with(
        redis: RedisSettings,
        outbox: Outbox,
        cadence: Cadence,
        timeout: Duration,
    ) -> Self {
        let own = OwnMetrics::new().unwrap();
        let fence = watch::Sender::new(None);
        let dispatcher = Ref::<Dispatcher>::new("dispatcher", capacity());
        let sink = Ref::<SinkActor<RedisSink>>::new("redis", capacity());
        let reach = RedisSinkSettings {
            redis,
            prefix: Prefix::default(),
            fence: fence.subscribe(),
        };
        let sending = SinkSettings {
            timeout,
            own: own.clone(),
            clock: Clock::System,
        };
        let settings = DispatcherSettings {
            outbox: outbox.clone(),
            sinks: vec![Outlet::new("redis", sink.clone())],
            source: "vitals@test".into(),
            events: Events::default(),
            own: own.clone(),
            clock: Clock::System,
            cadence,
        };
        let child = dispatcher.clone();
        let root = Root::start("test", 8, move || {
            let (settings, sending, reach) = (settings.clone(), sending.clone(), reach.clone());
            let sink = ChildSpec::new(&sink, move |_, _| {
                SinkActor::new(RedisSink::new(reach.clone()), sending.clone())
            });
            let dispatcher = ChildSpec::new(&child, move |start, _| {
                Dispatcher::new(&start, settings.clone())
            });
            Overseer::new(Strategy::OneForOne)
                .child(sink.backoff(Backoff::none()))
                .child(dispatcher.backoff(Backoff::none()))
        });
        Vitals {
            root,
            dispatcher,
            outbox,
            own,
            fence,
        }
    }

    /// Tells of an alert; returns its number in the outbox.
    pub(crate) async fn tell(&self, alert: Alert) -> u64 {
        let transition = Transition {
            alert: Arc::new(alert),
            at: Timestamp::now(),
        };
        let taken = self.dispatcher.ask(transition, LONG).await;
        taken.unwrap().unwrap()
    }

    pub(crate) async fn firing(&self, alerts: Vec<Alert>) {
        let all = alerts
            .iter()
            .map(|alert| (alert.fingerprint, alert.starts_at));
        let firing = Firing {
            alerts: all.collect(),
            at: Timestamp::now(),
        };
        let unknown = self.dispatcher.ask(firing.clone(), LONG).await.unwrap();
        for alert in alerts {
            if unknown.contains(&(alert.fingerprint, alert.starts_at)) {
                self.tell(alert).await;
            }
        }
        if !unknown.is_empty() {
            self.dispatcher.ask(firing, LONG).await.unwrap();
        }
    }

    /// Waits until everything has been accepted.
    pub(crate) async fn delivered(&self) {
        until(|| self.outbox.cursor("redis") == Some(self.outbox.last())).await;
    }

    pub(crate) fn count(&self, outcome: &str) -> u64 {
        let counter = &self.own.alerts.notifications;
        counter.with_label_values(&["redis", outcome]).get()
    }

    pub(crate) async fn end(self) {
        self.root.shutdown();
        self.root.exit().await;
    }
}

fn capacity() -> Capacity {
    Capacity {
        commands: 1_024,
        queries: 64,
    }
}

pub(crate) fn in_memory() -> Outbox {
    Outbox::in_memory(Options::default())
}
