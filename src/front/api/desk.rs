//! Where queries wait for their turn, and are evaluated: not on the threads that answer requests, no
//! more of them at the same time than there may be, each until its deadline or until whoever asked is
//! gone.

use std::{
    rc::Rc,
    sync::Arc,
    time::{Duration, Instant},
};

use actix_web::{HttpRequest, web};
use arc_swap::ArcSwap;
use prometheus::IntGauge;
use promql::Cancel;
use tokio::time::timeout;
use vitals_actors::{history::CurrentHead, own::OwnMetrics};

use super::failure::{Failure, FailureKind};
use crate::{
    front::{
        held::{Place, Room},
        line::Line,
    },
    settings::{Query, Settings},
};

/// Bytes of a sample in an answer.
const OF_A_SAMPLE: usize = 16;
/// There is room for so much, however few samples a query may have.
const LEAST_ROOM: usize = 64 << 20;
/// Of the requests that may be under way, so many may be queries: the others are for those who ask for
/// something else.
const SHARE: u32 = 2;

/// So long after the start, who asks for history waits for what is stored.
const PATIENCE: Duration = Duration::from_secs(5);

/// For the whole process.
pub(crate) struct Desk {
    rooms: ArcSwap<Rooms>,
    own: OwnMetrics,
    /// What is read.
    history: CurrentHead,
    started: Instant,
}

/// As the settings want them.
struct Rooms {
    concurrency: u32,
    max_samples: u32,
    queries: Room,
    /// What reads no samples need not wait for those who do.
    lookups: Room,
}

/// What somebody wants evaluated.
pub(in crate::front) struct Order<'r> {
    pub(super) request: &'r HttpRequest,
    /// Its turn included.
    pub(super) deadline: Duration,
    pub(super) settings: Arc<Settings>,
}

/// The time that is left, the switch, and how long it has waited.
pub(in crate::front) struct Turn {
    pub(in crate::front) left: Duration,
    pub(super) queued: Duration,
    pub(super) cancel: Cancel,
}

impl Desk {
    pub(crate) fn new(settings: &Query, own: OwnMetrics, history: CurrentHead) -> Self {
        Desk {
            rooms: ArcSwap::from_pointee(Rooms::of(settings)),
            own,
            history,
            started: Instant::now(),
        }
    }

    /// When the settings change, whoever is in the old rooms ends there.
    fn rooms(&self, settings: &Query) -> Arc<Rooms> {
        let rooms = self.rooms.load_full();
        let wanted = (settings.concurrency, settings.max_samples);
        if (rooms.concurrency, rooms.max_samples) == wanted {
            return rooms;
        }
        let rooms = Arc::new(Rooms::of(settings));
        self.rooms.store(rooms.clone());
        rooms
    }

    /// Whether stored history is read. Waits for it in the first moments after the start.
    pub(in crate::front) async fn history_is_read(&self, longest: Duration) -> bool {
        let left = PATIENCE.saturating_sub(self.started.elapsed());
        let read = timeout(longest.min(left), self.history.until_whole());
        self.history.is_whole() || read.await.is_ok()
    }

    /// A place for the answer of a query, until it is sent.
    pub(super) fn place(&self, bytes: usize) -> Result<Place, Failure> {
        let place = self.rooms.load().queries.place(bytes);
        place.ok_or_else(|| {
            let message = "too many large answers wait for their clients";
            Failure::new(FailureKind::Unavailable, message)
        })
    }

