//! Stories of the outbox on real disks: what it promises, what it survives.

mod bounds;
mod crash;
mod damage;
mod disk;
mod model;

use std::{
    fs,
    path::{Path, PathBuf},
    sync::atomic::{AtomicU64, Ordering::Relaxed},
    time::{Duration, Instant},
};

use crate::{Draft, Dropped, Keep, Options, Outbox, Record, Recovery};

/// Far longer than anything takes that ends at all.
const LONG: Duration = Duration::from_secs(60);

/// A directory that is gone with its test.
struct Folder(PathBuf);

impl Folder {
    fn new(test: &str) -> Self {
        static COUNT: AtomicU64 = AtomicU64::new(0);
        let (process, count) = (std::process::id(), COUNT.fetch_add(1, Relaxed));
        let path = std::env::temp_dir().join(format!("outbox-{test}-{process}-{count}"));
        fs::create_dir_all(&path).unwrap();
        Folder(path)
    }

    fn open(&self, options: Options) -> (Outbox, Recovery) {
        Outbox::open(&self.0, options).unwrap()
    }

    fn files(&self) -> Vec<PathBuf> {
        let mut files: Vec<_> = fs::read_dir(&self.0)
            .unwrap()
            .map(|entry| entry.unwrap().path())
            .collect();
        files.sort();
        files
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        let _ = fs::remove_dir_all(&self.0);
    }
}

fn append(outbox: &Outbox, payload: impl AsRef<[u8]>) -> u64 {
    let draft = |_| Draft::new(Keep(0), payload.as_ref());
    outbox.append(draft).unwrap().seq
}

/// Waits until everything up to this number is on disk.
fn durable(outbox: &Outbox, up_to: u64) {
    until(|| outbox.durable().borrow().up_to >= up_to);
}

#[expect(
    clippy::disallowed_methods,
    reason = "there is no actor on this thread"
)]
fn until(mut reached: impl FnMut() -> bool) {
    let since = Instant::now();
    while !reached() {
        assert!(since.elapsed() < LONG, "it does not come to that");
        std::thread::sleep(Duration::from_millis(1));
    }
}

fn seqs(records: &[Record]) -> Vec<u64> {
    records.iter().map(|record| record.seq).collect()
}

fn copy(from: &Path, to: &Path) {
    for entry in fs::read_dir(from).unwrap() {
        let path = entry.unwrap().path();
        fs::copy(&path, to.join(path.file_name().unwrap())).unwrap();
    }
}

#[test]
fn what_is_not_taken_is_there_again_with_its_number() {
    let folder = Folder::new("again");
    let (outbox, recovery) = folder.open(Options::default());
    assert_eq!(recovery, Recovery::default());
    outbox.consumers(&["redis", "mail"]);
    for number in 1..=5 {
        assert_eq!(append(&outbox, [number]), u64::from(number));
    }
    outbox.acknowledge("redis", 4);
    outbox.acknowledge("mail", 2);
    assert!(outbox.close(LONG));

    let (outbox, recovery) = folder.open(Options::default());
    assert_eq!((recovery.records, recovery.torn_bytes), (3, 0));
    assert_eq!(outbox.cursor("redis"), Some(4));
    assert_eq!(seqs(&outbox.read("redis", 0, 9)), [5]);
    assert_eq!(seqs(&outbox.read("mail", 0, 2)), [3, 4]);
    assert_eq!(seqs(&outbox.read("mail", 4, 9)), [5]);
    assert_eq!(*outbox.read("mail", 0, 1)[0].payload, [3]);
    assert_eq!(append(&outbox, "six"), 6);
    assert_eq!(outbox.last(), 6);
}

#[test]
fn numbers_go_on_where_everything_was_taken() {
    let folder = Folder::new("numbers");
    for round in 0..3 {
        let (outbox, _) = folder.open(Options::default());
        outbox.consumers(&["redis"]);
        assert_eq!(append(&outbox, "x"), round * 2 + 1);
        let last = append(&outbox, "x");
        outbox.acknowledge("redis", last);
        assert!(outbox.close(LONG));
        assert_eq!(folder.files().len(), 1, "nothing is left of what was taken");
    }
}

#[test]
fn a_start_that_finds_nothing_new_writes_nothing() {
    let folder = Folder::new("start");
    let start = |consumers: &[&str]| {
        let (outbox, _) = folder.open(Options::default());
        outbox.consumers(consumers);
        outbox
    };
    assert!(start(&["redis"]).close(LONG));
    assert_eq!(
        folder.files(),
        [] as [PathBuf; 0],
        "nobody was told a number"
    );

    let outbox = start(&["redis"]);
    assert_eq!(append(&outbox, "x"), 1);
    assert!(outbox.acknowledge("redis", 1));
    assert!(outbox.close(LONG));
    let before = folder.files();
    assert_eq!(before.len(), 1);
    assert!(start(&["redis"]).close(LONG));
    assert_eq!(folder.files(), before);

    assert!(start(&["redis", "mail"]).close(LONG));
    assert_ne!(folder.files(), before, "where the new one starts is kept");
    let outbox = start(&["redis", "mail"]);
    assert_eq!((outbox.cursor("mail"), outbox.last()), (Some(1), 1));
}

#[test]
fn a_new_consumer_starts_with_what_comes_next_and_one_that_is_gone_holds_nothing() {
    let folder = Folder::new("consumers");
    let (outbox, _) = folder.open(Options::default());
    outbox.consumers(&["redis"]);
    append(&outbox, "a");
    outbox.consumers(&["redis", "mail"]);
    append(&outbox, "b");
    assert_eq!(seqs(&outbox.read("redis", 0, 9)), [1, 2]);
    assert_eq!(seqs(&outbox.read("mail", 0, 9)), [2]);
    outbox.consumers(&["mail"]);
    assert_eq!(seqs(&outbox.live()), [2]);
    assert!(!outbox.acknowledge("redis", 2));
    assert!(outbox.acknowledge("mail", 99), "no further than there is");
    assert_eq!(
        (outbox.cursor("mail"), outbox.depth().records),
        (Some(2), 0)
    );
}

#[test]
fn appends_that_come_together_share_one_sync_and_take_no_time_each() {
    let folder = Folder::new("group");
    let (outbox, _) = folder.open(Options::default());
    outbox.consumers(&["redis"]);
    for _ in 0..5_000 {
        append(&outbox, [7; 200]);
    }
    durable(&outbox, 5_000);
    assert_eq!(outbox.depth().unwritten, 0);
    assert!(outbox.close(LONG));
    assert_eq!(folder.open(Options::default()).1.records, 5_000);
}

#[test]
fn without_a_directory_nothing_is_durable() {
    let outbox = Outbox::in_memory(Options::default());
    outbox.consumers(&["redis"]);
    append(&outbox, "a");
    assert_eq!(seqs(&outbox.read("redis", 0, 9)), [1]);
    assert_eq!(outbox.durable().borrow().up_to, 0);
    assert!(!outbox.writes() && !outbox.close(LONG));
}
