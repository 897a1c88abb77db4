//! The outbox as its users see it. Nothing here touches the disk, [`Outbox::open`] aside.

use std::{
    io,
    path::Path,
    sync::Arc,
    thread,
    time::{Duration, Instant},
};

use parking_lot::{Condvar, Mutex};
use tokio::sync::watch;

use crate::{
    error::{AppendError, OpenError},
    options::Options,
    queue::Queue,
    record::{Appended, Draft, Dropped, Record},
    recover::{Recovered, Recovery, recover},
    timeline::Timeline,
    writer::Writer,
};

/// A durable queue. Its clones are one; with the last of them the thread that writes ends, whether
/// everything is written or not: see [`Outbox::close`].
#[derive(Clone)]
pub struct Outbox(Arc<Owner>);

struct Owner {
    shared: Arc<Shared>,
    timeline: Timeline,
}

/// What the callers and the thread that writes have in common. The lock is never held across a
/// call to the disk.
pub(crate) struct Shared {
    pub(crate) state: Mutex<State>,
    /// There may be something to do for the thread that writes.
    pub(crate) work: Condvar,
    /// The thread has ended.
    pub(crate) over: Condvar,
    pub(crate) durable: watch::Sender<Durable>,
}

pub(crate) struct State {
    pub(crate) queue: Queue,
    pub(crate) stopping: bool,
    /// Whether nobody writes (any more).
    pub(crate) over: bool,
    /// Since when the disk has been busy with one call.
    pub(crate) busy_since: Option<Instant>,
}

/// How far the disk is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Durable {
    /// Every record up to this number is on disk, or needed no more.
    pub up_to: u64,
    /// Why the last attempt to write failed; `None` while all is well. It is tried again until it
    /// succeeds.
    pub trouble: Option<io::ErrorKind>,
}

/// How much is waiting.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Depth {
    /// Live records.
    pub records: usize,
    /// Bytes of memory they take.
    pub bytes: u64,
    /// Live records that are not on disk.
    pub unwritten: usize,
    /// Files on disk.
    pub segments: usize,
    /// Their bytes.
    pub disk_bytes: u64,
    /// How long the disk has been busy with what it does now.
    pub busy: Option<Duration>,
}

impl Outbox {
    /// Opens the outbox in a directory, which is made if it is not there. The caller holds the lock
    /// that says it is alone there, and a thread that may wait for the disk.
    ///
    /// # Errors
    /// [`OpenError`]. Damage is none: it is reported by [`Recovery`].
    pub fn open(directory: &Path, options: Options) -> Result<(Outbox, Recovery), OpenError> {
        let timeline = Timeline::new();
        let Recovered {
            queue,
            next_segment,
            report,
        } = recover(directory, options, timeline.now_ms())?;
        let outbox = Self::new(queue, timeline, false);
        let writer = Writer::new(directory, next_segment, outbox.0.shared.clone());
        thread::Builder::new()
            .name("outbox".into())
            .spawn(move || writer.run())
            .map_err(OpenError::Thread)?;
        Ok((outbox, report))
    }

    /// An outbox that is lost with the process: for where there is no directory.
    pub fn in_memory(options: Options) -> Outbox {
        Self::new(Queue::new(options), Timeline::new(), true)
    }

    fn new(queue: Queue, timeline: Timeline, over: bool) -> Outbox {
        let durable = Durable {
            up_to: queue.durable_up_to(),
            trouble: None,
        };
        let shared = Arc::new(Shared {
            state: Mutex::new(State {
                queue,
                stopping: false,
                over,
                busy_since: None,
            }),
            work: Condvar::new(),
            over: Condvar::new(),
            durable: watch::Sender::new(durable),
        });
        Outbox(Arc::new(Owner { shared, timeline }))
    }

