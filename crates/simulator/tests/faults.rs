//! Every fault, as a client sees it.

use std::{io, time::Duration};

use simulator::iris::{Fault, FaultKind, Options, Scope, Simulator};

use crate::client::{Answer, End, ask, ask_within, basic, get, metrics};

const PLANT: &str = "PID|1||4711^^^HOSPITAL||DOE^JANE";

fn simulator() -> Simulator {
    Simulator::start(Options::default()).unwrap()
}

fn broken(fault: Fault) -> Answer {
    let simulator = simulator();
    let whole = metrics(&simulator);
    assert_eq!((whole.status, whole.end), (200, End::Whole));
    simulator.all().fault(fault).unwrap();
    let broken = metrics(&simulator);
    simulator.all().clear_faults().unwrap();
    let whole = metrics(&simulator);
    assert_eq!((whole.status, whole.end), (200, End::Whole), "taken back");
    assert_eq!(broken.header("x-simulated"), Some("vitals"));
    broken
}

#[test]
fn pages_have_their_status_and_the_planted_text() {
    for (kind, status) in [
        (FaultKind::Unauthorized, 401),
        (FaultKind::Forbidden, 403),
        (FaultKind::NotFound, 404),
        (FaultKind::BadGateway, 502),
        (FaultKind::GatewayTimeout, 504),
        (FaultKind::Licences, 503),
        (FaultKind::Redirect, 302),
        (FaultKind::WrongContentType, 200),
    ] {
        let answer = broken(Fault::new(kind).planted(PLANT));
        assert_eq!(
            (answer.status, answer.end),
            (status, End::Whole),
            "{kind:?}"
        );
        assert!(answer.text().contains(PLANT), "{kind:?}");
        assert_eq!(
            answer.header("content-type"),
            Some("text/html; charset=utf-8")
        );
        let challenged = answer
            .header("www-authenticate")
            .is_some_and(|it| it.starts_with("Basic "));
        assert_eq!(challenged, status == 401, "{kind:?}");
        assert_eq!(
            answer.header("location").is_some(),
            status == 302,
            "{kind:?}"
        );
    }
}

#[test]
fn bodies_break_off_in_three_ways() {
    for (kind, end) in [
        (FaultKind::Truncated, End::Cut),
        (FaultKind::TruncatedChunked, End::Cut),
        (FaultKind::Reset, End::Reset),
    ] {
        let answer = broken(Fault::new(kind));
        assert_eq!((answer.status, answer.end), (200, end), "{kind:?}");
        assert!(
            answer.text().contains("iris_cpu_usage "),
            "{kind:?}: the first half is there"
        );
        assert!(
            !answer.text().contains("iris_wqm_"),
            "{kind:?}: the last is not"
        );
    }
    let answer = broken(Fault::new(FaultKind::TruncatedLine));
    assert_eq!(answer.end, End::Whole);
    let text = answer.text();
    let last = text.lines().last().unwrap();
    assert!(!text.ends_with('\n') && !last.contains(' '), "{last}");
}

#[test]
fn whole_bodies_travel_in_other_ways() {
    let chunked = broken(Fault::new(FaultKind::Chunked));
    assert_eq!(chunked.header("transfer-encoding"), Some("chunked"));
    assert_eq!(chunked.end, End::Whole);
    assert!(chunked.text().contains("iris_wij_writes_per_sec "));

    let zipped = broken(Fault::new(FaultKind::Gzip));
    assert_eq!(zipped.header("content-encoding"), Some("gzip"));
    let mut text = String::new();
    io::Read::read_to_string(&mut flate2::read::GzDecoder::new(&*zipped.body), &mut text).unwrap();
    assert!(text.contains("iris_wij_writes_per_sec "));
}

#[test]
fn sixty_megabytes_are_sixty_megabytes() {
    let answer = broken(Fault::new(FaultKind::Huge));
    assert_eq!(answer.end, End::Whole);
    assert!(
        (59_900_000..=60_000_000).contains(&answer.body.len()),
        "{}",
        answer.body.len()
    );
}

