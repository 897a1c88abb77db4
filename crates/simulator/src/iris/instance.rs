//! One simulated server: its state, its clock, its sessions, its faults, and what it was asked.

use std::{collections::BTreeMap, time::Duration};

use parking_lot::Mutex;
use serde_json::{Value, json};

use super::{
    access::Caller,
    body::{self, Shape},
    catalogue::View,
    clock::Clock,
    fault::{Fault, FaultError, FaultKind, Faults, Scope},
    options::{Access, Account, Options, Role, Version},
    sessions::Sessions,
    sql::Planned,
    world::{Command, Phase, Setup, World, topology},
};

/// Metrics pinned to a value at once, and planned SQL answers.
const MOST_PINNED: usize = 64;

/// How often it was asked what.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Asked {
    pub(crate) metrics: u64,
    pub(crate) alerts: u64,
    pub(crate) atelier: u64,
    pub(crate) other: u64,
    pub(crate) in_flight: u64,
    pub(crate) most_in_flight: u64,
    pub(crate) connections: u64,
}

/// Everything behind the lock.
pub(crate) struct Inner {
    pub(crate) world: World,
    clock: Clock,
    pub(crate) sessions: Sessions,
    pub(crate) faults: Faults,
    pub(crate) pinned: BTreeMap<String, String>,
    pub(crate) planned: Vec<Planned>,
    pub(crate) asked: Asked,
    /// Where connections are accepted or refused; told by the listener.
    pub(crate) listening: bool,
}

/// One simulated server.
pub(crate) struct Instance {
    /// 1 to N.
    pub(crate) number: u16,
    pub(crate) version: Version,
    pub(crate) access: Access,
    pub(crate) accounts: Vec<Account>,
    exclude: Vec<String>,
    inner: Mutex<Inner>,
}

impl Instance {
    pub(crate) fn new(options: &Options, number: u16) -> Self {
        let clock = Clock::new(options.start, options.pace);
        let seed = options.seed.wrapping_add(u64::from(number) - 1);
        let role = options.mirror.then_some(match number % 2 {
            1 => Role::Primary,
            _ => Role::Backup,
        });
        let setup = Setup {
            version: options.version,
            seed,
            rate: options.rate,
            steady: options.steady,
            role,
            gates: options.gates,
        };
        let units = options.units.unwrap_or(options.version.units());
        let grace = i64::try_from(options.grace.as_secs()).unwrap_or(i64::MAX);
        Instance {
            number,
            version: options.version,
            access: options.access,
            accounts: options.accounts.clone(),
            exclude: options.exclude.clone(),
            inner: Mutex::new(Inner {
                world: World::new(setup, clock.now()),
                clock,
                sessions: Sessions::new(units, grace, seed),
                faults: Faults::default(),
                pinned: BTreeMap::new(),
                planned: Vec::new(),
                asked: Asked::default(),
                listening: false,
            }),
        }
    }

    /// Looks at it, as it is now.
    pub(crate) fn with<T>(&self, look: impl FnOnce(&mut Inner) -> T) -> T {
        let mut inner = self.inner.lock();
        inner.catch_up();
        look(&mut inner)
    }

    pub(crate) fn command(&self, command: Command) {
        self.with(|inner| {
            if matches!(command, Command::RestartIris { .. }) {
                inner.sessions.drop_all();
            }
            inner.world.command(command);
        });
    }

    pub(crate) fn fault(&self, fault: Fault) -> Result<(), FaultError> {
        self.with(|inner| inner.faults.add(fault))
    }

    pub(crate) fn clear_faults(&self) {
        self.with(|inner| inner.faults.clear());
    }

    /// Lets time pass; returns how many seconds it added.
    pub(crate) fn advance(&self, time: Duration) -> u64 {
        let added = self.inner.lock().clock.advance(time.as_secs());
        self.with(|_| ());
        added
    }

    /// Pins every series of a family to a value; `None` frees it. False: too many.
    pub(crate) fn pin(&self, family: &str, value: Option<&str>) -> bool {
        self.with(|inner| match value {
            None => {
                inner.pinned.remove(family);
                true
            }
            Some(_) if inner.pinned.len() >= MOST_PINNED => false,
            Some(value) => {
                inner.pinned.insert(family.to_owned(), value.to_owned());
                true
            }
        })
    }

    /// Plans the answer to a query. False: too many.
    pub(crate) fn plan(&self, planned: Planned) -> bool {
        self.with(|inner| {
            inner.planned.retain(|known| known.query != planned.query);
            let room = inner.planned.len() < MOST_PINNED;
            if room {
                inner.planned.push(planned);
            }
            room
        })
    }

    /// Whether connections to it are accepted.
    pub(crate) fn accepts(&self) -> bool {
        self.with(|inner| {
            let down = matches!(inner.world.phase, Phase::Down { .. });
            !down && !inner.faults.has(FaultKind::Refuse)
        })
    }

