//! How a child is built, placed, watched and restarted.

use std::{any::Any, sync::Arc, time::Duration};

use actix::prelude::*;

use crate::{
    backoff::Backoff,
    checkpoint::Checkpoint,
    exit::LastExit,
    inflight::{InFlight, Latch},
    launch::{Launch, Typed},
    office::Office,
    overseer::Overseer,
    poison::Quarantine,
    realm::Realm,
    reference::Ref,
};

/// When a child is restarted.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub enum Restart {
    /// Always.
    #[default]
    Permanent,
    /// Only after an abnormal exit.
    Transient,
    /// Never, not even with its siblings.
    Temporary,
}

/// Which thread an incarnation runs on.
#[derive(Clone, Debug, Default)]
pub enum Placement {
    /// A thread per incarnation (about 30 kB): one that hangs harms nobody and can be replaced.
    #[default]
    Own,
    /// For tests on one paused clock, and for actors that never block. A hang cannot be told from
    /// the neighbours' here, and the thread cannot be replaced.
    Shared(ArbiterHandle),
}

/// What a child is to its tree.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum NodeKind {
    /// It oversees children.
    Supervisor,
    /// It works.
    Actor,
}

/// Given to the start function of every incarnation.
pub struct Start<A: Actor> {
    /// Which incarnation this is, from 1.
    pub generation: u64,
    /// The child's own address.
    pub me: Ref<A>,
    /// Why and when the incarnation before ended.
    pub last_exit: Option<Arc<LastExit>>,
    pub(crate) flight: Arc<InFlight>,
    pub(crate) realm: Arc<Realm>,
}

impl<A: Actor<Context = Context<A>>> Start<A> {
    /// Takes what an incarnation before left; `None` if nothing, or something of another type.
    pub fn take_checkpoint<T: 'static>(&self) -> Option<T> {
        let left = self.me.0.office.take_checkpoint()?;
        (left as Box<dyn Any>).downcast().ok().map(|state| *state)
    }

    /// For this incarnation to leave something in.
    pub fn checkpoint(&self) -> Checkpoint {
        Checkpoint {
            office: self.me.0.office.clone(),
            generation: self.generation,
        }
    }

    /// As long as it is held, the incarnation counts as starting and is given no messages.
    pub fn latch(&self) -> Latch {
        self.flight.latch()
    }
}

/// Everything an overseer has to know about a child. Durations are real time for `hang` and
/// `stall`, tokio's time for all else.
pub struct ChildSpec {
    pub(crate) kind: NodeKind,
    pub(crate) restart: Restart,
    pub(crate) significant: bool,
    pub(crate) backoff: Backoff,
    pub(crate) hang: Option<Duration>,
    pub(crate) stall: Option<Duration>,
    pub(crate) start_within: Duration,
    pub(crate) shutdown: Duration,
    pub(crate) concurrency: usize,
    pub(crate) placement: Placement,
    pub(crate) launcher: Box<dyn Launch>,
}

/// A message in progress for longer is a hang, unless the spec says otherwise.
pub(crate) const HANG: Duration = Duration::from_secs(5);
const OVERSEER_CONCURRENCY: usize = 16;

impl ChildSpec {
    /// A worker. `start` builds every incarnation. What must outlive a hung one (a socket, a
    /// directory lock, a store) is owned outside and handed in by the closure.
    pub fn new<A: Actor<Context = Context<A>>>(
        child: &Ref<A>,
        start: impl Fn(Start<A>, &mut Context<A>) -> A + Send + Sync + 'static,
    ) -> Self {
        ChildSpec {
            kind: NodeKind::Actor,
            restart: Restart::Permanent,
            significant: false,
            backoff: Backoff::default(),
            hang: None,
            stall: Some(Duration::from_secs(30)),
            start_within: Duration::from_secs(5),
            shutdown: Duration::from_secs(5),
            concurrency: 1,
            placement: Placement::Own,
            launcher: Box::new(Typed {
                child: child.clone(),
                start: Arc::new(start),
            }),
        }
    }

