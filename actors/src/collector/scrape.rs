//! Any Prometheus endpoint: what it tells is handed on under its own names.

use std::time::Duration;

use exposition::Labels;

use super::{
    CollectError, Collected, Collector, Reason,
    exposed::{self, Admission, Exposed},
    name_pattern::NamePattern,
    source,
};
use crate::{
    http::{Client, Credentials, Outward, PageUrl},
    net::Failure,
};

/// One endpoint.
#[derive(Clone, Debug)]
pub struct ScrapeSettings {
    /// The collector is `scrape/<name>`; also the label `job`.
    pub name: String,
    /// Its page of metrics.
    pub url: PageUrl,
    /// Whom it knows us as, if it asks.
    pub credentials: Option<Credentials>,
    /// Whose certificates are believed, and which proxies are on the way.
    pub outward: Outward,
    /// The label `job`.
    pub job: String,
    /// Metrics that are handed on; none: all.
    pub keep: Vec<NamePattern>,
    /// Series of it at once.
    pub max_series: usize,
}

/// Watches one endpoint.
pub struct ScrapeCollector {
    name: String,
    settings: ScrapeSettings,
    /// Made with the first question: on the thread it is asked on.
    client: Option<Client>,
    admission: Admission,
}

impl ScrapeCollector {
    /// One that has not asked yet.
    pub fn new(settings: ScrapeSettings) -> Self {
        ScrapeCollector {
            name: format!("scrape/{}", settings.name),
            client: None,
            admission: Admission::new(settings.max_series),
            settings,
        }
    }
}

impl Collector for ScrapeCollector {
    fn name(&self) -> &str {
        &self.name
    }

    fn identity(&self) -> Labels {
        let instance = self.settings.url.server().endpoint().to_string();
        Labels::new([("job", self.settings.job.as_str()), ("instance", &instance)])
    }

    fn is_dependency(&self) -> bool {
        true
    }

    async fn collect(&mut self, deadline: Duration) -> Result<Collected, CollectError> {
        let settings = &self.settings;
        let part = settings.url.to_string();
        let failed = |Failure { reason, detail }| CollectError {
            part: part.clone(),
            reason,
            detail,
        };
        let client = self.client.get_or_insert_with(|| {
            let credentials = settings.credentials.as_ref();
            Client::new(
                settings.url.server().clone(),
                &settings.outward,
                credentials.map(Credentials::header),
            )
        });
        let asked = exposed::ask(client, &settings.url, source::until(deadline)).await;
        let answer = asked.map_err(failed)?;
        let keep = |name: &str| {
            let keep = &settings.keep;
            keep.is_empty() || keep.iter().any(|pattern| pattern.matches(name))
        };
        let exposed = Exposed::read(&answer.body, keep, &mut self.admission);
        if exposed.is_cut {
            let detail = "the page of metrics ends within a line";
            return Err(failed(Failure::new(Reason::Truncated, detail)));
        }
        if exposed.outcome.samples == 0 && exposed.outcome.dropped.total() > 0 {
            let detail = "what is answered is no page of metrics: look what is behind the URL";
            return Err(failed(Failure::new(Reason::NotPrometheus, detail)));
        }
        Ok(Collected {
            failed: exposed.losses(&part),
            native: exposed.families,
            simulated: answer.simulated,
            ..Collected::default()
        })
    }
}
