//! One connection to one server, asked one question at a time.

use std::time::Duration;

use redis::{
    AsyncConnectionConfig, Cmd, ErrorKind, FromRedisValue, RedisConnectionInfo, RedisError,
    aio::MultiplexedConnection,
};
use tokio::{
    io::{AsyncRead, AsyncWrite},
    time::{Instant, timeout_at},
};

use super::{failure, servers::RedisAccount};
use crate::{
    collector::Reason,
    net::{Bounded, Budget, Dialed, Driver, Endpoint, Failure, Route, Trust},
};

/// Of an answer. INFO has some 10 kB.
const LARGEST_ANSWER: u64 = 4 << 20;
/// Then it is made anew: what the name stands for may have moved while the old server lives on.
const LIFETIME: Duration = Duration::from_secs(300);
pub(super) const HUNG_UP: &str = "the server hung up";

/// To one server. Connects with the first question, and again when the connection is lost.
pub(crate) struct Connection {
    route: Route,
    account: RedisAccount,
    budget: Budget,
    open: Option<Open>,
}

struct Open {
    redis: MultiplexedConnection,
    driver: Driver,
    since: Instant,
}

impl Connection {
    /// Over TLS, where it is said whose certificates are believed.
    pub(crate) fn new(endpoint: Endpoint, trust: Option<&Trust>, account: RedisAccount) -> Self {
        Connection {
            route: Route::new(endpoint, trust),
            account,
            budget: Budget::of(LARGEST_ANSWER),
            open: None,
        }
    }

    pub(crate) fn endpoint(&self) -> &Endpoint {
        self.route.endpoint()
    }

    /// Asks, and waits for the answer.
    ///
    /// # Errors
    /// When there is none by `until`, or an error, or something else than was asked for. Only an answer
    /// keeps the connection.
    pub(crate) async fn ask<T: FromRedisValue>(
        &mut self,
        question: &Cmd,
        until: Instant,
    ) -> Result<T, Failure> {
        let said = self.hear(question, until).await?;
        said.map_err(|error| failure::of(&error))
    }

    /// As [`Self::ask`], for those who do something about an error of the server: it is handed on.
    ///
    /// # Errors
    /// When there is no answer by `until`, or something else than was asked for.
    pub(crate) async fn hear<T: FromRedisValue>(
        &mut self,
        question: &Cmd,
        until: Instant,
    ) -> Result<Result<T, RedisError>, Failure> {
        let was_open = self.open.is_some();
        let answer = self.hear_once(question, until).await;
        let is_hung_up = |failure: &Failure| failure.detail == HUNG_UP;
        if was_open && answer.as_ref().is_err_and(is_hung_up) {
            // It was about to be closed when we asked: that is no answer.
            return self.hear_once(question, until).await;
        }
        answer
    }

    async fn hear_once<T: FromRedisValue>(
        &mut self,
        question: &Cmd,
        until: Instant,
    ) -> Result<Result<T, RedisError>, Failure> {
        let kept = |open: &Open| open.since.elapsed() < LIFETIME;
        let open = match self.open.take().filter(kept) {
            Some(open) => Ok(open),
            None => self.connect(until).await,
        };
        let beyond = |failure| self.budget.exceeded().unwrap_or(failure);
        let mut open = open.map_err(beyond)?;
        self.budget.renew();
        let answer = open.query(question, until).await;
        let answer = answer.map_err(beyond);
        // After anything else nobody knows what comes next on it. An error of the server is an answer.
        if answer.is_ok() && !open.driver.is_over() {
            self.open = Some(open);
        }
        answer
    }

    async fn connect(&mut self, until: Instant) -> Result<Open, Failure> {
        // The steps on the way fail by their own reasons, a little earlier than the whole.
        let left = until.saturating_duration_since(Instant::now());
        let dialed = self.route.dial(until - left / 20).await?;
        self.budget.renew();
        let mut open = match dialed {
            Dialed::Plain(stream) => speak(Bounded::new(stream, self.budget.clone())).await?,
            Dialed::Tls(stream) => speak(Bounded::new(stream, self.budget.clone())).await?,
        };
        if let Some(introduction) = self.account.introduction() {
            let said = open.query::<()>(&introduction, until).await?;
            said.map_err(|error| failure::of(&error))?;
        }
        Ok(open)
    }
}

impl Open {
    async fn query<T: FromRedisValue>(
        &mut self,
        question: &Cmd,
        until: Instant,
    ) -> Result<Result<T, RedisError>, Failure> {
        let answer = self.driver.until(question.query_async(&mut self.redis));
        let Ok(answer) = timeout_at(until, answer).await else {
            return Err(Failure::new(Reason::Timeout, "no answer"));
        };
        match answer {
            Err(error) if !matches!(error.kind(), ErrorKind::Server(_) | ErrorKind::Extension) => {
                Err(failure::of(&error))
            }
            said => Ok(said),
        }
    }
}

/// Nothing is said yet: who we are is ours to say.
async fn speak<S>(stream: S) -> Result<Open, Failure>
where
    S: AsyncRead + AsyncWrite + Unpin + Send + 'static,
{
    let info = RedisConnectionInfo::default().set_skip_set_lib_name();
    let config = AsyncConnectionConfig::new().set_response_timeout(None);
    let made = MultiplexedConnection::new_with_config(&info, stream, config).await;
    let (redis, driver) = made.map_err(|error| failure::of(&error))?;
    Ok(Open {
        redis,
        driver: Driver::new(driver),
        since: Instant::now(),
    })
}
