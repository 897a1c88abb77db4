//! What the metrics of IRIS do not tell, asked by SQL over HTTP, where that is wanted: queues and the
//! age of what is in them, errors in the log, and, where the metrics are silent, HL7 messages and
//! sizes of databases.
//!
//! Read-only, by watermarks, one statement at a time, once a minute. A statement that takes long is
//! not asked for a while. No text of a log and no body of a message is ever selected.

mod atelier;
#[cfg(test)]
mod tests;

use std::{
    collections::{BTreeMap, BTreeSet},
    time::Duration,
};

use jiff::civil::DateTime;
use serde_json::{Value, json};
use tokio::time::Instant;

use self::atelier::Row;
use super::{
    databases, hl7, interop,
    mirror::Role,
    native::Native,
    rate::Rate,
    settings::{IrisSettings, SqlSettings},
};
use crate::{
    collector::{Reason, privacy, told::Told},
    http::Client,
    net::Failure,
};

/// A statement is waited for no longer.
const DEADLINE: Duration = Duration::from_secs(2);
/// A statement that takes longer burdens the server.
const SLOW: Duration = Duration::from_millis(500);
/// Then it is left out of so many rounds.
const SPARED_ROUNDS: u32 = 10;
/// More namespaces are not asked.
const MOST_NAMESPACES: usize = 16;
/// More hosts are not remembered.
const MOST_HOSTS: usize = 1_000;
const SYSTEM: &str = "%SYS";

const QUEUES: &str = "SELECT * FROM Ens.Queue_Enumerate";
const OLDEST: &str = "SELECT %EXACT(TargetConfigName) AS host, MIN(TimeCreated) AS oldest, \
    GETUTCDATE() AS at FROM Ens.MessageHeader WHERE Status = 2 GROUP BY %EXACT(TargetConfigName)";
const LAST_LOG: &str = "SELECT MAX(ID) AS last FROM Ens_Util.Log";
const LOG_ERRORS: &str = "SELECT %EXACT(ConfigName) AS host, COUNT(*) AS n, MAX(ID) AS last FROM \
    Ens_Util.Log WHERE ID > ? AND Type = 2 GROUP BY %EXACT(ConfigName)";
const LAST_HEADER: &str = "SELECT MAX(ID) AS last FROM Ens.MessageHeader";
const HL7: &str = "SELECT COUNT(*) AS n, MAX(ID) AS last FROM Ens.MessageHeader WHERE ID > ? AND \
    Type = 1 AND MessageBodyClassName = 'EnsLib.HL7.Message' AND SourceBusinessType = 1";
const DATABASES: &str = "SELECT * FROM %SYS.DatabaseQuery_FreeSpace";

