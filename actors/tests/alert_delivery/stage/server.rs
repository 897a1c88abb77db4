//! Redis servers that end with their test, and somebody who listens to them.

use std::{
    fs,
    net::TcpListener,
    path::Path,
    process::{Child, Command, Stdio},
    time::{Duration, Instant},
};

use redis::{Connection, FromRedisValue, Value, cmd};
use vitals_actors::alert::payload::Payload;

use super::{Folder, LONG};

/// A port that was free a moment ago.
fn free_port() -> u16 {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    listener.local_addr().unwrap().port()
}

/// A server, killed when it is dropped.
pub(crate) struct Server {
    pub(crate) port: u16,
    program: &'static str,
    arguments: Vec<String>,
    folder: Folder,
    child: Option<Child>,
    /// What it is to be told first, where it asks who we are.
    password: Option<&'static str>,
}

impl Server {
    /// Redis, with these arguments beside those that all have.
    pub(crate) fn redis(arguments: &[&str]) -> Self {
        Self::start("redis-server", |port, folder| {
            let mut all: Vec<String> = vec!["--port".into(), port.to_string()];
            let dir = folder.to_str().unwrap();
            let common = ["--bind", "127.0.0.1", "--save", "", "--dir", dir];
            all.extend(common.iter().chain(arguments).map(ToString::to_string));
            all
        })
    }

    /// A Sentinel that watches this master.
    pub(crate) fn sentinel(master: &Server) -> Self {
        let watched = master.port;
        Self::start("redis-server", |port, folder| {
            let file = folder.join("sentinel.conf");
            let settings = format!(
                "port {port}\nbind 127.0.0.1\nsentinel monitor mymaster 127.0.0.1 {watched} 1\n\
                 sentinel down-after-milliseconds mymaster 1000\n"
            );
            fs::write(&file, settings).unwrap();
            vec![file.to_str().unwrap().to_owned(), "--sentinel".into()]
        })
    }

    pub(crate) fn start(
        program: &'static str,
        arguments: impl Fn(u16, &Path) -> Vec<String>,
    ) -> Self {
        // Where somebody else took the port in between, another one is tried.
        for _ in 0..10 {
            let (port, folder) = (free_port(), Folder::new("redis"));
            let mut server = Server {
                port,
                program,
                arguments: arguments(port, &folder.0),
                folder,
                child: None,
                password: None,
            };
            if server.up() {
                return server;
            }
        }
        panic!("{program} does not start");
    }

    pub(crate) fn folder(&self) -> &Path {
        &self.folder.0
    }

    pub(crate) fn with_password(mut self, password: &'static str) -> Self {
        self.command(&["CONFIG", "SET", "requirepass", password]);
        self.password = Some(password);
        self
    }

    /// Starts it (again). False if it ends at once.
    pub(crate) fn up(&mut self) -> bool {
        let child = Command::new(self.program)
            .args(&self.arguments)
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        let child = self.child.insert(child);
        let since = Instant::now();
        loop {
            if child.try_wait().unwrap().is_some() {
                return false;
            }
            if connect(self.port, None).is_some() {
                return true;
            }
            assert!(since.elapsed() < LONG, "{} does not answer", self.program);
            nap();
        }
    }

    pub(crate) fn kill(&mut self) {
        if let Some(mut child) = self.child.take() {
            let _ = child.kill();
            let _ = child.wait();
        }
    }

    pub(crate) fn connection(&self) -> Connection {
        let since = Instant::now();
        loop {
            if let Some(connection) = connect(self.port, self.password) {
                return connection;
            }
            assert!(since.elapsed() < LONG, "{} does not answer", self.program);
            nap();
        }
    }

    pub(crate) fn ask<T: FromRedisValue>(&self, command: &[&str]) -> T {
        let mut question = cmd(command[0]);
        question.arg(&command[1..]);
        loop {
            match question.query(&mut self.connection()) {
                Ok(answer) => return answer,
                // Sentinels cut all connections to a server that changes its role.
                Err(error) if error.is_io_error() => nap(),
                Err(error) => panic!("{command:?}: {error}"),
            }
        }
    }

    pub(crate) fn command(&self, command: &[&str]) {
        self.ask::<Value>(command);
    }

    pub(crate) fn url(&self) -> String {
        format!("redis://127.0.0.1:{}", self.port)
    }

    /// The stream, oldest first.
    pub(crate) fn log(&self) -> Vec<Payload> {
        type Entry = (String, Vec<(String, String)>);
        let entries: Vec<Entry> = self.ask(&["XRANGE", "{vitals}:alerts:log", "-", "+"]);
        let of = |(_, fields): Entry| {
            assert_eq!(fields[0].0, "alert");
            serde_json::from_str(&fields[0].1).unwrap()
        };
        entries.into_iter().map(of).collect()
    }

    /// The fingerprints that are kept as firing, sorted.
    pub(crate) fn active(&self) -> Vec<String> {
        let mut active: Vec<String> = self.ask(&["HKEYS", "{vitals}:alerts:active"]);
        active.sort();
        active
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        self.kill();
    }
}

fn connect(port: u16, password: Option<&str>) -> Option<Connection> {
    let user = password
        .map(|password| format!(":{password}@"))
        .unwrap_or_default();
    let client = redis::Client::open(format!("redis://{user}127.0.0.1:{port}")).ok()?;
    let mut connection = client
        .get_connection_with_timeout(Duration::from_secs(5))
        .ok()?;
    let _ = connection.set_read_timeout(Some(LONG));
    // One that asks who we are is there, too, and one that cannot save.
    let ping: Result<String, _> = cmd("PING").query(&mut connection);
    match ping {
        Ok(_) => Some(connection),
        Err(error) if matches!(error.code(), Some("NOAUTH" | "MISCONF")) => Some(connection),
        Err(_) => None,
    }
}

#[expect(
    clippy::disallowed_methods,
    reason = "there is no actor on this thread"
)]
fn nap() {
    std::thread::sleep(Duration::from_millis(5));
}

/// Somebody who listens to all channels of alerts.
pub(crate) struct Subscriber {
    heard: std::sync::mpsc::Receiver<(String, Payload)>,
}

impl Subscriber {
    pub(crate) fn new(server: &Server) -> Self {
        let mut connection = server.connection();
        let (tell, heard) = std::sync::mpsc::channel();
        let (ready, subscribed) = std::sync::mpsc::channel();
        std::thread::spawn(move || {
            let mut channels = connection.as_pubsub();
            channels.psubscribe("vitals:alerts*").unwrap();
            ready.send(()).unwrap();
            while let Ok(message) = channels.get_message() {
                let payload = serde_json::from_slice(message.get_payload_bytes()).unwrap();
                let channel = message.get_channel_name().to_owned();
                if tell.send((channel, payload)).is_err() {
                    break;
                }
            }
        });
        subscribed.recv().unwrap();
        Subscriber { heard }
    }

    /// The next message, and its channel.
    pub(crate) fn next(&self) -> (String, Payload) {
        self.heard.recv_timeout(LONG).expect("nothing is heard")
    }

    /// What was heard so far, but on the channels of severities.
    pub(crate) fn so_far(&self) -> Vec<Payload> {
        let heard = self.heard.try_iter();
        heard
            .filter(|(channel, _)| channel == "vitals:alerts")
            .map(|(_, payload)| payload)
            .collect()
    }
}
