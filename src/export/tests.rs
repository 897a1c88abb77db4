//! What is exported is what was stored, whatever stands in it.

use exposition::{
    Labels,
    read::{Item, Limits, read},
};
use promql::{METRIC_NAME, STALE_BITS};
use proptest::prelude::*;
use serde_json::Value;
use tsdb::{Head, Options};

use super::*;
use crate::import::{self, Input, Taker};

/// Labels, and samples in milliseconds.
type Stored = Vec<(Labels, Vec<(i64, f64)>)>;

/// A time that the store takes everything at, since nothing is older by more than two hours.
const BASE: i64 = 1_790_000_000_000;

fn head(stored: &Stored) -> Head {
    let head = Head::in_memory(Options::default());
    let mut all: Vec<_> = stored
        .iter()
        .flat_map(|(labels, samples)| {
            samples
                .iter()
                .map(move |sample| (sample.0, labels, sample.1))
        })
        .collect();
    all.sort_by_key(|(time, ..)| *time);
    for (time, labels, value) in all {
        let series = head.series("test", labels).unwrap();
        head.append(time, &[(series, value)]);
    }
    head
}

fn up(job: &str) -> Labels {
    Labels::new([(METRIC_NAME, "up"), ("job", job)])
}

fn export(stored: &Stored, pairs: &[(&str, &str)]) -> String {
    let head = head(stored);
    let of = |name| {
        let found = pairs.iter().find(|(key, _)| *key == name);
        found.map(|(_, value)| (*value).to_owned())
    };
    let asked = Asked {
        matches: vec![of("match").unwrap_or("{__name__=~\".+\"}".into())],
        start: of("start").or(Some("1789990000".into())),
        end: of("end").or(Some("1790010000".into())),
        step: of("step"),
        format: of("format"),
        shape: of("shape"),
        ..Asked::default()
    };
    let export = asked.read(BASE).unwrap().begin(head.reader()).unwrap();
    let (mut written, mut parts) = (Vec::new(), vec![0.0]);
    let samples = export
        .write(&mut written, &mut |told| parts.push(told.part))
        .unwrap();
    assert!(parts.is_sorted() && parts.iter().all(|part| *part <= 1.0));
    if of("step").is_none() && of("format").is_none_or(|format| format == "csv") {
        let numbers = stored.iter().flat_map(|(_, samples)| samples);
        let numbers = numbers.filter(|(_, value)| value.to_bits() != STALE_BITS);
        let all = of("match").is_none() && of("start").is_none();
        assert!(!all || samples == numbers.count() as u64);
    }
    String::from_utf8(written).unwrap()
}

/// A reader of RFC 4180 that knows nothing else.
fn records(text: &str) -> Vec<Vec<String>> {
    let (mut records, mut record, mut cell) = (Vec::new(), Vec::new(), String::new());
    let mut characters = text.chars().peekable();
    let mut quoted = false;
    while let Some(character) = characters.next() {
        match character {
            '"' if quoted && characters.peek() == Some(&'"') => {
                characters.next();
                cell.push('"');
            }
            '"' => quoted = !quoted,
            other if quoted => cell.push(other),
            ',' => record.push(std::mem::take(&mut cell)),
            '\r' => {
                assert_eq!(characters.next(), Some('\n'));
                record.push(std::mem::take(&mut cell));
                records.push(std::mem::take(&mut record));
            }
            other => cell.push(other),
        }
    }
    assert!(!quoted && cell.is_empty() && record.is_empty(), "{text:?}");
    records
}

fn is_formula(cell: &str) -> bool {
    cell.starts_with(['=', '+', '-', '@', '\t', '\r', '\n'])
}

