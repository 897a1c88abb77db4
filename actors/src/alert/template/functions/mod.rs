//! The functions a template can call: Go's, and Prometheus's.

mod compare;
mod escape;
mod general;
mod humanize;
mod network;
mod samples;
mod text;
mod time;

use super::Expansion;
use super::value::Value;
pub(super) use time::field as time_field;

/// A call under way.
pub(super) struct Call<'a> {
    /// What it was given, the value of the pipeline last.
    pub(super) arguments: &'a [Value],
    pub(super) with: &'a Expansion<'a>,
}

/// Why a call failed.
#[derive(Debug)]
pub(super) enum CallError {
    /// Too few or too many arguments.
    Count { want: &'static str, got: usize },
    /// An argument of another type than it takes.
    Type {
        expected: &'static str,
        value: String,
    },
    /// What the function says itself.
    Failed(String),
}

impl CallError {
    pub(super) fn to_message(&self, name: &str) -> String {
        match self {
            CallError::Count { want, got } => {
                format!("wrong number of args for {name}: want {want} got {got}")
            }
            CallError::Type { expected, value } => {
                format!("wrong type for value; expected {expected}; got {value}")
            }
            CallError::Failed(reason) => format!("error calling {name}: {reason}"),
        }
    }
}

type Answer = Result<Value, CallError>;
type Function = fn(&Call) -> Answer;

/// Every function by name. `and` and `or`, which do not evaluate all arguments, are executed
/// elsewhere.
const FUNCTIONS: [(&str, Function); 49] = [
    ("and", general::undecided),
    ("args", general::args),
    ("call", general::call),
    ("eq", compare::eq),
    ("externalURL", network::external_url),
    ("first", samples::first),
    ("ge", compare::ge),
    ("graphLink", network::graph_link),
    ("gt", compare::gt),
    ("html", escape::html),
    ("humanize", humanize::humanize),
    ("humanize1024", humanize::humanize1024),
    ("humanizeDuration", humanize::duration),
    ("humanizePercentage", humanize::percentage),
    ("humanizeTimestamp", humanize::timestamp),
    ("index", general::index),
    ("js", escape::js),
    ("label", samples::label),
    ("le", compare::le),
    ("len", general::len),
    ("lt", compare::lt),
    ("match", text::matches),
    ("ne", compare::ne),
    ("not", general::not),
    ("now", time::now),
    ("or", general::undecided),
    ("parseDuration", time::parse_duration),
    ("pathPrefix", network::path_prefix),
    ("print", general::print),
    ("printf", general::printf),
    ("println", general::println),
    ("query", samples::query),
    ("reReplaceAll", text::replace_all),
    ("safeHtml", text::same),
    ("slice", general::slice),
    ("sortByLabel", samples::sort_by_label),
    ("stripDomain", network::strip_domain),
    ("stripPort", network::strip_port),
    ("strvalue", samples::string_value),
    ("tableLink", network::table_link),
    ("title", text::title),
    ("tmpl", general::tmpl),
    ("toDuration", time::to_duration),
    ("toLower", text::to_lower),
    ("toTime", time::to_time),
    ("toUpper", text::to_upper),
    ("urlQueryEscape", escape::query),
    ("urlquery", escape::query),
    ("value", samples::value),
];

fn find(name: &str) -> Option<Function> {
    let known = FUNCTIONS.iter().find(|(known, _)| *known == name);
    known.map(|(_, function)| *function)
}

/// Whether there is a function of this name.
pub(super) fn exists(name: &str) -> bool {
    find(name).is_some()
}

/// Calls a function.
pub(super) fn call(name: &str, call: &Call) -> Answer {
    match find(name) {
        Some(function) => function(call),
        None => Err(CallError::Failed("not defined".into())),
    }
}

/// Something a template calls with what it should not be called with.
fn failed<T>(reason: impl Into<String>) -> Result<T, CallError> {
    Err(CallError::Failed(reason.into()))
}

impl Call<'_> {
    /// Exactly this many arguments.
    fn exactly<const N: usize>(&self) -> Result<&[Value; N], CallError> {
        const WORDS: [&str; 4] = ["0", "1", "2", "3"];
        self.arguments.try_into().map_err(|_| CallError::Count {
            want: WORDS.get(N).copied().unwrap_or("some"),
            got: self.arguments.len(),
        })
    }

    /// At least one, and the others.
    fn one_and_more(&self) -> Result<(&Value, &[Value]), CallError> {
        self.arguments.split_first().ok_or(CallError::Count {
            want: "at least 1",
            got: 0,
        })
    }

    fn print(&self, value: &Value) -> String {
        let mut text = String::new();
        super::value::print(value, &self.with.root(), &mut text);
        text
    }

    fn wrong_type(&self, expected: &'static str, value: &Value) -> CallError {
        let value = match value {
            Value::Nil => "<nil>".into(),
            other => other.type_name().into(),
        };
        CallError::Type { expected, value }
    }

    fn text<'v>(&self, value: &'v Value) -> Result<&'v str, CallError> {
        match value {
            Value::Text(text) => Ok(text),
            // What a map answers for a missing key is passed on as the zero of its type.
            Value::Nil => Ok(""),
            other => Err(self.wrong_type("string", other)),
        }
    }

    /// A number, or a text that is one.
    fn number(&self, value: &Value) -> Result<f64, CallError> {
        match value {
            Value::Float(number) => Ok(*number),
            Value::Int(number) => Ok(*number as f64),
            Value::Text(text) => match go_float(text) {
                Some(number) => Ok(number),
                None => failed(format!(
                    "strconv.ParseFloat: parsing {}: invalid syntax",
                    super::format::quote(text)
                )),
            },
            other => failed(format!("can't convert {} to float", other.type_name())),
        }
    }
}

/// A number as Go reads it from text.
fn go_float(text: &str) -> Option<f64> {
    let is_plain = |c: char| c.is_ascii_alphanumeric() || "+-.".contains(c);
    match text.chars().all(is_plain) {
        true => text.parse().ok(),
        false => None,
    }
}
