//! A running HTTP server that outlives its actor for as long as its last answers take.

use std::{
    future::{Future, ready},
    io,
    net::TcpListener,
    pin::Pin,
    rc::Rc,
    task::{Context, Poll},
    time::Duration,
};

use actix_http::HttpService;
use actix_rt::{ArbiterHandle, net::TcpStream};
use actix_service::{ServiceFactory, ServiceFactoryExt, fn_factory, fn_service, map_config};
use actix_web::{
    App,
    dev::{AppConfig, Server, ServerHandle},
    middleware::{Compress, from_fn},
    web::Data,
};
use futures::FutureExt;

use super::{
    admission::admit,
    body::expected,
    line::Line,
    observe::observe,
    routes::routes,
    shared::Shared,
    while_connected::WhileConnected,
    wire::{Wire, WireLimits},
};
use crate::settings::Server as ServerSettings;

/// Threads that answer requests.
const WORKERS: usize = 2;
/// Answers under way are given this many seconds when the server stops.
const DRAIN_SECONDS: u64 = 5;
/// After its last answer a client is heard out for this long, so that it can read that answer.
const LINGER: Duration = Duration::from_secs(1);
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
        let settings = shared.started_with.server.clone();
        let (limits, keep_alive) = (wire_limits(&settings), settings.keep_alive);
        let server = Server::build()
            .workers(WORKERS)
            .max_concurrent_connections((settings.max_connections as usize).div_ceil(WORKERS))
            .disable_signals()
            .shutdown_timeout(DRAIN_SECONDS);
        let draining = server.graceful_shutdown_signal();
        let serve = move || {
            let (own, draining) = (Rc::new(shared.own.clone()), draining.clone());
            let expectant = shared.clone();
            let shared = shared.clone();
            let prefix = settings.prefix().to_owned();
            // Of a thread that nobody has connected to there is none: two at once hold up the start.
            let app = async move {
                let app = App::new()
                    .app_data(shared)
                    .configure(move |config| routes(config, &prefix))
                    .wrap(Compress::default())
                    .wrap(from_fn(admit))
                    .wrap(from_fn(observe));
                let app = map_config(app, |()| AppConfig::default());
                app.new_service(()).await.map(Rc::new)
            };
            let app = app.boxed_local().shared();
            let connected = fn_service(move |stream: TcpStream| {
                let peer = stream.peer_addr().ok();
                // The end of a page must not wait for the client to confirm the rest of it.
                let _ = stream.set_nodelay(true);
                let wire = Wire::new(stream, Line::open(&own), limits);
                ready(Ok::<_, actix_http::error::DispatchError>((wire, peer)))
            });
            connected.and_then(fn_factory(move || {
                let (app, draining) = (app.clone(), draining.clone());
                let expectant = expectant.clone();
                async move {
                    let http = move || {
                        let (app, draining) = (app.clone(), draining.clone());
                        let expectant = expectant.clone();
                        HttpService::build()
                            .keep_alive(keep_alive)
                            .client_request_timeout(limits.head_time)
                            .client_disconnect_timeout(LINGER)
                            .graceful_shutdown_signal(move || {
                                let draining = draining.clone();
                                async move { draining.notified().await }
                            })
                            .on_connect_ext(|wire: &Wire<TcpStream>, of_connection| {
                                of_connection.insert(wire.line().clone());
                            })
                            .expect(fn_service(move |request| {
                                ready(expected(request, &expectant))
                            }))
                            .h1(fn_factory(move || app.clone()))
                    };
                    Ok::<_, ()>(WhileConnected::new(http))
                }
            }))
        };
        let server = server.listen("http", listener.try_clone()?, serve)?;
        Ok(Serving {
            server: Some(server.run()),
            drain_on,
        })
    }

    pub(crate) fn handle(&self) -> Option<ServerHandle> {
        self.server.as_ref().map(Server::handle)
    }
}

fn wire_limits(settings: &ServerSettings) -> WireLimits {
    WireLimits {
        head: settings.max_header.get() as usize,
        head_time: settings.header_time,
        send_time: settings.send_time,
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
        let ended = std::task::ready!(Pin::new(server).poll(cx));
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
