//! Stories of the history: what it keeps, and what queries find of it.

use std::time::Duration;

use jiff::Timestamp;
use promql::{Cancel, Engine, METRIC_NAME, Value};
use tsdb::Options;

use super::*;
use crate::{
    standing::{Standing, tests::observed},
    trend::{Subject, Trend},
};

fn history(options: Options) -> History {
    history_in(CurrentHead::whole(Head::in_memory(options)))
}

fn history_in(head: CurrentHead) -> History {
    History::new(HistorySettings {
        head,
        bell: None,
        evaluator: Ref::new("evaluator", supervision::Capacity::default()),
        wanted: Arc::default(),
    })
}

fn labels(name: &str, id: &str) -> Labels {
    Labels::new([(METRIC_NAME, name), ("id", id)])
}

fn batch(source: &str, second: i64, samples: &[(&str, f64)], complete: bool) -> Batch {
    Batch {
        source: source.into(),
        at: Timestamp::from_second(second).unwrap(),
        samples: samples
            .iter()
            .map(|(id, value)| (labels("x", id), *value))
            .collect(),
        complete,
    }
}

/// What a query finds at a second: `id` and value, sorted.
fn found(history: &History, query: &str, second: i64) -> Vec<(String, f64)> {
    let query = Engine::default().parse(query).unwrap();
    let reader = history.settings.head.reader();
    let answer = query
        .instant(&reader, second * 1_000, &Cancel::new())
        .unwrap();
    let Value::Vector(samples) = answer.value else {
        panic!("{:?}", answer.value);
    };
    let id = |labels: &Labels| labels.get("id").unwrap_or_default().to_owned();
    let mut found: Vec<_> = samples.iter().map(|s| (id(&s.labels), s.value)).collect();
    found.sort_by(|a, b| a.0.cmp(&b.0));
    found
}

fn pairs(of: &[(&str, f64)]) -> Vec<(String, f64)> {
    of.iter().map(|(id, v)| ((*id).to_owned(), *v)).collect()
}

#[test]
fn what_a_source_told_is_found_and_what_it_no_longer_tells_ends() {
    let mut history = history(Options::default());
    history.take(&batch("a", 1_000, &[("one", 1.0), ("two", 2.0)], true));
    history.take(&batch("b", 1_000, &[("three", 3.0)], true));
    // In between only a part is told: nothing ends.
    history.take(&batch("a", 1_001, &[("one", 1.5)], false));
    let all = [("one", 1.5), ("three", 3.0), ("two", 2.0)];
    assert_eq!(found(&history, "x", 1_005), pairs(&all));
    assert_eq!(found(&history, "x{id=~\"t.*\"}", 1_005), pairs(&all[1..]));
    history.take(&batch("a", 1_010, &[("one", 1.6)], true));
    assert_eq!(
        found(&history, "x", 1_010),
        pairs(&[("one", 1.6), ("three", 3.0)])
    );
    assert_eq!(found(&history, "x", 1_009), pairs(&all));
    // A source that is gone.
    history.take(&batch("a", 1_015, &[], true));
    assert_eq!(found(&history, "x", 1_020), pairs(&[("three", 3.0)]));
    assert!(!history.sources.contains_key("a"));
    // And is back.
    history.take(&batch("a", 1_030, &[("one", 9.0)], true));
    assert_eq!(
        found(&history, "x", 1_030),
        pairs(&[("one", 9.0), ("three", 3.0)])
    );
}

#[test]
fn what_was_on_disk_and_what_came_while_it_was_read_are_one() {
    let data = std::env::temp_dir().join(format!("vitals-joined-{}", std::process::id()));
    let open = || tsdb::open(&data, Options::default()).unwrap();
    let (head, journal, _) = open();
    let mut before = history_in(CurrentHead::whole(head));
    before.take(&batch("a", 1_000, &[("one", 1.0), ("old", 5.0)], true));
    journal.writer().write().unwrap();
    drop((before, journal));

    let current = CurrentHead::promised(Head::in_memory(Options::default()));
    let mut history = history_in(current.clone());
    history.take(&batch("a", 1_010, &[("two", 2.0), ("one", 1.1)], true));
    let came = [("one", 1.1), ("two", 2.0)];
    assert_eq!(found(&history, "x", 1_010), pairs(&came));
    let (head, journal, _) = open();
    current.opened(head, journal);
    let opened = current.opened_by_now().unwrap();
    history.take(&batch("a", 1_011, &[("one", 1.2)], false));
    // An incarnation that has taken over while the one before is still at it.
    let mut successor = history_in(current.clone());
    successor.take(&batch("b", 1_011, &[("three", 3.0)], true));
    history.join(&opened);
    successor.join(&opened);
    assert!(current.is_whole());

    let early = [("old", 5.0), ("one", 1.0)];
    assert_eq!(found(&history, "x", 1_009), pairs(&early));
    let all = [("old", 5.0), ("one", 1.2), ("three", 3.0), ("two", 2.0)];
    assert_eq!(found(&history, "x", 1_011), pairs(&all));
    // What was told before it was read and is told no more ends.
    history.take(&batch("a", 1_020, &[("two", 2.2)], true));
    let left = [("old", 5.0), ("three", 3.0), ("two", 2.2)];
    assert_eq!(found(&history, "x", 1_020), pairs(&left));
    drop((history, successor, current, opened));
    std::fs::remove_dir_all(&data).unwrap();
}

