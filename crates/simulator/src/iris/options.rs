//! What is to be simulated, and how.

use std::{net::SocketAddr, path::PathBuf, time::Duration};

use serde::{Deserialize, Serialize};

/// The presentations of the metrics there are. Each follows one recorded answer.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize)]
pub enum Version {
    /// IRIS for Health 2024.1 on Windows: no `# HELP`, no `# TYPE`, paths with backslashes.
    #[serde(rename = "2024.1")]
    V2024,
    /// IRIS for Health 2026.1 on Linux: `# HELP`, `# TYPE`, `# UNIT`, processes and resources.
    #[default]
    #[serde(rename = "2026.1")]
    V2026,
    /// The Community Edition of 2026.1: eight licence units.
    #[serde(rename = "ce")]
    Community,
}

impl Version {
    /// As the command line and IRIS call it.
    pub fn name(self) -> &'static str {
        match self {
            Version::V2024 => "2024.1",
            Version::V2026 => "2026.1",
            Version::Community => "ce",
        }
    }

    /// What IRIS says of itself, and that it is none.
    pub fn product(self) -> &'static str {
        match self {
            Version::V2024 => "IRIS for Windows (simulated) 2024.1",
            Version::V2026 | Version::Community => "IRIS for UNIX (simulated) 2026.1",
        }
    }

    /// Licence units, unless told otherwise.
    pub fn units(self) -> u32 {
        match self {
            Version::Community => 8,
            Version::V2024 | Version::V2026 => 256,
        }
    }
}

/// Who must show an account.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Access {
    /// Nobody.
    Open,
    /// Whoever asks by SQL; metrics and alerts are open. As IRIS is installed.
    #[default]
    Sql,
    /// Everybody.
    All,
}

/// An account of the simulated server.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Account {
    /// The user name.
    pub name: String,
    /// The password.
    pub password: String,
    /// What it may do.
    pub rights: Rights,
}

/// What an account may do.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Rights {
    /// Everything.
    Full,
    /// Log in; its queries see nothing or are refused.
    Weak,
    /// Log in; every page is 403.
    Forbidden,
    /// Nothing until its password is changed: 403.
    Expired,
}

/// What an administrator switches on and off, and what changes the set of metrics.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Gates {
    /// `EnableSAMForNamespace`: without it no `iris_interop_*` at all.
    pub interop: bool,
    /// `EnableStatsForProduction`: the families with `hosttype` and `messagetype`.
    pub activity: bool,
    /// `iris_license_*`.
    pub licence: bool,
    /// Off: `DisableSAMIncludeHostLabel`.
    pub host_label: bool,
    /// Off: `DisableSAMIncludeProdLabel`.
    pub production_label: bool,
    /// The operations have a Queue Count Alert; without one `iris_interop_queued` is always 0.
    pub queue_alert: bool,
    /// A site's own metrics, with another prefix.
    pub custom: bool,
}

impl Default for Gates {
    fn default() -> Self {
        Gates {
            interop: true,
            activity: true,
            licence: true,
            host_label: true,
            production_label: true,
            queue_alert: true,
            custom: false,
        }
    }
}

/// What a mirror member is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Role {
    /// Runs the production.
    Primary,
    /// Follows, and has no HL7 series.
    Backup,
}

/// How the simulated time passes.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Pace {
    /// Only when told to: [`Simulator::advance`](super::Simulator::advance).
    Manual,
    /// So many simulated seconds a second.
    Times(u32),
}

/// Certificate and key, in PEM files.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Tls {
    /// The certificate, and those it leans on.
    pub certificate: PathBuf,
    /// Its private key.
    pub key: PathBuf,
}

/// The whole simulation.
#[derive(Clone, Debug, PartialEq)]
pub struct Options {
    /// Where the (first) simulated server answers; port 0 is any free one.
    pub listen: SocketAddr,
    /// Where faults are switched; loopback only.
    pub control: Option<SocketAddr>,
    /// Simulated servers, 1 to 64: on consecutive ports, or see [`Options::share_port`].
    pub instances: u16,
    /// All instances on one port, told apart by `/iris1` to `/irisN`.
    pub share_port: bool,
    /// What stands before every path, such as `/iris1`.
    pub prefix: String,
    /// HTTPS instead of HTTP.
    pub tls: Option<Tls>,
    /// The presentation.
    pub version: Version,
    /// The same seed and commands give the same answers. Instance *n* has `seed + n − 1`.
    pub seed: u64,
    /// Inbound HL7 messages a minute, the mean over a day; 0 to 60,000.
    pub rate: f64,
    /// The same rate all day, without noise or incidents: for exact expectations.
    pub steady: bool,
    /// How time passes.
    pub pace: Pace,
    /// The simulated time at the start, seconds since the Unix epoch; `None`: now.
    pub start: Option<i64>,
    /// Who must show an account.
    pub access: Access,
    /// The accounts there are.
    pub accounts: Vec<Account>,
    /// Licence units; `None`: as the version has.
    pub units: Option<u32>,
    /// How long a session that nobody uses holds its licence unit.
    pub grace: Duration,
    /// What is on.
    pub gates: Gates,
    /// Mirror members: of each two instances the first starts as the primary.
    pub mirror: bool,
    /// Families an administrator excludes (`ExcludeMetrics`), by the start of their names.
    pub exclude: Vec<String>,
}

impl Default for Options {
    fn default() -> Self {
        Options {
            listen: SocketAddr::from(([127, 0, 0, 1], 0)),
            control: None,
            instances: 1,
            share_port: false,
            prefix: String::new(),
            tls: None,
            version: Version::default(),
            seed: 1,
            rate: 120.0,
            steady: false,
            pace: Pace::Times(1),
            start: None,
            access: Access::default(),
            accounts: accounts("_SYSTEM", "SYS"),
            units: None,
            grace: Duration::from_secs(600),
            gates: Gates::default(),
            mirror: false,
            exclude: Vec::new(),
        }
    }
}

/// One account of each kind: `name`, `weak`, `forbidden` and `expired`, with one password.
pub fn accounts(name: &str, password: &str) -> Vec<Account> {
    [
        (name, Rights::Full),
        ("weak", Rights::Weak),
        ("forbidden", Rights::Forbidden),
        ("expired", Rights::Expired),
    ]
    .map(|(name, rights)| Account {
        name: name.to_owned(),
        password: password.to_owned(),
        rights,
    })
    .into()
}
