//! Stored history is read beside the start: whoever reads it may take as long as a disk does.

use std::{
    fs::{self, File},
    io::Write,
    os::unix::fs::OpenOptionsExt,
    path::{Path, PathBuf},
    thread,
};

use jiff::Timestamp;
use rustix::fs::{CWD, FileType, Mode, OFlags, mknodat};
use serde_json::Value;

use super::{BRISK, MEMORY, all_is_durable, exported, has};
use crate::stage::{DEADLINE, Setup, of_directory, until};

/// A part of the log that comes to no end for whoever reads it, until this is dropped. What looks whether a
/// newer program wrote it is answered.
struct Endless {
    path: PathBuf,
    writer: Option<thread::JoinHandle<File>>,
}

impl Endless {
    /// Before all other parts.
    fn new(log: &Path) -> Self {
        let path = log.join("000000000001-000000.wal");
        let mode = Mode::RUSR | Mode::WUSR;
        mknodat(CWD, &path, FileType::Fifo, mode, 0).unwrap();
        let fifo = path.clone();
        let write = move || {
            let mut opened = File::options();
            opened
                .write(true)
                .custom_flags(OFlags::NONBLOCK.bits() as i32);
            // Without a reader it cannot be opened.
            let mut writer = until("a reader", DEADLINE, || opened.open(&fifo).ok());
            writer.write_all(&[0; 12]).unwrap();
            writer
        };
        let writer = Some(thread::spawn(write));
        Endless { path, writer }
    }
}

impl Drop for Endless {
    fn drop(&mut self) {
        drop(self.writer.take().map(|writer| writer.join().unwrap()));
        fs::remove_file(&self.path).unwrap();
    }
}

#[test]
fn while_the_log_is_read_vitals_watches_and_then_has_both() {
    let vitals = Setup::new().settings(BRISK).ready();
    until("some samples", DEADLINE, || {
        (exported(&vitals, MEMORY).get(MEMORY)?.len() > 20).then_some(())
    });
    let before = exported(&vitals, MEMORY);
    all_is_durable(&vitals);
    let directory = vitals.kill();
    let log = directory.join("data/history/wal");
    let rules =
        "groups: [{name: one, rules: [{alert: Seen, expr: vitals_host_memory_used_ratio > 0}]}]";
    directory.write("rules.yml", rules);
    let endless = Endless::new(&log);

    let began = Timestamp::now().as_millisecond();
    let settings = format!("{BRISK}[alerts]\nrules = [\"rules.yml\"]\n");
    let vitals = Setup::in_directory(directory).settings(&settings).ready();
    let answer = vitals.asked("/api/v1/query", &[("query", MEMORY)]).json();
    assert!(
        answer["warnings"][0]
            .as_str()
            .unwrap()
            .contains("still being read"),
        "{answer}"
    );
    assert_eq!(
        answer["data"]["result"].as_array().unwrap().len(),
        1,
        "{answer}"
    );
    let refused = vitals.get("/vitals/v1/export?match[]=up&start=0");
    assert_eq!(
        (refused.status, &*refused.error_code()),
        (503, "unavailable")
    );
    until("an alert without the disk", DEADLINE, || {
        let alerts = vitals.get("/api/v1/alerts").json();
        let named = |alert: &Value| alert["labels"]["alertname"] == "Seen";
        alerts["data"]["alerts"]
            .as_array()?
            .iter()
            .any(named)
            .then_some(())
    });

    drop(endless);
    let read = Timestamp::now().as_millisecond();
    let all = until("all of it", DEADLINE, || {
        let answer = vitals.asked("/api/v1/query", &[("query", MEMORY)]).json();
        answer["warnings"]
            .is_null()
            .then(|| exported(&vitals, MEMORY))
    });
    has(&all, &before);
    let meanwhile = all[MEMORY].range(began..read).count();
    assert!(meanwhile > 20, "{meanwhile} samples from {began} to {read}");
    all_is_durable(&vitals);
    let stored = of_directory(&vitals.kill().join("data"), i64::MAX);
    has(&stored, &all);
}

#[test]
fn whoever_ends_while_the_log_is_read_is_told_what_is_lost() {
    let vitals = Setup::new().settings(BRISK).ready();
    all_is_durable(&vitals);
    let directory = vitals.kill();
    let endless = Endless::new(&directory.join("data/history/wal"));
    let mut vitals = Setup::in_directory(directory).settings(BRISK).ready();
    vitals.process.says("the disk has not answered");
    assert!(vitals.stop().success());
    vitals
        .process
        .says("still being read; what came since is lost");
    drop(endless);
}
