//! A running Vitals, and how to start one.

use std::{
    env, fs,
    net::SocketAddr,
    path::PathBuf,
    process::{Command, ExitStatus},
    time::Duration,
};

use rustix::process::Signal;

use super::{
    directory::Directory,
    http::{self, Answer},
    page::Page,
    process::Process,
    tree::Tree,
    until::{DEADLINE, until},
};

/// The program: the debug build, or with `VITALS_PROFILE=release` the other one; what `VITALS_PROGRAM`
/// names goes first (`build/record` has it run under another).
fn program() -> PathBuf {
    if let Some(program) = env::var_os("VITALS_PROGRAM") {
        return program.into();
    }
    let debug = PathBuf::from(env!("CARGO_BIN_EXE_vitals"));
    if env::var("VITALS_PROFILE").is_ok_and(|profile| profile == "release") {
        let release = debug
            .parent()
            .unwrap()
            .with_file_name("release")
            .join("vitals");
        assert!(
            release.exists(),
            "no {}: build it first (cargo build --release)",
            release.display()
        );
        return release;
    }
    debug
}

/// `vitals`, without anything it could take for a setting.
pub(crate) fn command() -> Command {
    let mut command = Command::new(program());
    command.env_clear();
    command
}

/// How a Vitals is to be started: on a free port, in a directory of its own, and otherwise as
/// installed.
pub(crate) struct Setup {
    directory: Directory,
    flags: Vec<String>,
    variables: Vec<(String, String)>,
    /// A file that stands in for `/etc/hosts`.
    hosts: Option<PathBuf>,
}

impl Setup {
    pub(crate) fn new() -> Self {
        Setup::in_directory(Directory::new())
    }

    /// In a directory that is there already: after an end, a successor.
    pub(crate) fn in_directory(directory: Directory) -> Self {
        Setup {
            directory,
            flags: Vec::new(),
            variables: Vec::new(),
            hosts: None,
        }
    }

    /// With a settings file.
    pub(crate) fn settings(self, toml: &str) -> Self {
        let path = self.directory.write("vitals.toml", toml);
        self.flag("--config").flag(path.to_str().unwrap())
    }

    pub(crate) fn flag(mut self, flag: &str) -> Self {
        self.flags.push(flag.to_owned());
        self
    }

    /// With a variable in its environment, and no others but these.
    pub(crate) fn variable(mut self, name: &str, value: &str) -> Self {
        self.variables.push((name.to_owned(), value.to_owned()));
        self
    }

    /// With a file beside its settings.
    pub(crate) fn file(self, name: &str, text: &str) -> Self {
        self.directory.write(name, text);
        self
    }

    /// With a file of names beside its settings, `hosts`, which the story may change as it goes on.
    pub(crate) fn names(mut self, hosts: &str) -> Self {
        self.hosts = Some(self.directory.write("hosts", hosts));
        self
    }

    /// Whether [`Setup::names`] is permitted here: it needs a mount of its own.
    pub(crate) fn may_have_names() -> bool {
        let tried = Command::new("unshare")
            .args(["--mount", "/bin/true"])
            .status();
        tried.is_ok_and(|status| status.success())
    }

    /// Starts it, and waits until it says where it listens.
    pub(crate) fn start(self) -> Vitals {
        let mut command = match &self.hosts {
            None => command(),
            Some(hosts) => {
                let mut outer = Command::new("unshare");
                outer
                    .env_clear()
                    .env("PATH", "/usr/sbin:/usr/bin:/sbin:/bin");
                let script = "mount --bind \"$0\" /etc/hosts && exec \"$@\"";
                outer.args(["--mount", "sh", "-c", script]);
                outer.arg(hosts).arg(program());
                outer
            }
        };
        command.current_dir(self.directory.path());
        command.envs(self.variables);
        if !self.flags.iter().any(|flag| flag == "--listen") {
            command.args(["--listen", "127.0.0.1:0"]);
        }
        let process = Process::start(command.args(&self.flags));
        let line = process.says(" listens on ");
        // In either form of the log.
        let (_, address) = line.split_once(" listens on ").unwrap();
        let address = address.split(['"', ' ']).next().unwrap();
        let address: SocketAddr = address.parse().expect(&line);
        assert_ne!(
            address.port(),
            0,
            "the port it got, not the one it was given"
        );
        Vitals {
            process,
            address,
            directory: self.directory,
        }
    }

