//! The application in front: whether it answers, and how it fares, as its own metrics tell.
//!
//! The usual instrumentation is known by its names ([`known`]); what is called otherwise is mapped in the
//! settings. Labels are summed over but for those the settings allow, so nothing of what an application
//! writes into them gets any further.

mod known;
mod reading;
mod settings;
mod tally;
#[cfg(test)]
mod tests;

use std::time::Duration;

use exposition::{Labels, MetricType::Counter};
use tokio::time::Instant;

pub use self::settings::{ApplicationSettings, Map, Series, Unit, UnitError};
use self::{
    known::{ACTIVE_USERS, CACHE_RESULTS, CACHES, DURATIONS, REQUESTS},
    reading::{Reader, Reading, Role},
    tally::{Names, Tally},
};
use super::{
    CollectError, Collected, Collector, Reason, exposed,
    own_requests::{FEW_REQUESTS, OwnRequests},
    source,
    told::Told,
};
use crate::{
    http::{Client, Credentials, PageUrl, Question},
    net::Failure,
};

const UP: &str = "vitals_application_up";
const MEAN: &str = "vitals_application_response_mean_seconds";
const QUANTILE: &str = "vitals_application_response_quantile_seconds";
const ERRORS: &str = "vitals_application_error_ratio";
const USERS: &str = "vitals_application_active_users";
const CACHE: &str = "vitals_application_cache_hit_ratio";
/// Which quantiles are told.
const QUANTILES: [(f64, &str); 4] = [(0.5, "0.5"), (0.9, "0.9"), (0.95, "0.95"), (0.99, "0.99")];
/// The answer to a probe is not read any further.
const LARGEST_PROBE: usize = 4 << 20;

/// Watches one application.
pub struct ApplicationCollector {
    /// Its name in the tree.
    name: String,
    settings: ApplicationSettings,
    reader: Reader,
    /// Made with the first question: on the thread it is asked on.
    probe: Option<Client>,
    metrics: Option<Client>,
    probes: OwnRequests,
    tally: Tally,
    is_simulated: bool,
}

/// What a probe found.
struct Probed {
    status: Option<u16>,
    took: Duration,
    result: Result<(), Failure>,
    simulated: bool,
}

impl ApplicationCollector {
    /// One that has not asked yet.
    pub fn new(settings: ApplicationSettings) -> Self {
        let pages = [&settings.probe, &settings.metrics].into_iter().flatten();
        let path = |page: &PageUrl| {
            let path = page.path();
            path.split('?').next().unwrap_or(path).to_owned()
        };
        let own_paths = pages.map(path).collect();
        ApplicationCollector {
            name: format!("application/{}", settings.name),
            reader: Reader::new(settings.map.clone(), settings.labels.clone(), own_paths),
            settings,
            probe: None,
            metrics: None,
            probes: OwnRequests::default(),
            tally: Tally::default(),
            is_simulated: false,
        }
    }

    fn tell(&mut self, probed: Option<Probed>, page: Option<Result<Page, Failure>>) -> Collected {
        let mut told = Told::of("application", &self.settings.name);
        let heard = probed
            .as_ref()
            .is_some_and(|probed| probed.status.is_some())
            || page.as_ref().is_some_and(Result::is_ok);
        // Of one that is silent what it said last counts.
        let mut simulated = self.is_simulated && !heard;
        let mut scraped = None;
        let mut down = None;
        let failure = |url: &Option<PageUrl>, failure: Failure| CollectError {
            part: url.as_ref().map(ToString::to_string).unwrap_or_default(),
            reason: failure.reason,
            detail: failure.detail,
        };
        if let Some(probed) = probed {
            simulated |= probed.simulated;
            if let Some(status) = probed.status {
                let help = "Status of the answer to the last probe.";
                told.gauge("vitals_application_probe_status", help, f64::from(status));
                let help = "How long the last probe took.";
                let seconds = probed.took.as_secs_f64();
                told.gauge("vitals_application_probe_seconds", help, seconds);
            }
            down = probed
                .result
                .err()
                .map(|error| failure(&self.settings.probe, error));
        }
        match page {
            Some(Ok(page)) => {
                simulated |= page.simulated;
                scraped = Some(page.reading.outcome.samples);
                self.tell_losses(&page.reading, &mut told);
                self.tell_page(&page.reading, &mut told);
            }
            Some(Err(error)) => {
                let error = failure(&self.settings.metrics, error);
                match (&self.settings.probe, &down) {
                    (None, _) => down = Some(error),
                    (Some(_), _) => told.failed.push(error),
                }
            }
            None => self.tell_probes(&mut told),
        }
        let help = "Whether the application answers its probe, or, without one, tells its metrics.";
        told.gauge(UP, help, f64::from(u8::from(down.is_none())));
        self.is_simulated = simulated;
        Collected {
            down,
            scraped,
            ..told.collected(Vec::new(), simulated)
        }
    }

