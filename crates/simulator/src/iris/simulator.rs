//! The running simulation: ports and threads on one side, what can be done to it on the other.

use std::{
    io,
    net::{SocketAddr, TcpListener},
    sync::Arc,
    thread,
    time::{Duration, Instant},
};

use actix_web::{App, HttpServer, rt::System, web};
use futures::future::{join_all, pending};
use parking_lot::{Condvar, Mutex};
use serde_json::{Value, json};
use tokio::{
    select,
    sync::{oneshot, watch},
    time::sleep,
};

use super::{
    fault::{Fault, FaultError},
    http::{
        control,
        listener::Listener,
        port::Port,
        site::Site,
        tls::{self, TlsError},
    },
    instance::Instance,
    options::{Gates, Options},
    sql::Planned,
    world::{Command, Status, topology},
};

/// Simulated servers in one process at most.
const MOST_INSTANCES: u16 = 64;
/// Messages a minute at most.
const FASTEST: f64 = 60_000.0;
/// Listeners follow a command within this time, or a port was taken away.
const SETTLES_WITHIN: Duration = Duration::from_secs(5);

/// Why the simulation cannot start.
#[derive(Debug, thiserror::Error)]
pub enum StartError {
    /// A port cannot be had.
    #[error("cannot listen on {address}: {error}")]
    Listen {
        /// Which.
        address: SocketAddr,
        /// Why.
        error: io::Error,
    },
    /// Faults are for this machine only.
    #[error("the control endpoint would be on {0}: it takes a loopback address only")]
    Control(SocketAddr),
    /// Not 1 to 64.
    #[error("{0} instances: 1 to {MOST_INSTANCES} can be simulated")]
    Instances(u16),
    /// Not 0 to 60,000.
    #[error("a rate of {0} messages a minute: 0 to {FASTEST} can be simulated")]
    Rate(f64),
    /// Not a path.
    #[error("the prefix `{0}` is no path such as /iris1")]
    Prefix(String),
    /// Certificate or key cannot be used.
    #[error(transparent)]
    Tls(#[from] TlsError),
    /// No thread to run on.
    #[error("cannot start a thread: {0}")]
    Thread(io::Error),
    /// The listeners did not come up.
    #[error("the simulated server did not start to listen")]
    Silent,
}

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
    fn wait_settled(&self) -> bool {
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

/// A running simulation; it ends when this is dropped.
///
/// Commands go to all simulated servers, or with [`Simulator::only`] to one. They return when they
/// are in force: after a fault that refuses connections, they are refused.
pub struct Simulator {
    control: Arc<Control>,
    addresses: Vec<SocketAddr>,
    urls: Vec<String>,
    control_address: Option<SocketAddr>,
    running: Option<(oneshot::Sender<()>, thread::JoinHandle<()>)>,
}

impl Simulator {
    /// Starts it, and returns once it listens.
    ///
    /// # Errors
    /// Options that make no sense, files that cannot be read, ports that are taken.
    pub fn start(options: Options) -> Result<Self, StartError> {
        judge(&options)?;
        let tls = options.tls.as_ref().map(tls::config).transpose()?;
        let instances: Vec<_> = (1..=options.instances)
            .map(|number| Arc::new(Instance::new(&options, number)))
            .collect();
        let ports = take_ports(&options)?;
        let (sites, urls) = sites(&options, &ports, &instances);
        let addresses = ports.iter().map(Port::address).collect();
        let control_port = options.control.map(listen).transpose()?;
        let control_address = control_port.as_ref().map(|(address, _)| *address);

        let behind = |site: &Site| site.servers.iter().map(|(_, at)| at.clone()).collect();
        let (commanded, _) = watch::channel(0);
        let control = Arc::new(Control {
            ports: sites.iter().map(behind).collect(),
            instances,
            commanded,
            changed: (Mutex::new(()), Condvar::new()),
        });
        let listeners: Vec<_> = ports
            .into_iter()
            .zip(sites)
            .map(|(port, site)| Listener {
                port,
                site: web::Data::new(site),
                tls: tls.clone(),
                control: control.clone(),
                commanded: control.commanded.subscribe(),
            })
            .collect();
        let (stop, stopped) = oneshot::channel();
        let theirs = control.clone();
        let thread = thread::Builder::new()
            .name("simulator".to_owned())
            .spawn(move || {
                System::new().block_on(async move {
                    select! {
                        _ = stopped => {}
                        _ = join_all(listeners.into_iter().map(Listener::keep)) => {}
                        () = answer_commands(control_port.map(|(_, listener)| listener), theirs) => {}
                    }
                });
            })
            .map_err(StartError::Thread)?;
        let simulator = Simulator {
            control,
            addresses,
            urls,
            control_address,
            running: Some((stop, thread)),
        };
        match simulator.control.wait_settled() {
            true => Ok(simulator),
            false => Err(StartError::Silent),
        }
    }

    /// Where the servers answer; one address where they share a port.
    pub fn addresses(&self) -> &[SocketAddr] {
        &self.addresses
    }

    /// The URL of each server, without a slash at the end.
    pub fn urls(&self) -> &[String] {
        &self.urls
    }

    /// The URL of the first server.
    pub fn url(&self) -> &str {
        self.urls.first().map_or("", |url| url)
    }

    /// Where the control endpoint answers.
    pub fn control_address(&self) -> Option<SocketAddr> {
        self.control_address
    }

    /// What each server counts, holds and was asked: as `GET /state` tells it.
    ///
    /// # Errors
    /// There is no such server.
    pub fn state(&self, instance: u16) -> Result<Value, CommandError> {
        let mut state = self.control.state(Some(instance))?;
        Ok(state["instances"][0].take())
    }

    /// All servers.
    pub fn all(&self) -> Commands<'_> {
        Commands {
            control: &self.control,
            which: None,
        }
    }

    /// One server, 1 to N.
    pub fn only(&self, instance: u16) -> Commands<'_> {
        Commands {
            control: &self.control,
            which: Some(instance),
        }
    }
}

