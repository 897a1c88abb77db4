//! A simulated application: the real `vitals simulate application`, moved over its control endpoint.

use serde_json::{Value, json};

use super::{http, process::Process, vitals};

/// It, running. Killed when it is dropped.
pub(crate) struct Application {
    /// Kept for its end.
    _process: Process,
    url: String,
    control: String,
}

impl Application {
    /// On free ports, and waits until it says where.
    pub(crate) fn start(flags: &[&str]) -> Self {
        Self::start_on("127.0.0.1:0", flags)
    }

    /// At an address of the story's.
    pub(crate) fn start_on(listen: &str, flags: &[&str]) -> Self {
        let mut command = vitals::command();
        command.args(["simulate", "application", "--listen", listen]);
        command.args(["--control", "127.0.0.1:0"]).args(flags);
        let process = Process::start(&mut command);
        let after = |part: &str| {
            let line = process.says(part);
            line.split_once(part).unwrap().1.to_owned()
        };
        Application {
            url: after(" answers on "),
            control: after(" switched on "),
            _process: process,
        }
    }

    pub(crate) fn url(&self, path: &str) -> String {
        format!("{}{path}", self.url)
    }

    /// `127.0.0.1:1234`.
    pub(crate) fn host(&self) -> &str {
        self.url.split_once("://").unwrap().1
    }

    /// An `[[application]]` of this name, with its probe and its metrics.
    pub(crate) fn section(&self, name: &str) -> String {
        let (probe, metrics) = (self.url("/health"), self.url("/metrics"));
        format!(
            "[[application]]\nname = \"{name}\"\nprobe = \"{probe}\"\nmetrics = \"{metrics}\"\n"
        )
    }

    /// Users ask for so many orders, one after the other, of so many there are.
    #[track_caller]
    pub(crate) fn orders(&self, requests: usize, different: usize) {
        for request in 0..requests {
            let path = format!("/api/orders/{}", request % different);
            let session = [("x-session", "story")];
            let answer = http::get(&self.url(&path), &session);
            assert!([200, 500].contains(&answer.status), "{answer:?}");
        }
    }

    /// Something goes wrong, until it is cured.
    #[track_caller]
    pub(crate) fn fault(&self, fault: Value) {
        self.command("POST", "/fault", Some(&fault));
    }

    #[track_caller]
    pub(crate) fn cure(&self) {
        self.command("DELETE", "/fault", None);
    }

    #[track_caller]
    pub(crate) fn users(&self, number: u32, pause_ms: u64) {
        let users = json!({ "users": number, "pause_ms": pause_ms });
        self.command("POST", "/users", Some(&users));
    }

    /// What it has counted itself.
    #[track_caller]
    pub(crate) fn state(&self) -> Value {
        self.command("GET", "/state", None)
    }

    #[track_caller]
    fn command(&self, method: &str, path: &str, body: Option<&Value>) -> Value {
        let body = body.map(Value::to_string).unwrap_or_default();
        let url = format!("{}{path}", self.control);
        let answer = http::request_with(method, &url, &[], body.as_str());
        let answer = answer.unwrap_or_else(|error| panic!("{method} {url}: {error}"));
        assert_eq!(answer.status, 200, "{method} {url}: {}", answer.body);
        answer.json()
    }
}
