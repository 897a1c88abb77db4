//! What no client should send: each is answered or refused as the interface says, within a bound, and
//! leaves nothing behind.

use std::{
    io::{ErrorKind, Read, Write},
    net::{Shutdown, SocketAddr, TcpStream},
    thread,
    time::{Duration, Instant},
};

use crate::stage::{DEADLINE, Setup, Vitals, pause, resident_bytes, threads, until};

/// Times as short as they may be.
const SETTINGS: &str = "
[server]
header_time = \"1s\"
body_time = \"1s\"
send_time = \"1s\"
keep_alive = \"1s\"
";

/// A second to wait for the client, one to hear it out, and one for a busy machine.
const BOUND: Duration = Duration::from_secs(3);

/// What is made of a request.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Made {
    /// Answers of these statuses, in this order; those of ours in JSON.
    Answers(&'static [u16]),
    /// A protocol error: this status, and an empty body.
    Protocol(u16),
    /// Nothing at all.
    Closed,
}

use Made::{Answers, Closed, Protocol};

const OK: Made = Answers(&[200]);
const NOT_FOUND: Made = Answers(&[404]);
const NOT_ALLOWED: Made = Answers(&[405]);
const FORBIDDEN: Made = Answers(&[403]);
const BAD: Made = Protocol(400);

/// A request that would be a good one.
fn request(line: &str, headers: &str) -> Vec<u8> {
    format!("{line} HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n{headers}\r\n").into_bytes()
}

fn get(path: &str) -> Vec<u8> {
    request(&format!("GET {path}"), "")
}

fn with(headers: &str) -> Vec<u8> {
    request("GET /metrics", headers)
}

fn post(headers: &str, body: &[u8]) -> Vec<u8> {
    [&request("POST /nothing", headers), body].concat()
}

fn chunked(body: &[u8]) -> Vec<u8> {
    post("Transfer-Encoding: chunked\r\n", body)
}

fn raw(bytes: impl AsRef<[u8]>) -> Vec<u8> {
    bytes.as_ref().to_vec()
}

