//! Alerts as lines of the log, for those who read nothing else.

use tokio::time::Instant;

use super::{Sink, Undelivered};
use crate::{
    alert::{notification::Status, payload::Payload},
    messages::Deliver,
};

/// Characters of anything a rule has written.
const SHOWN: usize = 300;

/// Writes a line for each transition: `warn` when something begins to fire that pages somebody, else
/// `info`.
#[derive(Debug, Default)]
pub struct LogSink;

impl Sink for LogSink {
    const KEEPS: bool = false;

    fn name(&self) -> &str {
        "log"
    }

    async fn deliver(&mut self, deliver: &Deliver, _: Instant) -> Result<(), Undelivered> {
        for notification in &*deliver.notifications {
            // What nobody is paged for is no reason to worry in the log either.
            let pages = !["none", "info"].contains(&notification.severity());
            let level = match notification.status {
                Status::Firing if pages => log::Level::Warn,
                Status::Firing | Status::Resolved => log::Level::Info,
            };
            if let Some(payload) = notification.payload() {
                log::log!(target: "vitals::alert", level, "{}", line(&payload));
            }
        }
        Ok(())
    }
}

/// `VitalsHostCpuHigh firing: summary {host="local"} value 0.93 since …`
fn line(payload: &Payload) -> String {
    let name = payload.labels.get("alertname").unwrap_or("?");
    let others = payload
        .labels
        .iter()
        .filter(|(name, _)| *name != "alertname");
    let labels: Vec<_> = others
        .map(|(name, value)| format!("{name}={value:?}"))
        .collect();
    let mut line = format!("{} {}", plain(name), payload.status);
    for text in ["summary", "cause"] {
        if let Some(text) = payload.annotations.get(text) {
            line += &format!(": {}", plain(text));
        }
    }
    line += &format!(" {{{}}}", plain(&labels.join(",")));
    if let Some(value) = payload.value {
        line += &format!(" value {value}");
    }
    match payload.ends_at {
        None => line + &format!(" since {}", payload.starts_at),
        Some(end) => line + &format!(" from {} to {end}", payload.starts_at),
    }
}

/// On one line, shortened, and without anything a terminal would obey.
fn plain(text: &str) -> String {
    let mut short: String = text
        .chars()
        .take(SHOWN)
        .map(|shown| if shown.is_control() { ' ' } else { shown })
        .collect();
    if text.chars().nth(SHOWN).is_some() {
        short.push('…');
    }
    short
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::alert::notification::{
        Alert,
        tests::{alert, time},
    };

    #[test]
    fn a_line_says_what_where_and_since_when() {
        let firing = alert("VitalsHostCpuHigh");
        assert_eq!(
            line(&Payload::new(1, &firing, "")),
            "VitalsHostCpuHigh firing: It is \"high\": é  {severity=\"warning\"} value 0.93 since 2026-11-23T21:00:00Z"
        );
        let over = Alert {
            ends_at: Some(time("2026-11-23T22:00:00Z")),
            value: f64::NAN,
            ..alert("A\u{1b}[2J")
        };
        let line = line(&Payload::new(1, &over, ""));
        assert!(line.starts_with("A [2J resolved: "), "{line}");
        assert!(
            line.ends_with(
                "{severity=\"warning\"} from 2026-11-23T21:00:00Z to 2026-11-23T22:00:00Z"
            ),
            "{line}"
        );
    }
}
