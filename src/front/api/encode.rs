//! The answer of a query as text, piece by piece: what has been written is let go, so that an answer
//! is in memory once at most.

use std::time::Duration;

use exposition::Labels;
use promql::{Answer, Sample, SampleRow, Stats, Value};
use serde::Serialize;

use super::number::{push_sample, push_time};

/// Bytes of a piece, more or less.
const PIECE: usize = 64 << 10;
/// Bytes that a sample and a label cost in memory, about.
const OF_A_SAMPLE: usize = 16;
const OF_A_SERIES: usize = 64;

/// What of the statistics of a query is told.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Told {
    /// How long it waited for its turn.
    pub(super) queued: Duration,
    /// From its coming to its answer.
    pub(super) total: Duration,
}

/// An answer that is being written.
pub(super) struct Encoding {
    rows: Rows,
    /// Before the first, after the last.
    head: String,
    tail: String,
    state: State,
    weight: usize,
}

enum Rows {
    Vector(std::vec::IntoIter<Sample>, i64),
    Matrix(std::vec::IntoIter<SampleRow>, Option<RowUnderWay>),
    /// All is in the head.
    One,
}

struct RowUnderWay {
    samples: std::vec::IntoIter<(i64, f64)>,
    first: bool,
}

#[derive(PartialEq, Eq)]
enum State {
    Head,
    First,
    Rows,
    Done,
}

/// Bytes of memory that an answer takes, about.
fn weight(value: &Value) -> usize {
    let labels = |labels: &Labels| OF_A_SERIES + labels.len() * 2 * OF_A_SAMPLE;
    match value {
        Value::Scalar(_) => OF_A_SAMPLE,
        Value::Text(text) => text.len(),
        Value::Vector(samples) => {
            let of_one = |sample: &Sample| OF_A_SAMPLE + labels(&sample.labels);
            samples.iter().map(of_one).sum()
        }
        Value::Matrix(rows) => {
            let of_one = |row: &SampleRow| row.samples.len() * OF_A_SAMPLE + labels(&row.labels);
            rows.iter().map(of_one).sum()
        }
    }
}

