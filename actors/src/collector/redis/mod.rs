//! Redis: how often it finds what is looked up, its memory, its clients, how fast it answers, its
//! replicas, and whether it can keep its data. One server, the master that Sentinels name, or all
//! masters of a Cluster taken together.

mod info;
mod lookups;

use std::time::Duration;

use futures::future::join_all;
use redis::cmd;
use tokio::time::Instant;

use self::{info::Info, lookups::Lookups};
use super::{CollectError, Collected, Collector, Reason, privacy, source, told::Told};
use crate::{
    net::{Endpoint, Failure},
    redis::{Connection, RedisSettings, Servers, Topology, Unheard},
};

const NAME: &str = "redis";
const HIT_RATIO: &str = "vitals_redis_hit_ratio";

/// Watches one Redis.
pub struct RedisCollector {
    settings: RedisSettings,
    /// Made with the first question: on the thread it is asked on.
    servers: Option<Servers>,
    lookups: Lookups,
}

/// What the servers told.
struct Found {
    looks: Vec<Look>,
    /// Those that did not answer, also on the way to the others.
    failed: Vec<Unheard>,
    /// Whether all that hold data have answered.
    is_whole: bool,
}

/// What a server told.
struct Look {
    endpoint: Endpoint,
    info: Info,
    ping: Result<Duration, Failure>,
}

impl RedisCollector {
    /// One that has not asked yet.
    pub fn new(settings: RedisSettings) -> Self {
        RedisCollector {
            settings,
            servers: None,
            lookups: Lookups::default(),
        }
    }

    async fn look(&mut self, until: Instant) -> Result<Found, Failure> {
        let servers = match &mut self.servers {
            Some(servers) => servers,
            none => none.insert(Servers::new(self.settings.clone())),
        };
        // Finding them must leave time for asking them.
        let left = until.saturating_duration_since(Instant::now());
        let (masters, mut failed) = servers.masters(Instant::now() + left / 2).await?;
        let topology = self.settings.url.topology();
        let is_sentinel = matches!(topology, Topology::Sentinel { .. });
        let asked = masters.iter_mut().map(async |master| {
            let look = ask(master, is_sentinel, until).await;
            look.map_err(|failure| (master.endpoint().clone(), failure))
        });
        let mut looks = Vec::new();
        let mut is_whole = true;
        for look in join_all(asked).await {
            match look {
                Ok(look) => looks.push(look),
                Err(node) => {
                    is_whole = false;
                    failed.retain(|(endpoint, _)| *endpoint != node.0);
                    failed.push(node);
                }
            }
        }
        match failed.pop() {
            Some((_, failure)) if looks.is_empty() && *topology == Topology::Server => Err(failure),
            Some((endpoint, Failure { reason, detail })) if looks.is_empty() => {
                Err(Failure::new(reason, format!("{endpoint}: {detail}")))
            }
            last => {
                failed.extend(last);
                Ok(Found {
                    looks,
                    failed,
                    is_whole,
                })
            }
        }
    }

    fn tell(&mut self, found: &Found) -> Collected {
        let mut told = Told::default();
        let looks = &*found.looks;
        let infos = || looks.iter().map(|look| &look.info);
        self.lookups.look(infos(), Instant::now());
        match self.lookups.hit_ratio() {
            Some(ratio) => {
                let help = "Share of the look-ups of the last 5 minutes that Redis found.";
                told.gauge(HIT_RATIO, help, ratio);
            }
            None => {
                let hint = "fewer than 100 look-ups in Redis in 5 minutes";
                told.absent(HIT_RATIO, Reason::TooFew, hint);
            }
        }
        // Sums with a server missing would be wrong.
        if found.is_whole {
            tell_sums(looks, &mut told);
        }
        tell_each(looks, &mut told);
        told.failed
            .extend(found.failed.iter().map(|(endpoint, failure)| {
                let Failure { reason, detail } = failure.clone();
                let part = endpoint.to_string();
                CollectError {
                    part,
                    reason,
                    detail,
                }
            }));
        told.collected(Vec::new(), false)
    }
}

fn tell_sums(looks: &[Look], told: &mut Told) {
    let sum = |key: &str| {
        let values = looks.iter().map(|look| look.info.number(key));
        values.sum::<Option<f64>>()
    };
    for (name, help, key) in [
        (
            "vitals_redis_memory_used_bytes",
            "Memory Redis has allocated.",
            "used_memory",
        ),
        (
            "vitals_redis_memory_resident_bytes",
            "Memory Redis holds of the machine.",
            "used_memory_rss",
        ),
        (
            "vitals_redis_clients",
            "Connections of clients, ours among them.",
            "connected_clients",
        ),
        (
            "vitals_redis_clients_max",
            "Connections of clients Redis takes.",
            "maxclients",
        ),
        (
            "vitals_redis_clients_blocked",
            "Clients that wait in a blocking call.",
            "blocked_clients",
        ),
        (
            "vitals_redis_replicas",
            "Replicas that are connected.",
            "connected_slaves",
        ),
    ] {
        if let Some(value) = sum(key) {
            told.gauge(name, help, value);
        }
    }
    // 0 is no limit.
    if let Some(limit) = sum("maxmemory").filter(|limit| *limit > 0.0) {
        told.gauge(
            "vitals_redis_memory_max_bytes",
            "Memory Redis may allocate.",
            limit,
        );
    }
    for (name, help, key) in [
        (
            "vitals_redis_keyspace_hits_total",
            "Look-ups that found something.",
            "keyspace_hits",
        ),
        (
            "vitals_redis_keyspace_misses_total",
            "Look-ups that found nothing.",
            "keyspace_misses",
        ),
        (
            "vitals_redis_commands_total",
            "Commands Redis has worked off.",
            "total_commands_processed",
        ),
        (
            "vitals_redis_evicted_keys_total",
            "Keys that were thrown away for want of memory.",
            "evicted_keys",
        ),
        (
            "vitals_redis_rejected_connections_total",
            "Connections that were one too many.",
            "rejected_connections",
        ),
    ] {
        if let Some(value) = sum(key) {
            told.counter_of(name, help, [], value);
        }
    }
}

