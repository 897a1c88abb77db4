//! Starts children in order, restarts them, gives up or never does, stops them in reverse order.

mod change;
mod child;
mod look;
mod order;
mod restart;
mod stop;

use std::{sync::Arc, time::Duration};

use actix::prelude::*;
use tokio::sync::mpsc;

use crate::{
    alarm::Alarm,
    event::EventKind,
    exit::{self, Exit, fail},
    guard::Report,
    inflight::Latch,
    intensity::Intensity,
    launch::Reported,
    office::Office,
    realm::Realm,
    snapshot::State,
    spec::{ChildSpec, SpecError, Start},
};

pub use change::{AddChild, RemoveChild};
use child::Child;
use order::StartInOrder;

/// Who else is restarted when a child fails.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub enum Strategy {
    /// Nobody.
    #[default]
    OneForOne,
    /// All its siblings: stopped in reverse order, started in order.
    OneForAll,
    /// Those started after it.
    RestForOne,
}

/// What more than `intensity` restarts within its period lead to.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub enum Escalate {
    /// As in OTP: stop all children, end with [`Exit::Intensity`], and let the parent decide.
    #[default]
    Parent,
    /// The child goes on restarting at its backoff's maximum and is shown as degraded, each child for
    /// itself: for children whose failures come from outside and must not end the process.
    Never,
}

/// Whether an overseer ends when its significant children have ended by themselves.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub enum AutoShutdown {
    /// It does not.
    #[default]
    Never,
    /// When the first of them has.
    AnySignificant,
    /// When the last of them has.
    AllSignificant,
}

/// An actor that oversees others. It lives in a tree: below a [`Root`](crate::Root), directly or by
/// [`ChildSpec::overseer`].
pub struct Overseer {
    strategy: Strategy,
    escalate: Escalate,
    auto_shutdown: AutoShutdown,
    intensity: Intensity,
    specs: Vec<Arc<ChildSpec>>,
    seat: Option<Seat>,
    children: Vec<Child>,
    last_id: u64,
    last_turn: u64,
    reports: mpsc::UnboundedSender<Reported>,
    reports_rx: Option<mpsc::UnboundedReceiver<Reported>>,
    closing: bool,
    /// When it looks after its children next, at the latest, on [`clock_us`](crate::vitals::clock_us).
    next_look: Option<u64>,
    /// Of the root: when it does. Away while it waits.
    alarm: Option<Alarm>,
}

/// The turn of children that have never been restarted.
const FIRST_TURN: u64 = 0;

/// Its place in the tree.
struct Seat {
    office: Arc<Office>,
    realm: Arc<Realm>,
    /// Held until its children have been started.
    latch: Option<Latch>,
}

impl Overseer {
    /// No children yet; 5 restarts in 60 s; escalates to its parent; never shuts down by itself.
    pub fn new(strategy: Strategy) -> Self {
        let (reports, reports_rx) = mpsc::unbounded_channel();
        Overseer {
            strategy,
            escalate: Escalate::default(),
            auto_shutdown: AutoShutdown::default(),
            intensity: Intensity::new(5, Duration::from_secs(60)),
            specs: Vec::new(),
            seat: None,
            children: Vec::new(),
            last_id: 0,
            last_turn: FIRST_TURN,
            reports,
            reports_rx: Some(reports_rx),
            closing: false,
            next_look: None,
            alarm: None,
        }
    }

    /// How many restarts within a sliding period are borne.
    pub fn intensity(mut self, restarts: u32, period: Duration) -> Self {
        self.intensity = Intensity::new(restarts, period);
        self
    }

    /// What more restarts lead to.
    pub fn escalate(mut self, escalate: Escalate) -> Self {
        self.escalate = escalate;
        self
    }

    /// Whether it ends with its significant children. It ends with [`Exit::Shutdown`], so its own
    /// spec is rarely permanent.
    pub fn auto_shutdown(mut self, auto_shutdown: AutoShutdown) -> Self {
        self.auto_shutdown = auto_shutdown;
        self
    }

    /// One more child, started after those before it.
    pub fn child(mut self, spec: ChildSpec) -> Self {
        self.specs.push(Arc::new(spec));
        self
    }

    /// Whether its children can be overseen together; asked again when it starts.
    ///
    /// # Errors
    /// The first thing that is wrong.
    pub fn check(&self) -> Result<(), SpecError> {
        check_all(&self.specs)
    }