impl Encoding {
    /// `at_ms`: the moment of an instant query.
    pub(super) fn of(answer: Answer, at_ms: i64, told: Option<Told>) -> Self {
        let weight = weight(&answer.value);
        let mut head = String::from(r#"{"status":"success","data":{"resultType":""#);
        let (kind, rows) = match answer.value {
            Value::Scalar(value) => {
                let mut one = String::new();
                push_sample(&mut one, at_ms, value);
                (("scalar", one), Rows::One)
            }
            Value::Text(text) => {
                let mut one = String::from("[");
                push_time(&mut one, at_ms);
                one.push(',');
                push_json(&mut one, &text);
                one.push(']');
                (("string", one), Rows::One)
            }
            Value::Vector(samples) => {
                let open = ("vector", String::from("["));
                (open, Rows::Vector(samples.into_iter(), at_ms))
            }
            Value::Matrix(rows) => {
                let open = ("matrix", String::from("["));
                (open, Rows::Matrix(rows.into_iter(), None))
            }
        };
        head.push_str(kind.0);
        head.push_str(r#"","result":"#);
        head.push_str(&kind.1);
        let mut tail = String::from(match rows {
            Rows::One => "",
            Rows::Vector(..) | Rows::Matrix(..) => "]",
        });
        if let Some(told) = told {
            tail.push_str(r#","stats":"#);
            push_json(&mut tail, &Statistics::of(&answer.stats, told));
        }
        tail.push('}');
        for (name, notes) in [("warnings", answer.warnings), ("infos", answer.infos)] {
            if !notes.is_empty() {
                tail.push_str(&format!(",\"{name}\":"));
                push_json(&mut tail, &notes);
            }
        }
        tail.push('}');
        Encoding {
            rows,
            head,
            tail,
            state: State::Head,
            weight,
        }
    }

    /// Bytes of memory that the answer takes before any of it is written, about.
    pub(super) fn weight(&self) -> usize {
        self.weight
    }

    /// Whether all has been written.
    pub(super) fn is_over(&self) -> bool {
        self.state == State::Done
    }

    /// The next piece; `None` behind the last.
    pub(super) fn next_piece(&mut self) -> Option<String> {
        if self.state == State::Done {
            return None;
        }
        // A sample is some thirty characters, and the last one of a piece goes beyond it.
        let room = (self.weight * 2).clamp(1 << 10, PIECE + (1 << 10));
        let mut piece = String::with_capacity(room);
        if self.state == State::Head {
            piece.push_str(&std::mem::take(&mut self.head));
            self.state = State::First;
        }
        while piece.len() < PIECE {
            if !self.push_next(&mut piece) {
                piece.push_str(&std::mem::take(&mut self.tail));
                self.state = State::Done;
                break;
            }
        }
        Some(piece)
    }

    /// Appends a sample, or a row as far as there is room; false where there is none.
    fn push_next(&mut self, piece: &mut String) -> bool {
        let first = self.state == State::First;
        match &mut self.rows {
            Rows::One => return false,
            Rows::Vector(samples, at_ms) => {
                let Some(sample) = samples.next() else {
                    return false;
                };
                open_row(piece, first, &sample.labels, "value");
                push_sample(piece, *at_ms, sample.value);
                piece.push('}');
            }
            Rows::Matrix(rows, under_way) => {
                let row = match under_way {
                    Some(row) => row,
                    None => {
                        let Some(row) = rows.next() else {
                            return false;
                        };
                        open_row(piece, first, &row.labels, "values");
                        piece.push('[');
                        under_way.insert(RowUnderWay {
                            samples: row.samples.into_iter(),
                            first: true,
                        })
                    }
                };
                if row.push_samples(piece) {
                    piece.push_str("]}");
                    *under_way = None;
                }
            }
        }
        self.state = State::Rows;
        true
    }
}

impl RowUnderWay {
    /// Whether that was all.
    fn push_samples(&mut self, piece: &mut String) -> bool {
        while piece.len() < PIECE {
            let Some((at_ms, value)) = self.samples.next() else {
                return true;
            };
            if !std::mem::take(&mut self.first) {
                piece.push(',');
            }
            push_sample(piece, at_ms, value);
        }
        false
    }
}

fn open_row(piece: &mut String, first: bool, labels: &Labels, values: &str) {
    piece.push_str(if first {
        r#"{"metric":{"#
    } else {
        r#",{"metric":{"#
    });
    for (nth, (name, value)) in labels.iter().enumerate() {
        if nth > 0 {
            piece.push(',');
        }
        push_json(piece, name);
        piece.push(':');
        push_json(piece, value);
    }
    piece.push_str("},\"");
    piece.push_str(values);
    piece.push_str("\":");
}

fn push_json(out: &mut String, what: &(impl Serialize + ?Sized)) {
    // Neither text nor numbers nor lists of them can fail to be written.
    out.push_str(&serde_json::to_string(what).unwrap_or_default());
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Statistics {
    timings: Timings,
    samples: Samples,
}

/// Seconds.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Timings {
    eval_total_time: f64,
    result_sort_time: f64,
    query_preparation_time: f64,
    inner_eval_time: f64,
    exec_queue_time: f64,
    exec_total_time: f64,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Samples {
    total_queryable_samples: u64,
    peak_samples: u64,
}

impl Statistics {
    fn of(stats: &Stats, told: Told) -> Self {
        let evaluation = stats.evaluation.as_secs_f64();
        Statistics {
            timings: Timings {
                eval_total_time: evaluation,
                result_sort_time: 0.0,       // sorted as it is evaluated
                query_preparation_time: 0.0, // read as it is evaluated
                inner_eval_time: evaluation,
                exec_queue_time: told.queued.as_secs_f64(),
                exec_total_time: told.total.as_secs_f64(),
            },
            samples: Samples {
                total_queryable_samples: stats.samples_read,
                peak_samples: stats.peak_samples,
            },
        }
    }
}

#[cfg(test)]
#[path = "encode_tests.rs"]
mod tests;
