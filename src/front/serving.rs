//! A running HTTP server that outlives its actor for as long as its last answers take.

use std::{
    future::Future,
    io,
    net::TcpListener,
    pin::Pin,
    task::{Context, Poll, ready},
    time::Duration,
};

use actix_rt::ArbiterHandle;
use actix_web::{
    App, HttpServer,
    dev::{Server, ServerHandle},
    middleware::{Compress, from_fn},
    web::Data,
};

use super::{
    observe::{Connection, observe},
    routes::routes,
    shared::Shared,
};

/// Threads that answer requests.
const WORKERS: usize = 2;
/// Answers under way are given this many seconds when the server stops.
const DRAIN_SECONDS: u64 = 5;
/// actix-server drops connections that it has accepted and not yet handed to a worker when it is
/// told to stop; paused for this long before, it has none.
const PAUSE: Duration = Duration::from_millis(50);

/// A running server. When its incarnation dies, however it dies, the server moves to a thread that
/// is alive and drains there: merely dropped it would cut the answers under way.
pub(crate) struct Serving {
    server: Option<Server>,
    drain_on: ArbiterHandle,
}

impl Serving {
    /// Answers on the socket, which stays its owner's.
    ///
    /// # Errors
    /// When the socket cannot be used.
    pub(crate) fn start(
        listener: &TcpListener,
        shared: Data<Shared>,
        drain_on: ArbiterHandle,
    ) -> io::Result<Self> {
        let connections = shared.own.http_connections.clone();
        let app = move || {
            App::new()
                .app_data(shared.clone())
                .wrap(Compress::default())
                .wrap(from_fn(observe))
                .configure(routes)
        };
        let server = HttpServer::new(app)
            .on_connect(move |_, extensions| {
                extensions.insert(Connection::open(&connections));
            })
            .workers(WORKERS)
            .disable_signals()
            .shutdown_timeout(DRAIN_SECONDS)
            .listen(listener.try_clone()?)?;
        Ok(Serving {
            server: Some(server.run()),
            drain_on,
        })
    }

    pub(crate) fn handle(&self) -> Option<ServerHandle> {
        self.server.as_ref().map(Server::handle)
    }
}

/// Takes no new connections, finishes what is under way, and stops.
pub(crate) async fn drain(handle: ServerHandle) {
    handle.pause().await;
    tokio::time::sleep(PAUSE).await;
    handle.stop(true).await;
}

impl Future for Serving {
    type Output = io::Result<()>;

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        let Some(server) = self.server.as_mut() else {
            return Poll::Ready(Ok(()));
        };
        let ended = ready!(Pin::new(server).poll(cx));
        self.server = None; // nothing is left to drain
        Poll::Ready(ended)
    }
}

impl Drop for Serving {
    fn drop(&mut self) {
        if let Some(server) = self.server.take() {
            let handle = server.handle();
            self.drain_on.spawn(async move {
                let _ = tokio::join!(server, drain(handle));
            });
        }
    }
}
