//! What a directory has in it when it is opened.

use std::{
    fs::{self, File},
    io::{self, Read},
    path::{Path, PathBuf},
};

use crate::{
    error::OpenError,
    frame::{Cursors, Frame, RECORD},
    options::Options,
    queue::Queue,
    record::{Dropped, Record},
    segment::{self, Content},
};

/// More of one file is not read: no segment is so long.
const LONGEST_FILE: u64 = 256 << 20;

/// What was found when an outbox was opened.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct Recovery {
    /// Live records.
    pub records: usize,
    /// Bytes that were cut off at the end of the last segment: a write that was not finished.
    pub torn_bytes: u64,
    /// Segments with parts that cannot be read. They are set aside once the rest is written anew.
    pub damaged: Vec<Damage>,
    /// What there is no room for, or what is too old.
    pub dropped: Vec<Dropped>,
}

/// A segment with parts that cannot be read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Damage {
    /// The segment, as it will be called when it is set aside.
    pub path: PathBuf,
    /// How many bytes of it.
    pub bytes: u64,
}

/// The queue as it was, and what the next segment is called.
pub(crate) struct Recovered {
    pub(crate) queue: Queue,
    pub(crate) next_segment: u64,
    pub(crate) report: Recovery,
}

pub(crate) fn recover(
    directory: &Path,
    options: Options,
    now_ms: i64,
) -> Result<Recovered, OpenError> {
    let failed = |path: &Path| {
        let path = path.to_owned();
        move |error| OpenError::Io { path, error }
    };
    fs::create_dir_all(directory).map_err(failed(directory))?;
    let (segments, highest) = numbers(directory).map_err(failed(directory))?;
    let mut found = Found::default();
    for (index, &number) in segments.iter().enumerate() {
        let path = segment::path(directory, number);
        let bytes = load(&path).map_err(failed(&path))?;
        if let Some(version) = segment::newer(&bytes) {
            return Err(OpenError::Newer {
                path,
                found: version,
                known: segment::VERSION,
            });
        }
        let mut content = segment::read(&bytes);
        let is_last = index + 1 == segments.len();
        if is_last && content.tail > 0 && cut(&path, content.sound).is_ok() {
            found.report.torn_bytes = content.tail as u64;
            found.lost_bytes += content.tail;
            content.tail = 0;
        }
        found.take(directory, number, content);
    }
    Ok(Recovered {
        next_segment: highest + 1,
        ..found.queue(options, now_ms)
    })
}

/// The numbers of all segments, and the highest number of any file.
fn numbers(directory: &Path) -> io::Result<(Vec<u64>, u64)> {
    let (mut segments, mut highest) = (Vec::new(), 0);
    for entry in fs::read_dir(directory)? {
        let name = entry?.file_name();
        let name = name.to_string_lossy();
        let number = segment::number(&name);
        segments.extend(number);
        highest = highest.max(number.or_else(|| segment::number_aside(&name)).unwrap_or(0));
    }
    segments.sort_unstable();
    Ok((segments, highest))
}

fn load(path: &Path) -> io::Result<Vec<u8>> {
    let mut bytes = Vec::new();
    File::open(path)?
        .take(LONGEST_FILE)
        .read_to_end(&mut bytes)?;
    Ok(bytes)
}

fn cut(path: &Path, length: usize) -> io::Result<()> {
    let file = File::options().write(true).open(path)?;
    file.set_len(length as u64)?;
    file.sync_all()
}

#[derive(Default)]
struct Found {
    segments: Vec<FoundSegment>,
    cursors: Option<Cursors>,
    last: u64,
    lost_bytes: usize,
    report: Recovery,
}

struct FoundSegment {
    number: u64,
    bytes: u64,
    damaged: bool,
    has_cursors: bool,
    records: Vec<(Record, i64)>,
}

impl Found {
    fn take(&mut self, directory: &Path, number: u64, content: Content) {
        let lost = content.damaged + content.tail;
        if lost > 0 {
            self.lost_bytes += lost;
            self.report.damaged.push(Damage {
                path: segment::aside(directory, number),
                bytes: lost as u64,
            });
        }
        let mut segment = FoundSegment {
            number,
            bytes: (content.sound + content.tail) as u64,
            damaged: lost > 0,
            has_cursors: false,
            records: Vec::new(),
        };
        for frame in content.frames {
            match frame {
                Frame::Record { record, born_ms } => {
                    self.last = self.last.max(record.seq);
                    segment.records.push((record, born_ms));
                }
                Frame::Cursors { last, cursors } => {
                    self.last = self.last.max(last);
                    self.cursors = Some(cursors);
                    segment.has_cursors = true;
                }
            }
        }
        self.segments.push(segment);
    }

    fn queue(mut self, options: Options, now_ms: i64) -> Recovered {
        // What was lost may have had numbers that somebody has seen.
        let last = self.last + (self.lost_bytes / RECORD) as u64;
        let all_found = self.lost_bytes == 0;
        let mut queue = Queue::recovered(options, last, self.cursors.take(), all_found);
        for segment in self.segments {
            let FoundSegment { number, bytes, .. } = segment;
            let homes = &mut queue.homes;
            homes.found(number, bytes, segment.damaged, segment.has_cursors);
            for (record, born_ms) in segment.records {
                queue.restore(record, born_ms.min(now_ms), number);
            }
        }
        queue.homes.move_out_of_damaged();
        self.report.dropped = queue.shed(now_ms);
        self.report.records = queue.len();
        Recovered {
            queue,
            next_segment: 0,
            report: self.report,
        }
    }
}
