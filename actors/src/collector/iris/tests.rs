//! The recorded bodies give what one reads in them by hand; and bodies made up here, over time.

use std::{fs, path::PathBuf};

use exposition::Value;

use super::*;
use crate::http::Outward;

const WINDOWS: &str = "iris/metrics-irishealth-2024.1-windows-idle-production.txt";
const LINUX: &str = "iris/metrics-irishealth-2026.1-linux-active-production.EXCERPT.txt";

/// A recorded body. Without the fixtures this says so, and there is nothing to test.
pub(super) fn recorded(name: &str) -> Option<Vec<u8>> {
    let beside = concat!(env!("CARGO_MANIFEST_DIR"), "/../../shared");
    let folder = std::env::var_os("VITALS_FIXTURES").unwrap_or_else(|| beside.into());
    let path = PathBuf::from(folder).join(name);
    match fs::read(&path) {
        Ok(body) => Some(body),
        Err(error) => {
            eprintln!("skipped: {}: {error}", path.display());
            None
        }
    }
}

pub(super) fn settings() -> IrisSettings {
    IrisSettings {
        name: "main".to_owned(),
        url: "http://iris:52773".parse().unwrap(),
        credentials: None,
        outward: Outward::default(),
        job: "iris".to_owned(),
        namespaces: Vec::new(),
        databases: Vec::new(),
        inbound_hosts: Vec::new(),
        max_connections: None,
        mirror: None,
        alerts_endpoint: false,
        sql: None,
    }
}

/// What was collected, by `name{label="value"}` without the labels `iris` and `host` of "main".
struct Page(Vec<(String, f64)>, Collected);

impl Page {
    fn of(collected: Collected) -> Self {
        let mut values = Vec::new();
        for family in &collected.families {
            for metric in &family.metrics {
                let Value::Number(value) = metric.value else {
                    panic!("{}", family.name);
                };
                let labels = metric.labels.iter();
                let labels = labels.filter(|(_, value)| *value != "main");
                let labels: Vec<_> = labels
                    .map(|(name, value)| format!("{name}={value}"))
                    .collect();
                let key = format!("{}{{{}}}", family.name, labels.join(","));
                assert!(values.iter().all(|(known, _)| *known != key), "{key} twice");
                values.push((key, value));
            }
        }
        Page(values, collected)
    }

    #[track_caller]
    fn is(&self, key: &str, expected: f64) {
        let found = self.get(key);
        let found = found.unwrap_or_else(|| panic!("no {key} in {:#?}", self.0));
        assert!(
            (found - expected).abs() <= expected.abs() * 1e-15,
            "{key} {found}"
        );
    }

    fn get(&self, key: &str) -> Option<f64> {
        let found = self.0.iter().find(|(known, _)| known == key);
        found.map(|(_, value)| *value)
    }

    /// The label sets of a family.
    fn of_family(&self, name: &str) -> Vec<&str> {
        let found = self.0.iter().filter_map(|(key, _)| key.split_once('{'));
        let found = found.filter(|(family, _)| *family == name);
        found
            .map(|(_, labels)| labels.trim_end_matches('}'))
            .collect()
    }

    #[track_caller]
    fn why_absent(&self, family: &str) -> Reason {
        assert_eq!(self.of_family(family), [""; 0]);
        let absent = self.1.absent.iter().find(|absent| absent.family == family);
        absent
            .unwrap_or_else(|| panic!("{family} is absent without a reason"))
            .reason
    }
}

fn look(collector: &mut IrisCollector, body: &[u8], now: Instant) -> Page {
    Page::of(collector.tell(read(body).unwrap(), false, now))
}

fn page(settings: IrisSettings, body: &[u8]) -> Page {
    look(&mut IrisCollector::new(settings), body, Instant::now())
}