impl Drop for Simulator {
    fn drop(&mut self) {
        if let Some((stop, thread)) = self.running.take() {
            // A thread that is gone has nothing to stop.
            let _ = stop.send(());
            let _ = thread.join();
        }
    }
}

/// Commands to all servers or to one.
pub struct Commands<'a> {
    control: &'a Control,
    which: Option<u16>,
}

/// What became of a command.
type Told = Result<(), CommandError>;

#[allow(clippy::missing_errors_doc, reason = "all alike: see CommandError")]
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

fn judge(options: &Options) -> Result<(), StartError> {
    if !(1..=MOST_INSTANCES).contains(&options.instances) {
        return Err(StartError::Instances(options.instances));
    }
    if !(0.0..=FASTEST).contains(&options.rate) {
        return Err(StartError::Rate(options.rate));
    }
    let prefix = &options.prefix;
    let plain = |byte: u8| byte.is_ascii_alphanumeric() || b"/-_.~".contains(&byte);
    let path = prefix.starts_with('/') && !prefix.ends_with('/') && prefix.bytes().all(plain);
    if !prefix.is_empty() && !path {
        return Err(StartError::Prefix(prefix.clone()));
    }
    match options.control {
        Some(control) if !control.ip().is_loopback() => Err(StartError::Control(control)),
        _ => Ok(()),
    }
}

fn take(address: SocketAddr) -> Result<Port, StartError> {
    Port::take(address).map_err(|error| StartError::Listen { address, error })
}

/// A port that is listened on from now on.
fn listen(address: SocketAddr) -> Result<(SocketAddr, TcpListener), StartError> {
    let failed = |error| StartError::Listen { address, error };
    let listener = take(address)?.listen().map_err(failed)?;
    Ok((listener.local_addr().map_err(failed)?, listener))
}

fn take_ports(options: &Options) -> Result<Vec<Port>, StartError> {
    let count = if options.share_port {
        1
    } else {
        options.instances
    };
    (0..count)
        .map(|number| {
            let mut address = options.listen;
            if address.port() != 0 {
                let error = || StartError::Listen {
                    address: options.listen,
                    error: io::ErrorKind::AddrNotAvailable.into(),
                };
                address.set_port(address.port().checked_add(number).ok_or_else(error)?);
            }
            let port = take(address)?;
            // Said now, not once the threads run.
            port.listen()
                .map(drop)
                .map_err(|error| StartError::Listen { address, error })?;
            Ok(port)
        })
        .collect()
}

/// The sites behind the ports, and the URLs of all servers.
fn sites(
    options: &Options,
    ports: &[Port],
    instances: &[Arc<Instance>],
) -> (Vec<Site>, Vec<String>) {
    let scheme = if options.tls.is_some() {
        "https"
    } else {
        "http"
    };
    let mut urls = Vec::new();
    let mut sites: Vec<_> = ports
        .iter()
        .map(|_| Site {
            servers: Vec::new(),
        })
        .collect();
    for (at, instance) in instances.iter().enumerate() {
        let (port, prefix) = match options.share_port {
            true => (0, format!("{}/iris{}", options.prefix, instance.number)),
            false => (at, options.prefix.clone()),
        };
        urls.push(format!("{scheme}://{}{prefix}", ports[port].address()));
        sites[port].servers.push((prefix, instance.clone()));
    }
    (sites, urls)
}

/// Answers on the control endpoint for ever, if there is one.
async fn answer_commands(listener: Option<TcpListener>, control: Arc<Control>) {
    let Some(listener) = listener else {
        return pending().await;
    };
    let control = web::Data::new(control);
    let server = HttpServer::new(move || App::new().configure(control::routes(control.clone())))
        .workers(1)
        .disable_signals();
    let served = match server.listen(listener) {
        Ok(server) => server.run().await,
        Err(error) => Err(error),
    };
    if let Err(error) = served {
        log::error!("simulated iris: no control endpoint: {error}");
    }
    pending().await
}
