//! The server that has our keys just now: the one there is, the master that Sentinels name, or the
//! node of a Cluster that others send us to.

use redis::{Cmd, FromRedisValue, RedisError, cmd};
use tokio::time::Instant;

use super::{refusal, script::Script};
use crate::{
    alert::sink::SinkError,
    collector::Reason,
    net::Endpoint,
    redis::{Connection, RedisSettings, Servers, Topology},
};

/// Nodes of a Cluster that send us on, one after the other.
const MOST_REDIRECTS: usize = 5;

pub(super) struct Node {
    settings: RedisSettings,
    servers: Servers,
    /// Away when it has to be looked for.
    at: Option<Connection>,
}

/// What to do next about a question.
enum Step<T> {
    Answered(T),
    /// Somebody else has the keys.
    Moved(Endpoint),
    /// Somebody else has them for this question alone.
    Asked(Endpoint),
    /// It has forgotten the script, or never knew it.
    Load,
    /// The same of somebody who is asked for this question alone.
    LoadAside(Box<Connection>),
}

impl Node {
    pub(super) fn new(settings: RedisSettings) -> Self {
        Node {
            servers: Servers::new(settings.clone()),
            settings,
            at: None,
        }
    }

    /// Looks for it anew with the next question.
    pub(super) fn leave(&mut self) {
        self.at = None;
    }

    /// Where Sentinels say that another one is master, goes there: the old one may not know yet.
    pub(super) async fn follow(&mut self, until: Instant) -> Result<(), SinkError> {
        let is_watched = matches!(self.settings.url.topology(), Topology::Sentinel { .. });
        if is_watched && let Some(at) = &self.at {
            let known = at.endpoint().clone();
            if self.find(until).await? != known {
                self.leave();
            }
        }
        Ok(())
    }

    /// Asks one question.
    pub(super) async fn ask<T: FromRedisValue>(
        &mut self,
        question: &Cmd,
        until: Instant,
    ) -> Result<T, SinkError> {
        self.put(None, |_| Some(question.clone()), until).await
    }

    /// Runs a script, and brings it first where it is not known.
    pub(super) async fn call<T: FromRedisValue>(
        &mut self,
        script: &mut Script,
        put: impl Fn(&mut Cmd),
        until: Instant,
    ) -> Result<T, SinkError> {
        let call = |script: Option<&Script>| script.and_then(|script| script.call(&put));
        self.put(Some(script), call, until).await
    }

    async fn put<T: FromRedisValue>(
        &mut self,
        mut script: Option<&mut Script>,
        question: impl Fn(Option<&Script>) -> Option<Cmd>,
        until: Instant,
    ) -> Result<T, SinkError> {
        let mut asking = None;
        for _ in 0..MOST_REDIRECTS {
            let step = match question(script.as_deref()) {
                None => Step::Load,
                Some(question) => match asking.take() {
                    Some(aside) => self.ask_aside(aside, &question, until).await?,
                    None => self.ask_once(&question, until).await?,
                },
            };
            match step {
                Step::Answered(answer) => return Ok(answer),
                Step::Moved(to) => self.at = Some(self.connection(to)),
                Step::Asked(of) => asking = Some(of),
                Step::Load => {
                    let Some(script) = &mut script else { break };
                    let at = self.connected(until).await?;
                    let loaded = at.ask(&script.load(), until).await;
                    script.loaded(loaded.inspect_err(|_| self.leave())?);
                }
                Step::LoadAside(mut aside) => {
                    let Some(script) = &mut script else { break };
                    script.loaded(aside.ask(&script.load(), until).await?);
                    asking = Some(aside.endpoint().clone());
                }
            }
        }
        self.leave();
        Err(refusal::of("MOVED"))
    }

