//! Loads the settings anew while everything runs: all or nothing. What can follow does so at once,
//! what cannot is named; after a load that failed the old ones stay.

use std::{net::SocketAddr, sync::Arc, time::Duration};

use actix_rt::ArbiterHandle;
use arc_swap::ArcSwap;
use tokio::{
    sync::{Mutex, OwnedMutexGuard, oneshot},
    time::timeout,
};
use vitals_actors::{
    own::OwnMetrics,
    tuning::{Tunable, Tuning},
};

use crate::{
    audit::{Audit, Change},
    cli::Flags,
    collectors::{ChangeError, Collectors},
    logging,
    settings::{Settings, SettingsError},
    settings_changed::Changed,
    tree::thresholds,
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
    pub(crate) collectors: Arc<Collectors>,
    pub(crate) own: OwnMetrics,
    pub(crate) audit: Arc<Audit>,
    /// Lives as long as the process: a reload goes on whoever stops waiting for it.
    pub(crate) main: ArbiterHandle,
    /// Held by the reload under way.
    pub(crate) gate: Arc<Mutex<()>>,
}

/// Why the old settings stay.
#[derive(Debug, thiserror::Error)]
pub(crate) enum ReloadError {
    #[error("the settings are not good, the old ones stay: {0}")]
    Settings(#[from] SettingsError),
    #[error("another reload is under way")]
    UnderWay,
    #[error("the settings could not be read within {LOAD_DEADLINE:?}, the old ones stay")]
    Slow,
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

    /// The same, for somebody who does not wait.
    pub(crate) fn reload_on(self: &Arc<Self>, signal: &str) {
        drop(self.begin(signal.to_owned(), None));
    }

    fn begin(
        self: &Arc<Self>,
        who: String,
        peer: Option<SocketAddr>,
    ) -> oneshot::Receiver<Result<Changed, ReloadError>> {
        let (told, answer) = oneshot::channel();
        let me = self.clone();
        self.main.spawn(async move {
            let reloaded = me.load_and_apply().await;
            me.tell(who, peer, &reloaded);
            // Whoever asked may have gone.
            let _ = told.send(reloaded);
        });
        answer
    }

    async fn load_and_apply(&self) -> Result<Changed, ReloadError> {
        let gate = self.gate.clone().try_lock_owned();
        let gate = gate.map_err(|_| ReloadError::UnderWay)?;
        let reloaded = self.load_and_apply_alone(gate).await;
        self.own.reload_successful.set(reloaded.is_ok().into());
        reloaded
    }

    async fn load_and_apply_alone(
        &self,
        gate: OwnedMutexGuard<()>,
    ) -> Result<Changed, ReloadError> {
        let flags = self.flags.clone();
        // It keeps the gate, also past its deadline: one hung thread is enough.
        let load = move || (Settings::load(&flags, std::env::vars_os()), gate);
        let loaded = timeout(LOAD_DEADLINE, tokio::task::spawn_blocking(load)).await;
        let (loaded, _gate) = loaded
            .map_err(|_| ReloadError::Slow)?
            .map_err(|_| ReloadError::Lost)?;
        let new = loaded?;

        let old = self.live.load_full();
        self.collectors.change(&old, &new).await?;
        self.tuning.store(Arc::new(tuning(&new)));
        logging::set_level(new.log.level);
        let changed = Changed::between(&self.started_with, &old, &new);
        self.live.store(Arc::new(new));
        Ok(changed)
    }

    fn tell(&self, who: String, peer: Option<SocketAddr>, reloaded: &Result<Changed, ReloadError>) {
        let outcome = match reloaded {
            Ok(changed) => changed.to_string(),
            Err(error) => format!("failed: {error}"),
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
        summary_interval: settings.summary.interval,
        health_interval: settings.health.interval,
    }
}