#[rustfmt::skip] // A table: one case a line.
fn cases() -> Vec<(&'static str, Vec<u8>, Made)> {
    vec![
        // Methods.
        ("lower case", request("get /metrics", ""), NOT_ALLOWED),
        ("unknown method", request("BREW /metrics", ""), NOT_ALLOWED),
        ("long method", request(&format!("{} /metrics", "A".repeat(4_000)), ""), NOT_ALLOWED),
        ("TRACE", request("TRACE /metrics", ""), NOT_ALLOWED),
        ("OPTIONS", request("OPTIONS /metrics", ""), NOT_ALLOWED),
        ("OPTIONS *", request("OPTIONS *", ""), NOT_FOUND),
        ("CONNECT", request("CONNECT localhost:9090", ""), NOT_FOUND),
        ("GET where POST is due", get("/-/reload"), NOT_ALLOWED),
        ("NUL in the method", request("G\0T /metrics", ""), BAD),
        ("no method", request(" /metrics", ""), BAD),
        ("a method alone", raw("GET\r\n\r\n"), BAD),
        // Paths and queries.
        ("double slash", get("//metrics"), NOT_FOUND),
        ("slash at the end", get("/metrics/"), NOT_FOUND),
        ("dot segment", get("/./metrics"), NOT_FOUND),
        ("dot segments", get("/vitals/../metrics"), NOT_FOUND),
        ("out of the root", get("/../../../etc/passwd"), NOT_FOUND),
        ("encoded dots", get("/%2e%2e/%2e%2e/etc/passwd"), NOT_FOUND),
        ("backslashes", get("/..\\..\\etc"), NOT_FOUND),
        ("encoded NUL", get("/metrics%00"), NOT_FOUND),
        ("NUL", get("/metrics\0"), BAD),
        ("percent and no digits", get("/%zz"), NOT_FOUND),
        ("percent at the end", get("/metrics%"), NOT_FOUND),
        ("what is no UTF-8", get("/%ff%fe"), NOT_FOUND),
        ("what is no UTF-8, as a name", request("POST /vitals/v1/chaos/%ff/panic", ""), FORBIDDEN),
        ("garbage in the query", get("/livez?%zz=%&&=&verbose"), OK),
        ("many parameters", get(&format!("/livez?{}", "a&".repeat(2_000))), OK),
        ("long query", get(&format!("/livez?{}", "a".repeat(9_000))), Answers(&[400])),
        ("long path", get(&format!("/{}", "a".repeat(20_000))), Answers(&[400])),
        ("longer path", get(&format!("/{}", "a".repeat(70_000))), Protocol(431)),
        ("endless path", get(&format!("/{}", "a".repeat(300_000))), Protocol(431)),
        ("not ASCII", get("/métrics"), BAD),
        ("space in the path", get("/met rics"), BAD),
        ("tab in the path", get("/met\trics"), BAD),
        ("no slash: a host", get("metrics"), FORBIDDEN),
        ("absolute, ours", get("http://localhost/metrics"), OK),
        ("absolute, another's", get("http://evil.example/metrics"), FORBIDDEN),
        ("absolute, nobody's", get("http:///metrics"), BAD),
        // Versions.
        ("HTTP/9.9", raw("GET / HTTP/9.9\r\nHost: localhost\r\n\r\n"), BAD),
        ("HTTP/1.2", raw("GET / HTTP/1.2\r\nHost: localhost\r\n\r\n"), BAD),
        ("HTTP/2.0", raw("GET / HTTP/2.0\r\nHost: localhost\r\n\r\n"), BAD),
        ("http/1.1", raw("GET / http/1.1\r\nHost: localhost\r\n\r\n"), BAD),
        ("HTTP/0.9", raw("GET /\r\n"), BAD),
        ("1.0 without a host, a probe", raw("GET /livez HTTP/1.0\r\n\r\n"), OK),
        ("1.0 without a host", raw("GET /metrics HTTP/1.0\r\n\r\n"), FORBIDDEN),
        ("1.0, POST without a length", raw("POST / HTTP/1.0\r\nHost: localhost\r\n\r\n"), BAD),
        // Hosts.
        ("no host", raw("GET /livez HTTP/1.1\r\n\r\n"), BAD),
        ("two hosts", with("Host: localhost\r\n"), BAD),
        ("a foreign host", raw("GET /metrics HTTP/1.0\r\nHost: evil.example\r\n\r\n"), FORBIDDEN),
        ("a foreign host, a probe", raw("GET /readyz HTTP/1.0\r\nHost: evil.example\r\n\r\n"), OK),
        ("a name for 127.0.0.1", raw("GET / HTTP/1.0\r\nHost: 127.0.0.1.nip.io\r\n\r\n"), FORBIDDEN),
        ("an empty host", raw("GET / HTTP/1.0\r\nHost:\r\n\r\n"), FORBIDDEN),
        ("a host that is two", raw("GET / HTTP/1.0\r\nHost: localhost, evil.example\r\n\r\n"), FORBIDDEN),
        ("a host with a user", raw("GET / HTTP/1.0\r\nHost: localhost@evil.example\r\n\r\n"), FORBIDDEN),
        ("a host with a bad port", raw("GET / HTTP/1.0\r\nHost: localhost:99x\r\n\r\n"), FORBIDDEN),
        ("a page of another site", request("POST /-/reload", "Origin: http://evil.example\r\n"), FORBIDDEN),
        ("a browser says so", request("POST /-/reload", "Sec-Fetch-Site: cross-site\r\n"), FORBIDDEN),
        // Headers.
        ("too many", with(&"A: b\r\n".repeat(100)), Protocol(431)),
        ("too long", with(&format!("A: {}\r\n", "b".repeat(40_000))), Protocol(431)),
        ("empty lines for ever", raw("\r\n".repeat(30_000)), Protocol(431)),
        ("no colon", with("A\r\n"), BAD),
        ("no name", with(": b\r\n"), BAD),
        ("space in a name", with("A b: c\r\n"), BAD),
        ("space before the colon", with("Content-Length : 5\r\n"), BAD),
        ("NUL in a name", with("A\0: b\r\n"), BAD),
        ("NUL in a value", with("A: b\0\r\n"), BAD),
        ("carriage return in a value", with("A: b\rc\r\n"), BAD),
        ("folded", with("A: b\r\n c\r\n"), BAD),
        ("not ASCII", with("X-é: ü\r\n"), BAD),
        ("bare line feeds", raw("GET /livez HTTP/1.1\nHost: localhost\nConnection: close\n\n"), OK),
        ("what nobody accepts", with("Accept: ;;;,,=q=\r\nAccept-Encoding: gzip;q=nan,\r\n"), OK),
        ("no coding at all", with("Accept-Encoding: *;q=0\r\n"), OK),
        ("what is no token", request("POST /-/reload", "Authorization: Bearer\r\n"), Answers(&[401])),
        ("what is not even text", [b"POST /-/reload HTTP/1.0\r\nContent-Length: 0\r\nHost: localhost\r\nAuthorization: Bearer \xff\r\n\r\n".as_slice()].concat(), Answers(&[401])),
        // Lengths.
        ("length in words", post("Content-Length: five\r\n", b""), BAD),
        ("negative length", post("Content-Length: -1\r\n", b""), BAD),
        ("length with a sign", post("Content-Length: +5\r\n", b"hello"), BAD),
        ("two lengths", post("Content-Length: 5\r\nContent-Length: 6\r\n", b"hello"), BAD),
        ("the same length twice", post("Content-Length: 5\r\nContent-Length: 5\r\n", b"hello"), BAD),
        ("length past 64 bits", post("Content-Length: 99999999999999999999\r\n", b""), BAD),
        ("length of 64 bits", post("Content-Length: 18446744073709551615\r\n", b""), Answers(&[413])),
        ("declared too long", post("Content-Length: 70000\r\n", b""), Answers(&[413])),
        ("far too long, and all of it sent", post("Content-Length: 70000\r\n", &[b'a'; 70_000]), Answers(&[413])),
        ("told not to go on", post("Content-Length: 70000\r\nExpect: 100-continue\r\n", b""), Answers(&[413])),
        ("more declared than sent", post("Content-Length: 10\r\n", b"hello"), Answers(&[408])),
        ("more sent than declared", raw("POST /nothing HTTP/1.1\r\nHost: localhost\r\nContent-Length: 1\r\n\r\nhello\r\n\r\n"), Answers(&[404, 400])),
        // Smuggling.
        ("length and chunks", post("Content-Length: 5\r\nTransfer-Encoding: chunked\r\n", b"0\r\n\r\n"), BAD),
        ("chunks and length", post("Transfer-Encoding: chunked\r\nContent-Length: 5\r\n", b"0\r\n\r\n"), BAD),
        ("identity", post("Transfer-Encoding: identity\r\n", b""), BAD),
        ("xchunked", post("Transfer-Encoding: xchunked\r\n", b""), BAD),
        ("gzip, chunked", post("Transfer-Encoding: gzip, chunked\r\n", b""), BAD),
        ("chunked twice", post("Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n", b""), BAD),
        ("vertical tab before chunked", post("Transfer-Encoding: \x0bchunked\r\n", b"0\r\n\r\n"), BAD),
        ("chunks in 1.0", raw("POST / HTTP/1.0\r\nHost: localhost\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n"), BAD),
        // Chunks.
        ("no number", chunked(b"hello\r\n"), Answers(&[400])),
        ("negative", chunked(b"-1\r\n"), Answers(&[400])),
        ("past 64 bits", chunked(b"fffffffffffffffff\r\n"), Answers(&[400])),
        ("2^64 - 1", chunked(b"ffffffffffffffff\r\nhello"), Answers(&[408])),
        ("no line after it", chunked(b"5\r\nhello0\r\n\r\n"), Answers(&[400])),
        ("a line feed alone", chunked(b"5\nhello"), Answers(&[400])),
        ("extensions for ever", chunked(&[b"5;".as_slice(), &[b'a'; 100_000]].concat()), Answers(&[408])),
        ("no last one", chunked(b"5\r\nhello\r\n"), Answers(&[408])),
        ("too much of it", chunked(&[b"20000\r\n".as_slice(), &[b'a'; 0x20000]].concat()), Answers(&[413])),
        // Bodies nobody asked for.
        ("body on GET", [with("Content-Length: 5\r\n"), raw("hello")].concat(), OK),
        ("chunks on GET", [with("Transfer-Encoding: chunked\r\n"), raw("5\r\nhello\r\n0\r\n\r\n")].concat(), OK),
        ("body on a probe that never comes", request("GET /livez", "Content-Length: 5\r\n"), Answers(&[408])),
        ("an upgrade to a socket", raw("GET /livez HTTP/1.1\r\nHost: localhost\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\nhello"), OK),
        ("an upgrade to nothing", request("GET /livez", "Upgrade: websocket\r\n"), OK),
        ("an upgrade to HTTP/2", request("GET /livez", "Upgrade: h2c\r\n"), OK),
        // Pipelines.
        ("two at once", [raw("GET /livez HTTP/1.1\r\nHost: localhost\r\n\r\n"), get("/nothing")].concat(), Answers(&[200, 404])),
        ("one after the last", [get("/livez"), get("/nothing")].concat(), OK),
        ("one behind a body nobody wants", raw("POST / HTTP/1.1\r\nHost: evil.example\r\nContent-Length: 5\r\n\r\nhelloGET /livez HTTP/1.1\r\nHost: localhost\r\n\r\n"), FORBIDDEN),
        ("one behind a body", raw("POST /nothing HTTP/1.1\r\nHost: localhost\r\nContent-Length: 5\r\n\r\nhelloGET /livez HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n"), Answers(&[404, 200])),
        ("one behind chunks", raw("POST /nothing HTTP/1.1\r\nHost: localhost\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n0\r\n\r\nGET /livez HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n"), Answers(&[404, 200])),
        ("garbage after a request", raw("GET /livez HTTP/1.1\r\nHost: localhost\r\n\r\n\x16\x03\x01\r\n\r\n"), Answers(&[200, 400])),
        // Other protocols.
        ("HTTP/2", raw("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"), BAD),
        ("TLS", raw(b"\x16\x03\x01\x00\xa5\x01\x00\x00\xa1\x03\x03"), BAD),
        ("SSH", raw("SSH-2.0-OpenSSH_9.2\r\n\r\n"), BAD),
        ("SMTP", raw("EHLO localhost\r\n\r\n"), BAD),
        ("Redis", raw("*1\r\n$4\r\nPING\r\n"), BAD),
        ("HL7", raw("\x0bMSH|^~\\&|A|B|C|D|20260101||ADT^A01|1|P|2.3\r\x1c\r"), BAD),
        ("bytes", raw([0xff; 4_096]), BAD),
        // Silence.
        ("nothing", raw(""), Protocol(408)),
        ("half a head", raw("GET /livez HTTP/1.1\r\nHost: local"), Protocol(408)),
        ("half a second head", raw("GET /livez HTTP/1.1\r\nHost: localhost\r\n\r\nGET /liv"), Answers(&[200, 408])),
    ]
}

