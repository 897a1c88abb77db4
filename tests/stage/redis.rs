//! Debian's Redis: a server, a master with a replica and a Sentinel, or a Cluster.

use std::{
    io::{BufRead, BufReader, Write},
    net::TcpStream,
    process::Command,
    time::Duration,
};

use rustix::process::Signal;

use super::{
    directory::Directory,
    port::{free_port, free_port_with},
    process::Process,
    until::{DEADLINE, until},
};

/// One server. Killed when it is dropped.
pub(crate) struct Redis {
    process: Process,
    port: u16,
    directory: Directory,
    password: Option<&'static str>,
    tls_port: Option<u16>,
}

impl Redis {
    /// One that keeps nothing on disk.
    pub(crate) fn start(flags: &[&str]) -> Self {
        Self::start_on(free_port(), Directory::new(), flags)
    }

    /// One that asks for this password.
    pub(crate) fn with_password(password: &'static str) -> Self {
        let mut redis = Self::launch(free_port(), Directory::new(), &["--requirepass", password]);
        redis.password = Some(password);
        redis.becomes_ready();
        redis
    }

    /// On a port of the story's, with what another has left in a directory.
    pub(crate) fn start_on(port: u16, directory: Directory, flags: &[&str]) -> Self {
        let redis = Self::launch(port, directory, flags);
        redis.becomes_ready();
        redis
    }

    /// Without waiting until it answers.
    pub(crate) fn launch(port: u16, directory: Directory, flags: &[&str]) -> Self {
        let mut command = Command::new("redis-server");
        command.current_dir(directory.path());
        command.args(["--port", &port.to_string(), "--bind", "127.0.0.1"]);
        command.args(["--save", "", "--dir", directory.path().to_str().unwrap()]);
        command.args(flags);
        Redis {
            process: Process::start(&mut command),
            port,
            directory,
            password: None,
            tls_port: None,
        }
    }

    /// One that speaks TLS, too.
    pub(crate) fn with_tls(certificate: &str, key: &str) -> Self {
        let port = free_port();
        let port_text = port.to_string();
        let mut redis = Self::start(&[
            "--tls-port",
            &port_text,
            "--tls-cert-file",
            certificate,
            "--tls-key-file",
            key,
            "--tls-auth-clients",
            "no",
        ]);
        redis.tls_port = Some(port);
        redis
    }

    /// `127.0.0.1:1234`, where TLS is spoken.
    pub(crate) fn tls_host(&self) -> String {
        format!("127.0.0.1:{}", self.tls_port.unwrap())
    }

    /// A directory where a file of its own would be.
    pub(crate) fn make_directory(&self, name: &str) {
        std::fs::create_dir(self.directory.join(name)).unwrap();
    }

    pub(crate) fn becomes_ready(&self) {
        until("redis-server", DEADLINE, || {
            (self.try_ask(&["PING"])? == "+PONG").then_some(())
        });
    }

    /// On the same port of another address, without waiting until it answers.
    pub(crate) fn elsewhere(address: &str, port: u16) -> Self {
        Self::launch(port, Directory::new(), &["--bind", address])
    }

    /// Killed, and started anew on its port with what is on its disk.
    pub(crate) fn restart(self, flags: &[&str]) -> Self {
        let Redis {
            process,
            port,
            directory,
            ..
        } = self;
        drop(process);
        Self::launch(port, directory, flags)
    }

    /// `127.0.0.1:1234`, as in `REDIS_HOST`.
    pub(crate) fn host(&self) -> String {
        format!("127.0.0.1:{}", self.port)
    }

    pub(crate) fn port(&self) -> u16 {
        self.port
    }

    pub(crate) fn signal(&self, signal: Signal) {
        self.process.signal(signal);
    }

    /// A command, and the first line of its answer, or all of a text.
    #[track_caller]
    pub(crate) fn ask(&self, words: &[&str]) -> String {
        self.try_ask(words).expect("an answer of Redis")
    }