    fn tell_losses(&self, reading: &Reading, told: &mut Told) {
        let part = || match &self.settings.metrics {
            Some(url) => url.to_string(),
            None => "metrics".to_owned(),
        };
        if let Some((line, why)) = reading.outcome.first_dropped {
            let dropped = reading.outcome.dropped.total();
            let detail = format!("{dropped} lines were dropped, the first is line {line}: {why}");
            told.failed(&part(), Reason::Parse, detail);
        }
        if reading.beyond > 0 {
            let detail = format!(
                "{} series were not looked at: there are too many",
                reading.beyond
            );
            told.failed(&part(), Reason::TooLarge, detail);
        }
    }

    /// What our own probes say, where that is all there is.
    fn tell_probes(&self, told: &mut Told) {
        match self.probes.mean_seconds() {
            Some(seconds) => {
                told.gauge(MEAN, MEAN_HELP, seconds);
                told.source("api_response", "probe");
            }
            None => told.absent(
                MEAN,
                Reason::TooFew,
                "no probe was answered in the last minute",
            ),
        }
        match self.probes.error_ratio() {
            Some(ratio) => {
                told.gauge(ERRORS, ERRORS_HELP, ratio);
                told.source("error_rate", "probe");
            }
            None => told.absent(ERRORS, Reason::TooFew, FEW_REQUESTS),
        }
        let hint = "only a probe is configured: set metrics of this [[application]]";
        told.absent(USERS, Reason::NotConfigured, hint);
        told.absent(CACHE, Reason::NotEnabled, hint);
    }

    fn tell_page(&mut self, reading: &Reading, told: &mut Told) {
        let map = &self.settings.map;
        let names = Names::of(reading, map.requests.is_some(), map.errors.is_some());
        let mapped = |series: &Option<Series>| series.as_ref().map(ToString::to_string);
        let known = |names: &[&str], at: usize| names.get(at).copied().unwrap_or("?").to_owned();
        let duration = names
            .duration
            .map(|at| mapped(&map.duration).unwrap_or_else(|| known(DURATIONS, at)));
        let unit = map.duration_unit;
        let unit = unit.unwrap_or_else(|| Unit::of_name(duration.as_deref().unwrap_or_default()));
        let factor = unit.in_seconds();
        self.tally.look(reading, names, factor, Instant::now());
        let tally = &self.tally;

        let requests = names
            .requests
            .map(|role| match (mapped(&map.requests), role) {
                (Some(mapped), _) => mapped,
                (None, Role::Requests(at)) => known(REQUESTS, at),
                (None, _) => format!("{}_count", duration.as_deref().unwrap_or("?")),
            });
        for (labels, total) in tally.totals() {
            let labels = || labels.iter().map(|(name, value)| (name.to_owned(), value));
            let help = "Requests the application says it has answered.";
            told.add_labelled(
                Counter,
                "vitals_application_requests_total",
                help,
                labels(),
                total.requests,
            );
            if names.errors {
                let help = "Requests the application says have failed by its own fault.";
                told.add_labelled(
                    Counter,
                    "vitals_application_errors_total",
                    help,
                    labels(),
                    total.errors,
                );
            }
        }

        match (&duration, tally.mean_seconds()) {
            (Some(name), Some(seconds)) => {
                told.gauge(MEAN, MEAN_HELP, seconds);
                told.source("api_response", name);
            }
            (Some(_), None) => {
                told.absent(
                    MEAN,
                    Reason::TooFew,
                    "no request was answered in the last minute",
                );
            }
            (None, _) => {
                let hint = "its metrics have no histogram or summary of response times of a known \
                            name: set duration in [application.map]";
                told.absent(MEAN, Reason::NotEnabled, hint);
            }
        }
        self.tell_quantiles(reading, names, factor, told);
        match (&requests, tally.error_ratio()) {
            (Some(name), Some(ratio)) if names.errors => {
                told.gauge(ERRORS, ERRORS_HELP, ratio);
                let errors = mapped(&map.errors);
                told.source("error_rate", errors.as_ref().unwrap_or(name));
            }
            (Some(_), None) if names.errors => {
                told.absent(ERRORS, Reason::TooFew, FEW_REQUESTS);
            }
            _ => {
                let hint = "its metrics do not tell answers apart by a status: set requests and \
                            errors in [application.map]";
                told.absent(ERRORS, Reason::NotEnabled, hint);
            }
        }

        match reading.places(Role::ActiveUsers).next() {
            Some(at) => {
                let rows = reading.rows(Role::ActiveUsers(at)).iter();
                let users: f64 = rows
                    .map(|row| row.value)
                    .filter(|value| value.is_finite())
                    .sum();
                told.gauge(USERS, "Users or sessions that are active.", users);
                let name = mapped(&map.active_users).unwrap_or_else(|| known(ACTIVE_USERS, at));
                told.source("active_users", &name);
            }
            None => {
                let hint = "its metrics tell no active users under a known name: set active_users \
                            in [application.map]";
                told.absent(USERS, Reason::NotEnabled, hint);
            }
        }
        match (names.cache, tally.cache_hit_ratio()) {
            (Some(at), Some(ratio)) => {
                told.gauge(CACHE, CACHE_HELP, ratio);
                let known = || match CACHES.get(at) {
                    Some((hits, _)) => (*hits).to_owned(),
                    None => known(CACHE_RESULTS, at - CACHES.len()),
                };
                let name = mapped(&map.cache_hits).unwrap_or_else(known);
                told.source("cache_hit", &name);
            }
            (Some(_), None) => {
                let hint = "fewer than 100 look-ups in the cache in 5 minutes";
                told.absent(CACHE, Reason::TooFew, hint);
            }
            (None, _) => {
                let hint = "its metrics count no look-ups in a cache under a known name: set \
                            cache_hits and cache_misses in [application.map], or REDIS_HOST";
                told.absent(CACHE, Reason::NotEnabled, hint);
            }
        }
    }

