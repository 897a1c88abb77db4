//! What holds for every body.

use proptest::{collection::vec, prelude::*};

use super::*;
use crate::{
    Labels, Metric, MetricFamily, Value, is_label_name, is_metric_name,
    text::{self, Format},
};

fn any_number() -> impl Strategy<Value = f64> {
    prop_oneof![
        any::<f64>().prop_map(|x| if x.is_nan() { f64::NAN } else { x }),
        any::<i32>().prop_map(|x| f64::from(x) / 100.0),
    ]
}

fn any_labels() -> impl Strategy<Value = Labels> {
    let pairs = proptest::collection::btree_map("[a-zA-Z][a-zA-Z0-9_]{0,8}", "(?s).{0,12}", 0..20);
    pairs.prop_map(|pairs| Labels::try_new(pairs).unwrap())
}

fn any_family() -> impl Strategy<Value = MetricFamily> {
    let metric = (any_labels(), any_number(), any::<Option<i64>>());
    let metric = metric.prop_map(|(labels, number, timestamp_ms)| Metric {
        labels,
        value: Value::Number(number),
        timestamp_ms,
    });
    // A help text that ends with a carriage return cannot be told from one that does not.
    let help = "(?s).{0,30}".prop_map(|help| help.trim_end_matches('\r').to_owned());
    ("[a-zA-Z_:][a-zA-Z0-9_:]{0,12}", help, vec(metric, 1..5)).prop_map(|(name, help, metrics)| {
        let mut family = MetricFamily::gauge(name, help);
        family.metrics = metrics;
        family
    })
}

/// What our writer says in words of what is read.
fn expected(families: &[MetricFamily]) -> Vec<Owned> {
    let mut all = Vec::new();
    for family in families {
        for metric in &family.metrics {
            let Value::Number(value) = metric.value else {
                continue;
            };
            let labels: Vec<_> = metric.labels.iter().collect();
            let mut sample = Owned::new(&family.name, &labels, value);
            sample.timestamp_ms = metric.timestamp_ms;
            all.push(sample);
        }
    }
    all
}

/// A line as it should be, with blanks wherever they may be.
fn good_line() -> impl Strategy<Value = String> {
    let blanks = "[ \t]{0,2}";
    let label = (
        blanks,
        "[a-c_][a-z0-9_]{0,3}",
        blanks,
        blanks,
        r#"([^"\\\n\r]|\\.){0,6}"#,
        blanks,
    )
        .prop_map(|(a, name, b, c, value, d)| {
            format!("{a}{name}{b}={c}\"{}\"{d}", value.replace('\n', ""))
        });
    let labels = prop_oneof![
        Just(String::new()),
        (vec(label, 0..5), "[ \t]{0,2},?[ \t]{0,2}").prop_map(|(labels, end)| {
            let end = if labels.is_empty() { "" } else { end.as_str() };
            format!("{{{}{end}}}", labels.join(","))
        }),
    ];
    let number = prop_oneof![
        "[+-]?[0-9]{1,4}(\\.[0-9]{0,3})?([eE][+-]?[0-9]{1,3})?",
        "[+-]?\\.[0-9]{1,20}",
        "[+-]?(Inf|inf|INF|infinity|NaN|nan|Nan)",
        any::<f64>().prop_map(|number| number.to_string()),
    ];
    let end = prop_oneof![
        Just(String::new()),
        "[ \t]{1,2}",
        "[ \t]{1,2}-?[0-9]{1,20}[ \t]?",
        "[ \t]# \\{a=\"[a-z #]{0,4}\"\\} [0-9.]{1,3}",
        "[ \t][0-9]{1,3}[ \t]#.{0,3}",
    ];
    (
        blanks,
        "[a-zA-Z_:][a-z0-9_:]{0,5}",
        blanks,
        labels,
        "[ \t]{1,2}",
        number,
        end,
    )
        .prop_map(|(a, name, b, labels, c, number, end)| {
            format!("{a}{name}{b}{labels}{c}{number}{end}")
        })
}

/// The same with a few characters put in, taken out or put in another's place.
fn odd_line() -> impl Strategy<Value = String> {
    let change = (
        any::<proptest::sample::Index>(),
        0..2_usize,
        "[\\\\\"{}=,# \ta-c0.eü_:-]{0,2}",
    );
    (good_line(), vec(change, 0..3)).prop_map(|(line, changes)| {
        let mut chars: Vec<char> = line.chars().collect();
        for (at, taken, put) in changes {
            let at = at.index(chars.len() + 1);
            let end = (at + taken).min(chars.len());
            chars.splice(at..end, put.chars());
        }
        chars.into_iter().collect()
    })
}

