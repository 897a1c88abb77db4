//! Bodies recorded from InterSystems IRIS, where they are at hand: a folder that `VITALS_FIXTURES`
//! names, or `shared` beside the repository.

use std::{env, fs, path::PathBuf};

use exposition::{
    MetricType,
    read::{Dropped, Item, Limits, Outcome, Sample, read},
};

fn recorded(file: &str) -> Option<Vec<u8>> {
    let beside = || PathBuf::from(concat!(env!("CARGO_MANIFEST_DIR"), "/../../../shared"));
    let fixtures = env::var_os("VITALS_FIXTURES").map_or_else(beside, PathBuf::from);
    let path = fixtures.join("iris").join(file);
    match fs::read(&path) {
        Ok(body) => Some(body),
        Err(error) => {
            eprintln!("skipped: {}: {error}", path.display());
            None
        }
    }
}

fn items(body: &[u8]) -> (Vec<Item<'_>>, Outcome) {
    let mut items = Vec::new();
    let outcome = read(body, &Limits::default(), |item| items.push(item));
    assert_eq!(outcome.dropped, Dropped::default());
    assert_eq!(outcome.first_dropped, None);
    (items, outcome)
}

/// The one sample of this name with these labels among its own.
#[track_caller]
fn find<'i, 't>(items: &'i [Item<'t>], name: &str, labels: &[(&str, &str)]) -> &'i Sample<'t> {
    let has = |sample: &Sample<'_>| {
        let mut labels = labels.iter();
        labels.all(|(name, value)| sample.labels.get(name).as_deref() == Some(value))
    };
    let found: Vec<_> = items
        .iter()
        .filter_map(|item| match item {
            Item::Sample(sample) if sample.name == name && has(sample) => Some(sample),
            _ => None,
        })
        .collect();
    let [sample] = found.as_slice() else {
        panic!("{name} {labels:?}: {found:?}");
    };
    assert_eq!(sample.timestamp_ms, None);
    sample
}

/// IRIS for Health 2024.1 on Windows: no HELP, no TYPE, backslashes, numbers without a leading zero.
#[test]
fn iris_2024_on_windows() {
    let Some(body) = recorded("metrics-irishealth-2024.1-windows-idle-production.txt") else {
        return;
    };
    let (items, outcome) = items(&body);
    assert_eq!(
        (outcome.lines, outcome.samples, outcome.metadata),
        (310, 310, 0)
    );
    assert_eq!((outcome.ignored, outcome.ends_mid_line), (0, false));
    let value = |name, labels: &[(&str, &str)]| find(&items, name, labels).value;

    assert_eq!(value("iris_cpu_pct", &[("id", "CSPSRV")]), 0.0);
    assert_eq!(value("iris_db_latency", &[("id", "HSCUSTOM")]), 0.217);
    assert_eq!(value("iris_sam_get_sql_sensors_seconds", &[]), 0.001289);
    assert_eq!(value("iris_wd_temp_queue", &[]), 934.0);
    assert_eq!(
        value("iris_smh_percent_full", &[("id", "DB_Name_&_Directory")]),
        9.0
    );
    let runtime = value("iris_sql_queries_avg_runtime", &[("id", "LABDEMO")]);
    assert_eq!(runtime, 0.000_173_309_523_809_523_82);

    let main = find(&items, "iris_db_size_mb", &[("id", "MAIN")]);
    assert_eq!((main.value, main.labels.len()), (735.0, 2));
    let directory = main.labels.get("dir");
    let expected = r"c:\intersystems\iris4health_2024_1\mgr\main\";
    assert_eq!(directory.as_deref(), Some(expected));
    assert_eq!(main.labels.to_labels().get("dir"), Some(expected));
}

/// IRIS for Health 2026.1: HELP and TYPE, and UNIT that is of no interest.
#[test]
fn iris_2026_on_linux() {
    let Some(body) = recorded("metrics-irishealth-2026.1-linux-active-production.EXCERPT.txt")
    else {
        return;
    };
    let (items, outcome) = items(&body);
    assert_eq!((outcome.lines, outcome.samples), (162, 76));
    assert_eq!((outcome.metadata, outcome.ignored), (2 * 37, 12));
    let value = |name, labels: &[(&str, &str)]| find(&items, name, labels).value;

    assert_eq!(value("iris_db_free_space", &[("id", "LABDEMO")]), 0.33);
    assert_eq!(
        value(
            "iris_db_latency",
            &[("id", "/iris-shared/durable/mgr/skilltest/")]
        ),
        3.276
    );
    assert_eq!(value("iris_system_state", &[]), 1.0);
    assert_eq!(
        value("iris_interop_messages", &[("host", "Lab Router")]),
        126.0
    );
    let busy = [("messagetype", "ORM_O01"), ("hosttype", "actor")];
    assert_eq!(value("iris_interop_avg_processing_time", &busy), 0.08);
    let all = value("iris_sql_queries_avg_runtime", &[("id", "all")]);
    assert_eq!(all, 0.000_030_513_774_770_420_492);
    let process = find(&items, "iris_process", &[("id", "932")]);
    assert_eq!(
        (process.labels.len(), process.labels.to_labels().len()),
        (7, 4)
    );
    let info = find(&items, "iris_system_info", &[("version", "2026.1")]);
    assert_eq!(info.labels.get("build_number").as_deref(), Some("219"));

    let kinds = |kind| {
        let of = |item: &&Item<'_>| matches!(item, Item::Type { kind: told, .. } if *told == kind);
        items.iter().filter(of).count()
    };
    assert_eq!(kinds(MetricType::Counter), 3);
    assert_eq!(kinds(MetricType::Untyped), 1);
    assert_eq!(kinds(MetricType::Gauge), 33);
    let told = items.iter().any(|item| {
        matches!(item, Item::Help { name: "iris_interop_last_activity", help }
            if help == "Last Activity Time")
    });
    assert!(told);
}
