//! The two lanes of every child.

use actix::Message;

/// What happens to a message while its actor is down.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Lane {
    /// Held: nothing is lost, up to the capacity.
    Commands,
    /// Refused at once: the asker has something better to do than wait.
    Queries,
}

/// A message type belongs to one lane, whoever sends it: the vocabulary decides, not the caller.
///
/// ```
/// # use actix::Message; use supervision::{Lane, OnLane};
/// #[derive(Message)]
/// #[rtype(result = "u64")]
/// struct GetTotal;
/// impl OnLane for GetTotal {
///     const LANE: Lane = Lane::Queries;
/// }
/// ```
pub trait OnLane: Message {
    /// The lane of every message of this type.
    const LANE: Lane;
}

/// How many messages each lane holds, those in flight included. Default 64 each.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Capacity {
    /// Of [`Lane::Commands`].
    pub commands: usize,
    /// Of [`Lane::Queries`].
    pub queries: usize,
}

impl Default for Capacity {
    fn default() -> Self {
        Capacity {
            commands: 64,
            queries: 64,
        }
    }
}
