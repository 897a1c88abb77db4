//! What values are measured in, as the names of metrics say it, and how such values are written.

use promql::{METRIC_NAME, Query, Test};

/// What values are measured in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Unit {
    /// Nothing that is known.
    Plain,
    /// Parts of a whole, shown as percent.
    Ratio,
    /// Seconds of time.
    Seconds,
    /// Bytes.
    Bytes,
    /// Bytes in a second.
    BytesPerSecond,
    /// Anything else, in a second.
    PerSecond,
}

/// Functions that make of a counter what it gains in a second.
const RATES: [&str; 2] = ["rate(", "irate("];
/// Functions that make of values something else.
const OTHERS: [&str; 8] = [
    "count(",
    "count_over_time(",
    "changes(",
    "resets(",
    "absent(",
    "time(",
    "timestamp(",
    "histogram_fraction(",
];

impl Unit {
    /// Of a query that reads metrics of one unit; plain where that is not to be told.
    pub(super) fn of(query: &Query) -> Self {
        let text = query.to_string();
        if OTHERS.iter().any(|other| has_call(&text, other)) || text.contains(" / ") {
            return Unit::Plain;
        }
        let is_rate = RATES.iter().any(|rate| has_call(&text, rate));
        let mut units = query.selectors().map(|selector| {
            let name = selector
                .iter()
                .find(|matcher| matcher.label() == METRIC_NAME);
            match name.map(promql::Matcher::test) {
                Some(Test::Equal(name)) => Unit::of_metric(name, is_rate),
                _ => Unit::Plain,
            }
        });
        let first = units.next().unwrap_or(Unit::Plain);
        match units.all(|unit| unit == first) {
            true => first,
            false => Unit::Plain,
        }
    }

    fn of_metric(name: &str, is_rate: bool) -> Self {
        let name = name.strip_suffix("_total").unwrap_or(name);
        let parts = ["_bucket", "_sum"];
        let name = parts
            .iter()
            .find_map(|part| name.strip_suffix(part))
            .unwrap_or(name);
        match (name.rsplit('_').next(), is_rate) {
            (Some("timestamp"), _) => Unit::Plain,
            (Some("seconds"), _) if name.ends_with("_timestamp_seconds") => Unit::Plain,
            // Seconds in a second; of a histogram its bounds are seconds.
            (Some("seconds"), true) if !name.contains("duration") => Unit::Plain,
            (Some("seconds"), _) => Unit::Seconds,
            (Some("ratio"), _) => Unit::Ratio,
            (Some("bytes"), true) => Unit::BytesPerSecond,
            (Some("bytes"), false) => Unit::Bytes,
            (_, true) => Unit::PerSecond,
            (_, false) => Unit::Plain,
        }
    }

    /// A value as text, to as many digits as a step between two of them needs.
    pub(super) fn text(self, value: f64, step: f64) -> String {
        match self {
            Unit::Plain => scaled(value, step, ""),
            Unit::PerSecond => scaled(value, step, "/s"),
            // Beyond, no more percent: it is no ratio, and the product may be no number.
            Unit::Ratio if value.abs() > 1e15 => scaled(value, step, ""),
            Unit::Ratio => format!("{}%", digits(value * 100.0, step * 100.0)),
            Unit::Bytes => scaled(value, step, " B"),
            Unit::BytesPerSecond => scaled(value, step, " B/s"),
            Unit::Seconds => seconds(value, step),
        }
    }
}

/// Whether a function is called: `irate(` is no `rate(`.
fn has_call(text: &str, call: &str) -> bool {
    text.match_indices(call).any(|(at, _)| {
        let before = text[..at].chars().next_back();
        before.is_none_or(|before| !before.is_alphanumeric() && before != '_')
    })
}

/// A value by thousands: `1.5M`, `20 kB`.
fn scaled(value: f64, step: f64, unit: &str) -> String {
    const SCALES: [(f64, &str); 5] = [(1e15, "P"), (1e12, "T"), (1e9, "G"), (1e6, "M"), (1e3, "k")];
    let scale = SCALES.iter().find(|(least, _)| value.abs() >= *least);
    let (factor, prefix) = scale.copied().unwrap_or((1.0, ""));
    let number = digits(value / factor, step / factor);
    match unit.strip_prefix(' ') {
        Some(unit) => format!("{number} {prefix}{unit}"),
        None => format!("{number}{prefix}{unit}"),
    }
}

