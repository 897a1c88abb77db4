//! The running simulation: ports and threads on one side, what can be done to it on the other.

use std::{
    io,
    net::{SocketAddr, TcpListener},
    sync::Arc,
    thread,
};

use actix_web::{App, HttpServer, rt::System, web};
use futures::future::{join_all, pending};
use serde_json::Value;
use tokio::{select, sync::oneshot};

use super::{
    commands::Commands,
    control::{CommandError, Control},
    http::{
        control as endpoint,
        listener::Listener,
        port::Port,
        site::Site,
        tls::{self, TlsError},
    },
    instance::Instance,
    options::{Options, Pace},
};

/// Simulated servers in one process at most.
const MOST_INSTANCES: u16 = 64;
/// Messages a minute at most.
const FASTEST: f64 = 60_000.0;
/// Simulated seconds a second at most.
const FASTEST_PACE: u32 = 3_600;

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
    /// Not up to 3,600.
    #[error("{0} simulated seconds a second: up to {FASTEST_PACE} can be simulated")]
    Speed(u32),
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
        let behind = sites.iter().map(behind).collect();
        let control = Arc::new(Control::new(instances, behind));
        let listeners: Vec<_> = ports
            .into_iter()
            .zip(sites)
            .map(|(port, site)| Listener {
                port,
                site: web::Data::new(site),
                tls: tls.clone(),
                control: control.clone(),
                commanded: control.commanded(),
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
        Commands::new(&self.control, None)
    }

    /// One server, 1 to N.
    pub fn only(&self, instance: u16) -> Commands<'_> {
        Commands::new(&self.control, Some(instance))
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

fn judge(options: &Options) -> Result<(), StartError> {
    if !(1..=MOST_INSTANCES).contains(&options.instances) {
        return Err(StartError::Instances(options.instances));
    }
    if !(0.0..=FASTEST).contains(&options.rate) {
        return Err(StartError::Rate(options.rate));
    }
    match options.pace {
        Pace::Times(pace) if pace > FASTEST_PACE => return Err(StartError::Speed(pace)),
        _ => {}
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
    let server = HttpServer::new(move || App::new().configure(endpoint::routes(control.clone())))
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
