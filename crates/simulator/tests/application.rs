//! The simulated application over real sockets: what it serves is what it counts, its users come and go,
//! and what goes wrong does so at once.

use std::{
    net::SocketAddr,
    time::{Duration, Instant},
};

use serde_json::{Value, json};
use simulator::application::{Application, Fault, Options, StartError, Users};

use crate::client::{Answer, End, ask, ask_within};

const NOBODY: Users = Users {
    number: 0,
    pause: Duration::from_secs(1),
};

fn start(users: Users) -> Application {
    let any = SocketAddr::from(([127, 0, 0, 1], 0));
    let options = Options {
        listen: any,
        control: Some(any),
        users,
        steady: true,
        redis: None,
    };
    Application::start(options).unwrap()
}

fn address(application: &Application) -> SocketAddr {
    let url = application.url();
    url.strip_prefix("http://").unwrap().parse().unwrap()
}

#[track_caller]
fn get(application: &Application, path: &str) -> Answer {
    let answer = ask(address(application), "GET", path, &["x-session: one"], "").unwrap();
    assert_eq!(answer.header("x-simulated"), Some("vitals"), "{answer:?}");
    answer
}

#[track_caller]
fn command(application: &Application, method: &str, path: &str, body: Value) -> Answer {
    let control = application.control_address().unwrap();
    ask(control, method, path, &[], &body.to_string()).unwrap()
}

#[test]
fn what_it_serves_is_what_it_counts() {
    let application = start(NOBODY);
    for id in [1, 2, 1, 1] {
        assert_eq!(get(&application, &format!("/api/orders/{id}")).status, 200);
    }
    assert_eq!(get(&application, "/api/reports").status, 200);
    assert_eq!(get(&application, "/health").status, 200);
    let state = application.state();
    let counted = json!({ "kind": "own", "hits": 2, "misses": 2, "errors": 0 });
    assert_eq!(state["cache"], counted);
    assert_eq!(
        (&state["requests"], &state["errors"]),
        (&json!(5), &json!(0))
    );
    assert_eq!(state["active_users"], 1);
    let page = get(&application, "/metrics");
    let count = "http_server_requests_seconds_count{method=\"GET\",status=\"200\",uri=\"/api/";
    assert_eq!(page.sum(count), 5.0);
    let seconds =
        page.sum("http_server_requests_seconds_sum{method=\"GET\",status=\"200\",uri=\"/api/");
    assert!((seconds - state["seconds"].as_f64().unwrap()).abs() < 1e-9);
    // Two from the slower place, a report, and two that are quick.
    assert!(seconds >= 0.04 * 2.0 + 0.08 + 0.002 * 2.0, "{seconds}");
    assert_eq!(
        page.value("cache_gets_total{cache=\"orders\",result=\"hit\"}"),
        Some(2.0)
    );
    assert_eq!(page.value("application_active_users"), Some(1.0));
    get(&application, "/api/logout");
    assert_eq!(application.state()["active_users"], 0);
    assert_eq!(
        ask(address(&application), "GET", "/api/login", &[], "")
            .unwrap()
            .status,
        401
    );
}

#[test]
fn users_come_and_go() {
    let application = start(Users {
        number: 4,
        pause: Duration::from_millis(5),
    });
    let began = Instant::now();
    let until = |what: &str, is: &dyn Fn(&Value) -> bool| {
        while !is(&application.state()) {
            assert!(
                began.elapsed() < Duration::from_secs(30),
                "{what}: {}",
                application.state()
            );
            std::thread::yield_now();
        }
    };
    until("a working cache", &|state| {
        state["cache"]["hits"].as_u64() > Some(100) && state["active_users"].as_u64() >= Some(4)
    });
    let answer = command(&application, "POST", "/users", json!({ "users": 0 }));
    assert_eq!(answer.status, 200, "{}", answer.text());
    let refused = command(&application, "POST", "/users", json!({ "users": 1_001 }));
    assert_eq!(refused.status, 400);
}

#[test]
fn what_goes_wrong_does_so_at_once_and_is_over_at_once() {
    let application = start(NOBODY);
    let status = |path| get(&application, path).status;
    let fault =
        |fault: Value| assert_eq!(command(&application, "POST", "/fault", fault).status, 200);
    fault(json!({ "kind": "errors" }));
    assert_eq!((status("/api/reports"), status("/health")), (500, 200));
    fault(json!({ "kind": "ill" }));
    assert_eq!(status("/health"), 503);
    fault(json!({ "kind": "redirect" }));
    assert_eq!((status("/health"), status("/metrics")), (302, 302));
    let cure = || {
        assert_eq!(
            command(&application, "DELETE", "/fault", json!({})).status,
            200
        )
    };
    cure();
    assert_eq!(
        (
            status("/api/reports"),
            status("/health"),
            status("/metrics")
        ),
        (200, 200, 200)
    );
    fault(json!({ "kind": "truncated" }));
    assert_eq!(get(&application, "/metrics").end, End::Cut);
    cure();
    fault(json!({ "kind": "hang" }));
    let patience = Duration::from_millis(300);
    let hung = ask_within(patience, address(&application), "GET", "/health", &[], "");
    assert!(hung.is_err() || hung.is_ok_and(|answer| answer.end == End::Silent));
    cure();
    fault(json!({ "kind": "bomb", "series": 500 }));
    fault(json!({ "kind": "patients" }));
    let page = get(&application, "/metrics").text();
    assert_eq!(page.matches("http_requests_total{user=").count(), 500);
    assert!(page.contains("patient=\"PID|1||4711"));
    application.cure();
    application.fault(Fault::Reset);
    assert_eq!(application.state()["requests"], 0);
    for bad in [
        json!({ "kind": "nonsense" }),
        json!({ "kind": "errors", "ratio": 2.0 }),
        json!({}),
    ] {
        assert_eq!(command(&application, "POST", "/fault", bad).status, 400);
    }
}

#[test]
fn without_its_redis_it_goes_on() {
    let nobody = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let at = nobody.local_addr().unwrap();
    drop(nobody);
    let options = Options {
        listen: SocketAddr::from(([127, 0, 0, 1], 0)),
        users: NOBODY,
        redis: Some(at.to_string()),
        ..Options::default()
    };
    let application = Application::start(options).unwrap();
    while get(&application, "/api/orders/1").status != 200 {}
    let cache = application.state()["cache"].take();
    assert_eq!(
        (&cache["kind"], &cache["hits"]),
        (&json!("redis"), &json!(0))
    );
    assert!(cache["errors"].as_u64() >= Some(1), "{cache}");
}

#[test]
fn what_makes_no_sense_is_refused() {
    let with = |options: Options| Application::start(options).err().unwrap();
    let any = SocketAddr::from(([127, 0, 0, 1], 0));
    let elsewhere = Options {
        listen: any,
        control: Some(SocketAddr::from(([0, 0, 0, 0], 0))),
        ..Options::default()
    };
    assert!(matches!(with(elsewhere), StartError::Control(_)));
    let holder = std::net::TcpListener::bind(any).unwrap();
    let taken = Options {
        listen: holder.local_addr().unwrap(),
        ..Options::default()
    };
    assert!(matches!(with(taken), StartError::Listen { .. }));
}
