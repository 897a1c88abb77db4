//! PostgreSQL: its connections against what it takes, how long statements take, transactions, sizes,
//! and how often a block is found in its cache. Nothing of a statement is ever read.

mod connection;
mod failure;
mod questions;
mod tally;
mod url;

use std::time::Duration;

use tokio::time::Instant;

pub use self::url::{PostgresUrl, PostgresUrlError};
use self::{
    connection::{Connection, Pace, Row},
    questions::{DATABASES, SERVER, SESSIONS, SIZES, number, text},
    tally::{Databases, Statements},
};
use super::{CollectError, Collected, Collector, Reason, privacy, source, told::Told};
use crate::{http::Trust, net::Failure};

/// Questions of a look: each may take its share of the time.
const QUESTIONS: u32 = 5;
/// Sizes are counted file by file: not more often than so many times as long as that takes.
const SIZES_SHARE: u32 = 50;

/// What is said of a PostgreSQL in the settings.
#[derive(Clone, Debug)]
pub struct PostgresSettings {
    /// The name it is shown by; the collector is `postgres/<name>`.
    pub name: String,
    /// Where it is.
    pub url: PostgresUrl,
    /// Whom it knows us as.
    pub username: String,
    /// Empty: none.
    pub password: Password,
    /// Whose certificates are believed, where TLS is spoken.
    pub trust: Trust,
}

/// Shown to nobody but the server.
#[derive(Clone, Default)]
pub struct Password(pub String);

impl std::fmt::Debug for Password {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Password(…)")
    }
}

/// Watches one PostgreSQL.
pub struct PostgresCollector {
    /// Its name in the tree.
    name: String,
    /// For errors.
    url: String,
    label: String,
    connection: Connection,
    databases: Databases,
    statements: Statements,
    sizes: Option<Sizes>,
}

/// The sizes of the databases as they were last counted, or why they could not be.
struct Sizes {
    rows: Result<Vec<Row>, Failure>,
    next: Instant,
}

impl PostgresCollector {
    /// One that has not asked yet.
    pub fn new(settings: PostgresSettings) -> Self {
        PostgresCollector {
            name: format!("postgres/{}", settings.name),
            url: settings.url.to_string(),
            label: settings.name.clone(),
            connection: Connection::new(settings),
            databases: Databases::default(),
            statements: Statements::default(),
            sizes: None,
        }
    }

    /// The rows of one question of several: without them the rest is told all the same.
    async fn part(
        &mut self,
        question: &str,
        part: &str,
        pace: Pace,
        told: &mut Told,
    ) -> Option<Vec<Row>> {
        match self.connection.rows(question, pace).await {
            Ok(rows) => Some(rows),
            Err(Failure { reason, detail }) => {
                told.failed(part, reason, detail);
                None
            }
        }
    }

    async fn look(&mut self, deadline: Duration) -> Result<Told, Failure> {
        let until = source::until(deadline);
        let pace = Pace {
            most: deadline / (QUESTIONS + 1),
            until,
        };
        let rows = self.connection.rows(SERVER, pace).await?;
        let strange = || Failure::new(Reason::Parse, "what was answered is not of PostgreSQL");
        let server = rows.first().ok_or_else(strange)?;
        let mut told = Told::of("postgres", &self.label);
        tell_server(server, &mut told);
        if let Some(rows) = self.part(SESSIONS, "sessions", pace, &mut told).await {
            tell_sessions(&rows, number(server, 2), &mut told);
        }
        if let Some(rows) = self
            .part(DATABASES, "pg_stat_database", pace, &mut told)
            .await
        {
            self.databases.look(&rows, Instant::now());
            tell_databases(&self.databases, &mut told);
        }
        let counted = self.sizes.take();
        let counted = match counted.filter(|sizes| sizes.next > Instant::now()) {
            Some(sizes) => sizes,
            None => {
                let began = Instant::now();
                let rows = self.connection.rows(SIZES, pace).await;
                let next = Instant::now() + began.elapsed() * SIZES_SHARE;
                Sizes { rows, next }
            }
        };
        let counted = self.sizes.insert(counted);
        match &counted.rows {
            Ok(rows) => tell_sizes(rows, &mut told),
            Err(failure) => told.failed("database sizes", failure.reason, &*failure.detail),
        }
        let Some(schema) = text(server, 5) else {
            let hint = "CREATE EXTENSION pg_stat_statements in the database of the URL, and add it \
                        to shared_preload_libraries";
            told.absent(STATEMENT, Reason::NotEnabled, hint);
            return Ok(told);
        };
        let question = questions::statements(schema, number(server, 1).unwrap_or_default());
        if let Some(rows) = self
            .part(&question, "pg_stat_statements", pace, &mut told)
            .await
            && let Some(row) = rows.first()
            && let (Some(calls), Some(ms)) = (number(row, 0), number(row, 1))
        {
            self.statements.look(calls, ms, Instant::now());
            match self.statements.mean_seconds() {
                Some(seconds) => {
                    let help =
                        "Time a statement takes, on average over the last minute; ours left out.";
                    told.gauge(STATEMENT, help, seconds);
                }
                None => {
                    let hint = "no statement but ours has ended in the last minute";
                    told.absent(STATEMENT, Reason::TooFew, hint);
                }
            }
        }
        Ok(told)
    }
}

