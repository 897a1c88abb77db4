//! The thread that writes. It alone touches the disk, and nobody waits for it.

use std::{
    fs::{self, File},
    io::{self, Write},
    path::{Path, PathBuf},
    sync::Arc,
    time::{Duration, Instant},
};

use crate::{
    frame::{self, Cursors},
    handle::{Shared, State},
    homes::Dead,
    record::Record,
    segment,
};

/// What is written by one call, about; all of it is covered by one `fdatasync`.
const BATCH_BYTES: usize = 512 << 10;
/// From one failure to the next attempt: this, and twice as long each time.
const FIRST_PAUSE: Duration = Duration::from_millis(100);
const LONGEST_PAUSE: Duration = Duration::from_secs(5);
/// So many segments are set aside; then the oldest goes.
const KEPT_ASIDE: usize = 4;

pub(crate) struct Writer {
    directory: PathBuf,
    shared: Arc<Shared>,
    next_segment: u64,
    open: Option<Open>,
    /// `None` while all is well.
    pause: Option<Duration>,
}

struct Open {
    number: u64,
    file: File,
    bytes: u64,
}

/// What there is to do.
struct Work {
    last: u64,
    cursors: Cursors,
    /// Each with when it was appended.
    records: Vec<(Record, i64)>,
    dead: Vec<Dead>,
    /// Cursors alone, for which there is room sooner: then what they were in can go.
    makes_room: bool,
}

/// What was done.
struct Written {
    segment: u64,
    bytes: u64,
}

impl Writer {
    pub(crate) fn new(directory: &Path, next_segment: u64, shared: Arc<Shared>) -> Self {
        Writer {
            directory: directory.to_owned(),
            shared,
            next_segment,
            open: None,
            pause: None,
        }
    }

    pub(crate) fn run(mut self) {
        while let Some(work) = self.next_work() {
            let outcome = self.perform(&work);
            let failed = outcome.is_err();
            let stopping = self.settle(&work, outcome);
            match self.pause {
                Some(_) if failed && stopping => break,
                Some(pause) if failed => self.rest(pause),
                _ => {}
            }
        }
        let mut state = self.shared.state.lock();
        state.over = true;
        self.shared.over.notify_all();
    }

    /// Waits until there is something to do; `None` when there is nothing more, ever.
    fn next_work(&self) -> Option<Work> {
        let mut state = self.shared.state.lock();
        loop {
            let in_use = self.open.as_ref().map(|open| open.number);
            let State { queue, .. } = &mut *state;
            let most = queue.options().max_disk();
            queue.homes.move_out_of_oldest(most, in_use);
            let makes_room = self.pause.is_some() && queue.homes.is_kept_for_cursors(in_use);
            let mut bytes = 0;
            let records: Vec<_> = queue
                .homes
                .to_write()
                .take_while(|_| !makes_room)
                .map_while(|seq| {
                    let room = bytes < BATCH_BYTES;
                    let (record, born_ms) = queue.get(seq).filter(|_| room)?;
                    bytes += record.payload.len() + frame::RECORD;
                    Some((record.clone(), born_ms))
                })
                .collect();
            let dead = queue.homes.dead(in_use);
            if queue.moved || !records.is_empty() || !dead.is_empty() {
                queue.moved = false;
                let (last, cursors) = (queue.last(), queue.cursors().clone());
                state.busy_since = Some(Instant::now());
                return Some(Work {
                    last,
                    cursors,
                    records,
                    dead,
                    makes_room,
                });
            }
            if state.stopping {
                return None;
            }
            self.shared.work.wait(&mut state);
        }
    }

    fn perform(&mut self, work: &Work) -> io::Result<Written> {
        // First, for there may be no room otherwise.
        for dead in &work.dead {
            self.bury(*dead)?;
        }
        let full = self.shared.state.lock().queue.options().segment_bytes;
        if self.open.as_ref().is_some_and(|open| open.bytes >= full) {
            self.open = None;
        }
        let mut frames = Vec::new();
        frame::write_cursors(work.last, &work.cursors, &mut frames);
        for (record, born_ms) in &work.records {
            frame::write_record(record, *born_ms, &mut frames);
        }
        match self.open.take() {
            Some(mut open) => {
                let written = open.append(&frames, !work.records.is_empty());
                if let Err(error) = written {
                    // Nothing more is written behind a frame that may not be whole.
                    let _ = open.file.set_len(open.bytes);
                    return Err(error);
                }
                let segment = open.number;
                open.bytes += frames.len() as u64;
                self.open = Some(open);
                let bytes = frames.len() as u64;
                Ok(Written { segment, bytes })
            }
            None => self.begin(&frames),
        }
    }