/// Of a history that was told two series before it began; `then` says how it begins.
fn early(then: impl AsyncFnOnce(&CurrentHead)) {
    let runtime = || {
        let mut builder = tokio::runtime::Builder::new_current_thread();
        builder.enable_all().start_paused(true).build().unwrap()
    };
    actix::System::with_tokio_rt(runtime).block_on(async {
        let current = CurrentHead::promised(Head::in_memory(Options::default()));
        let history = history_in(current.clone()).start();
        let told = batch("a", 1_000, &[("one", 1.0), ("two", 2.0)], true);
        history.send(told).await.unwrap();
        let series = || current.head().health().counts.series;
        assert_eq!(series(), 0, "it waits for the disk");
        then(&current).await;
        assert_eq!(series(), 2);
        let told = batch("a", 1_001, &[("three", 3.0)], false);
        history.send(told).await.unwrap();
        assert_eq!(series(), 3, "it waits no more");
    });
}

#[test]
fn what_comes_early_waits_for_what_is_on_disk_but_not_for_long() {
    early(async |current| {
        tokio::time::sleep(2 * SOON).await;
        assert!(!current.is_whole());
    });
    let data = std::env::temp_dir().join(format!("vitals-early-{}", std::process::id()));
    early(async |current| {
        let (head, journal, _) = tsdb::open(&data, Options::default()).unwrap();
        current.opened(head, journal);
        current.until_whole().await;
        assert_eq!(
            current.opened_by_now().unwrap().head.health().counts.series,
            2
        );
    });
    std::fs::remove_dir_all(&data).unwrap();
}

#[test]
fn a_source_that_has_too_many_series_keeps_those_it_has() {
    let mut history = history(Options {
        max_series_per_source: 2,
        ..Options::default()
    });
    let three = [("a", 1.0), ("b", 2.0), ("c", 3.0)];
    history.take(&batch("bomb", 1_000, &three, true));
    history.take(&batch("good", 1_000, &[("d", 4.0)], true));
    let kept = [("a", 1.0), ("b", 2.0), ("d", 4.0)];
    assert_eq!(found(&history, "x", 1_000), pairs(&kept));
    history.take(&batch("bomb", 1_010, &three, true));
    assert_eq!(found(&history, "x", 1_010), pairs(&kept));
    assert_eq!(history.settings.head.head().health().counts.refused, 0);
    let told = families(&history.settings.head.head(), 7);
    let of = |name: &str| told.iter().find(|f| f.name == name).unwrap();
    let refused = &of("vitals_history_refused_series_total").metrics;
    assert_eq!(refused[0].labels.get("collector"), Some("bomb"));
    let dropped = &of("vitals_history_dropped_samples_total").metrics;
    let behind = dropped.last().unwrap();
    assert_eq!(behind.labels.get("reason"), Some("history_behind"));
    assert_eq!(behind.value, exposition::Value::Number(7.0));
}

#[test]
fn labels_and_series_are_listed() {
    let mut history = history(Options::default());
    history.take(&batch("a", 1_000, &[("one", 1.0), ("two", 2.0)], true));
    let reader = history.settings.head.reader();
    let of = |query: &str| {
        let query = Engine::default().parse(query).unwrap();
        query
            .selectors()
            .map(<[_]>::to_vec)
            .next()
            .unwrap_or_default()
    };
    let (all, one) = (of("x"), of("x{id=\"one\"}"));
    let (from, to) = (0, i64::MAX);
    assert_eq!(
        reader.series(&[one.clone(), all.clone()], from, to),
        [labels("x", "one"), labels("x", "two")]
    );
    assert_eq!(reader.label_names(&[], from, to), [METRIC_NAME, "id"]);
    assert_eq!(reader.label_values("id", &[one], from, to), ["one"]);
    assert_eq!(reader.label_values("id", &[all], 0, 999_999), [""; 0]);
    assert!(reader.has_metric("x") && !reader.has_metric("y"));
    assert_eq!(reader.find(&labels("x", "three")), None);
    assert_eq!(
        reader.find(&Labels::new([(METRIC_NAME, "x")])),
        None,
        "one of them is not it"
    );
}

