//! An InterSystems IRIS: its own metrics handed on under their names, and what operators ask for made
//! of them. Every figure says where it comes from; what is not known is absent, with a reason and
//! what to do about it.
//!
//! Nothing of a message is ever read: no texts of logs, no bodies, no control ids, and no page of an
//! error.

mod alerts;
mod answer;
mod catalogue;
mod connections;
mod databases;
mod hl7;
mod interop;
mod machine;
mod mirror;
mod native;
mod queries;
mod rate;
mod settings;
mod sql;
mod system;
mod tally;
#[cfg(test)]
mod tests;

use std::time::Duration;

use exposition::Labels;
use tokio::time::Instant;

pub use self::settings::{IrisSettings, SqlSettings};
use self::{alerts::Alerts, hl7::Hl7, interop::Interop, mirror::Role, native::Native, sql::Sql};
use super::{
    CollectError, Collected, Collector, Reason,
    own_requests::{FEW_REQUESTS, OwnRequests},
    source,
    told::Told,
};
use crate::{
    http::{Client, Credentials, Question},
    net::Failure,
};

const RESPONSE: &str = "vitals_iris_response_seconds";
const ERRORS: &str = "vitals_iris_request_error_ratio";
const METRICS: &str = "/api/monitor/metrics";
const ACCEPT: &str = "text/plain;version=0.0.4,text/plain;q=0.5,*/*;q=0.1";
/// Larger bodies are not read, 2026.1 tells about 66 kB.
const LARGEST_BODY: usize = 8 << 20;
/// Watches one IRIS.
pub struct IrisCollector {
    /// Its name in the tree.
    name: String,
    settings: IrisSettings,
    /// Made with the first question: on the thread it is asked on.
    client: Option<Client>,
    hl7: Hl7,
    interop: Interop,
    sql: Sql,
    alerts: Alerts,
    requests: OwnRequests,
    /// It said so last.
    is_simulated: bool,
}

impl IrisCollector {
    /// One that has not asked yet.
    pub fn new(settings: IrisSettings) -> Self {
        IrisCollector {
            name: format!("iris/{}", settings.name),
            settings,
            client: None,
            hl7: Hl7::default(),
            interop: Interop::default(),
            sql: Sql::default(),
            alerts: Alerts::default(),
            requests: OwnRequests::default(),
            is_simulated: false,
        }
    }

    fn client(&mut self) -> &mut Client {
        let settings = &self.settings;
        self.client.get_or_insert_with(|| {
            let credentials = settings.credentials.as_ref();
            let authorization = credentials.map(Credentials::header);
            Client::new(settings.url.clone(), &settings.outward, authorization)
        })
    }

    async fn look(&mut self, until: Instant) -> Result<Collected, Failure> {
        let question = Question::get(METRICS, ACCEPT, LARGEST_BODY);
        let began = Instant::now();
        let answer = self.client().ask(&question, until).await;
        let took = began.elapsed();
        let read = answer.and_then(|answer| {
            let simulated = answer.simulated;
            Ok((read(&answer::metrics(answer)?)?, simulated))
        });
        self.requests.add(began, read.is_ok().then_some(took));
        let (native, simulated) = read?;
        self.is_simulated = simulated;
        let role = Role::of(&native);
        if let Some(client) = &mut self.client {
            let settings = &self.settings;
            self.sql.ask(client, &native, role, settings, until).await;
            if settings.alerts_endpoint {
                self.alerts.ask(client, until).await;
            }
        }
        Ok(self.tell(native, simulated, Instant::now()))
    }

    /// How our requests fare, which stands for how those of others do.
    fn tell_requests(&self, told: &mut Told) {
        match self.requests.mean_seconds() {
            Some(seconds) => {
                let help =
                    "Time IRIS takes to answer our requests, on average over the last minute.";
                told.gauge(RESPONSE, help, seconds);
            }
            None => {
                let hint = "no request was answered in the last minute";
                told.absent(RESPONSE, Reason::TooFew, hint);
            }
        }
        match self.requests.error_ratio() {
            Some(ratio) => {
                let help =
                    "Share of our requests to IRIS in the last 5 minutes without a good answer.";
                told.gauge(ERRORS, help, ratio);
            }
            None => told.absent(ERRORS, Reason::TooFew, FEW_REQUESTS),
        }
    }

    /// What is made of it.
    fn tell(&mut self, native: Native, simulated: bool, now: Instant) -> Collected {
        let mut told = Told::of("iris", &self.settings.name);
        let settings = &self.settings;
        let role = Role::of(&native);
        system::tell(&native, &mut told);
        machine::tell(&native, &mut told);
        mirror::tell(&native, role, settings, &mut told);
        connections::tell(&native, settings, &mut told);
        queries::tell(&native, &mut told);
        databases::tell(&native, settings, &mut told);
        self.hl7.tell(&native, role, settings, now, &mut told);
        let restarted = self.hl7.is_restarted();
        self.interop.tell(&native, restarted, settings, &mut told);
        self.sql.tell(&native, settings, &mut told);
        self.alerts.tell(&mut told);
        tell_losses(&native, &mut told);
        if simulated {
            let help = "Nothing of this IRIS is true: it is simulated.";
            told.gauge("vitals_iris_simulated", help, 1.0);
        }
        told.collected(native.into_families(), simulated)
    }
}

/// A body, if it is one.
fn read(body: &[u8]) -> Result<Native, Failure> {
    let native = Native::read(body);
    if native.is_cut {
        let detail = "the page of metrics ends within a line";
        return Err(Failure::new(Reason::Truncated, detail));
    }
    if native.is_empty() {
        let detail = "there are no metrics of IRIS in what is answered: look what is behind the \
                      URL";
        return Err(Failure::new(Reason::NotPrometheus, detail));
    }
    Ok(native)
}

/// Lines that were left out.
fn tell_losses(native: &Native, told: &mut Told) {
    if let Some((line, why)) = native.outcome.first_dropped {
        let dropped = native.outcome.dropped.total();
        let detail = format!("{dropped} lines were dropped, the first is line {line}: {why}");
        told.failed("metrics", Reason::Parse, detail);
    }
    if native.withheld > 0 {
        let detail = format!(
            "{} series were withheld: a label could be a part of a message",
            native.withheld
        );
        told.failed("metrics", Reason::Parse, detail);
    }
    if native.beyond > 0 {
        let detail = format!("{} series were left out: too many", native.beyond);
        told.failed("metrics", Reason::TooLarge, detail);
    }
}

impl Collector for IrisCollector {
    fn name(&self) -> &str {
        &self.name
    }

    fn identity(&self) -> Labels {
        let instance = self.settings.url.endpoint().to_string();
        Labels::new([("job", self.settings.job.as_str()), ("instance", &instance)])
    }

    fn is_dependency(&self) -> bool {
        true
    }

    async fn collect(&mut self, deadline: Duration) -> Result<Collected, CollectError> {
        let until = source::until(deadline);
        let looked = self.look(until).await;
        let mut told = Told::of("iris", &self.settings.name);
        self.tell_requests(&mut told);
        let requests = told.collected(Vec::new(), false);
        Ok(match looked {
            Ok(mut collected) => {
                collected.families.extend(requests.families);
                collected.absent.extend(requests.absent);
                collected
            }
            Err(Failure { reason, detail }) => Collected {
                down: Some(CollectError {
                    part: format!("{}{METRICS}", self.settings.url),
                    reason,
                    detail,
                }),
                simulated: self.is_simulated,
                ..requests
            },
        })
    }
}
