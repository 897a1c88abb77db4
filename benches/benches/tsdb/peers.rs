//! Debian's Prometheus and VictoriaMetrics, given the same samples by remote write.

use std::{
    env, fs,
    net::TcpListener,
    path::{Path, PathBuf},
    process::{self, Child, Command, Stdio},
    thread,
    time::{Duration, Instant},
};

use vitals_benches::Sheet;

use crate::{
    fill::bytes,
    remote_write::Requests,
    rows::*,
    series::{DAY, START, STEP, at},
};

const SERIES: usize = 1000;
const TICKS: usize = (7 * DAY / STEP) as usize;

/// A server of its own, killed in the end.
struct Server {
    child: Child,
    dir: PathBuf,
    url: String,
    agent: ureq::Agent,
}

impl Server {
    /// `None` where the program is not installed.
    fn start(name: &str, ready: &str, args: impl Fn(&Path, &str) -> Vec<String>) -> Option<Server> {
        let dir = env::temp_dir().join(format!("tsdb-bench-{name}-{}", process::id()));
        fs::create_dir_all(&dir).expect("a directory for temporary files");
        let free = TcpListener::bind("127.0.0.1:0").and_then(|l| l.local_addr());
        let address = free.expect("a free port").to_string();
        let mut command = Command::new(name);
        command
            .args(args(&dir, &address))
            .stdout(Stdio::null())
            .stderr(Stdio::null());
        let child = command.spawn().ok()?;
        let config = ureq::Agent::config_builder();
        let agent = config
            .timeout_global(Some(Duration::from_secs(120)))
            .build()
            .into();
        let url = format!("http://{address}");
        let server = Server {
            child,
            dir,
            url,
            agent,
        };
        let begun = Instant::now();
        while server.get(ready).is_none() {
            assert!(
                begun.elapsed() < Duration::from_secs(60),
                "{name} does not start"
            );
            pause();
        }
        Some(server)
    }

    fn get(&self, path: &str) -> Option<String> {
        let answer = self.agent.get(format!("{}{path}", self.url)).call();
        answer
            .ok()?
            .body_mut()
            .with_config()
            .limit(1 << 28)
            .read_to_string()
            .ok()
    }

    /// Seconds for all samples, without those that make up the requests.
    fn write(&self) -> f64 {
        let mut spent = Duration::ZERO;
        for (body, _) in Requests::new(SERIES, TICKS) {
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

    /// Milliseconds, the median of fifteen.
    fn query(&self, query: &str, from: i64, to: i64) -> f64 {
        let path = format!(
            "/api/v1/query_range?query={query}&start={}&end={}&step=60&nocache=1",
            from / 1000,
            to / 1000
        );
        let mut times = Vec::new();
        for _ in 0..15 {
            let start = Instant::now();
            let answer = self.get(&path).expect("an answer");
            times.push(start.elapsed().as_secs_f64() * 1e3);
            assert!(answer.len() > 10_000, "{answer:.200}");
        }
        times.sort_by(f64::total_cmp);
        times[7]
    }

    fn rss_kib(&self) -> f64 {
        let status = fs::read_to_string(format!("/proc/{}/status", self.child.id()));
        let status = status.unwrap_or_default();
        let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:"));
        let number = line.and_then(|line| line.split_whitespace().next()?.parse().ok());
        number.unwrap_or(f64::NAN)
    }

    fn measure(&self, per_sample: impl FnOnce(&Server) -> f64) -> Sheet {
        let mut sheet = Sheet::default();
        sheet.put(TAKEN, (SERIES * TICKS) as f64 / self.write() / 1e6);
        sheet.put(PER_SAMPLE, per_sample(self));
        let end = at(TICKS - 1);
        // {__name__="iris_metric_001",instance="host3:9090"}
        let one = "iris_metric_001%7Binstance%3D%22host3%3A9090%22%7D";
        sheet.put(ONE_SERIES, self.query(one, START, end));
        // sum({__name__=~"iris_metric_00[0-4]"})
        let sum = "sum(%7B__name__%3D~%22iris_metric_00%5B0-4%5D%22%7D)";
        sheet.put(SUM, self.query(sum, end - DAY, end));
        sheet.put(RSS, self.rss_kib());
        sheet
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
fn pause() {
    thread::sleep(Duration::from_millis(20));
}

pub(crate) fn victoria_metrics() -> Sheet {
    let server = Server::start("victoria-metrics", "/health", |dir, address| {
        vec![
            format!("-storageDataPath={}", dir.display()),
            format!("-httpListenAddr={address}"),
            "-retentionPeriod=100y".into(),
        ]
    });
    let Some(server) = server else {
        return Sheet::default();
    };
    server.measure(|server| {
        server.get("/internal/force_flush");
        server.get("/internal/force_merge");
        let mut last = f64::NAN;
        // Merged when it stays as it is.
        for _ in 0..120 {
            (0..50).for_each(|_| pause());
            let now = bytes(&server.dir.join("data"));
            if now == last {
                break;
            }
            last = now;
        }
        (last + bytes(&server.dir.join("indexdb"))) / (SERIES * TICKS) as f64
    })
}

pub(crate) fn prometheus() -> Sheet {
    let server = Server::start("prometheus", "/-/ready", |dir, address| {
        let config = dir.join("prometheus.yml");
        fs::write(&config, "").expect("its own directory");
        vec![
            format!("--config.file={}", config.display()),
            format!("--storage.tsdb.path={}", dir.join("data").display()),
            format!("--web.listen-address={address}"),
            "--web.enable-remote-write-receiver".into(),
            "--storage.tsdb.retention.time=100y".into(),
        ]
    });
    let Some(server) = server else {
        return Sheet::default();
    };
    // Of its blocks; what is in its log yet would not be fair to count.
    server.measure(|server| {
        let entries = fs::read_dir(server.dir.join("data"))
            .into_iter()
            .flatten()
            .flatten();
        let (mut all, mut samples) = (0.0, 0.0);
        for entry in entries {
            let meta = fs::read(entry.path().join("meta.json")).unwrap_or_default();
            let meta: serde_json::Value = serde_json::from_slice(&meta).unwrap_or_default();
            if let Some(n) = meta["stats"]["numSamples"].as_f64() {
                all += bytes(&entry.path());
                samples += n;
            }
        }
        all / samples
    })
}
