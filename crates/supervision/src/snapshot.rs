//! The state of a tree at one moment. Taking it asks nobody: it shows hung overseers, too.

use std::{sync::Arc, time::Duration};

use tokio::time::Instant;

use crate::{
    exit::LastExit,
    lane::Lane,
    spec::{ChildSpec, NodeKind},
    vitals::Depth,
};

/// What a child is doing.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum State {
    /// An incarnation has been launched and is not serving yet.
    Starting,
    /// Serving.
    Running,
    /// Between two incarnations.
    Backoff,
    /// Asked to stop.
    Stopping,
    /// Not running, and not about to.
    Stopped,
    /// Its overseer gave up because of it.
    Failed,
}

#[derive(Clone, Copy, Debug)]
pub(crate) struct Condition {
    pub(crate) state: State,
    pub(crate) degraded: bool,
    pub(crate) since: Instant,
}

impl Default for Condition {
    fn default() -> Self {
        Condition {
            state: State::Stopped,
            degraded: false,
            since: Instant::now(),
        }
    }
}

/// A child, and all that is below it.
#[derive(Clone, Debug)]
pub struct Node {
    /// Among its siblings.
    pub name: Arc<str>,
    /// Its names below the root, joined by `/`; empty for the root.
    pub path: Arc<str>,
    /// Overseer or worker.
    pub kind: NodeKind,
    /// What it is doing.
    pub state: State,
    /// Whether it was restarted as often as its overseer's intensity and has not been up for its
    /// `reset_after` since.
    pub degraded: bool,
    /// Whether it serves messages.
    pub up: bool,
    /// Which incarnation this is, from 1.
    pub generation: u64,
    /// Restarts since the tree was built.
    pub restarts: u64,
    /// Why and when the last incarnation ended.
    pub last_exit: Option<Arc<LastExit>>,
    /// How full its command lane is.
    pub commands: Depth,
    /// How full its query lane is.
    pub queries: Depth,
    /// Messages handled to their end.
    pub handled: u64,
    /// Messages that were not taken.
    pub refused: u64,
    /// Since this incarnation was launched, or since the last one ended.
    pub age: Duration,
    /// How long the poll in progress has been going on, real time.
    pub busy: Option<Duration>,
    /// Of an overseer, in the order of their start.
    pub children: Vec<Node>,
}

impl Node {
    pub(crate) fn of(spec: &ChildSpec) -> Node {
        let office = spec.office();
        let condition = **office.condition.load();
        let children = office.board.children.load();
        Node {
            name: office.name.clone(),
            path: office.path(),
            kind: spec.kind,
            state: condition.state,
            degraded: condition.degraded,
            up: office.is_up(),
            generation: office.vitals.generation(),
            restarts: office.vitals.restarts(),
            last_exit: office.last_exit.load_full(),
            commands: office.rooms.depth(Lane::Commands),
            queries: office.rooms.depth(Lane::Queries),
            handled: office.vitals.handled(),
            refused: office.vitals.refused(),
            age: condition.since.elapsed(),
            busy: office.vitals.busy(),
            children: children.iter().map(|child| Node::of(child)).collect(),
        }
    }

    /// This node and all below it, parents first.
    pub fn walk(&self) -> Box<dyn Iterator<Item = &Node> + '_> {
        Box::new(std::iter::once(self).chain(self.children.iter().flat_map(Node::walk)))
    }

    /// The node at a path.
    pub fn find(&self, path: &str) -> Option<&Node> {
        self.walk().find(|node| *node.path == *path)
    }
}
