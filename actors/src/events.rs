//! What happens, as it happens, for whoever watches: the stream of `/vitals/v1/events`.
//!
//! The last [`KEPT`] events are kept, and whoever was away says which one it saw last. Nobody is
//! waited for: a reader that falls behind by more than is kept is cut off and told how much it
//! missed.

use std::{collections::VecDeque, fmt, sync::Arc};

use jiff::Timestamp;
use parking_lot::Mutex;
use serde::Serialize;
use serde_json::value::RawValue;
use supervision::{Event as TreeEvent, EventKind as TreeEventKind};
use tokio::sync::watch;

/// Events that can be had again.
pub const KEPT: usize = 1_000;

/// What an event is about: `event:` of the stream.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum EventKind {
    /// The targets, once a second.
    Tick,
    /// An alert has begun to fire, or has ended.
    Alert,
    /// Something happened to an actor.
    Supervision,
}

impl EventKind {
    /// As it stands in the stream.
    pub fn as_str(self) -> &'static str {
        match self {
            EventKind::Tick => "tick",
            EventKind::Alert => "alert",
            EventKind::Supervision => "supervision",
        }
    }
}

/// One event. Its clones share the text.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Event {
    /// Its number in the stream; those of later events are greater.
    pub seq: u64,
    /// What it is about.
    pub kind: EventKind,
    /// One line of JSON, with `seq` in it.
    pub data: Arc<str>,
}

impl fmt::Display for Event {
    /// As server-sent events are written.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (seq, kind, data) = (self.seq, self.kind.as_str(), &self.data);
        write!(f, "id: {seq}\nevent: {kind}\ndata: {data}\n\n")
    }
}

/// Where events are told and read. Its clones are one; it outlives every incarnation of those who
/// tell.
#[derive(Debug, Clone)]
pub struct Events(Arc<Hub>);

#[derive(Debug)]
struct Hub {
    ring: Mutex<Ring>,
    last: watch::Sender<u64>,
}

#[derive(Debug, Default)]
struct Ring {
    kept: VecDeque<Event>,
    last: u64,
}

/// A value of a target, as a tick tells it.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct TargetTick {
    /// The target's id.
    pub id: &'static str,
    /// Its worst value; `None` if it is not known.
    pub value: Option<f64>,
    /// `met`, `missed` or `no_data`.
    pub status: &'static str,
}

impl Default for Events {
    fn default() -> Self {
        Events(Arc::new(Hub {
            ring: Mutex::default(),
            last: watch::Sender::new(0),
        }))
    }
}

impl Events {
    /// The targets as they are.
    pub fn tick(&self, at: Timestamp, targets: &[TargetTick]) {
        #[derive(Serialize)]
        struct Tick<'a> {
            seq: u64,
            at: Timestamp,
            targets: &'a [TargetTick],
        }
        self.tell(EventKind::Tick, |seq| Tick { seq, at, targets });
    }

    /// A transition: its [`Payload`](crate::alert::payload::Payload) as JSON.
    pub fn alert(&self, payload: &str) {
        #[derive(Serialize)]
        struct Told<'a> {
            seq: u64,
            alert: &'a RawValue,
        }
        let Ok(alert) = serde_json::from_str::<&RawValue>(payload) else {
            log::error!("events: an alert that is no JSON is left out");
            return;
        };
        self.tell(EventKind::Alert, |seq| Told { seq, alert });
    }

    /// Something that happened in the tree; what only the log is interested in is left out.
    pub fn supervision(&self, at: Timestamp, event: &TreeEvent) {
        #[derive(Serialize)]
        struct Told<'a> {
            seq: u64,
            at: Timestamp,
            actor: &'a str,
            event: &'static str,
            generation: Option<u64>,
        }
        let (name, generation) = match event.kind {
            TreeEventKind::Started { generation: 1 } => ("running", Some(1)),
            TreeEventKind::Started { generation } => ("restart", Some(generation)),
            TreeEventKind::Exited { generation, .. } => ("exit", Some(generation)),
            TreeEventKind::Degraded { .. } => ("degraded", None),
            TreeEventKind::Recovered => ("running", None),
            TreeEventKind::Stopped => ("stopped", None),
            _ => return,
        };
        self.tell(EventKind::Supervision, |seq| Told {
            seq,
            at,
            actor: &event.path,
            event: name,
            generation,
        });
    }

    fn tell<T: Serialize>(&self, kind: EventKind, data: impl FnOnce(u64) -> T) {
        let mut ring = self.0.ring.lock();
        let seq = ring.last + 1;
        // Texts and numbers: there is nothing in it that JSON does not have.
        let Ok(data) = serde_json::to_string(&data(seq)) else {
            return;
        };
        ring.last = seq;
        if ring.kept.len() == KEPT {
            ring.kept.pop_front();
        }
        ring.kept.push_back(Event {
            seq,
            kind,
            data: data.into(),
        });
        // Within the lock, so that the numbers come in their order.
        self.0.last.send_replace(seq);
    }

    /// Whether anybody reads.
    pub fn is_watched(&self) -> bool {
        self.0.last.receiver_count() > 0
    }

    /// From now on, or from behind the event that was seen last. A number nobody has given (it is
    /// of another process) gets all that is kept.
    pub fn read(&self, seen: Option<u64>) -> Reader {
        let last = self.0.ring.lock().last;
        Reader {
            seen: match seen {
                None => last,
                Some(seen) if seen > last => 0,
                Some(seen) => seen,
            },
            // What was missed before it came is no fault of the reader's.
            behind: seen.is_some(),
            events: self.clone(),
            news: self.0.last.subscribe(),
        }
    }
}

