//! `vitals serve`: the life of the process. Socket, data directory, tree, signals, ordered stop.

use std::{
    io,
    net::{SocketAddr, TcpListener},
    process::ExitCode,
    sync::{Arc, atomic::Ordering::Relaxed},
};

use actix_rt::{Arbiter, System};
use supervision::{Exit, Root};
use tokio::signal::unix::{Signal, SignalKind, signal};

use crate::{
    data_directory::{DataDirectory, DataError},
    exit_code, journal_of_the_tree, logging, port_holder,
    settings::Settings,
    tree::Parts,
    watchdog,
};

/// Why the service could not start.
#[derive(Debug, thiserror::Error)]
enum ServeError {
    #[error("cannot listen on {address}: {error}{remedy}")]
    Listen {
        address: SocketAddr,
        error: io::Error,
        remedy: String,
    },
    #[error(transparent)]
    Data(#[from] DataError),
    #[error("cannot take signals: {0}")]
    Signals(io::Error),
    #[error("two of Vitals' own metrics clash: {0}")]
    Metrics(#[from] prometheus::Error),
}

/// Runs until a signal, or until the tree gives up.
pub(crate) fn run(settings: Settings) -> ExitCode {
    logging::start(&settings.log);
    match System::new().block_on(serve(settings)) {
        Ok(Exit::Shutdown | Exit::Normal) => {
            log::info!("stopped");
            ExitCode::SUCCESS
        }
        Ok(exit) => {
            log::error!("vitals: {exit}; ending the process, for the platform to restart it");
            exit_code::GAVE_UP.into()
        }
        Err(error) => {
            log::error!("{error}");
            exit_code::FAILED.into()
        }
    }
}

async fn serve(settings: Settings) -> Result<Exit, ServeError> {
    let listener = listen(settings.server.address)?;
    // The port may have been any free one.
    let address = listener.local_addr().unwrap_or(settings.server.address);
    let _data = DataDirectory::lock(&settings.server.data)?;
    let mut terminate = signal(SignalKind::terminate()).map_err(ServeError::Signals)?;
    let mut interrupt = signal(SignalKind::interrupt()).map_err(ServeError::Signals)?;
    if settings.server.chaos && !address.ip().is_loopback() {
        log::warn!("--chaos is ignored: {address} is not a loopback address");
    }

    let budget = settings.supervision.abandoned_threads as usize;
    let parts = Arc::new(Parts::new(settings, listener, Arbiter::current())?);
    let building = parts.clone();
    let root = Root::start("vitals", budget, move || building.root());
    let tree = root.tree().clone();
    // Nobody has asked for it yet: the tree starts when this future waits for the first time.
    let _ = parts.tree.set(tree.clone());
    journal_of_the_tree::keep(&tree);
    watchdog::watch(tree);
    log::info!("vitals {} listens on {address}", crate::build::release_id());

    tokio::select! {
        exit = root.exit() => return Ok(exit),
        name = either(&mut terminate, &mut interrupt) => log::info!("{name}: stopping"),
    }
    parts.shared.draining.store(true, Relaxed);
    root.shutdown();
    tokio::select! {
        exit = root.exit() => Ok(exit),
        name = either(&mut terminate, &mut interrupt) => {
            log::warn!("{name} again: ending at once");
            exit_code::now(exit_code::INTERRUPTED)
        }
    }
}

fn listen(address: SocketAddr) -> Result<TcpListener, ServeError> {
    TcpListener::bind(address).map_err(|error| ServeError::Listen {
        address,
        remedy: match error.kind() {
            io::ErrorKind::AddrInUse => taken(address),
            io::ErrorKind::PermissionDenied => ": choose a port above 1023 by --listen".to_owned(),
            io::ErrorKind::AddrNotAvailable => ": this machine has no such address".to_owned(),
            _ => String::new(),
        },
        error,
    })
}

fn taken(address: SocketAddr) -> String {
    match port_holder::of(address) {
        Some(holder) => format!(": {holder} listens there; end it, or choose another by --listen"),
        None => ": end who listens there, or choose another by --listen".to_owned(),
    }
}

async fn either(terminate: &mut Signal, interrupt: &mut Signal) -> &'static str {
    tokio::select! {
        _ = terminate.recv() => "SIGTERM",
        _ = interrupt.recv() => "SIGINT",
    }
}