const STATEMENT: &str = "vitals_postgres_statement_seconds";
/// What a client can be doing (`pg_stat_activity.state`): none at all is a number, too.
const STATES: [&str; 5] = [
    "active",
    "idle",
    "idle in transaction",
    "idle in transaction (aborted)",
    "fastpath function call",
];

fn tell_server(server: &Row, told: &mut Told) {
    // `15.14 (Debian 15.14-0+deb12u1)`
    let version = text(server, 0).unwrap_or_default();
    let version = version.split(' ').next().unwrap_or_default();
    let version = privacy::name(version.into()).unwrap_or_default();
    let role = match text(server, 3) {
        Some("t") => "standby",
        _ => "primary",
    };
    let labels = [("version", &*version), ("role", role)];
    told.gauge_of(
        "vitals_postgres_info",
        "What PostgreSQL says it is.",
        labels,
        1.0,
    );
    if let Some(start) = number(server, 4) {
        let help = "When the server was started.";
        told.gauge("vitals_postgres_start_timestamp_seconds", help, start);
    }
}

fn tell_sessions(rows: &[Row], limit: Option<f64>, told: &mut Told) {
    let connections: f64 = rows.iter().filter_map(|row| number(row, 1)).sum();
    let help = "Connections of clients, ours among them.";
    told.gauge("vitals_postgres_connections", help, connections);
    if let Some(limit) = limit.filter(|limit| *limit > 0.0) {
        let help = "Connections clients may have: max_connections less those that are reserved.";
        told.gauge("vitals_postgres_connections_max", help, limit);
        let help = "Share of the connections clients may have that is in use.";
        told.gauge("vitals_postgres_pool_ratio", help, connections / limit);
    }
    if rows.iter().any(|row| text(row, 0).is_none()) {
        let detail = "the account may not see what others do: GRANT pg_monitor TO it";
        told.failed("sessions by state", Reason::LowPrivilege, detail);
        return;
    }
    let mut tell = |state: &str, count| {
        let help = "Connections of clients by what they are doing.";
        told.gauge_of("vitals_postgres_sessions", help, [("state", state)], count);
    };
    for row in rows {
        if let (Some(state), Some(count)) = (text(row, 0), number(row, 1))
            && let Some(state) = privacy::name(state.into())
        {
            tell(&state, count);
        }
    }
    for state in STATES {
        if rows.iter().all(|row| text(row, 0) != Some(state)) {
            tell(state, 0.0);
        }
    }
    let ages = rows.iter().filter_map(|row| number(row, 2));
    if let Some(oldest) = ages.reduce(f64::max) {
        let help = "How long the oldest open transaction has been.";
        told.gauge(
            "vitals_postgres_oldest_transaction_seconds",
            help,
            oldest.max(0.0),
        );
    }
}

fn tell_databases(databases: &Databases, told: &mut Told) {
    for (name, help, total) in [
        (
            "vitals_postgres_transactions_total",
            "Transactions that have ended, well or not.",
            databases.transactions(),
        ),
        (
            "vitals_postgres_rollbacks_total",
            "Transactions that were rolled back.",
            databases.rollbacks(),
        ),
        (
            "vitals_postgres_deadlocks_total",
            "Transactions that waited for each other.",
            databases.deadlocks(),
        ),
    ] {
        if let Some(total) = total {
            told.counter_of(name, help, [], total);
        }
    }
    let family = "vitals_postgres_cache_hit_ratio";
    match databases.cache_hit_ratio() {
        Some(ratio) => {
            let help = "Share of the blocks of the last 5 minutes that were found in its cache.";
            told.gauge(family, help, ratio);
        }
        None => {
            let hint = "fewer than 100 blocks were looked up in 5 minutes";
            told.absent(family, Reason::TooFew, hint);
        }
    }
}

fn tell_sizes(rows: &[Row], told: &mut Told) {
    for row in rows {
        if let (Some(name), Some(bytes)) = (text(row, 0), number(row, 1))
            && let Some(name) = privacy::name(name.into())
        {
            let (family, help) = ("vitals_postgres_database_size_bytes", "Size of a database.");
            told.gauge_of(family, help, [("database", &name)], bytes);
        }
    }
}

impl Collector for PostgresCollector {
    fn name(&self) -> &str {
        &self.name
    }

    fn is_dependency(&self) -> bool {
        true
    }

    async fn collect(&mut self, deadline: Duration) -> Result<Collected, CollectError> {
        match self.look(deadline).await {
            Ok(told) => Ok(told.collected(Vec::new(), false)),
            Err(Failure { reason, detail }) => {
                // The next look must not take up what was then.
                self.sizes = None;
                Err(CollectError {
                    part: self.url.clone(),
                    reason,
                    detail,
                })
            }
        }
    }
}
