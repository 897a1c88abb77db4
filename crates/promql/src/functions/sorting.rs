//! sort and its kin. Only the answer of an instant query has an order.

use super::Args;
use crate::error::Result;
use crate::labels::value;
use crate::ranking::{ascending, descending};
use crate::value::Series;
use std::cmp::Ordering;

pub(crate) fn sort(name: &str, args: &Args) -> Result<Vec<Series>> {
    let mut input = args.vector(0)?;
    if args.grid.steps != 1 {
        return Ok(input);
    }
    match name {
        "sort" => input.sort_by(|a, b| ascending(a.values[0], b.values[0])),
        "sort_desc" => input.sort_by(|a, b| descending(a.values[0], b.values[0])),
        _ => {
            let names = args.texts(1)?;
            input.sort_by(|a, b| by_labels(a, b, &names));
            if name == "sort_by_label_desc" {
                input.reverse();
            }
        }
    }
    Ok(input)
}

fn by_labels(a: &Series, b: &Series, names: &[String]) -> Ordering {
    let differing = names
        .iter()
        .map(|name| natural(value(&a.labels, name), value(&b.labels, name)));
    let first = differing.into_iter().find(|order| order.is_ne());
    first.unwrap_or_else(|| a.labels.cmp(&b.labels))
}

/// Compares digits as numbers, so that 9 comes before 10.
fn natural(a: &str, b: &str) -> Ordering {
    let (mut a, mut b) = (a, b);
    loop {
        if a.is_empty() || b.is_empty() {
            return a.len().cmp(&b.len());
        }
        let (a_run, a_rest) = split_run(a);
        let (b_run, b_rest) = split_run(b);
        let order = match (number(a_run), number(b_run)) {
            (Some(x), Some(y)) => x
                .len()
                .cmp(&y.len())
                .then(x.cmp(y))
                .then(a_run.len().cmp(&b_run.len())),
            _ => a_run.cmp(b_run),
        };
        if order.is_ne() {
            return order;
        }
        (a, b) = (a_rest, b_rest);
    }
}

/// Splits off the leading run of digits, or of anything else.
fn split_run(text: &str) -> (&str, &str) {
    let digits = text.starts_with(|c: char| c.is_ascii_digit());
    let end = text
        .find(|c: char| c.is_ascii_digit() != digits)
        .unwrap_or(text.len());
    text.split_at(end)
}

/// The digits without leading zeros.
fn number(run: &str) -> Option<&str> {
    run.starts_with(|c: char| c.is_ascii_digit())
        .then(|| run.trim_start_matches('0'))
}