#[test]
fn the_idle_production_on_windows() {
    let Some(body) = recorded(WINDOWS) else {
        return;
    };
    let page_of = |settings| page(settings, &body);
    let told = page_of(settings());
    told.is("vitals_iris_connections{kind=process}", 61.0);
    told.is("vitals_iris_connections{kind=csp}", 9.0);
    told.is("vitals_iris_connections{kind=csp_in_use}", 1.0);
    told.is("vitals_iris_connections{kind=sql}", 1.0);
    told.is("vitals_iris_connection_pool_ratio{}", 0.02);
    told.is(
        "vitals_source{signal=connection_pool,source=iris_license_percent_used}",
        1.0,
    );
    told.is("vitals_iris_queries_per_second{}", 1.2);
    told.is("vitals_iris_query_seconds{}", 0.000_210_791_666_666_666_7);
    told.is("vitals_iris_system_state{}", 0.0);
    told.is("vitals_iris_alerts_total{}", 2.0);
    told.is("vitals_iris_license_used_ratio{}", 0.02);
    told.is("vitals_iris_license_expiry_seconds{}", 110.6 * 86_400.0);
    told.is("vitals_iris_write_daemon_cycle_seconds{}", 0.006);
    let free = 526_428.37 * 1_048_576.0;
    told.is("vitals_iris_journal_free_bytes{dir=default}", free);
    let journal = "C:\\InterSystems\\IRIS4Health_2024_1\\mgr\\journal\\";
    told.is(
        &format!("vitals_iris_journal_free_bytes{{dir={journal}}}"),
        free,
    );
    assert_eq!(told.of_family("vitals_iris_journal_free_bytes").len(), 2);
    told.is("vitals_host_cpu_used_ratio{}", 0.17);
    told.is("vitals_host_memory_used_ratio{}", 0.7);
    let volume = "vitals_host_filesystem_used_ratio";
    assert_eq!(
        told.of_family(volume),
        ["mountpoint=c:\\intersystems\\iris4health_2024_1\\mgr\\"],
        "twenty databases on one volume"
    );
    told.is(
        &told
            .0
            .iter()
            .find(|(key, _)| key.starts_with(volume))
            .unwrap()
            .0
            .clone(),
        0.4592,
    );
    let sizes = [
        ("POC", 182),
        ("FHIR", 1486),
        ("MAIN", 735),
        ("USER", 11),
        ("KAFKA", 114),
        ("LABDEMO", 114),
        ("TRAINING", 162),
        ("FHIRFINAL", 735),
        ("TRAINING2", 114),
        ("FHIRFACADE", 461),
        ("FHIRINTEGRATION", 735),
    ];
    assert_eq!(
        told.of_family("vitals_iris_database_size_bytes").len(),
        sizes.len()
    );
    for (database, megabytes) in sizes {
        let key = format!("vitals_iris_database_size_bytes{{database={database}}}");
        told.is(&key, f64::from(megabytes) * 1_048_576.0);
    }
    assert_eq!(
        told.of_family("vitals_iris_interop_host_status"),
        ["Cloud API", "EMR Source", "Lab Router"].map(|host| format!(
            "interop_host={host},namespace=LABDEMO,\
             production=ProductionGuardian.LabDemo.Production,status=OK"
        ))
    );
    // Idle: nobody has received anything by which it could be recognised.
    assert_eq!(
        told.why_absent("vitals_hl7_messages_total"),
        Reason::WarmingUp
    );
    assert_eq!(
        told.why_absent("vitals_hl7_messages_per_minute"),
        Reason::WarmingUp
    );
    assert_eq!(
        told.why_absent("vitals_iris_interop_queued"),
        Reason::NotEnabled
    );
    assert_eq!(
        told.of_family("vitals_iris_info"),
        [""; 0],
        "2024.1 does not tell"
    );
    assert_eq!(told.1.failed, []);
    assert_eq!(told.of_family("vitals_iris_mirror_primary"), [""; 0]);

    let told = page_of(IrisSettings {
        inbound_hosts: vec!["EMR Source".to_owned()],
        max_connections: Some(20),
        databases: vec!["hslib".to_owned()],
        ..settings()
    });
    told.is("vitals_hl7_messages_total{}", 0.0);
    told.is("vitals_hl7_messages_per_minute{}", 0.0);
    told.is("vitals_iris_connection_pool_ratio{}", 0.4);
    told.is(
        "vitals_iris_database_size_bytes{database=HSLIB}",
        1335.0 * 1_048_576.0,
    );
    assert_eq!(told.of_family("vitals_iris_database_size_bytes").len(), 1);
}

