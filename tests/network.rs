//! Connections to what the host depends on are measured, each by itself; targets come and go by a
//! reload.

use std::net::TcpListener;

use rustix::process::Signal;

use crate::stage::{DEADLINE, Setup, Vitals, until};

fn settings(targets: &[&str]) -> String {
    format!("collect.interval = \"1s\"\nhealth.interval = \"1s\"\nnetwork.targets = {targets:?}")
}

/// A port where nobody listens, and nobody will: it is bound.
fn refusing() -> (rustix::fd::OwnedFd, String) {
    use rustix::net::{AddressFamily, SocketType, bind, getsockname, socket};
    let bound = socket(AddressFamily::INET, SocketType::STREAM, None).unwrap();
    bind(&bound, &std::net::SocketAddr::from(([127, 0, 0, 1], 0))).unwrap();
    let address = std::net::SocketAddr::try_from(getsockname(&bound).unwrap()).unwrap();
    (bound, address.to_string())
}

fn up(vitals: &Vitals, target: &str) -> Option<f64> {
    let series = format!("vitals_network_up{{target=\"{target}\"}}");
    vitals.page().get(&series)
}

fn connect_seconds(vitals: &Vitals, target: &str) -> Option<f64> {
    let series = format!("vitals_network_connect_seconds{{target=\"{target}\"}}");
    vitals.page().get(&series)
}

#[test]
fn each_target_is_measured_by_itself() {
    let v4 = TcpListener::bind("127.0.0.1:0").unwrap();
    let v6 = TcpListener::bind("[::1]:0").unwrap();
    let (_bound, refusing) = refusing();
    let by_address = v4.local_addr().unwrap().to_string();
    let by_name = format!("localhost:{}", v4.local_addr().unwrap().port());
    let six = v6.local_addr().unwrap().to_string();
    let targets = [&*by_address, &by_name, &six, &refusing];
    let vitals = Setup::new().settings(&settings(&targets)).ready();

    until("all targets measured", DEADLINE, || {
        let all = targets.iter().all(|target| up(&vitals, target).is_some());
        all.then_some(())
    });
    for target in &targets[..3] {
        assert_eq!(up(&vitals, target), Some(1.0), "{target}");
        let seconds = connect_seconds(&vitals, target).unwrap();
        assert!(seconds > 0.0 && seconds < 1.0, "{target}: {seconds}");
    }
    assert_eq!(up(&vitals, &refusing), Some(0.0));
    assert_eq!(connect_seconds(&vitals, &refusing), None, "down, not slow");
    until("the trouble in the health", DEADLINE, || {
        let health = vitals.get("/health");
        let output = health.json()["output"].as_str().map(str::to_owned);
        let told = output.is_some_and(|output| {
            output.contains(&refusing) && output.contains("Connection refused (connect)")
        });
        assert_eq!(health.status, 200, "whoever is down, Vitals is not");
        told.then_some(())
    });
    let summary = vitals.get("/summary").json();
    let latency = &summary["targets"][3];
    assert_eq!(latency["id"], "network_latency");
    assert_eq!(latency["source"], "network");
    assert!(latency["value"].is_number(), "{latency}");

    // Who is gone is known to be gone, and who comes back to be back.
    drop(v6);
    until("the one that went", DEADLINE, || {
        (up(&vitals, &six) == Some(0.0)).then_some(())
    });
    assert_eq!(connect_seconds(&vitals, &six), None);
    let _v6 = TcpListener::bind(&six).unwrap();
    until("the one that came back", DEADLINE, || {
        connect_seconds(&vitals, &six)
    });
}

#[test]
fn targets_come_and_go_by_a_reload() {
    let one = TcpListener::bind("127.0.0.1:0").unwrap();
    let other = TcpListener::bind("127.0.0.1:0").unwrap();
    let [one, other] = [&one, &other].map(|one| one.local_addr().unwrap().to_string());
    let vitals = Setup::new().settings(&settings(&[])).ready();
    let reload = |targets: &[&str]| {
        let text = settings(targets);
        vitals.directory.write("vitals.toml", &text);
        vitals.process.signal(Signal::HUP);
    };
    assert!(vitals.tree().find("collectors/network").is_none());
    let latency = || vitals.get("/summary").json()["targets"][3].clone();
    assert_eq!(latency()["reason"], "not_configured");

    reload(&[&one]);
    until("the first target", DEADLINE, || up(&vitals, &one));
    reload(&[&other]);
    until("the other target", DEADLINE, || up(&vitals, &other));
    assert_eq!(up(&vitals, &one), None);
    reload(&[]);
    until("no target", DEADLINE, || {
        let gone = up(&vitals, &other).is_none();
        (gone && latency()["reason"] == "not_configured").then_some(())
    });
    let tree = vitals.tree();
    assert!(tree.find("collectors/network").is_none());
    let untouched = tree.0.iter().all(|node| node.generation == 1);
    assert!(untouched && tree.all_are("running"), "{tree:?}");
    let health = vitals.get("/health").json();
    assert!(health["checks"]["network:up"].is_null(), "{health}");
}
