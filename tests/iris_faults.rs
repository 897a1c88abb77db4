//! Whatever goes wrong with an IRIS: its series are gone, the reason and what to do are told, nobody
//! else notices, it is not asked more often for it, and all is well once it is.

use std::time::Instant;

use crate::stage::{DEADLINE, Simulated, Watched, until};

/// A fault of the simulator, its reason, and words of what is told with it.
type Row = (&'static str, &'static str, &'static str);

const CONNECTIONS: [Row; 3] = [
    ("refuse", "connect", "Connection refused"),
    ("hang", "timeout", "no answer"),
    ("drip", "timeout", "did not come to its end"),
];

const PAGES: [Row; 8] = [
    ("unauthorized", "auth", "set username and password"),
    ("forbidden", "forbidden", "the account may not use"),
    ("not_found", "disabled", "enable the web application"),
    ("bad_gateway", "unavailable", "the web gateway"),
    ("gateway_timeout", "unavailable", "the web gateway"),
    ("licences", "licence", "no licence unit left"),
    ("redirect", "redirect", "perhaps to log in"),
    ("wrong_content_type", "not_prometheus", "behind the URL"),
];

const BODIES: [Row; 6] = [
    ("truncated", "truncated", "the body"),
    ("truncated_chunked", "truncated", "the body"),
    ("truncated_line", "truncated", "ends within a line"),
    ("reset", "truncated", "the body"),
    ("huge", "too_large", "is larger than 8388608 bytes"),
    ("gzip_bomb", "too_large", "is larger than 8388608 bytes"),
];

#[test]
fn connections() {
    go_through(&CONNECTIONS, Watched::by_account);
}

#[test]
fn pages() {
    go_through(&PAGES, Watched::by_account);
}

#[test]
fn bodies() {
    go_through(&BODIES, Watched::patiently);
}

/// One after the other, on one Vitals and one IRIS, which has one session for all of it.
fn go_through(rows: &[Row], watch: impl Fn(&Simulated) -> Watched) {
    let iris = Simulated::start(&["--steady", "--auth", "all"]);
    let watched = watch(&iris);
    for row in rows {
        one(&iris, &watched, row);
    }
}

fn one(iris: &Simulated, watched: &Watched, (fault, reason, words): &Row) {
    let (errors, failures) = (watched.errors(reason), watched.failures());
    iris.fault(fault);
    let (began, asked) = (Instant::now(), iris.asked());
    until(fault, DEADLINE, || {
        (watched.errors(reason) > errors).then_some(())
    });
    let told = format!("({reason})");
    until(&format!("{fault} in the health"), DEADLINE, || {
        let check = watched.check();
        let output = check["output"].as_str()?;
        (check["status"] == "warn" && output.contains(&told) && output.contains(words))
            .then_some(())
    });
    until(&format!("{fault} in the summary"), DEADLINE, || {
        let target = watched.target("query_time");
        let hint = target["hint"].as_str()?;
        (target["reason"] == *reason && hint.contains(words)).then_some(())
    });
    let series = watched.series();
    assert!(series.is_empty(), "{fault}: {series:?}");

    // Once more, as it lasts.
    let errors = watched.errors(reason);
    until("the next failure", DEADLINE, || {
        (watched.errors(reason) > errors).then_some(())
    });
    // Each question fails and is told, but for one on its way at either end; a session that is
    // refused makes one more. And they are not more than one a second.
    let more = iris.asked() - asked;
    let failures = watched.failures() - failures;
    assert!(
        more as f64 <= failures + 3.0,
        "{fault}: {more}, {failures} failed"
    );
    let most = began.elapsed().as_secs() + 3;
    assert!(more <= most, "{fault}: {more} questions, not {most}");
    watched.nobody_was_touched();

    iris.cure();
    watched.has_data();
    until(&format!("{fault} is over"), DEADLINE, || {
        (watched.check()["status"] == "pass").then_some(())
    });
    let licence = iris.state()["licence"].take();
    assert_eq!(licence["sessions"], 1, "{fault}: {licence}");
}

#[test]
fn a_production_that_stops_is_missed_and_found_again() {
    let iris = Simulated::start(&["--steady", "--auth", "all"]);
    let watched = Watched::by_account(&iris);
    let errors = watched.errors("unavailable");
    iris.production("stop");
    until("it is missed", DEADLINE, || {
        (watched.errors("unavailable") > errors).then_some(())
    });
    let told = "start the production";
    until("it is missed in the health", DEADLINE, || {
        watched.check()["output"]
            .as_str()?
            .contains(told)
            .then_some(())
    });
    until("it is missed in the summary", DEADLINE, || {
        let target = watched.target("hl7_rate");
        let hint = target["hint"].as_str()?;
        (target["reason"] == "unavailable" && hint.contains(told)).then_some(())
    });
    let series = watched.series();
    let of_production = |series: &&String| series.contains("_hl7_") || series.contains("_interop_");
    assert_eq!(series.iter().find(of_production), None);
    // The rest of IRIS is there as ever.
    let rest = series
        .iter()
        .any(|series| series.starts_with("vitals_iris_query_seconds"));
    assert!(rest, "{series:?}");
    watched.nobody_was_touched();

    iris.production("start");
    watched.has_data();
    until("all is well", DEADLINE, || {
        (watched.check()["status"] == "pass").then_some(())
    });
}

#[test]
fn lines_that_are_none_are_dropped_and_the_rest_is_read() {
    let iris = Simulated::start(&["--steady", "--auth", "all"]);
    let watched = Watched::by_account(&iris);
    for (fault, fails) in [
        ("garbage", true),
        ("duplicates", false),
        ("crlf", false),
        ("odd_numbers", false),
        ("not_utf8", true),
        ("chunked", false),
        ("gzip", false),
    ] {
        let (errors, asked) = (watched.errors("parse"), iris.asked());
        iris.fault(fault);
        until(fault, DEADLINE, || {
            let told = watched.errors("parse") > errors;
            (told == fails && iris.asked() >= asked + 3).then_some(())
        });
        until(fault, DEADLINE, || {
            (!watched.series().is_empty()).then_some(())
        });
        if fails {
            until(&format!("{fault} in the health"), DEADLINE, || {
                let check = watched.check();
                check["output"]
                    .as_str()?
                    .contains("lines were dropped")
                    .then_some(())
            });
        }
        iris.cure();
        watched.has_data();
        until(&format!("{fault} is over"), DEADLINE, || {
            (watched.check()["status"] == "pass").then_some(())
        });
    }
    watched.nobody_was_touched();
}