#[test]
fn each_is_answered_or_refused_and_leaves_nothing_behind() {
    let (vitals, before) = started();

    let cases = cases();
    assert!(cases.len() >= 60, "{}", cases.len());
    let address = vitals.address;
    let judge = |(name, bytes, expected): (&'static str, Vec<u8>, Made)| {
        thread::spawn(move || {
            let (made, took) = made(address, &bytes, &[]);
            let fault = made != expected || took > BOUND;
            fault.then(|| format!("{name}: {made:?} after {took:?} instead of {expected:?}"))
        })
    };
    let judges: Vec<_> = cases.into_iter().map(judge).collect();
    let faults: Vec<_> = judges
        .into_iter()
        .filter_map(|judge| judge.join().unwrap())
        .collect();
    assert!(faults.is_empty(), "{faults:#?}");

    leaves_nothing_behind(&vitals, before);
}

#[test]
fn whoever_drips_is_cut_off() {
    let (vitals, before) = started();
    let first = raw("GET /livez HTTP/1.1\r\nHost: localhost\r\n\r\n");
    let chunks =
        raw("POST /nothing HTTP/1.1\r\nHost: localhost\r\nTransfer-Encoding: chunked\r\n\r\n");
    let length = raw("POST /nothing HTTP/1.1\r\nHost: localhost\r\nContent-Length: 60000\r\n\r\n");
    for (name, begins, drips, expected) in [
        (
            "a head",
            raw("GET /livez HTTP/1.1\r\nX: "),
            "a",
            Protocol(408),
        ),
        (
            "a second head",
            [first, raw("GET /livez")].concat(),
            "a",
            Answers(&[200, 408]),
        ),
        ("chunks", chunks.clone(), "1\r\na\r\n", Answers(&[408])),
        (
            "a chunk's extension",
            [chunks.clone(), raw("1;")].concat(),
            "a",
            Answers(&[408]),
        ),
        (
            "trailers",
            [chunks, raw("0\r\n")].concat(),
            "A: b\r\n",
            Answers(&[408]),
        ),
        ("a body", length, "a", Answers(&[408])),
    ] {
        let (made, took) = made(vitals.address, &begins, drips.as_bytes());
        assert_eq!(made, expected, "{name}");
        assert!(took < BOUND, "{name}: {took:?}");
    }
    leaves_nothing_behind(&vitals, before);
}

