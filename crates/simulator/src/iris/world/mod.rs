//! The simulated server's state: a function of its setup, the time and the commands it was given.
//!
//! It moves in steps of one second, however rarely it is looked at, so the same commands at the
//! same seconds lead to the same state.

mod alerts;
pub(crate) mod headers;
mod load;
pub(crate) mod production;
pub(crate) mod queries;
#[cfg(test)]
mod tests;
pub(crate) mod topology;

pub(crate) use alerts::Alerts;
pub(crate) use headers::{Headers, Tally};
pub(crate) use production::{Production, Status};
pub(crate) use queries::{Queries, Statements};

use load::{Carry, Load, arrivals};
use topology::BUSINESS;

use super::options::{Gates, Role, Version};

/// Seconds a server has been up when the simulation begins.
const WARM_UP: i64 = 600;

/// What does not change.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Setup {
    pub(crate) version: Version,
    pub(crate) seed: u64,
    /// Messages a minute.
    pub(crate) rate: f64,
    pub(crate) steady: bool,
    /// The role at the start, for a mirror member.
    pub(crate) role: Option<Role>,
    pub(crate) gates: Gates,
}

impl Setup {
    /// Samples that make up an activity window: 60 s in 2024.1, 50 s later (recorded rates).
    pub(crate) fn activity_slots(&self) -> usize {
        match self.version {
            Version::V2024 => 12,
            Version::V2026 | Version::Community => 10,
        }
    }
}

/// Whether the server is there.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Phase {
    Running,
    /// Connections are refused until then; it starts for so many seconds after.
    Down {
        until: i64,
        starting: i64,
    },
    /// The web server answers 503 until then.
    Starting {
        until: i64,
    },
}

/// What can be done to the server.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Command {
    StartProduction,
    StopProduction,
    RestartProduction,
    RestartIris {
        down: u64,
        starting: u64,
    },
    Failover,
    SetStatus {
        host: usize,
        status: Status,
        seconds: u64,
    },
    /// Application NACKs: the next so many messages are suspended.
    Nack(u64),
    Errored {
        host: usize,
        count: u64,
    },
    /// Messages that fail validation: a log entry each, and nothing else.
    Invalid(u64),
    Alert {
        severity: u8,
        message: String,
    },
    Load {
        factor: f64,
        seconds: u64,
    },
    Gates(Gates),
    SystemState(i8),
    /// A web request was served.
    Request,
    /// The alerts were fetched.
    AlertsRead,
}

/// The whole state.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct World {
    pub(crate) setup: Setup,
    pub(crate) now: i64,
    /// When IRIS started.
    pub(crate) started: i64,
    pub(crate) phase: Phase,
    pub(crate) role: Option<Role>,
    pub(crate) gates: Gates,
    production_wanted: bool,
    pub(crate) production: Option<Production>,
    pub(crate) headers: Headers,
    pub(crate) alerts: Alerts,
    pub(crate) queries: Queries,
    pub(crate) system_state: i8,
    pub(crate) web_requests: u64,
    /// HL7 messages that ever came in.
    pub(crate) received: u64,
    /// Bytes ever written to journals.
    pub(crate) journalled: u64,
    load: Load,
    carry: Carry,
}

impl World {
    pub(crate) fn new(setup: Setup, now: i64) -> Self {
        let begin = now - WARM_UP;
        let mut world = World {
            setup,
            now: begin,
            started: begin,
            phase: Phase::Running,
            role: setup.role,
            gates: setup.gates,
            production_wanted: true,
            production: None,
            headers: Headers::default(),
            alerts: Alerts::default(),
            queries: Queries::default(),
            system_state: 0,
            web_requests: 0,
            received: 0,
            journalled: 0,
            load: Load::default(),
            carry: Carry::default(),
        };
        world.settle();
        world.advance_to(now);
        world
    }

    /// Lives every second until then.
    pub(crate) fn advance_to(&mut self, then: i64) {
        while self.now < then {
            self.now += 1;
            self.step();
        }
    }

