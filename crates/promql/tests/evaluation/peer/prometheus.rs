//! Debian's Prometheus with samples of ours.

use std::{
    env, fs,
    io::{BufRead, BufReader},
    path::PathBuf,
    process::{self, Child, Command, Stdio},
    thread,
    time::Duration,
};

use exposition::{
    Labels,
    remote_write::{HEADERS, WriteRequest},
};
use serde_json::Value;
use ureq::Agent;

use crate::{compare::Answers, data::Series};

/// For one request, on a machine that is busy.
const LONGEST: Duration = Duration::from_secs(60);

/// Killed when it is dropped, and its files are gone.
pub(crate) struct Prometheus {
    child: Child,
    directory: PathBuf,
    url: String,
    agent: Agent,
}

/// Why a query has no answer.
#[derive(Debug)]
pub(crate) struct Refusal {
    pub(crate) kind: String,
    pub(crate) error: String,
}

impl Prometheus {
    /// Starts it; None where there is none.
    pub(crate) fn start() -> Option<Self> {
        Command::new("prometheus").arg("--version").output().ok()?;
        let directory = env::temp_dir().join(format!("vitals-promql-{}", process::id()));
        fs::create_dir_all(&directory).expect("a directory");
        let config = directory.join("prometheus.yml");
        fs::write(&config, "global: {}\n").expect("a file");
        let mut child = Command::new("prometheus")
            .arg(format!("--config.file={}", config.display()))
            .arg(format!(
                "--storage.tsdb.path={}",
                directory.join("data").display()
            ))
            .args([
                "--web.listen-address=127.0.0.1:0",
                "--web.enable-remote-write-receiver",
                "--storage.tsdb.retention.time=100y",
            ])
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(Stdio::piped())
            .spawn()
            .expect("a process");
        let mut lines = BufReader::new(child.stderr.take().expect("its log")).lines();
        // It says both, in either order.
        let (mut url, mut is_ready) = (None, false);
        while url.is_none() || !is_ready {
            let line = lines.next().expect("prometheus goes on").expect("its log");
            is_ready |= line.contains("Server is ready to receive web requests");
            if line.contains("msg=\"Listening on\"") {
                let (_, address) = line.rsplit_once("address=").expect(&line);
                url = Some(format!("http://{address}"));
            }
        }
        let url = url.expect("an address");
        // What nobody reads would stop it.
        thread::spawn(move || lines.for_each(drop));
        let config = Agent::config_builder()
            .timeout_global(Some(LONGEST))
            .http_status_as_error(false);
        Some(Prometheus {
            child,
            directory,
            url,
            agent: config.build().into(),
        })
    }

    /// Gives it samples.
    pub(crate) fn write(&self, series: &[Series]) {
        let mut request = WriteRequest::new();
        for (labels, samples) in series {
            request.push(labels, samples.iter().copied());
        }
        let mut compressor = snap::raw::Encoder::new();
        let body = compressor
            .compress_vec(request.as_bytes())
            .expect("compressed");
        let mut post = self.agent.post(format!("{}/api/v1/write", self.url));
        for (name, value) in HEADERS {
            post = post.header(name, value);
        }
        let status = post.send(&body).expect("an answer").status();
        assert_eq!(status, 204);
    }

    pub(crate) fn range(
        &self,
        text: &str,
        start: i64,
        end: i64,
        step: i64,
    ) -> Result<Answers, Refusal> {
        let seconds = |ms: i64| (ms as f64 / 1_000.0).to_string();
        let form = [
            ("query", text.to_owned()),
            ("start", seconds(start)),
            ("end", seconds(end)),
            ("step", seconds(step)),
        ];
        let url = format!("{}/api/v1/query_range", self.url);
        let mut response = self.agent.post(url).send_form(form).expect("an answer");
        let body = response.body_mut().read_to_string().expect("a body");
        let body: Value = serde_json::from_str(&body).expect("JSON");
        if body["status"] != "success" {
            let text = |name: &str| body[name].as_str().unwrap_or_default().to_owned();
            return Err(Refusal {
                kind: text("errorType"),
                error: text("error"),
            });
        }
        Ok(answers(&body["data"]["result"]))
    }
}

fn answers(result: &Value) -> Answers {
    let mut answers = Answers::new();
    for row in result.as_array().expect("rows") {
        let metric = row["metric"].as_object().expect("labels");
        let labels = metric.iter().fold(Labels::none(), |labels, (name, value)| {
            labels.with(name.as_str(), value.as_str().expect("a value"))
        });
        for sample in row["values"].as_array().expect("samples") {
            let time = (sample[0].as_f64().expect("a time") * 1_000.0).round() as i64;
            let value = sample[1]
                .as_str()
                .expect("a value")
                .parse()
                .expect("a number");
            answers
                .entry(time)
                .or_default()
                .insert(labels.clone(), value);
        }
    }
    answers
}

impl Drop for Prometheus {
    fn drop(&mut self) {
        // Both are gone already where that fails.
        let _ = self.child.kill();
        let _ = self.child.wait();
        let _ = fs::remove_dir_all(&self.directory);
    }
}