#[test]
fn whoever_reads_nothing_is_cut_off() {
    let (vitals, before) = started();
    let mut stream = TcpStream::connect(vitals.address).unwrap();
    let timeout = Some(Duration::from_millis(100));
    stream.set_write_timeout(timeout).unwrap();
    let requests = "GET /metrics HTTP/1.1\r\nHost: localhost\r\n\r\n".repeat(100);
    until("it is cut off", DEADLINE, || {
        match stream.write(requests.as_bytes()) {
            Ok(_) => None,
            Err(error) if error.kind() == ErrorKind::WouldBlock => None,
            Err(error) => Some(error),
        }
    });
    leaves_nothing_behind(&vitals, before);
    let refused = r#"vitals_http_refused_total{reason="send_time"}"#;
    until("it is counted", DEADLINE, || {
        vitals.page().get(refused).filter(|count| *count == 1.0)
    });
}

#[test]
fn requests_that_wait_for_their_answers_wait_outside() {
    let (vitals, before) = started();
    for request in [
        "GET /livez HTTP/1.0\nConnection: keep-alive\n\n",
        "HEAD / HTTP/1.1\nHost: localhost\n\n",
        "POST / HTTP/1.1\nHost: localhost\nTransfer-Encoding: chunked\n\n1\r\na\r\n0\r\n\r\n",
    ] {
        let requests = request.repeat(1_000);
        let connected = || {
            let stream = TcpStream::connect(vitals.address).unwrap();
            stream.set_nonblocking(true).unwrap();
            (stream, 0)
        };
        let mut streams: Vec<_> = (0..16).map(|_| connected()).collect();
        let enough = Instant::now() + Duration::from_secs(1);
        while Instant::now() < enough {
            for (stream, sent) in &mut streams {
                // Nothing that comes is read; no more can be sent, then.
                while let Ok(written @ 1..) = stream.write(&requests.as_bytes()[*sent..]) {
                    *sent = (*sent + written) % requests.len();
                }
            }
            pause(Duration::from_millis(1));
        }
        before.is_about_all(&vitals);
    }
    leaves_nothing_behind(&vitals, before);
}