    /// Does what it is told, now.
    pub(crate) fn command(&mut self, command: Command) {
        let now = self.now;
        match command {
            Command::StartProduction => self.production_wanted = true,
            Command::StopProduction => self.production_wanted = false,
            Command::RestartProduction => {
                self.production_wanted = true;
                self.production = None;
            }
            Command::RestartIris { down, starting } => {
                self.production = None;
                self.queries = Queries::default();
                self.web_requests = 0;
                self.alerts.restarted();
                self.phase = Phase::Down {
                    until: later(now, down),
                    starting: starting.cast_signed(),
                };
                if down == 0 {
                    self.phases();
                }
            }
            Command::Failover => {
                self.role = self.role.map(|role| match role {
                    Role::Primary => Role::Backup,
                    Role::Backup => Role::Primary,
                });
            }
            Command::SetStatus {
                host,
                status,
                seconds,
            } => {
                if let Some(production) = &mut self.production {
                    production.set_status(host, status, later(now, seconds));
                }
            }
            Command::Nack(count) => {
                if let Some(production) = &mut self.production {
                    production.nack_next(count);
                }
            }
            Command::Errored { host, count } => {
                if let Some(production) = &mut self.production {
                    production.errored(host, count, &mut self.headers);
                }
            }
            Command::Invalid(count) => self.headers.logged(topology::ADT_INBOUND, count),
            Command::Alert { severity, message } => self.alerts.post(now, severity, message),
            Command::Load { factor, seconds } => self.load = Load::new(factor, later(now, seconds)),
            Command::Gates(gates) => self.gates = gates,
            Command::SystemState(state) => self.system_state = state,
            Command::Request => self.web_requests += 1,
            Command::AlertsRead => self.alerts.read(),
        }
        self.settle();
    }

    /// How busy the server is, 1 being the mean of a day.
    pub(crate) fn busy(&self) -> f64 {
        load::profile(&self.setup, self.now) * self.load.factor(self.now)
    }

    /// More than usual is asked of it.
    pub(crate) fn loaded(&self) -> bool {
        self.load.factor(self.now) > 1.0
    }

    fn step(&mut self) {
        let ran = self.phase == Phase::Running;
        self.phases();
        self.settle();
        // The second in which it comes up is its zeroth.
        if !ran {
            return;
        }
        let factor = self.load.factor(self.now);
        let (came, mean) = arrivals(&self.setup, self.now, factor, &mut self.carry);
        let mut handled = 0;
        if let Some(production) = &mut self.production {
            let before = production.received();
            production.step(&self.setup, self.now, came, mean, &mut self.headers);
            handled = production.received() - before;
        }
        self.headers.remember();
        self.received += handled;
        self.journalled += 2_000 + 12_000 * handled;
        self.queries.step(&self.setup, self.now, handled, factor);
        // The portal and its tasks ask now and then as well.
        if self.now % 4 == 0 {
            self.web_requests += 1;
        }
        self.alerts.incidents(&self.setup, self.now);
    }

    fn phases(&mut self) {
        if let Phase::Down { until, starting } = self.phase
            && self.now >= until
        {
            self.phase = Phase::Starting {
                until: until.saturating_add(starting),
            };
        }
        if let Phase::Starting { until } = self.phase
            && self.now >= until
        {
            self.phase = Phase::Running;
            self.started = self.now;
        }
    }

    /// The production runs where it should.
    fn settle(&mut self) {
        let runs = self.production_wanted
            && self.phase == Phase::Running
            && self.role != Some(Role::Backup);
        match (&self.production, runs) {
            (None, true) => self.production = Some(Production::start(self.now)),
            (Some(_), false) => self.production = None,
            _ => {}
        }
    }

    /// Messages that wait for each of the business hosts.
    pub(crate) fn queues(&self) -> [u64; BUSINESS] {
        let mut queues = [0; BUSINESS];
        if let Some(production) = &self.production {
            for (sum, host) in queues.iter_mut().zip(&production.hosts) {
                *sum = host.queue.iter().sum();
            }
        }
        queues
    }
}

fn later(now: i64, seconds: u64) -> i64 {
    now.saturating_add(i64::try_from(seconds).unwrap_or(i64::MAX))
}
