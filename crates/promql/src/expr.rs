//! The tree of a query: what the parser made, checked and ready to be evaluated.

use exposition::Labels;

use crate::{
    METRIC_NAME, binary::Operator, functions::Function, matcher::Matcher, query::QueryType,
};

/// A node.
#[derive(Clone, Debug)]
pub(crate) enum Expr {
    Number(f64),
    Text(String),
    Selection(Selection),
    Window(Box<WindowExpr>),
    Paren(Box<Expr>),
    Negated(Box<Expr>),
    Chain(Box<Chain>),
    Aggregation(Box<Aggregation>),
    Call(Call),
}

/// Which series, and of what time.
#[derive(Clone, Debug)]
pub(crate) struct Selection {
    /// Of the name too.
    pub(crate) matchers: Vec<Matcher>,
    pub(crate) moment: Moment,
}

/// `@` and `offset`.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub(crate) struct Moment {
    pub(crate) at: Option<At>,
    pub(crate) offset_ms: i64,
}

/// What stands behind `@`.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) enum At {
    Start,
    End,
    Time { ms: i64 },
}

/// A range vector: the samples of each step's window.
#[derive(Clone, Debug)]
pub(crate) struct WindowExpr {
    pub(crate) range_ms: i64,
    pub(crate) of: WindowOf,
}

/// Where those samples come from.
#[derive(Clone, Debug)]
pub(crate) enum WindowOf {
    Selection(Selection),
    Subquery {
        inner: Expr,
        step_ms: Option<i64>,
        moment: Moment,
    },
}

/// Operators that lean left, as written from left to right: `((first + a) * b) - c`. A list, because a
/// thousand of them would be too deep to recurse on.
#[derive(Clone, Debug)]
pub(crate) struct Chain {
    pub(crate) first: Expr,
    pub(crate) links: Vec<Link>,
}

/// An operator with what is on its right.
#[derive(Clone, Debug)]
pub(crate) struct Link {
    pub(crate) operator: Operator,
    /// `bool`
    pub(crate) judges: bool,
    /// `on` or `ignoring`
    pub(crate) matching: Option<LabelList>,
    pub(crate) cardinality: Cardinality,
    pub(crate) rhs: Expr,
}

/// How many series of each side belong together.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Cardinality {
    OneToOne,
    /// `group_left`, with labels to take from the one side.
    ManyToOne(Vec<String>),
    /// `group_right`
    OneToMany(Vec<String>),
}

/// Labels that count (`by`, `on`), or that do not (`without`, `ignoring`).
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum LabelList {
    Only(Vec<String>),
    AllBut(Vec<String>),
}

#[derive(Clone, Debug)]
pub(crate) struct Aggregation {
    pub(crate) operator: Aggregator,
    pub(crate) parameter: Option<Expr>,
    pub(crate) input: Expr,
    /// `by` or `without`
    pub(crate) grouping: Option<LabelList>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Aggregator {
    Sum,
    Avg,
    Min,
    Max,
    Count,
    Group,
    Stddev,
    Stdvar,
    TopK,
    BottomK,
    Quantile,
    CountValues,
    LimitK,
    LimitRatio,
}

#[derive(Clone, Debug)]
pub(crate) struct Call {
    pub(crate) function: Function,
    /// As it is written.
    pub(crate) name: &'static str,
    pub(crate) args: Vec<Expr>,
}

impl Expr {
    pub(crate) fn query_type(&self) -> QueryType {
        match self {
            Expr::Number(_) => QueryType::Scalar,
            Expr::Text(_) => QueryType::Text,
            Expr::Selection(_) | Expr::Aggregation(_) => QueryType::Vector,
            Expr::Window(_) => QueryType::Matrix,
            Expr::Paren(inner) | Expr::Negated(inner) => inner.query_type(),
            Expr::Chain(chain) => {
                let links = chain.links.iter().map(|link| &link.rhs);
                let mut all = links.chain([&chain.first]);
                if all.all(|expr| expr.query_type() == QueryType::Scalar) {
                    QueryType::Scalar
                } else {
                    QueryType::Vector
                }
            }
            Expr::Call(call) => call.function.query_type(),
        }
    }

    /// Without the brackets around it.
    pub(crate) fn unwrapped(&self) -> &Expr {
        let mut expr = self;
        while let Expr::Paren(inner) = expr {
            expr = inner;
        }
        expr
    }