fn seconds(value: f64, step: f64) -> String {
    const SCALES: [(f64, &str); 6] = [
        (86_400.0, "d"),
        (3_600.0, "h"),
        (60.0, "min"),
        (1.0, "s"),
        (1e-3, "ms"),
        (1e-6, "µs"),
    ];
    if value == 0.0 {
        return "0 s".to_owned();
    }
    let scale = SCALES.iter().find(|(least, _)| value.abs() >= *least);
    let (factor, unit) = scale.copied().unwrap_or((1e-9, "ns"));
    format!("{} {unit}", digits(value / factor, step / factor))
}

/// A number to the digits a step of this size needs, and no zeros behind.
fn digits(value: f64, step: f64) -> String {
    let decimals = match step.abs() {
        step if step > 0.0 && step.is_finite() => (1.0 - step.log10().floor()).clamp(0.0, 9.0),
        _ => 3.0,
    };
    if value != 0.0 && !(1e-9..1e15).contains(&value.abs()) {
        return format!("{value:.1e}");
    }
    let text = format!("{value:.*}", decimals as usize);
    let text = match text.contains('.') {
        true => text.trim_end_matches('0').trim_end_matches('.'),
        false => &text,
    };
    match text {
        "-0" => "0".to_owned(),
        text => text.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use promql::Engine;

    use super::*;

    #[test]
    fn the_name_of_a_metric_tells_its_unit() {
        for (text, unit) in [
            ("vitals_host_cpu_used_ratio", Unit::Ratio),
            ("avg by (host) (vitals_host_cpu_used_ratio)", Unit::Ratio),
            ("node_memory_MemFree_bytes", Unit::Bytes),
            (
                "rate(node_network_receive_bytes_total[1m])",
                Unit::BytesPerSecond,
            ),
            ("rate(vitals_http_requests_total[1m])", Unit::PerSecond),
            ("vitals_network_connect_seconds", Unit::Seconds),
            ("node_time_seconds", Unit::Seconds),
            (
                "vitals_collector_last_success_timestamp_seconds",
                Unit::Plain,
            ),
            ("rate(node_cpu_seconds_total[1m])", Unit::Plain),
            ("rate(x_duration_seconds_sum[1m])", Unit::Seconds),
            ("a_bytes + b_bytes", Unit::Bytes),
            ("a_bytes + b_seconds", Unit::Plain),
            ("a_bytes / b_bytes", Unit::Plain),
            ("count(a_bytes)", Unit::Plain),
            ("up", Unit::Plain),
            ("1", Unit::Plain),
            ("{job=\"x\"}", Unit::Plain),
        ] {
            let query = Engine::default().parse(text).unwrap();
            assert_eq!(Unit::of(&query), unit, "{text}");
        }
    }

    #[test]
    fn values_are_written_in_their_units() {
        for (unit, value, step, expected) in [
            (Unit::Ratio, 0.425, 0.05, "42.5%"),
            (Unit::Ratio, 0.0, 0.2, "0%"),
            (Unit::Bytes, 1.5e9, 5e8, "1.5 GB"),
            (Unit::Bytes, 0.0, 5e8, "0 B"),
            (Unit::Bytes, 512.0, 100.0, "512 B"),
            (Unit::BytesPerSecond, 20_000.0, 5_000.0, "20 kB/s"),
            (Unit::Seconds, 0.02, 0.005, "20 ms"),
            (Unit::Seconds, 2.5e-4, 5e-5, "250 µs"),
            (Unit::Seconds, 90.0, 30.0, "1.5 min"),
            (Unit::Seconds, 0.0, 1.0, "0 s"),
            (Unit::Plain, 1_234_567.0, 100.0, "1.23457M"),
            (Unit::Plain, -3.0, 1.0, "-3"),
            (Unit::Plain, 0.1, 0.05, "0.1"),
            (Unit::PerSecond, 12.5, 2.5, "12.5/s"),
            (Unit::Plain, 1e20, 1e19, "100000P"),
        ] {
            assert_eq!(unit.text(value, step), expected);
        }
    }
}