    async fn ask_once<T: FromRedisValue>(
        &mut self,
        question: &Cmd,
        until: Instant,
    ) -> Result<Step<T>, SinkError> {
        let at = self.connected(until).await?;
        let asked = at.endpoint().clone();
        match at.hear(question, until).await {
            Ok(Ok(answer)) => Ok(Step::Answered(answer)),
            Ok(Err(error)) => self.refused(&error, &asked),
            Err(failure) => {
                // Whoever answers next time may be somebody else.
                self.leave();
                Err(failure.into())
            }
        }
    }

    /// Asks another node for once, where our keys are on their way to it.
    async fn ask_aside<T: FromRedisValue>(
        &mut self,
        of: Endpoint,
        question: &Cmd,
        until: Instant,
    ) -> Result<Step<T>, SinkError> {
        let mut aside = self.connection(of.clone());
        aside.ask::<()>(&cmd("ASKING"), until).await?;
        match aside.hear(question, until).await? {
            Ok(answer) => Ok(Step::Answered(answer)),
            Err(error) if error.code() == Some("NOSCRIPT") => Ok(Step::LoadAside(Box::new(aside))),
            Err(error) => self.refused(&error, &of),
        }
    }

    fn refused<T>(&mut self, error: &RedisError, asked: &Endpoint) -> Result<Step<T>, SinkError> {
        let code = error.code().unwrap_or_default();
        let to = error
            .redirect_node()
            .and_then(|(to, _)| redirected(to, asked));
        match (code, to) {
            ("MOVED", Some(to)) => Ok(Step::Moved(to)),
            ("ASK", Some(to)) => Ok(Step::Asked(to)),
            ("NOSCRIPT", _) => Ok(Step::Load),
            _ => {
                let text = match error.detail() {
                    Some(detail) => format!("{code} {detail}"),
                    None => code.to_owned(),
                };
                if refusal::is_elsewhere(&text) {
                    self.leave();
                }
                Err(refusal::of(&text))
            }
        }
    }

    fn connection(&self, to: Endpoint) -> Connection {
        let trust = self.settings.url.is_tls().then_some(&self.settings.trust);
        Connection::new(to, trust, self.settings.account.clone())
    }

    async fn connected(&mut self, until: Instant) -> Result<&mut Connection, SinkError> {
        let at = match self.at.take() {
            Some(at) => at,
            None => {
                let endpoint = self.find(until).await?;
                self.connection(endpoint)
            }
        };
        Ok(self.at.insert(at))
    }

    /// Of a Cluster any master: it knows who has our keys. Most of the time is left for asking it: a
    /// Sentinel that does not answer is waited for.
    async fn find(&mut self, until: Instant) -> Result<Endpoint, SinkError> {
        let now = Instant::now();
        let found = now + until.saturating_duration_since(now) / 3;
        let (masters, _) = self.servers.masters(found).await?;
        let first = masters.first().map(|master| master.endpoint().clone());
        first.ok_or_else(|| SinkError::retry(Reason::Unavailable, "there is no master"))
    }
}

/// As nodes name each other: without a host where that is the one that was asked.
fn redirected(to: &str, asked: &Endpoint) -> Option<Endpoint> {
    let (host, port) = to.rsplit_once(':')?;
    match host {
        "" | "?" => format!("{}:{port}", asked.host()).parse().ok(),
        host if host.contains(':') && !host.starts_with('[') => {
            format!("[{host}]:{port}").parse().ok()
        }
        _ => to.parse().ok(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nodes_are_understood_as_they_name_each_other() {
        let asked: Endpoint = "one:7000".parse().unwrap();
        let to = |text| redirected(text, &asked).map(|to| to.to_string());
        assert_eq!(to("192.0.2.1:7001").as_deref(), Some("192.0.2.1:7001"));
        assert_eq!(to(":7001").as_deref(), Some("one:7001"));
        assert_eq!(to("?:7001").as_deref(), Some("one:7001"));
        assert_eq!(to("::1:7001").as_deref(), Some("[::1]:7001"));
        assert_eq!(to("two.example:7001").as_deref(), Some("two.example:7001"));
        assert_eq!(to("nonsense"), None);
    }
}
