//! Loads the settings anew while everything runs: all or nothing. What can follow does so at once,
//! what cannot is named; after a load that failed the old ones stay.

use std::{
    io,
    net::SocketAddr,
    sync::{
        Arc, LazyLock,
        atomic::{AtomicBool, Ordering::Relaxed},
    },
    thread,
    time::Duration,
};

use actix_rt::ArbiterHandle;
use arc_swap::ArcSwap;
use supervision::Ref;
use tokio::{
    sync::{Mutex, OwnedMutexGuard, oneshot},
    time::timeout,
};
use vitals_actors::{
    aggregator::Aggregator,
    alert::{
        evaluator::{EvaluatorActor, PromisedRuling},
        rules::LoadError,
    },
    health::Health,
    messages::{Retuned, Ruled},
    own::OwnMetrics,
    targets::Thresholds,
    tuning::{InterfaceHours, Tunable, Tuning},
};

use crate::{
    alerting,
    audit::{Audit, Change},
    cli::Flags,
    collectors::{ChangeError, Collectors},
    logging,
    settings::{Interface, Settings, SettingsError},
    settings_changed::Changed,
};

/// A file on a disk that hangs is waited for no longer.
const LOAD_DEADLINE: Duration = Duration::from_secs(10);
/// Two collectors may be stopped and started on the way.
const DEADLINE: Duration = Duration::from_secs(45);

/// Everything that follows the settings.
pub(crate) struct Reloader {
    pub(crate) flags: Flags,
    /// What does not follow them until a restart.
    pub(crate) started_with: Arc<Settings>,
    pub(crate) live: Arc<ArcSwap<Settings>>,
    pub(crate) tuning: Tunable,
    pub(crate) aggregator: Ref<Aggregator>,
    pub(crate) evaluator: Ref<EvaluatorActor>,
    /// The rules there are.
    pub(crate) ruling: Arc<ArcSwap<PromisedRuling>>,
    pub(crate) health: Ref<Health>,
    pub(crate) collectors: Arc<Collectors>,
    pub(crate) own: OwnMetrics,
    pub(crate) audit: Arc<Audit>,
    /// Lives as long as the process: a reload goes on whoever stops waiting for it.
    pub(crate) main: ArbiterHandle,
    /// Held by the reload under way.
    pub(crate) gate: Arc<Mutex<()>>,
    /// A signal waits for its turn.
    pub(crate) asked_again: AtomicBool,
}

