//! Compares what there is with what is expected.

use std::collections::BTreeMap;
use std::fmt::Write;

use exposition::Labels;
use promql::series_text;

/// A firing alert: its labels and its annotations.
pub(super) type AlertText = (BTreeMap<String, String>, BTreeMap<String, String>);

/// What differs, or nothing. Order does not matter.
pub(super) fn alerts(mut got: Vec<AlertText>, mut expected: Vec<AlertText>) -> Option<String> {
    got.sort();
    expected.sort();
    if got == expected {
        return None;
    }
    let text = |alerts: &[AlertText]| match alerts {
        [] => "nothing".to_owned(),
        alerts => {
            let mut text = String::new();
            for (labels, annotations) in alerts {
                let _ = write!(
                    text,
                    "\n    labels {labels:?}\n    annotations {annotations:?}"
                );
            }
            text
        }
    };
    Some(format!(
        "\n  expected: {}\n  got: {}",
        text(&expected),
        text(&got)
    ))
}

/// What differs, or nothing. Order does not matter.
pub(super) fn samples(
    mut got: Vec<(Labels, f64)>,
    mut expected: Vec<(Labels, f64)>,
    is_fuzzy: bool,
) -> Option<String> {
    got.sort_by(|a, b| a.0.cmp(&b.0));
    expected.sort_by(|a, b| a.0.cmp(&b.0));
    let is_same = got.len() == expected.len()
        && got
            .iter()
            .zip(&expected)
            .all(|(got, expected)| got.0 == expected.0 && is_equal(got.1, expected.1, is_fuzzy));
    if is_same {
        return None;
    }
    let text = |samples: &[(Labels, f64)]| match samples {
        [] => "nothing".to_owned(),
        samples => {
            let line = |(labels, value): &(Labels, f64)| format!("{} {value}", series_text(labels));
            samples.iter().map(line).collect::<Vec<_>>().join(", ")
        }
    };
    Some(format!(
        "\n  expected: {}\n  got: {}",
        text(&expected),
        text(&got)
    ))
}

/// Fuzzily: but for the last bit.
fn is_equal(a: f64, b: f64, is_fuzzy: bool) -> bool {
    let is_close = || (a - b).abs() <= f64::EPSILON * a.abs().max(b.abs());
    a == b || a.is_nan() && b.is_nan() || is_fuzzy && is_close()
}
