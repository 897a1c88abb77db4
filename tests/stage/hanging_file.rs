//! A file on a disk that hangs: reads of it come to no end until it goes on.
//!
//! It is a filesystem of one file (FUSE) whose program is this test, mounted over the file it shows.
//! `struct` names are those of `linux/fuse.h`.

use std::{
    collections::VecDeque,
    fs::File,
    io::{Read, Write},
    os::unix::fs::{FileExt, MetadataExt},
    path::{Path, PathBuf},
    process::{Command, Stdio},
    sync::{
        Arc, Mutex, MutexGuard, PoisonError,
        atomic::{AtomicU64, Ordering::Relaxed},
    },
    thread::{self, JoinHandle},
};

const FORGET: u32 = 2;
const GETATTR: u32 = 3;
const OPEN: u32 = 14;
const READ: u32 = 15;
const RELEASE: u32 = 18;
const FLUSH: u32 = 25;
const INIT: u32 = 26;
const INTERRUPT: u32 = 36;
const DESTROY: u32 = 38;
const BATCH_FORGET: u32 = 42;
/// Reads always come to the program: nothing of the file is kept by the kernel.
const FOPEN_DIRECT_IO: u32 = 1;
const ENOSYS: i32 = 38;
/// `fuse_in_header`
const HEADER: usize = 40;

/// Unmounted when it is dropped: after whoever has it open.
pub(crate) struct HangingFile {
    at: PathBuf,
    served: Arc<Served>,
    thread: Option<JoinHandle<()>>,
}

/// What the thread that answers shares with the story.
struct Served {
    device: File,
    file: File,
    reads: AtomicU64,
    /// Reads that hang; `None` while it does not.
    hung: Mutex<Option<VecDeque<Vec<u8>>>>,
}

impl HangingFile {
    /// Over a file that is there. `None`, and a word, where nothing can be mounted.
    pub(crate) fn over(path: &Path) -> Option<Self> {
        let file = File::open(path).unwrap();
        let device = File::options().read(true).write(true).open("/dev/fuse");
        let mounted = device.ok().filter(|device| {
            // The descriptor is handed over as its standard input.
            let mut mount = Command::new("mount");
            let options = "fd=0,rootmode=100444,user_id=0,group_id=0,allow_other";
            mount
                .args(["-i", "-t", "fuse", "-o", options, "hanging"])
                .arg(path);
            let quiet = mount.stdout(Stdio::null()).stderr(Stdio::null());
            quiet.stdin(device.try_clone().unwrap());
            quiet.status().is_ok_and(|status| status.success())
        });
        let Some(device) = mounted else {
            println!("skipped: nothing can be mounted here");
            return None;
        };
        let served = Arc::new(Served {
            device,
            file,
            reads: AtomicU64::new(0),
            hung: Mutex::new(None),
        });
        let theirs = served.clone();
        Some(HangingFile {
            at: path.to_owned(),
            served,
            thread: Some(thread::spawn(move || theirs.serve())),
        })
    }

    /// How often it has been read.
    pub(crate) fn reads(&self) -> u64 {
        self.served.reads.load(Relaxed)
    }

    /// From now on no read comes to an end.
    pub(crate) fn hang(&self) -> Hanging<'_> {
        *self.served.hung() = Some(VecDeque::new());
        Hanging(&self.served)
    }
}

/// Goes on when it is dropped: whoever hangs on it cannot even be killed.
pub(crate) struct Hanging<'f>(&'f Served);

impl Hanging<'_> {
    /// How many reads hang.
    pub(crate) fn reads(&self) -> usize {
        self.0.hung().as_ref().map_or(0, VecDeque::len)
    }
}

impl Drop for Hanging<'_> {
    fn drop(&mut self) {
        let hung = self.0.hung().take();
        hung.into_iter()
            .flatten()
            .for_each(|read| self.0.read(&read));
    }
}

impl Drop for HangingFile {
    fn drop(&mut self) {
        let unmounted = Command::new("umount").arg(&self.at).status();
        if unmounted.is_ok_and(|status| status.success())
            && let Some(thread) = self.thread.take()
        {
            let _ = thread.join();
        }
    }
}

impl Served {
    fn hung(&self) -> MutexGuard<'_, Option<VecDeque<Vec<u8>>>> {
        self.hung.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Answers until it is unmounted.
    fn serve(&self) {
        let mut buffer = vec![0; 1 << 20];
        while let Ok(length) = (&self.device).read(&mut buffer) {
            let request = &buffer[..length];
            match u32_at(request, 4) {
                FORGET | BATCH_FORGET | INTERRUPT => {}
                INIT => self.answer(request, &init()),
                GETATTR => self.answer(request, &self.attributes()),
                OPEN => {
                    let opened = [[0; 8], words(&[FOPEN_DIRECT_IO, 0]).try_into().unwrap()];
                    self.answer(request, opened.as_flattened());
                }
                READ => match &mut *self.hung() {
                    Some(hung) => hung.push_back(request.to_vec()),
                    None => self.read(request),
                },
                RELEASE | FLUSH | DESTROY => self.answer(request, &[]),
                _ => self.reply(request, -ENOSYS, &[]),
            }
        }
    }

    fn read(&self, request: &[u8]) {
        self.reads.fetch_add(1, Relaxed);
        // `fuse_read_in`: a handle, where, how much.
        let (at, length) = (u64_at(request, HEADER + 8), u32_at(request, HEADER + 16));
        let mut bytes = vec![0; length as usize];
        let mut filled = 0;
        while let Ok(more @ 1..) = self.file.read_at(&mut bytes[filled..], at + filled as u64) {
            filled += more;
        }
        self.answer(request, &bytes[..filled]);
    }

    /// `fuse_attr_out`
    fn attributes(&self) -> Vec<u8> {
        let size = self.file.metadata().unwrap().size();
        // How long it counts; then inode, size, blocks, three times; their nanoseconds, the mode, links.
        let mut out = [0, 0, 1, size, size.div_ceil(512), 0, 0, 0]
            .map(u64::to_ne_bytes)
            .concat();
        out.extend(words(&[0, 0, 0, 0o100_444, 1, 0, 0, 0, 4096, 0]));
        out
    }

    fn answer(&self, request: &[u8], body: &[u8]) {
        self.reply(request, 0, body);
    }

    /// `fuse_out_header` and the body. The kernel may not want it any more.
    fn reply(&self, request: &[u8], error: i32, body: &[u8]) {
        let length = (16 + body.len()) as u32;
        let unique = u64_at(request, 8).to_ne_bytes();
        let out = [
            &length.to_ne_bytes(),
            &error.to_ne_bytes(),
            &unique[..],
            body,
        ]
        .concat();
        let _ = (&self.device).write_all(&out);
    }
}

/// `fuse_init_out` of version 7.31: no more than the least there is.
fn init() -> Vec<u8> {
    let (background, congested) = (16_u16, 12_u16);
    let mut out = words(&[7, 31, 65_536, 0]);
    out.extend([background.to_ne_bytes(), congested.to_ne_bytes()].concat());
    // The longest write, the grain of times, and what is not used.
    out.extend(words(&[4096, 1, 0, 0, 0, 0, 0, 0, 0, 0, 0]));
    out
}

fn words(words: &[u32]) -> Vec<u8> {
    words.iter().copied().flat_map(u32::to_ne_bytes).collect()
}

fn u32_at(request: &[u8], at: usize) -> u32 {
    u32::from_ne_bytes(request[at..at + 4].try_into().unwrap())
}

fn u64_at(request: &[u8], at: usize) -> u64 {
    u64::from_ne_bytes(request[at..at + 8].try_into().unwrap())
}
