//! Whether a query answers what its script expects.

use exposition::Labels;
use promql::{Answer, Cancel, Engine, Error, MemoryStore, SampleRow, Value, series_text};
use regex::Regex;

use crate::script::{Case, Kind, Note, Points, SeriesLine, Text, When};

pub(crate) fn check(case: &Case, engine: &Engine, store: &MemoryStore) -> Result<(), String> {
    let answer = match case.when {
        When::Instant(at) => instant(engine, store, &case.query, at),
        When::Range { start, end, step } => range(engine, store, &case.query, (start, end, step)),
    };
    let answer = match (case.fails, answer) {
        (true, Err(error)) => return check_notes(case, Kind::Fail, &[error.to_string()]),
        (true, Ok(got)) => return Err(format!("should fail, gave {:?}", got.value)),
        (false, Err(error)) => return Err(format!("error: {error}")),
        (false, Ok(answer)) => answer,
    };
    if let (When::Instant(at), Value::Vector(_), false) = (case.when, &answer.value, case.ordered) {
        let again = check_in_range(case, engine, store, at);
        again.map_err(|why| format!("as a range query: {why}"))?;
    }
    check_notes(case, Kind::Warn, &answer.warnings)?;
    check_notes(case, Kind::Info, &answer.infos)?;
    compare(case, answer.value)
}

fn instant(engine: &Engine, store: &MemoryStore, text: &str, at: i64) -> Result<Answer, Error> {
    engine.parse(text)?.instant(store, at, &Cancel::new())
}

fn range(
    engine: &Engine,
    store: &MemoryStore,
    text: &str,
    (start, end, step): (i64, i64, i64),
) -> Result<Answer, Error> {
    let query = engine.parse(text)?;
    query.range(store, start, end, step, &Cancel::new())
}

/// An instant query answers like the same step of a range query.
fn check_in_range(
    case: &Case,
    engine: &Engine,
    store: &MemoryStore,
    at: i64,
) -> Result<(), String> {
    let steps = (at - 60_000, at + 60_000, 60_000);
    let answer = range(engine, store, &case.query, steps).map_err(|error| error.to_string())?;
    let Value::Matrix(matrix) = answer.value else {
        return Err("no matrix".into());
    };
    let here = |row: SampleRow| {
        let samples = row.samples.into_iter().filter(|(time, _)| *time == at);
        (row.labels, samples.map(|(_, value)| (0, value)).collect())
    };
    let rows: Vec<Row> = matrix.into_iter().map(here).collect();
    let present = rows.into_iter().filter(|(_, samples)| !samples.is_empty());
    compare_series(case, &present.collect::<Vec<_>>(), |_| 0)
}

/// What is told has to be told, and what is not, not.
fn check_notes(case: &Case, kind: Kind, told: &[String]) -> Result<(), String> {
    let prefix = match kind {
        Kind::Warn => "PromQL warning: ",
        Kind::Info => "PromQL info: ",
        _ => "",
    };
    let without = |told: &String| told.trim_start_matches(prefix).to_owned();
    let bare: Vec<String> = told.iter().map(without).collect();
    let mut expected = false;
    for Note { kind: of, text } in &case.notes {
        let forbidden = match kind {
            Kind::Warn => Kind::NoWarn,
            _ => Kind::NoInfo,
        };
        if *of == forbidden && !told.is_empty() {
            return Err(format!("said {told:?}"));
        }
        if *of != kind {
            continue;
        }
        expected = true;
        let is_told = |one: &String| match text {
            Text::Any => true,
            // We do not know the place in the query.
            Text::Message(message) => without_place(message).trim_start_matches(prefix) == one,
            Text::Pattern(pattern) => Regex::new(pattern).is_ok_and(|regex| regex.is_match(one)),
        };
        if !bare.iter().any(is_told) {
            return Err(format!("said {told:?}, should {text:?}"));
        }
    }
    // Prometheus's runner lets infos pass that nobody expects.
    if kind == Kind::Warn && !expected && !told.is_empty() {
        return Err(format!("warned {told:?}"));
    }
    Ok(())
}