    /// The same; `None` while nobody answers.
    pub(crate) fn try_ask(&self, words: &[&str]) -> Option<String> {
        let mut stream = TcpStream::connect(("127.0.0.1", self.port)).ok()?;
        stream
            .set_read_timeout(Some(Duration::from_secs(10)))
            .ok()?;
        let mut reader = BufReader::new(stream.try_clone().ok()?);
        if let Some(password) = self.password {
            exchange(&mut stream, &mut reader, &["AUTH", password])?;
        }
        exchange(&mut stream, &mut reader, words)
    }

    /// Look-ups: so many that find something, and so many that do not.
    pub(crate) fn look_up(&self, hits: usize, misses: usize) {
        let mut stream = TcpStream::connect(("127.0.0.1", self.port)).unwrap();
        let mut reader = BufReader::new(stream.try_clone().unwrap());
        exchange(&mut stream, &mut reader, &["SET", "here", "1"]).unwrap();
        for (key, times) in [("here", hits), ("nowhere", misses)] {
            for _ in 0..times {
                exchange(&mut stream, &mut reader, &["GET", key]).unwrap();
            }
        }
    }

    /// A number of INFO, read by itself.
    #[track_caller]
    pub(crate) fn info(&self, key: &str) -> f64 {
        let info = self.ask(&["INFO"]);
        let line = info
            .lines()
            .find_map(|line| line.strip_prefix(key)?.strip_prefix(':'));
        line.unwrap_or_else(|| panic!("no {key} in {info}"))
            .trim()
            .parse()
            .unwrap()
    }
}

/// Asks on a connection.
fn exchange(stream: &mut TcpStream, reader: &mut impl BufRead, words: &[&str]) -> Option<String> {
    let mut question = format!("*{}\r\n", words.len());
    for word in words {
        question += &format!("${}\r\n{word}\r\n", word.len());
    }
    stream.write_all(question.as_bytes()).ok()?;
    let mut line = String::new();
    reader.read_line(&mut line).ok().filter(|read| *read > 0)?;
    let line = line.trim_end();
    let length: Option<usize> = line
        .strip_prefix('$')
        .and_then(|length| length.parse().ok());
    let Some(length) = length else {
        return Some(line.to_owned());
    };
    let mut text = vec![0; length + 2];
    reader.read_exact(&mut text).ok()?;
    text.truncate(length);
    String::from_utf8(text).ok()
}

/// A master, a replica, and a Sentinel that knows them as `stack`.
pub(crate) struct Sentinels {
    pub(crate) master: Option<Redis>,
    pub(crate) replica: Redis,
    sentinel: Redis,
}

impl Sentinels {
    /// All of them, once the Sentinel knows the replica.
    pub(crate) fn start() -> Self {
        let master = Redis::start(&[]);
        let of_master = ["--replicaof", "127.0.0.1", &master.port.to_string()];
        let replica = Redis::start(&of_master);
        let directory = Directory::new();
        // Sentinel writes what it learns into its file.
        let settings = format!(
            "sentinel monitor stack 127.0.0.1 {} 1\nsentinel down-after-milliseconds stack 2000\n\
             sentinel failover-timeout stack 6000\nsentinel parallel-syncs stack 1\n",
            master.port
        );
        let file = directory.write("sentinel.conf", &settings);
        let port = free_port();
        let mut command = Command::new("redis-server");
        command.args([
            file.to_str().unwrap(),
            "--sentinel",
            "--port",
            &port.to_string(),
        ]);
        command.args(["--bind", "127.0.0.1"]);
        let sentinel = Redis {
            process: Process::start(&mut command),
            port,
            directory,
            password: None,
            tls_port: None,
        };
        let sentinels = Sentinels {
            master: Some(master),
            replica,
            sentinel,
        };
        until("a replica the sentinel knows", DEADLINE, || {
            let info = sentinels.sentinel.try_ask(&["INFO", "sentinel"])?;
            info.contains("status=ok,address=").then_some(())?;
            info.contains("slaves=1").then_some(())
        });
        sentinels
    }

    pub(crate) fn url(&self) -> String {
        format!("redis+sentinel://{}/stack", self.sentinel.host())
    }
}

/// Three masters that share all slots.
pub(crate) struct Cluster {
    pub(crate) nodes: Vec<Redis>,
}

