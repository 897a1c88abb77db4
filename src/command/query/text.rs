//! Answers for people.

use std::fmt::Write;

use super::{
    answer::{Labels, Row, Sample},
    sparkline,
};

const NOTHING: &str = "nothing is selected\n";

/// A table: a column per label, the value last.
pub(super) fn instant(samples: &[Sample]) -> String {
    if samples.is_empty() {
        return NOTHING.to_owned();
    }
    let mut columns: Vec<&str> = Vec::new();
    for label in samples.iter().flat_map(|sample| sample.metric.keys()) {
        if !columns.contains(&&**label) {
            columns.push(label);
        }
    }
    columns.sort_by_key(|label| (*label != "__name__", *label));
    let head = columns.iter().map(|label| match *label {
        "__name__" => "METRIC".to_owned(),
        label => label.to_uppercase(),
    });
    let head: Vec<String> = head.chain(["VALUE".to_owned()]).collect();
    let row = |sample: &Sample| {
        let label = |column: &&str| shown(sample.metric.get(*column).map_or("", |value| value));
        let labels = columns.iter().map(label);
        labels.chain([sample.value().to_owned()]).collect()
    };
    table(&head, &samples.iter().map(row).collect::<Vec<_>>())
}

/// A line per series, and what its values are.
pub(super) fn range(rows: &[Row]) -> String {
    if rows.is_empty() {
        return NOTHING.to_owned();
    }
    let times = || rows.iter().flat_map(Row::samples).map(|(at, _)| at);
    let start = times().fold(f64::INFINITY, f64::min);
    let end = times().fold(f64::NEG_INFINITY, f64::max);
    let step = steps(rows);
    let mut text = String::new();
    for row in rows {
        let count = ((end - start) / step).round() as usize + 1;
        let mut values = vec![None; count.min(100_000)];
        let mut numbers = Vec::new();
        for (at, value) in row.samples().filter(|(_, value)| value.is_finite()) {
            numbers.push(value);
            if let Some(cell) = values.get_mut(((at - start) / step).round() as usize) {
                *cell = Some(value);
            }
        }
        // Writing to a string cannot fail.
        let _ = writeln!(text, "{}", series(&row.metric));
        let _ = writeln!(text, "  {}", sparkline::line(&values));
        let _ = writeln!(text, "  {}", told(&numbers));
    }
    text
}

/// Seconds between two samples.
fn steps(rows: &[Row]) -> f64 {
    let apart = rows.iter().flat_map(|row| {
        let next = row.samples().skip(1);
        row.samples()
            .zip(next)
            .map(|((one, _), (next, _))| next - one)
    });
    let step = apart.filter(|apart| *apart > 0.0).reduce(f64::min);
    step.unwrap_or(1.0)
}

fn told(numbers: &[f64]) -> String {
    let Some(last) = numbers.last() else {
        return "no numbers".to_owned();
    };
    let least = numbers.iter().copied().fold(f64::INFINITY, f64::min);
    let most = numbers.iter().copied().fold(f64::NEG_INFINITY, f64::max);
    let count = numbers.len() as f64;
    let mean: f64 = numbers.iter().map(|number| number / count).sum();
    let number = |number: f64| number_text(number);
    format!(
        "min {}  mean {}  max {}  last {}",
        number(least),
        number(mean),
        number(most),
        number(*last)
    )
}

/// Six digits that count.
fn number_text(number: f64) -> String {
    let size = number.abs();
    if size != 0.0 && !(1e-4..1e15).contains(&size) {
        return format!("{number:.5e}");
    }
    let whole = if size < 1.0 {
        0.0
    } else {
        size.log10().floor() + 1.0
    };
    let decimals = (6.0 - whole).max(0.0) as usize;
    let text = format!("{number:.decimals$}");
    match text.contains('.') {
        true => text.trim_end_matches('0').trim_end_matches('.').to_owned(),
        false => text,
    }
}

/// As it is written in queries.
fn series(labels: &Labels) -> String {
    let name = labels.get("__name__").map_or("", |name| name);
    let others = labels.iter().filter(|(label, _)| *label != "__name__");
    let pairs: Vec<_> = others
        .map(|(label, value)| format!("{label}={:?}", shown(value)))
        .collect();
    match pairs.is_empty() && !name.is_empty() {
        true => name.to_owned(),
        false => format!("{name}{{{}}}", pairs.join(", ")),
    }
}

/// Without anything a terminal would obey.
fn shown(text: &str) -> String {
    let safe = |character: char| match character.is_control() {
        true => '\u{fffd}',
        false => character,
    };
    text.chars().map(safe).collect()
}

/// Columns as wide as what is in them; the last is a number.
fn table(head: &[String], rows: &[Vec<String>]) -> String {
    let width = |column: usize| {
        let cells = rows.iter().filter_map(|row| row.get(column));
        let cells = cells.chain(head.get(column));
        cells.map(|cell| cell.chars().count()).max().unwrap_or(0)
    };
    let widths: Vec<usize> = (0..head.len()).map(width).collect();
    let mut text = String::new();
    for row in std::iter::once(head).chain(rows.iter().map(Vec::as_slice)) {
        for (nth, (cell, width)) in row.iter().zip(&widths).enumerate() {
            let _ = match nth + 1 == row.len() {
                true => writeln!(text, "{cell:>width$}"),
                false => write!(text, "{cell:<width$}  "),
            };
        }
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    fn samples(json: &str) -> Vec<Sample> {
        serde_json::from_str(json).unwrap()
    }

    #[test]
    fn an_instant_is_a_table() {
        let found = samples(
            r#"[{"metric":{"__name__":"up","job":"iris","instance":"a:1"},"value":[1,"1"]},
                {"metric":{"__name__":"up","job":"no\u001bde"},"value":[1,"0.25"]}]"#,
        );
        assert_eq!(
            instant(&found),
            "METRIC  INSTANCE  JOB    VALUE\n\
             up      a:1       iris       1\n\
             up                no\u{fffd}de   0.25\n"
        );
        assert_eq!(instant(&[]), "nothing is selected\n");
        let one = samples(r#"[{"metric":{},"value":[1,"7"]}]"#);
        assert_eq!(instant(&one), "VALUE\n    7\n");
    }

    #[test]
    fn a_range_is_a_line_per_series() {
        let rows: Vec<Row> = serde_json::from_str(
            r#"[{"metric":{"__name__":"x","a":"b\"c"},"values":[[10,"0"],[20,"7"],[40,"2"]]},
                {"metric":{"__name__":"y"},"values":[[20,"NaN"]]}]"#,
        )
        .unwrap();
        assert_eq!(
            range(&rows),
            "x{a=\"b\\\"c\"}\n  ▁█ ▃\n  min 0  mean 3  max 7  last 2\n\
             y\n      \n  no numbers\n"
        );
        assert_eq!(range(&[]), "nothing is selected\n");
    }

    #[test]
    fn numbers_are_short() {
        for (number, expected) in [
            (0.0, "0"),
            (1.0, "1"),
            (0.123456789, "0.123457"),
            (123456789.5, "123456790"),
            (-1234.5678, "-1234.57"),
            (1e20, "1.00000e20"),
            (1e-7, "1.00000e-7"),
        ] {
            assert_eq!(number_text(number), expected);
        }
    }
}