/// Bytes that are often close to a body.
fn any_body() -> impl Strategy<Value = Vec<u8>> {
    let piece = prop_oneof![
        odd_line().prop_map(String::into_bytes),
        Just(b"\n".to_vec()),
        Just(b"\r\n".to_vec()),
        "# (HELP|TYPE|UNIT|EOF)?[ a-z\\\\\"]{0,12}".prop_map(String::into_bytes),
        vec(any::<u8>(), 0..6),
    ];
    vec(piece, 0..12).prop_map(|pieces| pieces.concat())
}

/// That every line is counted once, and every item as it should be.
fn holds(body: &[u8], limits: &Limits) -> Result<(), TestCaseError> {
    let (items, outcome) = items(body, limits);
    let unended = usize::from(outcome.ends_mid_line);
    let line_feeds = body.iter().filter(|byte| **byte == b'\n').count();
    prop_assert_eq!(outcome.lines, line_feeds + unended);
    prop_assert_eq!(
        outcome.ends_mid_line,
        !body.is_empty() && !body.ends_with(b"\n")
    );
    prop_assert_eq!(items.len(), outcome.samples + outcome.metadata);
    let counted = items.len() + outcome.ignored + outcome.dropped.total();
    prop_assert_eq!(outcome.lines, counted);
    prop_assert_eq!(outcome.first_dropped.is_some(), outcome.dropped.total() > 0);
    prop_assert!(outcome.samples <= limits.samples && outcome.metadata <= limits.samples);
    for item in &items {
        let (Item::Type { name, .. } | Item::Help { name, .. } | Item::Sample(Sample { name, .. })) =
            item;
        prop_assert!(is_metric_name(name) && name.len() <= limits.name_bytes);
        let Item::Sample(sample) = item else {
            continue;
        };
        let pairs: Vec<_> = sample.labels.iter().collect();
        prop_assert_eq!(pairs.len(), sample.labels.len());
        prop_assert!(pairs.len() <= limits.labels);
        for (name, value) in &pairs {
            prop_assert!(is_label_name(name));
            let got = sample.labels.get(name);
            prop_assert_eq!(got.as_ref(), Some(value));
        }
        // Names are good and occur once: otherwise this would refuse them.
        let labels = Labels::try_new(pairs.iter().map(|(n, v)| (*n, &**v)));
        prop_assert_eq!(labels, Ok(sample.labels.to_labels()));
    }
    Ok(())
}

proptest! {
    #[test]
    fn what_our_writer_writes_reads_back(families in vec(any_family(), 0..4)) {
        for format in [Format::Prometheus004, Format::OpenMetrics1] {
            let mut page = String::new();
            text::write(&families, format, &mut page);
            let (items, outcome) = items(page.as_bytes(), &Limits::default());
            prop_assert_eq!(outcome.dropped, Dropped::default());
            prop_assert_eq!(outcome.metadata, 2 * families.len());
            let mut read: Vec<Owned> = Vec::new();
            let mut told = Vec::new();
            for item in items {
                match item {
                    Item::Sample(sample) => read.push(sample.into()),
                    Item::Help { name, help } => told.push((name.to_owned(), help.into_owned())),
                    Item::Type { kind, .. } => prop_assert_eq!(kind, MetricType::Gauge),
                }
            }
            prop_assert_eq!(read, expected(&families));
            let helps = families.iter().map(|f| (f.name.to_string(), f.help.to_string()));
            prop_assert_eq!(told, helps.collect::<Vec<_>>());
        }
    }

    #[test]
    fn any_bytes_add_up(body in vec(any::<u8>(), 0..300)) {
        holds(&body, &Limits::default())?;
    }

    #[test]
    fn near_bodies_add_up(
        body in any_body(),
        samples in 0..5_usize,
        labels in 0..4_usize,
        bytes in 0..10_usize,
    ) {
        holds(&body, &Limits::default())?;
        holds(&body, &Limits {
            samples,
            labels,
            name_bytes: bytes,
            value_bytes: bytes,
            line_bytes: 4 * bytes,
        })?;
    }

    #[test]
    fn a_plain_reader_agrees(text in odd_line()) {
        prop_assume!(!text.trim_start().is_empty() && !text.trim_start().starts_with('#'));
        let read = line(&text).ok();
        let plain = naive::sample(&text);
        if plain.is_none() && read.as_ref().is_some_and(|read| read.timestamp_ms.is_some()) {
            // The plain one knows no timestamps in seconds.
            prop_assert!(text.contains(['.', 'e', 'E']), "{:?} {:?}", text, read);
        } else {
            prop_assert_eq!(read, plain, "{:?}", text);
        }
    }

    #[test]
    fn a_good_line_is_read_or_its_labels_repeat(text in good_line()) {
        let read = line(&text);
        let refused = naive::sample(&text).is_none();
        prop_assert_eq!(read.is_err(), refused, "{:?} {:?}", text, read);
    }
}
