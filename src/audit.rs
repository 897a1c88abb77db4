//! The audit log: every change of state in one line, with who, what, when and how it went. It goes to
//! the log, and to `audit.log` in the data directory.
//!
//! A thread of its own, begun with the first change, writes the file, from a queue that holds so many
//! and no more: a disk that hangs keeps no request waiting. What finds no room is in the log all the same,
//! and is counted.

use std::{
    fmt, fs,
    io::{self, Read, Seek, SeekFrom, Write},
    net::SocketAddr,
    os::unix::fs::OpenOptionsExt,
    path::{Path, PathBuf},
    sync::{
        Mutex, OnceLock, PoisonError,
        mpsc::{Receiver, RecvTimeoutError, SyncSender, sync_channel},
    },
    thread,
    time::Duration,
};

use arc_swap::ArcSwapOption;
use jiff::Timestamp;
use prometheus::IntCounter;
use serde::Serialize;

/// The name of the file; that of the one before ends with `.1`.
const FILE: &str = "audit.log";
const FILE_BEFORE: &str = "audit.log.1";
/// Bytes of a file; then the next is begun. There are two at most.
const LARGEST: u64 = 8 << 20;
/// Changes that wait to be written.
const QUEUE: usize = 256;
/// At the end of the process, what waits is given so much time.
const LAST_WORDS: Duration = Duration::from_secs(1);
/// Characters of anything a caller has written.
const SHOWN: usize = 200;

/// One change of state.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub(crate) struct Change {
    /// The name of a token, `loopback`, or a signal.
    pub(crate) who: String,
    /// What was asked for.
    pub(crate) what: String,
    /// How it went.
    pub(crate) outcome: String,
    /// From where, if over the network.
    pub(crate) peer: Option<SocketAddr>,
}

impl fmt::Display for Change {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (who, what, outcome) = (&self.who, &self.what, &self.outcome);
        match self.peer {
            Some(peer) => write!(f, "audit: {who} ({peer}): {what}: {outcome}"),
            None => write!(f, "audit: {who}: {what}: {outcome}"),
        }
    }
}

/// Where changes are told.
pub(crate) struct Audit {
    /// Where the file is to be.
    directory: Option<PathBuf>,
    /// Begun with the first change; none where there is no directory, or no thread to be had.
    writer: OnceLock<Option<Writer>>,
    lost: IntCounter,
}

/// The thread that writes, as seen from others.
struct Writer {
    queue: ArcSwapOption<SyncSender<Line>>,
    /// Closed once everything is written.
    written: Mutex<Receiver<()>>,
}

/// A line of the file.
#[derive(Serialize)]
struct Line {
    time: Timestamp,
    #[serde(flatten)]
    change: Change,
}

impl Audit {
    /// Writes into a directory, or to the log alone.
    pub(crate) fn new(directory: Option<&Path>, lost: IntCounter) -> Self {
        Audit {
            directory: directory.map(Path::to_owned),
            writer: OnceLock::new(),
            lost,
        }
    }

    /// Tells a change. Never waits.
    pub(crate) fn tell(&self, change: Change) {
        let change = Change {
            who: plain(&change.who),
            what: plain(&change.what),
            outcome: plain(&change.outcome),
            peer: change.peer,
        };
        log::info!(target: "vitals::audit", "{change}");
        let time = Timestamp::now();
        let writer = self.writer.get_or_init(|| {
            let directory = self.directory.as_deref()?;
            Writer::begin(directory, self.lost.clone())
        });
        if let Some(writer) = writer
            && let Some(queue) = &*writer.queue.load()
            && queue.try_send(Line { time, change }).is_err()
        {
            self.lost.inc();
        }
    }

    /// Waits a moment until everything is written. What is told afterwards is in the log only.
    pub(crate) fn finish(&self) {
        let Some(writer) = self.writer.get_or_init(|| None) else {
            return;
        };
        writer.queue.store(None);
        let written = writer
            .written
            .lock()
            .unwrap_or_else(PoisonError::into_inner);
        if written.recv_timeout(LAST_WORDS) == Err(RecvTimeoutError::Timeout) {
            log::warn!("audit: {FILE} is not written to its end: the disk hangs");
        }
    }
}

