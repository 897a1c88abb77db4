//! Which series is which: by its name, and by the labels that not all of them have alike.

use exposition::Labels;
use promql::{METRIC_NAME, SampleRow, series_text};

/// Characters of a name.
const LONGEST: usize = 60;

/// A text for each series.
pub(super) fn names(rows: &[SampleRow]) -> Vec<String> {
    let Some((first, others)) = rows.split_first() else {
        return Vec::new();
    };
    let is_common = |name: &str| {
        let value = first.labels.get(name);
        others.iter().all(|other| other.labels.get(name) == value)
    };
    let alone = others.is_empty();
    let told = |labels: &Labels| {
        let told = labels.keeping(|name| alone || name == METRIC_NAME || !is_common(name));
        let values = || told.iter().filter(|(name, _)| *name != METRIC_NAME);
        // One label that tells them apart needs no name.
        let text = match (values().count(), is_common(METRIC_NAME), values().next()) {
            (1, true, Some((_, value))) if !alone => value.to_owned(),
            _ => series_text(&told),
        };
        shortened(&text)
    };
    rows.iter().map(|row| told(&row.labels)).collect()
}

pub(super) fn shortened(text: &str) -> String {
    let mut short: String = text.chars().take(LONGEST).collect();
    if short.len() < text.len() {
        short.push('…');
    }
    short
}

#[cfg(test)]
mod tests {
    use super::*;

    fn names_of<const N: usize>(all: [Labels; N]) -> Vec<String> {
        let row = |labels| SampleRow {
            labels,
            samples: Vec::new(),
        };
        names(&all.map(row))
    }

    #[test]
    fn series_are_told_apart_and_no_more() {
        let up = |job: &str, instance: &str| {
            Labels::new([("__name__", "up"), ("job", job), ("instance", instance)])
        };
        assert_eq!(names_of([up("a", "x")]), ["up{instance=\"x\", job=\"a\"}"]);
        assert_eq!(names_of([up("a", "x"), up("b", "x")]), ["a", "b"]);
        assert_eq!(
            names_of([up("a", "x"), up("b", "y")]),
            [
                "up{instance=\"x\", job=\"a\"}",
                "up{instance=\"y\", job=\"b\"}"
            ]
        );
        let other = Labels::new([("__name__", "down")]);
        let alone = Labels::new([("__name__", "up")]);
        assert_eq!(names_of([alone, other]), ["up", "down"]);
        assert_eq!(names_of([Labels::none()]), ["{}"]);
        assert_eq!(shortened(&"é".repeat(61)), format!("{}…", "é".repeat(60)));
    }
}
