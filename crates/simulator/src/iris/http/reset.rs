//! Connections that can be reset instead of closed.

use std::{any::Any, os::fd::OwnedFd, time::Duration};

use actix_tls::accept::rustls_0_23::TlsStream;
use actix_web::{dev::Extensions, rt::net::TcpStream};
use socket2::SockRef;
use std::os::fd::AsFd;

/// A second handle on a connection's socket.
pub(crate) struct Resettable(OwnedFd);

impl Resettable {
    /// Keeps one for the connection that is being accepted.
    pub(crate) fn remember(stream: &dyn Any, data: &mut Extensions) {
        let stream = stream.downcast_ref::<TcpStream>().or_else(|| {
            let secured = stream.downcast_ref::<TlsStream<TcpStream>>();
            secured.map(|secured| secured.get_ref().0)
        });
        if let Some(Ok(socket)) = stream.map(|stream| stream.as_fd().try_clone_to_owned()) {
            data.insert(Resettable(socket));
        }
    }

    /// When it is closed, the client sees a reset.
    pub(crate) fn reset_when_closed(&self) {
        // A connection that is gone already needs no reset.
        let _ = SockRef::from(&self.0).set_linger(Some(Duration::ZERO));
    }
}
