//! Makes the connection awc asks for, on the way there is.

use std::{
    cell::Cell,
    io,
    rc::Rc,
    task::{Context, Poll},
};

use actix_service::Service;
use awc::{error::ConnectError as AwcError, http::Uri};
use futures::future::LocalBoxFuture;
use tokio::{sync::Mutex, time::Instant};

use super::{BaseUrl, Outward, stream::Stream, tail::Tail};
use crate::net::{Failure, Route};

/// What awc asks for a connection. Its clones are one.
#[derive(Clone)]
pub(super) struct Dial(Rc<Inner>);

struct Inner {
    route: Mutex<Route>,
    tail: Tail,
    until: Cell<Instant>,
    made: Cell<u64>,
}

impl Dial {
    /// To one server only, whatever awc asks for.
    pub(super) fn new(url: &BaseUrl, outward: &Outward, tail: Tail) -> Self {
        let (to, trust) = (url.endpoint().clone(), &outward.trust);
        let route = match outward.proxies.of(url) {
            None => Route::new(to, url.is_tls().then_some(trust)),
            Some(proxy) if url.is_tls() => {
                let authorization = proxy.authorization().map(str::to_owned);
                Route::through(proxy.endpoint().clone(), authorization, to, trust)
            }
            Some(proxy) => Route::to_proxy(proxy.endpoint().clone()),
        };
        Dial(Rc::new(Inner {
            route: Mutex::new(route),
            tail,
            until: Cell::new(Instant::now()),
            made: Cell::new(0),
        }))
    }

    /// The next connection is made by then, or not at all.
    pub(super) fn until(&self, until: Instant) {
        self.0.until.set(until);
    }

    /// How many connections were made.
    pub(super) fn made(&self) -> u64 {
        self.0.made.get()
    }

    async fn dial(&self) -> Result<Stream, Failure> {
        let until = self.0.until.get();
        let tail = self.0.tail.clone();
        let dialed = self.0.route.lock().await.dial(until).await?;
        Ok(Stream::new(dialed, tail))
    }
}

/// How a [`Failure`] passes through awc: as the inner of an I/O error.
fn wrapped(failure: Failure) -> actix_tls::connect::ConnectError {
    actix_tls::connect::ConnectError::Io(io::Error::other(failure))
}

/// The failure within what awc says.
pub(super) fn failure(error: &AwcError) -> Option<Failure> {
    match error {
        AwcError::Io(error) => error.get_ref()?.downcast_ref().cloned(),
        _ => None,
    }
}

impl Service<actix_tls::connect::ConnectInfo<Uri>> for Dial {
    type Response = actix_tls::connect::Connection<Uri, Stream>;
    type Error = actix_tls::connect::ConnectError;
    type Future = LocalBoxFuture<'static, Result<Self::Response, Self::Error>>;

    fn poll_ready(&self, _: &mut Context<'_>) -> Poll<Result<(), Self::Error>> {
        Poll::Ready(Ok(()))
    }

    fn call(&self, info: actix_tls::connect::ConnectInfo<Uri>) -> Self::Future {
        let me = self.clone();
        Box::pin(async move {
            let stream = me.dial().await.map_err(wrapped)?;
            me.0.made.set(me.0.made.get() + 1);
            let uri = info.request().clone();
            Ok(actix_tls::connect::Connection::new(uri, stream))
        })
    }
}
