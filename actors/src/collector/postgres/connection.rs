//! One connection, asked by the simple protocol: poolers in between understand that in any mode.

use std::time::Duration;

use futures::FutureExt;
use tokio::{
    io::{AsyncRead, AsyncWrite},
    net::TcpStream,
    time::{Instant, timeout_at},
};
use tokio_postgres::{
    Client, Config, NoTls, SimpleQueryMessage,
    config::SslMode,
    tls::{MakeTlsConnect, TlsConnect},
};
use tokio_postgres_rustls::MakeRustlsConnect;

use super::{PostgresSettings, failure};
use crate::{
    collector::Reason,
    net::{Bounded, Budget, Driver, Failure, Host, Route},
};

/// Of an answer.
const LARGEST_ANSWER: u64 = 4 << 20;
/// Then it is made anew: what the name stands for may have moved while the old server lives on.
const LIFETIME: Duration = Duration::from_secs(300);

/// Values of a row, as text.
pub(super) type Row = Vec<Option<String>>;

/// How long things may take.
#[derive(Clone, Copy)]
pub(super) struct Pace {
    /// A question: the server itself ends one that takes longer.
    pub(super) most: Duration,
    /// All of it.
    pub(super) until: Instant,
}

/// Connects with the first question, and again when the connection is lost.
pub(super) struct Connection {
    settings: PostgresSettings,
    route: Route,
    budget: Budget,
    open: Option<Open>,
}

struct Open {
    client: Client,
    driver: Driver,
    since: Instant,
}

impl Connection {
    pub(super) fn new(settings: PostgresSettings) -> Self {
        Connection {
            // TLS begins later than with the connection.
            route: Route::new(settings.url.endpoint().clone(), None),
            settings,
            budget: Budget::of(LARGEST_ANSWER),
            open: None,
        }
    }

    /// The rows of the answer.
    ///
    /// # Errors
    /// When there is no answer in time, or an error. Only an answer keeps the connection.
    pub(super) async fn rows(&mut self, question: &str, pace: Pace) -> Result<Vec<Row>, Failure> {
        let Pace { most, until } = pace;
        let kept = |open: &Open| open.since.elapsed() < LIFETIME;
        let open = match self.open.take().filter(kept) {
            Some(open) => Ok(open),
            None => self.connect(most, until).await,
        };
        let beyond = |failure| self.budget.exceeded().unwrap_or(failure);
        let mut open = open.map_err(beyond)?;
        self.budget.renew();
        let answer = open.ask(question, until).await.map_err(beyond);
        // An error of the server is an answer, too.
        if !open.driver.is_over() && answer.as_ref().err().is_none_or(|error| !is_lost(error)) {
            self.open = Some(open);
        }
        answer
    }

    async fn connect(&mut self, most: Duration, until: Instant) -> Result<Open, Failure> {
        let settings = &self.settings;
        let mut config = Config::new();
        config
            .user(&settings.username)
            .dbname(settings.url.database())
            .application_name("vitals");
        if !settings.password.0.is_empty() {
            config.password(&settings.password.0);
        }
        // The steps on the way fail by their own reasons, a little earlier than the whole.
        let left = until.saturating_duration_since(Instant::now());
        let stream = self.route.connect(until - left / 20).await?;
        self.budget.renew();
        let stream = Bounded::new(stream, self.budget.clone());
        let mut open = match settings.url.is_tls() {
            false => begin(config.ssl_mode(SslMode::Disable), stream, NoTls, until).await?,
            true => {
                let tls = settings.trust.config();
                let tls = tls.map_err(|error| Failure::new(Reason::Tls, error.to_string()))?;
                let mut tls = MakeRustlsConnect::new((*tls).clone());
                let name = match settings.url.endpoint().host() {
                    Host::Name(name) => name.clone(),
                    Host::Address(address) => address.to_string(),
                };
                let of_stream = MakeTlsConnect::<Bounded<TcpStream>>::make_tls_connect;
                // It takes every name; what is none is refused with the handshake.
                let Ok(tls) = of_stream(&mut tls, &name);
                begin(config.ssl_mode(SslMode::Require), stream, tls, until).await?
            }
        };
        let bounds = format!(
            "SET /* vitals */ statement_timeout = {}; \
             SET /* vitals */ default_transaction_read_only = on",
            most.as_millis().max(1)
        );
        open.ask(&bounds, until).await?;
        Ok(open)
    }
}

/// After a failure of this kind nobody knows what comes next on a connection.
fn is_lost(failure: &Failure) -> bool {
    failure.detail == NO_ANSWER
        || [Reason::Connect, Reason::TooLarge, Reason::Parse].contains(&failure.reason)
}

const NO_ANSWER: &str = "no answer";

impl Open {
    async fn ask(&mut self, question: &str, until: Instant) -> Result<Vec<Row>, Failure> {
        let late = |_| Failure::new(Reason::Timeout, NO_ANSWER);
        let answer = self.driver.until(self.client.simple_query(question));
        let answer = timeout_at(until, answer).await.map_err(late)?;
        let messages = answer.map_err(|error| failure::of(&error))?;
        let rows = messages.into_iter().filter_map(|message| match message {
            SimpleQueryMessage::Row(row) => {
                let values = (0..row.len()).map(|at| row.get(at).map(str::to_owned));
                Some(values.collect())
            }
            _ => None,
        });
        Ok(rows.collect())
    }
}

async fn begin<S, T>(config: &Config, stream: S, tls: T, until: Instant) -> Result<Open, Failure>
where
    S: AsyncRead + AsyncWrite + Unpin + 'static,
    T: TlsConnect<S>,
    T::Stream: 'static,
{
    let late = |_| Failure::new(Reason::Timeout, "no end of the greeting");
    let begun = timeout_at(until, config.connect_raw(stream, tls)).await;
    let (client, driver) = begun.map_err(late)?.map_err(|error| failure::of(&error))?;
    Ok(Open {
        client,
        driver: Driver::new(driver.map(drop)),
        since: Instant::now(),
    })
}
