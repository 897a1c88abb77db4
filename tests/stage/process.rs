//! A process that tells what it does on standard output and error, and does not outlive its test.

use std::{
    io::{self, BufRead, BufReader, Read},
    process::{Child, Command, ExitStatus, Stdio},
    sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError},
    thread::{self, JoinHandle},
    time::{Duration, Instant},
};

use rustix::process::{Pid, Signal, kill_process};

use super::until::{DEADLINE, until};

/// Killed when it is dropped. Its log is shown when the test fails.
pub(crate) struct Process {
    name: String,
    child: Child,
    log: Arc<Log>,
    reader: Option<JoinHandle<()>>,
}

#[derive(Default)]
struct Log {
    written: Mutex<Written>,
    more: Condvar,
}

#[derive(Default)]
struct Written {
    lines: Vec<String>,
    over: bool,
}

impl Log {
    fn written(&self) -> MutexGuard<'_, Written> {
        // A test that failed while it looked has not changed anything.
        self.written.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn read(&self, from: impl Read) {
        for line in BufReader::new(from).split(b'\n') {
            let Ok(line) = line else { break };
            let line = String::from_utf8_lossy(&line).into_owned();
            self.written().lines.push(line);
            self.more.notify_all();
        }
        self.written().over = true;
        self.more.notify_all();
    }
}

impl Process {
    pub(crate) fn start(command: &mut Command) -> Self {
        let name = format!("{command:?}");
        let (output, input) = io::pipe().unwrap();
        let child = command
            .stdin(Stdio::null())
            .stdout(input.try_clone().unwrap())
            .stderr(input)
            .spawn()
            .unwrap_or_else(|error| panic!("{name}: {error}"));
        // Ours would keep the pipe open when the process has ended.
        command.stdout(Stdio::null()).stderr(Stdio::null());
        let log = Arc::<Log>::default();
        let theirs = log.clone();
        let reader = thread::spawn(move || theirs.read(output));
        Process {
            name,
            child,
            log,
            reader: Some(reader),
        }
    }

    pub(crate) fn id(&self) -> u32 {
        self.child.id()
    }

    /// Everything it has said so far.
    pub(crate) fn log(&self) -> Vec<String> {
        self.log.written().lines.clone()
    }

    /// Waits for the first line that has `part` in it.
    #[track_caller]
    pub(crate) fn says(&self, part: &str) -> String {
        let began = Instant::now();
        let mut written = self.log.written();
        loop {
            if let Some(line) = written.lines.iter().find(|line| line.contains(part)) {
                return line.clone();
            }
            let left = DEADLINE.saturating_sub(began.elapsed());
            assert!(
                !written.over && !left.is_zero(),
                "no line with `{part}` from {}",
                self.name
            );
            let waited = self.log.more.wait_timeout(written, left);
            written = waited.unwrap_or_else(PoisonError::into_inner).0;
        }
    }

    pub(crate) fn signal(&self, signal: Signal) {
        kill_process(Pid::from_child(&self.child), signal).unwrap();
    }

    pub(crate) fn is_running(&mut self) -> bool {
        self.child.try_wait().unwrap().is_none()
    }

    /// Waits for its end, and for its last words.
    #[track_caller]
    pub(crate) fn ends_within(&mut self, deadline: Duration) -> ExitStatus {
        let status = until("its end", deadline, || self.child.try_wait().unwrap());
        if let Some(reader) = self.reader.take() {
            reader.join().unwrap();
        }
        status
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        // It may be over already.
        let _ = self.child.kill();
        let _ = self.child.wait();
        if let Some(reader) = self.reader.take() {
            let _ = reader.join();
        }
        if thread::panicking() {
            let log = self.log();
            let shown = log.len().saturating_sub(200);
            eprintln!("--- the last that {} said:", self.name);
            for line in &log[shown..] {
                eprintln!("    {line}");
            }
        }
    }
}
