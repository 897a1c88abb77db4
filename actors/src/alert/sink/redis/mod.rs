//! Alerts on Redis: published on channels, appended to a stream, and what fires kept in a hash.
//!
//! ```text
//! PUBLISH vitals:alerts <json>, vitals:alerts:<severity> <json>
//! XADD {vitals}:alerts:log MAXLEN ~ 10000 * alert <json>
//! HSET {vitals}:alerts:active <fingerprint> <json>, HDEL when it ends
//! SET {vitals}:alive <json> EX 30
//! ```
//!
//! A batch is one call of one script: in order, all of it or up to where Redis refuses, and nothing
//! of it where somebody else holds the lease `{vitals}:notifier`. All keys are in one hash slot, so
//! that a Cluster runs it too. Where Redis takes no writes (out of memory, a disk that fails) it is
//! published all the same; what is missing in stream and hash is added when Redis takes it.

mod keys;
mod node;
mod refusal;
mod script;

use std::{sync::Arc, time::Duration};

use redis::{Cmd, cmd};
use tokio::{sync::watch, time::Instant};

pub use self::keys::{Prefix, PrefixError};
use self::{
    keys::Keys,
    node::Node,
    script::{CLEAR, CORRECT, DELIVER, Script},
};
use super::{MOST, Sink, SinkError, Undelivered};
use crate::{
    alert::notification::Notification,
    messages::{Deliver, Reconciled},
    redis::RedisSettings,
};

/// Entries the stream keeps, about.
const LOG_LENGTH: usize = 10_000;

/// What is said of the sink in the settings.
#[derive(Clone, Debug)]
pub struct RedisSinkSettings {
    /// Where Redis is, and who we are to it.
    pub redis: RedisSettings,
    /// What all keys and channels begin with.
    pub prefix: Prefix,
    /// The token of the lease, while this Vitals holds it; `None` inside: nobody is asked.
    pub fence: watch::Receiver<Option<Arc<str>>>,
}

/// Sends to one Redis, whichever server that is just now.
pub struct RedisSink {
    node: Node,
    keys: Keys,
    fence: watch::Receiver<Option<Arc<str>>>,
    deliver: Script,
    correct: Script,
    clear: Script,
}

impl RedisSink {
    /// Connects with the first message.
    pub fn new(settings: RedisSinkSettings) -> Self {
        RedisSink {
            node: Node::new(settings.redis),
            keys: Keys::new(&settings.prefix),
            fence: settings.fence,
            deliver: Script::new(DELIVER),
            correct: Script::new(CORRECT),
            clear: Script::new(CLEAR),
        }
    }

    fn token(&self) -> Arc<str> {
        self.fence.borrow().clone().unwrap_or_default()
    }
}

impl Sink for RedisSink {
    const KEEPS: bool = true;

    fn name(&self) -> &str {
        "redis"
    }

    async fn deliver(&mut self, deliver: &Deliver, until: Instant) -> Result<(), Undelivered> {
        let token = self.token();
        let keys = &self.keys;
        let put = |call: &mut Cmd| {
            keys.put(&token, call);
            call.arg(&keys.channel).arg(LOG_LENGTH);
            call.arg(if deliver.ahead { "ahead" } else { "" });
            call.arg(deliver.announced);
            for notification in &*deliver.notifications {
                call.arg(notification.seq)
                    .arg(notification.status.as_str())
                    .arg(notification.fingerprint.to_string())
                    .arg(notification.severity())
                    .arg(notification.json());
            }
        };
        let answer = self.node.call(&mut self.deliver, put, until).await;
        let (refusal, delivered, announced): (String, u64, u64) =
            answer.map_err(Undelivered::nothing)?;
        if refusal.is_empty() {
            return Ok(());
        }
        let error = refusal::of(&refusal);
        if refusal::is_elsewhere(&refusal) {
            self.node.leave();
        }
        Err(Undelivered {
            delivered,
            announced,
            error,
        })
    }

    async fn reconcile(
        &mut self,
        firing: &[Notification],
        announce: bool,
        until: Instant,
    ) -> Result<Reconciled, SinkError> {
        let (token, keys) = (self.token(), &self.keys);
        let mut reconciled = Reconciled::default();
        let kept: Vec<String> = self.node.ask(&keys.fields(), until).await?;
        let mut firing_now: Vec<_> = firing.iter().map(|n| n.fingerprint.to_string()).collect();
        firing_now.sort_unstable();
        let over: Vec<_> = kept
            .iter()
            .filter(|field| firing_now.binary_search(field).is_err())
            .collect();
        for over in over.chunks(MOST) {
            let put = |call: &mut Cmd| {
                keys.put(&token, call);
                call.arg(over);
            };
            let cleared: usize = self.node.call(&mut self.clear, put, until).await?;
            reconciled.cleared += cleared;
        }
        for firing in firing.chunks(MOST) {
            let put = |call: &mut Cmd| {
                keys.put(&token, call);
                call.arg(&keys.channel);
                call.arg(if announce { "announce" } else { "" });
                for notification in firing {
                    call.arg(notification.fingerprint.to_string())
                        .arg(notification.severity())
                        .arg(notification.json());
                }
            };
            let restored: usize = self.node.call(&mut self.correct, put, until).await?;
            reconciled.restored += restored;
        }
        Ok(reconciled)
    }

    async fn beat(&mut self, json: &str, lasts: Duration, until: Instant) -> Result<(), SinkError> {
        self.node.follow(until).await?;
        let mut set = cmd("SET");
        set.arg(&self.keys.alive).arg(json);
        set.arg("EX").arg(lasts.as_secs().max(1));
        self.node.ask::<()>(&set, until).await
    }
}
