//! What is to be simulated, and how.

use std::{net::SocketAddr, time::Duration};

/// An application.
#[derive(Clone, Debug, PartialEq)]
pub struct Options {
    /// Where it answers; port 0 takes any free one.
    pub listen: SocketAddr,
    /// Where it is controlled, on loopback only.
    pub control: Option<SocketAddr>,
    /// `host:port` of the Redis it keeps its cache in; otherwise the cache is its own.
    pub redis: Option<String>,
    /// Who uses it.
    pub users: Users,
    /// No chance: the same times always, and no errors but those of a fault.
    pub steady: bool,
}

/// Those who use it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Users {
    /// How many, 0 to 1,000.
    pub number: u32,
    /// What each waits from one request to the next, on average.
    pub pause: Duration,
}

impl Default for Options {
    fn default() -> Self {
        Options {
            listen: SocketAddr::from(([127, 0, 0, 1], 8080)),
            control: None,
            redis: None,
            users: Users::default(),
            steady: false,
        }
    }
}

impl Default for Users {
    fn default() -> Self {
        Users {
            number: 20,
            pause: Duration::from_secs(1),
        }
    }
}
