//! Alerts as the settings want them: the rules that run, and who is told.

mod sources;

use std::{
    path::Path,
    sync::{Arc, LazyLock},
    time::Duration,
};

use promql::{Engine, Limits};
use supervision::{Backoff, Capacity, ChildSpec, Ref};
use tokio::sync::watch;
use vitals_actors::{
    alert::{
        dispatcher::Outlet,
        evaluator::{PromisedRuling, Ruling},
        rules::{self, LoadError, RuleSet},
        sink::{
            SinkActor, SinkSettings,
            log::LogSink,
            redis::{RedisSink, RedisSinkSettings},
        },
        state,
    },
    clock::Clock,
    http::Trust,
    own::OwnMetrics,
    redis::RedisSettings,
};

pub(crate) use self::sources::may_match;
use crate::{collectors::redis_settings, settings::Settings};

/// A rule that takes longer is cut off.
const RULE_TIMEOUT: Duration = Duration::from_secs(5);
/// A sink that takes longer has failed.
const SINK_TIMEOUT: Duration = Duration::from_secs(5);
/// One message at a time, and one that waits.
const SINK_CAPACITY: Capacity = Capacity {
    commands: 64,
    queries: 4,
};

/// The engine that reads and bounds rules.
pub(crate) fn engine(settings: &Settings) -> Engine {
    // How long a question may be that comes from outside is nothing to a file of the operator's.
    let mut limits = settings.query.limits().with_bytes(Limits::MOST_BYTES);
    limits.timeout = limits.timeout.min(RULE_TIMEOUT);
    Engine::new(limits)
}

/// The rules of the files the settings name; where they name none that is there, those built in.
///
/// # Errors
/// Everything that is wrong with them.
pub(crate) fn rules(settings: &Settings) -> Result<RuleSet, LoadError> {
    Ok(of_files(settings)?.unwrap_or_else(|| built_in(settings)))
}

/// The rules of the files the settings name, if any of them is there.
fn of_files(settings: &Settings) -> Result<Option<RuleSet>, LoadError> {
    let engine = engine(settings);
    let mut set = rules::load(Path::new(""), &settings.alerts.rules, &engine)?;
    if set.files.is_empty() {
        return Ok(None);
    }
    sources::set_origins(settings, &mut set, &sources::built_in(&engine));
    Ok(Some(set))
}

fn built_in(settings: &Settings) -> RuleSet {
    let mut set = sources::built_in(&engine(settings));
    sources::set_origins_of_product(settings, &mut set);
    set
}

/// The rules, and what they are evaluated with. Nothing can be wrong with those built in: they are read
/// when they are needed.
///
/// # Errors
/// Everything that is wrong with the files.
pub(crate) fn ruling(settings: &Settings) -> Result<PromisedRuling, LoadError> {
    let files = of_files(settings)?;
    let settings = settings.clone();
    Ok(LazyLock::new(Box::new(move || {
        let rules = files.unwrap_or_else(|| built_in(&settings));
        with_settings(rules, &settings)
    })))
}

fn with_settings(rules: RuleSet, settings: &Settings) -> Ruling {
    let external = &settings.global.external_labels;
    let labels = external.iter().map(|(n, v)| (n.as_str(), v.as_str()));
    let url = settings.server.external_url.as_ref();
    Ruling {
        rules,
        settings: state::Settings {
            engine: engine(settings),
            interval: settings.collect.interval,
            // Names were checked when the settings were read.
            external_labels: exposition::Labels::try_new(labels).unwrap_or_default(),
            external_url: url.map_or_else(|| url_of(settings), ToString::to_string),
            ..state::Settings::default()
        },
    }
}

/// Where whoever is told finds us, as far as we can know.
fn url_of(settings: &Settings) -> String {
    format!(
        "http://{}{}",
        settings.server.address,
        settings.server.prefix()
    )
}

/// Those who are told: their addresses outlive every incarnation.
#[derive(Clone)]
pub(crate) struct Sinks {
    log: Option<Ref<SinkActor<LogSink>>>,
    redis: Option<(Ref<SinkActor<RedisSink>>, RedisSinkSettings)>,
    settings: SinkSettings,
}

impl Sinks {
    /// As the settings want them.
    pub(crate) fn new(settings: &Settings, own: OwnMetrics) -> Self {
        let alerts = &settings.alerts;
        let log = alerts.log_sink.then(|| Ref::new("log", SINK_CAPACITY));
        let redis = redis(settings).map(|redis| {
            let settings = RedisSinkSettings {
                redis,
                prefix: alerts.redis.prefix.clone(),
                // Nobody else tells what we tell.
                fence: watch::channel(None).1,
            };
            (Ref::new("redis", SINK_CAPACITY), settings)
        });
        Sinks {
            log,
            redis,
            settings: SinkSettings {
                timeout: SINK_TIMEOUT,
                own,
                clock: Clock::System,
            },
        }
    }

    /// The ways to them, for the dispatcher.
    pub(crate) fn outlets(&self) -> Vec<Outlet> {
        let log = self.log.iter().map(|sink| Outlet::new("log", sink.clone()));
        let redis = self.redis.iter();
        let redis = redis.map(|(sink, _)| Outlet::new("redis", sink.clone()));
        log.chain(redis).collect()
    }

    /// The actors.
    pub(crate) fn children(&self, backoff: Backoff) -> Vec<ChildSpec> {
        let mut children = Vec::new();
        if let Some(sink) = &self.log {
            let settings = self.settings.clone();
            let start = move |_: supervision::Start<_>, _: &mut _| {
                SinkActor::new(LogSink, settings.clone())
            };
            children.push(ChildSpec::new(sink, start).backoff(backoff));
        }
        if let Some((sink, redis)) = &self.redis {
            let (settings, redis) = (self.settings.clone(), redis.clone());
            let start = move |_: supervision::Start<_>, _: &mut _| {
                SinkActor::new(RedisSink::new(redis.clone()), settings.clone())
            };
            children.push(ChildSpec::new(sink, start).backoff(backoff));
        }
        children
    }
}

/// The Redis alerts go to, if there is one: its own, or that of the stack.
fn redis(settings: &Settings) -> Option<RedisSettings> {
    let alerts = &settings.alerts.redis;
    if !alerts.enabled {
        return None;
    }
    let of = [&alerts.redis, &settings.redis];
    let redis = of.into_iter().find(|redis| redis.url.is_some())?;
    let url = redis.url.clone()?;
    Some(redis_settings(url, redis.clone(), &Trust::default()))
}

/// Who would be told, in words.
pub(crate) fn receivers(settings: &Settings) -> Vec<String> {
    let log = settings.alerts.log_sink.then(|| "the log".to_owned());
    let redis = redis(settings).map(|redis| redis.url.to_string());
    let all: Vec<_> = log.into_iter().chain(redis).collect();
    match all.is_empty() {
        true => vec!["nobody".to_owned()],
        false => all,
    }
}

/// Which Vitals says it.
pub(crate) fn source(machine: &str) -> Arc<str> {
    format!("vitals@{machine}").into()
}
