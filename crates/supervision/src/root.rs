//! The top of a tree, and the handle by which everybody else sees it.

use std::{sync::Arc, time::Duration};

use actix::prelude::*;
use tokio::sync::{broadcast, mpsc, watch};

use crate::{
    catch,
    event::Event,
    exit::{Exit, LastExit},
    fault::{Fault, FaultError},
    guard::Report,
    lane::Capacity,
    launch::Launching,
    life::Tether,
    overseer::Overseer,
    realm::Realm,
    reference::{AskError, Ref, Refused},
    snapshot::{Condition, Node, State},
    spec::{ChildSpec, Placement},
    threads::Threads,
};

/// Hung threads that a tree bears, unless told otherwise.
pub const ABANDONED_THREADS: usize = 8;

/// The top of a tree. It is not restarted: its end is for the owner to act on, usually by ending
/// the process. Dropping it ends the tree without waiting for anybody.
pub struct Root {
    tree: Tree,
    tether: Tether,
    exit: watch::Receiver<Option<Exit>>,
}

impl Root {
    /// Starts a tree whose root lives on the current arbiter. More than `abandoned_threads` hung
    /// threads at once end it with [`Exit::Threads`].
    ///
    /// # Panics
    /// Outside an actix system.
    pub fn start(
        name: impl Into<Arc<str>>,
        abandoned_threads: usize,
        build: impl Fn() -> Overseer + Send + Sync + 'static,
    ) -> Root {
        Root::start_on(Threads::default(), name, abandoned_threads, build)
    }

    /// As [`start`](Self::start), where children live on threads made ahead.
    ///
    /// # Panics
    /// Outside an actix system.
    #[expect(
        clippy::disallowed_methods,
        reason = "the one task outside of any actor"
    )]
    pub fn start_on(
        threads: Threads,
        name: impl Into<Arc<str>>,
        abandoned_threads: usize,
        build: impl Fn() -> Overseer + Send + Sync + 'static,
    ) -> Root {
        catch::install_panic_hook();
        let child = Ref::<Overseer>::new(name, Capacity::default());
        child.0.office.seat_as_root();
        let here = Placement::Shared(Arbiter::current());
        let spec = Arc::new(ChildSpec::overseer(&child, build).placement(here));
        let realm = Realm::new(abandoned_threads, threads);
        let (reports, mut reports_rx) = mpsc::unbounded_channel();
        let (exit_tx, exit) = watch::channel(None);
        let tree = Tree {
            spec: spec.clone(),
            realm: realm.clone(),
        };
        tree.show(State::Starting);
        let tether = spec.launcher.launch(Launching {
            child: 0,
            placement: &spec.placement,
            concurrency: spec.concurrency,
            reports,
            realm,
        });
        let watched = tree.clone();
        actix_rt::spawn(async move {
            while let Some(reported) = reports_rx.recv().await {
                match reported.report {
                    Report::Up => watched.show(State::Running),
                    Report::Exit { exit, .. } => {
                        watched.ended(&exit);
                        exit_tx.send_replace(Some(exit));
                    }
                }
            }
        });
        Root { tree, tether, exit }
    }

    /// The handle for everybody else.
    pub fn tree(&self) -> &Tree {
        &self.tree
    }

    /// Asks it to stop: children in reverse order, each within its deadline. See [`exit`](Self::exit).
    pub fn shutdown(&self) {
        self.tether.life.controls.stop();
    }

    /// Waits for its end.
    pub async fn exit(&self) -> Exit {
        let mut exit = self.exit.clone();
        match exit.wait_for(Option::is_some).await.as_deref() {
            Ok(Some(exit)) => exit.clone(),
            // The thread that told us is gone, and the tree with it.
            _ => Exit::Killed,
        }
    }
}

/// A tree, for whoever shows, probes or tests it. Cheap to clone; it does not keep the tree alive.
#[derive(Clone)]
pub struct Tree {
    spec: Arc<ChildSpec>,
    realm: Arc<Realm>,
}

impl Tree {
    /// The whole tree at this moment. Asks nobody and never waits.
    pub fn snapshot(&self) -> Node {
        Node::of(&self.spec)
    }

    /// What happens from now on. Whoever reads too slowly loses the oldest of 1,024.
    pub fn events(&self) -> broadcast::Receiver<Event> {
        self.realm.events.subscribe()
    }

    /// Hung threads that have not come back.
    pub fn abandoned_threads(&self) -> usize {
        self.realm.abandoned()
    }

    /// How long ago the root last looked after its children, in real time; `None` if it never has.
    /// It looks at least every two seconds.
    pub fn silence(&self) -> Option<Duration> {
        self.spec.office().board.silence()
    }

    /// Asks the actor at a path for a sign of life, by its query lane; the root at `""`.
    ///
    /// # Errors
    /// [`AskError`]; `Stopped` where there is no such actor.
    pub async fn ping(&self, path: &str, deadline: Duration) -> Result<Duration, AskError> {
        match find(&self.spec, path) {
            Some(spec) => spec.launcher.ping(deadline).await,
            None => Err(AskError::Refused(Refused::Stopped)),
        }
    }

    /// Strikes the incarnation that is running at a path. A message in progress goes on first; one
    /// that hangs keeps the fault waiting.
    ///
    /// # Errors
    /// [`FaultError`].
    pub fn inject(&self, path: &str, fault: Fault) -> Result<(), FaultError> {
        if path.is_empty() {
            return Err(FaultError::Root);
        }
        let spec =
            find(&self.spec, path).ok_or_else(|| FaultError::NoSuchActor(path.to_owned()))?;
        let incumbent = spec.office().incumbent.lock().clone();
        match incumbent {
            Some(life) if life.inject(fault) => Ok(()),
            _ => Err(FaultError::NotRunning(path.to_owned())),
        }
    }

    fn show(&self, state: State) {
        let condition = Condition {
            state,
            ..Condition::default()
        };
        self.spec.office().condition.store(Arc::new(condition));
    }

    fn ended(&self, exit: &Exit) {
        let failed = exit.is_abnormal();
        self.show(if failed {
            State::Failed
        } else {
            State::Stopped
        });
        self.spec.office().last_exit.store(Some(Arc::new(LastExit {
            exit: exit.clone(),
            at: std::time::SystemTime::now(),
        })));
        self.spec.launcher.close();
    }
}

fn find(spec: &Arc<ChildSpec>, path: &str) -> Option<Arc<ChildSpec>> {
    if *spec.office().path() == *path {
        return Some(spec.clone());
    }
    let children = spec.office().board.children.load();
    children.iter().find_map(|child| find(child, path))
}
