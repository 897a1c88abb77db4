//! `GET /vitals/v1/tree`: the supervision tree, root at the top. Taking it asks no actor.

use actix_web::{HttpResponse, web::Data};
use jiff::Timestamp;
use serde::Serialize;
use supervision::{Exit, LastExit, Node, NodeKind, State};
use utoipa::ToSchema;

use super::{
    error::{self, ErrorBody},
    shared::Shared,
};

/// An actor, and all that is below it.
#[derive(Serialize, ToSchema)]
struct TreeNode {
    name: String,
    /// `supervisor` or `actor`
    kind: &'static str,
    /// `running`, `starting`, `backoff`, `degraded`, `stopped` or `failed`
    state: &'static str,
    generation: u64,
    restarts: u64,
    last_exit: Option<TreeExit>,
    queue: Queue,
    age_seconds: f64,
    #[schema(no_recursion)]
    children: Vec<TreeNode>,
}

/// Why an incarnation ended.
#[derive(Serialize, ToSchema)]
struct TreeExit {
    kind: &'static str,
    /// `file:line` of a panic.
    at: Option<String>,
    #[schema(value_type = Option<String>, format = DateTime)]
    time: Option<Timestamp>,
}

/// Messages that wait or are in progress.
#[derive(Serialize, ToSchema)]
struct Queue {
    depth: usize,
    capacity: usize,
}

/// The supervision tree
///
/// The root is at the top.
#[utoipa::path(
    get,
    path = "/vitals/v1/tree",
    tag = "health",
    responses(
        (status = 200, description = "All actors, as they are at this moment", body = TreeNode),
        (status = 503, description = "The tree is not standing yet", body = ErrorBody),
    )
)]
pub(crate) async fn tree(shared: Data<Shared>) -> HttpResponse {
    match shared.tree.get() {
        Some(tree) => HttpResponse::Ok().json(TreeNode::of(&tree.snapshot())),
        None => error::unavailable("the tree is not standing yet"),
    }
}

impl TreeNode {
    fn of(node: &Node) -> Self {
        TreeNode {
            name: node.name.to_string(),
            kind: match node.kind {
                NodeKind::Supervisor => "supervisor",
                NodeKind::Actor => "actor",
            },
            state: state(node),
            generation: node.generation,
            restarts: node.restarts,
            last_exit: node.last_exit.as_deref().map(TreeExit::of),
            queue: Queue {
                depth: node.commands.depth + node.queries.depth,
                capacity: node.commands.capacity + node.queries.capacity,
            },
            age_seconds: node.age.as_secs_f64(),
            children: node.children.iter().map(TreeNode::of).collect(),
        }
    }
}

/// Degraded outshines what a child that is restarted all the time does at this moment.
fn state(node: &Node) -> &'static str {
    match node.state {
        State::Failed => "failed",
        State::Stopping | State::Stopped => "stopped",
        _ if node.degraded => "degraded",
        State::Starting => "starting",
        State::Running => "running",
        State::Backoff => "backoff",
    }
}

impl TreeExit {
    /// Without the message: it may hold anything.
    fn of(last: &LastExit) -> Self {
        let at = match &last.exit {
            Exit::Panic(panic) => {
                // `file:line:column` without the column.
                let place = panic.location.rsplit_once(':').map(|(place, _)| place);
                Some(place.unwrap_or(&panic.location).to_owned())
            }
            _ => None,
        };
        TreeExit {
            kind: last.exit.kind(),
            at,
            time: Timestamp::try_from(last.at).ok(),
        }
    }
}
