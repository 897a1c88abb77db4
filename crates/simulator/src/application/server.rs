//! The running application: its port and its thread.

use std::{
    io,
    net::{SocketAddr, TcpListener},
    sync::Arc,
    thread,
};

use actix_web::{App, HttpServer, dev::Server, rt::System, web};
use parking_lot::Mutex;
use serde_json::Value;
use tokio::sync::{oneshot, watch};

use super::{
    cache::Cache,
    control::{self, Control, MOST_USERS},
    counts::Counts,
    fault::{Fault, Faults},
    options::{Options, Users},
    site::{self, Site},
    users,
};

/// Why the application cannot start.
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
    /// Not 0 to 1,000.
    #[error("{0} users: 0 to {MOST_USERS} can be simulated")]
    Users(u32),
    /// Not `host:port`.
    #[error("the Redis `{0}` is not a host and a port, such as redis:6379")]
    Redis(String),
    /// No thread to run on.
    #[error("cannot start a thread: {0}")]
    Thread(io::Error),
}

/// A running application; it ends when this is dropped.
pub struct Application {
    control: Arc<Control>,
    address: SocketAddr,
    control_address: Option<SocketAddr>,
    running: Option<(oneshot::Sender<()>, thread::JoinHandle<()>)>,
}

impl Application {
    /// Starts it. From now on connections are taken.
    ///
    /// # Errors
    /// Options that make no sense, ports that are taken.
    pub fn start(options: Options) -> Result<Self, StartError> {
        if options.users.number > MOST_USERS {
            return Err(StartError::Users(options.users.number));
        }
        if let Some(control) = options.control.filter(|at| !at.ip().is_loopback()) {
            return Err(StartError::Control(control));
        }
        let redis = options.redis.as_deref();
        let cache = Cache::new(redis).map_err(|_| {
            let named = redis.unwrap_or_default();
            StartError::Redis(named.to_owned())
        })?;
        let (listener, address) = listen(options.listen)?;
        let control_listener = options.control.map(listen).transpose()?;
        let control_address = control_listener.as_ref().map(|(_, address)| *address);
        let site = Arc::new(Site {
            cache,
            counts: Mutex::new(Counts::new()),
            faults: Mutex::new(Faults::default()),
            steady: options.steady,
        });
        let (wanted, users) = watch::channel(options.users);
        let control = Arc::new(Control {
            site: site.clone(),
            users: wanted,
        });
        let theirs = control.clone();
        let (stop, stopped) = oneshot::channel();
        let thread = thread::Builder::new()
            .name("application".to_owned())
            .spawn(move || {
                System::new().block_on(async move {
                    let served = serve(listener, site, control_listener, theirs);
                    tokio::select! {
                        _ = stopped => {}
                        served = served => if let Err(error) = served {
                            log::error!("simulated application: {error}");
                        },
                        () = users::keep(address, users) => {}
                    }
                });
            })
            .map_err(StartError::Thread)?;
        Ok(Application {
            control,
            address,
            control_address,
            running: Some((stop, thread)),
        })
    }

    /// Its URL, without a slash at the end.
    pub fn url(&self) -> String {
        format!("http://{}", self.address)
    }

    /// Where the control endpoint answers.
    pub fn control_address(&self) -> Option<SocketAddr> {
        self.control_address
    }

    /// Something goes wrong from now on.
    pub fn fault(&self, fault: Fault) {
        self.control.fault(fault);
    }

    /// All is well again.
    pub fn cure(&self) {
        self.control.site.faults.lock().clear();
    }

    /// Who uses it from now on.
    pub fn users(&self, users: Users) {
        self.control.users.send_replace(users);
    }

    /// What it has counted: as `GET /state` tells it.
    pub fn state(&self) -> Value {
        let kind = self.control.site.cache.kind();
        self.control.site.counts.lock().state(kind)
    }
}

impl Drop for Application {
    fn drop(&mut self) {
        if let Some((stop, thread)) = self.running.take() {
            // A thread that is gone has nothing to stop.
            let _ = stop.send(());
            let _ = thread.join();
        }
    }
}

fn listen(address: SocketAddr) -> Result<(TcpListener, SocketAddr), StartError> {
    let failed = |error| StartError::Listen { address, error };
    let listener = TcpListener::bind(address).map_err(failed)?;
    let address = listener.local_addr().map_err(failed)?;
    Ok((listener, address))
}

async fn serve(
    listener: TcpListener,
    site: Arc<Site>,
    control_listener: Option<(TcpListener, SocketAddr)>,
    control: Arc<Control>,
) -> io::Result<()> {
    let site = web::Data::new(site);
    let application = HttpServer::new(move || App::new().configure(site::routes(site.clone())))
        .workers(1)
        .disable_signals()
        .listen(listener)?
        .run();
    let Some((listener, _)) = control_listener else {
        return application.await;
    };
    let control = web::Data::new(control);
    let control: Server =
        HttpServer::new(move || App::new().configure(control::routes(control.clone())))
            .workers(1)
            .disable_signals()
            .listen(listener)?
            .run();
    futures::future::try_join(application, control)
        .await
        .map(drop)
}
