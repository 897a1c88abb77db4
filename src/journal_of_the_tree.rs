//! Says in the log what happens to the actors: one line per change of state, not one per attempt.

use std::{collections::HashSet, sync::Arc};

use jiff::Timestamp;
use log::Level;
use supervision::{Event, EventKind, Tree};
use tokio::sync::broadcast::{Receiver, error::RecvError};
use vitals_actors::events::Events;

/// Logs what happens from now on, on the current arbiter, and tells whoever watches.
#[expect(
    clippy::disallowed_methods,
    reason = "it belongs to no actor, and cannot panic"
)]
pub(crate) fn keep(tree: &Tree, told: Events) {
    actix_rt::spawn(read(tree.events(), told));
}

async fn read(mut events: Receiver<Event>, told: Events) {
    let mut journal = Journal::default();
    loop {
        match events.recv().await {
            Ok(event) => {
                told.supervision(Timestamp::now(), &event);
                if let Some((level, line)) = journal.line(&event) {
                    log::log!(level, "{line}");
                }
            }
            Err(RecvError::Lagged(lost)) => log::warn!("{lost} events of the tree were too many"),
            Err(RecvError::Closed) => return,
        }
    }
}

#[derive(Default)]
struct Journal {
    /// Of these it is known that they come and go.
    degraded: HashSet<Arc<str>>,
}

impl Journal {
    fn line(&mut self, event: &Event) -> Option<(Level, String)> {
        let path = match &*event.path {
            "" => "vitals",
            path => path,
        };
        let known = self.degraded.contains(&event.path);
        let usual = |level| if known { Level::Debug } else { level };
        let (level, what) = match &event.kind {
            EventKind::Started { generation: 1 } => (Level::Debug, "running".to_owned()),
            EventKind::Started { generation } => (
                usual(Level::Info),
                format!("running again, incarnation {generation}"),
            ),
            EventKind::Exited { exit, .. } if exit.is_abnormal() => {
                (usual(Level::Warn), format!("{exit}; it is restarted"))
            }
            EventKind::Exited { exit, .. } => (Level::Debug, exit.to_string()),
            EventKind::Backoff { delay, attempt } => (
                usual(Level::Info),
                format!("restarting in {delay:.1?} (attempt {})", attempt + 1),
            ),
            EventKind::Degraded { restarts } => {
                self.degraded.insert(event.path.clone());
                let what = "restarts of late: degraded; it is restarted ever more rarely";
                (Level::Error, format!("{restarts} {what}, and silently"))
            }
            EventKind::Recovered => {
                self.degraded.remove(&event.path);
                (Level::Info, "recovered, no longer degraded".to_owned())
            }
            EventKind::Abandoned { after, abandoned } => (
                usual(Level::Warn),
                format!("its thread is given up after {after:.1?} ({abandoned} hang now)"),
            ),
            EventKind::Quarantined { message, lasts } => (
                Level::Error,
                format!("refuses {message} for {lasts:?}: it kept panicking on it"),
            ),
            EventKind::ShutdownTimeout { deadline } => (
                Level::Warn,
                format!("did not stop within {deadline:?}; its thread is given up"),
            ),
            // The root's end is the end of the process, which says so itself.
            EventKind::Escalated { .. } if event.path.is_empty() => return None,
            EventKind::Escalated { exit } => {
                (Level::Error, format!("{exit}; its supervisor decides"))
            }
            EventKind::Stopped => (Level::Info, "stopped for good".to_owned()),
            EventKind::Refused { reason } => (Level::Error, format!("cannot start: {reason}")),
            other => (Level::Info, format!("{other:?}")),
        };
        Some((level, format!("{path}: {what}")))
    }
}
