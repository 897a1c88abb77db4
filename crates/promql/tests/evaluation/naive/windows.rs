//! Range vectors: the samples after the beginning of the window, until its end.

use exposition::Labels;
use promql::STALE_BITS;
use promql_parser::parser::Expr;

use super::{Naive, Result, millis, selects};

/// A series in a window.
pub(super) struct Seen {
    pub(super) labels: Labels,
    pub(super) nameless: bool,
    pub(super) samples: Vec<(i64, f64)>,
}

/// All of them, and where the window lies.
pub(super) struct Window {
    pub(super) series: Vec<Seen>,
    pub(super) after: i64,
    pub(super) until: i64,
}

impl Naive<'_> {
    pub(super) fn window(&self, expr: &Expr, time: i64) -> Result<Window> {
        match expr {
            Expr::Paren(paren) => self.window(&paren.expr, time),
            Expr::MatrixSelector(matrix) => {
                let until = self.moment(&matrix.vs.at, &matrix.vs.offset, time);
                let after = until - millis(matrix.range);
                let mut series = Vec::new();
                for (labels, samples) in self.data.iter().filter(|one| selects(&matrix.vs, &one.0))
                {
                    let seen = |(at, value): &&(i64, f64)| {
                        *at > after && *at <= until && value.to_bits() != STALE_BITS
                    };
                    series.push(Seen {
                        labels: labels.clone(),
                        nameless: false,
                        samples: samples.iter().filter(seen).copied().collect(),
                    });
                }
                series.retain(|seen| !seen.samples.is_empty());
                Ok(Window {
                    series,
                    after,
                    until,
                })
            }
            Expr::Subquery(subquery) => {
                let until = self.moment(&subquery.at, &subquery.offset, time);
                let after = until - millis(subquery.range);
                let step = subquery.step.map_or(60_000, millis);
                let mut series: Vec<Seen> = Vec::new();
                let mut at = after - after.rem_euclid(step);
                while at <= until {
                    if at > after {
                        for point in self.vector(&subquery.expr, at)? {
                            let known = series.iter_mut().find(|seen| {
                                seen.labels == point.labels && seen.nameless == point.nameless
                            });
                            match known {
                                Some(seen) => seen.samples.push((at, point.value)),
                                None => series.push(Seen {
                                    labels: point.labels,
                                    nameless: point.nameless,
                                    samples: vec![(at, point.value)],
                                }),
                            }
                        }
                    }
                    at += step;
                }
                Ok(Window {
                    series,
                    after,
                    until,
                })
            }
            other => panic!("{other} is no range vector"),
        }
    }
}