#[test]
fn csv_has_a_line_per_sample_and_a_column_per_label() {
    let other = Labels::new([
        (METRIC_NAME, "a"),
        ("name", "x"),
        ("value", "y"),
        ("exported_name", "z"),
    ]);
    let stored = vec![
        (up("b"), vec![(BASE, 1.0), (BASE + 1_500, -0.5)]),
        (up("=cmd()"), vec![(BASE, f64::INFINITY)]),
        (
            up("a \"b\", c"),
            vec![
                (BASE, f64::NAN),
                (BASE + 10_000, f64::from_bits(STALE_BITS)),
            ],
        ),
        (other, vec![(BASE, 1e300)]),
    ];
    assert_eq!(
        export(&stored, &[]),
        "timestamp,name,exported_name,job,exported_exported_name,exported_value,value\r\n\
         2026-09-21T14:13:20.000Z,a,z,,x,y,1e300\r\n\
         2026-09-21T14:13:20.000Z,up,,'=cmd(),,,Inf\r\n\
         2026-09-21T14:13:20.000Z,up,,\"a \"\"b\"\", c\",,,NaN\r\n\
         2026-09-21T14:13:20.000Z,up,,b,,,1\r\n\
         2026-09-21T14:13:21.500Z,up,,b,,,-0.5\r\n"
    );
    assert_eq!(
        export(&stored, &[("match", "nothing")]),
        "timestamp,name,value\r\n"
    );
    assert_eq!(
        export(
            &stored,
            &[
                ("match", "up"),
                ("start", "1790000001"),
                ("end", "1790000001.5")
            ]
        ),
        "timestamp,name,job,value\r\n2026-09-21T14:13:21.500Z,up,b,-0.5\r\n"
    );
}

#[test]
fn a_wide_table_is_aligned_in_time() {
    let stored = vec![
        (
            up("a"),
            vec![(BASE, 1.0), (BASE + 10_000, 2.0), (BASE + 7_200_000, 3.0)],
        ),
        (up("b"), vec![(BASE + 5_000, 4.0), (BASE + 10_000, 5.0)]),
    ];
    assert_eq!(
        export(&stored, &[("shape", "wide")]),
        "timestamp,\"up{job=\"\"a\"\"}\",\"up{job=\"\"b\"\"}\"\r\n\
         2026-09-21T14:13:20.000Z,1,\r\n\
         2026-09-21T14:13:25.000Z,,4\r\n\
         2026-09-21T14:13:30.000Z,2,5\r\n\
         2026-09-21T16:13:20.000Z,3,\r\n"
    );
    // At the end of each step, its last sample.
    let steps = [
        ("shape", "wide"),
        ("step", "10"),
        ("start", "1790000000"),
        ("end", "1790000015"),
    ];
    assert_eq!(
        export(&stored, &steps),
        "timestamp,\"up{job=\"\"a\"\"}\",\"up{job=\"\"b\"\"}\"\r\n\
         2026-09-21T14:13:20.000Z,1,\r\n\
         2026-09-21T14:13:30.000Z,2,5\r\n"
    );
    // The step that ends where it begins was measured before.
    let only_before = vec![(up("a"), vec![(BASE - 5_000, 1.0)])];
    assert_eq!(
        export(&only_before, &steps),
        "timestamp,\"up{job=\"\"a\"\"}\"\r\n\
         2026-09-21T14:13:20.000Z,1\r\n"
    );
}

#[test]
fn too_many_columns_are_refused() {
    let stored: Stored = (0..1_001)
        .map(|n| (up(&n.to_string()), vec![(BASE, 0.0)]))
        .collect();
    let asked = Asked {
        matches: vec!["up".into()],
        shape: Some("wide".into()),
        ..Asked::default()
    };
    let refused = asked
        .read(BASE)
        .unwrap()
        .begin(head(&stored).reader())
        .err()
        .unwrap();
    assert!(
        refused.to_string().starts_with("1001 series are selected"),
        "{refused}"
    );
}

#[test]
fn json_lines_are_as_victoria_metrics_has_them() {
    let stored = vec![(
        up("a\"b\\"),
        vec![
            (BASE, 1.0),
            (BASE + 1, f64::NEG_INFINITY),
            (BASE + 2, f64::NAN),
            (BASE + 3, f64::from_bits(STALE_BITS)),
        ],
    )];
    assert_eq!(
        export(&stored, &[("format", "json")]),
        "{\"metric\":{\"__name__\":\"up\",\"job\":\"a\\\"b\\\\\"},\
         \"values\":[1,\"-Infinity\",null,null],\
         \"timestamps\":[1790000000000,1790000000001,1790000000002,1790000000003]}\n"
    );
    // A long series is several lines, and short pieces are one.
    let long: Vec<_> = (0..20_000)
        .map(|n| (BASE - 3_600_000 + 300 * n, n as f64))
        .collect();
    let lines = export(&vec![(up("a"), long)], &[("format", "json")]);
    let counts: Vec<_> = lines
        .lines()
        .map(|line| {
            serde_json::from_str::<Value>(line).unwrap()["values"]
                .as_array()
                .unwrap()
                .len()
        })
        .collect();
    assert_eq!(counts.iter().sum::<usize>(), 20_000);
    assert!(counts.len() <= 4, "{counts:?}");
}

