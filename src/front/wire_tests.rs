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

    /// Whether nothing is to be read, however long one waits.
    async fn waits(&mut self) -> bool {
        let mut byte = [0];
        let read = tokio::time::timeout(4 * SEC, self.server.read(&mut byte));
        read.await.is_err()
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
        sleep(60 * SEC).await;
        assert!(stage.waits().await, "nothing has begun");

        let line = stage.server.line().clone();
        let ticket = line.begin();
        let receiving = line.receive();
        stage.client.write_all(b"body").await.unwrap();
        stage.receives(4).await;
        sleep(60 * SEC).await;
        assert!(stage.waits().await, "a body has a deadline of its own");
        drop((receiving, ticket));
        stage.serve().await;
    });
}

#[test]
fn a_head_has_a_size_and_a_body_is_none_of_it() {
    run(async {
        let mut stage = Stage::new(1_000);
        let request = [b"POST / HTTP/1.1\r\n\r\n".as_slice(), &[b'x'; 200]].concat();
        stage.client.write_all(&request).await.unwrap();
        stage.receives(19).await;
        let line = stage.server.line().clone();
        let ticket = line.begin();
        let receiving = line.receive();
        stage.receives(200).await;
        drop((receiving, ticket));

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
fn the_server_is_given_one_request_at_a_time() {
    run(async {
        let mut stage = Stage::new(1_000);
        let line = stage.server.line().clone();
        stage
            .client
            .write_all(b"A / 1\n\nB / 1\n\nbody C / 1\n\n")
            .await
            .unwrap();
        let mut read = [0; 1_000];

        let length = stage.server.read(&mut read).await.unwrap();
        assert_eq!(&read[..length], b"A / 1\n\n");
        assert!(stage.waits().await, "it may not have begun");
        let ticket = line.begin();
        assert!(stage.waits().await, "it is being answered");
        let answered = async { drop(ticket) };
        let (second, ()) = tokio::join!(stage.server.read(&mut read), answered);
        assert_eq!(&read[..second.unwrap()], b"B / 1\n\n");

        // Where a body ends the server knows: a piece of it at a time, and no more than that.
        let ticket = line.begin();
        let receiving = line.receive();
        let body = "body C / 1\n\n";
        let length = stage.server.read(&mut read).await.unwrap();
        assert_eq!(&read[..length], body.as_bytes());
        drop(receiving);
        let more = body.repeat(12);
        stage.client.write_all(more.as_bytes()).await.unwrap();
        assert!(stage.waits().await, "what is behind the body");
        let receiving = line.receive();
        let length = stage.server.read(&mut read).await.unwrap();
        assert_eq!(&read[..length], &more.as_bytes()[..GIVEN]);

        // After the last answer there is only a rest, which is never answered.
        line.end();
        drop((receiving, ticket));
        stage.client.write_all(&[b'x'; 200]).await.unwrap();
        stage.receives(more.len() - GIVEN + 200).await;
        assert_eq!(stage.refused("head_size"), 0);
    });
}

#[test]
fn a_head_that_neither_begins_nor_is_refused_is_late() {
    run(async {
        let mut stage = Stage::new(1_000);
        stage.serve().await;
        stage.client.write_all(b"GET / HTTP/1.1\n\n").await.unwrap();
        stage.receives(16).await;
        let began = Instant::now();
        let mut nothing = [0; 10];
        assert_eq!(stage.server.read(&mut nothing).await.unwrap(), 0);
        assert_eq!((began.elapsed(), stage.refused("head_time")), (5 * SEC, 1));
    });
}

#[test]
fn nothing_is_read_from_who_takes_nothing_in() {
    run(async {
        let mut stage = Stage::new(10);
        let answers = stage.server.write_all(&[b'x'; 20]);
        assert!(tokio::time::timeout(SEC, answers).await.is_err());
        stage.client.write_all(b"HEAD / 1\n\n").await.unwrap();
        assert!(stage.waits().await);
        stage.client.read_exact(&mut [0; 10]).await.unwrap();
        stage.server.write_all(b"y").await.unwrap();
        stage.receives(10).await;
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

#[test]
fn who_leaves_while_an_answer_is_being_made_is_seen_to_go() {
    run(async {
        let mut stage = Stage::new(1_000);
        let request = b"GET / HTTP/1.1\r\n\r\n";
        stage.client.write_all(request).await.unwrap();
        stage.receives(18).await;
        let line = stage.server.line().clone();
        let ticket = line.begin();
        assert!(stage.waits().await);
        let early = tokio::time::timeout(SEC, line.gone());
        assert!(early.await.is_err(), "it waits for its answer");
        drop(ticket);
        stage.serve().await;

        stage.client.write_all(request).await.unwrap();
        stage.receives(18).await;
        let _ticket = line.begin();
        stage.client.shutdown().await.unwrap();
        assert!(stage.waits().await, "it may still read the answer");
        line.gone().await;
    });
}
