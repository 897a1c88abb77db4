//! Whether two answers are the same.

use std::{
    collections::{BTreeMap, BTreeSet},
    fmt,
};

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

/// Where they differ by more than rounding does, first.
pub(crate) fn difference(ours: &Answers, theirs: &Answers) -> Option<String> {
    differences(ours, theirs).first().map(ToString::to_string)
}

/// A value that two answers do not have in common.
#[derive(Debug)]
pub(crate) struct Difference {
    time: i64,
    labels: Labels,
    ours: Option<f64>,
    pub(crate) theirs: Option<f64>,
}

/// All places where they differ by more than rounding does.
pub(crate) fn differences(ours: &Answers, theirs: &Answers) -> Vec<Difference> {
    let times: BTreeSet<i64> = ours.keys().chain(theirs.keys()).copied().collect();
    let nothing = BTreeMap::new();
    let mut found = Vec::new();
    for time in times {
        let ours = ours.get(&time).unwrap_or(&nothing);
        let theirs = theirs.get(&time).unwrap_or(&nothing);
        let labels: BTreeSet<&Labels> = ours.keys().chain(theirs.keys()).collect();
        for labels in labels {
            let (ours, theirs) = (ours.get(labels).copied(), theirs.get(labels).copied());
            if !close(ours, theirs) {
                let labels = labels.clone();
                found.push(Difference {
                    time,
                    labels,
                    ours,
                    theirs,
                });
            }
        }
    }
    found
}

impl Difference {
    /// Whether another answer to the same query has our value there, too.
    pub(crate) fn is_ours(&self, other: &Answers) -> bool {
        close(self.ours, self.value(other))
    }

    /// Whether another answer to the same query has their value there, too.
    pub(crate) fn is_theirs(&self, other: &Answers) -> bool {
        close(self.theirs, self.value(other))
    }

    fn value(&self, other: &Answers) -> Option<f64> {
        other.get(&self.time)?.get(&self.labels).copied()
    }
}

impl fmt::Display for Difference {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Difference {
            time,
            labels,
            ours,
            theirs,
        } = self;
        write!(f, "at {time} {labels:?}: {ours:?}, not {theirs:?}")
    }
}

fn close(a: Option<f64>, b: Option<f64>) -> bool {
    let (Some(a), Some(b)) = (a, b) else {
        return a.is_none() && b.is_none();
    };
    let scale = a.abs().max(b.abs());
    a == b || (a.is_nan() && b.is_nan()) || (a - b).abs() <= 1e-7 * scale + 1e-7
}