#[test]
fn open_metrics_is_sorted_by_family_and_ends() {
    let stored = vec![
        (up("b\n"), vec![(BASE, 1.0), (BASE + 1, f64::INFINITY)]),
        (
            up("a\\\""),
            vec![(BASE, f64::NAN), (BASE + 5, f64::from_bits(STALE_BITS))],
        ),
        (Labels::new([(METRIC_NAME, "Zero")]), vec![(BASE + 7, -0.0)]),
    ];
    assert_eq!(
        export(&stored, &[("format", "openmetrics")]),
        "# TYPE Zero unknown\nZero -0 1790000000.007\n\
         # TYPE up unknown\n\
         up{job=\"a\\\\\\\"\"} NaN 1790000000.000\n\
         up{job=\"b\\n\"} 1 1790000000.000\nup{job=\"b\\n\"} +Inf 1790000000.001\n\
         # EOF\n"
    );
    assert_eq!(
        export(&stored, &[("format", "openmetrics"), ("match", "no")]),
        "# EOF\n"
    );
}

fn any_stored() -> impl Strategy<Value = Stored> {
    let text = prop_oneof!["[ -~\t\r\n]{0,8}", "[=+@\t\r-][a-z\"',]{0,4}", "\\PC{0,4}"];
    let number = prop_oneof![
        any::<f64>(),
        (-50i32..50).prop_map(f64::from),
        Just(f64::from_bits(STALE_BITS)),
        Just(f64::NAN),
        Just(f64::INFINITY),
    ];
    let samples = prop::collection::btree_map(0i64..5_000_000, number, 1..40);
    let labels = ("[a-c]", text.clone(), text);
    prop::collection::btree_map(labels, samples, 1..6).prop_map(|all| {
        let series = all.into_iter().map(|((name, one, two), samples)| {
            let labels = [(METRIC_NAME, name), ("x", one), ("value", two)];
            let samples = samples
                .into_iter()
                .map(|(time, value)| (BASE - 2_500_000 + time, value));
            (Labels::new(labels), samples.collect())
        });
        series.collect()
    })
}

/// What should be found: by series, numbers by time, without markers.
fn numbers(stored: &Stored) -> Vec<(String, i64, u64)> {
    let mut all = Vec::new();
    for (labels, samples) in stored {
        for (time, value) in samples
            .iter()
            .filter(|(_, value)| value.to_bits() != STALE_BITS)
        {
            all.push((promql::series_text(labels), *time, bits(*value)));
        }
    }
    all.sort();
    all
}

/// What was imported.
#[derive(Default)]
struct Found {
    names: Vec<String>,
    samples: Vec<(String, i64, u64)>,
}

impl Taker for Found {
    type Series = usize;
    type Error = std::convert::Infallible;

    fn series(&mut self, labels: &Labels) -> Result<usize, Self::Error> {
        self.names.push(promql::series_text(labels));
        Ok(self.names.len() - 1)
    }

    fn take(&mut self, series: usize, time: i64, value: f64) -> Result<(), Self::Error> {
        let bits = if value.to_bits() == STALE_BITS {
            STALE_BITS
        } else {
            bits(value)
        };
        self.samples.push((self.names[series].clone(), time, bits));
        Ok(())
    }
}

