//! Servers with the same samples: Debian's Prometheus and VictoriaMetrics, given them by remote write,
//! and whatever else answers their queries.

use std::{
    env, fs,
    io::Read,
    net::TcpListener,
    path::{Path, PathBuf},
    process::{self, Child, Command, Stdio},
    thread,
    time::{Duration, Instant},
};

use crate::remote_write::Requests;

/// A server of its own, killed in the end.
pub(crate) struct Server {
    child: Child,
    pub(crate) dir: PathBuf,
    url: String,
    agent: ureq::Agent,
}

impl Server {
    /// VictoriaMetrics; `None` where it is not installed.
    pub(crate) fn victoria_metrics() -> Option<Server> {
        Server::start("victoria-metrics", "/health", |dir, address| {
            let mut command = Command::new("victoria-metrics");
            command
                .arg(format!("-storageDataPath={}", dir.display()))
                .arg(format!("-httpListenAddr={address}"))
                .arg("-retentionPeriod=100y");
            command
        })
    }

    /// Prometheus; `None` where it is not installed.
    pub(crate) fn prometheus() -> Option<Server> {
        Server::start("prometheus", "/-/ready", |dir, address| {
            let config = dir.join("prometheus.yml");
            fs::write(&config, "").expect("its own directory");
            let mut command = Command::new("prometheus");
            command
                .arg(format!("--config.file={}", config.display()))
                .arg(format!(
                    "--storage.tsdb.path={}",
                    dir.join("data").display()
                ))
                .arg(format!("--web.listen-address={address}"))
                .arg("--web.enable-remote-write-receiver")
                .arg("--storage.tsdb.retention.time=100y");
            command
        })
    }

    /// Starts what `command` makes of a directory and an address, and waits until it answers at
    /// `ready`; `None` where there is no such program.
    pub(crate) fn start(
        name: &str,
        ready: &str,
        command: impl Fn(&Path, &str) -> Command,
    ) -> Option<Server> {
        let dir = env::temp_dir().join(format!("vitals-bench-{name}-{}", process::id()));
        fs::create_dir_all(&dir).expect("a directory for temporary files");
        let free = TcpListener::bind("127.0.0.1:0").and_then(|l| l.local_addr());
        let address = free.expect("a free port").to_string();
        let mut command = command(&dir, &address);
        command.stdout(Stdio::null()).stderr(Stdio::null());
        let child = command.spawn().ok()?;
        let agent = ureq::Agent::config_builder()
            .timeout_global(Some(Duration::from_secs(120)))
            // As a browser's connection is: kept, and nothing is compressed on the way to this machine.
            .accept_encoding("identity")
            .build()
            .into();
        let server = Server {
            child,
            dir,
            url: format!("http://{address}"),
            agent,
        };
        let begun = Instant::now();
        while !server.get(ready) {
            assert!(
                begun.elapsed() < Duration::from_secs(60),
                "{name} does not start"
            );
            pause();
        }
        Some(server)
    }

    /// Whether it answers without an error.
    pub(crate) fn get(&self, path: &str) -> bool {
        self.read(path, &mut Vec::new()).is_some()
    }

    /// The body of an answer, in place of what is in `body`; `None` where it is none, or an error.
    fn read(&self, path: &str, body: &mut Vec<u8>) -> Option<()> {
        let answer = self.agent.get(format!("{}{path}", self.url)).call();
        let answer = answer.ok()?.into_body().into_with_config().limit(1 << 28);
        body.clear();
        answer.reader().read_to_end(body).ok()?;
        Some(())
    }

    /// Seconds for all samples, without those that make up the requests.
    pub(crate) fn write(&self, series: usize, ticks: usize) -> f64 {
        let mut spent = Duration::ZERO;
        for (body, _) in Requests::new(series, ticks) {
            let start = Instant::now();
            let request = self.agent.post(format!("{}/api/v1/write", self.url));
            let request = request.header("Content-Type", "application/x-protobuf");
            let request = request.header("Content-Encoding", "snappy");
            let request = request.header("X-Prometheus-Remote-Write-Version", "0.1.0");
            request.send(&body[..]).expect("it takes them");
            spent += start.elapsed();
        }
        spent.as_secs_f64()
    }

    /// Milliseconds of a range query by the minute, the median of so many; times in milliseconds since
    /// the epoch. The query is percent-encoded.
    pub(crate) fn query(&self, query: &str, (from, to): (i64, i64), times: usize) -> f64 {
        let path = format!(
            "/api/v1/query_range?query={query}&start={}&end={}&step=60&nocache=1",
            from / 1000,
            to / 1000
        );
        let (mut took, mut body) = (Vec::new(), Vec::new());
        for _ in 0..times {
            let start = Instant::now();
            self.read(&path, &mut body).expect("an answer");
            took.push(start.elapsed().as_secs_f64() * 1e3);
            let shown = || String::from_utf8_lossy(&body);
            assert!(body.len() > 10_000, "{:.200}", shown());
        }
        took.sort_by(f64::total_cmp);
        took[times / 2]
    }

    /// What the kernel says of it in `status`, such as `VmRSS`, in KiB; NaN where it does not.
    pub(crate) fn memory_kib(&self, key: &str) -> f64 {
        let status = fs::read_to_string(format!("/proc/{}/status", self.child.id()));
        let status = status.unwrap_or_default();
        let mut lines = status.lines().filter_map(|line| line.split_once(':'));
        let value = lines.find_map(|(name, value)| (name == key).then_some(value));
        let number = value.and_then(|value| value.split_whitespace().next()?.parse().ok());
        number.unwrap_or(f64::NAN)
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
        let _ = fs::remove_dir_all(&self.dir);
    }
}

#[expect(clippy::disallowed_methods, reason = "a thread of its own")]
pub(crate) fn pause() {
    thread::sleep(Duration::from_millis(20));
}
