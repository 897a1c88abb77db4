//! The fingerprint of an alert: the same number Prometheus and Alertmanager have for its labels.

use std::fmt;
use std::str::FromStr;

use exposition::Labels;
use serde::{Deserialize, Serialize};

const OFFSET: u64 = 0xcbf2_9ce4_8422_2325;
const PRIME: u64 = 0x0000_0100_0000_01b3;
/// Stands behind each name and each value.
const SEPARATOR: u8 = 0xff;

/// 64 bits of FNV-1a over the sorted labels. Prints as 16 hexadecimal digits.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Fingerprint(pub u64);

/// A text that is no fingerprint.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{0:?} is not a fingerprint: 16 hexadecimal digits")]
pub struct FingerprintError(String);

impl Fingerprint {
    /// Of a set of labels.
    pub fn of(labels: &Labels) -> Self {
        let mut hash = OFFSET;
        for (name, value) in labels.iter() {
            for part in [name, value] {
                for byte in part.bytes().chain([SEPARATOR]) {
                    hash = (hash ^ u64::from(byte)).wrapping_mul(PRIME);
                }
            }
        }
        Fingerprint(hash)
    }
}

impl fmt::Display for Fingerprint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:016x}", self.0)
    }
}

impl FromStr for Fingerprint {
    type Err = FingerprintError;

    fn from_str(text: &str) -> Result<Self, FingerprintError> {
        let is_hex = text.len() == 16 && text.bytes().all(|byte| byte.is_ascii_hexdigit());
        let number = is_hex.then(|| u64::from_str_radix(text, 16).ok()).flatten();
        number
            .map(Fingerprint)
            .ok_or_else(|| FingerprintError(text.into()))
    }
}

impl TryFrom<String> for Fingerprint {
    type Error = FingerprintError;

    fn try_from(text: String) -> Result<Self, FingerprintError> {
        text.parse()
    }
}

impl From<Fingerprint> for String {
    fn from(fingerprint: Fingerprint) -> String {
        fingerprint.to_string()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_alert_has_the_number_alertmanager_gives_it() {
        // As Debian's Alertmanager 0.25 answered at /api/v2/alerts for these label sets.
        for (labels, expected) in KNOWN {
            let labels = Labels::new(labels.iter().copied());
            let fingerprint = Fingerprint::of(&labels);
            assert_eq!(fingerprint.to_string(), *expected);
            assert_eq!(expected.parse(), Ok(fingerprint));
        }
        assert_eq!(
            Fingerprint::of(&Labels::none()).to_string(),
            "cbf29ce484222325"
        );
    }

    const KNOWN: &[(&[(&str, &str)], &str)] = &[
        (
            &[("alertname", "Watchdog"), ("severity", "none")],
            "448881ef475b9b26",
        ),
        (
            &[
                ("alertname", "VitalsHostCpuHigh"),
                ("host", "local"),
                ("severity", "warning"),
            ],
            "28c69f6a3a2ecd45",
        ),
        (
            &[
                ("threshold", "0.8"),
                ("severity", "info"),
                ("objective", "cpu"),
                ("host", "local"),
                ("alertname", "TargetMissed"),
            ],
            "f12df0c4e1e496aa",
        ),
        (
            &[("alertname", "A"), ("path", "C:\\intersystems\\é \"x\"")],
            "f087ec28c062a96d",
        ),
    ];

    #[test]
    fn reads_nothing_else() {
        for text in [
            "",
            "12",
            "+123456789abcdef",
            "cbf29ce48422232g",
            "cbf29ce4842223250",
        ] {
            assert!(text.parse::<Fingerprint>().is_err(), "{text}");
        }
    }
}
