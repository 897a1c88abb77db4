//! Redis servers that end with their test, and a dispatcher with its sink.

use std::{
    fs,
    future::Future,
    net::TcpListener,
    path::{Path, PathBuf},
    process::{Child, Command, Stdio},
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering::Relaxed},
    },
    time::{Duration, Instant},
};

use actix::System;
use exposition::Labels;
use jiff::Timestamp;
use outbox::{Options, Outbox};
use redis::{Connection, FromRedisValue, Value, cmd};
use supervision::{Backoff, Capacity, ChildSpec, Overseer, Ref, Root, Strategy};
use tokio::sync::watch;
use vitals_actors::{
    alert::{
        dispatcher::{Cadence, Dispatcher, DispatcherSettings, Outlet},
        fingerprint::Fingerprint,
        notification::Alert,
        payload::Payload,
        sink::{
            SinkActor, SinkSettings,
            redis::{Prefix, RedisSink, RedisSinkSettings},
        },
    },
    clock::Clock,
    events::Events,
    messages::{Firing, Transition},
    net::Trust,
    own::OwnMetrics,
    redis::{RedisAccount, RedisSettings},
};

/// Far longer than anything takes that ends at all.
pub(crate) const LONG: Duration = Duration::from_secs(120);

/// A directory that is gone with its test.
pub(crate) struct Folder(pub(crate) PathBuf);

impl Folder {
    pub(crate) fn new(test: &str) -> Self {
        static COUNT: AtomicU64 = AtomicU64::new(0);
        let (process, count) = (std::process::id(), COUNT.fetch_add(1, Relaxed));
        let path = std::env::temp_dir().join(format!("vitals-{test}-{process}-{count}"));
        fs::create_dir_all(&path).unwrap();
        Folder(path)
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        let _ = fs::remove_dir_all(&self.0);
    }
}

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

/// How Redis is reached, when there is nothing special about it.
pub(crate) fn settings(url: &str) -> RedisSettings {
    RedisSettings {
        url: url.parse().unwrap(),
        account: RedisAccount::default(),
        sentinel_account: RedisAccount::default(),
        trust: Trust::default(),
    }
}

/// A dispatcher and its sink, each on its own thread.
pub(crate) struct Vitals {
    root: Root,
    pub(crate) dispatcher: Ref<Dispatcher>,
    pub(crate) outbox: Outbox,
    pub(crate) own: OwnMetrics,
    pub(crate) fence: watch::Sender<Option<Arc<str>>>,
}

impl Vitals {
    pub(crate) fn start(redis: RedisSettings, outbox: Outbox) -> Self {
        Self::with(redis, outbox, Cadence::default(), Duration::from_secs(5))
    }

    pub(crate) fn with(
        redis: RedisSettings,
        outbox: Outbox,
        cadence: Cadence,
        timeout: Duration,
    ) -> Self {
        let own = OwnMetrics::new().unwrap();
        let fence = watch::Sender::new(None);
        let dispatcher = Ref::<Dispatcher>::new("dispatcher", capacity());
        let sink = Ref::<SinkActor<RedisSink>>::new("redis", capacity());
        let reach = RedisSinkSettings {
            redis,
            prefix: Prefix::default(),
            fence: fence.subscribe(),
        };
        let sending = SinkSettings {
            timeout,
            own: own.clone(),
            clock: Clock::System,
        };
        let settings = DispatcherSettings {
            outbox: outbox.clone(),
            sinks: vec![Outlet::new("redis", sink.clone())],
            source: "vitals@test".into(),
            events: Events::default(),
            own: own.clone(),
            clock: Clock::System,
            cadence,
        };
        let child = dispatcher.clone();
        let root = Root::start("test", 8, move || {
            let (settings, sending, reach) = (settings.clone(), sending.clone(), reach.clone());
            let sink = ChildSpec::new(&sink, move |_, _| {
                SinkActor::new(RedisSink::new(reach.clone()), sending.clone())
            });
            let dispatcher = ChildSpec::new(&child, move |start, _| {
                Dispatcher::new(&start, settings.clone())
            });
            Overseer::new(Strategy::OneForOne)
                .child(sink.backoff(Backoff::none()))
                .child(dispatcher.backoff(Backoff::none()))
        });
        Vitals {
            root,
            dispatcher,
            outbox,
            own,
            fence,
        }
    }

    /// Tells of an alert; returns its number in the outbox.
    pub(crate) async fn tell(&self, alert: Alert) -> u64 {
        let transition = Transition {
            alert: Arc::new(alert),
            at: Timestamp::now(),
        };
        let taken = self.dispatcher.ask(transition, LONG).await;
        taken.unwrap().unwrap()
    }

    pub(crate) async fn firing(&self, alerts: Vec<Alert>) {
        let alerts = alerts.into_iter().map(Arc::new).collect();
        let at = Timestamp::now();
        self.dispatcher
            .ask(Firing { alerts, at }, LONG)
            .await
            .unwrap();
    }

    /// Waits until everything has been accepted.
    pub(crate) async fn delivered(&self) {
        until(|| self.outbox.cursor("redis") == Some(self.outbox.last())).await;
    }

    pub(crate) fn count(&self, outcome: &str) -> u64 {
        let counter = &self.own.alerts.notifications;
        counter.with_label_values(&["redis", outcome]).get()
    }

    pub(crate) async fn end(self) {
        self.root.shutdown();
        self.root.exit().await;
    }
}

fn capacity() -> Capacity {
    Capacity {
        commands: 1_024,
        queries: 64,
    }
}

/// Waits for something that has no event of its own.
#[track_caller]
pub(crate) fn until(reached: impl Fn() -> bool) -> impl Future<Output = ()> {
    let place = std::panic::Location::caller();
    async move {
        let since = Instant::now();
        while !reached() {
            assert!(since.elapsed() < LONG, "it does not come to that: {place}");
            tokio::time::sleep(Duration::from_millis(2)).await;
        }
    }
}

pub(crate) fn in_memory() -> Outbox {
    Outbox::in_memory(Options::default())
}

/// The number `n` of the alert of this name: it fires with odd ones and ends with even ones.
pub(crate) fn alert(name: &str, n: u64) -> Alert {
    let labels = Labels::new([("alertname", name), ("severity", "warning")]);
    let second = |n: u64| Timestamp::from_second(1_780_000_000 + n as i64).unwrap();
    let start = if n % 2 == 1 { n } else { n - 1 };
    Alert {
        fingerprint: Fingerprint::of(&labels),
        labels,
        annotations: Labels::new([("summary", "It is so.".to_owned()), ("n", n.to_string())]),
        value: n as f64,
        starts_at: second(start),
        ends_at: n.is_multiple_of(2).then(|| second(n)),
        generator_url: "http://vitals:9090/graph".into(),
    }
}

/// Which number of its alert a message is.
pub(crate) fn n(payload: &Payload) -> u64 {
    payload.annotations.get("n").unwrap().parse().unwrap()
}

/// Runs a story. The actors have threads of their own.
pub(crate) fn story(story: impl Future<Output = ()>) {
    System::new().block_on(story);
}