/// `… (1:6)` without that.
fn without_place(message: &str) -> &str {
    let place = message.rfind(" (").filter(|_| message.ends_with(')'));
    match place {
        Some(at) if message[at..].contains(':') => &message[..at],
        _ => message,
    }
}

fn compare(case: &Case, got: Value) -> Result<(), String> {
    match got {
        Value::Scalar(got) => match case.scalar {
            Some(wanted) if close(got, wanted) => Ok(()),
            wanted => Err(format!("scalar {got}, wanted {wanted:?}")),
        },
        Value::Text(got) if case.text.as_ref() == Some(&got) => Ok(()),
        Value::Text(got) => Err(format!("string {got}")),
        Value::Vector(_) if case.scalar.is_some() => Err("a vector, wanted a scalar".into()),
        Value::Vector(got) => {
            let rows = got
                .into_iter()
                .map(|one| (one.labels, vec![(0, one.value)]));
            compare_series(case, &rows.collect::<Vec<_>>(), |_| 0)
        }
        Value::Matrix(got) => {
            let (start, step) = match case.when {
                When::Range { start, step, .. } => (start, step),
                // A range vector at an instant: only how many samples there are is told.
                When::Instant(_) => return compare_windows(case, &got),
            };
            let rows = got.into_iter().map(|one| (one.labels, one.samples));
            compare_series(case, &rows.collect::<Vec<_>>(), |nth| start + step * nth)
        }
    }
}

type Row = (Labels, Vec<(i64, f64)>);

fn compare_windows(case: &Case, got: &[SampleRow]) -> Result<(), String> {
    let values = |labels: &Labels| {
        let row = got.iter().find(|row| row.labels == *labels)?;
        Some(
            row.samples
                .iter()
                .map(|(_, value)| *value)
                .collect::<Vec<_>>(),
        )
    };
    for line in &case.series {
        let wanted: Vec<f64> = floats(line, |nth| nth)
            .into_iter()
            .map(|(_, v)| v)
            .collect();
        let got = values(&line.labels).unwrap_or_default();
        let same = got.len() == wanted.len() && got.iter().zip(&wanted).all(|(a, b)| close(*a, *b));
        if !same {
            return Err(format!("{got:?}, wanted {wanted:?}"));
        }
    }
    Ok(())
}

fn compare_series(case: &Case, got: &[Row], time: impl Fn(i64) -> i64) -> Result<(), String> {
    let wanted = case
        .series
        .iter()
        .map(|one| (&one.labels, floats(one, &time)));
    let wanted: Vec<_> = wanted.filter(|(_, samples)| !samples.is_empty()).collect();
    if wanted.len() != got.len() {
        return Err(format!(
            "{} series, wanted {}: {got:?}",
            got.len(),
            wanted.len()
        ));
    }
    for (position, (labels, samples)) in wanted.iter().enumerate() {
        let name = series_text(labels);
        let Some(at) = got.iter().position(|(got, _)| got == *labels) else {
            return Err(format!("no {name} in {got:?}"));
        };
        let same = |(a, b): (&(i64, f64), &(i64, f64))| a.0 == b.0 && close(a.1, b.1);
        let found = &got[at].1;
        if found.len() != samples.len() || !found.iter().zip(samples).all(same) {
            return Err(format!("{name}: {found:?}, wanted {samples:?}"));
        }
        if case.ordered && at != position {
            return Err(format!("{name} is at {at}, wanted at {position}"));
        }
    }
    Ok(())
}

fn floats(line: &SeriesLine, time: impl Fn(i64) -> i64) -> Vec<(i64, f64)> {
    let Points::Floats(points) = &line.points else {
        return Vec::new();
    };
    let times = (0..).map(time);
    let present = times
        .zip(points)
        .filter_map(|(time, value)| Some((time, (*value)?)));
    present.collect()
}

/// Equal to six digits; NaN equals NaN; next to zero only zero is close.
fn close(a: f64, b: f64) -> bool {
    if a == b || (a.is_nan() && b.is_nan()) {
        return true;
    }
    if a == 0.0 || b == 0.0 {
        return (a - b).abs() < 1e-6 * f64::MIN_POSITIVE;
    }
    (a - b).abs() / (a.abs() + b.abs()).min(f64::MAX) < 1e-6
}
