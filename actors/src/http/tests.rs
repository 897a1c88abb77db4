//! Real connections to servers that answer well, badly, slowly and not at all.

use std::{
    io::{Read, Write},
    net::{Shutdown, SocketAddr, TcpListener, TcpStream},
    sync::{Arc, Mutex},
    thread,
    time::Duration,
};

use flate2::{Compression, write::GzEncoder};
use tokio::{task::LocalSet, time::Instant};

use super::*;
use crate::{collector::Reason, net::Failure};

const LIMIT: usize = 100_000;
const PATIENT: Duration = Duration::from_secs(20);
const SHORT: Duration = Duration::from_millis(400);

/// How a server answers one question.
#[derive(Clone)]
enum Do {
    /// Says this and goes on with the connection.
    Say(Vec<u8>),
    /// Says this and closes.
    SayAndClose(Vec<u8>),
    /// Says this, and then a byte at a time.
    Drip(Vec<u8>),
    /// Says this, and then nothing.
    Hang(Vec<u8>),
}

/// A server that answers one question after the other, whatever they are.
struct Server {
    address: SocketAddr,
    asked: Arc<Mutex<Vec<String>>>,
}

impl Server {
    fn new(answers: impl IntoIterator<Item = Do>) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = listener.local_addr().unwrap();
        let asked = Arc::new(Mutex::new(Vec::new()));
        let (mut answers, heard) = (answers.into_iter().collect::<Vec<_>>(), asked.clone());
        answers.reverse();
        thread::spawn(move || {
            while !answers.is_empty() {
                let Ok((stream, _)) = listener.accept() else {
                    return;
                };
                serve(stream, &mut answers, &heard);
            }
        });
        Server { address, asked }
    }

    fn asked(&self) -> Vec<String> {
        self.asked.lock().unwrap().clone()
    }

    fn client(&self, authorization: Option<&str>) -> Client {
        let url = format!("http://{}/base", self.address).parse().unwrap();
        let outward = Outward::default();
        Client::new(url, &outward, authorization.map(str::to_owned))
    }
}

fn serve(mut stream: TcpStream, answers: &mut Vec<Do>, heard: &Mutex<Vec<String>>) {
    loop {
        let mut head = Vec::new();
        let mut byte = [0];
        while !head.ends_with(b"\r\n\r\n") {
            match stream.read(&mut byte) {
                Ok(1) => head.push(byte[0]),
                _ => return,
            }
        }
        heard.lock().unwrap().push(String::from_utf8(head).unwrap());
        let Some(answer) = answers.pop() else { return };
        let (Do::Say(text) | Do::SayAndClose(text) | Do::Drip(text) | Do::Hang(text)) = &answer;
        // A client may have had enough.
        let _ = stream.write_all(text);
        match answer {
            Do::Say(_) => {}
            Do::SayAndClose(_) => {
                let _ = stream.shutdown(Shutdown::Write);
                let _ = stream.read_to_end(&mut Vec::new());
                return;
            }
            Do::Drip(_) => {
                while stream.write_all(b"x").is_ok() {
                    thread::park_timeout(Duration::from_millis(20));
                }
                return;
            }
            Do::Hang(_) => {
                let _ = stream.read_to_end(&mut Vec::new());
                return;
            }
        }
    }
}

fn response(headers: &str, body: &[u8]) -> Vec<u8> {
    let mut bytes = format!("HTTP/1.1 200 OK\r\n{headers}\r\n").into_bytes();
    bytes.extend_from_slice(body);
    bytes
}

fn well(body: &str) -> Vec<u8> {
    response(
        &format!("Content-Length: {}\r\n", body.len()),
        body.as_bytes(),
    )
}

fn gzipped(body: &[u8]) -> Vec<u8> {
    let mut encoder = GzEncoder::new(Vec::new(), Compression::best());
    encoder.write_all(body).unwrap();
    encoder.finish().unwrap()
}

async fn ask(client: &mut Client, patience: Duration) -> Result<Answer, Failure> {
    let question = Question::get("/metrics?x=1", "text/plain", LIMIT);
    client.ask(&question, Instant::now() + patience).await
}

/// What one question to a server that answers like this comes to.
async fn one(answer: Do, patience: Duration) -> Result<String, Failure> {
    let server = Server::new([answer]);
    let answer = LocalSet::new()
        .run_until(async { ask(&mut server.client(None), patience).await })
        .await?;
    Ok(String::from_utf8(answer.body.to_vec()).unwrap())
}

async fn reason(answer: Do) -> Reason {
    one(answer, SHORT).await.unwrap_err().reason
}

