//! Statements against a server that is slow with one of them.

use std::{
    io::{Read, Write},
    net::{SocketAddr, TcpListener, TcpStream},
    sync::{Arc, Mutex},
    thread,
};

use tokio::task::LocalSet;

use super::{super::tests::settings, *};
use crate::http::{BaseUrl, Outward};

const NO_ROWS: &str = r#"{"status":{"errors":[],"summary":""},"result":{"content":[]}}"#;
/// Longer than a statement may take.
const LATE: Duration = Duration::from_millis(700);
const PATIENCE: Duration = Duration::from_secs(60);

#[test]
fn queues_of_single_calls_are_left_out() {
    assert!(is_of_a_host("EHR Outbound") && is_of_a_host("EnsLib.HL7.Operation.TCP"));
    assert!(!is_of_a_host("_SyncCall:4711") && !is_of_a_host("Ens.Actor"));
}

/// A server without rows that knows how often it was asked for queues; the first time it is late.
#[derive(Clone)]
struct Server {
    address: SocketAddr,
    queues: Arc<Mutex<u32>>,
}

impl Server {
    fn start() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let server = Server {
            address: listener.local_addr().unwrap(),
            queues: Arc::default(),
        };
        let serving = server.clone();
        thread::spawn(move || {
            for stream in listener.incoming() {
                serving.serve(stream.unwrap());
            }
        });
        server
    }

    fn serve(&self, mut stream: TcpStream) {
        let mut heard = Vec::new();
        let mut part = [0; 4_096];
        loop {
            match stream.read(&mut part) {
                Ok(0) | Err(_) => return,
                Ok(read) => heard.extend_from_slice(&part[..read]),
            }
            // Each question is a head and an object in JSON.
            if !heard.ends_with(b"}") {
                continue;
            }
            let question = String::from_utf8(std::mem::take(&mut heard)).unwrap();
            if question.contains(QUEUES) {
                let mut queues = self.queues.lock().unwrap();
                *queues += 1;
                let began = std::time::Instant::now();
                while *queues == 1 && began.elapsed() < LATE {
                    thread::park_timeout(LATE);
                }
            }
            let length = NO_ROWS.len();
            let answer = format!(
                "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\n\
                 Content-Length: {length}\r\n\r\n{NO_ROWS}"
            );
            stream.write_all(answer.as_bytes()).unwrap();
        }
    }

    fn asked_for_queues(&self) -> u32 {
        *self.queues.lock().unwrap()
    }
}

#[tokio::test]
async fn a_slow_statement_is_left_out_of_ten_rounds_and_that_is_told() {
    let server = Server::start();
    let url: BaseUrl = format!("http://{}", server.address).parse().unwrap();
    let settings = IrisSettings {
        namespaces: vec!["N".to_owned()],
        sql: Some(SqlSettings {
            interval: Duration::ZERO,
        }),
        ..settings()
    };
    let native = Native::read(b"iris_interop_hosts{id=\"N\"} 1\n");
    let mut client = Client::new(url, &Outward::default(), None);
    let mut sql = Sql::default();
    let rounds = async {
        for round in 1..=12 {
            let until = Instant::now() + PATIENCE;
            sql.ask(&mut client, &native, Role::Alone, &settings, until)
                .await;
            let told = sql
                .found
                .failed
                .iter()
                .find(|(part, _)| part == "sql: queues in N");
            let told = told.map(|(_, failure)| failure.to_string());
            let (asked, expected) = match round {
                1 => (1, None),
                12 => (2, None),
                _ => {
                    let left = 11 - round;
                    let what = format!("it burdens the server: left alone for {left} more rounds");
                    (1, Some(what + " (sql)"))
                }
            };
            assert_eq!(
                (server.asked_for_queues(), told),
                (asked, expected),
                "round {round}"
            );
        }
    };
    LocalSet::new().run_until(rounds).await;
}
