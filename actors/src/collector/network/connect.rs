//! A TCP connection to the first of several addresses that answers, as RFC 8305 has it: the next
//! one is tried when the one before has failed, or has not answered for a moment.

use std::{io, net::SocketAddr, time::Duration};

use futures::{StreamExt, future::OptionFuture, stream::FuturesUnordered};
use tokio::{
    net::TcpStream,
    time::{Instant, sleep, sleep_until},
};

use crate::collector::Reason;

/// The next address is tried after so long.
const STAGGER: Duration = Duration::from_millis(250);

/// More addresses are not tried.
const MOST: usize = 16;

/// How long the connection took that was made first. Its own time only: not that of those that were
/// tried before.
pub(super) async fn first(
    addresses: &[SocketAddr],
    until: Instant,
) -> Result<Duration, (Reason, String)> {
    let mut waiting = alternating(addresses).into_iter().take(MOST);
    let mut trying = FuturesUnordered::new();
    trying.extend(waiting.next().map(connect));
    let mut last = None;
    let deadline = sleep_until(until);
    tokio::pin!(deadline);
    loop {
        let more = waiting.len() > 0;
        let next: OptionFuture<_> = more.then(|| sleep(STAGGER)).into();
        tokio::select! {
            biased;
            tried = trying.next() => match tried {
                Some(Ok(time)) => return Ok(time),
                Some(Err(failure)) => {
                    last = Some(failure);
                    trying.extend(waiting.next().map(connect));
                }
                None => {
                    let nowhere = || (Reason::Connect, "no address".to_owned());
                    return Err(last.unwrap_or_else(nowhere));
                }
            },
            () = &mut deadline => {
                let detail = "no answer to the attempt to connect".to_owned();
                return Err((Reason::Timeout, detail));
            }
            Some(()) = next => trying.extend(waiting.next().map(connect)),
        }
    }
}

async fn connect(address: SocketAddr) -> Result<Duration, (Reason, String)> {
    let began = std::time::Instant::now();
    match TcpStream::connect(address).await {
        Ok(_) => Ok(began.elapsed()),
        Err(error) => {
            let reason = match error.kind() {
                io::ErrorKind::TimedOut => Reason::Timeout,
                _ => Reason::Connect,
            };
            Err((reason, format!("{address}: {}", detail(&error))))
        }
    }
}

/// In the order of the resolver, but IPv4 and IPv6 in turns.
fn alternating(addresses: &[SocketAddr]) -> Vec<SocketAddr> {
    let prefers_v6 = addresses.first().is_some_and(SocketAddr::is_ipv6);
    let of = |v6: bool| {
        addresses
            .iter()
            .filter(move |address| address.is_ipv6() == v6)
    };
    let (mut one, mut other) = (of(prefers_v6), of(!prefers_v6));
    let mut all = Vec::with_capacity(addresses.len());
    while all.len() < addresses.len() {
        all.extend(one.next());
        all.extend(other.next());
    }
    all
}

/// The error without its number.
pub(super) fn detail(error: &io::Error) -> String {
    let text = error.to_string();
    match text.rsplit_once(" (os error") {
        Some((words, _)) => words.to_owned(),
        None => text,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_families_take_turns() {
        let addresses = ["[::1]:1", "[::2]:1", "[::3]:1", "1.1.1.1:1"];
        let addresses = addresses.map(|text| text.parse().unwrap());
        let [one, two, three, v4] = addresses;
        assert_eq!(alternating(&addresses), [one, v4, two, three]);
        assert_eq!(alternating(&[]), []);
    }

    #[tokio::test]
    async fn nowhere_is_a_failure() {
        let failure = first(&[], Instant::now() + Duration::from_secs(9)).await;
        assert_eq!(failure, Err((Reason::Connect, "no address".to_owned())));
    }
}