/// What is told of the worst of them, and what none of them should say.
fn tell_each(looks: &[Look], told: &mut Told) {
    let infos = || looks.iter().map(|look| &look.info);
    let pings = looks.iter().map(|look| look.ping.as_ref().ok());
    let pings: Option<Vec<_>> = pings.collect();
    if let Some(slowest) = pings.iter().flatten().max() {
        let help = "How long PING takes there and back, with the slowest server.";
        told.gauge("vitals_redis_ping_seconds", help, slowest.as_secs_f64());
    }
    let numbers = |key: &'static str| infos().filter_map(move |info| info.number(key));
    if let Some(oldest) = numbers("rdb_last_save_time").reduce(f64::min) {
        let help = "When the data was last saved, the oldest of all servers.";
        told.gauge("vitals_redis_last_save_timestamp_seconds", help, oldest);
    }
    if let Some(youngest) = numbers("uptime_in_seconds").reduce(f64::min) {
        let help = "How long the server has been running, the youngest of all.";
        told.gauge("vitals_redis_uptime_seconds", help, youngest);
    }
    if let Some(lag) = infos().filter_map(Info::replica_lag_bytes).reduce(f64::max) {
        let help = "What the replica that is furthest behind has not got yet.";
        told.gauge("vitals_redis_replica_lag_bytes", help, lag);
    }
    let links = infos().filter_map(|info| info.text("master_link_status"));
    if let Some(is_up) = links
        .map(|link| link == "up")
        .reduce(|one, other| one && other)
    {
        let help = "Whether the replica that is watched has its master.";
        told.gauge(
            "vitals_redis_master_link_up",
            help,
            f64::from(u8::from(is_up)),
        );
    }
    let is_saved = infos().all(Info::is_saved);
    let help = "Whether the last attempts to save the data went well.";
    told.gauge(
        "vitals_redis_persistence_ok",
        help,
        f64::from(u8::from(is_saved)),
    );
    for look in looks {
        if let Err(failure) = &look.ping {
            let part = format!("{} PING", look.endpoint);
            told.failed(&part, failure.reason, &*failure.detail);
        } else if !look.info.is_saved() {
            let part = format!("{} persistence", look.endpoint);
            let detail = "the last attempt to save the data has failed: look at its disk and log";
            told.failed(&part, Reason::Unavailable, detail);
        }
    }
    let Some(first) = looks.first() else { return };
    let label = |key| {
        let text = first.info.text(key).unwrap_or_default();
        privacy::name(text.into()).unwrap_or_default()
    };
    let (version, mode, role) = (label("redis_version"), label("redis_mode"), label("role"));
    let labels = [("version", &*version), ("mode", &*mode), ("role", &*role)];
    told.gauge_of("vitals_redis_info", "What Redis says it is.", labels, 1.0);
}

async fn ask(server: &mut Connection, is_sentinel: bool, until: Instant) -> Result<Look, Failure> {
    let answer: Vec<u8> = server.ask(&cmd("INFO"), until).await?;
    let info = Info::read(&answer);
    let unavailable = |detail| Err(Failure::new(Reason::Unavailable, detail));
    if info.text("redis_version").is_none() {
        return Err(Failure::new(
            Reason::Parse,
            "what was answered is not of Redis",
        ));
    }
    if info.is("loading", "1") {
        return unavailable("it is loading its data");
    }
    if is_sentinel && info.is("role", "slave") {
        return unavailable("the sentinels name it as the master, and it is a replica");
    }
    let began = std::time::Instant::now();
    let pong = server.ask::<()>(&cmd("PING"), until).await;
    let ping = pong.map(|()| began.elapsed());
    Ok(Look {
        endpoint: server.endpoint().clone(),
        info,
        ping,
    })
}

impl Collector for RedisCollector {
    fn name(&self) -> &str {
        NAME
    }

    fn is_dependency(&self) -> bool {
        true
    }

    async fn collect(&mut self, deadline: Duration) -> Result<Collected, CollectError> {
        let until = source::until(deadline);
        Ok(match self.look(until).await {
            Ok(found) => self.tell(&found),
            Err(Failure { reason, detail }) => {
                let down = CollectError {
                    part: self.settings.url.to_string(),
                    reason,
                    detail,
                };
                let mut told = Told::default();
                told.absent(HIT_RATIO, reason, down.to_string());
                Collected {
                    down: Some(down),
                    ..told.collected(Vec::new(), false)
                }
            }
        })
    }
}