#[tokio::test]
async fn whole_bodies_are_had_in_every_form() {
    let chunked = "Transfer-Encoding: chunked\r\n";
    let zipped = gzipped(b"zipped");
    let length = format!(
        "Content-Encoding: gzip\r\nContent-Length: {}\r\n",
        zipped.len()
    );
    for (answer, body) in [
        (Do::Say(well("")), ""),
        (Do::Say(well("abc")), "abc"),
        (Do::SayAndClose(well("abc")), "abc"),
        (
            Do::SayAndClose(b"HTTP/1.0 200 OK\r\n\r\nto the end".to_vec()),
            "to the end",
        ),
        (
            Do::Say(response(chunked, b"3\r\nabc\r\n2\r\nde\r\n0\r\n\r\n")),
            "abcde",
        ),
        (
            Do::SayAndClose(response(chunked, b"3\r\nabc\r\n0\r\n\r\n")),
            "abc",
        ),
        (Do::Say(response(&length, &zipped)), "zipped"),
    ] {
        assert_eq!(one(answer, PATIENT).await.unwrap(), body);
    }
}

#[tokio::test]
async fn each_way_to_fail_has_its_reason() {
    let chunked = "Transfer-Encoding: chunked\r\n";
    let zipped = |body: &[u8]| {
        let zipped = gzipped(body);
        let length = zipped.len();
        let headers = format!("Content-Encoding: gzip\r\nContent-Length: {length}\r\n");
        response(&headers, &zipped)
    };
    let cut = gzipped(&[b'x'; 1000]);
    let cut = &cut[..cut.len() - 9];
    let cut_zip = format!(
        "Content-Encoding: gzip\r\nContent-Length: {}\r\n",
        cut.len()
    );
    use Reason::{Http, Timeout, TooLarge, Truncated};
    for (answer, expected) in [
        (
            Do::SayAndClose(response("Content-Length: 9\r\n", b"abc")),
            Truncated,
        ),
        (
            Do::SayAndClose(response(chunked, b"3\r\nabc\r\n")),
            Truncated,
        ),
        (Do::SayAndClose(response(chunked, b"9\r\nabc")), Truncated),
        (Do::SayAndClose(response(chunked, b"zz\r\nabc")), Truncated),
        (Do::Say(response(&cut_zip, cut)), Truncated),
        (
            Do::Say(response(
                "Content-Encoding: br\r\nContent-Length: 1\r\n",
                b"x",
            )),
            Http,
        ),
        (Do::Say(zipped(&vec![0; 50 << 20])), TooLarge),
        (
            Do::Hang(response("Content-Length: 62914560\r\n", b"abc")),
            TooLarge,
        ),
        (Do::Hang(response("", b"abc")), Http),
        (
            Do::Hang([&b"HTTP/1.0 200 OK\r\n\r\n"[..], &vec![b'x'; LIMIT + 1]].concat()),
            TooLarge,
        ),
        (Do::Hang(Vec::new()), Timeout),
        (Do::Hang(response("Content-Length: 9\r\n", b"abc")), Timeout),
        (
            Do::Drip(response("Content-Length: 90000\r\n", b"abc")),
            Timeout,
        ),
        (Do::Drip(b"HTTP/1.1 200 OK\r\nX-Slow: ".to_vec()), Timeout),
        (Do::SayAndClose(Vec::new()), Http),
        (Do::SayAndClose(b"SSH-2.0-OpenSSH\r\n\r\n".to_vec()), Http),
    ] {
        let shown = match &answer {
            Do::Say(text) | Do::SayAndClose(text) | Do::Drip(text) | Do::Hang(text) => {
                String::from_utf8_lossy(&text[..text.len().min(80)]).into_owned()
            }
        };
        assert_eq!(reason(answer).await, expected, "{shown}");
    }
}

#[tokio::test]
async fn nobody_there_is_told_with_the_address() {
    let gone = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = gone.local_addr().unwrap();
    drop(gone);
    let server = Server {
        address,
        asked: Arc::default(),
    };
    let failure = LocalSet::new()
        .run_until(async { ask(&mut server.client(None), PATIENT).await })
        .await
        .unwrap_err();
    assert_eq!(
        failure.to_string(),
        format!("{address}: Connection refused (connect)")
    );
}

/// A session is begun, or at least its cookie set.
fn begins(session: u8) -> Do {
    let headers = format!("Set-Cookie: CSPSESSIONID={session}; path=/\r\nContent-Length: 0\r\n");
    Do::Say(response(&headers, b""))
}

/// Whether a question had the account with it, and which session.
fn shown(head: &str) -> (bool, Option<String>) {
    let head = head.to_ascii_lowercase();
    let session = head.split("cspsessionid=").nth(1);
    let session = session.map(|rest| rest[..1].to_owned());
    (head.contains("authorization: basic edp5"), session)
}

