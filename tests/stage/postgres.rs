//! Debian's PostgreSQL, with an account for Vitals and one for an application.

use std::{
    fs,
    os::unix::fs::{PermissionsExt, chown},
    path::PathBuf,
    process::{Command, Output},
};

use rustix::process::{Signal, getuid};

use super::{
    directory::Directory,
    port::free_port,
    process::Process,
    until::{DEADLINE, until},
};

/// It refuses root: then it is run as this one, who is everywhere.
const NOBODY: u32 = 65_534;
/// `shared_buffers` and the like: small, for a test.
const SETTINGS: &str = "
listen_addresses = '127.0.0.1'
max_connections = 20
superuser_reserved_connections = 3
shared_buffers = 16MB
fsync = off
unix_socket_directories = ''
shared_preload_libraries = 'pg_stat_statements'
log_min_messages = log
";

/// A server with a database `app`. Killed when it is dropped.
pub(crate) struct Postgres {
    process: Process,
    port: u16,
    directory: Directory,
}

impl Postgres {
    /// With more settings.
    pub(crate) fn start(settings: &str) -> Self {
        let directory = Directory::new();
        let data = directory.join("data");
        fs::create_dir(&data).unwrap();
        if getuid().is_root() {
            for path in [directory.path(), &data] {
                chown(path, Some(NOBODY), Some(NOBODY)).unwrap();
            }
        }
        let mut init = program("initdb");
        init.args([
            "--username",
            "admin",
            "--auth",
            "scram-sha-256",
            "--no-sync",
        ]);
        let password = directory.write("password", "admin");
        let mode = fs::Permissions::from_mode(0o644);
        fs::set_permissions(&password, mode).unwrap();
        init.arg("--pwfile")
            .arg(&password)
            .arg("--pgdata")
            .arg(&data);
        let made = init.current_dir(directory.path()).output().unwrap();
        assert!(made.status.success(), "{made:?}");
        let port = free_port();
        let conf = data.join("postgresql.conf");
        let text = format!("{SETTINGS}\nport = {port}\n{settings}\n");
        fs::write(&conf, text).unwrap();
        let process = run(&directory);
        let postgres = Postgres {
            process,
            port,
            directory,
        };
        postgres.becomes_ready();
        postgres.sql("postgres", "CREATE DATABASE app");
        for statement in [
            "CREATE EXTENSION pg_stat_statements",
            "CREATE ROLE vitals LOGIN PASSWORD 'secret'",
            "GRANT pg_monitor TO vitals",
            "CREATE ROLE application LOGIN PASSWORD 'application'",
            "CREATE TABLE work (id int, text text)",
            "INSERT INTO work SELECT n, repeat('x', 200) FROM generate_series(1, 20000) n",
            "GRANT ALL ON work TO application",
        ] {
            postgres.sql("app", statement);
        }
        postgres
    }

    /// The settings of one that speaks TLS with a certificate, and its key, which only it may read.
    pub(crate) fn tls([certificate, key]: &[PathBuf; 2]) -> String {
        if getuid().is_root() {
            chown(key, Some(NOBODY), Some(NOBODY)).unwrap();
        }
        fs::set_permissions(key, fs::Permissions::from_mode(0o600)).unwrap();
        let (certificate, key) = (certificate.display(), key.display());
        format!("ssl = on\nssl_cert_file = '{certificate}'\nssl_key_file = '{key}'\n")
    }

    fn becomes_ready(&self) {
        until("PostgreSQL", DEADLINE, || {
            self.psql("admin", "postgres", "SELECT 1")
                .status
                .success()
                .then_some(())
        });
    }

    /// `127.0.0.1:1234`.
    pub(crate) fn host(&self) -> String {
        format!("127.0.0.1:{}", self.port)
    }

    /// A `[[postgres]]` of this name.
    pub(crate) fn section(&self, name: &str) -> String {
        format!(
            "[[postgres]]\nname = \"{name}\"\nurl = \"postgres://{}/app\"\npassword = \"secret\"\n",
            self.host()
        )
    }

    /// What an administrator is answered, without the end of the line.
    #[track_caller]
    pub(crate) fn sql(&self, database: &str, statement: &str) -> String {
        let output = self.psql("admin", database, statement);
        assert!(output.status.success(), "{statement}: {output:?}");
        String::from_utf8(output.stdout)
            .unwrap()
            .trim_end()
            .to_owned()
    }

    /// A number an administrator is answered.
    #[track_caller]
    pub(crate) fn number(&self, question: &str) -> f64 {
        self.sql("app", question).parse().unwrap()
    }

    pub(crate) fn psql(&self, user: &str, database: &str, statement: &str) -> Output {
        self.client(user, database)
            .args(["--command", statement])
            .output()
            .unwrap()
    }

    /// A client that is connected, and does what it is told, until it is dropped.
    pub(crate) fn session(&self, user: &str, statement: &str) -> Process {
        Process::start(self.client(user, "app").args(["--command", statement]))
    }

    fn client(&self, user: &str, database: &str) -> Command {
        let mut psql = program("psql");
        psql.env("PGPASSWORD", user).env("PGCONNECT_TIMEOUT", "10");
        psql.args(["--no-psqlrc", "--quiet", "--tuples-only", "--no-align"]);
        psql.args(["--host", "127.0.0.1", "--port", &self.port.to_string()]);
        psql.args(["--username", user, "--dbname", database]);
        psql.current_dir(self.directory.path());
        psql
    }

    /// To the server and to all its children: `STOP` and `CONT` of a machine that hangs.
    pub(crate) fn signal_all(&self, signal: Signal) {
        let parent = self.process.id();
        let children = fs::read_to_string(format!("/proc/{parent}/task/{parent}/children"));
        for child in children.unwrap().split_whitespace() {
            let child = rustix::process::Pid::from_raw(child.parse().unwrap()).unwrap();
            // One that has just ended is no matter.
            let _ = rustix::process::kill_process(child, signal);
        }
        self.process.signal(signal);
    }

    /// Stopped at once, as by a crash, and started again later.
    pub(crate) fn stop(&mut self) {
        self.process.signal(Signal::QUIT);
        self.process.ends_within(DEADLINE);
    }

    pub(crate) fn start_again(&mut self) {
        self.process = run(&self.directory);
        self.becomes_ready();
    }
}

impl Drop for Postgres {
    fn drop(&mut self) {
        // Its children end with it only if it is told to.
        if self.process.is_running() {
            self.signal_all(Signal::CONT);
            self.process.signal(Signal::QUIT);
            self.process.ends_within(DEADLINE);
        }
    }
}

fn run(directory: &Directory) -> Process {
    let mut server = program("postgres");
    server.arg("-D").arg(directory.join("data"));
    Process::start(server.current_dir(directory.path()))
}

/// One of the programs of the newest version there is, as a user it bears.
fn program(name: &str) -> Command {
    let versions = fs::read_dir("/usr/lib/postgresql").into_iter().flatten();
    let mut programs: Vec<PathBuf> = versions
        .flatten()
        .map(|version| version.path().join("bin").join(name))
        .filter(|path| path.exists())
        .collect();
    programs.sort();
    let path = programs.pop();
    let path = path.expect("PostgreSQL: install Debian's package of that name, as tests/run does");
    let mut command = Command::new(path);
    if getuid().is_root() {
        use std::os::unix::process::CommandExt;
        command.uid(NOBODY).gid(NOBODY);
    }
    command
        .env_clear()
        .env("PATH", "/usr/bin:/bin")
        .env("LC_ALL", "C.UTF-8");
    command
}