impl Writer {
    fn begin(directory: &Path, lost: IntCounter) -> Option<Self> {
        let (queue, changes) = sync_channel(QUEUE);
        let (writing, written) = sync_channel(0);
        let mut file = AuditFile::new(directory, LARGEST);
        let write = move || {
            let _writing = writing;
            while let Ok(line) = changes.recv() {
                if !file.write(&line) {
                    lost.inc();
                }
            }
        };
        match thread::Builder::new().name("audit".into()).spawn(write) {
            Ok(_running) => Some(Writer {
                queue: ArcSwapOption::from_pointee(queue),
                written: Mutex::new(written),
            }),
            Err(error) => {
                log::error!("audit: no thread to write {FILE}: {error}; changes are only logged");
                None
            }
        }
    }
}

/// Shortened, and without anything a terminal would obey.
fn plain(text: &str) -> String {
    let mut short = String::new();
    for shown in text.chars().take(SHOWN) {
        match shown {
            '"' | '\'' => short.push(shown),
            other => short.extend(other.escape_debug()),
        }
    }
    if text.chars().nth(SHOWN).is_some() {
        short.push('…');
    }
    short
}

/// The file, begun anew when it is full. It is opened for every line, which are few: what is moved
/// away, removed or mounted over is noticed.
struct AuditFile {
    path: PathBuf,
    before: PathBuf,
    largest: u64,
    /// Whether the last line could be written; said once per change.
    works: bool,
}

impl AuditFile {
    fn new(directory: &Path, largest: u64) -> Self {
        AuditFile {
            path: directory.join(FILE),
            before: directory.join(FILE_BEFORE),
            largest,
            works: true,
        }
    }

    /// False when it could not be written.
    fn write(&mut self, line: &Line) -> bool {
        let written = self.try_write(line);
        let path = self.path.display();
        match &written {
            Err(error) if self.works => {
                log::error!(
                    "audit: {path}: {error}; changes are only logged until it can be written"
                );
            }
            Ok(()) if !self.works => log::info!("audit: {path} is written again"),
            _ => {}
        }
        self.works = written.is_ok();
        self.works
    }

    fn try_write(&self, line: &Line) -> io::Result<()> {
        let mut text = serde_json::to_vec(line)?;
        text.push(b'\n');
        let (mut file, size) = open(&self.path)?;
        if size > 0 && size + text.len() as u64 > self.largest {
            fs::rename(&self.path, &self.before)?;
            (file, _) = open(&self.path)?;
        }
        // One call, so that a line is whole or not there.
        file.write_all(&text)?;
        file.sync_data()
    }
}

/// The file, and its size.
fn open(path: &Path) -> io::Result<(fs::File, u64)> {
    let mut options = fs::OpenOptions::new();
    // To read as well: a pipe is opened at once, then, whoever is at its other end.
    let options = options.read(true).append(true).create(true).mode(0o640);
    let mut file = options.open(path)?;
    let found = file.metadata()?;
    if !found.is_file() {
        return Err(io::Error::other("is not a regular file"));
    }
    let mut size = found.len();
    // A disk that was full, or a power cut: the next line must not go on in that one.
    if size > 0 {
        let mut last = [0];
        file.seek(SeekFrom::End(-1))?;
        file.read_exact(&mut last)?;
        if last != *b"\n" {
            file.write_all(b"\n")?;
            size += 1;
        }
    }
    Ok((file, size))
}

#[cfg(test)]
mod tests {
    use super::*;

    struct Folder(PathBuf);

    impl Folder {
        fn new(test: &str) -> Self {
            let path =
                std::env::temp_dir().join(format!("vitals-audit-{test}-{}", std::process::id()));
            fs::create_dir_all(&path).unwrap();
            Folder(path)
        }
        fn read(&self, file: &str) -> Vec<serde_json::Value> {
            let text = fs::read_to_string(self.0.join(file)).unwrap();
            assert!(text.ends_with('\n'));
            text.lines()
                .map(|line| serde_json::from_str(line).unwrap())
                .collect()
        }
    }

    impl Drop for Folder {
        fn drop(&mut self) {
            let _ = fs::remove_dir_all(&self.0);
        }
    }

    fn change(what: &str) -> Change {
        Change {
            who: "ops".to_owned(),
            what: what.to_owned(),
            outcome: "done".to_owned(),
            peer: "192.0.2.1:4711".parse().ok(),
        }
    }