    /// Calls `see` with every selection in it, from left to right.
    pub(crate) fn each_selection<'e>(&'e self, see: &mut impl FnMut(&'e Selection)) {
        match self {
            Expr::Number(_) | Expr::Text(_) => {}
            Expr::Selection(selection) => see(selection),
            Expr::Window(window) => match &window.of {
                WindowOf::Selection(selection) => see(selection),
                WindowOf::Subquery { inner, .. } => inner.each_selection(see),
            },
            Expr::Paren(inner) | Expr::Negated(inner) => inner.each_selection(see),
            Expr::Chain(chain) => {
                chain.first.each_selection(see);
                for link in &chain.links {
                    link.rhs.each_selection(see);
                }
            }
            Expr::Aggregation(aggregation) => {
                if let Some(parameter) = &aggregation.parameter {
                    parameter.each_selection(see);
                }
                aggregation.input.each_selection(see);
            }
            Expr::Call(call) => {
                for arg in &call.args {
                    arg.each_selection(see);
                }
            }
        }
    }
}

impl Expr {
    /// How far back of the moment it is evaluated at it reads; `None` where that is not known.
    pub(crate) fn reach_ms(&self, lookback_ms: i64) -> Option<i64> {
        match self {
            Expr::Number(_) | Expr::Text(_) => Some(0),
            Expr::Selection(selection) => selection.moment.back(lookback_ms),
            Expr::Window(window) => match &window.of {
                WindowOf::Selection(selection) => selection.moment.back(window.range_ms),
                WindowOf::Subquery { inner, moment, .. } => {
                    let inner = inner.reach_ms(lookback_ms)?;
                    moment.back(window.range_ms.saturating_add(inner))
                }
            },
            Expr::Paren(inner) | Expr::Negated(inner) => inner.reach_ms(lookback_ms),
            Expr::Chain(chain) => {
                let links = chain.links.iter().map(|link| &link.rhs);
                farthest(links.chain([&chain.first]), lookback_ms)
            }
            Expr::Aggregation(aggregation) => {
                let parts = aggregation.parameter.iter().chain([&aggregation.input]);
                farthest(parts, lookback_ms)
            }
            Expr::Call(call) => farthest(call.args.iter(), lookback_ms),
        }
    }
}

impl Expr {
    /// Whether all it says follows from what can be read at the moment it is evaluated at: it neither
    /// asks what time that is nor looks at another.
    pub(crate) fn is_of_now(&self) -> bool {
        let is_now = |moment: &Moment| moment.at.is_none() && moment.offset_ms == 0;
        match self {
            Expr::Number(_) | Expr::Text(_) => true,
            Expr::Selection(selection) => is_now(&selection.moment),
            Expr::Window(window) => match &window.of {
                WindowOf::Selection(selection) => is_now(&selection.moment),
                WindowOf::Subquery { .. } => false,
            },
            Expr::Paren(inner) | Expr::Negated(inner) => inner.is_of_now(),
            Expr::Chain(chain) => {
                let mut links = chain.links.iter();
                chain.first.is_of_now() && links.all(|link| link.rhs.is_of_now())
            }
            Expr::Aggregation(aggregation) => {
                let parameter = aggregation.parameter.as_ref();
                parameter.is_none_or(Expr::is_of_now) && aggregation.input.is_of_now()
            }
            // Without an argument, functions of dates are of now, which is another one each time.
            Expr::Call(call) => {
                let is_told = !call.args.is_empty() || matches!(call.function, Function::Pi);
                is_told && call.args.iter().all(Expr::is_of_now)
            }
        }
    }
}

fn farthest<'e>(parts: impl Iterator<Item = &'e Expr>, lookback_ms: i64) -> Option<i64> {
    let mut farthest = 0;
    for part in parts {
        farthest = farthest.max(part.reach_ms(lookback_ms)?);
    }
    Some(farthest)
}

impl Moment {
    /// From the step, where what is read begins so long before.
    fn back(&self, range_ms: i64) -> Option<i64> {
        let back = range_ms.saturating_add(self.offset_ms);
        self.at.is_none().then_some(back.max(0))
    }
}

impl LabelList {
    /// Those labels of a series that count. Its name does only where it is listed.
    pub(crate) fn of(&self, labels: &Labels) -> Labels {
        match self {
            LabelList::Only(names) => labels.keeping(|name| has(names, name)),
            LabelList::AllBut(names) => {
                labels.keeping(|name| name != METRIC_NAME && !has(names, name))
            }
        }
    }
}

pub(crate) fn has(names: &[String], name: &str) -> bool {
    names.iter().any(|known| known == name)
}

impl Aggregator {
    /// As it is written.
    pub(crate) fn name(self) -> &'static str {
        match self {
            Aggregator::Sum => "sum",
            Aggregator::Avg => "avg",
            Aggregator::Min => "min",
            Aggregator::Max => "max",
            Aggregator::Count => "count",
            Aggregator::Group => "group",
            Aggregator::Stddev => "stddev",
            Aggregator::Stdvar => "stdvar",
            Aggregator::TopK => "topk",
            Aggregator::BottomK => "bottomk",
            Aggregator::Quantile => "quantile",
            Aggregator::CountValues => "count_values",
            Aggregator::LimitK => "limitk",
            Aggregator::LimitRatio => "limit_ratio",
        }
    }
}
