//! Binary operators on two numbers.

use crate::eval::ABSENT;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Operator {
    Add,
    Sub,
    Mul,
    Div,
    Mod,
    Pow,
    Atan2,
    Eq,
    Ne,
    Gt,
    Lt,
    Ge,
    Le,
    And,
    Or,
    Unless,
}

/// What an operator does.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Kind {
    Arithmetic(fn(f64, f64) -> f64),
    Comparison(fn(&f64, &f64) -> bool),
    Set,
}

impl Operator {
    pub(crate) fn kind(self) -> Kind {
        match self {
            Operator::Add => Kind::Arithmetic(|a, b| a + b),
            Operator::Sub => Kind::Arithmetic(|a, b| a - b),
            Operator::Mul => Kind::Arithmetic(|a, b| a * b),
            Operator::Div => Kind::Arithmetic(|a, b| a / b),
            Operator::Mod => Kind::Arithmetic(|a, b| a % b),
            Operator::Pow => Kind::Arithmetic(f64::powf),
            Operator::Atan2 => Kind::Arithmetic(f64::atan2),
            Operator::Eq => Kind::Comparison(f64::eq),
            Operator::Ne => Kind::Comparison(f64::ne),
            Operator::Gt => Kind::Comparison(f64::gt),
            Operator::Lt => Kind::Comparison(f64::lt),
            Operator::Ge => Kind::Comparison(f64::ge),
            Operator::Le => Kind::Comparison(f64::le),
            Operator::And | Operator::Or | Operator::Unless => Kind::Set,
        }
    }

    /// As it is written.
    pub(crate) fn symbol(self) -> &'static str {
        match self {
            Operator::Add => "+",
            Operator::Sub => "-",
            Operator::Mul => "*",
            Operator::Div => "/",
            Operator::Mod => "%",
            Operator::Pow => "^",
            Operator::Atan2 => "atan2",
            Operator::Eq => "==",
            Operator::Ne => "!=",
            Operator::Gt => ">",
            Operator::Lt => "<",
            Operator::Ge => ">=",
            Operator::Le => "<=",
            Operator::And => "and",
            Operator::Or => "or",
            Operator::Unless => "unless",
        }
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
