//! Alerts, from the sample to whoever listens: on Redis, in the summary, over HTTP and in the terminal; with
//! their cause, through restarts and outages, and with other rules. Troubles have rooms of their own.

mod hung_disk;
mod many;
mod redis_faults;
mod rule_files;
mod struck;
mod weather;

use std::{
    io::{BufRead, BufReader, Write},
    net::TcpStream,
};

use rustix::process::Signal;
use serde_json::Value;

use self::weather::{HOT, active, firing, log, page, weather, with_rules};
use crate::stage::{DEADLINE, Pages, Redis, Subscriber, Vitals, done, finish, request, run, until};

#[test]
fn what_is_true_is_told_everywhere_with_its_cause_and_so_is_its_end() {
    let (redis, thermometer) = (Redis::start(&[]), Pages::start(&page(20)));
    let vitals = weather(with_rules(HOT), &thermometer, Some(&redis)).ready();
    let all = Subscriber::of(&redis, "vitals:alerts");
    let critical = Subscriber::of(&redis, "vitals:alerts:critical");
    thermometer.say(&page(35));
    let told = all.next_of("Hot");
    assert_eq!(critical.next(), told);
    assert_eq!(told["version"], 1);
    assert_eq!(told["status"], "firing");
    assert_eq!(told["value"], 35.0);
    assert_eq!(told["endsAt"], Value::Null);
    assert_eq!(told["labels"]["room"], "attic");
    assert_eq!(told["labels"]["job"], "weather");
    let annotations = &told["annotations"];
    assert_eq!(annotations["summary"], "It is 35 degrees in attic");
    assert_eq!(
        annotations["runbook_url"],
        "http://v.example/runbooks/Watchdog"
    );
    let cause = annotations["cause"].as_str().unwrap();
    assert!(
        cause.starts_with("last values:") && cause.ends_with(" 35"),
        "{cause}"
    );
    let chart = annotations["chart_url"].as_str().unwrap();
    assert_eq!(
        chart,
        "http://v.example/vitals/v1/chart.svg?query=temperature%20%3E%2030&range=1h"
    );
    let path = chart.strip_prefix("http://v.example").unwrap();
    let svg = vitals.get(path);
    assert_eq!(
        (svg.status, svg.body.starts_with("<svg")),
        (200, true),
        "{svg:?}"
    );

    // What it is kept as, and everywhere else.
    let kept = active(&redis, "Hot");
    assert_eq!(kept, std::slice::from_ref(&told));
    until("a sign of life", DEADLINE, || {
        let alive = redis.ask(&["GET", "{vitals}:alive"]);
        alive.contains("\"version\":1").then_some(())
    });
    let fires = &firing(&vitals, "Hot")[0];
    assert_eq!(fires["value"], "3.5e+01");
    until("the summary", DEADLINE, || {
        let alerts = vitals.get("/summary").json()["alerts"].clone();
        let hot = alerts
            .as_array()?
            .iter()
            .find(|a| a["alertname"] == "Hot")?
            .clone();
        (hot["fingerprint"] == told["fingerprint"]).then_some(())
    });
    let rules = vitals.get("/api/v1/rules?type=alert").json();
    let group = &rules["data"]["groups"][0];
    assert_eq!(
        (&group["name"], &group["rules"][0]["state"]),
        (&"weather".into(), &"firing".into())
    );
    assert_eq!(group["rules"].as_array().unwrap().len(), 1, "{rules}");
    let listed = done(
        vitals.directory.path(),
        &["alerts", "--listen", &vitals.address.to_string()],
    );
    assert!(
        listed.out.contains("firing   critical  Hot {"),
        "{}",
        listed.out
    );
    let runbook = vitals.get("/runbooks/Watchdog");
    assert_eq!(
        runbook.header("content-type"),
        Some("text/markdown; charset=utf-8")
    );
    assert_eq!(vitals.get("/runbooks/Nothing").error_code(), "not_found");
    let series = |query: &str| {
        let answer = vitals.get(&format!("/api/v1/query?query={query}")).json();
        answer["data"]["result"][0]["value"][1]
            .as_str()
            .map(str::to_owned)
    };
    until("what rules write", DEADLINE, || {
        (series("temperature:max")? == "35").then_some(())
    });
    assert_eq!(
        series("ALERTS%7Balertstate=%22firing%22%7D").as_deref(),
        Some("1")
    );

    thermometer.say(&page(25));
    let ended = all.next_of("Hot");
    assert_eq!(ended["status"], "resolved");
    assert_eq!(ended["startsAt"], told["startsAt"]);
    assert!(ended["endsAt"].as_str().unwrap() > told["startsAt"].as_str().unwrap());
    assert_ne!(ended["id"], told["id"]);
    assert!(active(&redis, "Hot").is_empty());
    assert!(firing(&vitals, "Hot").is_empty());
    let page = vitals.page();
    let count = |series: &str| page.value(series);
    assert!(count("vitals_alert_delivery_seconds_count{sink=\"redis\"}") >= 2.0);
    assert!(count("vitals_alert_notifications_total{outcome=\"delivered\",sink=\"redis\"}") >= 2.0);
}

