//! What a Vitals answers to a query, read.

use std::{collections::BTreeMap, fmt};

use serde::Deserialize;

/// A good answer.
#[derive(Debug, PartialEq)]
pub(super) struct Answer {
    pub(super) data: Data,
    /// Warnings, and what else is to be said.
    pub(super) notes: Vec<String>,
}

/// What was found.
#[derive(Debug, PartialEq)]
pub(super) enum Data {
    Scalar(String),
    Text(String),
    Vector(Vec<Sample>),
    Matrix(Vec<Row>),
}

/// The labels of a series, its name among them.
pub(super) type Labels = BTreeMap<String, String>;

/// A series and its value.
#[derive(Debug, PartialEq, Deserialize)]
pub(super) struct Sample {
    pub(super) metric: Labels,
    value: (f64, String),
}

/// A series and its values.
#[derive(Debug, PartialEq, Deserialize)]
pub(super) struct Row {
    pub(super) metric: Labels,
    values: Vec<(f64, String)>,
}

/// A refusal, in the words of who refused.
#[derive(Debug, PartialEq)]
pub(super) struct Failed {
    kind: String,
    error: String,
}

impl Sample {
    /// As it was written.
    pub(super) fn value(&self) -> &str {
        &self.value.1
    }
}

impl Row {
    /// Seconds since the epoch, and the value.
    pub(super) fn samples(&self) -> impl Iterator<Item = (f64, f64)> {
        let number = |text: &str| text.parse().unwrap_or(f64::NAN);
        self.values
            .iter()
            .map(move |(at, value)| (*at, number(value)))
    }
}

impl Failed {
    /// Whether the question makes no sense, whoever is asked.
    pub(super) fn is_of_the_question(&self) -> bool {
        self.kind == "bad_data"
    }
}

impl fmt::Display for Failed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} ({})", self.error, self.kind)
    }
}

#[derive(Deserialize)]
struct Envelope {
    status: String,
    data: Option<Tagged>,
    #[serde(default, rename = "errorType")]
    error_type: String,
    #[serde(default)]
    error: String,
    #[serde(default)]
    warnings: Vec<String>,
    #[serde(default)]
    infos: Vec<String>,
}

#[derive(Deserialize)]
#[serde(tag = "resultType", content = "result", rename_all = "lowercase")]
enum Tagged {
    Scalar((f64, String)),
    String((f64, String)),
    Vector(Vec<Sample>),
    Matrix(Vec<Row>),
}

/// `None` where it is no answer to a query at all.
pub(super) fn read(body: &str) -> Option<Result<Answer, Failed>> {
    let envelope: Envelope = serde_json::from_str(body).ok()?;
    if envelope.status == "error" {
        return Some(Err(Failed {
            kind: envelope.error_type,
            error: envelope.error,
        }));
    }
    let data = match envelope.data? {
        Tagged::Scalar((_, value)) => Data::Scalar(value),
        Tagged::String((_, text)) => Data::Text(text),
        Tagged::Vector(samples) => Data::Vector(samples),
        Tagged::Matrix(rows) => Data::Matrix(rows),
    };
    let notes = envelope.warnings.into_iter().chain(envelope.infos);
    Some(Ok(Answer {
        data,
        notes: notes.collect(),
    }))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn answers_are_told_from_refusals_and_from_anything_else() {
        let vector = r#"{"status":"success","data":{"resultType":"vector","result":[{"metric":{"job":"a"},"value":[1.5,"+Inf"]}],"stats":{}},"warnings":["w"],"infos":["i"]}"#;
        let answer = read(vector).unwrap().unwrap();
        assert_eq!(answer.notes, ["w", "i"]);
        let Data::Vector(samples) = answer.data else {
            panic!("{:?}", answer.data);
        };
        assert_eq!(
            (&*samples[0].metric["job"], samples[0].value()),
            ("a", "+Inf")
        );
        let scalar = r#"{"status":"success","data":{"resultType":"scalar","result":[1,"2"]}}"#;
        assert_eq!(
            read(scalar).unwrap().unwrap().data,
            Data::Scalar("2".to_owned())
        );
        let matrix = r#"{"status":"success","data":{"resultType":"matrix","result":[{"metric":{},"values":[[1,"NaN"],[2,"-Inf"]]}]}}"#;
        let Data::Matrix(rows) = read(matrix).unwrap().unwrap().data else {
            panic!("no matrix");
        };
        let values: Vec<_> = rows[0].samples().collect();
        assert!(values[0].1.is_nan() && values[1] == (2.0, f64::NEG_INFINITY));

        let refused = r#"{"status":"error","errorType":"bad_data","error":"no"}"#;
        let failed = read(refused).unwrap().unwrap_err();
        assert!(failed.is_of_the_question() && failed.to_string() == "no (bad_data)");
        for other in [
            "",
            "{}",
            "<html>",
            r#"{"status":"ok"}"#,
            r#"{"status":"success"}"#,
        ] {
            assert_eq!(read(other), None, "{other}");
        }
    }
}