/// The statuses of so many questions of one client with an account.
async fn statuses(client: &mut Client, questions: usize) -> Vec<u16> {
    let mut statuses = Vec::new();
    for _ in 0..questions {
        let answer = ask(client, PATIENT).await.unwrap();
        statuses.push(answer.status.as_u16());
    }
    statuses
}

#[tokio::test]
async fn a_session_is_kept_and_not_left_behind() {
    let refused = || {
        let text = b"HTTP/1.1 401 Unauthorized\r\nContent-Length: 6\r\n\r\n<html>";
        Do::Say(text.to_vec())
    };
    let server = Server::new([
        begins(1),
        Do::Say(well("")),
        refused(),
        begins(2),
        refused(),
        refused(),
        refused(),
        Do::Say(well("")),
        Do::Say(well("")),
    ]);
    let statuses = LocalSet::new()
        .run_until(async {
            let mut client = server.client(Some("Basic eDp5"));
            statuses(&mut client, 7).await
        })
        .await;
    assert_eq!(statuses, [200, 200, 200, 401, 401, 200, 200]);
    let asked = server.asked();
    let first = &asked[0];
    assert!(
        first.starts_with("GET /base/metrics?x=1 HTTP/1.1\r\n"),
        "{first}"
    );
    let session = |text: &str| Some(text.to_owned());
    assert_eq!(
        asked.iter().map(|head| shown(head)).collect::<Vec<_>>(),
        [
            (true, None),
            (false, session("1")),
            (false, session("1")),
            (true, session("1")), // refused: who we are, too
            (false, session("2")),
            (true, session("2")),
            (true, session("2")), // once is enough now
            (true, session("2")), // accepted
            (false, session("2")),
        ]
    );
}

#[tokio::test]
async fn a_session_outlives_connections_that_are_refused() {
    let server = Server::new([begins(1)]);
    let heard = LocalSet::new()
        .run_until(async {
            let mut client = server.client(Some("Basic eDp5"));
            assert_eq!(statuses(&mut client, 1).await, [200]);
            // It has nothing more to answer, and is gone.
            let failure = loop {
                let failure = ask(&mut client, PATIENT).await.unwrap_err();
                if failure.reason != Reason::Http {
                    break failure;
                }
            };
            assert_eq!(failure.reason, Reason::Connect);
            let listener = TcpListener::bind(server.address).unwrap();
            let heard = Arc::new(Mutex::new(Vec::new()));
            let hears = heard.clone();
            let thread = thread::spawn(move || {
                let (stream, _) = listener.accept().unwrap();
                serve(stream, &mut vec![Do::SayAndClose(well(""))], &hears);
            });
            assert_eq!(statuses(&mut client, 1).await, [200]);
            drop(client);
            thread.join().unwrap();
            heard.lock().unwrap().clone()
        })
        .await;
    assert_eq!(shown(&heard[0]), (false, Some("1".to_owned())));
}

#[tokio::test]
async fn one_connection_is_used_as_long_as_it_lasts() {
    let server = Server::new([
        Do::Say(well("1")),
        Do::SayAndClose(well("2")),
        Do::Say(well("3")),
        Do::Hang(response("Content-Length: 9\r\n", b"abc")),
        Do::Say(well("5")),
    ]);
    let bodies = LocalSet::new()
        .run_until(async {
            let mut client = server.client(None);
            let mut bodies = Vec::new();
            for _ in 0..3 {
                bodies.push(ask(&mut client, PATIENT).await.unwrap().body);
            }
            let failure = ask(&mut client, SHORT).await.unwrap_err();
            assert_eq!(failure.reason, Reason::Timeout);
            bodies.push(ask(&mut client, PATIENT).await.unwrap().body);
            bodies
        })
        .await;
    assert_eq!(bodies, ["1", "2", "3", "5"]);
}

/// A client that goes through this server, which stands for a proxy.
fn through(proxy: &Server, url: &str) -> Client {
    let proxy: Proxy = format!("http://me:secret@{}", proxy.address)
        .parse()
        .unwrap();
    let outward = Outward {
        proxies: Proxies::new(Some(proxy.clone()), Some(proxy), ""),
        ..Outward::default()
    };
    Client::new(url.parse().unwrap(), &outward, Some("Bearer x".to_owned()))
}