#[test]
fn the_bomb_is_small_and_unpacks_to_a_gigabyte() {
    let answer = broken(Fault::new(FaultKind::GzipBomb));
    assert_eq!((answer.status, answer.end), (200, End::Whole));
    assert_eq!(answer.header("content-encoding"), Some("gzip"));
    assert!(answer.body.len() < 10_000_000, "{}", answer.body.len());
    let told = u32::from_le_bytes(*answer.body.last_chunk().unwrap());
    assert_eq!(told, 1 << 30);
    // It does unpack: so far, as all of it takes a while in a debug build.
    let mut some = vec![0; 5 << 20];
    io::Read::read_exact(&mut flate2::read::GzDecoder::new(&*answer.body), &mut some).unwrap();
    assert!(some.starts_with(b"# simulated by vitals: invented\n"));
}

#[test]
fn a_drip_is_a_byte_a_second_and_a_hang_is_nothing() {
    let simulator = simulator();
    let address = simulator.addresses()[0];
    let patience = Duration::from_millis(300);
    for (kind, bytes) in [(FaultKind::Drip, 1), (FaultKind::Hang, 0)] {
        simulator.all().fault(Fault::new(kind)).unwrap();
        let answer = ask_within(patience, address, "GET", "/api/monitor/metrics", &[], "").unwrap();
        assert_eq!(
            (answer.end, answer.body.len()),
            (End::Silent, bytes),
            "{kind:?}"
        );
        simulator.all().clear_faults().unwrap();
    }
}

#[test]
fn refused_is_refused_at_once_and_over_at_once() {
    let simulator = simulator();
    let address = simulator.addresses()[0];
    for _ in 0..3 {
        simulator
            .all()
            .fault(Fault::new(FaultKind::Refuse))
            .unwrap();
        let refused = ask(address, "GET", "/api/monitor/metrics", &[], "").unwrap_err();
        assert_eq!(refused.kind(), io::ErrorKind::ConnectionRefused);
        simulator.all().clear_faults().unwrap();
        assert_eq!(metrics(&simulator).status, 200);
    }
}

#[test]
fn a_fault_ends_by_itself_and_keeps_to_its_answers() {
    let simulator = simulator();
    let short = Fault::new(FaultKind::Hang).lasting(Duration::from_millis(200));
    simulator.all().fault(short).unwrap();
    assert_eq!(
        metrics(&simulator).status,
        200,
        "it was answered when the fault was over"
    );

    let scoped = Fault::new(FaultKind::BadGateway).on(Scope::Metrics);
    simulator.all().fault(scoped).unwrap();
    assert_eq!(metrics(&simulator).status, 502);
    assert_eq!(get(&simulator, "/api/monitor/alerts").status, 200);
}

#[test]
fn texts_are_bent() {
    let garbage = broken(Fault::new(FaultKind::Garbage).planted(PLANT)).text();
    assert!(garbage.contains(PLANT) && garbage.contains("\niris_broken one\n"));

    let labels = broken(Fault::new(FaultKind::Labels).planted(PLANT)).text();
    for planted in ["{id=\"", ",production=\""] {
        assert!(labels.contains(&format!("{planted}{PLANT}\"")), "{planted}");
    }

    let twice = broken(Fault::new(FaultKind::Duplicates)).text();
    let usages: Vec<_> = twice
        .lines()
        .filter(|line| line.starts_with("iris_cpu_usage "))
        .collect();
    assert_eq!(usages.len(), 2);

    let odd = broken(Fault::new(FaultKind::OddNumbers)).text();
    for number in [" NaN\n", " -1\n", " 1.5E-3\n", " +Inf\n"] {
        assert!(odd.contains(number), "{number}");
    }

    let crlf = broken(Fault::new(FaultKind::Crlf)).text();
    assert_eq!(crlf.matches('\n').count(), crlf.matches("\r\n").count());

    let latin = broken(Fault::new(FaultKind::NotUtf8));
    assert!(std::str::from_utf8(&latin.body).is_err());
}

