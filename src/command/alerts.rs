//! `vitals alerts`: what fires and what is pending in a running Vitals; and with `watch`, what changes.

use std::{
    io::{self, BufRead, BufReader, Write},
    net::{SocketAddr, TcpStream},
    process::ExitCode,
    time::Duration,
};

use clap::{Args, Subcommand};
use serde::Deserialize;
use serde_json::Value;

use super::{print, running};
use crate::{cli::Output, exit_code, settings::Settings};

/// Of an answer.
const LONGEST: usize = 64 << 20;
/// Without a sign of life for so long, the stream has ended.
const QUIET: Duration = Duration::from_secs(40);
/// Of a line of the stream.
const LONGEST_LINE: u64 = 4 << 20;

/// What is asked.
#[derive(Args, Clone, Debug, PartialEq)]
pub(crate) struct Alerts {
    #[command(subcommand)]
    what: Option<What>,
    /// The form of the answer
    #[arg(long, value_name = "FORM", value_enum, default_value_t, global = true)]
    output: Output,
}

#[derive(Clone, Debug, PartialEq, Subcommand)]
enum What {
    /// What fires and what is pending; the same as saying nothing
    List,
    /// What begins to fire and what ends, as it happens, until interrupted
    Watch,
}

/// Why there is no answer.
#[derive(Debug, thiserror::Error)]
enum AlertsError {
    #[error(
        "{address} does not answer: {error}; start it (vitals serve), or name its address: --listen, --config"
    )]
    Silent {
        address: SocketAddr,
        error: io::Error,
    },
    #[error("{address} answers {status}, which is no answer of a Vitals")]
    NotVitals { address: SocketAddr, status: String },
    #[error("{0} has ended the stream")]
    Ended(SocketAddr),
}

#[derive(Deserialize)]
struct Answer {
    data: Data,
}

#[derive(Deserialize)]
struct Data {
    alerts: Vec<Alert>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Alert {
    labels: std::collections::BTreeMap<String, String>,
    #[serde(default)]
    annotations: std::collections::BTreeMap<String, String>,
    state: String,
    active_at: String,
}

/// Exit code 0 with an answer, 1 without.
pub(crate) fn run(settings: &Settings, asked: &Alerts) -> ExitCode {
    let done = match asked.what {
        None | Some(What::List) => list(settings, asked.output),
        Some(What::Watch) => watch(settings, asked.output),
    };
    match done {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            let _ = writeln!(io::stderr(), "vitals: {error}");
            exit_code::FAILED.into()
        }
    }
}

fn list(settings: &Settings, output: Output) -> Result<(), AlertsError> {
    let address = running::reachable(settings.server.address);
    let path = format!("{}/api/v1/alerts", settings.server.prefix());
    let answer = running::get(address, &path, LONGEST);
    let answer = answer.map_err(|error| AlertsError::Silent { address, error })?;
    let read = serde_json::from_str::<Answer>(&answer.body);
    let Some(read) = read.ok().filter(|_| answer.is_good()) else {
        let status = answer.status;
        return Err(AlertsError::NotVitals { address, status });
    };
    match output {
        Output::Json => print(&format!("{}\n", answer.body)),
        Output::Text => print(&table(read.data.alerts)),
    }
    Ok(())
}

/// Firing ones first, the gravest first.
fn table(mut alerts: Vec<Alert>) -> String {
    if alerts.is_empty() {
        return "Nothing fires, and nothing is pending.\n".to_owned();
    }
    alerts.sort_by_key(|alert| (alert.state != "firing", gravity(alert.severity())));
    let mut text = String::new();
    for alert in &alerts {
        let name = alert.labels.get("alertname").map_or("?", String::as_str);
        let (state, severity) = (shown(&alert.state), shown(alert.severity()));
        text += &format!(
            "{state:<8} {severity:<9} {} {}\n",
            shown(name),
            alert.others()
        );
        let summary = alert.annotations.get("summary").map_or("", String::as_str);
        text += &format!(
            "{:19}{} (since {})\n",
            "",
            shown(summary),
            shown(&alert.active_at)
        );
    }
    text
}

impl Alert {
    fn severity(&self) -> &str {
        self.labels.get("severity").map_or("", String::as_str)
    }

    fn others(&self) -> String {
        let known = ["alertname", "severity"];
        let others = self.labels.iter();
        let others = others.filter(|(name, _)| !known.contains(&name.as_str()));
        let pairs: Vec<_> = others.map(|(n, v)| format!("{n}={:?}", shown(v))).collect();
        format!("{{{}}}", pairs.join(", "))
    }
}

