//! Side by side with Debian's node_exporter on this machine: what Vitals tells as `node_*` has the
//! same names, labels, help and type, and its values lie between what node_exporter says just before
//! and just after.

use std::{
    collections::{BTreeMap, BTreeSet},
    io::{ErrorKind, Read, Write},
    net::{Ipv4Addr, SocketAddr, TcpListener, TcpStream},
    process::{Child, Command, Stdio},
    thread,
    time::{Duration, Instant},
};

use exposition::text::{self, Format};
use vitals_actors::collector::{
    Collector,
    system::{SystemCollector, SystemSettings},
};

const BINARY: &str = "prometheus-node-exporter";
const PATIENCE: Duration = Duration::from_secs(20);
/// What measuring itself changes: a scrape is a connection, we keep our files open.
const OWN: [(&str, f64); 6] = [
    ("node_filefd_allocated", 64.0),
    ("node_memory_Committed_AS_bytes", 16e6),
    ("node_netstat_Tcp_CurrEstab", 4.0),
    ("node_sockstat_TCP_alloc", 8.0),
    ("node_sockstat_TCP_inuse", 8.0),
    ("node_sockstat_sockets_used", 16.0),
];

/// A running node_exporter, which also tells of the loopback device; ended when dropped.
struct NodeExporter {
    process: Child,
    address: SocketAddr,
}

impl NodeExporter {
    fn start() -> Self {
        let free = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).unwrap();
        let address = free.local_addr().unwrap();
        drop(free);
        let started = Command::new(BINARY)
            .arg(format!("--web.listen-address={address}"))
            .arg("--collector.netdev.device-exclude=^$")
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn();
        let process = match started {
            Ok(process) => process,
            Err(error) if error.kind() == ErrorKind::NotFound => {
                panic!("{BINARY} is not installed: apt-get install {BINARY}, or run tests/run")
            }
            Err(error) => panic!("{BINARY} does not start: {error}"),
        };
        let exporter = NodeExporter { process, address };
        let began = Instant::now();
        while TcpStream::connect(address).is_err() {
            assert!(
                began.elapsed() < PATIENCE,
                "{BINARY} does not listen on {address}"
            );
            thread::yield_now();
        }
        exporter
    }

    fn page(&self) -> Page {
        let mut stream = TcpStream::connect(self.address).unwrap();
        stream.write_all(b"GET /metrics HTTP/1.0\r\n\r\n").unwrap();
        let mut answer = String::new();
        stream.read_to_string(&mut answer).unwrap();
        let (_, body) = answer.split_once("\r\n\r\n").unwrap();
        Page::of(body)
    }
}

impl Drop for NodeExporter {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

/// A page of the text format, `node_*` only.
struct Page {
    /// The lines `HELP` and `TYPE`, by family.
    heads: BTreeMap<String, String>,
    /// Values by series; labels sorted, and without those that are empty.
    series: BTreeMap<String, f64>,
}

impl Page {
    fn of(text: &str) -> Self {
        let mut page = Page {
            heads: BTreeMap::new(),
            series: BTreeMap::new(),
        };
        for line in text.lines() {
            if let Some(head) = line.strip_prefix("# ") {
                let name = head.split(' ').nth(1).unwrap();
                if name.starts_with("node_") {
                    *page.heads.entry(name.to_owned()).or_default() += &format!("{line}\n");
                }
            } else if line.starts_with("node_") {
                let (series, value) = line.rsplit_once(' ').unwrap();
                page.series.insert(sorted(series), value.parse().unwrap());
            }
        }
        page
    }

    /// The families there is a series of.
    fn families(&self) -> BTreeSet<&str> {
        self.series.keys().map(|series| family(series)).collect()
    }
}

fn family(series: &str) -> &str {
    series.split('{').next().unwrap()
}

fn sorted(series: &str) -> String {
    let Some((name, labels)) = series.split_once('{') else {
        return series.to_owned();
    };
    // Each without its closing quote.
    let labels = labels.trim_end_matches("\"}").split("\",");
    let mut labels: Vec<&str> = labels.filter(|label| !label.ends_with("=\"")).collect();
    labels.sort_unstable();
    format!("{name}{{{}\"}}", labels.join("\","))
}

/// One measurement of a collector that has not measured before, so that nothing is of another time.
async fn ours() -> Page {
    let mut collector = SystemCollector::new(SystemSettings::default());
    let began = Instant::now();
    loop {
        let collected = collector.refresh(PATIENCE).await.unwrap();
        assert_eq!(collected.failed, []);
        let mut text = String::new();
        text::write(collected.told(), Format::Prometheus004, &mut text);
        if text.contains("\nnode_network_up{") {
            return Page::of(&text);
        }
        assert!(
            began.elapsed() < PATIENCE,
            "no facts about the network devices"
        );
    }
}

/// Told by both, just before, in between, and just after.
struct Round {
    before: Page,
    ours: Page,
    after: Page,
}

impl Round {
    /// What the head of a family, or the set of its series, has different.
    fn assert_told_alike(&self) {
        let families = self.ours.families();
        for name in &families {
            assert_eq!(
                self.ours.heads.get(*name),
                self.after.heads.get(*name),
                "{name}"
            );
        }
        let told = |page: &Page| -> BTreeSet<String> {
            let series = page.series.keys();
            let of_ours = series.filter(|series| families.contains(family(series)));
            of_ours.cloned().collect()
        };
        let (ours, after) = (told(&self.ours), told(&self.after));
        let differing: Vec<_> = ours.symmetric_difference(&after).collect();
        assert!(
            differing.is_empty(),
            "told by one of the two only: {differing:#?}"
        );
    }

    /// Series whose value is not between those before and after, with the three.
    fn outside(&self) -> BTreeMap<String, [f64; 3]> {
        let outside = |(series, &value): (&String, &f64)| {
            let (before, after) = (self.before.series[series], self.after.series[series]);
            let own = OWN.iter().find(|(name, _)| series == name);
            let margin = own.map_or(0.0, |(_, margin)| *margin);
            let (least, most) = (before.min(after) - margin, before.max(after) + margin);
            let is_outside = value < least || value > most;
            is_outside.then(|| (series.clone(), [before, value, after]))
        };
        self.ours.series.iter().filter_map(outside).collect()
    }
}

/// Counters only grow, so each must be right each time. What goes up and down may do so in between,
/// and be missed; not for ever.
#[tokio::test]
async fn every_series_is_node_exporters() {
    let node_exporter = NodeExporter::start();
    let began = Instant::now();
    let mut missed: Option<BTreeMap<_, _>> = None;
    loop {
        let round = Round {
            before: node_exporter.page(),
            ours: ours().await,
            after: node_exporter.page(),
        };
        // A mount or a device may have come or gone meanwhile.
        if round.before.series.keys().ne(round.after.series.keys()) {
            assert!(began.elapsed() < PATIENCE, "node_exporter changes its mind");
            continue;
        }
        round.assert_told_alike();
        let outside = round.outside();
        for series in outside.keys() {
            let counter = round.ours.heads[family(series)].ends_with("counter\n");
            // The kernel's idle times fall back by a tick now and then.
            let falls_back = series.starts_with("node_cpu_");
            assert!(!counter || falls_back, "{series}: {:?}", outside[series]);
        }
        match &mut missed {
            None => missed = Some(outside),
            Some(missed) => missed.retain(|series, _| outside.contains_key(series)),
        }
        if missed.as_ref().is_some_and(BTreeMap::is_empty) {
            return;
        }
        assert!(
            began.elapsed() < PATIENCE,
            "never between what node_exporter tells before and after: {missed:#?}"
        );
    }
}
