//! A TCP connection to the first of several addresses that answers, as RFC 8305 has it: the next
//! one is tried when the one before has failed, or has not answered for a moment.

use std::{io, net::SocketAddr, time::Duration};

use futures::{StreamExt, future::OptionFuture, stream::FuturesUnordered};
use tokio::{
    net::TcpStream,
    time::{Instant, sleep, sleep_until},
};

use super::Failure;
use crate::collector::Reason;

/// The next address is tried after so long.
const STAGGER: Duration = Duration::from_millis(250);

/// More addresses are not tried.
const MOST: usize = 16;

/// The connection that was made first, and how long that took: its own time only, not that of those
/// that were tried before.
pub(crate) async fn first(
    addresses: &[SocketAddr],
    until: Instant,
) -> Result<(TcpStream, Duration), Failure> {
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
                Some(Ok(made)) => return Ok(made),
                Some(Err(failure)) => {
                    last = Some(failure);
                    trying.extend(waiting.next().map(connect));
                }
                None => {
                    let nowhere = || Failure::new(Reason::Connect, "no address");
                    return Err(last.unwrap_or_else(nowhere));
                }
            },
            () = &mut deadline => {
                let detail = "no answer to the attempt to connect";
                return Err(Failure::new(Reason::Timeout, detail));
            }
            Some(()) = next => trying.extend(waiting.next().map(connect)),
        }
    }
}

async fn connect(address: SocketAddr) -> Result<(TcpStream, Duration), Failure> {
    let began = std::time::Instant::now();
    match TcpStream::connect(address).await {
        Ok(stream) => Ok((stream, began.elapsed())),
        Err(error) => {
            let reason = match error.kind() {
                io::ErrorKind::TimedOut => Reason::Timeout,
                _ => Reason::Connect,
            };
            let detail = format!("{address}: {}", detail(&error));
            Err(Failure::new(reason, detail))
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
pub(crate) fn detail(error: &io::Error) -> String {
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
        assert_eq!(
            failure.unwrap_err(),
            Failure::new(Reason::Connect, "no address")
        );
    }
}
