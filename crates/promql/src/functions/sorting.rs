//! sort and its kin. Only the answer of an instant query has an order.

use std::cmp::Ordering;

use super::args::Args;
use crate::{
    aggregate::{ascending, descending},
    error::Result,
    eval::{Series, Stream},
    labels::value,
};

#[derive(Clone, Copy, Debug)]
pub(crate) enum Sorting {
    Values { descending: bool },
    Labels { descending: bool },
}

impl Sorting {
    pub(super) fn find(name: &str) -> Option<Self> {
        Some(match name {
            "sort" => Sorting::Values { descending: false },
            "sort_desc" => Sorting::Values { descending: true },
            "sort_by_label" => Sorting::Labels { descending: false },
            "sort_by_label_desc" => Sorting::Labels { descending: true },
            _ => return None,
        })
    }
}

pub(super) fn sort<'q>(sorting: Sorting, args: &Args<'q>) -> Result<Stream<'q>> {
    let input = args.vector(0)?;
    if args.grid.steps != 1 {
        return Ok(input);
    }
    let mut input: Vec<Series> = input.collect::<Result<_>>()?;
    match sorting {
        Sorting::Values { descending: false } => {
            input.sort_by(|a, b| ascending(a.values[0], b.values[0]));
        }
        Sorting::Values { descending: true } => {
            input.sort_by(|a, b| descending(a.values[0], b.values[0]));
        }
        Sorting::Labels { descending } => {
            let names = args.texts(1)?;
            input.sort_by(|a, b| by_labels(a, b, &names));
            if descending {
                input.reverse();
            }
        }
    }
    Ok(Box::new(input.into_iter().map(Ok)))
}

fn by_labels(a: &Series, b: &Series, names: &[&str]) -> Ordering {
    let compare = |name: &&str| natural(value(&a.labels, name), value(&b.labels, name));
    let mut differing = names.iter().map(compare).filter(|order| order.is_ne());
    let first = differing.next();
    first.unwrap_or_else(|| a.labels.cmp(&b.labels))
}

/// Compares digits as numbers, so that 9 comes before 10.
fn natural(a: &str, b: &str) -> Ordering {
    let (mut a, mut b) = (a, b);
    while !a.is_empty() && !b.is_empty() {
        let (a_run, a_rest) = split_run(a);
        let (b_run, b_rest) = split_run(b);
        let order = match (number(a_run), number(b_run)) {
            (Some(x), Some(y)) => {
                let by_size = x.len().cmp(&y.len()).then(x.cmp(y));
                by_size.then(a_run.len().cmp(&b_run.len()))
            }
            _ => a_run.cmp(b_run),
        };
        if order.is_ne() {
            return order;
        }
        (a, b) = (a_rest, b_rest);
    }
    a.len().cmp(&b.len())
}

/// Splits off the leading run of digits, or of anything else.
fn split_run(text: &str) -> (&str, &str) {
    let digits = text.starts_with(|c: char| c.is_ascii_digit());
    let end = text.find(|c: char| c.is_ascii_digit() != digits);
    text.split_at(end.unwrap_or(text.len()))
}

/// The digits without leading zeros.
fn number(run: &str) -> Option<&str> {
    let is_number = run.starts_with(|c: char| c.is_ascii_digit());
    is_number.then(|| run.trim_start_matches('0'))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_in_texts_are_compared_as_numbers() {
        let ordered = ["", "9", "10", "a", "a2", "a2b", "a02", "a10", "a10b", "b1"];
        for (one, a) in ordered.iter().enumerate() {
            for (other, b) in ordered.iter().enumerate() {
                assert_eq!(natural(a, b), one.cmp(&other), "{a} {b}");
            }
        }
    }
}