#[test]
fn what_one_client_does_the_others_do_not_feel() {
    // With patience for the others, who may be slow for want of a processor.
    let vitals = Setup::new().ready();
    let enough = Instant::now() + Duration::from_secs(2);
    let address = vitals.address;
    let flood = move || {
        while Instant::now() < enough {
            // Refused or reset: what matters is what the others get.
            let Ok(mut stream) = TcpStream::connect(address) else {
                continue;
            };
            let _ = stream.write_all(&with(&format!("A: {}\r\n", "b".repeat(40_000))));
        }
    };
    let floods: Vec<_> = (0..4).map(|_| thread::spawn(flood)).collect();
    while Instant::now() < enough {
        assert_eq!(vitals.get("/metrics").status, 200);
        pause(Duration::from_millis(20));
    }
    floods.into_iter().for_each(|flood| flood.join().unwrap());
}

/// What a Vitals takes.
#[derive(Clone, Copy)]
struct Taken {
    bytes: u64,
    threads: usize,
}

impl Taken {
    fn by(vitals: &Vitals) -> Self {
        Taken {
            bytes: resident_bytes(vitals),
            threads: threads(vitals),
        }
    }

    /// Buffers of the busiest moment are kept by the allocator, per thread.
    #[track_caller]
    fn is_about_all(self, vitals: &Vitals) {
        let grown = resident_bytes(vitals).saturating_sub(self.bytes) / 1_000_000;
        assert!(grown <= 16, "{grown} MB more");
    }
}

