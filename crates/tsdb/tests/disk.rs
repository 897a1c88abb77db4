//! A disk that is full, and one that hangs. Both need the right to mount; without it they say that
//! they were skipped.

use std::{
    collections::BTreeSet,
    fs,
    path::{Path, PathBuf},
    process::{Command, Stdio},
    thread::{self, ScopedJoinHandle},
    time::Duration,
};

use tsdb::{JournalError, Options};

use crate::stage::{Dir, STEP, Store, all, named, options};

fn run(program: &str, args: &[&str]) -> bool {
    let mut command = Command::new(program);
    let quiet = command
        .args(args)
        .stdout(Stdio::null())
        .stderr(Stdio::null());
    quiet.status().is_ok_and(|status| status.success())
}

/// A mounted file system; unmounted, thawed first, when the story has ended however it did.
struct Mounted {
    at: PathBuf,
    _dir: Dir,
}

impl Mounted {
    fn new(name: &str, mount: impl Fn(&Path, &str) -> bool) -> Option<Mounted> {
        let dir = Dir::new(name);
        let at = dir.path().join("mounted");
        fs::create_dir_all(&at).unwrap();
        let done = mount(dir.path(), at.to_str().unwrap());
        if !done {
            println!("skipped: nothing can be mounted here");
        }
        done.then_some(Mounted { at, _dir: dir })
    }

    fn freeze(&self) {
        assert!(run("fsfreeze", &["--freeze", self.at.to_str().unwrap()]));
    }

    fn thaw(&self) {
        run("fsfreeze", &["--unfreeze", self.at.to_str().unwrap()]);
    }
}

struct Thaw<'a>(&'a Mounted);

impl Drop for Thaw<'_> {
    fn drop(&mut self) {
        self.0.thaw();
    }
}

impl Drop for Mounted {
    fn drop(&mut self) {
        self.thaw();
        run("umount", &[self.at.to_str().unwrap()]);
    }
}

#[test]
fn a_full_disk_keeps_what_was_told_durable_and_is_written_again_once_there_is_room() {
    let tmpfs = |_: &Path, at: &str| run("mount", &["-t", "tmpfs", "-o", "size=1m", "tmpfs", at]);
    let Some(disk) = Mounted::new("full", tmpfs) else {
        return;
    };
    let filler = disk.at.join("filler");
    fs::write(&filler, vec![1; 300_000]).unwrap();
    let small = Options {
        window: Duration::from_millis(100 * STEP as u64),
        sync: true,
        ..options()
    };
    let dir = disk.at.join("store");
    let value = |n: usize, tick: i64| (tick as f64 * 1.1 + n as f64).sin();
    let mut durable = BTreeSet::new();
    let (mut failures, mut freed, mut not_sealed, mut batches) = (0, false, 0, Vec::new());
    {
        let mut store = Store::open(&dir, small.clone());
        let refs: Vec<_> = (0..40)
            .map(|n| store.series(&named(format!("m{n}"))))
            .collect();
        for tick in 0..6000 {
            let row: Vec<_> = refs
                .iter()
                .zip(0..)
                .map(|(s, n)| (*s, value(n, tick)))
                .collect();
            let appended = store.head.append(tick * STEP, &row);
            assert_eq!(appended.taken, 40, "memory does not care");
            batches.push(appended.batch);
            let written = match tick % 2 {
                0 => store.writer.write(),
                _ => store.writer.log(),
            };
            failures += u32::from(written.is_err());
            not_sealed += u32::from(store.keeper.finish().is_err());
            if failures == 30 && !freed {
                fs::remove_file(&filler).unwrap();
                freed = true;
            }
            if freed && failures > 100 {
                break; // full again: killed here
            }
        }
        let up_to = store.journal.durable().up_to;
        durable.extend(
            batches
                .iter()
                .zip(0..)
                .filter(|(b, _)| **b <= up_to)
                .map(|(_, tick)| tick),
        );
    }
    assert!(
        freed && not_sealed > 0 && durable.len() > 500,
        "{failures} {}",
        durable.len()
    );
    let store = Store::open(&dir, small);
    assert!(store.recovered.damages.iter().all(|d| !d.what.loses()));
    for n in 0..40 {
        let samples = all(&store.head.reader(), store.series(&named(format!("m{n}"))));
        let expected: Vec<_> = durable
            .iter()
            .map(|t| (t * STEP, value(n, *t).to_bits()))
            .collect();
        // A block may hold samples that the log could not: they were not told, but are not lost.
        assert!(
            samples.starts_with(&expected),
            "m{n}: {} of {}",
            samples.len(),
            expected.len()
        );
    }
}

/// Waits until a thread of this process is in the kernel and cannot even be killed.
fn until_blocked<T>(thread: &str, handle: &ScopedJoinHandle<'_, T>) {
    let is_blocked = |task: fs::DirEntry| {
        let stat = fs::read_to_string(task.path().join("stat")).unwrap_or_default();
        stat.contains(&format!("({thread}) D "))
    };
    while !fs::read_dir("/proc/self/task")
        .unwrap()
        .flatten()
        .any(is_blocked)
    {
        assert!(!handle.is_finished(), "{thread} did not hang");
        thread::yield_now();
    }
}