#[test]
fn whoever_is_killed_goes_on_where_it_was_and_nothing_is_told_anew_or_lost() {
    let (redis, thermometer) = (Redis::start(&[]), Pages::start(&page(20)));
    let mut directory = with_rules(HOT);
    let mut starts = Vec::new();
    for round in 0..5 {
        let vitals = weather(directory, &thermometer, Some(&redis)).ready();
        thermometer.say(&page(40 + round));
        let fires = until("it fires", DEADLINE, || active(&redis, "Hot").pop());
        starts.push(fires["startsAt"].clone());
        // Its states are kept a moment after they are told.
        until("kept", DEADLINE, || {
            let kept = std::fs::read_to_string(vitals.directory.join("data/alerts.json")).ok()?;
            kept.contains("Hot").then_some(())
        });
        let Vitals {
            mut process,
            directory: kept,
            ..
        } = vitals;
        process.signal(Signal::KILL);
        process.ends_within(DEADLINE);
        directory = kept;
        if round == 2 {
            // It ends while nobody looks.
            thermometer.say(&page(20));
            let vitals = weather(directory, &thermometer, Some(&redis)).ready();
            until("its end", DEADLINE, || {
                active(&redis, "Hot").is_empty().then_some(())
            });
            let Vitals {
                mut process,
                directory: kept,
                ..
            } = vitals;
            process.signal(Signal::TERM);
            process.ends_within(DEADLINE);
            directory = kept;
        }
    }
    assert_eq!((&starts[0], &starts[3]), (&starts[2], &starts[4]));
    assert_ne!(starts[2], starts[3]);
    // In order, whatever was told twice.
    let mut told = log(&redis, "Hot");
    told.dedup();
    let statuses: Vec<_> = told.iter().map(|(status, _)| &**status).collect();
    assert_eq!(statuses, ["firing", "resolved", "firing"], "{told:?}");
}

#[test]
fn while_redis_is_away_nothing_is_lost() {
    let (redis, thermometer) = (Redis::start(&[]), Pages::start(&page(20)));
    let vitals = weather(with_rules(HOT), &thermometer, Some(&redis)).ready();
    let counted = |outcome: &str| {
        let series =
            format!("vitals_alert_notifications_total{{outcome=\"{outcome}\",sink=\"log\"}}");
        vitals.page().get(&series).unwrap_or_default()
    };
    let before = counted("delivered");
    let redis = redis.restart(&["--port", "0"]); // nobody answers there
    for round in 1..=4 {
        thermometer.say(&page(if round % 2 == 1 { 31 } else { 29 }));
        until("told in the log", DEADLINE, || {
            (counted("delivered") >= before + f64::from(round)).then_some(())
        });
    }
    assert_eq!(vitals.get("/health").status, 200);
    let redis = redis.restart(&[]);
    until("all of it", DEADLINE, || {
        let told = log(&redis, "Hot");
        let statuses: Vec<_> = told.iter().map(|(status, _)| &**status).collect();
        (statuses == ["firing", "resolved", "firing", "resolved"]).then_some(())
    });
    assert!(active(&redis, "Hot").is_empty());
}

#[test]
fn rules_are_loaded_all_or_nothing_and_what_fires_goes_on() {
    let thermometer = Pages::start(&page(35));
    let token = "3f1c9a7be04d5286913fd0c2b7a4e8569d2e10f7c8b3a6451e9f07d2c4b5a698";
    let setup = weather(with_rules(HOT), &thermometer, None);
    let vitals = setup.variable("VITALS_TOKEN", token).ready();
    let reload = || {
        let bearer = format!("Bearer {token}");
        let headers = [("Authorization", &*bearer)];
        request("POST", &vitals.url("/-/reload"), &headers).unwrap()
    };
    let fires = until("it fires", DEADLINE, || firing(&vitals, "Hot").pop());
    let file = vitals.directory.join("rules/hot.yml");
    std::fs::write(&file, HOT.replace("temperature > 30", "temperature >")).unwrap();
    let refused = reload();
    assert_ne!(refused.status, 200);
    assert!(refused.body.contains("hot.yml:"), "{}", refused.body);
    assert_eq!(
        vitals.page().value("vitals_config_last_reload_successful"),
        0.0
    );
    assert_eq!(firing(&vitals, "Hot")[0]["activeAt"], fires["activeAt"]);

    let more = HOT.to_owned()
        + "      - alert: Warm\n        expr: temperature > 10\n        labels: { severity: info }\n";
    std::fs::write(&file, more).unwrap();
    assert_eq!(reload().status, 200);
    until("the new rule", DEADLINE, || firing(&vitals, "Warm").pop());
    assert_eq!(firing(&vitals, "Hot")[0]["activeAt"], fires["activeAt"]);

    // Without its rule an alert ends.
    std::fs::write(&file, HOT.replace("Hot", "Boiling").replace("> 30", "> 99")).unwrap();
    assert_eq!(reload().status, 200);
    until("the end", DEADLINE, || {
        firing(&vitals, "Hot").is_empty().then_some(())
    });
}