/// Why the old settings stay.
#[derive(Debug, thiserror::Error)]
pub(crate) enum ReloadError {
    #[error("the settings are not good, the old ones stay: {0}")]
    Settings(#[from] SettingsError),
    #[error("the rules are not good, the old ones stay, and all settings: {0}")]
    Rules(#[from] LoadError),
    #[error("another reload is under way")]
    UnderWay,
    #[error("the settings could not be read within {LOAD_DEADLINE:?}, the old ones stay")]
    Slow,
    #[error("no thread to read the settings: {0}; the old ones stay")]
    Thread(io::Error),
    #[error("the reload came to no end; the log says why")]
    Lost,
    #[error("{0}; the old settings stay, a further reload tries it again")]
    Collectors(#[from] ChangeError),
}

impl Reloader {
    /// Loads and applies, and tells the audit log who wanted it.
    ///
    /// # Errors
    /// [`ReloadError`].
    pub(crate) async fn reload(
        self: &Arc<Self>,
        who: String,
        peer: Option<SocketAddr>,
    ) -> Result<Changed, ReloadError> {
        match timeout(DEADLINE, self.begin(who, peer)).await {
            Ok(Ok(reloaded)) => reloaded,
            Ok(Err(_)) | Err(_) => Err(ReloadError::Lost),
        }
    }

    /// The same on a signal, whose sender cannot try again: where a reload is under way, which may
    /// have read the file before it was changed, one more follows it.
    pub(crate) fn reload_on(self: &Arc<Self>, signal: &'static str) {
        if self.asked_again.swap(true, Relaxed) {
            return; // by the one that waits
        }
        let me = self.clone();
        self.main.spawn(async move {
            let gate = me.gate.clone().lock_owned().await;
            me.asked_again.store(false, Relaxed);
            let reloaded = me.load_and_apply(gate).await;
            me.tell(signal.to_owned(), None, &reloaded);
        });
    }

    fn begin(
        self: &Arc<Self>,
        who: String,
        peer: Option<SocketAddr>,
    ) -> oneshot::Receiver<Result<Changed, ReloadError>> {
        let (told, answer) = oneshot::channel();
        let me = self.clone();
        self.main.spawn(async move {
            let reloaded = match me.gate.clone().try_lock_owned() {
                Ok(gate) => me.load_and_apply(gate).await,
                Err(_) => Err(ReloadError::UnderWay),
            };
            me.tell(who, peer, &reloaded);
            // Whoever asked may have gone.
            let _ = told.send(reloaded);
        });
        answer
    }

    async fn load_and_apply(&self, gate: OwnedMutexGuard<()>) -> Result<Changed, ReloadError> {
        let reloaded = self.try_load_and_apply(gate).await;
        self.own.reloaded(reloaded.is_ok());
        reloaded
    }

    async fn try_load_and_apply(&self, gate: OwnedMutexGuard<()>) -> Result<Changed, ReloadError> {
        let flags = self.flags.clone();
        let (told, loaded) = oneshot::channel();
        // It keeps the gate, also past its deadline: one hung thread is enough. A thread of the
        // runtime would be waited for when the process stops.
        let load = move || {
            let loaded = Settings::load(&flags, std::env::vars_os());
            let loaded = loaded.map_err(ReloadError::from).and_then(|settings| {
                let ruling = alerting::ruling(&settings)?;
                LazyLock::force(&ruling); // here, where nobody waits for this thread
                Ok((settings, ruling))
            });
            drop(told.send((loaded, gate)));
        };
        thread::Builder::new()
            .name("reload".to_owned())
            .spawn(load)
            .map_err(ReloadError::Thread)?;
        let loaded = timeout(LOAD_DEADLINE, loaded).await;
        let (loaded, _gate) = loaded
            .map_err(|_| ReloadError::Slow)?
            .map_err(|_| ReloadError::Lost)?;
        let (mut new, ruling) = loaded?;

        let old = self.live.load_full();
        self.collectors.change(&old, &new).await?;
        self.tuning.store(Arc::new(tuning(&new)));
        // One that has no room, or is gone, follows with its next look.
        let _ = self.aggregator.tell(Retuned);
        let _ = self.health.tell(Retuned);
        self.ruling.store(Arc::new(ruling));
        let _ = self.evaluator.tell(Ruled);
        logging::set_level(new.log.level);
        let changed = Changed::between(&self.started_with, &old, &new);
        // Its host would be followed and its path, where the routes are, would not.
        new.server
            .external_url
            .clone_from(&self.started_with.server.external_url);
        self.live.store(Arc::new(new));
        Ok(changed)
    }

    fn tell(&self, who: String, peer: Option<SocketAddr>, reloaded: &Result<Changed, ReloadError>) {
        let outcome = match reloaded {
            Ok(changed) => changed.to_string(),
            Err(error) => {
                // The audit shows its beginning only, and as any other change.
                log::error!("reload: {error}; everything stays as it was");
                format!("failed: {error}")
            }
        };
        let what = "reload".to_owned();
        self.audit.tell(Change {
            who,
            what,
            outcome,
            peer,
        });
    }
}

/// What actors look up each time they need it.
pub(crate) fn tuning(settings: &Settings) -> Tuning {
    Tuning {
        thresholds: thresholds(settings),
        collect_interval: settings.collect.interval,
        summary_interval: settings.summary.interval,
        health_interval: settings.health.interval,
        interfaces: settings.interface.iter().map(interface).collect(),
        applications: settings
            .application
            .iter()
            .map(|one| one.name.clone())
            .collect(),
    }
}

fn interface(interface: &Interface) -> InterfaceHours {
    InterfaceHours {
        iris: match &*interface.iris {
            "" => "main".to_owned(),
            iris => iris.to_owned(),
        },
        host: interface.host.clone(),
        hours: interface.hours.clone(),
    }
}

fn thresholds(settings: &Settings) -> Thresholds {
    let targets = &settings.targets;
    Thresholds {
        cpu: targets.cpu,
        memory: targets.memory,
        disk: targets.disk,
        network_latency: targets.network_latency,
        query_time: targets.query_time,
        hl7_rate: targets.hl7_rate,
        connection_pool: targets.connection_pool,
        database_size: targets.database_size,
        api_response: targets.api_response,
        error_rate: targets.error_rate,
        cache_hit: targets.cache_hit,
        uptime: targets.uptime,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{store::Store, tree::Parts};

    #[actix_web::test]
    async fn a_signal_during_a_reload_is_heard_after_it_and_more_of_them_are_one() {
        let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
        let (settings, flags) = (Settings::default(), Flags::default());
        let main = actix_rt::Arbiter::current();
        let store = Store::open(None, &settings.history).unwrap();
        let ruling = alerting::ruling(&settings).unwrap();
        let parts = Parts::new(settings, ruling, flags, listener, store, main).unwrap();
        let reloader = &parts.shared.reloader;
        let under_way = reloader.gate.clone().lock_owned().await;
        let before = reloader.live.load_full();
        (0..3).for_each(|_| reloader.reload_on("SIGHUP"));
        let refused = reloader.reload("ops".to_owned(), None).await;
        assert!(matches!(refused, Err(ReloadError::UnderWay)), "{refused:?}");
        assert!(Arc::ptr_eq(&before, &reloader.live.load()));

        // Whoever asks for the gate now gets it after the signals.
        drop(under_way);
        drop(reloader.gate.lock().await);
        let after = reloader.live.load_full();
        assert!(!Arc::ptr_eq(&before, &after));
        drop(reloader.gate.lock().await);
        assert!(Arc::ptr_eq(&after, &reloader.live.load()), "once");
    }
}
