//! Binary operators on two numbers.

use crate::value::ABSENT;
use promql_parser::parser::token::*;

#[derive(Debug, Clone, Copy)]
pub(crate) enum Operator {
    Arithmetic(fn(f64, f64) -> f64),
    Comparison(fn(&f64, &f64) -> bool),
    And,
    Or,
    Unless,
}

impl Operator {
    pub(crate) fn of(token: TokenType) -> Option<Self> {
        Some(match token.id() {
            T_ADD => Operator::Arithmetic(|a, b| a + b),
            T_SUB => Operator::Arithmetic(|a, b| a - b),
            T_MUL => Operator::Arithmetic(|a, b| a * b),
            T_DIV => Operator::Arithmetic(|a, b| a / b),
            T_MOD => Operator::Arithmetic(|a, b| a % b),
            T_POW => Operator::Arithmetic(f64::powf),
            T_ATAN2 => Operator::Arithmetic(f64::atan2),
            T_EQLC => Operator::Comparison(f64::eq),
            T_NEQ => Operator::Comparison(f64::ne),
            T_GTR => Operator::Comparison(f64::gt),
            T_LSS => Operator::Comparison(f64::lt),
            T_GTE => Operator::Comparison(f64::ge),
            T_LTE => Operator::Comparison(f64::le),
            T_LAND => Operator::And,
            T_LOR => Operator::Or,
            T_LUNLESS => Operator::Unless,
            _ => return None,
        })
    }
}

/// An operator on two present samples, as one use of it in a query does it.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Operation {
    Compute(fn(f64, f64) -> f64),
    /// `bool`: 1 or 0.
    Judge(fn(&f64, &f64) -> bool),
    /// Keeps one of the operands where the comparison holds, and nothing where it does not.
    Filter(fn(&f64, &f64) -> bool),
}

impl Operation {
    /// `keep_right`: a filter keeps the right operand, because only that one is a vector.
    #[inline(always)]
    pub(crate) fn apply(self, left: f64, right: f64, keep_right: bool) -> f64 {
        match self {
            Operation::Compute(f) => f(left, right),
            Operation::Judge(f) => f64::from(f(&left, &right)),
            Operation::Filter(f) if f(&left, &right) => {
                if keep_right {
                    right
                } else {
                    left
                }
            }
            Operation::Filter(_) => ABSENT,
        }
    }

    /// Only a filter leaves the meaning of the samples, and so their name, as it was.
    pub(crate) fn drops_name(self) -> bool {
        !matches!(self, Operation::Filter(_))
    }
}