#[test]
fn the_active_production_on_linux() {
    let Some(body) = recorded(LINUX) else { return };
    let told = page(settings(), &body);
    told.is(
        "vitals_iris_info{product=IRIS for UNIX,version=2026.1}",
        1.0,
    );
    told.is("vitals_iris_system_state{}", 1.0);
    told.is("vitals_iris_connections{kind=process}", 54.0);
    told.is("vitals_iris_connections{kind=csp}", 20.0);
    told.is("vitals_iris_connections{kind=csp_in_use}", 1.0);
    assert_eq!(told.get("vitals_iris_connections{kind=sql}"), None);
    assert_eq!(
        told.why_absent("vitals_iris_connection_pool_ratio"),
        Reason::NoLimit
    );
    told.is("vitals_iris_queries_per_second{}", 34.483_333_333_333_334);
    told.is("vitals_iris_query_seconds{}", 0.000_030_513_774_770_420_493);
    for (database, megabytes) in [("USER", 11.0), ("INTEROP", 41.0), ("LABDEMO", 144.0)] {
        let key = format!("vitals_iris_database_size_bytes{{database={database}}}");
        told.is(&key, megabytes * 1_048_576.0);
    }
    assert_eq!(told.of_family("vitals_iris_database_size_bytes").len(), 3);
    told.is("vitals_host_cpu_used_ratio{}", 0.01);
    assert_eq!(told.of_family("vitals_host_memory_used_ratio"), [""; 0]);
    told.is("vitals_iris_write_daemon_cycle_seconds{}", 0.159);
    // 21 came in; the other three hosts have seen them again and again.
    told.is("vitals_hl7_messages_total{}", 21.0);
    told.is("vitals_hl7_messages_per_minute{}", 12.0);
    told.is(
        "vitals_source{signal=hl7_rate,source=iris_interop_messages_per_sec}",
        1.0,
    );
    let host = |family: &str, host: &str| {
        format!("{family}{{interop_host={host},namespace=LABDEMO,production=LABDEMO.Production}}")
    };
    for (name, idle) in [
        ("Cloud API", 4.841),
        ("EMR Source", 4.947),
        ("Lab Router", 4.838),
    ] {
        told.is(&host("vitals_iris_interop_idle_seconds", name), idle);
    }
    for kind in ["errors", "suspended", "aborted", "discarded"] {
        let labels = "namespace=LABDEMO,production=LABDEMO.Production";
        told.is(
            &format!("vitals_iris_interop_{kind}_total{{{labels}}}"),
            0.0,
        );
    }
    assert_eq!(told.1.failed, []);
    let native: Vec<_> = told.1.native.iter().map(|family| &*family.name).collect();
    assert!(native.contains(&"iris_interop_messages"), "{native:?}");
    assert!(!native.iter().any(|name| {
        *name == "iris_process"
            || name.starts_with("iris_res_")
            || name.starts_with("iris_process_p")
    }));
}

/// A production with one inbound host and one that is not.
fn production(inbound: u32, other: u32, queued: u32, idle: u32) -> String {
    let labels = |host| format!("id=\"N\",host=\"{host}\",production=\"P\"");
    let (inbound_host, other_host) = (labels("In"), labels("Router"));
    format!(
        "iris_cpu_usage 5\n\
         iris_interop_messages{{{inbound_host}}} {inbound}\n\
         iris_interop_messages{{{other_host}}} {other}\n\
         iris_interop_last_activity{{{other_host}}} {idle}\n\
         iris_interop_queued{{{other_host}}} {queued}\n\
         iris_interop_sample_count{{hosttype=\"service\",messagetype=\"ADT_A01\",{inbound_host}}} 1\n"
    )
}

#[test]
fn restarts_of_productions_leave_no_gap() {
    let mut collector = IrisCollector::new(settings());
    let start = Instant::now();
    let mut at = 0;
    let mut next = |body: &str| {
        at += 10;
        look(
            &mut collector,
            body.as_bytes(),
            start + Duration::from_secs(at),
        )
    };
    let total = "vitals_hl7_messages_total{}";
    let rate = "vitals_hl7_messages_per_minute{}";
    next(&production(100, 5_000, 0, 0)).is(total, 100.0);
    for minute in 1..=6 {
        next(&production(100 + minute * 10, 5_000, 0, 0));
    }
    let told = next(&production(170, 5_000, 0, 0));
    told.is(total, 170.0);
    told.is(rate, 60.0);
    told.is(
        "vitals_source{signal=hl7_rate,source=iris_interop_messages}",
        1.0,
    );
    let told = next(&production(4, 8, 0, 0));
    told.is(total, 174.0);
    told.is(rate, 54.0);

    let told = next("iris_cpu_usage 5\n");
    assert_eq!(
        told.why_absent("vitals_hl7_messages_total"),
        Reason::Unavailable
    );
    assert_eq!(
        told.why_absent("vitals_hl7_messages_per_minute"),
        Reason::Unavailable
    );
    assert_eq!(told.1.failed[0].reason, Reason::Unavailable);
    let told = next(&production(30, 8, 0, 0));
    told.is(total, 204.0);
    assert_eq!(
        told.why_absent("vitals_hl7_messages_per_minute"),
        Reason::WarmingUp
    );
    assert_eq!(told.1.failed, []);
}

