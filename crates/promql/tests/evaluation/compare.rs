//! Whether two answers are the same.

use std::collections::BTreeMap;

use exposition::Labels;
use promql::{Answer, Value};

/// What is answered at each moment: of each series its value.
pub(crate) type Answers = BTreeMap<i64, BTreeMap<Labels, f64>>;

/// The answer to a range query.
pub(crate) fn by_time(answer: Answer) -> Answers {
    let Value::Matrix(matrix) = answer.value else {
        panic!("{:?} is no matrix", answer.value)
    };
    let mut answers = Answers::new();
    for row in matrix {
        for (time, value) in row.samples {
            let at = answers.entry(time).or_default();
            let before = at.insert(row.labels.clone(), value);
            assert!(before.is_none(), "{:?} twice at {time}", row.labels);
        }
    }
    answers
}

/// Where they differ by more than rounding does.
pub(crate) fn difference(ours: &Answers, theirs: &Answers) -> Option<String> {
    let times = ours.keys().chain(theirs.keys());
    let nothing = BTreeMap::new();
    for time in times {
        let ours = ours.get(time).unwrap_or(&nothing);
        let theirs = theirs.get(time).unwrap_or(&nothing);
        for labels in ours.keys().chain(theirs.keys()) {
            let (a, b) = (ours.get(labels), theirs.get(labels));
            match (a, b) {
                (Some(a), Some(b)) if close(*a, *b) => {}
                _ => return Some(format!("at {time} {labels:?}: {a:?}, not {b:?}")),
            }
        }
    }
    None
}

fn close(a: f64, b: f64) -> bool {
    let scale = a.abs().max(b.abs());
    a == b || (a.is_nan() && b.is_nan()) || (a - b).abs() <= 1e-7 * scale + 1e-7
}
