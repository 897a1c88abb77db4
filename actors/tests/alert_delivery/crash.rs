//! `kill -9` between evaluation and delivery, at any moment: what the outbox had on disk is
//! delivered, in order for each alert.

use std::{
    collections::BTreeMap,
    env,
    io::{BufRead, BufReader, Write},
    path::Path,
    process::{Command, Stdio},
};

use outbox::{Options, Outbox};
use vitals_actors::alert::notification::Status;

use super::stage::*;

/// Set for the process that is killed: the outbox, Redis, and the first number; empty: it sends what
/// is left and ends.
const DIRECTORY: &str = "VITALS_TEST_OUTBOX";
const URL: &str = "VITALS_TEST_REDIS";
const FROM: &str = "VITALS_TEST_FROM";

const NAMES: [&str; 5] = ["A", "B", "C", "D", "E"];

fn options() -> Options {
    Options {
        segment_bytes: 20_000,
        ..Options::default()
    }
}

/// Tells of transitions for ever, and says which are on disk.
#[test]
#[ignore = "the other tests start it in a process of its own"]
fn telling() {
    let (Some(directory), Ok(url)) = (env::var_os(DIRECTORY), env::var(URL)) else {
        return; // among all ignored tests it is nobody's story
    };
    story(async {
        let (outbox, _) = Outbox::open(Path::new(&directory), options()).unwrap();
        let vitals = Vitals::start(settings(&url), outbox.clone());
        let Ok(mut number) = env::var(FROM).unwrap().parse::<u64>() else {
            vitals.delivered().await;
            return;
        };
        let mut durable = outbox.durable();
        loop {
            let mut last = 0;
            for name in NAMES {
                println!("telling {number}");
                last = vitals.tell(alert(name, number)).await;
            }
            durable
                .wait_for(|durable| durable.up_to >= last)
                .await
                .unwrap();
            println!("durable {number}");
            number += 1;
        }
    });
}

fn driver(folder: &Folder, server: &Server, from: &str) -> Command {
    let mut command = Command::new(env::current_exe().unwrap());
    command
        .args(["--ignored", "--exact", "crash::telling", "--nocapture"])
        .env(DIRECTORY, &folder.0)
        .env(URL, server.url())
        .env(FROM, from)
        .stdout(Stdio::piped())
        .stderr(Stdio::null());
    command
}

fn rounds(count: u64) {
    let folder = Folder::new("crash");
    let server = Server::redis(&[]);
    let (mut told, mut durable) = (0, Vec::new());
    for round in 0..count {
        let mut child = driver(&folder, &server, &(told + 1).to_string())
            .spawn()
            .unwrap();
        let lines = BufReader::new(child.stdout.take().unwrap()).lines();
        let most = (round * 37) % 101 + 3;
        for (count, line) in (0..).zip(lines) {
            let line = line.unwrap();
            let number = |of| line.strip_prefix(of).and_then(|n| n.parse::<u64>().ok());
            told = number("telling ").unwrap_or(told).max(told);
            durable.extend(number("durable "));
            if count == most {
                child.kill().unwrap();
            }
        }
        child.wait().unwrap();
    }
    let rest = driver(&folder, &server, "").output().unwrap();
    assert!(rest.status.success());

    let mut seen: BTreeMap<String, Vec<u64>> = BTreeMap::new();
    let mut last = BTreeMap::new();
    for payload in server.log() {
        let name = payload.labels.get("alertname").unwrap().to_owned();
        let numbers = seen.entry(name).or_default();
        let number = n(&payload);
        // Again what was there, or something new and later.
        let is_new = numbers.last().is_none_or(|&last| number > last);
        assert!(
            is_new || numbers.contains(&number),
            "{number} after {numbers:?}"
        );
        if is_new {
            numbers.push(number);
        }
        last.insert(payload.fingerprint.to_string(), payload.status);
    }
    assert!(!durable.is_empty());
    for (name, numbers) in &seen {
        let missing: Vec<_> = durable.iter().filter(|n| !numbers.contains(n)).collect();
        assert!(
            missing.is_empty(),
            "{name}: {missing:?} of {durable:?} were on disk"
        );
    }
    assert_eq!(seen.len(), NAMES.len());
    let firing = last.iter().filter(|(_, status)| **status == Status::Firing);
    let firing: Vec<_> = firing.map(|(fingerprint, _)| fingerprint.clone()).collect();
    assert_eq!(
        server.active(),
        firing,
        "what is kept is what was said last"
    );
    let _ = std::io::stdout().flush();
}

#[test]
fn killed_a_few_times() {
    rounds(5);
}

#[test]
#[ignore = "takes a while: --long"]
fn killed_very_often() {
    rounds(60);
}