    /// Starts it, and waits until it is ready.
    pub(crate) fn ready(self) -> Vitals {
        let vitals = self.start();
        vitals.becomes_ready();
        vitals
    }
}

/// A running Vitals. Killed when it is dropped.
pub(crate) struct Vitals {
    pub(crate) process: Process,
    pub(crate) address: SocketAddr,
    pub(crate) directory: Directory,
}

impl Vitals {
    pub(crate) fn url(&self, path: &str) -> String {
        format!("http://{}{path}", self.address)
    }

    #[track_caller]
    pub(crate) fn get(&self, path: &str) -> Answer {
        http::get(&self.url(path), &[])
    }

    #[track_caller]
    pub(crate) fn post(&self, path: &str) -> Answer {
        http::request("POST", &self.url(path), &[]).unwrap()
    }

    #[track_caller]
    pub(crate) fn becomes_ready(&self) {
        until("ready", DEADLINE, || {
            (self.get("/readyz").status == 200).then_some(())
        });
    }

    #[track_caller]
    pub(crate) fn page(&self) -> Page {
        let answer = self.get("/metrics");
        assert_eq!(answer.status, 200, "{}", answer.body);
        Page::parse(&answer.body)
    }

    #[track_caller]
    pub(crate) fn tree(&self) -> Tree {
        Tree::of(&self.get("/vitals/v1/tree").json())
    }

    /// Waits until the tree is as it should be.
    #[track_caller]
    pub(crate) fn tree_until(&self, what: &str, is: impl Fn(&Tree) -> bool) -> Tree {
        until(what, DEADLINE, || Some(self.tree()).filter(&is))
    }

    /// Strikes an actor: `panic`, `hang`, `stop`, or `hang?seconds=4`.
    #[track_caller]
    pub(crate) fn strike(&self, actor: &str, fault: &str) {
        let answer = self.try_strike(actor, fault);
        assert_eq!(answer.status, 202, "{}", answer.body);
    }

    #[track_caller]
    pub(crate) fn try_strike(&self, actor: &str, fault: &str) -> Answer {
        let actor = actor.replace('/', "%2F");
        self.post(&format!("/vitals/v1/chaos/{actor}/{fault}"))
    }

    /// What the kernel writes of the process: `/proc/<pid>/<file>`.
    pub(crate) fn proc(&self, file: &str) -> String {
        fs::read_to_string(format!("/proc/{}/{file}", self.process.id())).unwrap()
    }

    /// Every panic was somebody's: the log would tell of one that no supervisor has seen.
    #[track_caller]
    pub(crate) fn nothing_panicked_unguarded(&self) {
        let log = self.process.log();
        let unguarded = log.iter().find(|line| line.contains("panic on thread"));
        assert_eq!(unguarded, None);
    }

    /// SIGKILL, and what is left of it.
    #[track_caller]
    pub(crate) fn kill(mut self) -> Directory {
        self.process.signal(Signal::KILL);
        self.ends();
        self.directory
    }

    /// SIGTERM, and its end.
    #[track_caller]
    pub(crate) fn stop(&mut self) -> ExitStatus {
        self.process.signal(Signal::TERM);
        self.ends()
    }

    /// For what is known to take its time.
    #[track_caller]
    pub(crate) fn ends_within(&mut self, deadline: Duration) -> ExitStatus {
        self.process.ends_within(deadline)
    }

    #[track_caller]
    pub(crate) fn ends(&mut self) -> ExitStatus {
        self.process.ends_within(DEADLINE)
    }
}
