//! Makes the tree that is evaluated of the tree that was parsed, and refuses what the parser lets
//! pass and Prometheus does not.

use std::time::{Duration, SystemTime, UNIX_EPOCH};

use exposition::is_label_name;
use promql_parser::parser::{
    AggregateExpr, AtModifier, BinModifier, BinaryExpr, Call as ParsedCall, Expr as Parsed,
    LabelModifier, Offset, VectorMatchCardinality, VectorSelector, token::*,
};

use crate::{
    binary::Operator,
    error::ParseError,
    eval::MAX_TIME_MS,
    expr::{
        Aggregation, Aggregator, At, Call, Cardinality, Chain, Expr, LabelList, Link, Moment,
        Selection, WindowExpr, WindowOf,
    },
    functions::Function,
    matcher::Matcher,
    query::QueryType,
};

type Result<T> = std::result::Result<T, ParseError>;

pub(super) fn lower(parsed: Parsed) -> Result<Expr> {
    Ok(match parsed {
        Parsed::NumberLiteral(number) => Expr::Number(number.val),
        Parsed::StringLiteral(text) => Expr::Text(text.val),
        Parsed::VectorSelector(selector) => Expr::Selection(selection(&selector)?),
        Parsed::MatrixSelector(matrix) => Expr::Window(Box::new(WindowExpr {
            range_ms: positive(matrix.range)?,
            of: WindowOf::Selection(selection(&matrix.vs)?),
        })),
        Parsed::Subquery(subquery) => Expr::Window(Box::new(WindowExpr {
            range_ms: positive(subquery.range)?,
            of: WindowOf::Subquery {
                step_ms: subquery.step.map(positive).transpose()?,
                moment: moment(&subquery.at, &subquery.offset),
                inner: lower(*subquery.expr)?,
            },
        })),
        Parsed::Paren(paren) => Expr::Paren(Box::new(lower(*paren.expr)?)),
        Parsed::Unary(unary) => Expr::Negated(Box::new(lower(*unary.expr)?)),
        Parsed::Binary(binary) => chain(binary)?,
        Parsed::Aggregate(aggregate) => aggregation(aggregate)?,
        Parsed::Call(parsed) => call(parsed)?,
        Parsed::Extension(_) => return refuse("unsupported expression"),
    })
}

fn refuse<T>(what: impl Into<String>) -> Result<T> {
    Err(ParseError::syntax(what))
}

fn selection(selector: &VectorSelector) -> Result<Selection> {
    let matchers = Matcher::all_of(selector)?;
    if matchers.iter().all(|matcher| matcher.matches("")) {
        return Err(ParseError::Empty);
    }
    Ok(Selection {
        matchers,
        moment: moment(&selector.at, &selector.offset),
    })
}

fn moment(at: &Option<AtModifier>, offset: &Option<Offset>) -> Moment {
    Moment {
        at: at.as_ref().map(|at| match at {
            AtModifier::Start => At::Start,
            AtModifier::End => At::End,
            AtModifier::At(time) => At::Time {
                ms: epoch_ms(*time),
            },
        }),
        offset_ms: match offset {
            None => 0,
            Some(Offset::Pos(by)) => millis(*by),
            Some(Offset::Neg(by)) => -millis(*by),
        },
    }
}

fn epoch_ms(time: SystemTime) -> i64 {
    match time.duration_since(UNIX_EPOCH) {
        Ok(after) => millis(after),
        Err(before) => -millis(before.duration()),
    }
}

/// Bounded, so that sums of a few of them cannot overflow.
fn millis(duration: Duration) -> i64 {
    let bounded = duration.as_millis().min(MAX_TIME_MS.unsigned_abs().into());
    i64::try_from(bounded).unwrap_or(MAX_TIME_MS)
}

fn positive(duration: Duration) -> Result<i64> {
    match millis(duration) {
        0 => refuse("duration must be greater than 0"),
        ms => Ok(ms),
    }
}

/// In a loop: operators of one precedence lean left, a thousand deep at worst.
fn chain(binary: BinaryExpr) -> Result<Expr> {
    let mut links = Vec::new();
    let mut leftmost = Parsed::Binary(binary);
    while let Parsed::Binary(binary) = leftmost {
        let modifier = binary.modifier.unwrap_or_default();
        links.push(link(binary.op, modifier, lower(*binary.rhs)?)?);
        leftmost = *binary.lhs;
    }
    links.reverse();
    let first = lower(leftmost)?;
    Ok(Expr::Chain(Box::new(Chain { first, links })))
}

