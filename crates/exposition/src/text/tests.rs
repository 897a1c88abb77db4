//! Whole pages: two golden ones, and that whatever is written reads back as it was.

use proptest::prelude::*;

use super::*;
use crate::{Bucket, Histogram, Labels, Metric, Quantile, Summary};

fn page<'a>(
    families: impl IntoIterator<Item = &'a MetricFamily, IntoIter: Clone>,
    format: Format,
) -> String {
    let mut out = String::new();
    write(families, format, &mut out);
    out
}

fn metric(labels: Labels, value: Value, timestamp_ms: Option<i64>) -> Metric {
    Metric {
        labels,
        value,
        timestamp_ms,
    }
}

fn everything() -> Vec<MetricFamily> {
    let mut latency = MetricFamily::new(
        "app_request_seconds",
        "Time to answer.",
        MetricType::Histogram,
    );
    let bucket = |upper_bound, cumulative_count| Bucket {
        upper_bound,
        cumulative_count,
    };
    latency.metrics.push(metric(
        Labels::new([("le", "mine"), ("route", "/a")]),
        Value::Histogram(Histogram {
            buckets: vec![bucket(0.25, 2), bucket(1.0, 3), bucket(f64::INFINITY, 4)],
            sum: 5.5,
            count: 4,
        }),
        None,
    ));
    let mut drift = MetricFamily::new("app_drift", "Can be negative.", MetricType::Histogram);
    drift.metrics.push(metric(
        Labels::none(),
        Value::Histogram(Histogram {
            buckets: vec![bucket(-1.0, 1)],
            sum: -2.0,
            count: 1,
        }),
        None,
    ));
    let mut pause = MetricFamily::new("app_pause_seconds", "Pauses.", MetricType::Summary);
    pause.metrics.push(metric(
        Labels::none(),
        Value::Summary(Summary {
            quantiles: vec![
                Quantile {
                    quantile: 0.5,
                    value: f64::NAN,
                },
                Quantile {
                    quantile: 1.0,
                    value: 0.125,
                },
            ],
            sum: 1e6,
            count: 1_000_000,
        }),
        Some(-1_500),
    ));
    let mut odd = MetricFamily::gauge("app_odd", "Holds what a gauge cannot be.");
    odd.metrics.push(metric(
        Labels::none(),
        Value::Summary(Summary::default()),
        None,
    ));
    let mut temperature = MetricFamily::gauge("app_temperature_celsius", "Of \"it\".\nC:\\");
    temperature.metrics.push(metric(
        Labels::new([("where", "C:\\a \"b\"\nc")]),
        Value::Number(-0.5),
        Some(1_520_879_607_789),
    ));

    vec![
        MetricFamily::counter("app_requests_total", "Requests.")
            .with(Labels::new([("code", "200"), ("app", "ö")]), 1027.0)
            .with(Labels::none(), 0.0),
        MetricFamily::counter("app_ticks", "A counter with an unusual name.")
            .with(Labels::none(), 12.0),
        temperature,
        MetricFamily::new("app_thing", "", MetricType::Untyped)
            .with(Labels::none(), f64::NEG_INFINITY),
        latency,
        drift,
        pause,
        MetricFamily::gauge("app_empty", "Has no series."),
        MetricFamily::gauge("app empty", "Has no name.").with(Labels::none(), 1.0),
        odd,
    ]
}

#[test]
fn prometheus_page() {
    let expected = r#"# HELP app_requests_total Requests.
# TYPE app_requests_total counter
app_requests_total{app="ö",code="200"} 1027
app_requests_total 0
# HELP app_ticks A counter with an unusual name.
# TYPE app_ticks counter
app_ticks 12
# HELP app_temperature_celsius Of "it".\nC:\\
# TYPE app_temperature_celsius gauge
app_temperature_celsius{where="C:\\a \"b\"\nc"} -0.5 1520879607789
# HELP app_thing 
# TYPE app_thing untyped
app_thing -Inf
# HELP app_request_seconds Time to answer.
# TYPE app_request_seconds histogram
app_request_seconds_bucket{route="/a",le="0.25"} 2
app_request_seconds_bucket{route="/a",le="1"} 3
app_request_seconds_bucket{route="/a",le="+Inf"} 4
app_request_seconds_sum{route="/a"} 5.5
app_request_seconds_count{route="/a"} 4
# HELP app_drift Can be negative.
# TYPE app_drift histogram
app_drift_bucket{le="-1"} 1
app_drift_bucket{le="+Inf"} 1
app_drift_sum -2
app_drift_count 1
# HELP app_pause_seconds Pauses.
# TYPE app_pause_seconds summary
app_pause_seconds{quantile="0.5"} NaN -1500
app_pause_seconds{quantile="1"} 0.125 -1500
app_pause_seconds_sum 1e+06 -1500
app_pause_seconds_count 1000000 -1500
"#;
    assert_eq!(page(&everything(), Format::Prometheus004), expected);
}

