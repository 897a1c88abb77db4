//! What can be done to the simulated servers, by methods and by the control endpoint alike.

use std::{
    sync::Arc,
    time::{Duration, Instant},
};

use parking_lot::{Condvar, Mutex};
use serde_json::{Value, json};
use tokio::{sync::watch, time::sleep};

use super::{
    fault::{Fault, FaultError},
    instance::Instance,
    sql::Planned,
    world::{Command, Status, topology},
};

/// Listeners follow a command within this time, or a port was taken away.
const SETTLES_WITHIN: Duration = Duration::from_secs(5);

/// Why a command was refused.
#[derive(Debug, thiserror::Error)]
pub enum CommandError {
    /// There are fewer.
    #[error("there is no instance {0}")]
    Instance(u16),
    /// Not a host of the production.
    #[error("there is no host `{0}`: GET /state lists them")]
    Host(String),
    /// Not a status.
    #[error("there is no status `{0}`: OK, Retry, Error, Inactive, Stopped")]
    Status(String),
    /// A fault that makes no sense.
    #[error(transparent)]
    Fault(#[from] FaultError),
    /// No room for more.
    #[error("too many are pinned or planned already")]
    Many,
    /// Not understood.
    #[error("the body is not understood: {0}")]
    Body(String),
    /// No such command.
    #[error("there is no command {0}")]
    Unknown(String),
}

/// What can be done to the simulated servers.
pub(crate) struct Control {
    instances: Vec<Arc<Instance>>,
    /// By port, the servers behind it.
    ports: Vec<Vec<Arc<Instance>>>,
    commanded: watch::Sender<u64>,
    changed: (Mutex<()>, Condvar),
}

impl Control {
    pub(crate) fn new(instances: Vec<Arc<Instance>>, ports: Vec<Vec<Arc<Instance>>>) -> Self {
        let (commanded, _) = watch::channel(0);
        Control {
            instances,
            ports,
            commanded,
            changed: (Mutex::new(()), Condvar::new()),
        }
    }

    /// Counts commands.
    pub(crate) fn commanded(&self) -> watch::Receiver<u64> {
        self.commanded.subscribe()
    }

    fn on(
        &self,
        which: Option<u16>,
        mut act: impl FnMut(&Instance) -> Result<(), CommandError>,
    ) -> Result<(), CommandError> {
        let meant = |instance: &&Arc<Instance>| which.is_none_or(|which| which == instance.number);
        let mut any = false;
        for instance in self.instances.iter().filter(meant) {
            any = true;
            act(instance)?;
        }
        self.commanded
            .send_modify(|count| *count = count.wrapping_add(1));
        match (any, which) {
            (false, Some(which)) => Err(CommandError::Instance(which)),
            _ => Ok(()),
        }
    }

    pub(crate) fn state(&self, which: Option<u16>) -> Result<Value, CommandError> {
        let mut states = Vec::new();
        self.on(which, |instance| {
            states.push(instance.state());
            Ok(())
        })?;
        Ok(json!({ "simulated": true, "instances": states }))
    }

    pub(crate) fn command(
        &self,
        which: Option<u16>,
        command: &Command,
    ) -> Result<(), CommandError> {
        self.on(which, |instance| {
            instance.command(command.clone());
            Ok(())
        })
    }

    pub(crate) fn fault(&self, which: Option<u16>, fault: &Fault) -> Result<(), CommandError> {
        self.on(which, |instance| Ok(instance.fault(fault.clone())?))
    }

    pub(crate) fn clear_faults(&self, which: Option<u16>) -> Result<(), CommandError> {
        self.on(which, |instance| {
            instance.clear_faults();
            Ok(())
        })
    }

    pub(crate) fn advance(&self, which: Option<u16>, time: Duration) -> Result<(), CommandError> {
        self.on(which, |instance| {
            instance.advance(time);
            Ok(())
        })
    }

    pub(crate) fn set_status(
        &self,
        which: Option<u16>,
        host: &str,
        status: &str,
        seconds: u64,
    ) -> Result<(), CommandError> {
        let at = topology::item_named(host).ok_or_else(|| CommandError::Host(host.to_owned()))?;
        let status =
            Status::named(status).ok_or_else(|| CommandError::Status(status.to_owned()))?;
        let command = Command::SetStatus {
            host: at,
            status,
            seconds,
        };
        self.command(which, &command)
    }

    pub(crate) fn messages(
        &self,
        which: Option<u16>,
        nack: u64,
        errored: u64,
        invalid: u64,
    ) -> Result<(), CommandError> {
        self.command(which, &Command::Nack(nack))?;
        let host = topology::EHR;
        self.command(
            which,
            &Command::Errored {
                host,
                count: errored,
            },
        )?;
        self.command(which, &Command::Invalid(invalid))
    }

    pub(crate) fn pin(
        &self,
        which: Option<u16>,
        family: &str,
        value: Option<&str>,
    ) -> Result<(), CommandError> {
        self.on(which, |instance| {
            let room = instance.pin(family, value);
            room.then_some(()).ok_or(CommandError::Many)
        })
    }

    pub(crate) fn plan(&self, which: Option<u16>, planned: &Planned) -> Result<(), CommandError> {
        self.on(which, |instance| {
            let room = instance.plan(planned.clone());
            room.then_some(()).ok_or(CommandError::Many)
        })
    }

    /// Some listener opened or closed.
    pub(crate) fn listeners_changed(&self) {
        let _guard = self.changed.0.lock();
        self.changed.1.notify_all();
    }

    /// Every port is listened on, or not, as it should be.
    fn is_settled(&self) -> bool {
        self.ports.iter().all(|servers| {
            let wanted = servers.iter().any(|instance| instance.accepts());
            let listening = servers
                .iter()
                .any(|instance| instance.with(|inner| inner.listening));
            wanted == listening
        })
    }

    /// Waits for that.
    pub(crate) async fn settled(&self) {
        let begun = Instant::now();
        while !self.is_settled() && begun.elapsed() < SETTLES_WITHIN {
            sleep(Duration::from_millis(2)).await;
        }
    }

    /// The same for a thread; false when it took too long.
    pub(crate) fn wait_settled(&self) -> bool {
        let begun = Instant::now();
        let mut guard = self.changed.0.lock();
        while !self.is_settled() {
            if begun.elapsed() > SETTLES_WITHIN {
                return false;
            }
            self.changed
                .1
                .wait_for(&mut guard, Duration::from_millis(20));
        }
        true
    }
}
