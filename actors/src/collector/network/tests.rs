//! Real connections on the loopback device: made, refused, and never answered.

use std::{
    io,
    net::{Ipv4Addr, SocketAddr, TcpListener},
    sync::atomic::{AtomicUsize, Ordering::SeqCst},
};

use exposition::Value;
use rustix::net::{AddressFamily, SocketType, bind, getsockname, listen, socket};

use super::*;
use crate::collector::Reason;

const DEADLINE: Duration = Duration::from_millis(500);

fn endpoint(text: impl ToString) -> Endpoint {
    text.to_string().parse().unwrap()
}

fn listener(address: &str) -> (TcpListener, SocketAddr) {
    let listener = TcpListener::bind(address).unwrap();
    let address = listener.local_addr().unwrap();
    (listener, address)
}

/// Where nobody listens.
fn refusing() -> SocketAddr {
    listener("127.0.0.1:0").1
}

/// A listener whose queue is full: the kernel drops whoever comes next.
struct Deaf {
    address: SocketAddr,
    _held: Vec<Box<dyn std::any::Any>>,
}

impl Deaf {
    fn new() -> Self {
        let socket = socket(AddressFamily::INET, SocketType::STREAM, None).unwrap();
        bind(&socket, &SocketAddr::from((Ipv4Addr::LOCALHOST, 0))).unwrap();
        listen(&socket, 0).unwrap();
        let address = SocketAddr::try_from(getsockname(&socket).unwrap()).unwrap();
        let mut held: Vec<Box<dyn std::any::Any>> = vec![Box::new(socket)];
        let moment = Duration::from_millis(100);
        while let Ok(stream) = std::net::TcpStream::connect_timeout(&address, moment) {
            held.push(Box::new(stream));
        }
        Deaf {
            address,
            _held: held,
        }
    }
}

/// The series of a family by target.
fn told(collected: &Collected, name: &str) -> Vec<(String, f64)> {
    let Some(family) = collected.families.iter().find(|f| f.name == name) else {
        return Vec::new();
    };
    let of = |metric: &exposition::Metric| match metric.value {
        Value::Number(number) => (metric.labels.get("target").unwrap().to_owned(), number),
        _ => unreachable!(),
    };
    family.metrics.iter().map(of).collect()
}

fn up(collected: &Collected) -> Vec<f64> {
    let up = told(collected, "vitals_network_up");
    up.into_iter().map(|(_, up)| up).collect()
}

fn reasons(collected: &Collected) -> Vec<Reason> {
    collected
        .failed
        .iter()
        .map(|failed| failed.reason)
        .collect()
}

#[tokio::test]
async fn connections_are_timed_over_both_families() {
    let (_v4, v4) = listener("127.0.0.1:0");
    let (_v6, v6) = listener("[::1]:0");
    let mut collector = NetworkCollector::new([endpoint(v4), endpoint(v6), endpoint(v4)]);
    assert_eq!(collector.name(), "network");
    let collected = collector.collect(DEADLINE).await.unwrap();
    assert_eq!(collected.failed, []);
    assert_eq!(up(&collected), [1.0, 1.0], "told once each");
    let times = told(&collected, "vitals_network_connect_seconds");
    let targets: Vec<_> = times.iter().map(|(target, _)| target.clone()).collect();
    assert_eq!(targets, [v4.to_string(), v6.to_string()]);
    for (target, seconds) in times {
        assert!(seconds > 0.0 && seconds < 0.1, "{target}: {seconds}");
    }
}

#[tokio::test]
async fn one_that_fails_hurts_no_other() {
    let (_listener, well) = listener("127.0.0.1:0");
    let (deaf, refusing) = (Deaf::new(), refusing());
    let targets = [deaf.address, refusing, well];
    let mut collector = NetworkCollector::new(targets.map(endpoint));
    let began = Instant::now();
    let collected = collector.collect(DEADLINE).await.unwrap();
    assert!(began.elapsed() < DEADLINE, "{:?}", began.elapsed());
    assert_eq!(up(&collected), [0.0, 0.0, 1.0]);
    let times = told(&collected, "vitals_network_connect_seconds");
    assert_eq!(times.len(), 1, "absent, never 0: {times:?}");
    assert_eq!(reasons(&collected), [Reason::Timeout, Reason::Connect]);
    let refused = format!("{refusing}: {refusing}: Connection refused (connect)");
    assert_eq!(collected.failed[1].to_string(), refused);
}