#[test]
fn openmetrics_page() {
    let expected = r#"# HELP app_requests Requests.
# TYPE app_requests counter
app_requests_total{app="ö",code="200"} 1027.0
app_requests_total 0.0
# HELP app_ticks A counter with an unusual name.
# TYPE app_ticks unknown
app_ticks 12.0
# HELP app_temperature_celsius Of \"it\".\nC:\\
# TYPE app_temperature_celsius gauge
app_temperature_celsius{where="C:\\a \"b\"\nc"} -0.5 1520879607.789
# HELP app_thing 
# TYPE app_thing unknown
app_thing -Inf
# HELP app_request_seconds Time to answer.
# TYPE app_request_seconds histogram
app_request_seconds_bucket{route="/a",le="0.25"} 2
app_request_seconds_bucket{route="/a",le="1.0"} 3
app_request_seconds_bucket{route="/a",le="+Inf"} 4
app_request_seconds_sum{route="/a"} 5.5
app_request_seconds_count{route="/a"} 4
# HELP app_drift Can be negative.
# TYPE app_drift histogram
app_drift_bucket{le="-1.0"} 1
app_drift_bucket{le="+Inf"} 1
# HELP app_pause_seconds Pauses.
# TYPE app_pause_seconds summary
app_pause_seconds{quantile="0.5"} NaN -1.500
app_pause_seconds{quantile="1.0"} 0.125 -1.500
app_pause_seconds_sum 1e+06 -1.500
app_pause_seconds_count 1000000 -1.500
# EOF
"#;
    assert_eq!(page(&everything(), Format::OpenMetrics1), expected);
}

#[test]
fn a_counter_gives_way_to_a_gauge_of_its_shorter_name() {
    let families = [
        MetricFamily::gauge("alloc_bytes", "Now.").with(Labels::none(), 1.0),
        MetricFamily::counter("alloc_bytes_total", "Ever.").with(Labels::none(), 2.0),
    ];
    let text = page(&families, Format::OpenMetrics1);
    assert!(text.contains("# TYPE alloc_bytes gauge\n"), "{text}");
    assert!(
        text.contains("# TYPE alloc_bytes_total unknown\n"),
        "{text}"
    );
}

#[test]
fn a_page_without_families() {
    assert_eq!(page([], Format::Prometheus004), "");
    assert_eq!(page([], Format::OpenMetrics1), "# EOF\n");
}

/// A line as a strict reader takes it: name, labels, value, timestamp.
#[derive(Debug, PartialEq)]
struct Sample(String, Vec<(String, String)>, u64, Option<String>);

fn sample(line: &str) -> Option<Sample> {
    let name_end = line.find(['{', ' '])?;
    let (name, mut rest) = line.split_at(name_end);
    let mut labels = Vec::new();
    if let Some(mut inner) = rest.strip_prefix('{') {
        loop {
            let (label, after) = inner.split_once("=\"")?;
            let mut value = String::new();
            let mut chars = after.chars();
            loop {
                value.push(match chars.next()? {
                    '"' => break,
                    '\\' => match chars.next()? {
                        'n' => '\n',
                        c @ ('\\' | '"') => c,
                        _ => return None,
                    },
                    '\n' => return None,
                    c => c,
                });
            }
            labels.push((label.to_owned(), value));
            inner = chars.as_str();
            match inner.strip_prefix(',') {
                Some(more) => inner = more,
                None => break,
            }
        }
        rest = inner.strip_prefix('}')?;
    }
    let mut fields = rest.strip_prefix(' ')?.split(' ');
    let value: f64 = fields.next()?.parse().ok()?;
    let timestamp = fields.next().map(str::to_owned);
    fields.next().is_none().then_some(())?;
    Some(Sample(name.to_owned(), labels, value.to_bits(), timestamp))
}

fn unescaped_help(text: &str) -> String {
    let mut chars = text.chars();
    let mut out = String::new();
    while let Some(c) = chars.next() {
        match c {
            '\\' => out.extend(chars.next().map(|c| if c == 'n' { '\n' } else { c })),
            c => out.push(c),
        }
    }
    out
}