    pub(crate) fn take_seat(mut self, start: Start<Overseer>) -> Self {
        self.seat = Some(Seat {
            office: start.me.0.office.clone(),
            latch: Some(start.latch()),
            realm: start.realm,
        });
        self
    }

    fn tell(&self, at: &Child, kind: EventKind) {
        if let Some(seat) = &self.seat {
            seat.realm.tell(at.spec.office().path(), kind);
        }
    }

    fn tell_of_itself(&self, kind: EventKind) {
        if let Some(seat) = &self.seat {
            seat.realm.tell(seat.office.path(), kind);
        }
    }

    fn position(&self, id: u64) -> Option<usize> {
        self.children.iter().position(|child| child.id == id)
    }

    fn next_turn(&mut self) -> u64 {
        self.last_turn += 1;
        self.last_turn
    }

    /// Takes a checked child in; it is not started yet.
    fn adopt(&mut self, spec: Arc<ChildSpec>) -> u64 {
        self.last_id += 1;
        if let Some(seat) = &self.seat {
            spec.office().seat(&seat.office.path());
        }
        let recent = Intensity::new(self.intensity.most, self.intensity.period);
        self.children.push(Child::new(self.last_id, spec, recent));
        self.last_id
    }

    /// Shows the children as they are now.
    fn publish(&self) {
        if let Some(seat) = &self.seat {
            let specs = self.children.iter().map(|child| child.spec.clone());
            seat.office.board.children.store(Arc::new(specs.collect()));
        }
    }

    fn refuse_to_start(&self, reason: String, ctx: &mut Context<Self>) {
        self.tell_of_itself(EventKind::Refused {
            reason: reason.clone(),
        });
        fail(ctx, Exit::Error(reason));
    }
}

fn check_all(specs: &[Arc<ChildSpec>]) -> Result<(), SpecError> {
    for (at, spec) in specs.iter().enumerate() {
        spec.check()?;
        if specs[..at]
            .iter()
            .any(|before| before.name() == spec.name())
        {
            return Err(SpecError::Duplicate(spec.name().to_owned()));
        }
    }
    Ok(())
}

impl Actor for Overseer {
    type Context = Context<Self>;

    fn started(&mut self, ctx: &mut Self::Context) {
        let (Some(seat), Some(mut reports)) = (&self.seat, self.reports_rx.take()) else {
            let reason = "an overseer lives in a tree: start it by `Root::start`";
            return self.refuse_to_start(reason.into(), ctx);
        };
        let specs = seat
            .office
            .board
            .changes
            .lock()
            .apply(std::mem::take(&mut self.specs));
        if let Err(error) = check_all(&specs) {
            return self.refuse_to_start(error.to_string(), ctx);
        }
        ctx.add_stream(futures::stream::poll_fn(move |cx| reports.poll_recv(cx)));
        let ids: Vec<_> = specs.into_iter().map(|spec| self.adopt(spec)).collect();
        self.publish();
        self.look_after_children(ctx);
        let started = StartInOrder::new(ids.into(), FIRST_TURN);
        ctx.spawn(started.map(|(), me, _| {
            if let Some(seat) = &mut me.seat {
                seat.latch = None;
            }
        }));
    }

    fn stopping(&mut self, ctx: &mut Self::Context) -> Running {
        // Dropped together with its runtime: a timer would panic, and nobody could wait for it.
        if tokio::runtime::Handle::try_current().is_err() {
            return Running::Stop;
        }
        if self.children.iter().all(|child| child.tether.is_none()) {
            return Running::Stop;
        }
        if !self.closing {
            exit::take_given();
            self.close(Exit::Shutdown, ctx);
        }
        Running::Continue
    }
}

impl StreamHandler<Reported> for Overseer {
    fn handle(&mut self, reported: Reported, ctx: &mut Context<Self>) {
        let Some(at) = self.position(reported.child) else {
            return; // removed
        };
        let child = &mut self.children[at];
        match &child.tether {
            Some(tether) if tether.life.generation == reported.generation => {}
            _ => return, // from an incarnation that was abandoned
        }
        match reported.report {
            Report::Up => {
                if child.state() == State::Starting {
                    child.set(State::Running);
                }
                if let Some(tether) = &child.tether {
                    tether.set_up();
                }
                let generation = reported.generation;
                self.tell(&self.children[at], EventKind::Started { generation });
            }
            Report::Exit { exit, quarantined } => {
                if let Some((message, lasts)) = quarantined {
                    let kind = EventKind::Quarantined { message, lasts };
                    self.tell(&self.children[at], kind);
                }
                self.on_exit(at, exit, ctx);
            }
        }
    }
}