#[test]
fn without_figures_of_productions_the_remedy_is_told() {
    let told = page(settings(), b"iris_cpu_usage 5\n");
    assert_eq!(
        told.why_absent("vitals_hl7_messages_total"),
        Reason::NotEnabled
    );
    assert!(
        told.1
            .absent
            .iter()
            .any(|absent| absent.hint.contains("EnableSAMForNamespace"))
    );
    assert_eq!(told.1.failed, [], "it may have no production");

    let expected = IrisSettings {
        inbound_hosts: vec!["In".to_owned()],
        ..settings()
    };
    let told = page(expected.clone(), b"iris_cpu_usage 5\n");
    assert_eq!(told.1.failed[0].reason, Reason::NotEnabled);
    let told = page(
        expected.clone(),
        b"iris_cpu_usage 5\niris_mirror_status{id=\"M\"} 3\n",
    );
    assert_eq!(
        told.why_absent("vitals_hl7_messages_total"),
        Reason::Disabled
    );
    assert_eq!(told.1.failed, [], "a backup has none by design");
    told.is("vitals_iris_mirror_primary{}", 0.0);

    let without_hosts = "iris_interop_messages{id=\"N\",production=\"P\"} 9\n";
    let told = page(expected, without_hosts.as_bytes());
    assert_eq!(
        told.why_absent("vitals_hl7_messages_total"),
        Reason::NotEnabled
    );
    assert!(
        told.1
            .absent
            .iter()
            .any(|absent| absent.hint.contains("IncludeHostLabel"))
    );
}

#[test]
fn a_host_with_a_queue_that_does_nothing_is_stalled() {
    let stalled = |queued, idle| {
        let told = page(settings(), production(1, 1, queued, idle).as_bytes());
        told.get("vitals_iris_interop_stalled{interop_host=Router,namespace=N,production=P}")
    };
    assert_eq!(stalled(439, 301), Some(1.0));
    assert_eq!(stalled(439, 299), Some(0.0));
    assert_eq!(stalled(0, 9_999), Some(0.0));
}

#[test]
fn messages_that_went_wrong_are_counted_for_the_production() {
    let mut collector = IrisCollector::new(settings());
    let of = |labels: &str, value: u32| {
        format!(
            "{}iris_interop_messages_suspended{{{labels}}} {value}\n",
            production(9, 9, 0, 0)
        )
    };
    let mut next = |labels: &str, value| {
        let told = look(&mut collector, of(labels, value).as_bytes(), Instant::now());
        told.get("vitals_iris_interop_suspended_total{namespace=N,production=P}")
    };
    assert_eq!(next("id=\"N\",production=\"P\"", 0), Some(0.0));
    let host = "id=\"N\",host=\"In\",production=\"P\"";
    assert_eq!(next(host, 3), Some(3.0));
    assert_eq!(next(host, 1), Some(3.0), "two were sent again");
    assert_eq!(next(host, 2), Some(4.0));
}

#[test]
fn pages_that_are_none_are_refused() {
    for (body, reason) in [
        (&b""[..], Reason::NotPrometheus),
        (b"<html>PID|1||12345</html>", Reason::Truncated),
        (b"<html>PID|1||12345</html>\n", Reason::NotPrometheus),
        (b"node_load1 4\n", Reason::NotPrometheus),
        (b"iris_cpu_usage 5\niris_process{id=\"9", Reason::Truncated),
    ] {
        let failure = read(body).unwrap_err();
        assert_eq!(failure.reason, reason);
        assert!(!failure.detail.contains("PID"), "{failure}");
    }
    let told = page(settings(), b"iris_cpu_usage 5\nPID|1||12345\n");
    assert_eq!(
        told.1.failed[0].to_string(),
        "metrics: 1 lines were dropped, the first is line 2: not a line of the text format (parse)"
    );
}

#[test]
fn statements_are_judged_only_where_there_are_some() {
    let told = page(settings(), b"iris_sql_queries_per_second{id=\"all\"} .05\n");
    assert_eq!(told.why_absent("vitals_iris_query_seconds"), Reason::TooFew);
    let body = "iris_sql_queries_per_second{id=\"A\"} 3\niris_sql_queries_per_second{id=\"B\"} 1\n\
        iris_sql_queries_avg_runtime{id=\"A\"} .1\niris_sql_queries_avg_runtime{id=\"B\"} .5\n";
    let told = page(settings(), body.as_bytes());
    told.is("vitals_iris_queries_per_second{}", 4.0);
    told.is("vitals_iris_query_seconds{}", (0.3 + 0.5) / 4.0);
}

#[test]
fn what_is_said_of_itself_names_no_secret() {
    let settings = IrisSettings {
        credentials: Some(Credentials::Basic {
            username: "_SYSTEM".to_owned(),
            password: "hunter2".to_owned(),
        }),
        ..settings()
    };
    let shown = format!("{settings:?}");
    assert!(
        !shown.contains("hunter2") && !shown.contains("_SYSTEM"),
        "{shown}"
    );
    let collector = IrisCollector::new(settings);
    assert_eq!(collector.name(), "iris/main");
    let identity = collector.identity();
    assert_eq!(
        (identity.get("job"), identity.get("instance")),
        (Some("iris"), Some("iris:52773"))
    );
}
