//! The head that samples go to and are read from. What earlier processes have left is read beside, as the
//! disk may take its time: until then the head has what came since the start, and then both.

use std::sync::Arc;

use arc_swap::ArcSwap;
use parking_lot::Mutex;
use tokio::sync::SetOnce;
use tsdb::{Head, Journal};

use super::Reader;

/// Samples come at most so long behind others.
const LATE_MS: i64 = 600_000;

/// The head of this moment. Clones are the same.
#[derive(Clone)]
pub struct CurrentHead(Arc<State>);

struct State {
    head: ArcSwap<Head>,
    /// What was read, once it is.
    opened: SetOnce<Opened>,
    /// Nothing is still to be read.
    whole: SetOnce<()>,
    joining: Mutex<()>,
}

/// A directory of history that has been read.
#[derive(Clone)]
pub struct Opened {
    /// What was in it, and what came until a little while ago.
    pub head: Head,
    /// Who writes to it.
    pub journal: Journal,
    /// Milliseconds since the epoch: what lies behind may not be in it yet.
    since_ms: i64,
}

impl CurrentHead {
    /// One that has all it will ever be given.
    pub fn whole(head: Head) -> Self {
        let current = Self::promised(head);
        current.nothing_more();
        current
    }

    /// One to which what was [opened](Self::opened) is still to come; until then it is this one, which has
    /// no directory.
    pub fn promised(young: Head) -> Self {
        CurrentHead(Arc::new(State {
            head: ArcSwap::from_pointee(young),
            opened: SetOnce::new(),
            whole: SetOnce::new(),
            joining: Mutex::new(()),
        }))
    }

    /// Keeps the promise. Whoever appends [joins](Self::join) it with what came last; what came before is
    /// taken over here, which after a long time is much, and not on a thread that others wait for.
    pub fn opened(&self, head: Head, journal: Journal) {
        let young = self.head();
        let newest = young.newest();
        let since_ms = newest.map_or(i64::MIN, |newest| newest.saturating_sub(LATE_MS));
        head.adopt(&young, i64::MIN);
        let _ = self.0.opened.set(Opened {
            head,
            journal,
            since_ms,
        });
    }

    /// What was promised will not come.
    pub fn nothing_more(&self) {
        let _ = self.0.whole.set(());
    }

    /// What was opened, when it is; `None` once it is certain that nothing will be.
    pub async fn what_was_opened(&self) -> Option<Opened> {
        tokio::select! {
            _ = self.0.opened.wait() => {}
            () = self.until_whole() => {}
        }
        self.opened_by_now()
    }

    /// What was opened, if it is by now.
    pub fn opened_by_now(&self) -> Option<Opened> {
        self.0.opened.get().cloned()
    }

    /// Goes on with what was opened, which is given what came since to `young`. For whoever has appended to
    /// that, and appends to what was opened from now on.
    pub fn join(&self, young: &Head, opened: &Opened) {
        // An incarnation that was given up may still be at it.
        let _one_at_a_time = self.0.joining.lock();
        opened.head.adopt(young, opened.since_ms);
        self.0.head.store(Arc::new(opened.head.clone()));
        self.nothing_more();
    }

    /// Whether nothing is still to come from the disk.
    pub fn is_whole(&self) -> bool {
        self.0.whole.initialized()
    }

    /// Until nothing is still to come from the disk.
    pub async fn until_whole(&self) {
        self.0.whole.wait().await;
    }

    /// As it is now.
    pub fn head(&self) -> Head {
        Head::clone(&self.0.head.load())
    }

    /// Of what there is now.
    pub fn reader(&self) -> Reader {
        Reader::of(&self.0.head.load())
    }
}