/// What is asked, and in which namespace.
type What = (&'static str, String);

/// What is remembered from round to round.
#[derive(Debug, Default)]
pub(super) struct Sql {
    asked: Option<Instant>,
    /// How many more rounds a statement is left out of.
    spared: BTreeMap<What, u32>,
    /// What the last round found.
    found: Found,
    /// The last row that was counted, by table and namespace.
    watermarks: BTreeMap<What, f64>,
    /// Errors in logs since the first round, by namespace and host.
    log_errors: BTreeMap<(String, String), f64>,
    /// HL7 messages since the first round.
    messages: f64,
    rate: Rate,
}

/// Figures of one round.
#[derive(Debug, Default)]
struct Found {
    queues: Vec<Queue>,
    /// The namespaces whose log was read.
    logs: BTreeSet<String>,
    databases: Vec<(String, f64)>,
    hl7: bool,
    failed: Vec<(String, Failure)>,
}

#[derive(Debug)]
struct Queue {
    namespace: String,
    host: String,
    depth: f64,
    oldest: Option<Duration>,
}

impl Sql {
    /// Asks all statements, if it is time.
    pub(super) async fn ask(
        &mut self,
        client: &mut Client,
        native: &Native,
        role: Role,
        settings: &IrisSettings,
        until: Instant,
    ) {
        let Some(SqlSettings { interval }) = settings.sql else {
            return;
        };
        let now = Instant::now();
        // A tick may come a little early.
        let is_due = |asked: Instant| now.duration_since(asked) + interval / 10 >= interval;
        if !self.asked.is_none_or(is_due) {
            return;
        }
        self.asked = Some(now);
        self.spared.retain(|_, rounds| {
            let is_spared = *rounds > 0;
            *rounds = rounds.saturating_sub(1);
            is_spared
        });
        self.found = Found::default();
        let mut round = Round {
            sql: self,
            client,
            until,
        };
        // A backup has no productions.
        if role != Role::Backup {
            for namespace in namespaces(native, settings) {
                round.queues(&namespace).await;
                round.log_errors(&namespace).await;
                if !native.has_interop() {
                    round.hl7(&namespace).await;
                }
            }
        }
        if native.sum("iris_db_size_mb").is_none() {
            round.databases().await;
        }
        if !self.found.hl7 {
            self.rate.forget();
        }
    }

    /// What the last round found, for as long as it is true.
    pub(super) fn tell(&self, native: &Native, settings: &IrisSettings, told: &mut Told) {
        let found = &self.found;
        for (part, failure) in &found.failed {
            told.failed(part, failure.reason, failure.detail.clone());
        }
        if !found.queues.is_empty() {
            interop::replace_queues(told);
            told.source("queues", "Ens.Queue_Enumerate");
        }
        for queue in &found.queues {
            let (namespace, host) = (queue.namespace.as_str(), queue.host.as_str());
            interop::tell_queue_of(native, namespace, host, queue.depth, told);
            if let Some(oldest) = queue.oldest {
                let help = "Age of the oldest message in the queue of a host.";
                let seconds = oldest.as_secs_f64();
                let who = [("namespace", namespace), ("interop_host", host)];
                told.gauge_of("vitals_iris_interop_queue_age_seconds", help, who, seconds);
            }
        }
        let was_read = |namespace: &String| found.logs.contains(namespace);
        for ((namespace, host), errors) in &self.log_errors {
            if !was_read(namespace) {
                continue;
            }
            let who = [
                ("namespace", namespace.as_str()),
                ("interop_host", host.as_str()),
            ];
            let help = "Errors in the log of a production, invalid messages among them.";
            told.counter_of("vitals_iris_interop_log_errors_total", help, who, *errors);
        }
        if found.hl7 {
            told.forgive(hl7::PRODUCTIONS);
            hl7::tell_of(
                self.messages,
                self.rate.per_minute(),
                "Ens.MessageHeader",
                told,
            );
        }
        if !found.databases.is_empty() {
            databases::tell_of(
                &found.databases,
                settings,
                "%SYS.DatabaseQuery_FreeSpace",
                told,
            );
        }
    }
}

/// The namespaces with productions, as far as is known.
fn namespaces(native: &Native, settings: &IrisSettings) -> Vec<String> {
    let mut all: BTreeSet<String> = settings.namespaces.iter().cloned().collect();
    if all.is_empty() {
        let told = native.series("iris_interop_hosts");
        all.extend(told.filter_map(|(labels, _)| labels.get("id").map(str::to_owned)));
    }
    all.into_iter().take(MOST_NAMESPACES).collect()
}

/// One round of statements.
struct Round<'r> {
    sql: &'r mut Sql,
    client: &'r mut Client,
    until: Instant,
}

