//! Reads the files of `/proc`, within bounds, into a buffer that is kept. The files themselves are
//! kept open, too: opening one costs as much as reading it.

use std::{
    collections::HashMap,
    fs::File,
    io,
    os::unix::fs::{FileExt, MetadataExt},
    path::{Path, PathBuf},
    time::Duration,
};

use rustix::{
    event::{PollFd, PollFlags, Timespec, poll},
    io::Errno,
};
use tokio::time::Instant;

use super::text::Malformed;
use crate::collector::{CollectError, Reason};

/// No file here is larger, but what is mounted there need not be a `/proc`.
const LIMIT: usize = 1 << 20;

/// A line per mount, and one overlay's line alone can fill a page: a busy container host has more
/// than a megabyte of them.
const MOUNTINFO_LIMIT: usize = 8 << 20;

/// The table of mounts: the host's, and ours.
const MOUNTINFO: [&str; 2] = ["1/mountinfo", "self/mountinfo"];

/// It is read anew all the same after so long: not all that it says of a filesystem need be the work of
/// somebody who mounts.
const MOUNTINFO_COUNTS: Duration = Duration::from_mins(1);

/// Where `/proc` is unless somebody says otherwise.
const OWN: &str = "/proc";

/// A file of the kernel's.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(super) enum Of {
    /// The machine's.
    Machine(&'static str),
    /// A network namespace's.
    Network(&'static str),
}

/// A directory with the kernel's files.
pub(super) struct Procfs {
    root: PathBuf,
    /// Below the root, the directory of the host's network. `net` is that of whoever looks: in a
    /// container that watches its host it would be the container's.
    network: &'static str,
    open: HashMap<Of, File>,
    buffer: Vec<u8>,
    /// When the table of mounts was read the last time.
    mounts_read: Option<Instant>,
}

impl Procfs {
    pub(super) fn new(root: PathBuf) -> Self {
        let own = root == Path::new(OWN);
        Procfs {
            root,
            network: if own { "net" } else { "1/net" },
            open: HashMap::new(),
            buffer: Vec::new(),
            mounts_read: None,
        }
    }

    /// For messages.
    pub(super) fn root(&self) -> String {
        self.root.display().to_string()
    }

    /// Whether these are the files of the machine as this process itself sees it.
    pub(super) fn is_own(&self) -> bool {
        self.root == Path::new(OWN)
    }

    /// Reads a file and has it parsed.
    pub(super) fn parse<T>(
        &mut self,
        file: Of,
        parser: impl FnOnce(&[u8]) -> Result<T, Malformed>,
    ) -> Result<T, CollectError> {
        self.parse_within(LIMIT, file, parser)
            .map_err(Trouble::error)
    }

    /// The same for a file that not every kernel has; `None` where it has not.
    pub(super) fn parse_if_there<T>(
        &mut self,
        file: Of,
        parser: impl FnOnce(&[u8]) -> Result<T, Malformed>,
    ) -> Result<Option<T>, CollectError> {
        match self.parse_within(LIMIT, file, parser) {
            Ok(parsed) => Ok(Some(parsed)),
            Err(trouble) if trouble.is_absence() => Ok(None),
            Err(trouble) => Err(trouble.error()),
        }
    }

    /// The mounts as the host's first process sees them, or, where that one is hidden from us, as
    /// we do. Where nothing was mounted since the last time the parser is not called: the kernel
    /// takes longer to write this table than all others, and says when it has changed.
    pub(super) fn parse_mountinfo(
        &mut self,
        parser: impl FnMut(&[u8]) -> Result<(), Malformed>,
    ) -> Result<(), CollectError> {
        let [host, own] = MOUNTINFO;
        self.parse_new_mounts(host, own, parser)
            .map_err(Trouble::error)
    }

    /// The mounts as this process sees them, likewise; none where there is no such table.
    pub(super) fn parse_own_mountinfo(
        &mut self,
        parser: impl FnMut(&[u8]) -> Result<(), Malformed>,
    ) -> Result<(), CollectError> {
        let own = MOUNTINFO[1];
        match self.parse_new_mounts(own, own, parser) {
            Err(trouble) if !trouble.is_absence() => Err(trouble.error()),
            _ => Ok(()),
        }
    }

    fn parse_new_mounts(
        &mut self,
        file: &'static str,
        otherwise: &'static str,
        mut parser: impl FnMut(&[u8]) -> Result<(), Malformed>,
    ) -> Result<(), Trouble> {
        let now = Instant::now();
        let is_young = |read: Instant| now.duration_since(read) < MOUNTINFO_COUNTS;
        if self.mounts_read.is_some_and(is_young) && !self.has_new_mounts() {
            return Ok(());
        }
        self.mounts_read = None;
        let mut of = |file| self.parse_within(MOUNTINFO_LIMIT, Of::Machine(file), &mut parser);
        match of(file) {
            Err(trouble) if trouble.unread.is_some() => of(otherwise)?,
            result => result?,
        }
        self.mounts_read = Some(now);
        Ok(())
    }

    /// Whether there may be mounts that were not there when the table was opened, or asked for this
    /// the last time. Of a file that is no such table nobody knows.
    fn has_new_mounts(&self) -> bool {
        let open = MOUNTINFO.iter();
        let mut open = open.filter_map(|name| self.open.get(&Of::Machine(name)));
        let Some(table) = open.next() else {
            return true;
        };
        let mut asked = [PollFd::new(table, PollFlags::PRI | PollFlags::OUT)];
        let no_time = Timespec {
            tv_sec: 0,
            tv_nsec: 0,
        };
        !matches!(poll(&mut asked, Some(&no_time)), Ok(0))
    }

    fn parse_within<T>(
        &mut self,
        limit: usize,
        file: Of,
        parser: impl FnOnce(&[u8]) -> Result<T, Malformed>,
    ) -> Result<T, Trouble> {
        let trouble = |me: &Self, reason, detail, unread| Trouble {
            path: me.path(file),
            reason,
            detail,
            unread,
        };
        let length = match self.read(file, limit) {
            Ok(length) => length,
            Err(error) => {
                self.open.remove(&file);
                let detail = error.to_string();
                return Err(trouble(self, Reason::Unavailable, detail, Some(error)));
            }
        };
        if length > limit {
            let detail = format!("more than {limit} bytes");
            return Err(trouble(self, Reason::TooLarge, detail, None));
        }
        parser(&self.buffer[..length])
            .map_err(|error| trouble(self, Reason::Parse, error.to_string(), None))
    }

    fn path(&self, file: Of) -> PathBuf {
        match file {
            Of::Machine(name) => self.root.join(name),
            Of::Network(name) => self.root.join(self.network).join(name),
        }
    }

    /// How much of the buffer is filled.
    fn read(&mut self, file: Of, limit: usize) -> io::Result<usize> {
        // Of the kernel's own no file is ever removed under a name that stays.
        let is_own = self.is_own();
        if let Some(open) = self.open.get(&file)
            && (is_own || open.metadata()?.nlink() > 0)
            && let Ok(length) = fill(open, &mut self.buffer, limit)
        {
            return Ok(length);
        }
        // For the first time; or what is called so now is another file.
        let opened = File::open(self.path(file))?;
        let length = fill(&opened, &mut self.buffer, limit)?;
        self.open.insert(file, opened);
        Ok(length)
    }
}

/// Why a file was of no use.
struct Trouble {
    path: PathBuf,
    reason: Reason,
    detail: String,
    /// It could not even be read.
    unread: Option<io::Error>,
}

impl Trouble {
    fn error(self) -> CollectError {
        CollectError {
            part: self.path.display().to_string(),
            reason: self.reason,
            detail: self.detail,
        }
    }

    /// The kernel was built or started without it.
    fn is_absence(&self) -> bool {
        self.unread.as_ref().is_some_and(|error| {
            error.kind() == io::ErrorKind::NotFound
                || Errno::from_io_error(error) == Some(Errno::OPNOTSUPP)
        })
    }
}

/// Reads from the beginning to the end, or a little past the limit, and returns how much of the
/// buffer is filled. The buffer keeps its size: from the second time on there is nothing to
/// allocate or to clear.
fn fill(from: &impl FileExt, buffer: &mut Vec<u8>, limit: usize) -> io::Result<usize> {
    let mut length = 0;
    while length <= limit {
        if length == buffer.len() {
            buffer.resize((2 * length).max(16 << 10), 0);
        }
        match from.read_at(&mut buffer[length..], length as u64) {
            // However little it was before: a line that had no more room in the kernel's page comes next.
            Ok(0) => break,
            Ok(more) => length += more,
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            Err(error) => return Err(error),
        }
    }
    Ok(length)
}

#[cfg(test)]
mod tests {
    use std::{env, fs, process};

    use super::*;

    /// A file in memory, handed out in parts of so many bytes at most.
    struct Text<'a>(&'a [u8], usize);

    impl FileExt for Text<'_> {
        fn read_at(&self, buffer: &mut [u8], offset: u64) -> io::Result<usize> {
            let rest = &self.0[(offset as usize).min(self.0.len())..];
            let length = rest.len().min(buffer.len()).min(self.1);
            buffer[..length].copy_from_slice(&rest[..length]);
            Ok(length)
        }

        fn write_at(&self, _: &[u8], _: u64) -> io::Result<usize> {
            Err(io::ErrorKind::Unsupported.into())
        }
    }

    #[test]
    fn reading_stops_soon_after_the_limit() {
        let mut buffer = Vec::new();
        assert_eq!(fill(&Text(b"abc", 4096), &mut buffer, 10).unwrap(), 3);
        assert_eq!(&buffer[..3], b"abc");
        let large = vec![b'x'; 8 * LIMIT];
        let length = fill(&Text(&large[..40_000], 4096), &mut buffer, 50_000).unwrap();
        assert_eq!(length, 40_000);
        let length = fill(&Text(&large, 4096), &mut buffer, LIMIT).unwrap();
        assert!(length > LIMIT && length <= 4 * LIMIT, "{length}");
    }

    #[test]
    fn a_part_that_is_short_need_not_be_the_last() {
        let mut buffer = Vec::new();
        assert_eq!(fill(&Text(b"abcde", 2), &mut buffer, 10).unwrap(), 5);
        assert_eq!(&buffer[..5], b"abcde");
    }

    #[test]
    fn what_is_missing_is_named() {
        let mut procfs = Procfs::new("/nowhere".into());
        let error = procfs.parse(Of::Machine("stat"), |_| Ok(())).unwrap_err();
        assert_eq!(error.part, "/nowhere/stat");
        assert_eq!(error.reason, Reason::Unavailable);
        let error = procfs.parse_mountinfo(|_| Ok(())).unwrap_err();
        assert_eq!(error.part, "/nowhere/self/mountinfo");
        let vmstat = Of::Machine("vmstat");
        assert_eq!(procfs.parse_if_there(vmstat, |_| Ok(())), Ok(None));
    }

    #[test]
    fn the_hosts_network_is_that_of_its_first_process() {
        let mut host = Procfs::new("/host/proc".into());
        let error = host.parse(Of::Network("dev"), |_| Ok(())).unwrap_err();
        assert_eq!(error.part, "/host/proc/1/net/dev");
        assert_eq!(
            Procfs::new("/proc/".into()).path(Of::Network("dev")),
            Path::new("/proc/net/dev")
        );
    }

    #[test]
    fn a_file_that_was_replaced_is_opened_anew() {
        let folder = env::temp_dir().join(format!("vitals-kept-{}", process::id()));
        fs::create_dir_all(&folder).unwrap();
        let file = folder.join("loadavg");
        let mut procfs = Procfs::new(folder.clone());
        let mut read = || {
            let text = |text: &[u8]| Ok(String::from_utf8_lossy(text).into_owned());
            procfs.parse_if_there(Of::Machine("loadavg"), text).unwrap()
        };
        fs::write(&file, "one").unwrap();
        assert_eq!(read().as_deref(), Some("one"));
        fs::write(&file, "other").unwrap();
        assert_eq!(read().as_deref(), Some("other"));
        fs::remove_file(&file).unwrap();
        assert_eq!(read(), None);
        fs::write(&file, "new").unwrap();
        assert_eq!(read().as_deref(), Some("new"));
        fs::remove_dir_all(&folder).unwrap();
    }
}