fn any_labels() -> impl Strategy<Value = Labels> {
    proptest::collection::btree_map("[a-zA-Z_][a-zA-Z0-9_]{0,8}", "(?s).{0,12}", 0..4)
        .prop_map(|pairs| Labels::try_new(pairs).unwrap())
}

fn any_series() -> impl Strategy<Value = Vec<(Labels, f64, Option<i64>)>> {
    let number = any::<f64>().prop_map(|x| if x.is_nan() { f64::NAN } else { x });
    proptest::collection::vec((any_labels(), number, any::<Option<i64>>()), 1..5)
}

proptest! {
    #[test]
    fn what_is_written_reads_back(
        name in "[a-zA-Z_:][a-zA-Z0-9_:]{0,12}",
        help in "(?s).{0,30}",
        series in any_series(),
        counter in any::<bool>(),
    ) {
        let name = if counter { format!("{name}_total") } else { name };
        let kind = if counter { MetricType::Counter } else { MetricType::Gauge };
        let mut family = MetricFamily::new(name.clone(), help.clone(), kind);
        for (labels, number, at) in &series {
            family.metrics.push(metric(labels.clone(), Value::Number(*number), *at));
        }
        for format in [Format::Prometheus004, Format::OpenMetrics1] {
            let text = page([&family], format);
            // `str::lines` would also cut at a carriage return, which is an ordinary character here.
            let mut lines = text.strip_suffix('\n').unwrap().split('\n');
            let told = match (counter, format) {
                (true, Format::OpenMetrics1) => name.strip_suffix("_total").unwrap(),
                _ => &name,
            };
            let prefix = format!("# HELP {told} ");
            let help_line = lines.next().unwrap().strip_prefix(&prefix).unwrap();
            prop_assert_eq!(unescaped_help(help_line), help.clone());
            let type_line = format!("# TYPE {told} {}", if counter { "counter" } else { "gauge" });
            prop_assert_eq!(lines.next().unwrap(), type_line);
            for (labels, number, at) in &series {
                let read = sample(lines.next().unwrap()).unwrap();
                let pairs: Vec<_> = labels.iter().map(|(n, v)| (n.to_owned(), v.to_owned())).collect();
                prop_assert_eq!(&read.0, &name);
                prop_assert_eq!(&read.1, &pairs);
                prop_assert_eq!(read.2, number.to_bits());
                let milliseconds = read.3.map(|t| t.replace('.', "").parse::<i64>().unwrap());
                prop_assert_eq!(milliseconds, *at);
            }
            let end = if format == Format::OpenMetrics1 { Some("# EOF") } else { None };
            prop_assert_eq!(lines.next(), end);
        }
    }

    #[test]
    fn histograms_read_back(
        bounds in proptest::collection::btree_set(-1000i32..1000, 0..6),
        counts in proptest::collection::vec(0u64..1000, 7),
        sum in -1e9..1e9f64,
    ) {
        let mut total = 0;
        let mut buckets = Vec::new();
        for (bound, count) in bounds.iter().zip(&counts) {
            total += count;
            buckets.push(Bucket {
                upper_bound: f64::from(*bound) / 8.0,
                cumulative_count: total,
            });
        }
        let mut family = MetricFamily::new("h", "", MetricType::Histogram);
        let histogram = Histogram { buckets: buckets.clone(), sum, count: total };
        family.metrics.push(metric(Labels::none(), Value::Histogram(histogram), None));
        let text = page([&family], Format::Prometheus004);
        let read: Vec<Sample> = text.lines().skip(2).map(|line| sample(line).unwrap()).collect();
        prop_assert_eq!(read.len(), buckets.len() + 3);
        let infinite = Bucket { upper_bound: f64::INFINITY, cumulative_count: total };
        for (bucket, line) in buckets.iter().chain([&infinite]).zip(&read) {
            prop_assert_eq!(&line.0, "h_bucket");
            prop_assert_eq!(&line.1[0].0, "le");
            prop_assert_eq!(line.1[0].1.parse::<f64>().unwrap(), bucket.upper_bound);
            prop_assert_eq!(f64::from_bits(line.2), bucket.cumulative_count as f64);
        }
        prop_assert_eq!(f64::from_bits(read[buckets.len() + 1].2), sum);
        prop_assert_eq!(f64::from_bits(read[buckets.len() + 2].2), total as f64);
    }
}