/// A Vitals with little patience, and what it takes once it has been scraped.
fn started() -> (Vitals, Taken) {
    let vitals = Setup::new().settings(SETTINGS).ready();
    vitals.page();
    let taken = Taken::by(&vitals);
    (vitals, taken)
}

/// Alive, unharmed, and no larger.
#[track_caller]
fn leaves_nothing_behind(vitals: &Vitals, before: Taken) {
    until("all connections are closed", DEADLINE, || {
        (vitals.page().value("vitals_http_connections") <= 1.0).then_some(())
    });
    assert_eq!(vitals.get("/metrics").status, 200);
    let tree = vitals.tree();
    assert!(tree.all_are("running"), "{tree:?}");
    assert!(tree.0.iter().all(|node| node.restarts == 0), "{tree:?}");
    assert_eq!(threads(vitals), before.threads);
    before.is_about_all(vitals);
    let log = vitals.process.log();
    assert!(log.len() < 20, "it fills the log: {log:#?}");
}

/// Sends, drips, and reads to the end. Says what came, and how long it took.
fn made(address: SocketAddr, bytes: &[u8], drip: &[u8]) -> (Made, Duration) {
    let began = Instant::now();
    let mut stream = TcpStream::connect(address).unwrap();
    stream
        .set_read_timeout(Some(Duration::from_millis(100)))
        .unwrap();
    // Who is refused early may find the connection closed while it still sends.
    let _ = stream.write_all(bytes);
    let mut answer = Vec::new();
    let mut part = [0; 65_536];
    while began.elapsed() < DEADLINE {
        match stream.read(&mut part) {
            Ok(0) => break,
            Ok(read) => answer.extend_from_slice(&part[..read]),
            Err(error) if error.kind() == ErrorKind::WouldBlock => {
                if !drip.is_empty() {
                    let _ = stream.write_all(drip);
                }
            }
            Err(_reset) => break,
        }
    }
    let _ = stream.shutdown(Shutdown::Both);
    (judged(&answer), began.elapsed())
}

/// Reads answers as a strict client would.
fn judged(mut bytes: &[u8]) -> Made {
    let mut statuses = Vec::new();
    let mut empty = true;
    while !bytes.is_empty() {
        let end = bytes.windows(4).position(|four| four == b"\r\n\r\n");
        let end = end.unwrap_or_else(|| panic!("no head: {}", String::from_utf8_lossy(bytes)));
        let head = String::from_utf8(bytes[..end].to_vec())
            .unwrap()
            .to_lowercase();
        let status = head
            .strip_prefix("http/1.1 ")
            .or(head.strip_prefix("http/1.0 "));
        statuses.push(status.unwrap()[..3].parse().unwrap());
        let header = |name: &str| {
            let mut lines = head.lines();
            lines.find_map(|line| line.strip_prefix(name)?.strip_prefix(": "))
        };
        let length: usize = header("content-length").unwrap().parse().unwrap();
        let body = &bytes[end + 4..];
        assert!(body.len() >= length, "cut short: {head}");
        let (body, rest) = body.split_at(length);
        if !body.is_empty() {
            empty = false;
            assert!(header("server").is_none(), "{head}");
            assert!(header("date").is_some(), "{head}");
            assert_eq!(header("x-content-type-options"), Some("nosniff"), "{head}");
            if statuses.last() > Some(&399) {
                let body: serde_json::Value = serde_json::from_slice(body).unwrap();
                assert!(body["error"]["code"].is_string(), "{body}");
                assert!(body["error"]["message"].is_string(), "{body}");
            }
        }
        bytes = rest;
    }
    match statuses[..] {
        [] => Closed,
        [status] if empty => Protocol(status),
        _ => Answers(statuses.leak()),
    }
}
