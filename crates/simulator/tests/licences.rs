//! Accounts, sessions and licence units.

use std::time::Duration;

use simulator::iris::{Access, Options, Pace, Simulator, Version};

use crate::client::{Answer, ask, basic, metrics};

fn community(access: Access) -> Simulator {
    Simulator::start(Options {
        version: Version::Community,
        access,
        pace: Pace::Manual,
        ..Options::default()
    })
    .unwrap()
}

fn scrape(simulator: &Simulator, headers: &[&str]) -> Answer {
    let address = simulator.addresses()[0];
    ask(address, "GET", "/api/monitor/metrics", headers, "").unwrap()
}

fn session(answer: &Answer) -> Option<String> {
    let cookie = answer
        .headers("set-cookie")
        .find(|cookie| cookie.starts_with("CSPSESSIONID"))?;
    Some(format!("Cookie: {}", cookie.split(';').next()?))
}

#[test]
fn accounts_are_let_in_or_not() {
    let simulator = community(Access::All);
    for (header, status) in [
        (None, 401),
        (Some(basic("_SYSTEM", "wrong")), 401),
        (Some(basic("_system", "SYS")), 200),
        (Some(basic("weak", "SYS")), 200),
        (Some(basic("forbidden", "SYS")), 403),
        (Some(basic("expired", "SYS")), 403),
        (Some("Authorization: Bearer token".to_owned()), 401),
    ] {
        let headers: Vec<&str> = header.as_deref().into_iter().collect();
        let answer = scrape(&simulator, &headers);
        assert_eq!(answer.status, status, "{header:?}");
        if status != 200 {
            assert!(answer.text().starts_with("<!DOCTYPE html>"));
            assert_eq!(session(&answer), None);
        }
    }
}

#[test]
fn who_keeps_no_cookie_uses_up_the_licence_and_grace_gives_it_back() {
    let simulator = community(Access::All);
    let login = basic("_SYSTEM", "SYS");
    for _ in 0..8 {
        assert_eq!(scrape(&simulator, &[&login]).status, 200);
    }
    let refused = scrape(&simulator, &[&login]);
    assert_eq!(refused.status, 503);
    assert!(refused.text().starts_with("<!DOCTYPE html>"));
    let licence = simulator.state(1).unwrap()["licence"].take();
    let expected = serde_json::json!({
        "units": 8, "used": 8, "sessions": 8, "sessions_opened": 8, "refused": 1
    });
    assert_eq!(licence, expected);

    simulator.all().advance(Duration::from_secs(600)).unwrap();
    assert_eq!(simulator.state(1).unwrap()["licence"]["sessions"], 0);
    assert_eq!(scrape(&simulator, &[&login]).status, 200);
}

#[test]
fn one_cookie_is_one_unit_with_or_without_the_password() {
    let simulator = community(Access::All);
    let login = basic("_SYSTEM", "SYS");
    let first = scrape(&simulator, &[&login]);
    let cookie = session(&first).unwrap();
    assert_eq!(first.value("iris_license_consumed"), Some(1.0));
    for _ in 0..20 {
        assert_eq!(scrape(&simulator, &[&cookie]).status, 200);
        assert_eq!(scrape(&simulator, &[&cookie, &login]).status, 200);
    }
    assert_eq!(simulator.state(1).unwrap()["licence"]["sessions_opened"], 1);

    // After a restart the cookie is worth nothing.
    let second = Duration::from_secs(1);
    simulator.all().restart_iris(second, second).unwrap();
    simulator.all().advance(2 * second).unwrap();
    assert_eq!(scrape(&simulator, &[&cookie]).status, 401);
}

#[test]
fn an_open_scrape_takes_no_unit() {
    let simulator = community(Access::Sql);
    for _ in 0..20 {
        assert_eq!(
            metrics(&simulator).value("iris_license_consumed"),
            Some(0.0)
        );
    }
    let address = simulator.addresses()[0];
    assert_eq!(
        ask(address, "GET", "/api/atelier/", &[], "")
            .unwrap()
            .status,
        401
    );
}
