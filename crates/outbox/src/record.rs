//! What is queued, what came of it, and what is dropped.

use std::sync::Arc;

/// How dear a record is: where there is no room for all, the least goes first, and of the same the
/// oldest.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Keep(pub u8);

/// A record that has no number yet.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Draft {
    /// How dear it is.
    pub keep: Keep,
    /// What it says.
    pub payload: Arc<[u8]>,
}

impl Draft {
    /// A record to be.
    pub fn new(keep: Keep, payload: impl Into<Arc<[u8]>>) -> Self {
        let payload = payload.into();
        Draft { keep, payload }
    }
}

/// A record in the queue. Its clones share the payload.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Record {
    /// Its number, from 1; those of later records are greater.
    pub seq: u64,
    /// How dear it is.
    pub keep: Keep,
    /// What it says.
    pub payload: Arc<[u8]>,
}

/// A record that is given up, and who has not taken it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Dropped {
    /// The record.
    pub record: Record,
    /// The consumers that will never have it.
    pub missed_by: Vec<Arc<str>>,
}

/// What became of an append.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Appended {
    /// The number of the new record.
    pub seq: u64,
    /// What had to go to make room for it, or because of its age.
    pub dropped: Vec<Dropped>,
}