    /// Evaluates a query, counted.
    pub(in crate::front) async fn query<T: Send + 'static>(
        &self,
        order: Order<'_>,
        work: impl FnOnce(&Turn) -> Result<T, Failure> + Send + 'static,
    ) -> Result<T, Failure> {
        let mut tally = Tally {
            own: &self.own,
            began: Instant::now(),
            // Unless it comes to its end.
            outcome: FailureKind::Canceled.as_str(),
        };
        let rooms = self.rooms(&order.settings.query);
        let done = self.evaluate(&rooms.queries, order, work).await;
        let failed = done.as_ref().err();
        tally.outcome = failed.map_or("success", |failure| failure.kind().as_str());
        done
    }

    /// Looks something up that is no query.
    pub(super) async fn look_up<T: Send + 'static>(
        &self,
        order: Order<'_>,
        work: impl FnOnce(&Turn) -> Result<T, Failure> + Send + 'static,
    ) -> Result<T, Failure> {
        let rooms = self.rooms(&order.settings.query);
        self.evaluate(&rooms.lookups, order, work).await
    }

    async fn evaluate<T: Send + 'static>(
        &self,
        room: &Room,
        order: Order<'_>,
        work: impl FnOnce(&Turn) -> Result<T, Failure> + Send + 'static,
    ) -> Result<T, Failure> {
        let began = Instant::now();
        let line = order.request.conn_data::<Rc<Line>>().cloned();
        let most = order.settings.server.max_requests / SHARE;
        let cancel = Cancel::new();
        let _ends_with_the_request = cancel.on_drop();
        let evaluated = async {
            let place = {
                let _waiting = Counted::one(&self.own.queries_waiting);
                if self.own.queries_waiting.get() > i64::from(most) {
                    let message = "too many queries wait for their turn";
                    return Err(Failure::new(FailureKind::Unavailable, message));
                }
                room.turn_within(order.deadline).await
            };
            let Some(place) = place else {
                let message = "query timed out in query queue";
                return Err(Failure::new(FailureKind::Timeout, message));
            };
            let left = order.deadline.saturating_sub(began.elapsed());
            self.history_is_read(left).await;
            let queued = began.elapsed();
            let turn = Turn {
                left: order.deadline.saturating_sub(queued),
                queued,
                cancel: cancel.clone(),
            };
            let running = Counted::one(&self.own.queries_running);
            let worked = web::block(move || {
                // They last as long as the work, whoever waits for it.
                let _held = (place, running);
                work(&turn)
            });
            // It panicked; the hook has logged where.
            worked.await.unwrap_or_else(|_| Err(failed()))
        };
        match line {
            Some(line) => tokio::select! {
                biased;
                evaluated = evaluated => evaluated,
                () = line.gone() => {
                    let message = "query was canceled: whoever asked has left";
                    Err(Failure::new(FailureKind::Canceled, message))
                }
            },
            None => evaluated.await,
        }
    }
}

impl Rooms {
    fn of(settings: &Query) -> Self {
        let concurrency = settings.concurrency as usize;
        // One answer as large as any may be has its place.
        let bytes = (settings.max_samples as usize * OF_A_SAMPLE).max(LEAST_ROOM);
        Rooms {
            concurrency: settings.concurrency,
            max_samples: settings.max_samples,
            queries: Room::of(concurrency, bytes),
            lookups: Room::of(concurrency, LEAST_ROOM),
        }
    }
}

fn failed() -> Failure {
    let message = "it could not be evaluated; the log says where";
    Failure::new(FailureKind::Internal, message)
}

/// Counts a query at its end, also where that is the end of its request.
struct Tally<'d> {
    own: &'d OwnMetrics,
    began: Instant,
    outcome: &'static str,
}

impl Drop for Tally<'_> {
    fn drop(&mut self) {
        let took = self.began.elapsed().as_secs_f64();
        self.own.queries.with_label_values(&[self.outcome]).inc();
        self.own.query_seconds.observe(took);
    }
}

/// One of those that a gauge counts.
struct Counted(IntGauge);

impl Counted {
    fn one(gauge: &IntGauge) -> Self {
        gauge.inc();
        Counted(gauge.clone())
    }
}

impl Drop for Counted {
    fn drop(&mut self) {
        self.0.dec();
    }
}

#[cfg(test)]
#[path = "desk_tests.rs"]
mod tests;