    /// A new segment, with these frames in it.
    fn begin(&mut self, frames: &[u8]) -> io::Result<Written> {
        let number = self.next_segment;
        // A name that was tried is not used again.
        self.next_segment += 1;
        let path = segment::path(&self.directory, number);
        let file = File::options().append(true).create_new(true).open(&path)?;
        let bytes = (segment::HEAD + frames.len()) as u64;
        let mut open = Open {
            number,
            file,
            bytes,
        };
        let whole = [&segment::head(), frames].concat();
        let written = open.append(&whole, true).and_then(|()| self.sync_names());
        if let Err(error) = written {
            let _ = fs::remove_file(&path);
            return Err(error);
        }
        self.open = Some(open);
        Ok(Written {
            segment: number,
            bytes,
        })
    }

    fn sync_names(&self) -> io::Result<()> {
        File::open(&self.directory)?.sync_all()
    }

    /// Removes a segment nobody needs, or sets it aside.
    fn bury(&self, dead: Dead) -> io::Result<()> {
        let path = segment::path(&self.directory, dead.segment);
        let gone = match dead.damaged {
            false => fs::remove_file(&path),
            true => {
                let aside = segment::aside(&self.directory, dead.segment);
                log::warn!("outbox: {} is set aside: it is damaged", aside.display());
                let renamed = fs::rename(&path, aside);
                renamed.and_then(|()| self.tidy_aside())
            }
        };
        match gone {
            Err(error) if error.kind() != io::ErrorKind::NotFound => Err(error),
            _ => Ok(()),
        }
    }

    fn tidy_aside(&self) -> io::Result<()> {
        let mut aside: Vec<u64> = fs::read_dir(&self.directory)?
            .flatten()
            .filter_map(|entry| segment::number_aside(&entry.file_name().to_string_lossy()))
            .collect();
        aside.sort_unstable();
        let old = aside.len().saturating_sub(KEPT_ASIDE);
        for &number in &aside[..old] {
            fs::remove_file(segment::aside(&self.directory, number))?;
        }
        Ok(())
    }

    /// Takes down what was done, and tells it. Says whether the thread is to end.
    fn settle(&mut self, work: &Work, outcome: io::Result<Written>) -> bool {
        let mut state = self.shared.state.lock();
        state.busy_since = None;
        let queue = &mut state.queue;
        let trouble = match outcome {
            Ok(Written { segment, bytes }) => {
                let homes = &mut queue.homes;
                homes.grown(segment, bytes);
                for dead in &work.dead {
                    homes.removed(dead.segment);
                }
                for (record, _) in &work.records {
                    if queue.get(record.seq).is_some() {
                        queue.homes.written(record.seq, segment);
                    }
                }
                if work.makes_room {
                    self.shared.durable.borrow().trouble // until records are written
                } else {
                    if self.pause.take().is_some() {
                        log::info!("outbox: {} is written again", self.directory.display());
                    }
                    None
                }
            }
            Err(error) => {
                queue.moved = true;
                if self.pause.is_none() {
                    let directory = self.directory.display();
                    log::error!(
                        "outbox: {directory}: {error}; it goes on in memory, and is written when the disk takes it"
                    );
                }
                let doubled = self.pause.map_or(FIRST_PAUSE, |pause| pause * 2);
                self.pause = Some(doubled.min(LONGEST_PAUSE));
                Some(error.kind())
            }
        };
        let up_to = state.queue.durable_up_to();
        let now = crate::Durable { up_to, trouble };
        self.shared.durable.send_if_modified(|durable| {
            let news = *durable != now;
            *durable = now;
            news
        });
        state.stopping
    }

    /// Waits for so long, unless it is to end.
    fn rest(&self, pause: Duration) {
        let until = Instant::now() + pause;
        let mut state = self.shared.state.lock();
        while !state.stopping && !self.shared.work.wait_until(&mut state, until).timed_out() {}
    }
}

impl Open {
    fn append(&mut self, frames: &[u8], sync: bool) -> io::Result<()> {
        self.file.write_all(frames)?;
        // Cursors alone can wait for whatever comes next: what they lose comes twice.
        if sync { self.file.sync_data() } else { Ok(()) }
    }
}