#[test]
fn whoever_watches_sees_what_happens_and_goes_on_where_it_was() {
    let thermometer = Pages::start(&page(20));
    let setup = weather(with_rules(HOT), &thermometer, None);
    let vitals = setup.flag("--chaos").ready();
    let mut stream = Stream::open(&vitals, None);
    let tick = stream.next_of("tick");
    assert_eq!(tick["targets"].as_array().unwrap().len(), 12);
    thermometer.say(&page(35));
    let fires = stream.next_of("alert");
    assert_eq!(fires["alert"]["labels"]["alertname"], "Hot");
    vitals.strike("collectors/system", "panic");
    let exit = stream.next_of("supervision");
    assert_eq!(
        (&exit["actor"], &exit["event"]),
        (&"collectors/system".into(), &"exit".into())
    );
    drop(stream);
    let mut again = Stream::open(&vitals, fires["seq"].as_u64().map(|seq| seq - 1));
    assert_eq!(again.next_of("alert"), fires);
    let bad = request(
        "GET",
        &vitals.url("/vitals/v1/events"),
        &[("Last-Event-ID", "x")],
    );
    assert_eq!(bad.unwrap().error_code(), "bad_parameter");
}

/// Events as they come.
struct Stream(BufReader<TcpStream>);

impl Stream {
    fn open(vitals: &Vitals, seen: Option<u64>) -> Self {
        let mut stream = TcpStream::connect(vitals.address).unwrap();
        stream.set_read_timeout(Some(DEADLINE)).unwrap();
        let seen = seen.map_or(String::new(), |seen| format!("Last-Event-ID: {seen}\r\n"));
        let request = format!(
            "GET /vitals/v1/events HTTP/1.0\r\nHost: {}\r\n{seen}\r\n",
            vitals.address
        );
        stream.write_all(request.as_bytes()).unwrap();
        Stream(BufReader::new(stream))
    }

    /// The next event of a kind.
    #[track_caller]
    fn next_of(&mut self, kind: &str) -> Value {
        let mut is_it = false;
        loop {
            let mut line = String::new();
            assert!(
                self.0.read_line(&mut line).unwrap() > 0,
                "the stream has ended"
            );
            let line = line.trim_end();
            if let Some(event) = line.strip_prefix("event: ") {
                is_it = event == kind;
            } else if let Some(data) = line.strip_prefix("data: ").filter(|_| is_it) {
                return serde_json::from_str(data).unwrap();
            }
        }
    }
}

#[test]
fn rules_are_judged_before_they_run() {
    let thermometer = Pages::start(&page(20));
    let mut vitals = weather(with_rules(HOT), &thermometer, None).start();
    vitals.process.signal(Signal::TERM);
    vitals.process.ends_within(DEADLINE);
    let directory = vitals.directory.path();
    let checked = done(directory, &["check", "--config", "vitals.toml"]);
    assert!(
        checked.out.contains("evaluates 2 rules of rules/hot.yml"),
        "{}",
        checked.out
    );
    let test = "rule_files: [rules/hot.yml]\ntests:\n  - interval: 1m\n    input_series:\n\
                \x20     - { series: 'temperature{room=\"attic\"}', values: '20 35' }\n\
                \x20   alert_rule_test:\n      - { eval_time: 0m, alertname: Hot }\n";
    std::fs::write(directory.join("test.yml"), test).unwrap();
    let tested = done(directory, &["check", "--test", "test.yml"]);
    assert!(
        tested.out.starts_with("ok     test.yml: "),
        "{}",
        tested.out
    );
    std::fs::write(directory.join("test.yml"), test.replace("0m", "1m")).unwrap();
    let failed = run(directory, &["check", "--test", "test.yml"]);
    assert_eq!(failed.code, Some(1), "{}", failed.out);

    std::fs::write(directory.join("rules/hot.yml"), HOT.replace("max(", "mox(")).unwrap();
    for arguments in [&["check"][..], &["serve"]] {
        let mut command = crate::stage::command();
        command.current_dir(directory).args(arguments);
        command.args(["--config", "vitals.toml", "--listen", "127.0.0.1:0"]);
        let refused = finish(&mut command, DEADLINE);
        assert_eq!(refused.code, Some(2), "{}", refused.err);
        assert!(refused.err.contains("hot.yml:"), "{}", refused.err);
    }
}