    /// The body of the metrics.
    pub(crate) fn metrics(&self, faults: &Faults) -> String {
        self.with(|inner| {
            let shape = Shape {
                pinned: &inner.pinned,
                exclude: &self.exclude,
            };
            body::metrics(&inner.view(), &shape, faults)
        })
    }

    /// The alerts nobody has fetched; they are gone then.
    pub(crate) fn alerts(&self) -> String {
        self.with(|inner| {
            let alerts: Vec<Value> = inner
                .world
                .alerts
                .unread
                .iter()
                .map(|alert| {
                    let time = jiff::Timestamp::from_second(alert.at).unwrap_or_default();
                    json!({
                        "time": format!("{time:.3}"),
                        "severity": alert.severity.to_string(),
                        "message": alert.message,
                    })
                })
                .collect();
            inner.world.command(Command::AlertsRead);
            Value::Array(alerts).to_string()
        })
    }

    /// What is the matter with it, for tests and demos.
    pub(crate) fn state(&self) -> Value {
        self.with(|inner| {
            let world = &inner.world;
            let phase = match world.phase {
                Phase::Running => "running",
                Phase::Down { .. } => "down",
                Phase::Starting { .. } => "starting",
            };
            let hosts: Vec<Value> = world.production.iter().flat_map(|production| {
                production.hosts.iter().zip(&topology::ITEMS).map(|(host, item)| {
                    json!({
                        "name": item.name,
                        "type": item.kind.name(),
                        "status": host.status.name(),
                        "messages": host.messages,
                        "queued": host.queue.iter().sum::<u64>(),
                        "suspended": host.suspended,
                        "errored": host.errored,
                    })
                })
            }).collect();
            let production = world.production.as_ref().map(|production| json!({
                "name": topology::PRODUCTION,
                "namespace": topology::NAMESPACE,
                "started": production.started,
                "received": production.received(),
                "sampled_received": production.sampled_received(),
                "sampled_at": production.sample.at,
                "hosts": hosts,
            }));
            let asked = inner.asked;
            json!({
                "simulated": true,
                "instance": self.number,
                "version": self.version,
                "product": self.version.product(),
                "now": world.now,
                "started": world.started,
                "phase": phase,
                "listening": inner.listening,
                "role": world.role,
                "gates": world.gates,
                "production": production,
                "received": world.received,
                "headers": { "last_id": world.headers.now.id, "inbound": world.headers.now.inbound },
                "alerts": {
                    "since_start": world.alerts.since_start,
                    "in_log": world.alerts.in_log,
                    "unread": world.alerts.unread.len(),
                },
                "licence": {
                    "units": inner.sessions.units(),
                    "used": inner.used(),
                    "sessions": inner.sessions.held(),
                    "sessions_opened": inner.sessions.opened,
                    "refused": inner.sessions.refused,
                },
                "faults": inner.faults.list(),
                "pinned": inner.pinned,
                "requests": {
                    "metrics": asked.metrics,
                    "alerts": asked.alerts,
                    "atelier": asked.atelier,
                    "other": asked.other,
                    "in_flight": asked.in_flight,
                    "most_in_flight": asked.most_in_flight,
                    "connections": asked.connections,
                },
            })
        })
    }

    /// Notes a request; it is in flight until the guard is dropped.
    pub(crate) fn arrive(self: &std::sync::Arc<Self>, scope: Scope) -> InFlight {
        self.with(|inner| {
            let asked = &mut inner.asked;
            match scope {
                Scope::Metrics => asked.metrics += 1,
                Scope::Alerts => asked.alerts += 1,
                Scope::Atelier => asked.atelier += 1,
                Scope::All => asked.other += 1,
            }
            asked.in_flight += 1;
            asked.most_in_flight = asked.most_in_flight.max(asked.in_flight);
            inner.world.command(Command::Request);
        });
        InFlight(self.clone())
    }

    /// The account of a caller.
    pub(crate) fn account(&self, caller: Caller) -> Option<&Account> {
        match caller {
            Caller::Nobody => None,
            Caller::Account(at) => self.accounts.get(at),
        }
    }
}

impl Inner {
    fn catch_up(&mut self) {
        self.faults.expire();
        let now = self.clock.now();
        self.world.advance_to(now);
        self.sessions.release(now);
    }

    /// Licence units in use by others than web sessions.
    pub(crate) fn others(&self) -> u32 {
        match self.world.setup.version {
            Version::Community => 0,
            Version::V2024 | Version::V2026 => 5,
        }
    }

    /// Licence units in use.
    pub(crate) fn used(&self) -> u32 {
        (self.others() + self.sessions.held()).min(self.sessions.units())
    }

    pub(crate) fn view(&self) -> View<'_> {
        View {
            world: &self.world,
            units: self.sessions.units(),
            used: self.used(),
            sessions: self.sessions.held(),
            now: self.world.now,
        }
    }
}

/// A request that is being answered.
pub(crate) struct InFlight(std::sync::Arc<Instance>);

impl Drop for InFlight {
    fn drop(&mut self) {
        let mut inner = self.0.inner.lock();
        inner.asked.in_flight = inner.asked.in_flight.saturating_sub(1);
    }
}
