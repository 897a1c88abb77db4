//! The way to one server: its name is looked up, the connection made, and hands are shaken over TLS, if
//! that is spoken there. Each step ends at the deadline and fails by its own reason.

use std::io;

use rustls::pki_types::ServerName;
use tokio::{
    net::TcpStream,
    time::{Instant, timeout_at},
};
use tokio_rustls::{TlsConnector, client::TlsStream};

use super::{Endpoint, Failure, Host, Resolver, Trust, connect, tunnel};
use crate::collector::Reason;

/// To one server, as often as it is taken.
pub(crate) struct Route {
    resolver: Resolver,
    /// With TLS; the name that the certificate must be for, if it can be in one.
    tls: Option<(Trust, Option<ServerName<'static>>)>,
    proxy: Option<OnTheWay>,
}

/// What is asked first, in place of the server.
struct OnTheWay {
    /// To the server, through it, with who we are there; none: it is told with each question.
    tunnel: Option<(Endpoint, Option<String>)>,
}

/// A connection.
pub(crate) enum Dialed {
    Plain(TcpStream),
    Tls(Box<TlsStream<TcpStream>>),
}

impl Route {
    /// Over TLS, where it is said whose certificates are believed.
    pub(crate) fn new(endpoint: Endpoint, trust: Option<&Trust>) -> Self {
        let tls = trust.map(|trust| (trust.clone(), name(&endpoint)));
        Route {
            resolver: Resolver::new(endpoint),
            tls,
            proxy: None,
        }
    }

    /// Not to a server but to a proxy, which is told with each question whom it is for.
    pub(crate) fn to_proxy(proxy: Endpoint) -> Self {
        Route {
            resolver: Resolver::new(proxy),
            tls: None,
            proxy: Some(OnTheWay { tunnel: None }),
        }
    }

    /// Over TLS, through a proxy. `authorization`: who we are to the proxy.
    pub(crate) fn through(
        proxy: Endpoint,
        authorization: Option<String>,
        endpoint: Endpoint,
        trust: &Trust,
    ) -> Self {
        Route {
            resolver: Resolver::new(proxy),
            tls: Some((trust.clone(), name(&endpoint))),
            proxy: Some(OnTheWay {
                tunnel: Some((endpoint, authorization)),
            }),
        }
    }

    pub(crate) fn endpoint(&self) -> &Endpoint {
        self.resolver.endpoint()
    }

    /// Without TLS, whatever is spoken there later.
    pub(crate) async fn connect(&mut self, until: Instant) -> Result<TcpStream, Failure> {
        connect(&mut self.resolver, until).await
    }

    /// As it is spoken there.
    pub(crate) async fn dial(&mut self, until: Instant) -> Result<Dialed, Failure> {
        let stream = match &self.proxy {
            None => connect(&mut self.resolver, until).await?,
            Some(proxy) => {
                let stream = proxy.connect(&mut self.resolver, until).await;
                stream.map_err(|failure| {
                    let proxy = self.resolver.endpoint();
                    let detail = format!("the proxy {proxy}: {}", failure.detail);
                    Failure::new(failure.reason, detail)
                })?
            }
        };
        let Some((trust, name)) = &self.tls else {
            return Ok(Dialed::Plain(stream));
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
            Ok(Ok(stream)) => Ok(Dialed::Tls(Box::new(stream))),
            Ok(Err(error)) => Err(Failure::new(Reason::Tls, handshake(&error))),
            Err(_) => Err(Failure::new(Reason::Timeout, "no end of the TLS handshake")),
        }
    }
}

impl OnTheWay {
    async fn connect(&self, resolver: &mut Resolver, until: Instant) -> Result<TcpStream, Failure> {
        let mut stream = connect(resolver, until).await?;
        if let Some((to, authorization)) = &self.tunnel {
            tunnel::open(&mut stream, to, authorization.as_deref(), until).await?;
        }
        Ok(stream)
    }
}

async fn connect(resolver: &mut Resolver, until: Instant) -> Result<TcpStream, Failure> {
    let addresses = resolver.addresses(until).await?;
    let (stream, _) = connect::first(&addresses, until).await?;
    // A question is one small packet: it must not wait for more.
    let _ = stream.set_nodelay(true);
    Ok(stream)
}

/// What a certificate must be for, if it can be in one.
fn name(endpoint: &Endpoint) -> Option<ServerName<'static>> {
    match endpoint.host() {
        // What an endpoint takes for a name, TLS does too, but for an underscore.
        Host::Name(name) => ServerName::try_from(name.clone()).ok(),
        Host::Address(ip) => Some(ServerName::from(*ip)),
    }
}

/// What went wrong, without what the certificate says of itself.
pub(crate) fn handshake(error: &io::Error) -> String {
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
