//! The servers behind a URL, found anew with each look: the one, the master that Sentinels name, or all
//! masters of a Cluster.

use std::fmt;

use redis::{Cmd, cmd};
use tokio::time::Instant;

use super::{Connection, RedisUrl, Topology, cluster, sentinel};
use crate::{
    collector::Reason,
    net::{Endpoint, Failure, Trust},
};

/// What is said of Redis in the settings.
#[derive(Clone, Debug)]
pub struct RedisSettings {
    /// Where it is.
    pub url: RedisUrl,
    /// Whom it knows us as.
    pub account: RedisAccount,
    /// Whom its Sentinels know us as.
    pub sentinel_account: RedisAccount,
    /// Whose certificates are believed, where TLS is spoken.
    pub trust: Trust,
}

/// Who we are to a server; without a password nobody in particular.
#[derive(Clone, Default, PartialEq, Eq)]
pub struct RedisAccount {
    /// Empty: the default account.
    pub username: String,
    /// Empty: none.
    pub password: String,
}

impl RedisAccount {
    pub(super) fn introduction(&self) -> Option<Cmd> {
        let mut auth = cmd("AUTH");
        match (&*self.username, &*self.password) {
            ("", "") => return None,
            ("", password) => auth.arg(password),
            (username, password) => auth.arg(username).arg(password),
        };
        Some(auth)
    }
}

impl fmt::Debug for RedisAccount {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("RedisAccount(…)")
    }
}

/// Connections to all of them, kept as long as they are needed.
pub(crate) struct Servers {
    settings: RedisSettings,
    /// Those of the URL, where they are not Redis itself.
    guides: Vec<Connection>,
    masters: Vec<Connection>,
}

/// A server that could not be asked, and why.
pub(crate) type Unheard = (Endpoint, Failure);

impl Servers {
    pub(crate) fn new(settings: RedisSettings) -> Self {
        let connection = |endpoint: &Endpoint| {
            let account = match settings.url.topology() {
                Topology::Sentinel { .. } => &settings.sentinel_account,
                _ => &settings.account,
            };
            let trust = settings.url.is_tls().then_some(&settings.trust);
            Connection::new(endpoint.clone(), trust, account.clone())
        };
        let all = settings.url.endpoints().iter().map(connection).collect();
        let (guides, masters) = match settings.url.topology() {
            Topology::Server => (Vec::new(), all),
            _ => (all, Vec::new()),
        };
        Servers {
            settings,
            guides,
            masters,
        }
    }

    /// The servers that hold the data, one or more, and those on the way there that did not answer.
    /// `until` is for finding them.
    ///
    /// # Errors
    /// When nobody knows where they are.
    pub(crate) async fn masters(
        &mut self,
        until: Instant,
    ) -> Result<(&mut [Connection], Vec<Unheard>), Failure> {
        let (masters, failed) = match self.settings.url.topology().clone() {
            Topology::Server => return Ok((&mut self.masters, Vec::new())),
            Topology::Sentinel { master } => {
                let said = sentinel::master(&mut self.guides, &master, until).await?;
                (vec![said.master], said.failed)
            }
            Topology::Cluster => self.of_cluster(until).await?,
        };
        self.masters
            .retain(|known| masters.contains(known.endpoint()));
        for master in masters {
            if !self.masters.iter().any(|known| *known.endpoint() == master) {
                let trust = self.settings.url.is_tls().then_some(&self.settings.trust);
                let account = self.settings.account.clone();
                self.masters.push(Connection::new(master, trust, account));
            }
        }
        Ok((&mut self.masters, failed))
    }

    /// Those of the URL are asked first, then those they once named, until one knows.
    async fn of_cluster(
        &mut self,
        until: Instant,
    ) -> Result<(Vec<Endpoint>, Vec<Unheard>), Failure> {
        let mut failed: Vec<Unheard> = Vec::new();
        for guide in self.guides.iter_mut().chain(&mut self.masters) {
            if failed
                .iter()
                .any(|(endpoint, _)| endpoint == guide.endpoint())
            {
                continue;
            }
            // The first that hangs must leave time for the others.
            let left = until.saturating_duration_since(Instant::now());
            match cluster::masters(guide, Instant::now() + left / 3).await {
                Ok(masters) => return Ok((masters, failed)),
                Err(failure) => failed.push((guide.endpoint().clone(), failure)),
            }
        }
        let first = failed.into_iter().next();
        let nobody = || Failure::new(Reason::NotConfigured, "no node is named");
        Err(first.map_or_else(nobody, |(endpoint, failure)| {
            let detail = format!("no node answers; {endpoint}: {}", failure.detail);
            Failure::new(failure.reason, detail)
        }))
    }
}

/// As servers name each other: by names, or by addresses without brackets.
pub(super) fn endpoint(host: &str, port: u16) -> Result<Endpoint, Failure> {
    let text = match host.contains(':') && !host.starts_with('[') {
        true => format!("[{host}]:{port}"),
        false => format!("{host}:{port}"),
    };
    let strange = |_| Failure::new(Reason::Parse, "what was answered is no address");
    text.parse().map_err(strange)
}
