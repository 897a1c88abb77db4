//! label_replace and label_join.

use super::Args;
use crate::METRIC_NAME;
use crate::error::{Error, Result};
use crate::labels::value;
use crate::value::{Series, require_distinct};
use exposition::is_label_name;
use regex::Regex;

pub(crate) fn label_replace(args: &Args) -> Result<Vec<Series>> {
    let target = args.text(1)?;
    let replacement = args.text(2)?;
    let source = args.text(3)?;
    let pattern = args.text(4)?;
    let regex = Regex::new(&format!("^(?s:{pattern})$")).map_err(|_| {
        Error::execution(format!(
            "invalid regular expression in label_replace(): {pattern}"
        ))
    })?;
    require_label_name("label_replace", &target)?;
    relabel(args.vector(0)?, &target, |series| {
        let captures = regex.captures(value(&series.labels, &source))?;
        let mut value = String::new();
        captures.expand(&replacement, &mut value);
        Some(value)
    })
}

pub(crate) fn label_join(args: &Args) -> Result<Vec<Series>> {
    let target = args.text(1)?;
    let separator = args.text(2)?;
    let sources = args.texts(3)?;
    require_label_name("label_join", &target)?;
    relabel(args.vector(0)?, &target, |series| {
        let values: Vec<&str> = sources
            .iter()
            .map(|source| value(&series.labels, source))
            .collect();
        Some(values.join(&separator))
    })
}

fn require_label_name(function: &str, name: &str) -> Result<()> {
    if is_label_name(name) {
        return Ok(());
    }
    Err(Error::execution(format!(
        "invalid destination label name in {function}(): {name}"
    )))
}

/// Sets the target label of each series for which `value` gives one.
fn relabel(
    input: Vec<Series>,
    target: &str,
    new_value: impl Fn(&Series) -> Option<String>,
) -> Result<Vec<Series>> {
    let set = |mut series: Series| {
        if let Some(value) = new_value(&series) {
            series.labels = series.labels.with(target, value);
        }
        if target == METRIC_NAME {
            series.drop_name = false; // A name given on purpose stays.
        }
        series
    };
    let output: Vec<Series> = input.into_iter().map(set).collect();
    require_distinct(&output)?;
    Ok(output)
}