impl Cluster {
    /// All of them, once the cluster is whole.
    pub(crate) fn start() -> Self {
        let flags = ["--cluster-enabled", "yes", "--cluster-node-timeout", "1000"];
        let node = |_| Redis::start_on(free_port_with(10_000), Directory::new(), &flags);
        let nodes: Vec<_> = (0..3).map(node).collect();
        for (at, node) in nodes.iter().enumerate() {
            let (first, last) = (at * 16_384 / 3, (at + 1) * 16_384 / 3 - 1);
            let (first, last) = (first.to_string(), last.to_string());
            let added = node.ask(&["CLUSTER", "ADDSLOTSRANGE", &first, &last]);
            assert_eq!(added, "+OK");
            let other = &nodes[0];
            if at > 0 {
                let port = other.port.to_string();
                assert_eq!(node.ask(&["CLUSTER", "MEET", "127.0.0.1", &port]), "+OK");
            }
        }
        until("a whole cluster", DEADLINE, || {
            let whole = |node: &Redis| {
                let info = node.ask(&["CLUSTER", "INFO"]);
                info.contains("cluster_state:ok") && info.contains("cluster_known_nodes:3")
            };
            nodes.iter().all(whole).then_some(())
        });
        Cluster { nodes }
    }

    pub(crate) fn url(&self) -> String {
        let hosts: Vec<_> = self.nodes.iter().map(Redis::host).collect();
        format!("redis+cluster://{}", hosts.join(","))
    }

    /// The node that has keys in the slot of a key, if one has.
    pub(crate) fn holder(&self, key: &str) -> Option<usize> {
        let slot = self.slot(key);
        let count = ["CLUSTER", "COUNTKEYSINSLOT", &slot];
        self.nodes.iter().position(|node| node.ask(&count) != ":0")
    }

    fn slot(&self, key: &str) -> String {
        let slot = self.nodes[0].ask(&["CLUSTER", "KEYSLOT", key]);
        slot.trim_start_matches(':').to_owned()
    }

    /// Begins to move the slot of a key from one node to another.
    pub(crate) fn begin_move(&self, key: &str, from: usize, to: usize) -> Moving<'_> {
        let ids = self.nodes.iter().map(|node| node.ask(&["CLUSTER", "MYID"]));
        let moving = Moving {
            cluster: self,
            ids: ids.map(|id| id.trim_end().to_owned()).collect(),
            slot: self.slot(key),
            from,
            to,
        };
        moving.set_slot(to, "IMPORTING", from);
        moving.set_slot(from, "MIGRATING", to);
        moving
    }
}

/// A slot on its way from one node to another.
pub(crate) struct Moving<'c> {
    cluster: &'c Cluster,
    ids: Vec<String>,
    slot: String,
    from: usize,
    pub(crate) to: usize,
}

impl Moving<'_> {
    fn set_slot(&self, at: usize, what: &str, node: usize) {
        let words = ["CLUSTER", "SETSLOT", &self.slot, what, &self.ids[node]];
        assert_eq!(self.cluster.nodes[at].ask(&words), "+OK");
    }

    /// A key goes over.
    pub(crate) fn take(&self, key: &str) {
        let port = self.cluster.nodes[self.to].port.to_string();
        let words = ["MIGRATE", "127.0.0.1", &port, key, "0", "5000"];
        assert_eq!(self.cluster.nodes[self.from].ask(&words), "+OK");
    }

    /// All keys go over.
    pub(crate) fn take_all(&self) {
        let port = self.cluster.nodes[self.from].port.to_string();
        let mut cli = Command::new("redis-cli");
        cli.args(["-p", &port, "CLUSTER", "GETKEYSINSLOT", &self.slot, "100"]);
        let keys = String::from_utf8(cli.output().unwrap().stdout).unwrap();
        let keys = keys.lines().filter(|key| !key.is_empty());
        keys.for_each(|key| self.take(key));
        let count = ["CLUSTER", "COUNTKEYSINSLOT", &self.slot];
        assert_eq!(self.cluster.nodes[self.from].ask(&count), ":0");
    }

    /// The slot is the other node's, and all know it.
    pub(crate) fn end(&self) {
        for node in [self.to, self.from, 3 - self.from - self.to] {
            self.set_slot(node, "NODE", self.to);
        }
    }
}