/// Somebody who watches.
#[derive(Debug)]
pub struct Reader {
    events: Events,
    news: watch::Receiver<u64>,
    /// The last event it was given.
    seen: u64,
    /// Nothing was read yet since it said what it saw last.
    behind: bool,
}

/// The reader was too slow, and is to come again.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("{missed} events are gone")]
pub struct TooSlow {
    /// How many events it will never have.
    pub missed: u64,
}

impl Reader {
    /// The next events, one or more; waits for them.
    ///
    /// # Errors
    /// [`TooSlow`]: the reader is to be cut off. Asked once more, it goes on with what is kept.
    pub async fn next(&mut self) -> Result<Vec<Event>, TooSlow> {
        loop {
            // Seen before it is looked at, so that nothing that comes meanwhile is slept through.
            self.news.borrow_and_update();
            let events = self.take()?;
            if !events.is_empty() {
                return Ok(events);
            }
            if self.news.changed().await.is_err() {
                // The hub is held by this reader: it does not end.
                std::future::pending::<()>().await;
            }
        }
    }

    fn take(&mut self) -> Result<Vec<Event>, TooSlow> {
        let ring = self.events.0.ring.lock();
        let first = ring.kept.front().map_or(ring.last + 1, |event| event.seq);
        let missed = first.saturating_sub(self.seen + 1);
        let was_away = std::mem::take(&mut self.behind);
        if missed > 0 {
            self.seen = first - 1;
            if !was_away {
                return Err(TooSlow { missed });
            }
        }
        let known = usize::try_from(self.seen + 1 - first).unwrap_or(usize::MAX);
        let events: Vec<_> = ring.kept.iter().skip(known).cloned().collect();
        self.seen = ring.last;
        Ok(events)
    }
}

#[cfg(test)]
mod tests {
    use futures::FutureExt;
    use supervision::Exit;

    use super::*;

    fn at() -> Timestamp {
        "2026-11-23T21:00:00Z".parse().unwrap()
    }

    fn now(reader: &mut Reader) -> Result<Vec<u64>, TooSlow> {
        let next = reader.next().now_or_never();
        next.unwrap_or(Ok(vec![]))
            .map(|events| events.iter().map(|event| event.seq).collect())
    }

    fn told(count: usize) -> Events {
        let events = Events::default();
        for _ in 0..count {
            events.tick(at(), &[]);
        }
        events
    }

    #[test]
    fn events_are_written_as_the_interface_says() {
        let events = Events::default();
        let mut reader = events.read(None);
        let target = |id, value, status| TargetTick { id, value, status };
        events.tick(
            at(),
            &[
                target("cpu", Some(0.5), "met"),
                target("disk", None, "no_data"),
            ],
        );
        events.alert(r#"{"version":1,"seq":7}"#);
        events.alert("no json");
        let tree = |kind| {
            let path = "collectors/iris/main".into();
            events.supervision(at(), &TreeEvent { path, kind });
        };
        tree(TreeEventKind::Started { generation: 2 });
        tree(TreeEventKind::Exited {
            generation: 2,
            exit: Exit::Killed,
        });
        tree(TreeEventKind::Degraded { restarts: 5 });
        tree(TreeEventKind::Escalated { exit: Exit::Killed });
        let written = reader.next().now_or_never().unwrap().unwrap();
        let written: String = written.iter().map(ToString::to_string).collect();
        let expected = r#"id: 1
event: tick
data: {"seq":1,"at":"2026-11-23T21:00:00Z","targets":[{"id":"cpu","value":0.5,"status":"met"},{"id":"disk","value":null,"status":"no_data"}]}

id: 2
event: alert
data: {"seq":2,"alert":{"version":1,"seq":7}}

id: 3
event: supervision
data: {"seq":3,"at":"2026-11-23T21:00:00Z","actor":"collectors/iris/main","event":"restart","generation":2}

id: 4
event: supervision
data: {"seq":4,"at":"2026-11-23T21:00:00Z","actor":"collectors/iris/main","event":"exit","generation":2}

id: 5
event: supervision
data: {"seq":5,"at":"2026-11-23T21:00:00Z","actor":"collectors/iris/main","event":"degraded","generation":null}

"#;
        assert_eq!(written, expected);
    }

    #[test]
    fn whoever_was_away_gets_what_is_kept() {
        let events = told(KEPT + 10);
        let mut fresh = events.read(None);
        assert_eq!(now(&mut fresh), Ok(vec![]));
        let mut back = events.read(Some(KEPT as u64));
        assert_eq!(now(&mut back).unwrap().len(), 10);
        for long_ago in [Some(0), Some(3), Some(u64::MAX)] {
            let mut back = events.read(long_ago);
            assert_eq!(now(&mut back).unwrap().len(), KEPT, "{long_ago:?}");
            assert_eq!(now(&mut back), Ok(vec![]));
        }
        events.tick(at(), &[]);
        let next = KEPT as u64 + 11;
        assert_eq!(now(&mut fresh), Ok(vec![next]));
        assert_eq!(now(&mut back), Ok(vec![next]));
    }

    #[test]
    fn whoever_is_too_slow_is_told_how_much_is_gone() {
        let events = told(1);
        let mut slow = events.read(None);
        for _ in 0..KEPT + 5 {
            events.tick(at(), &[]);
        }
        assert_eq!(now(&mut slow), Err(TooSlow { missed: 5 }));
        assert_eq!(now(&mut slow).unwrap().len(), KEPT);
    }

    #[tokio::test]
    async fn a_reader_wakes_up() {
        let events = Events::default();
        let mut reader = events.read(None);
        let (woken, ()) = tokio::join!(reader.next(), async { events.tick(at(), &[]) });
        assert_eq!(woken.unwrap()[0].seq, 1);
    }
}