impl Round<'_> {
    /// The rows of a statement, unless it is spared, or there is no time left.
    async fn rows(
        &mut self,
        part: &'static str,
        namespace: &str,
        statement: &'static str,
        parameters: &[Value],
    ) -> Option<Vec<Row>> {
        let what = (statement, namespace.to_owned());
        let name = format!("sql: {part} in {namespace}");
        let began = Instant::now();
        if let Some(rounds) = self.sql.spared.get(&what) {
            let detail = format!("it burdens the server: left alone for {rounds} more rounds");
            let failure = Failure::new(Reason::Sql, detail);
            self.sql.found.failed.push((name, failure));
            return None;
        }
        if began + SLOW > self.until {
            return None;
        }
        let until = self.until.min(began + DEADLINE);
        let rows = atelier::query(self.client, namespace, statement, parameters, until).await;
        let took = began.elapsed();
        if took > SLOW {
            self.sql.spared.insert(what, SPARED_ROUNDS);
            let detail = format!(
                "the statement took {took:.1?}: it is not asked for the next {SPARED_ROUNDS} rounds"
            );
            log::warn!("{name}: {detail}");
        }
        match rows {
            Ok(rows) => Some(rows),
            Err(failure) => {
                self.sql.found.failed.push((name, failure));
                None
            }
        }
    }

    async fn queues(&mut self, namespace: &str) {
        let Some(rows) = self.rows("queues", namespace, QUEUES, &[]).await else {
            return;
        };
        let mut queues = Vec::new();
        for row in rows.iter().take(MOST_HOSTS) {
            let host = host(row, "name").filter(|host| is_of_a_host(host));
            if let (Some(host), Some(depth)) = (host, row.number("count")) {
                queues.push(Queue {
                    namespace: namespace.to_owned(),
                    host,
                    depth,
                    oldest: None,
                });
            }
        }
        // Most of the time there is nothing to look for.
        if queues.iter().any(|queue| queue.depth > 0.0) {
            let oldest = self.rows("queue age", namespace, OLDEST, &[]).await;
            for row in oldest.iter().flatten() {
                let (Some(host), Some(age)) = (host(row, "host"), age(row)) else {
                    continue;
                };
                let of_host = queues.iter_mut().filter(|queue| queue.host == host);
                of_host.for_each(|queue| queue.oldest = Some(age));
            }
        }
        self.sql.found.queues.extend(queues);
    }

    async fn log_errors(&mut self, namespace: &str) {
        let what = (LAST_LOG, namespace.to_owned());
        let Some(watermark) = self.watermark("log", &what).await else {
            return;
        };
        let parameters = [json!(watermark)];
        let Some(rows) = self.rows("log", namespace, LOG_ERRORS, &parameters).await else {
            return;
        };
        self.sql.found.logs.insert(namespace.to_owned());
        let mut last = watermark;
        for row in &rows {
            let (Some(host), Some(errors)) = (host(row, "host"), row.number("n")) else {
                continue;
            };
            last = last.max(row.number("last").unwrap_or(last));
            let key = (namespace.to_owned(), host);
            let log_errors = &mut self.sql.log_errors;
            if log_errors.len() < MOST_HOSTS || log_errors.contains_key(&key) {
                *log_errors.entry(key).or_default() += errors;
            }
        }
        self.sql.watermarks.insert(what, last);
    }

    async fn hl7(&mut self, namespace: &str) {
        let what = (LAST_HEADER, namespace.to_owned());
        let Some(watermark) = self.watermark("messages", &what).await else {
            return;
        };
        let parameters = [json!(watermark)];
        let Some(rows) = self.rows("messages", namespace, HL7, &parameters).await else {
            return;
        };
        let row = rows.first();
        let new = row.and_then(|row| row.number("n")).unwrap_or_default();
        let last = row.and_then(|row| row.number("last"));
        self.sql.watermarks.insert(what, last.unwrap_or(watermark));
        self.sql.messages += new;
        self.sql.rate.add(new, Instant::now());
        self.sql.found.hl7 = true;
    }

    async fn databases(&mut self) {
        let rows = self.rows("databases", SYSTEM, DATABASES, &[]).await;
        for row in rows.iter().flatten() {
            if let (Some(name), Some(megabytes)) =
                (host(row, "databasename"), row.number("sizeint"))
            {
                self.sql.found.databases.push((name, megabytes));
            }
        }
    }

    /// The last row of a table that has been counted: at first, the last there is. What is there
    /// already is not counted: it could be years of it.
    async fn watermark(&mut self, part: &'static str, what: &What) -> Option<f64> {
        if let Some(known) = self.sql.watermarks.get(what) {
            return Some(*known);
        }
        let rows = self.rows(part, &what.1, what.0, &[]).await?;
        let last = rows.first().and_then(|row| row.number("last"));
        let last = last.unwrap_or_default();
        self.sql.watermarks.insert(what.clone(), last);
        Some(last)
    }
}

/// Beside the queues of hosts there are IRIS's own, and those of single calls, which come and go.
fn is_of_a_host(queue: &str) -> bool {
    !queue.starts_with('_') && !interop::is_plumbing(queue)
}

/// A name in a row, if it can be one.
fn host(row: &Row, column: &str) -> Option<String> {
    let name = privacy::name(row.text(column)?.into())?;
    (!name.is_empty()).then(|| name.into_owned())
}

/// From `oldest` to `at`, both by the server's UTC.
fn age(row: &Row) -> Option<Duration> {
    let time = |column| row.text(column)?.parse::<DateTime>().ok();
    let (oldest, at) = (time("oldest")?, time("at")?);
    let since = at.duration_since(oldest);
    Duration::try_from(since).ok()
}