/// One NaN is as good as another.
fn bits(value: f64) -> u64 {
    if value.is_nan() {
        f64::NAN.to_bits()
    } else {
        value.to_bits()
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(48))]

    #[test]
    fn csv_is_read_back_by_anyone_and_harms_nobody(stored in any_stored()) {
        let records = records(&export(&stored, &[]));
        let (header, rows) = records.split_first().unwrap();
        let mut found = Vec::new();
        for row in rows {
            prop_assert_eq!(row.len(), header.len());
            let text = row[2..row.len() - 1].iter();
            prop_assert!(text.clone().all(|cell| !is_formula(cell)), "{:?}", row);
            let plain = |cell: &String| match cell.strip_prefix('\'') {
                Some(rest) if is_formula(rest) => rest.to_owned(),
                _ => cell.clone(),
            };
            let names = header[2..].iter().map(|name| name.strip_prefix("exported_").unwrap_or(name));
            let pairs = names.map(str::to_owned).zip(text.map(plain));
            let pairs = pairs.chain([(METRIC_NAME.to_owned(), row[1].clone())]);
            let labels = Labels::try_new(pairs).unwrap();
            let time = moment::parse(&row[0]).unwrap();
            let value: f64 = row.last().unwrap().parse().unwrap();
            found.push((promql::series_text(&labels), time, bits(value)));
        }
        found.sort();
        // A text that began with what we put before a formula cannot be told from one.
        let odd = |labels: &Labels| labels.iter().any(|(_, value)| value.strip_prefix('\'').is_some_and(is_formula));
        if !stored.iter().any(|(labels, _)| odd(labels)) {
            prop_assert_eq!(found, numbers(&stored));
        }
    }

    #[test]
    fn a_wide_table_has_every_sample_once_in_its_place(stored in any_stored()) {
        let records = records(&export(&stored, &[("shape", "wide")]));
        let (header, rows) = records.split_first().unwrap();
        prop_assert!(rows.is_sorted_by(|one, next| one[0] < next[0]));
        let mut found = Vec::new();
        for row in rows {
            prop_assert_eq!(row.len(), header.len());
            for (series, cell) in header.iter().zip(row).skip(1).filter(|(_, cell)| !cell.is_empty()) {
                let time = moment::parse(&row[0]).unwrap();
                found.push((series.clone(), time, bits(cell.parse().unwrap())));
            }
        }
        found.sort();
        prop_assert_eq!(found, numbers(&stored));
    }

    #[test]
    fn steps_are_the_last_of_each(stored in any_stored(), step in 1i64..500) {
        let text = step.to_string();
        let start = BASE - 2_400_000;
        let start_text = (start / 1_000).to_string();
        let asked = [("shape", "wide"), ("step", &*text), ("start", &*start_text)];
        let records = records(&export(&stored, &asked));
        let mut found = Vec::new();
        for row in &records[1..] {
            for (series, cell) in records[0].iter().zip(row).skip(1).filter(|(_, cell)| !cell.is_empty()) {
                found.push((series.clone(), moment::parse(&row[0]).unwrap(), bits(cell.parse().unwrap())));
            }
        }
        found.sort();
        let mut expected = std::collections::BTreeMap::new();
        for (series, time, value) in numbers(&stored) {
            let steps = (time - start + step * 1_000 - 1).div_euclid(step * 1_000);
            if steps >= 0 {
                expected.insert((series, start + steps * step * 1_000), value);
            }
        }
        let expected: Vec<_> = expected.into_iter().map(|((series, time), value)| (series, time, value)).collect();
        prop_assert_eq!(found, expected);
    }

    #[test]
    fn both_forms_are_imported_as_they_were(stored in any_stored()) {
        for format in ["json", "openmetrics"] {
            let text = export(&stored, &[("format", format)]);
            let mut input = Input::of(io::Cursor::new(text), None).unwrap();
            let mut found = Found::default();
            let tally = import::read(&mut input, None, &mut found, |_, _| {}).unwrap();
            prop_assert!(tally.dropped == 0 && !tally.is_cut, "{:?}", tally);
            let mut expected = numbers(&stored);
            if format == "json" {
                // There is no NaN in it, but the end of a series.
                expected.retain(|(_, _, bits)| *bits != f64::NAN.to_bits());
                found.samples.retain(|(_, _, value)| *value != STALE_BITS);
            }
            found.samples.sort();
            prop_assert_eq!(&found.samples, &expected);
        }
    }

    #[test]
    fn open_metrics_is_read_back(stored in any_stored()) {
        let text = export(&stored, &[("format", "openmetrics")]);
        let mut found = Vec::new();
        let outcome = read(text.as_bytes(), &Limits::default(), |item| {
            if let Item::Sample(sample) = item {
                let labels = sample.labels.to_labels().with(METRIC_NAME, sample.name);
                found.push((promql::series_text(&labels), sample.timestamp_ms.unwrap(), bits(sample.value)));
            }
        });
        prop_assert_eq!(outcome.dropped.total(), 0);
        found.sort();
        prop_assert_eq!(found, numbers(&stored));
    }
}
