//! Makes the connection: looks the name up, connects, and shakes hands, each failing by its own
//! reason.

use std::{
    cell::Cell,
    io,
    rc::Rc,
    task::{Context, Poll},
};

use actix_service::Service;
use awc::{error::ConnectError as AwcError, http::Uri};
use futures::future::LocalBoxFuture;
use rustls::pki_types::ServerName;
use tokio::{
    sync::Mutex,
    time::{Instant, timeout_at},
};
use tokio_rustls::TlsConnector;

use super::{BaseUrl, Trust, stream::Stream, tail::Tail};
use crate::{
    collector::Reason,
    net::{Failure, Host, Resolver, connect},
};

/// What awc asks for a connection. Its clones are one.
#[derive(Clone)]
pub(super) struct Dial(Rc<Inner>);

struct Inner {
    resolver: Mutex<Resolver>,
    /// With TLS; the name that the certificate must be for, if it can be in one.
    tls: Option<(Trust, Option<ServerName<'static>>)>,
    tail: Tail,
    until: Cell<Instant>,
    made: Cell<u64>,
}

impl Dial {
    /// To one server only, whatever awc asks for.
    pub(super) fn new(url: &BaseUrl, trust: &Trust, tail: Tail) -> Self {
        let name = match url.endpoint().host() {
            // What an endpoint takes for a name, TLS does too, but for an underscore.
            Host::Name(name) => ServerName::try_from(name.clone()).ok(),
            Host::Address(ip) => Some(ServerName::from(*ip)),
        };
        let tls = url.is_tls().then(|| (trust.clone(), name));
        Dial(Rc::new(Inner {
            resolver: Mutex::new(Resolver::new(url.endpoint().clone())),
            tls,
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
        let addresses = self.0.resolver.lock().await.addresses(until).await?;
        let (stream, _) = connect::first(&addresses, until).await?;
        // A question is one small packet: it must not wait for more.
        let _ = stream.set_nodelay(true);
        let tail = self.0.tail.clone();
        let Some((trust, name)) = &self.0.tls else {
            return Ok(Stream::plain(stream, tail));
        };
        let Some(name) = name else {
            let detail = "the host has a name that can be in no certificate";
            return Err(Failure::new(Reason::Tls, detail));
        };
        let config = trust
            .config()
            .map_err(|error| Failure::new(Reason::Tls, error.to_string()))?;
        let tls = TlsConnector::from(config);
        match timeout_at(until, tls.connect(name.clone(), stream)).await {
            Ok(Ok(stream)) => Ok(Stream::tls(stream, tail)),
            Ok(Err(error)) => Err(Failure::new(Reason::Tls, handshake(&error))),
            Err(_) => Err(Failure::new(Reason::Timeout, "no end of the TLS handshake")),
        }
    }
}

/// What went wrong, without what the certificate says of itself.
fn handshake(error: &io::Error) -> String {
    let inner = error.get_ref().and_then(|inner| inner.downcast_ref());
    let what = match inner {
        Some(rustls::Error::InvalidCertificate(why)) => match why {
            rustls::CertificateError::Expired | rustls::CertificateError::ExpiredContext { .. } => {
                "the certificate has expired"
            }
            rustls::CertificateError::NotValidYet
            | rustls::CertificateError::NotValidYetContext { .. } => {
                "the certificate is not valid yet"
            }
            rustls::CertificateError::NotValidForName
            | rustls::CertificateError::NotValidForNameContext { .. } => {
                "the certificate is for another name"
            }
            // An authority that was made anew under its name has another key.
            rustls::CertificateError::UnknownIssuer | rustls::CertificateError::BadSignature => {
                "nobody we trust has signed the certificate"
            }
            rustls::CertificateError::Revoked => "the certificate was revoked",
            _ => "the certificate is not good",
        },
        Some(rustls::Error::InvalidMessage(_)) => "what was answered is not TLS",
        Some(rustls::Error::AlertReceived(_)) => "the server refused the handshake",
        Some(rustls::Error::PeerIncompatible(_)) => "no TLS version or cipher in common",
        _ if error.kind() == io::ErrorKind::UnexpectedEof => "the server hung up",
        _ => "the TLS handshake failed",
    };
    what.to_owned()
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