#[tokio::test]
async fn a_name_that_has_moved_is_followed() {
    static PORT: AtomicUsize = AtomicUsize::new(0);
    let (first, address) = listener("127.0.0.1:0");
    PORT.store(address.port().into(), SeqCst);
    let look_up = |name: &str, _| {
        assert_eq!(name, "iris.example");
        let port = u16::try_from(PORT.load(SeqCst)).unwrap();
        Ok(vec![(Ipv4Addr::LOCALHOST, port).into()])
    };
    let mut collector = NetworkCollector::with([endpoint("iris.example:1972")], |endpoint| {
        Resolver::with(endpoint, look_up)
    });
    assert_eq!(up(&collector.collect(DEADLINE).await.unwrap()), [1.0]);
    drop(first);
    assert_eq!(up(&collector.collect(DEADLINE).await.unwrap()), [0.0]);
    let (_second, address) = listener("127.0.0.1:0");
    PORT.store(address.port().into(), SeqCst);
    let collected = collector.collect(DEADLINE).await.unwrap();
    assert_eq!(up(&collected), [1.0]);
    let times = told(&collected, "vitals_network_connect_seconds");
    assert_eq!(times[0].0, "iris.example:1972");
}

#[tokio::test]
async fn names_that_cannot_be_looked_up_are_told_apart_from_hosts_that_do_not_answer() {
    static ASKED: AtomicUsize = AtomicUsize::new(0);
    let (_listener, well) = listener("127.0.0.1:0");
    let look_up = |name: &str, _| match name {
        "nowhere" => Ok(Vec::new()),
        "unknown" => Err(io::Error::other("Name or service not known")),
        _ => {
            ASKED.fetch_add(1, SeqCst);
            loop {
                std::thread::park();
            }
        }
    };
    let targets = ["nowhere:1", "unknown:1", "hung:1"].map(endpoint);
    let targets = targets.into_iter().chain([endpoint(well)]);
    let mut collector =
        NetworkCollector::with(targets, |endpoint| Resolver::with(endpoint, look_up));
    for _ in 0..2 {
        let collected = collector.collect(DEADLINE).await.unwrap();
        assert_eq!(up(&collected), [0.0, 0.0, 0.0, 1.0]);
        assert_eq!(reasons(&collected), [Reason::Dns; 3]);
    }
    assert_eq!(ASKED.load(SeqCst), 1, "not again while a question is open");
}

#[tokio::test]
async fn of_several_addresses_one_that_answers_is_enough() {
    static DEAF: AtomicUsize = AtomicUsize::new(0);
    static WELL: AtomicUsize = AtomicUsize::new(0);
    let (_listener, well) = listener("[::1]:0");
    let deaf = Deaf::new();
    DEAF.store(deaf.address.port().into(), SeqCst);
    WELL.store(well.port().into(), SeqCst);
    let look_up = |_: &str, _| {
        let port = |port: &AtomicUsize| u16::try_from(port.load(SeqCst)).unwrap();
        let v4 = |port| SocketAddr::from((Ipv4Addr::LOCALHOST, port));
        let v6 = |port| SocketAddr::new("::1".parse().unwrap(), port);
        Ok(vec![
            v4(port(&DEAF)),
            v4(refusing().port()),
            v6(port(&WELL)),
        ])
    };
    let mut collector = NetworkCollector::with([endpoint("both:1")], |endpoint| {
        Resolver::with(endpoint, look_up)
    });
    let collected = collector.collect(4 * DEADLINE).await.unwrap();
    assert_eq!(up(&collected), [1.0]);
    let times = told(&collected, "vitals_network_connect_seconds");
    assert!(
        times[0].1 < 0.1,
        "the wait for the others is not counted: {times:?}"
    );
}

#[tokio::test]
async fn there_is_a_bound() {
    let targets = (1..=70).map(|port| endpoint(format!("127.0.0.1:{port}")));
    assert_eq!(NetworkCollector::new(targets).targets.len(), MOST_TARGETS);
}
