//! What all stories need: directories of their own, small windows, labels, and everything of a store
//! at once.

use std::{
    fs,
    path::{Path, PathBuf},
    time::Duration,
};

use exposition::Labels;
use tsdb::{Head, Journal, Keeper, Options, Reader, Recovered, Scratch, SeriesRef, Writer};

pub(crate) const STEP: i64 = 10_000;

/// An empty directory, removed when the story has ended well.
pub(crate) struct Dir(PathBuf);

impl Dir {
    pub(crate) fn new(name: &str) -> Dir {
        // Of this process: the same tests may run twice at a time.
        let name = format!("{name}-{}", std::process::id());
        let path = Path::new(env!("CARGO_TARGET_TMPDIR")).join(name);
        let _ = fs::remove_dir_all(&path);
        fs::create_dir_all(&path).unwrap();
        Dir(path)
    }

    pub(crate) fn path(&self) -> &Path {
        &self.0
    }
}

impl Drop for Dir {
    fn drop(&mut self) {
        if !std::thread::panicking() {
            let _ = fs::remove_dir_all(&self.0);
        }
    }
}

/// Windows of twenty ticks, merged by four, kept for ever; in memory no longer than needed.
pub(crate) fn options() -> Options {
    Options {
        window: Duration::from_millis(20 * STEP as u64),
        merged: Duration::from_millis(80 * STEP as u64),
        max_age: Duration::from_secs(100 * 365 * 86_400),
        max_bytes: u64::MAX,
        linger: Duration::ZERO,
        sync: false,
        ..Options::default()
    }
}

/// A store with all who work on it.
pub(crate) struct Store {
    pub(crate) head: Head,
    pub(crate) journal: Journal,
    pub(crate) recovered: Recovered,
    pub(crate) writer: Writer,
    pub(crate) keeper: Keeper,
}

impl Store {
    pub(crate) fn open(dir: &Path, options: Options) -> Store {
        let (head, journal, recovered) = tsdb::open(dir, options).unwrap();
        let (writer, keeper) = (journal.writer(), journal.keeper());
        Store {
            head,
            journal,
            recovered,
            writer,
            keeper,
        }
    }

    /// A batch, made durable, and whatever is due afterwards.
    pub(crate) fn append(&mut self, t: i64, samples: &[(SeriesRef, f64)]) -> usize {
        let appended = self.head.append(t, samples);
        assert!(self.writer.write().unwrap().up_to >= appended.batch);
        self.keeper.finish().unwrap();
        appended.taken
    }

    pub(crate) fn series(&self, labels: &Labels) -> SeriesRef {
        self.head.series("test", labels).unwrap()
    }
}

/// The files of a store, as a process that is killed leaves them.
pub(crate) fn copy(from: &Path, to: &Path) {
    let _ = fs::remove_dir_all(to);
    for (sub, path) in files(from) {
        fs::create_dir_all(to.join(&sub)).unwrap();
        fs::copy(&path, to.join(sub).join(path.file_name().unwrap())).unwrap();
    }
}

/// Of both folders, sorted.
pub(crate) fn files(dir: &Path) -> Vec<(String, PathBuf)> {
    let of = |sub: &str| {
        let entries = fs::read_dir(dir.join(sub)).into_iter().flatten();
        let sub = sub.to_owned();
        entries.map(move |entry| (sub.clone(), entry.unwrap().path()))
    };
    let mut all: Vec<_> = of("blocks").chain(of("wal")).collect();
    all.sort();
    all
}

/// Everything of a series, values as bits.
pub(crate) fn all(reader: &Reader, series: SeriesRef) -> Vec<(i64, u64)> {
    let mut scratch = Scratch::default();
    reader.read(series, i64::MIN, i64::MAX, &mut scratch);
    scratch.samples().map(|(t, v)| (t, v.to_bits())).collect()
}

pub(crate) fn named(name: impl Into<String>) -> Labels {
    Labels::new([("__name__", name.into()), ("job", "test".into())])
}
