//! The message of an alert, as consumers get it: on Redis, in the stream of events, in the log. Its
//! names are an interface: what is added must be optional, what changes needs another `version`.

use std::sync::Arc;

use exposition::Labels;
use jiff::Timestamp;
use serde::{Deserialize, Deserializer, Serialize, Serializer, de};

use super::{
    fingerprint::Fingerprint,
    notification::{Alert, Status},
};

/// Of this interface.
pub const VERSION: u32 = 1;
/// More annotations are left out.
const MOST_ANNOTATIONS: usize = 32;
/// Bytes of an annotation; the rest is cut.
const LONGEST_ANNOTATION: usize = 8 << 10;

/// What a consumer learns of an alert.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Payload {
    /// [`VERSION`].
    pub version: u32,
    /// The same whenever the same is told again: fingerprint, start and status.
    pub id: Arc<str>,
    /// Grows with each message of this Vitals.
    pub seq: u64,
    /// Whether it fires.
    pub status: Status,
    /// What it is about.
    #[serde(with = "as_map")]
    pub labels: Labels,
    /// For people.
    #[serde(with = "as_map")]
    pub annotations: Labels,
    /// Of the rule's expression; `null` where that is no number JSON has (NaN, infinities).
    pub value: Option<f64>,
    /// When it began to fire.
    pub starts_at: Timestamp,
    /// When it ended; `null` as long as it fires.
    pub ends_at: Option<Timestamp>,
    /// Prometheus's, of the labels.
    pub fingerprint: Fingerprint,
    /// Where the rule's expression can be looked at.
    #[serde(rename = "generatorURL")]
    pub generator_url: Arc<str>,
    /// Which Vitals says it.
    pub source: Arc<str>,
}

impl Payload {
    /// Of an alert.
    pub fn new(seq: u64, alert: &Alert, source: &str) -> Self {
        let status = alert.status();
        Payload {
            version: VERSION,
            id: id(alert.fingerprint, alert.starts_at, status),
            seq,
            status,
            labels: alert.labels.clone(),
            annotations: bounded(&alert.annotations),
            value: Some(alert.value).filter(|value| value.is_finite()),
            starts_at: alert.starts_at,
            ends_at: alert.ends_at,
            fingerprint: alert.fingerprint,
            generator_url: alert.generator_url.clone(),
            source: source.into(),
        }
    }

    /// On one line.
    pub fn to_json(&self) -> String {
        // Maps of texts and numbers: there is nothing in it that JSON does not have.
        serde_json::to_string(self).unwrap_or_default()
    }
}

impl From<Payload> for Alert {
    fn from(payload: Payload) -> Self {
        Alert {
            labels: payload.labels,
            annotations: payload.annotations,
            fingerprint: payload.fingerprint,
            value: payload.value.unwrap_or(f64::NAN),
            starts_at: payload.starts_at,
            ends_at: payload.ends_at,
            generator_url: payload.generator_url,
        }
    }
}

/// What tells one message from another, and the same one again.
pub fn id(fingerprint: Fingerprint, starts_at: Timestamp, status: Status) -> Arc<str> {
    format!("{fingerprint}-{starts_at}-{status}").into()
}

/// Annotations are made by templates: they can be of any length.
fn bounded(annotations: &Labels) -> Labels {
    let fits = annotations
        .iter()
        .all(|(_, text)| text.len() <= LONGEST_ANNOTATION);
    if fits && annotations.len() <= MOST_ANNOTATIONS {
        return annotations.clone();
    }
    let cut = |text: &str| match text.len() {
        0..=LONGEST_ANNOTATION => text.to_owned(),
        _ => format!("{}…", &text[..text.floor_char_boundary(LONGEST_ANNOTATION)]),
    };
    let some = annotations.iter().take(MOST_ANNOTATIONS);
    let cut = some.map(|(name, text)| (name, cut(text)));
    // Names that were good are good.
    Labels::try_new(cut).unwrap_or_default()
}

/// Labels as an object, sorted by name.
mod as_map {
    use std::collections::BTreeMap;

    use super::*;

    pub(super) fn serialize<S: Serializer>(labels: &Labels, to: S) -> Result<S::Ok, S::Error> {
        to.collect_map(labels.iter())
    }

    pub(super) fn deserialize<'de, D: Deserializer<'de>>(from: D) -> Result<Labels, D::Error> {
        let map = BTreeMap::<String, String>::deserialize(from)?;
        Labels::try_new(map).map_err(de::Error::custom)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::alert::notification::tests::{alert, time};

    #[test]
    fn it_is_what_the_interface_says() {
        let firing = alert("VitalsHostCpuHigh");
        let payload = Payload::new(17, &firing, "vitals@host");
        let fingerprint = firing.fingerprint;
        let expected = format!(
            r#"{{"version":1,"id":"{fingerprint}-2026-11-23T21:00:00Z-firing","seq":17,"status":"firing","labels":{{"alertname":"VitalsHostCpuHigh","severity":"warning"}},"annotations":{{"cause":"é\n","summary":"It is \"high\""}},"value":0.93,"startsAt":"2026-11-23T21:00:00Z","endsAt":null,"fingerprint":"{fingerprint}","generatorURL":"http://vitals:9090/graph","source":"vitals@host"}}"#
        );
        assert_eq!(payload.to_json(), expected);
        assert_eq!(serde_json::from_str::<Payload>(&expected).unwrap(), payload);
        assert!(!payload.to_json().contains('\n'));
    }

    #[test]
    fn the_end_has_another_id_and_the_next_start_another_one() {
        let firing = alert("A");
        let ids = |alert: &Alert| Payload::new(1, alert, "").id;
        let again = Alert {
            starts_at: time("2026-11-23T22:00:00.5Z"),
            ..firing.clone()
        };
        let resolved = Alert {
            ends_at: Some(time("2026-11-23T21:30:00Z")),
            ..firing.clone()
        };
        assert!(ids(&resolved).ends_with("-2026-11-23T21:00:00Z-resolved"));
        assert!(ids(&again).ends_with("-2026-11-23T22:00:00.5Z-firing"));
        assert_eq!(ids(&firing), ids(&firing));
    }

    #[test]
    fn what_json_has_not_is_null_and_what_is_long_is_cut() {
        let odd = Alert {
            value: f64::INFINITY,
            annotations: Labels::new([("cause", "é".repeat(5_000)), ("summary", "s".to_owned())]),
            ..alert("A")
        };
        let payload = Payload::new(1, &odd, "");
        assert_eq!(payload.value, None);
        let cause = payload.annotations.get("cause").unwrap();
        assert_eq!(cause, "é".repeat(4_096) + "…");
        assert_eq!(payload.annotations.get("summary"), Some("s"));
        assert!(payload.to_json().contains(r#""value":null"#));
    }
}
