//! `vitals serve`: the life of the process. Socket, data directory, tree, signals, ordered stop.

use std::{
    convert::Infallible,
    env, io,
    net::{SocketAddr, TcpListener},
    path::Path,
    pin::pin,
    process::ExitCode,
    sync::{Arc, atomic::Ordering::Relaxed},
    time::Duration,
};

use actix_rt::{Arbiter, System};
use supervision::{Exit, Root, Threads};
use tokio::signal::unix::{Signal, SignalKind, signal};
use vitals_actors::alert::evaluator::{AFTER_THE_START, PromisedRuling};

use crate::{
    alerting,
    cli::Flags,
    data_directory::{DataDirectory, DataError},
    exit_code,
    front::Shared,
    journal_of_the_tree, logging, open_files, port_holder,
    settings::Settings,
    store::{self, Store, StoreError, Unread},
    tree::Parts,
    unusable, watchdog,
};

/// Connections that wait to be accepted; the kernel may take fewer.
const BACKLOG: i32 = 1_024;

/// Threads that every tree needs: for its overseers and those on one of their own who are always there.
const AHEAD: usize = 12;

/// By then everybody has started, and every source has told something once with its default interval.
const STARTED: Duration = Duration::from_secs(30);

/// From then on, so often, what has happened is taken to be over.
const OVER: Duration = Duration::from_mins(10);

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
    #[error(transparent)]
    Store(#[from] StoreError),
    #[error("cannot take signals: {0}")]
    Signals(io::Error),
    #[error("two of Vitals' own metrics clash: {0}")]
    Metrics(#[from] prometheus::Error),
}

/// Runs until a signal, or until the tree gives up.
pub(crate) fn run(flags: Flags) -> ExitCode {
    open_files::make_room();
    let system = System::new();
    let threads = Threads::ahead(AHEAD);
    let settings = match Settings::load(&flags, env::vars_os()) {
        Ok(settings) => settings,
        Err(error) => return unusable(error),
    };
    let ruling = match alerting::ruling(&settings) {
        Ok(ruling) => ruling,
        Err(error) => return unusable(error),
    };
    logging::start(&settings.log);
    match system.block_on(serve(settings, ruling, flags, threads)) {
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

async fn serve(
    settings: Settings,
    ruling: PromisedRuling,
    flags: Flags,
    threads: Threads,
) -> Result<Exit, ServeError> {
    let listener = listen(settings.server.address)?;
    // The port may have been any free one.
    let address = listener.local_addr().unwrap_or(settings.server.address);
    let data = DataDirectory::lock(&settings.server.data)?;
    let mut store = Store::open(data.path(), &settings.history)?;
    let mut unread = store.unread.take();
    let (head, outbox) = (store.head.clone(), store.outbox.clone());
    let mut signals = Signals::take().map_err(ServeError::Signals)?;
    open_files::allow(settings.server.max_connections);
    if settings.server.chaos && !address.ip().is_loopback() {
        log::warn!("--chaos is ignored: {address} is not a loopback address");
    }

    let budget = settings.supervision.abandoned_threads as usize;
    let parts = Arc::new(Parts::new(
        settings,
        ruling,
        flags,
        listener,
        store,
        Arbiter::current(),
    )?);
    let building = parts.clone();
    let root = Root::start_on(threads, "vitals", budget, move || building.root());
    let tree = root.tree().clone();
    // Nobody has asked for it yet: the tree starts when this future waits for the first time.
    let _ = parts.tree.set(tree.clone());
    journal_of_the_tree::keep(&tree, parts.shared.events.clone());
    watchdog::watch(tree);
    log::info!("vitals {} listens on {address}", crate::build::release_id());

    let exit = until_the_end(&root, &parts.shared, &mut signals, &mut unread).await;
    // It ended before: what came meanwhile is kept with the rest.
    if let Some(unread) = unread.take() {
        unread.read_beside();
    }
    parts.shared.audit.finish();
    let data = data.path().map(Path::to_owned);
    store::finish(head, data, &outbox, &parts.shared.last_known).await;
    Ok(exit)
}

/// Nobody reads settings and rules again for weeks: what only the start has touched need not stay, nor
/// what something that happened once has.
async fn forget_what_is_over() -> Infallible {
    tokio::time::sleep(STARTED).await;
    let mut give_back: fn() -> io::Result<()> = footprint::give_back_the_start;
    loop {
        if let Ok(Err(error)) = actix_rt::task::spawn_blocking(give_back).await {
            log::debug!("memory that is not needed is not given back: {error}");
        }
        give_back = footprint::give_back_the_program;
        tokio::time::sleep(OVER).await;
    }
}

async fn afterwards(unread: &mut Option<Unread>) -> Infallible {
    tokio::time::sleep(AFTER_THE_START).await;
    if let Some(unread) = unread.take() {
        unread.read_beside();
    }
    forget_what_is_over().await
}

async fn until_the_end(
    root: &Root,
    shared: &Shared,
    signals: &mut Signals,
    unread: &mut Option<Unread>,
) -> Exit {
    let mut stopping = false;
    let mut afterwards = pin!(afterwards(unread));
    loop {
        let asked = tokio::select! {
            exit = root.exit() => return exit,
            never = &mut afterwards => match never {},
            asked = signals.next() => asked,
        };
        match asked {
            // The log says what comes of it.
            Asked::Reload if !stopping => shared.reloader.reload_on("SIGHUP"),
            Asked::Reload => {}
            Asked::End(name) if !stopping => {
                log::info!("{name}: stopping");
                stopping = true;
                shared.draining.store(true, Relaxed);
                root.shutdown();
            }
            Asked::End(name) => {
                log::warn!("{name} again: ending at once");
                exit_code::now(exit_code::INTERRUPTED)
            }
        }
    }
}

fn listen(address: SocketAddr) -> Result<TcpListener, ServeError> {
    let listener = TcpListener::bind(address).and_then(|listener| {
        // Anew, for a longer queue than the library's: 128 are full at once when many come.
        rustix::net::listen(&listener, BACKLOG)?;
        Ok(listener)
    });
    listener.map_err(|error| ServeError::Listen {
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

/// The signals the process follows.
struct Signals {
    terminate: Signal,
    interrupt: Signal,
    hangup: Signal,
}

/// What a signal asks for.
enum Asked {
    End(&'static str),
    Reload,
}

impl Signals {
    fn take() -> io::Result<Self> {
        Ok(Signals {
            terminate: signal(SignalKind::terminate())?,
            interrupt: signal(SignalKind::interrupt())?,
            hangup: signal(SignalKind::hangup())?,
        })
    }

    async fn next(&mut self) -> Asked {
        tokio::select! {
            _ = self.terminate.recv() => Asked::End("SIGTERM"),
            _ = self.interrupt.recv() => Asked::End("SIGINT"),
            _ = self.hangup.recv() => Asked::Reload,
        }
    }
}
