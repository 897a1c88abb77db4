//! Commands as a test gives them.

use std::time::Duration;

use super::{
    control::{CommandError, Control},
    fault::Fault,
    options::Gates,
    sql::Planned,
    world::Command,
};

/// Commands to all servers or to one. Each fails where there is no such server, and where what is
/// asked for makes no sense.
pub struct Commands<'a> {
    control: &'a Control,
    which: Option<u16>,
}

impl<'a> Commands<'a> {
    pub(crate) fn new(control: &'a Control, which: Option<u16>) -> Self {
        Commands { control, which }
    }
}

/// What became of a command.
type Told = Result<(), CommandError>;

impl Commands<'_> {
    /// Something goes wrong.
    pub fn fault(&self, fault: Fault) -> Told {
        self.done(self.control.fault(self.which, &fault))
    }

    /// All faults are over.
    pub fn clear_faults(&self) -> Told {
        self.done(self.control.clear_faults(self.which))
    }

    /// Simulated time passes, in whole seconds, at most a week.
    pub fn advance(&self, time: Duration) -> Told {
        self.done(self.control.advance(self.which, time))
    }

    /// The production starts.
    pub fn start_production(&self) -> Told {
        self.command(&Command::StartProduction)
    }

    /// The production stops: its metrics vanish.
    pub fn stop_production(&self) -> Told {
        self.command(&Command::StopProduction)
    }

    /// The production's counters start from 0.
    pub fn restart_production(&self) -> Told {
        self.command(&Command::RestartProduction)
    }

    /// IRIS is refused for `down`, answers 503 for `starting`, and starts from 0; simulated time.
    pub fn restart_iris(&self, down: Duration, starting: Duration) -> Told {
        self.command(&Command::RestartIris {
            down: down.as_secs(),
            starting: starting.as_secs(),
        })
    }

    /// Mirror members change roles.
    pub fn failover(&self) -> Told {
        self.command(&Command::Failover)
    }

    /// A host is in this status for so long, in simulated time.
    pub fn set_status(&self, host: &str, status: &str, time: Duration) -> Told {
        let told = self
            .control
            .set_status(self.which, host, status, time.as_secs());
        self.done(told)
    }

    /// So many messages are answered by NACK (once they come), fail, or are invalid.
    pub fn messages(&self, nack: u64, errored: u64, invalid: u64) -> Told {
        self.done(self.control.messages(self.which, nack, errored, invalid))
    }

    /// A system alert.
    pub fn alert(&self, severity: u8, message: impl Into<String>) -> Told {
        let message = message.into();
        self.command(&Command::Alert { severity, message })
    }

    /// `iris_system_state`: -1 hung, 0 well, 1 warning, 2 alert.
    pub fn system_state(&self, state: i8) -> Told {
        self.command(&Command::SystemState(state))
    }

    /// So many times the usual comes in, for so long, in simulated time.
    pub fn load(&self, factor: f64, time: Duration) -> Told {
        let seconds = time.as_secs();
        self.command(&Command::Load { factor, seconds })
    }

    /// Metrics are switched on and off.
    pub fn gates(&self, gates: Gates) -> Told {
        self.command(&Command::Gates(gates))
    }

    /// Every series of a family has this value, until `None`.
    pub fn pin(&self, family: &str, value: Option<&str>) -> Told {
        self.done(self.control.pin(self.which, family, value))
    }

    /// A query has this answer.
    pub fn plan(&self, planned: Planned) -> Told {
        self.done(self.control.plan(self.which, &planned))
    }

    fn command(&self, command: &Command) -> Told {
        self.done(self.control.command(self.which, command))
    }

    fn done(&self, told: Told) -> Told {
        // A port that was taken away meanwhile is in the log.
        self.control.wait_settled();
        told
    }
}
