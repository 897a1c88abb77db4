//! What every connection to somebody else begins with: where it goes, its addresses, and the first of
//! them that answers. Each step ends at a deadline, with a reason.

pub(crate) mod connect;
mod endpoint;
mod resolver;

pub use self::endpoint::{Endpoint, EndpointError, Host};
pub(crate) use self::resolver::Resolver;
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