    fn line(what: &str) -> Line {
        let time = Timestamp::UNIX_EPOCH;
        Line {
            time,
            change: change(what),
        }
    }

    fn counter() -> IntCounter {
        IntCounter::new("lost", "lost").unwrap()
    }

    #[test]
    fn a_change_is_a_line_of_json_and_one_of_the_log() {
        let folder = Folder::new("line");
        let audit = Audit::new(Some(&folder.0), counter());
        audit.tell(change("reload"));
        audit.tell(change("chaos\n\u{1b}[2J\"it's\" é"));
        audit.finish();
        audit.tell(change("too late for the file"));
        let lines = folder.read(FILE);
        assert_eq!(lines.len(), 2);
        let members =
            ["who", "what", "outcome", "peer"].map(|name| lines[0][name].as_str().unwrap());
        assert_eq!(members, ["ops", "reload", "done", "192.0.2.1:4711"]);
        assert!(
            lines[0]["time"]
                .as_str()
                .unwrap()
                .parse::<Timestamp>()
                .is_ok()
        );
        assert_eq!(lines[1]["what"], "chaos\\n\\u{1b}[2J\"it's\" é");
        assert_eq!(
            change("reload").to_string(),
            "audit: ops (192.0.2.1:4711): reload: done"
        );
    }

    #[test]
    fn two_files_are_as_large_as_it_gets() {
        let folder = Folder::new("rotation");
        let length = serde_json::to_vec(&line("0")).unwrap().len() as u64 + 1;
        let mut file = AuditFile::new(&folder.0, length * 3);
        for number in 0..8 {
            assert!(file.write(&line(&number.to_string())));
        }
        let numbers = |file| {
            let lines = folder.read(file);
            lines
                .iter()
                .map(|line| line["what"].as_str().unwrap().to_owned())
                .collect::<String>()
        };
        assert_eq!(
            (numbers(FILE_BEFORE), numbers(FILE)),
            ("345".to_owned(), "67".to_owned())
        );
    }

    #[test]
    fn a_torn_line_spoils_no_other() {
        let folder = Folder::new("torn");
        fs::write(folder.0.join(FILE), "{\"time\":").unwrap();
        assert!(AuditFile::new(&folder.0, LARGEST).write(&line("a")));
        let text = fs::read_to_string(folder.0.join(FILE)).unwrap();
        assert_eq!(text.lines().count(), 2);
        assert!(serde_json::from_str::<serde_json::Value>(text.lines().nth(1).unwrap()).is_ok());
    }

    #[test]
    fn a_file_that_is_taken_away_or_replaced_is_noticed() {
        let folder = Folder::new("replaced");
        let path = folder.0.join(FILE);
        let mut file = AuditFile::new(&folder.0, LARGEST);
        assert!(file.write(&line("a")));
        fs::remove_file(&path).unwrap();
        assert!(file.write(&line("b")));
        assert_eq!(folder.read(FILE)[0]["what"], "b");

        // A pipe or a device would keep the thread for ever, or nothing of what it is given.
        fs::remove_file(&path).unwrap();
        std::os::unix::fs::symlink("/dev/null", &path).unwrap();
        assert!(!file.write(&line("c")));
        fs::remove_dir_all(&folder.0).unwrap();
        assert!(!file.write(&line("d")));
        fs::create_dir(&folder.0).unwrap();
        assert!(file.write(&line("e")));
    }

    #[test]
    fn what_cannot_be_written_is_counted_and_written_again_when_it_can() {
        let folder = Folder::new("broken");
        let missing = folder.0.join("missing");
        let mut file = AuditFile::new(&missing, LARGEST);
        assert!(!file.write(&line("a")) && !file.works);
        fs::create_dir(&missing).unwrap();
        assert!(file.write(&line("b")) && file.works);

        let lost = counter();
        let audit = Audit::new(Some(&folder.0.join("nowhere")), lost.clone());
        audit.tell(change("a"));
        audit.finish();
        assert_eq!(lost.get(), 1);
        let logged_only = Audit::new(None, lost.clone());
        logged_only.tell(change("a"));
        logged_only.finish();
        assert_eq!(lost.get(), 1);
    }
}
