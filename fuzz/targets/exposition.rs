//! A body of metrics from anywhere: every line is counted once, a line says the same by itself, and
//! what was read of it can be written and read again.
#![no_main]

use exposition::{
    Labels, Metric, MetricFamily, MetricType, Value, is_metric_name,
    read::{DropReason, Item, Limits, Outcome, Sample, read},
    text::{self, Format},
};
use libfuzzer_sys::fuzz_target;

/// So little that a fuzzer comes to its end.
const TIGHT: Limits = Limits {
    samples: 4,
    labels: 3,
    name_bytes: 8,
    value_bytes: 8,
    line_bytes: 48,
};

fuzz_target!(|body: &[u8]| {
    adds_up(body, &TIGHT);
    let limits = Limits::default();
    let (items, whole) = adds_up(body, &limits);

    let mut apart = Outcome::default();
    let mut said = Vec::new();
    for line in body.split_inclusive(|byte| *byte == b'\n') {
        let (items, outcome) = adds_up(line, &limits);
        apart.samples += outcome.samples;
        apart.metadata += outcome.metadata;
        apart.ignored += outcome.ignored;
        said.extend(items);
    }
    // Beyond the limits for a whole body a line by itself is still read.
    if whole.dropped.over_limit == 0 {
        let counts = |of: &Outcome| (of.samples, of.metadata, of.ignored);
        assert_eq!(counts(&whole), counts(&apart));
        assert_eq!(format!("{items:?}"), format!("{said:?}"));
    }
    items.iter().for_each(reads_again);
});

fn adds_up<'t>(body: &'t [u8], limits: &Limits) -> (Vec<Item<'t>>, Outcome) {
    let mut items = Vec::new();
    let outcome = read(body, limits, |item| items.push(item));
    let lines = body.split_inclusive(|byte| *byte == b'\n').count();
    let kept = outcome.samples + outcome.metadata;
    assert_eq!(outcome.lines, lines);
    assert_eq!(items.len(), kept);
    assert_eq!(lines, kept + outcome.ignored + outcome.dropped.total());
    assert!(outcome.samples <= limits.samples && outcome.metadata <= limits.samples);
    assert_eq!(outcome.first_dropped.is_some(), outcome.dropped.total() > 0);
    assert!(
        outcome
            .first_dropped
            .is_none_or(|(line, _)| (1..=lines).contains(&line))
    );
    if std::str::from_utf8(body).is_ok() {
        assert_eq!(outcome.dropped.encoding, 0);
        assert!(!matches!(
            outcome.first_dropped,
            Some((_, DropReason::Encoding))
        ));
    }
    (items, outcome)
}

fn reads_again(item: &Item<'_>) {
    match item {
        Item::Sample(sample) => sample_reads_again(sample),
        Item::Type { name, .. } => assert!(is_metric_name(name)),
        Item::Help { name, help } => {
            assert!(is_metric_name(name));
            let family = MetricFamily::gauge((*name).to_owned(), help.to_string()).with(Labels::none(), 1.0);
            let page = page(family, Format::OpenMetrics1);
            let mut again = None;
            read(page.as_bytes(), &Limits::default(), |item| {
                if let Item::Help { help, .. } = item {
                    again = Some(help.into_owned());
                }
            });
            // A carriage return there belongs to the end of the line.
            let without = |text: &str| text.strip_suffix('\r').unwrap_or(text).to_owned();
            assert_eq!(again, Some(without(help)));
        }
    }
}

fn sample_reads_again(sample: &Sample<'_>) {
    let pairs: Vec<_> = sample.labels.iter().collect();
    assert_eq!(pairs.len(), sample.labels.len());
    assert!(
        pairs
            .iter()
            .all(|(name, value)| sample.labels.get(name).as_ref() == Some(value))
    );
    // This refuses bad names and repeated ones.
    let labels = Labels::try_new(pairs.iter().map(|(name, value)| (*name, &**value)));
    let labels = labels.expect("labels that were checked");
    assert_eq!(labels, sample.labels.to_labels());

    let mut family = MetricFamily::new(sample.name.to_owned(), "", MetricType::Untyped);
    family.metrics.push(Metric {
        labels: labels.clone(),
        value: Value::Number(sample.value),
        timestamp_ms: sample.timestamp_ms,
    });
    for format in [Format::Prometheus004, Format::OpenMetrics1] {
        let page = page(family.clone(), format);
        // Escapes make a value longer than it was borne.
        let limits = Limits {
            value_bytes: usize::MAX,
            line_bytes: usize::MAX,
            ..Limits::default()
        };
        let mut again = 0;
        let outcome = read(page.as_bytes(), &limits, |item| {
            if let Item::Sample(read) = item {
                again += 1;
                assert_eq!(read.name, sample.name);
                assert_eq!(read.labels.to_labels(), labels);
                assert_eq!(read.value.to_bits(), sample.value.to_bits());
                assert_eq!(read.timestamp_ms, sample.timestamp_ms);
            }
        });
        assert_eq!((again, outcome.dropped.total()), (1, 0), "{page}");
    }
}

fn page(family: MetricFamily, format: Format) -> String {
    let mut page = String::new();
    text::write([&family], format, &mut page);
    page
}