    /// A branch of the tree. `build` makes the overseer of every incarnation; children added and
    /// removed while running stay so. It is given all the time its children need to stop.
    pub fn overseer(
        child: &Ref<Overseer>,
        build: impl Fn() -> Overseer + Send + Sync + 'static,
    ) -> Self {
        let mut spec = Self::new(child, move |start: Start<Overseer>, _| {
            build().take_seat(start)
        });
        spec.kind = NodeKind::Supervisor;
        spec.shutdown = Duration::MAX;
        spec.concurrency = OVERSEER_CONCURRENCY;
        // An overseer that stops a slow child makes its other questioners wait, rightly.
        spec.stall = None;
        spec
    }

    /// When it is restarted. Default permanent.
    pub fn restart(mut self, restart: Restart) -> Self {
        self.restart = restart;
        self
    }

    /// Whether its end by itself may end its overseer, see
    /// [`AutoShutdown`](crate::AutoShutdown). Default no.
    pub fn significant(mut self, significant: bool) -> Self {
        self.significant = significant;
        self
    }

    /// How long it waits between incarnations.
    pub fn backoff(mut self, backoff: Backoff) -> Self {
        self.backoff = backoff;
        self
    }

    /// A message in progress for longer is a hang: the thread is abandoned. Default 5 s. Only for
    /// children on a thread of their own.
    pub fn hang(mut self, hang: Duration) -> Self {
        self.hang = Some(hang);
        self
    }

    /// Messages that wait while none is settled for longer are a stall. Default 30 s (overseers:
    /// none).
    pub fn stall(mut self, stall: Option<Duration>) -> Self {
        self.stall = stall;
        self
    }

    /// How long the siblings after it wait for it to serve, when they are started in order.
    /// Default 5 s.
    pub fn start_within(mut self, start_within: Duration) -> Self {
        self.start_within = start_within;
        self
    }

    /// Asked to stop, it is abandoned after this time. Default 5 s (overseers: never; one that
    /// hangs is abandoned as ever).
    pub fn shutdown(mut self, shutdown: Duration) -> Self {
        self.shutdown = shutdown;
        self
    }

    /// How many messages may be in progress at once; that many a panic can crash. Default 1
    /// (overseers: 16), at least 1.
    pub fn concurrency(mut self, concurrency: usize) -> Self {
        self.concurrency = concurrency;
        self
    }

    /// Which thread it runs on. Default its own.
    pub fn placement(mut self, placement: Placement) -> Self {
        self.placement = placement;
        self
    }

    /// Puts message types away that keep killing it. Default off.
    pub fn quarantine(self, quarantine: Option<Quarantine>) -> Self {
        if let Some(rule) = quarantine {
            self.office().ward.set_rule(rule);
        }
        self
    }

    /// The child's name among its siblings.
    pub fn name(&self) -> &str {
        &self.office().name
    }

    pub(crate) fn office(&self) -> &Arc<Office> {
        self.launcher.office()
    }

    pub(crate) fn replaceable(&self) -> bool {
        matches!(self.placement, Placement::Own)
    }

    /// What cannot be right whatever the siblings are.
    pub(crate) fn check(&self) -> Result<(), SpecError> {
        let name = || self.name().to_owned();
        if self.name().is_empty() || self.name().split('/').any(str::is_empty) {
            return Err(SpecError::Name(name()));
        }
        if self.significant && self.restart == Restart::Permanent {
            return Err(SpecError::SignificantPermanent(name()));
        }
        if self.hang.is_some() && !self.replaceable() {
            return Err(SpecError::HangOnShared(name()));
        }
        Ok(())
    }
}

/// Why an overseer does not take a child.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum SpecError {
    /// Names are the parts of paths.
    #[error("`{0}` is no name for a child: it must not be empty, nor have empty parts between `/`")]
    Name(String),
    /// Two children of one overseer have the same name.
    #[error("there is a child `{0}` already: names are unique among siblings")]
    Duplicate(String),
    /// As in OTP: a permanent child never ends by itself for good.
    #[error("`{0}` is significant and permanent: a significant child is transient or temporary")]
    SignificantPermanent(String),
    /// A thread shared with others cannot be replaced.
    #[error("`{0}` has a hang deadline on a shared thread: give it its own, or no deadline")]
    HangOnShared(String),
    /// The child ended for good; a `Ref` serves one child in its life.
    #[error("`{0}` has stopped for good: make a new `Ref` for a new child")]
    Stopped(String),
    /// The overseer is on its way down.
    #[error("the overseer is stopping")]
    Stopping,
}

/// The overseer has no such child.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("there is no child `{0}`")]
pub struct NoSuchChild(pub String);