/// The disk is an ext4 image on a loop device, frozen by fsfreeze: every write(2) and fsync(2) blocks
/// in the kernel until it is thawed, as it does on a volume that is lost and comes back.
#[test]
#[ignore = "mounts and freezes a file system"]
fn a_disk_that_hangs_holds_up_neither_head_nor_readers_and_nothing_is_lost() {
    let ext4 = |dir: &Path, at: &str| {
        let image = dir.join("image");
        fs::File::create(&image).unwrap().set_len(32 << 20).unwrap();
        let image = image.to_str().unwrap();
        run("mkfs.ext4", &["-q", image]) && run("mount", &["-o", "loop", image, at])
    };
    let Some(disk) = Mounted::new("hang", ext4) else {
        return;
    };
    let dir = disk.at.join("store");
    let synced = Options {
        sync: true,
        ..options()
    };
    let mut store = Store::open(&dir, synced.clone());
    let series = store.series(&named("m"));
    let append = |head: &tsdb::Head, tick: i64| {
        assert_eq!(head.append(tick * STEP, &[(series, tick as f64)]).taken, 1);
    };
    for tick in 0..15 {
        append(&store.head, tick);
        store.writer.write().unwrap();
        store.keeper.finish().unwrap();
    }
    let Store {
        head,
        journal,
        mut writer,
        mut keeper,
        ..
    } = store;
    disk.freeze();
    append(&head, 15);
    let (first, second, sealing) = thread::scope(|scope| {
        // The threads end only when it is thawed, whatever happens here.
        let _thaw = Thaw(&disk);
        let thread = |name: &str| thread::Builder::new().name(name.into());
        let first = thread("first")
            .spawn_scoped(scope, move || writer.write())
            .unwrap();
        until_blocked("first", &first);
        for tick in 16..50 {
            append(&head, tick);
        }
        // Its watchdog gives up; a successor hangs as well.
        let mut successor = journal.writer();
        let write = move || successor.write().map(|durable| (durable, successor));
        let second = thread("second").spawn_scoped(scope, write).unwrap();
        let seal = move || keeper.finish().map(|()| keeper);
        let sealing = thread("sealing").spawn_scoped(scope, seal).unwrap();
        until_blocked("second", &second);
        until_blocked("sealing", &sealing);
        for tick in 50..200 {
            append(&head, tick);
            assert_eq!(all(&head.reader(), series).len(), tick as usize + 1);
        }
        assert!(!first.is_finished() && !second.is_finished() && !sealing.is_finished());
        assert_eq!(journal.durable().at_ms, Some(14 * STEP));
        assert!(head.health().durable.waiting >= 185);
        disk.thaw();
        (
            first.join().unwrap(),
            second.join().unwrap(),
            sealing.join().unwrap(),
        )
    });
    assert!(matches!(first, Err(JournalError::Fenced)), "{first:?}");
    let (durable, mut writer) = second.unwrap_or_else(|error| panic!("{error}"));
    assert_eq!(durable.waiting, 0);
    let mut keeper = sealing.unwrap_or_else(|error| panic!("{error}"));
    append(&head, 200);
    writer.write().unwrap();
    keeper.finish().unwrap();
    assert_eq!(head.health().counts.generations, 1);
    assert_eq!(head.health().counts.not_stored, 0);
    drop((head, journal, writer, keeper));
    let store = Store::open(&dir, synced);
    assert_eq!(store.recovered.damages, []);
    let samples = all(&store.head.reader(), store.series(&named("m")));
    let expected: Vec<_> = (0..=200)
        .map(|t| (t * STEP, (t as f64).to_bits()))
        .collect();
    assert!(samples == expected, "{}", samples.len());
}

#[test]
fn a_limit_below_the_size_of_the_disk_keeps_it_from_ever_being_full() {
    let tmpfs = |_: &Path, at: &str| run("mount", &["-t", "tmpfs", "-o", "size=1m", "tmpfs", at]);
    let Some(disk) = Mounted::new("limit", tmpfs) else {
        return;
    };
    let limited = Options {
        window: Duration::from_millis(100 * STEP as u64),
        merged: Duration::from_millis(300 * STEP as u64),
        max_bytes: 600_000,
        ..options()
    };
    let mut store = Store::open(&disk.at.join("store"), limited);
    let refs: Vec<_> = (0..40)
        .map(|n| store.series(&named(format!("m{n}"))))
        .collect();
    for tick in 0..6000 {
        let row = refs.iter().zip(0..);
        let row: Vec<_> = row
            .map(|(s, n)| (*s, (tick as f64 * 1.1 + f64::from(n)).sin()))
            .collect();
        assert_eq!(store.append(tick * STEP, &row), 40);
    }
    let counts = store.head.health().counts;
    assert!(
        counts.block_bytes <= 600_000 && counts.blocks > 2,
        "{counts:?}"
    );
    let kept = all(&store.head.reader(), refs[0]);
    assert_eq!(kept.last().map(|(t, _)| *t), Some(5999 * STEP));
    assert!((500..2000).contains(&kept.len()), "{}", kept.len());
}