    /// From a histogram; or those of a summary that is the only one, for quantiles cannot be merged.
    fn tell_quantiles(&self, reading: &Reading, names: Names, factor: f64, told: &mut Told) {
        let Some(at) = names.duration else { return };
        let help = "Time within which this share of the answers of the last minute came.";
        if !reading.rows(Role::Bucket(at)).is_empty() {
            for (share, q) in QUANTILES {
                if let Some(seconds) = self.tally.quantile(share, factor) {
                    told.gauge_of(QUANTILE, help, [("q", q)], seconds);
                }
            }
        } else if reading.rows(Role::Count(at)).len() == 1 {
            for (share, q) in QUANTILES {
                let rows = reading.rows(Role::Quantile(at)).iter();
                let row = rows.into_iter().find(|row| row.bound == share);
                if let Some(row) = row.filter(|row| row.value.is_finite()) {
                    told.gauge_of(QUANTILE, help, [("q", q)], row.value * factor);
                }
            }
        }
    }
}

const MEAN_HELP: &str = "Time to an answer, on average over the last minute.";
const ERRORS_HELP: &str = "Share of the requests of the last 5 minutes that failed.";
const CACHE_HELP: &str =
    "Share of the look-ups of the last 5 minutes that were found in the cache.";

/// A page of metrics that was read.
struct Page {
    reading: Reading,
    simulated: bool,
}

async fn ask_probe(client: &mut Client, url: &PageUrl, until: Instant) -> Probed {
    let question = Question::get(url.path(), "*/*", LARGEST_PROBE);
    let began = Instant::now();
    let answer = client.ask(&question, until).await;
    let took = began.elapsed();
    match answer {
        Ok(answer) => Probed {
            status: Some(answer.status.as_u16()),
            took,
            result: exposed::good(answer.status),
            simulated: answer.simulated,
        },
        Err(failure) => Probed {
            status: None,
            took,
            result: Err(failure),
            simulated: false,
        },
    }
}

async fn ask_page(
    client: &mut Client,
    url: &PageUrl,
    reader: &Reader,
    until: Instant,
) -> Result<Page, Failure> {
    let answer = exposed::ask(client, url, until).await?;
    let reading = reader.read(&answer.body);
    if reading.is_cut {
        let detail = "the page of metrics ends within a line";
        return Err(Failure::new(Reason::Truncated, detail));
    }
    if reading.outcome.samples == 0 {
        let detail = "there are no metrics in what is answered: look what is behind the URL";
        return Err(Failure::new(Reason::NotPrometheus, detail));
    }
    let simulated = answer.simulated;
    Ok(Page { reading, simulated })
}

impl Collector for ApplicationCollector {
    fn name(&self) -> &str {
        &self.name
    }

    fn identity(&self) -> Labels {
        let Some(url) = &self.settings.metrics else {
            return Labels::none();
        };
        let instance = url.server().endpoint().to_string();
        Labels::new([("job", self.settings.job.as_str()), ("instance", &instance)])
    }

    fn is_dependency(&self) -> bool {
        true
    }

    async fn collect(&mut self, deadline: Duration) -> Result<Collected, CollectError> {
        let until = source::until(deadline);
        let settings = &self.settings;
        let client = |url: &PageUrl| {
            let authorization = settings.credentials.as_ref().map(Credentials::header);
            Client::new(url.server().clone(), &settings.outward, authorization)
        };
        let (probe, metrics, reader) = (&mut self.probe, &mut self.metrics, &self.reader);
        let began = Instant::now();
        let probed = async {
            let url = settings.probe.as_ref()?;
            let client = probe.get_or_insert_with(|| client(url));
            Some(ask_probe(client, url, until).await)
        };
        let page = async {
            let url = settings.metrics.as_ref()?;
            let client = metrics.get_or_insert_with(|| client(url));
            Some(ask_page(client, url, reader, until).await)
        };
        let (probed, page) = futures::join!(probed, page);
        if let Some(probed) = &probed {
            self.probes
                .add(began, probed.result.is_ok().then_some(probed.took));
        }
        Ok(self.tell(probed, page))
    }
}
