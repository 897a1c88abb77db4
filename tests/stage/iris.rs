//! A simulated IRIS: the real `vitals simulate iris`, moved over its control endpoint.

use serde_json::{Value, json};

use super::{
    http,
    process::Process,
    until::{DEADLINE, until},
    vitals,
};

/// Running simulated servers. Killed when it is dropped.
pub(crate) struct Simulated {
    /// Kept for its end.
    _process: Process,
    urls: Vec<String>,
    control: String,
}

impl Simulated {
    /// On free ports, and waits until it says where.
    pub(crate) fn start(flags: &[&str]) -> Self {
        let mut command = vitals::command();
        command.args(["simulate", "iris", "--listen", "127.0.0.1:0"]);
        command.args(["--control", "127.0.0.1:0"]).args(flags);
        let process = Process::start(&mut command);
        let line = process.says(" switched on ");
        let (_, control) = line.split_once(" switched on ").unwrap();
        let log = process.log();
        let urls = log
            .iter()
            .filter_map(|line| Some(line.split_once(" answers on ")?.1.to_owned()))
            .collect();
        Simulated {
            _process: process,
            urls,
            control: control.to_owned(),
        }
    }

    /// The URL of the first server.
    pub(crate) fn url(&self) -> &str {
        &self.urls[0]
    }

    /// The URLs of all of them.
    pub(crate) fn urls(&self) -> &[String] {
        &self.urls
    }

    /// `127.0.0.1:1234`, as in `IRIS_HOST`.
    pub(crate) fn host(&self) -> &str {
        let (_, rest) = self.url().split_once("://").unwrap();
        rest.split('/').next().unwrap()
    }

    /// Something goes wrong, with every server, until it is cured.
    #[track_caller]
    pub(crate) fn fault(&self, kind: &str) {
        self.fault_with(json!({ "kind": kind }));
    }

    /// The same, with more to say of it.
    #[track_caller]
    pub(crate) fn fault_with(&self, fault: Value) {
        self.command("POST", "/fault", Some(fault));
    }

    /// Something goes wrong with one of several, counted from 1.
    #[track_caller]
    pub(crate) fn fault_of(&self, instance: usize, kind: &str) {
        let path = format!("/fault?instance={instance}");
        self.command("POST", &path, Some(json!({ "kind": kind })));
    }

    /// All is well again.
    #[track_caller]
    pub(crate) fn cure(&self) {
        self.command("DELETE", "/fault", None);
    }

    /// `start`, `stop` or `restart`.
    #[track_caller]
    pub(crate) fn production(&self, what: &str) {
        self.command("POST", &format!("/production/{what}"), None);
    }

    /// IRIS itself: refused, then 503, then counters from 0.
    #[track_caller]
    pub(crate) fn restart(&self, down_seconds: u64, starting_seconds: u64) {
        let times = json!({ "down_seconds": down_seconds, "starting_seconds": starting_seconds });
        self.command("POST", "/iris/restart", Some(times));
    }

    /// Simulated time passes.
    #[track_caller]
    pub(crate) fn advance(&self, seconds: u64) {
        self.command("POST", "/advance", Some(json!({ "seconds": seconds })));
    }

    /// What the first server counts, holds and was asked.
    #[track_caller]
    pub(crate) fn state(&self) -> Value {
        self.state_of(1)
    }

    /// The same of one of several, counted from 1.
    #[track_caller]
    pub(crate) fn state_of(&self, instance: usize) -> Value {
        let path = format!("{}/state?instance={instance}", self.control);
        http::get(&path, &[]).json()["instances"][0].take()
    }

    /// How often the metrics of the first server were asked for.
    #[track_caller]
    pub(crate) fn asked(&self) -> u64 {
        self.asked_of(1)
    }

    fn asked_of(&self, instance: usize) -> u64 {
        let requests = &self.state_of(instance)["requests"];
        requests["metrics"].as_u64().unwrap()
    }

    /// Waits until the first server was asked so many times more.
    #[track_caller]
    pub(crate) fn is_asked_again(&self, times: u64) {
        self.is_asked_again_of(1, times);
    }

    /// The same of one of several.
    #[track_caller]
    pub(crate) fn is_asked_again_of(&self, instance: usize, times: u64) {
        let before = self.asked_of(instance);
        until("more questions", DEADLINE, || {
            (self.asked_of(instance) >= before + times).then_some(())
        });
    }

    /// Any command of the control endpoint.
    #[track_caller]
    pub(crate) fn command(&self, method: &str, path: &str, body: Option<Value>) {
        let url = format!("{}{path}", self.control);
        let answer = match body {
            Some(body) => http::request_with(method, &url, &[], body.to_string()),
            None => http::request(method, &url, &[]),
        };
        let answer = answer.unwrap();
        assert_eq!(answer.status, 200, "{path}: {}", answer.body);
    }
}
