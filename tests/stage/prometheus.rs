//! Debian's Prometheus, scraping Vitals.

use std::{path::Path, process::Command};

use serde_json::Value;

use super::{
    directory::Directory,
    http::get,
    process::Process,
    until::{DEADLINE, until},
    vitals::Vitals,
};

/// It, running. Killed when it is dropped.
pub(crate) struct Prometheus {
    process: Process,
    _directory: Directory,
    url: String,
}

impl Prometheus {
    /// Scrapes `/metrics` every second.
    pub(crate) fn scraping(vitals: &Vitals) -> Self {
        Self::scraping_by(vitals, "job_name: vitals")
    }

    /// Scrapes every second, by what else its configuration says, in YAML's flow style.
    pub(crate) fn scraping_by(vitals: &Vitals, scrape: &str) -> Self {
        let directory = Directory::new();
        let config = format!(
            "global: {{scrape_interval: 1s, scrape_timeout: 1s}}\n\
             scrape_configs: [{{{scrape}, static_configs: [{{targets: ['{}']}}]}}]\n",
            vitals.address
        );
        let data = directory.join("data");
        Self::start(directory, &config, &data)
    }

    /// Scrapes nobody: answers from what is in a directory, however old.
    pub(crate) fn over(data: &Path) -> Self {
        Self::start(Directory::new(), "global: {}\n", data)
    }

    fn start(directory: Directory, config: &str, data: &Path) -> Self {
        let config = directory.write("prometheus.yml", config);
        let found = Command::new("prometheus").arg("--version").output();
        assert!(
            found.is_ok(),
            "no prometheus in PATH: install Debian's package of that name, as tests/run does"
        );
        let process = Process::start(
            Command::new("prometheus")
                .arg(format!("--config.file={}", config.display()))
                .arg(format!("--storage.tsdb.path={}", data.display()))
                .arg("--storage.tsdb.retention.time=10y")
                .arg("--web.listen-address=127.0.0.1:0"),
        );
        let line = process.says(r#"msg="Listening on""#);
        let (_, address) = line.rsplit_once("address=").expect(&line);
        process.says("Server is ready to receive web requests");
        Prometheus {
            url: format!("http://{address}"),
            process,
            _directory: directory,
        }
    }

    pub(crate) fn url(&self, path: &str) -> String {
        format!("{}{path}", self.url)
    }

    /// The data of an answer of its API.
    pub(crate) fn api(&self, path: &str) -> Value {
        get(&format!("{}{path}", self.url), &[]).json()["data"].clone()
    }

    /// The value of an instant query, once it has one.
    #[track_caller]
    pub(crate) fn value(&self, query: &str) -> f64 {
        until(query, DEADLINE, || {
            let data = self.api(&format!("/api/v1/query?query={query}"));
            data["result"][0]["value"][1].as_str()?.parse().ok()
        })
    }

    /// Everything it has said so far.
    pub(crate) fn log(&self) -> Vec<String> {
        self.process.log()
    }
}
