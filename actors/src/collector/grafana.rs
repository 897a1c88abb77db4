//! Grafana: whether it is well, how fast it says so, and which version it is.

use std::time::Duration;

use serde::Deserialize;
use tokio::time::Instant;

use super::{CollectError, Collected, Collector, Reason, exposed, source, told::Told};
use crate::{
    http::{BaseUrl, Client, Credentials, Outward, Question},
    net::Failure,
};

const NAME: &str = "grafana";
const HEALTH: &str = "/api/health";
/// It has about 100 bytes.
const LARGEST: usize = 64 << 10;

/// What is said of Grafana in the settings.
#[derive(Clone, Debug)]
pub struct GrafanaSettings {
    /// Where it is.
    pub url: BaseUrl,
    /// Whom it knows us as, if whatever stands in front of it asks.
    pub credentials: Option<Credentials>,
    /// Whose certificates are believed, and which proxies are on the way.
    pub outward: Outward,
}

/// Watches one Grafana.
pub struct GrafanaCollector {
    settings: GrafanaSettings,
    /// Made with the first question: on the thread it is asked on.
    client: Option<Client>,
}

/// What it says of itself; who hides the version has none.
#[derive(Debug, Deserialize)]
struct Health {
    database: String,
    version: Option<String>,
}

impl GrafanaCollector {
    /// One that has not asked yet.
    pub fn new(settings: GrafanaSettings) -> Self {
        GrafanaCollector {
            settings,
            client: None,
        }
    }

    async fn look(&mut self, until: Instant) -> Result<Collected, Failure> {
        let settings = &self.settings;
        let client = self.client.get_or_insert_with(|| {
            let credentials = settings.credentials.as_ref();
            let authorization = credentials.map(Credentials::header);
            Client::new(settings.url.clone(), &settings.outward, authorization)
        });
        let began = std::time::Instant::now();
        let question = Question::get(HEALTH, "application/json", LARGEST);
        let answer = client.ask(&question, until).await?;
        let took = began.elapsed();
        let health = serde_json::from_slice::<Health>(&answer.body);
        // One that is ill says so with 503, and in words of its own.
        if let Ok(Health { database, .. }) = &health
            && database != "ok"
        {
            let detail = "its database does not work: look into its log";
            return Err(Failure::new(Reason::Unavailable, detail));
        }
        exposed::good(answer.status)?;
        let health = health.map_err(|_| {
            let detail = "what is answered is not of Grafana: look what is behind the URL";
            Failure::new(Reason::Parse, detail)
        })?;
        let mut told = Told::default();
        let help = "How long Grafana took to answer /api/health.";
        told.gauge("vitals_grafana_response_seconds", help, took.as_secs_f64());
        let version = health.version.as_deref().filter(|text| is_version(text));
        if let Some(version) = version {
            let labels = [("version", version)];
            told.gauge_of("vitals_grafana_info", "Which Grafana it is.", labels, 1.0);
        }
        Ok(told.collected(Vec::new(), answer.simulated))
    }
}

/// Such as `13.1.0-9078.patch1+security-01`.
fn is_version(text: &str) -> bool {
    let plain = |byte: u8| byte.is_ascii_alphanumeric() || b".-+_".contains(&byte);
    (1..=64).contains(&text.len()) && text.bytes().all(plain)
}

impl Collector for GrafanaCollector {
    fn name(&self) -> &str {
        NAME
    }

    fn is_dependency(&self) -> bool {
        true
    }

    async fn collect(&mut self, deadline: Duration) -> Result<Collected, CollectError> {
        let looked = self.look(source::until(deadline)).await;
        looked.map_err(|Failure { reason, detail }| CollectError {
            part: format!("{}{HEALTH}", self.settings.url),
            reason,
            detail,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_version_is_one_and_anything_else_is_none() {
        for version in ["9.5.2", "11.0.0-pre", "13.1.0+security-01"] {
            assert!(is_version(version), "{version}");
        }
        for none in ["", "1 2", "PID|1||4711", "\u{e4}"] {
            assert!(!is_version(none), "{none}");
        }
    }

    #[test]
    fn health_is_read_with_a_version_or_without() {
        let read = |text: &str| serde_json::from_str::<Health>(text);
        // Grafana 9 to 13; the last one of an instance that hides it from strangers.
        let full =
            r#"{"commit":"0dfcff0","database":"ok","enterpriseCommit":"x","version":"11.2.0"}"#;
        assert_eq!(read(full).unwrap().version.as_deref(), Some("11.2.0"));
        assert_eq!(read(r#"{"database":"ok"}"#).unwrap().version, None);
        assert!(read(r#"{"status":"ok"}"#).is_err());
    }
}