fn gravity(severity: &str) -> u8 {
    match severity {
        "critical" => 0,
        "warning" => 1,
        "info" => 2,
        _ => 3,
    }
}

/// What a terminal could take for an order is left out.
fn shown(text: &str) -> String {
    text.chars().filter(|c| !c.is_control()).collect()
}

fn watch(settings: &Settings, output: Output) -> Result<(), AlertsError> {
    let address = running::reachable(settings.server.address);
    let silent = |error| AlertsError::Silent { address, error };
    let path = format!("{}/vitals/v1/events", settings.server.prefix());
    let lines = stream(address, &path).map_err(silent)?;
    let mut lines = lines;
    let mut is_alert = false;
    loop {
        let Some(line) = next(&mut lines).map_err(silent)? else {
            return Err(AlertsError::Ended(address));
        };
        if let Some(event) = line.strip_prefix("event: ") {
            is_alert = event == "alert";
        } else if let Some(data) = line.strip_prefix("data: ").filter(|_| is_alert) {
            match output {
                Output::Json => print(&format!("{data}\n")),
                Output::Text => print(&told(data)),
            }
        }
    }
}

fn stream(address: SocketAddr, path: &str) -> io::Result<BufReader<TcpStream>> {
    let mut connection = TcpStream::connect_timeout(&address, Duration::from_secs(5))?;
    connection.set_read_timeout(Some(QUIET))?;
    // 1.0, so that the answer is not cut into chunks.
    let request = format!("GET {path} HTTP/1.0\r\nHost: {address}\r\n\r\n");
    connection.write_all(request.as_bytes())?;
    Ok(BufReader::new(connection))
}

/// A line of the stream; `None` at its end.
fn next(lines: &mut BufReader<TcpStream>) -> io::Result<Option<String>> {
    let mut line = String::new();
    let read = io::Read::take(&mut *lines, LONGEST_LINE).read_line(&mut line)?;
    Ok((read > 0).then(|| line.trim_end().to_owned()))
}

/// An event as a line.
fn told(data: &str) -> String {
    let event: Value = serde_json::from_str(data).unwrap_or_default();
    let alert = &event["alert"];
    let text = |value: &Value| shown(value.as_str().unwrap_or("?"));
    let (status, labels) = (text(&alert["status"]), &alert["labels"]);
    let time = match &*status {
        "resolved" => &alert["endsAt"],
        _ => &alert["startsAt"],
    };
    format!(
        "{} {status:<8} {:<9} {}: {}\n",
        text(time),
        text(&labels["severity"]),
        text(&labels["alertname"]),
        text(&alert["annotations"]["summary"]),
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_gravest_come_first_and_nothing_moves_the_cursor() {
        let alert = |name: &str, severity: &str, state: &str| Alert {
            labels: [
                ("alertname", name),
                ("severity", severity),
                ("host", "a\x1b[2J"),
            ]
            .map(|(n, v)| (n.to_owned(), v.to_owned()))
            .into(),
            annotations: [("summary".to_owned(), "Hot".to_owned())].into(),
            state: state.to_owned(),
            active_at: "2026-11-23T21:00:00Z".to_owned(),
        };
        let text = table(vec![
            alert("A", "info", "firing"),
            alert("B", "critical", "pending"),
            alert("C", "critical", "firing"),
        ]);
        let expected = "firing   critical  C {host=\"a[2J\"}\n                   Hot (since 2026-11-23T21:00:00Z)\n\
            firing   info      A {host=\"a[2J\"}\n                   Hot (since 2026-11-23T21:00:00Z)\n\
            pending  critical  B {host=\"a[2J\"}\n                   Hot (since 2026-11-23T21:00:00Z)\n";
        assert_eq!(text, expected);
        assert_eq!(
            table(Vec::new()),
            "Nothing fires, and nothing is pending.\n"
        );
    }

    #[test]
    fn what_changes_is_a_line() {
        let data = r#"{"seq":3,"alert":{"status":"firing","startsAt":"2026-11-23T21:00:00Z","labels":{"alertname":"Hot","severity":"info"},"annotations":{"summary":"It is hot"}}}"#;
        assert_eq!(
            told(data),
            "2026-11-23T21:00:00Z firing   info      Hot: It is hot\n"
        );
    }
}