#[test]
fn a_trend_is_of_the_hours_before() {
    let mut history = history(Options {
        max_age: Duration::from_hours(9 * 24),
        max_unsealed_bytes: 256 << 20,
        ..Options::default()
    });
    let (week, now) = (7 * 86_400, 8 * 86_400);
    for second in (0..=now).step_by(60) {
        let value = match now - second {
            ..3_600 => 0.6,
            3_600..7_200 => 0.5,
            ago if (86_400..90_000).contains(&ago) => 0.4,
            ago if (week..week + 3_600).contains(&ago) => 0.7,
            _ => 0.1,
        };
        history.take(&batch("a", second, &[("one", value)], true));
    }
    let reader = history.settings.head.reader();
    let subject = |id: &str| -> Subject { ("x", [("id".to_owned(), id.to_owned())].into()) };
    let at = Timestamp::from_second(now).unwrap();
    let trend = Trend::of(&reader, &subject("one"), at).unwrap();
    let near = |value: Option<f64>, expected: f64| {
        assert!(
            (value.unwrap() - expected).abs() < 1e-9,
            "{value:?}, not {expected}"
        );
    };
    near(trend.mean_1h, 0.6);
    near(trend.max_1h, 0.6);
    near(trend.mean_24h, (0.6 + 0.5 + 22.0 * 0.1) / 24.0);
    near(trend.max_24h, 0.6);
    near(trend.change_vs_previous_hour, 0.1);
    near(trend.change_vs_yesterday, 0.2);
    near(trend.change_vs_last_week, -0.1);
    assert_eq!(Trend::of(&reader, &subject("two"), at), None);
    // Where history does not reach, nothing is said.
    let early = Trend::of(
        &reader,
        &subject("one"),
        Timestamp::from_second(5_000).unwrap(),
    );
    assert_eq!(early.unwrap().change_vs_yesterday, None);
}

#[test]
fn uptimes_are_remembered_across_processes() {
    let data = std::env::temp_dir().join(format!("vitals-uptimes-{}", std::process::id()));
    std::fs::create_dir_all(&data).unwrap();
    assert_eq!(read_uptimes(&data), Ok(BTreeMap::new()));
    let mut standing = Standing::default();
    let mut up = observed("redis", "x", &[("one", 1.0)]);
    up.outcome.is_dependency = true;
    up.at = Timestamp::from_second(1_000).unwrap();
    standing.take(up.clone());
    up.at = Timestamp::from_second(1_003).unwrap();
    standing.take(up.clone());
    write_uptimes(&data, &standing).unwrap();
    let read = read_uptimes(&data).unwrap();
    assert_eq!(read, standing.uptimes());
    // The next process goes on with it, and so does the one after, asked or not.
    let mut next = Standing::remembering(Arc::new(read.clone()));
    assert_eq!(next.uptimes(), read);
    up.at = Timestamp::from_second(1_006).unwrap();
    next.take(up);
    assert_ne!(next.uptimes(), read);
    let after = next.uptimes();
    next.forget("redis");
    assert_eq!(next.uptimes(), after);
    // One that cannot be read is set aside.
    std::fs::write(data.join("uptime.json"), "{\"redis\":").unwrap();
    let told = read_uptimes(&data).unwrap_err();
    assert!(told.contains("set aside"), "{told}");
    assert!(data.join("uptime.json.bad").exists());
    assert_eq!(read_uptimes(&data), Ok(BTreeMap::new()));
    std::fs::remove_dir_all(data).unwrap();
}

#[test]
fn what_nobody_wants_at_once_is_told_with_what_comes_later() {
    let mut history = history(Options::default());
    let part = |second| batch("a", second, &[("one", 1.0)], false);
    let told = |news: Option<Appended>| news.map(|news| (news.names.len(), news.missed));
    assert_eq!(told(history.news(&part(100))), Some((1, vec![])), "all is");
    let wanted = |names: &[&str]| {
        let names = names.iter().map(|name| (*name).into());
        Arc::new(Wanted::These(names.collect()))
    };
    history.settings.wanted.store(wanted(&["y"]));
    for second in 101..104 {
        assert_eq!(told(history.news(&part(second))), None);
    }
    let missed = vec![101_000, 102_000, 103_000];
    let whole = batch("b", 104, &[], true);
    assert_eq!(told(history.news(&whole)), Some((1, missed)));
    // Nothing whole comes: not for ever.
    for second in 105..115 {
        assert_eq!(told(history.news(&part(second))), None);
    }
    let (names, missed) = told(history.news(&part(115))).unwrap();
    assert_eq!((names, missed.len(), missed[0]), (1, 10, 105_000));
    // And it is wanted again.
    assert_eq!(told(history.news(&part(116))), None);
    history.settings.wanted.store(wanted(&["x"]));
    let missed = vec![116_000];
    assert_eq!(told(history.news(&part(117))), Some((1, missed)));
    // A clock that goes back, and sources that tell often.
    history.settings.wanted.store(wanted(&["y"]));
    for _ in 0..MOST_HELD_BACK {
        assert_eq!(told(history.news(&part(50))), None);
    }
    assert!(told(history.news(&part(50))).is_some());
}
