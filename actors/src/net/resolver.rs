//! The addresses of an endpoint, looked up anew each time: what a name stands for may have moved.

use std::{
    io,
    net::{SocketAddr, ToSocketAddrs},
};

use tokio::time::Instant;

use super::{Endpoint, Failure, Host, connect::detail};
use crate::{
    beside::{Answer, Beside},
    collector::Reason,
};

/// How a name is looked up; it may take as long as it likes. Tests answer in its place.
pub(crate) type LookUp = fn(&str, u16) -> io::Result<Vec<SocketAddr>>;

/// Looks an endpoint up.
pub(crate) struct Resolver {
    endpoint: Endpoint,
    look_up: LookUp,
    /// Never more than one question to a resolver that does not answer.
    asked: Beside<io::Result<Vec<SocketAddr>>>,
}

impl Resolver {
    /// By the system's resolver.
    pub(crate) fn new(endpoint: Endpoint) -> Self {
        Self::with(endpoint, |name, port| {
            Ok((name, port).to_socket_addrs()?.collect())
        })
    }

    pub(crate) fn with(endpoint: Endpoint, look_up: LookUp) -> Self {
        Resolver {
            endpoint,
            look_up,
            asked: Beside::default(),
        }
    }

    pub(crate) fn endpoint(&self) -> &Endpoint {
        &self.endpoint
    }

    /// One or more addresses, by `until`.
    pub(crate) async fn addresses(&mut self, until: Instant) -> Result<Vec<SocketAddr>, Failure> {
        match self.endpoint.host() {
            Host::Address(ip) => Ok(vec![SocketAddr::new(*ip, self.endpoint.port())]),
            Host::Name(_) => {
                let found = self.look_up(until).await;
                found.map_err(|detail| Failure::new(Reason::Dns, detail))
            }
        }
    }

    async fn look_up(&mut self, until: Instant) -> Result<Vec<SocketAddr>, String> {
        // An answer that came too late last time is not today's.
        self.asked.look();
        let (look_up, endpoint) = (self.look_up, self.endpoint.clone());
        let question = move || look_up(endpoint.name(), endpoint.port());
        let asked = self.asked.ask("vitals-resolver", question);
        asked.map_err(|error| format!("no thread to look the name up on: {error}"))?;
        match self.asked.wait(until).await {
            Answer::Ready(Ok(addresses), _) if addresses.is_empty() => {
                Err("the name has no address".to_owned())
            }
            Answer::Ready(Ok(addresses), _) => Ok(addresses),
            Answer::Ready(Err(error), _) => Err(detail(&error)),
            Answer::Waiting(since) => Err(format!("no answer for the name within {since:.1?}")),
            Answer::Unasked | Answer::Lost => Err("nobody looked the name up".to_owned()),
        }
    }
}
