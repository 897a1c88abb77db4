//! An alert as the evaluator tells of it, and as it is handed to sinks and kept in the outbox.

use std::{fmt, sync::Arc};

use exposition::Labels;
use jiff::Timestamp;
use outbox::{Draft, Keep, Record};
use serde::{Deserialize, Serialize};

use super::{fingerprint::Fingerprint, payload::Payload};

/// An alert that fires, or has fired.
#[derive(Debug, Clone, PartialEq)]
pub struct Alert {
    /// With `alertname`, and whatever else the rule and the series have.
    pub labels: Labels,
    /// For people: summary, description, cause, links.
    pub annotations: Labels,
    /// Of the labels.
    pub fingerprint: Fingerprint,
    /// Of the rule's expression, when it was last true.
    pub value: f64,
    /// When it began to fire.
    pub starts_at: Timestamp,
    /// When it ended; `None` as long as it fires.
    pub ends_at: Option<Timestamp>,
    /// Where the rule's expression can be looked at.
    pub generator_url: Arc<str>,
}

/// Whether an alert fires.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Status {
    /// It does.
    Firing,
    /// It does not any more.
    Resolved,
}

impl Alert {
    /// Whether it fires.
    pub fn status(&self) -> Status {
        match self.ends_at {
            None => Status::Firing,
            Some(_) => Status::Resolved,
        }
    }
}

impl Status {
    /// As it stands in payloads.
    pub fn as_str(self) -> &'static str {
        match self {
            Status::Firing => "firing",
            Status::Resolved => "resolved",
        }
    }

    /// Where there is no room for all, what is resolved goes first.
    fn keep(self) -> Keep {
        match self {
            Status::Resolved => Keep(0),
            Status::Firing => Keep(1),
        }
    }
}

impl fmt::Display for Status {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// What a sink is given: the message, and what it must know to send it. It shares its bytes with its
/// clones and with the outbox.
#[derive(Debug, Clone, PartialEq)]
pub struct Notification {
    /// The outbox's number.
    pub seq: u64,
    /// The time of the sample that made it.
    pub at: Timestamp,
    /// Whose it is: those of one fingerprint are sent in order.
    pub fingerprint: Fingerprint,
    /// What it says.
    pub status: Status,
    /// As it is kept in the outbox.
    bytes: Arc<[u8]>,
    /// Where the JSON begins in them.
    json_at: usize,
}

/// A record that this version did not write.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("record {0} of the outbox is no notification")]
pub struct NotANotification(pub u64);

/// Version, time, status, fingerprint, length of the severity; then the severity and the JSON.
const HEAD: usize = 1 + 8 + 1 + 8 + 1;
const VERSION: u8 = 1;

impl Notification {
    /// Of an alert, with the number it is given by the outbox.
    pub fn new(seq: u64, at: Timestamp, alert: &Alert, source: &str) -> Self {
        let severity = alert.labels.get("severity").unwrap_or_default();
        let severity = &severity[..severity.floor_char_boundary(255)];
        let (status, fingerprint) = (alert.status(), alert.fingerprint);
        let mut bytes = vec![VERSION];
        bytes.extend(at.as_millisecond().to_le_bytes());
        bytes.push(status.keep().0);
        bytes.extend(fingerprint.0.to_le_bytes());
        bytes.push(severity.len() as u8);
        bytes.extend(severity.as_bytes());
        let json_at = bytes.len();
        bytes.extend(Payload::new(seq, alert, source).to_json().as_bytes());
        Notification {
            seq,
            at,
            fingerprint,
            status,
            bytes: bytes.into(),
            json_at,
        }
    }

    /// The label `severity`; empty if there is none.
    pub fn severity(&self) -> &str {
        self.text(HEAD, self.json_at)
    }

    /// The [`Payload`], as JSON.
    pub fn json(&self) -> &str {
        self.text(self.json_at, self.bytes.len())
    }

    fn text(&self, from: usize, to: usize) -> &str {
        // They were made of texts, or looked at when they came from the outbox.
        let bytes = self.bytes.get(from..to).unwrap_or_default();
        std::str::from_utf8(bytes).unwrap_or_default()
    }

    /// As it is kept in the outbox.
    pub fn draft(&self) -> Draft {
        Draft::new(self.status.keep(), self.bytes.clone())
    }

    /// From the outbox.
    ///
    /// # Errors
    /// [`NotANotification`].
    pub fn from_record(record: &Record) -> Result<Self, NotANotification> {
        Self::parse(record).ok_or(NotANotification(record.seq))
    }

    fn parse(record: &Record) -> Option<Self> {
        let (&version, rest) = record.payload.split_first()?;
        let (&at, rest) = rest.split_first_chunk::<8>()?;
        let (&status, rest) = rest.split_first()?;
        let (&fingerprint, rest) = rest.split_first_chunk::<8>()?;
        let (&length, rest) = rest.split_first()?;
        let (severity, json) = rest.split_at_checked(length.into())?;
        std::str::from_utf8(severity).ok()?;
        std::str::from_utf8(json).ok()?;
        Some(Notification {
            seq: (version == VERSION).then_some(record.seq)?,
            at: Timestamp::from_millisecond(i64::from_le_bytes(at)).ok()?,
            fingerprint: Fingerprint(u64::from_le_bytes(fingerprint)),
            status: match status {
                0 => Status::Resolved,
                1 => Status::Firing,
                _ => return None,
            },
            bytes: record.payload.clone(),
            json_at: HEAD + severity.len(),
        })
    }

    /// The message in its parts; `None` if another version wrote it.
    pub fn payload(&self) -> Option<Payload> {
        serde_json::from_str(self.json()).ok()
    }
}

#[cfg(test)]
pub(crate) mod tests {
    use super::*;

    pub(crate) fn time(text: &str) -> Timestamp {
        text.parse().unwrap()
    }

    /// An alert of this name that fires.
    pub(crate) fn alert(name: &str) -> Alert {
        let labels = Labels::new([("alertname", name), ("severity", "warning")]);
        Alert {
            fingerprint: Fingerprint::of(&labels),
            labels,
            annotations: Labels::new([("summary", "It is \"high\""), ("cause", "é\n")]),
            value: 0.93,
            starts_at: time("2026-11-23T21:00:00Z"),
            ends_at: None,
            generator_url: "http://vitals:9090/graph".into(),
        }
    }

    #[test]
    fn it_is_the_same_out_of_the_outbox() {
        let at = time("2026-11-23T21:00:00.123Z");
        for ends_at in [None, Some(at)] {
            let alert = Alert {
                ends_at,
                ..alert("VitalsHostCpuHigh")
            };
            let notification = Notification::new(7, at, &alert, "vitals@host");
            let Draft { keep, payload } = notification.draft();
            let mut record = Record {
                seq: 7,
                keep,
                payload,
            };
            assert_eq!(Notification::from_record(&record), Ok(notification));
            record.payload = record.payload[..record.payload.len() - 1].into();
            let cut = Notification::from_record(&record).unwrap();
            assert_eq!(cut.payload(), None);
            record.payload = record.payload[1..].into();
            let strange = Notification::from_record(&record);
            assert_eq!(strange, Err(NotANotification(7)));
        }
    }
}
