//! Where the master is, by what Sentinels say.

use futures::future::join_all;
use redis::cmd;
use tokio::time::Instant;

use super::Connection;
use crate::{
    collector::Reason,
    net::{Endpoint, Failure},
};

/// What the Sentinels say, and those of them that did not answer.
pub(super) struct Said {
    pub(super) master: Endpoint,
    pub(super) failed: Vec<(Endpoint, Failure)>,
}

/// Asks all of them at once; the first of the list that knows is believed.
///
/// # Errors
/// When none of them knows.
pub(super) async fn master(
    sentinels: &mut [Connection],
    name: &str,
    until: Instant,
) -> Result<Said, Failure> {
    let ask = sentinels.iter_mut().map(async |sentinel| {
        let answer = of_one(sentinel, name, until).await;
        (sentinel.endpoint().clone(), answer)
    });
    let (mut master, mut failed) = (None, Vec::new());
    for (endpoint, answer) in join_all(ask).await {
        match answer {
            Ok(said) => master = master.or(Some(said)),
            Err(failure) => failed.push((endpoint, failure)),
        }
    }
    match master {
        Some(master) => Ok(Said { master, failed }),
        None => Err(match failed.into_iter().next() {
            Some((endpoint, failure)) => Failure::new(
                failure.reason,
                format!("no sentinel answers; {endpoint}: {}", failure.detail),
            ),
            None => Failure::new(Reason::NotConfigured, "no sentinel is named"),
        }),
    }
}

async fn of_one(
    sentinel: &mut Connection,
    name: &str,
    until: Instant,
) -> Result<Endpoint, Failure> {
    let mut question = cmd("SENTINEL");
    question.arg("GET-MASTER-ADDR-BY-NAME").arg(name);
    let answer: Option<(String, u16)> = sentinel.ask(&question, until).await?;
    let Some((host, port)) = answer else {
        let detail = format!("it watches no master named {name}");
        return Err(Failure::new(Reason::NotConfigured, detail));
    };
    super::servers::endpoint(&host, port)
}