#[tokio::test]
async fn a_proxy_hears_whom_each_question_is_for() {
    let proxy = Server::new([Do::Say(well("one")), Do::Say(well("two"))]);
    let mut client = through(&proxy, "http://iris:52773/base");
    LocalSet::new()
        .run_until(async {
            for expected in ["one", "two"] {
                let answer = ask(&mut client, PATIENT).await.unwrap();
                assert_eq!(answer.body, expected);
            }
        })
        .await;
    for asked in proxy.asked() {
        let mut lines = asked.lines();
        let first = "GET http://iris:52773/base/metrics?x=1 HTTP/1.1";
        assert_eq!(lines.next(), Some(first));
        let lines: Vec<String> = lines.map(str::to_ascii_lowercase).collect();
        for expected in [
            "host: iris:52773",
            "authorization: bearer x",
            "proxy-authorization: basic bwu6c2vjcmv0",
        ] {
            assert!(lines.iter().any(|line| line == expected), "{asked}");
        }
    }
}

#[tokio::test]
async fn a_proxy_that_refuses_is_named() {
    let answer = |status: &str| Do::Say(format!("HTTP/1.1 {status}\r\n\r\n").into_bytes());
    for (url, answered, reason, detail) in [
        (
            "http://iris",
            "407 No\r\nContent-Length: 0",
            Reason::Auth,
            "it answered 407",
        ),
        (
            "https://iris",
            "407 No",
            Reason::Auth,
            "it answered 407 to CONNECT iris:443",
        ),
        (
            "https://iris",
            "503 No",
            Reason::Unavailable,
            "it answered 503 to CONNECT iris:443",
        ),
    ] {
        let proxy = Server::new([answer(answered)]);
        let failure = LocalSet::new()
            .run_until(async { ask(&mut through(&proxy, url), PATIENT).await })
            .await
            .unwrap_err();
        let detail = format!("the proxy {}: {detail}", proxy.address);
        assert_eq!(failure, Failure::new(reason, detail));
    }
    // What it shows of us is not what the server is to know.
    let proxy = Server::new([answer("403 No")]);
    let _ = LocalSet::new()
        .run_until(async { ask(&mut through(&proxy, "https://iris"), PATIENT).await })
        .await;
    let asked = proxy.asked().remove(0);
    assert!(asked.starts_with("CONNECT iris:443 HTTP/1.1\r\nHost: iris:443\r\n"));
    assert!(!asked.contains("Bearer"), "{asked}");
}

#[tokio::test]
async fn a_proxy_that_is_away_is_named() {
    let nobody = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = nobody.local_addr().unwrap();
    drop(nobody);
    let proxy = Server {
        address,
        asked: Arc::default(),
    };
    for url in ["http://iris", "https://iris"] {
        let failure = LocalSet::new()
            .run_until(async { ask(&mut through(&proxy, url), PATIENT).await })
            .await
            .unwrap_err();
        assert_eq!(failure.reason, Reason::Connect);
        let expected = format!("the proxy {address}: {address}: Connection refused");
        assert_eq!(failure.detail, expected);
    }
}

#[tokio::test]
async fn whoever_gives_up_waiting_for_a_proxy_asks_it_again() {
    let refused = b"HTTP/1.1 503 No\r\n\r\n".to_vec();
    let proxy = Server::new([Do::Hang(Vec::new()), Do::Say(refused)]);
    LocalSet::new()
        .run_until(async {
            let mut client = through(&proxy, "https://iris");
            let asked = ask(&mut client, PATIENT);
            assert!(tokio::time::timeout(SHORT, asked).await.is_err());
            let failure = ask(&mut client, PATIENT).await.unwrap_err();
            assert_eq!(failure.reason, Reason::Unavailable);
        })
        .await;
    let asked = proxy.asked();
    assert_eq!(asked.len(), 2);
    assert!(asked.iter().all(|asked| asked.starts_with("CONNECT ")));
}

#[tokio::test]
async fn a_proxy_that_does_not_open_the_way_is_named() {
    for (answer, reason, detail) in [
        (
            Do::Hang(Vec::new()),
            Reason::Timeout,
            "no answer to CONNECT",
        ),
        (
            Do::SayAndClose(b"HTTP/1.1 200".to_vec()),
            Reason::Http,
            "it hung up instead of answering CONNECT",
        ),
        (
            Do::Say(b"SSH-2.0-x 200\r\n\r\n".to_vec()),
            Reason::Http,
            "what was answered to CONNECT is not HTTP",
        ),
        (
            Do::Say(vec![b'x'; 20_000]),
            Reason::Http,
            "what was answered to CONNECT is not HTTP",
        ),
    ] {
        // Only one of them has to be waited for.
        let patience = match answer {
            Do::Hang(_) => 5 * SHORT,
            _ => PATIENT,
        };
        let proxy = Server::new([answer]);
        let failure = LocalSet::new()
            .run_until(async { ask(&mut through(&proxy, "https://iris"), patience).await })
            .await
            .unwrap_err();
        let detail = format!("the proxy {}: {detail}", proxy.address);
        assert_eq!(failure, Failure::new(reason, detail));
    }
}
