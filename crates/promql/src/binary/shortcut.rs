//! Sides of `and` and `unless` that need not be evaluated, since the other one is empty.
//!
//! A rule with hysteresis, `x > 90 or x > 80 and ALERTS{…}`, is evaluated every second and fires seldom:
//! most of it is such a side. Nothing is left out that could fail, nor before any series was read: what
//! reads nothing is told from what yields nothing.

use super::operator::{Kind, Operator};
use crate::{
    error::Result,
    eval::{Evaluator, Grid},
    expr::{Aggregator, Chain, Expr, Link, WindowOf},
};

/// How many links of a chain come to nothing whatever it begins with, since that is intersected with a
/// selection of nothing.
pub(super) fn needless<'q>(ev: &'q Evaluator<'q>, chain: &'q Chain, grid: Grid) -> Result<usize> {
    let is_set = |link: &Link| matches!(link.operator.kind(), Kind::Set);
    let Some(at) = chain.links.iter().position(is_set) else {
        return Ok(0);
    };
    let (before, link) = (&chain.links[..at], &chain.links[at]);
    let Expr::Selection(selection) = link.rhs.unwrapped() else {
        return Ok(0);
    };
    let is_wanted = link.operator == Operator::And && has_read(ev);
    if !is_wanted || !never_fails(&chain.first) || !before.iter().all(link_never_fails) {
        return Ok(0);
    }
    let mut selected = ev.latest(selection, grid, |_, value| value)?;
    let is_nothing = selected.next().transpose()?.is_none();
    Ok(if is_nothing { at + 1 } else { 0 })
}

/// Whether it makes nothing of nothing, whatever is on its right.
pub(super) fn needs_left(ev: &Evaluator<'_>, link: &Link) -> bool {
    let makes_nothing = matches!(link.operator, Operator::And | Operator::Unless);
    makes_nothing && has_read(ev) && never_fails(&link.rhs)
}

fn has_read(ev: &Evaluator<'_>) -> bool {
    ev.meter.series_read() > 0
}

/// Whether it is an instant vector whatever it reads, unless it meets a limit.
fn never_fails(expr: &Expr) -> bool {
    match expr {
        Expr::Selection(_) => true,
        Expr::Paren(inner) => never_fails(inner),
        Expr::Chain(chain) => never_fails(&chain.first) && chain.links.iter().all(link_never_fails),
        Expr::Aggregation(aggregation) => {
            let aggregator = aggregation.operator;
            let is_plain = matches!(
                aggregator,
                Aggregator::Sum
                    | Aggregator::Avg
                    | Aggregator::Min
                    | Aggregator::Max
                    | Aggregator::Count
            );
            is_plain && never_fails(&aggregation.input)
        }
        Expr::Call(call) => match &call.args[..] {
            [Expr::Window(window)] => matches!(window.of, WindowOf::Selection(_)),
            _ => false,
        },
        Expr::Number(_) | Expr::Text(_) | Expr::Window(_) | Expr::Negated(_) => false,
    }
}

fn link_never_fails(link: &Link) -> bool {
    match link.operator.kind() {
        Kind::Comparison(_) => matches!(link.rhs.unwrapped(), Expr::Number(_)),
        Kind::Set => never_fails(&link.rhs),
        Kind::Arithmetic(_) => false,
    }
}
