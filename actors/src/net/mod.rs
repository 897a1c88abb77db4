//! What every connection to somebody else begins with: where it goes, its addresses, and the first of
//! them that answers. Each step ends at a deadline, with a reason.

mod bounded;
pub(crate) mod connect;
mod driver;
mod endpoint;
mod resolver;
pub(crate) mod route;
mod trust;
mod tunnel;

pub(crate) use self::{
    bounded::{Bounded, Budget},
    driver::Driver,
    resolver::Resolver,
    route::{Dialed, Route},
};
pub use self::{
    endpoint::{Endpoint, EndpointError, Host},
    trust::{Trust, TrustError},
};
use crate::collector::Reason;

/// Why somebody else could not be asked.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{detail} ({reason})")]
pub(crate) struct Failure {
    /// By the closed list.
    pub(crate) reason: Reason,
    /// What happened, in our own words: nothing of what was answered.
    pub(crate) detail: String,
}

impl Failure {
    pub(crate) fn new(reason: Reason, detail: impl Into<String>) -> Self {
        Failure {
            reason,
            detail: detail.into(),
        }
    }
}