fn link(op: TokenType, modifier: BinModifier, rhs: Expr) -> Result<Link> {
    if modifier.fill_values != Default::default() {
        return refuse("fill modifiers are not supported");
    }
    let Some(operator) = operator(op) else {
        return refuse(format!("unsupported operator {op}"));
    };
    Ok(Link {
        operator,
        judges: modifier.return_bool,
        matching: modifier.matching.map(label_list).transpose()?,
        cardinality: match modifier.card {
            VectorMatchCardinality::OneToOne | VectorMatchCardinality::ManyToMany => {
                Cardinality::OneToOne
            }
            VectorMatchCardinality::ManyToOne(with) => Cardinality::ManyToOne(names(with.labels)?),
            VectorMatchCardinality::OneToMany(with) => Cardinality::OneToMany(names(with.labels)?),
        },
        rhs,
    })
}

fn label_list(modifier: LabelModifier) -> Result<LabelList> {
    Ok(match modifier {
        LabelModifier::Include(labels) => LabelList::Only(names(labels.labels)?),
        LabelModifier::Exclude(labels) => LabelList::AllBut(names(labels.labels)?),
    })
}

/// In the classic alphabet: series with others are not kept.
fn names(names: Vec<String>) -> Result<Vec<String>> {
    match names.iter().find(|name| !is_label_name(name)) {
        Some(bad) => refuse(format!("{bad:?} is not a label name")),
        None => Ok(names),
    }
}

fn operator(op: TokenType) -> Option<Operator> {
    Some(match op.id() {
        T_ADD => Operator::Add,
        T_SUB => Operator::Sub,
        T_MUL => Operator::Mul,
        T_DIV => Operator::Div,
        T_MOD => Operator::Mod,
        T_POW => Operator::Pow,
        T_ATAN2 => Operator::Atan2,
        T_EQLC => Operator::Eq,
        T_NEQ => Operator::Ne,
        T_GTR => Operator::Gt,
        T_LSS => Operator::Lt,
        T_GTE => Operator::Ge,
        T_LTE => Operator::Le,
        T_LAND => Operator::And,
        T_LOR => Operator::Or,
        T_LUNLESS => Operator::Unless,
        _ => return None,
    })
}

fn aggregation(aggregate: AggregateExpr) -> Result<Expr> {
    let Some(operator) = aggregator(aggregate.op) else {
        return refuse(format!("unsupported aggregation {}", aggregate.op));
    };
    let parameter = aggregate.param.map(|param| lower(*param)).transpose()?;
    if let Some(parameter) = &parameter {
        let expected = match operator {
            Aggregator::CountValues => QueryType::Text,
            _ => QueryType::Scalar,
        };
        expect(expected, parameter, "aggregation parameter")?;
    }
    let input = lower(*aggregate.expr)?;
    expect(QueryType::Vector, &input, "aggregation expression")?;
    Ok(Expr::Aggregation(Box::new(Aggregation {
        operator,
        parameter,
        input,
        grouping: aggregate.modifier.map(label_list).transpose()?,
    })))
}

fn aggregator(op: TokenType) -> Option<Aggregator> {
    Some(match op.id() {
        T_SUM => Aggregator::Sum,
        T_AVG => Aggregator::Avg,
        T_MIN => Aggregator::Min,
        T_MAX => Aggregator::Max,
        T_COUNT => Aggregator::Count,
        T_GROUP => Aggregator::Group,
        T_STDDEV => Aggregator::Stddev,
        T_STDVAR => Aggregator::Stdvar,
        T_TOPK => Aggregator::TopK,
        T_BOTTOMK => Aggregator::BottomK,
        T_QUANTILE => Aggregator::Quantile,
        T_COUNT_VALUES => Aggregator::CountValues,
        T_LIMITK => Aggregator::LimitK,
        T_LIMIT_RATIO => Aggregator::LimitRatio,
        _ => return None,
    })
}

fn call(parsed: ParsedCall) -> Result<Expr> {
    let name = parsed.func.name;
    let Some(function) = Function::find(name) else {
        return refuse(format!("unknown function with name {name:?}"));
    };
    let args = parsed.args.args.into_iter().map(|arg| lower(*arg));
    let args: Vec<Expr> = args.collect::<Result<_>>()?;
    // The parser does not look at the argument of some where it is a constant.
    for (arg, expected) in args.iter().zip(&parsed.func.arg_types) {
        let expected = QueryType::from(*expected);
        expect(expected, arg, &format!("call to function {name:?}"))?;
    }
    Ok(Expr::Call(Call {
        function,
        name,
        args,
    }))
}

fn expect(expected: QueryType, expr: &Expr, place: &str) -> Result<()> {
    let got = expr.query_type();
    if got == expected {
        return Ok(());
    }
    refuse(format!(
        "expected type {} in {place}, got {}",
        expected.as_str(),
        got.as_str()
    ))
}
