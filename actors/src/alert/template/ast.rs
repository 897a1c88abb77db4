//! What a template is made of, once read.

use std::ops::Range;
use std::sync::Arc;

/// Where something stands in the text of its template, in bytes.
pub(super) type Span = Range<usize>;

/// A run of nodes.
pub(super) type Block = Vec<Node>;

/// One piece of a template.
#[derive(Debug)]
pub(super) enum Node {
    /// Text that stands for itself.
    Text(Box<str>),
    /// `{{ pipeline }}`: prints its value, unless it declares or assigns.
    Action(Pipeline),
    /// `{{ if }} … {{ else }} … {{ end }}`
    If(Branch),
    /// As `if`, with the dot set to the value.
    With(Branch),
    /// Once per element.
    Range(Branch),
    /// `{{ template "name" pipeline }}`
    Template {
        name: Box<str>,
        with: Option<Pipeline>,
        span: Span,
    },
    /// Ends the innermost `range`.
    Break,
    /// Ends this round of the innermost `range`.
    Continue,
}

/// The parts of a control structure.
#[derive(Debug)]
pub(super) struct Branch {
    pub(super) pipeline: Pipeline,
    pub(super) then: Block,
    pub(super) otherwise: Block,
}

/// Commands, each given the value of the one before it.
#[derive(Debug)]
pub(super) struct Pipeline {
    /// The variables it sets: none, one, or index and element of a `range`.
    pub(super) variables: Vec<Arc<str>>,
    /// `=` instead of `:=`.
    pub(super) assigns: bool,
    pub(super) commands: Vec<Command>,
    pub(super) span: Span,
}

/// An operand, or a function with its arguments.
#[derive(Debug)]
pub(super) struct Command {
    pub(super) operands: Vec<Operand>,
    pub(super) span: Span,
}

/// A value to be had, and the fields to follow from there.
#[derive(Debug)]
pub(super) struct Operand {
    pub(super) term: Term,
    pub(super) fields: Vec<Box<str>>,
    pub(super) span: Span,
}

/// What an operand starts from.
#[derive(Debug)]
pub(super) enum Term {
    /// `.`, or `.Field` where fields follow.
    Dot,
    /// `nil`
    Nil,
    /// `true`, `false`
    Bool(bool),
    /// `1`, `0x1f`, `'a'`
    Int(i64),
    /// `1.5`, `1e3`
    Float(f64),
    /// `"text"`
    Text(Arc<str>),
    /// `$name`
    Variable(Arc<str>),
    /// A function, by its name.
    Function(Box<str>),
    /// `( pipeline )`
    Pipeline(Box<Pipeline>),
}