    /// Takes a record in; `draft` is given its number. What had to go for it comes back.
    ///
    /// # Errors
    /// [`AppendError`], and the number is given to the next one.
    pub fn append(&self, draft: impl FnOnce(u64) -> Draft) -> Result<Appended, AppendError> {
        let now_ms = self.0.timeline.now_ms();
        self.change(|queue| queue.append(now_ms, draft))
    }

    /// Drops what has become too old.
    pub fn expire(&self) -> Vec<Dropped> {
        let now_ms = self.0.timeline.now_ms();
        self.change(|queue| queue.shed(now_ms))
    }

    /// From now on these are the consumers, by names of at most 255 bytes. One that is new starts
    /// with the next record; records that only others had not taken are gone. They are kept with the
    /// first record: whoever opens an outbox that never had one names them again.
    pub fn consumers(&self, names: &[&str]) {
        self.change(|queue| queue.consumers(names));
    }

    /// A consumer has taken everything up to this number. False if there is no such consumer.
    pub fn acknowledge(&self, consumer: &str, up_to: u64) -> bool {
        self.change(|queue| queue.acknowledge(consumer, up_to))
    }

    /// What a consumer has not taken and has a number greater than `after`, oldest first: at most
    /// so many records.
    pub fn read(&self, consumer: &str, after: u64, most: usize) -> Vec<Record> {
        let state = self.0.shared.state.lock();
        state.queue.read(consumer, after, most)
    }

    /// All live records, oldest first.
    pub fn live(&self) -> Vec<Record> {
        self.0.shared.state.lock().queue.live()
    }

    /// Up to which number a consumer has taken everything; `None` if there is no such consumer.
    pub fn cursor(&self, consumer: &str) -> Option<u64> {
        self.0.shared.state.lock().queue.cursor(consumer)
    }

    /// The last number that was given; 0 before the first.
    pub fn last(&self) -> u64 {
        self.0.shared.state.lock().queue.last()
    }

    /// How far the disk is, whenever that changes.
    pub fn durable(&self) -> watch::Receiver<Durable> {
        self.0.shared.durable.subscribe()
    }

    /// Whether there is a disk behind it at all.
    pub fn writes(&self) -> bool {
        !self.0.shared.state.lock().over
    }

    /// How much is waiting.
    pub fn depth(&self) -> Depth {
        let state = self.0.shared.state.lock();
        let homes = &state.queue.homes;
        Depth {
            records: state.queue.len(),
            bytes: state.queue.bytes(),
            unwritten: homes.unwritten(),
            segments: homes.segments(),
            disk_bytes: homes.disk_bytes(),
            busy: state.busy_since.map(|since| since.elapsed()),
        }
    }

    /// Writes what is not written, and ends the thread that does. False if the disk did not take it
    /// within the deadline. What is appended afterwards is lost with the process.
    pub fn close(&self, deadline: Duration) -> bool {
        let shared = &self.0.shared;
        let until = Instant::now() + deadline;
        let mut state = shared.state.lock();
        state.stopping = true;
        shared.work.notify_one();
        while !state.over {
            if shared.over.wait_until(&mut state, until).timed_out() {
                return state.over;
            }
        }
        state.queue.homes.unwritten() == 0
    }

    fn change<T>(&self, change: impl FnOnce(&mut Queue) -> T) -> T {
        let shared = &self.0.shared;
        let mut state = shared.state.lock();
        let changed = change(&mut state.queue);
        shared.publish(&state);
        shared.work.notify_one();
        changed
    }
}

impl Shared {
    /// Tells how far the disk is, if that is news.
    pub(crate) fn publish(&self, state: &State) {
        let up_to = state.queue.durable_up_to();
        self.durable.send_if_modified(|durable| {
            let news = !state.over && durable.up_to != up_to;
            if news {
                durable.up_to = up_to;
            }
            news
        });
    }
}

impl Drop for Owner {
    fn drop(&mut self) {
        self.shared.state.lock().stopping = true;
        self.shared.work.notify_one();
    }
}
