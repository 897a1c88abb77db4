//! Writes families as text: Prometheus 0.0.4 and OpenMetrics 1.0.
//!
//! [`Format::negotiate`] reads what a scraper accepts, [`write()`] renders a page for it.

mod accept;
mod escape;
mod flat;
mod format;
pub(crate) mod number;
mod sample;

#[cfg(test)]
mod tests;

pub use flat::write_flat;
pub use format::Format;

use std::collections::HashSet;

use crate::{
    family::{MetricFamily, MetricType, Value},
    name::is_metric_name,
};
use escape::Quotes;

/// Appends a whole page to `out`.
///
/// One line that a parser refuses costs a scraper the whole page, so what could be such a line is
/// left out: empty families, families with an impossible name, and series whose value does not
/// fit their family's type.
pub fn write<'a>(
    families: impl IntoIterator<Item = &'a MetricFamily, IntoIter: Clone>,
    format: Format,
    out: &mut String,
) {
    let families = families.into_iter();
    let taken = match format {
        Format::Prometheus004 => HashSet::new(),
        Format::OpenMetrics1 => families.clone().map(|f| &*f.name).collect(),
    };
    for family in families {
        write_family(family, format, &taken, out);
    }
    if format == Format::OpenMetrics1 {
        out.push_str("# EOF\n");
    }
}

fn write_family(family: &MetricFamily, format: Format, taken: &HashSet<&str>, out: &mut String) {
    let writable = |value| fits(family.kind, value);
    if !is_metric_name(&family.name) || !family.metrics.iter().any(|m| writable(&m.value)) {
        return;
    }
    let (name, kind) = header(family, format, taken);
    out.reserve(2 * name.len() + family.help.len() + family.metrics.len() * (name.len() + 64));

    out.push_str("# HELP ");
    out.push_str(name);
    out.push(' ');
    escape::push(out, &family.help, format.quotes_in_help());
    out.push_str("\n# TYPE ");
    out.push_str(name);
    out.push(' ');
    out.push_str(kind);
    out.push('\n');

    for metric in &family.metrics {
        if writable(&metric.value) {
            sample::write(&family.name, metric, format, out);
        }
    }
}

/// What the HELP and TYPE lines call the family, and its type.
fn header<'a>(
    family: &'a MetricFamily,
    format: Format,
    taken: &HashSet<&str>,
) -> (&'a str, &'static str) {
    let name = &*family.name;
    match (family.kind, format) {
        // To OpenMetrics `_total` belongs to a counter's samples, not to its family. A counter
        // without it cannot be told as one, nor can one beside a gauge of the shorter name: Go's
        // runtime has `go_memstats_alloc_bytes` and `go_memstats_alloc_bytes_total`.
        (MetricType::Counter, Format::OpenMetrics1) => match name.strip_suffix("_total") {
            Some(stem) if !stem.is_empty() && !taken.contains(stem) => (stem, "counter"),
            _ => (name, "unknown"),
        },
        (MetricType::Untyped, Format::OpenMetrics1) => (name, "unknown"),
        (MetricType::Untyped, Format::Prometheus004) => (name, "untyped"),
        (MetricType::Counter, Format::Prometheus004) => (name, "counter"),
        (MetricType::Gauge, _) => (name, "gauge"),
        (MetricType::Histogram, _) => (name, "histogram"),
        (MetricType::Summary, _) => (name, "summary"),
    }
}

fn fits(kind: MetricType, value: &Value) -> bool {
    match value {
        Value::Number(_) => !matches!(kind, MetricType::Histogram | MetricType::Summary),
        Value::Histogram(_) => kind == MetricType::Histogram,
        Value::Summary(_) => kind == MetricType::Summary,
    }
}

impl Format {
    fn quotes_in_help(self) -> Quotes {
        match self {
            Format::Prometheus004 => Quotes::Plain,
            Format::OpenMetrics1 => Quotes::Escaped,
        }
    }
}
