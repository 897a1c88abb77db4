//! A wire is read and written as a server would, on a clock that jumps to whatever is waited for.

use std::{io::ErrorKind, rc::Rc, time::Duration};

use tokio::{
    io::{AsyncReadExt, AsyncWriteExt, DuplexStream, duplex},
    time::{Instant, sleep},
};
use vitals_actors::own::OwnMetrics;

use super::*;

const SEC: Duration = Duration::from_secs(1);
const LIMITS: WireLimits = WireLimits {
    head: 100,
    head_time: Duration::from_secs(5),
    send_time: Duration::from_secs(10),
};

struct Stage {
    client: DuplexStream,
    server: Wire<DuplexStream>,
    own: Rc<OwnMetrics>,
}

impl Stage {
    fn new(buffer: usize) -> Self {
        let (client, server) = duplex(buffer);
        let own = Rc::new(OwnMetrics::new().unwrap());
        let server = Wire::new(server, Line::open(&own), LIMITS);
        Stage {
            client,
            server,
            own,
        }
    }

    /// A whole request comes, and is answered.
    async fn serve(&mut self) {
        self.client
            .write_all(b"GET / HTTP/1.1\r\n\r\n")
            .await
            .unwrap();
        self.receives(18).await;
        drop(self.server.line().begin());
    }

    async fn receives(&mut self, bytes: usize) {
        let mut buffer = vec![0; bytes];
        self.server.read_exact(&mut buffer).await.unwrap();
    }

    fn refused(&self, reason: &str) -> u64 {
        self.own.http_refused.with_label_values(&[reason]).get()
    }
}

fn run(story: impl Future<Output = ()>) {
    let mut runtime = tokio::runtime::Builder::new_current_thread();
    let runtime = runtime.enable_time().start_paused(true).build();
    runtime.unwrap().block_on(story);
}

#[test]
fn the_head_of_a_later_request_has_its_time_from_its_first_byte() {
    run(async {
        let mut stage = Stage::new(1_000);
        stage.serve().await;
        sleep(3 * SEC).await; // idle: the keep-alive of the server counts, not this

        stage.client.write_all(b"GET / HT").await.unwrap();
        stage.receives(8).await;
        let began = Instant::now();
        let (client, server) = (&mut stage.client, &mut stage.server);
        let drip = async {
            for _ in 0..4 {
                sleep(SEC).await;
                client.write_all(b"x").await.unwrap();
            }
        };
        let mut late = Vec::new();
        let (_, read) = tokio::join!(drip, server.read_to_end(&mut late));
        assert_eq!(
            (read.unwrap(), began.elapsed()),
            (4, 5 * SEC),
            "then it is over"
        );
        assert_eq!(stage.refused("head_time"), 1);
        drop(stage.server);
        let mut answer = String::new();
        stage.client.read_to_string(&mut answer).await.unwrap();
        assert!(
            answer.starts_with("HTTP/1.1 408 Request Timeout\r\n"),
            "{answer}"
        );
        assert!(answer.ends_with("\r\n\r\n"), "{answer}");
    });
}

#[test]
fn a_request_under_way_may_take_its_time_and_so_may_a_silent_connection() {
    run(async {
        let mut stage = Stage::new(1_000);
        stage.serve().await;
        let mut byte = [0];
        let waits = tokio::time::timeout(60 * SEC, stage.server.read(&mut byte));
        assert!(waits.await.is_err(), "nothing has begun");

        let ticket = stage.server.line().begin();
        stage.client.write_all(b"body").await.unwrap();
        stage.receives(4).await;
        let waits = tokio::time::timeout(60 * SEC, stage.server.read(&mut byte));
        assert!(waits.await.is_err(), "a body has a deadline of its own");
        drop(ticket);
        stage.serve().await;
    });
}

#[test]
fn a_head_has_a_size_and_a_body_is_none_of_it() {
    run(async {
        let mut stage = Stage::new(1_000);
        let request = [b"POST / HTTP/1.1\r\n\r\n".as_slice(), &[b'x'; 200]].concat();
        stage.client.write_all(&request).await.unwrap();
        stage.receives(request.len()).await;
        drop(stage.server.line().begin());

        stage.client.write_all(&[b'x'; 101]).await.unwrap();
        let mut nothing = [0; 200];
        assert_eq!(stage.server.read(&mut nothing).await.unwrap(), 0);
        assert_eq!(stage.refused("head_size"), 1);
        let closed = Instant::now();
        stage.server.shutdown().await.unwrap();
        assert_eq!(closed.elapsed(), LINGER, "it is heard out");
        let mut answer = String::new();
        stage.client.read_to_string(&mut answer).await.unwrap();
        assert!(answer.starts_with("HTTP/1.1 431 "), "{answer}");
    });
}

#[test]
fn whoever_takes_nothing_in_is_cut_off_and_whoever_is_slow_is_not() {
    run(async {
        let mut stage = Stage::new(10);
        let (client, server) = (&mut stage.client, &mut stage.server);
        let reader = async {
            for _ in 0..5 {
                sleep(9 * SEC).await;
                client.read_exact(&mut [0; 10]).await.unwrap();
            }
        };
        let (sent, ()) = tokio::join!(server.write_all(&[b'x'; 60]), reader);
        sent.unwrap();
        let began = Instant::now();
        let error = stage.server.write_all(b"more").await.unwrap_err();
        assert_eq!(
            (error.kind(), began.elapsed()),
            (ErrorKind::TimedOut, 10 * SEC)
        );
        assert_eq!(stage.refused("send_time"), 1);
    });
}

#[test]
fn a_connection_that_is_not_refused_is_closed_at_once() {
    run(async {
        let mut stage = Stage::new(10);
        let closed = Instant::now();
        stage.server.shutdown().await.unwrap();
        assert_eq!(closed.elapsed(), Duration::ZERO);
    });
}