#[test]
fn families_vanish() {
    let usual = broken(Fault::new(FaultKind::Vanish)).text();
    assert!(!usual.contains("iris_interop_") && usual.contains("iris_sql_"));
    let mut fault = Fault::new(FaultKind::Vanish);
    fault.families = vec!["iris_sql_".to_owned(), "iris_csp_activity".to_owned()];
    let told = broken(fault).text();
    assert!(!told.contains("iris_sql_") && !told.contains("iris_csp_activity"));
    assert!(told.contains("iris_interop_") && told.contains("iris_csp_sessions"));
}

#[test]
fn sql_is_broken_by_itself() {
    let simulator = simulator();
    let address = simulator.addresses()[0];
    let login = basic("_SYSTEM", "SYS");
    let ask = |late| {
        let begun = std::time::Instant::now();
        let query = r#"{"query":"SELECT COUNT(*) AS n FROM EnsLib_HL7.Message"}"#;
        let path = "/api/atelier/v1/HOSPITAL/action/query";
        let answer = ask(address, "POST", path, &[&login], query).unwrap();
        assert!(begun.elapsed() >= Duration::from_millis(late));
        answer
    };
    for (kind, status, said) in [
        (FaultKind::SqlNotFound, 200, "SQLCODE: -30"),
        (FaultKind::SqlNotPrivileged, 200, "SQLCODE: -99"),
        (FaultKind::SqlServerError, 500, "ERROR #5001"),
    ] {
        simulator
            .all()
            .fault(Fault::new(kind).planted(PLANT))
            .unwrap();
        let answer = ask(0);
        let summary = answer.json()["status"]["summary"]
            .as_str()
            .unwrap()
            .to_owned();
        assert_eq!(answer.status, status);
        assert!(
            summary.contains(said) && summary.contains(PLANT),
            "{summary}"
        );
        assert_eq!(metrics(&simulator).status, 200);
        simulator.all().clear_faults().unwrap();
    }

    simulator
        .all()
        .fault(Fault::new(FaultKind::SqlZeroRows))
        .unwrap();
    assert_eq!(ask(0).json()["result"]["content"], serde_json::json!([]));
    simulator.all().clear_faults().unwrap();

    simulator
        .all()
        .fault(Fault::new(FaultKind::SqlStrings))
        .unwrap();
    assert!(ask(0).json()["result"]["content"][0]["n"].is_string());
    simulator.all().clear_faults().unwrap();

    simulator
        .all()
        .fault(Fault::new(FaultKind::SqlDisabled))
        .unwrap();
    let disabled = ask(0);
    assert_eq!(
        (disabled.status, disabled.header("content-type")),
        (404, Some("text/html; charset=utf-8"))
    );
    simulator.all().clear_faults().unwrap();

    let slow = Fault::new(FaultKind::SqlSlow).by(Duration::from_millis(300));
    simulator.all().fault(slow).unwrap();
    assert_eq!(ask(300).status, 200);
}

#[test]
fn slow_is_late() {
    let simulator = simulator();
    let late = Duration::from_millis(300);
    let begun = std::time::Instant::now();
    simulator
        .all()
        .fault(Fault::new(FaultKind::Slow).by(late))
        .unwrap();
    assert_eq!(metrics(&simulator).status, 200);
    assert!(begun.elapsed() >= late);
}

#[test]
fn faults_that_make_no_sense_are_refused() {
    let simulator = simulator();
    let long = Fault::new(FaultKind::NotFound).planted("x".repeat(5_000));
    assert!(simulator.all().fault(long).is_err());
    let forever = Fault::new(FaultKind::NotFound).lasting(Duration::MAX);
    assert!(simulator.all().fault(forever).is_err());
    assert_eq!(metrics(&simulator).status, 200);
}
