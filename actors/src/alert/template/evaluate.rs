//! Evaluates what stands in actions: pipelines, operands, calls.

use super::ast::{Command, Operand, Pipeline, Span, Term};
use super::exec::{MAX_INTERMEDIATE, Outcome, Run};
use super::functions::{self, Call};
use super::value::Value;

impl Run<'_> {
    pub(super) fn pipeline(&mut self, pipeline: &Pipeline, dot: &Value) -> Outcome<Value> {
        let mut value = None;
        for command in &pipeline.commands {
            value = Some(self.command(command, value, dot)?);
        }
        let value = value.unwrap_or(Value::Nil);
        match (&pipeline.variables[..], pipeline.assigns) {
            // `range` sets its variables itself, per element.
            ([_, _], _) => {}
            ([name], true) => self.assign(name, value.clone()),
            ([name], false) => self.variables.push((name.clone(), value.clone())),
            _ => {}
        }
        Ok(value)
    }

    fn command(&mut self, command: &Command, last: Option<Value>, dot: &Value) -> Outcome<Value> {
        self.step(&command.span)?;
        let Some((first, rest)) = command.operands.split_first() else {
            return Ok(Value::Nil);
        };
        if let Term::Function(name) = &first.term {
            let value = self.call(name, rest, last, &command.span, dot)?;
            return self.fields(value, &first.fields, &first.span);
        }
        if !rest.is_empty() || last.is_some() {
            let name = &self.text[first.span.clone()];
            let reason = match (&first.term, first.fields.last()) {
                (Term::Nil, _) => "nil is not a command".to_owned(),
                (_, Some(field)) => {
                    format!("{field} has arguments but cannot be invoked as function")
                }
                _ => format!("can't give argument to non-function {name}"),
            };
            return self.fail(&first.span, reason);
        }
        if let Term::Nil = first.term {
            return self.fail(&first.span, "nil is not a command");
        }
        self.operand(first, dot)
    }

    fn operand(&mut self, operand: &Operand, dot: &Value) -> Outcome<Value> {
        let value = match &operand.term {
            Term::Dot => dot.clone(),
            Term::Nil => Value::Nil,
            Term::Bool(value) => Value::Bool(*value),
            Term::Int(number) => Value::Int(*number),
            Term::Float(number) => Value::Float(*number),
            Term::Text(text) => Value::Text(text.clone()),
            Term::Variable(name) => {
                let found = self.variables.iter().rev().find(|(known, _)| known == name);
                match found {
                    Some((_, value)) => value.clone(),
                    None => return self.fail(&operand.span, format!("undefined variable: {name}")),
                }
            }
            Term::Function(name) => self.call(name, &[], None, &operand.span, dot)?,
            Term::Pipeline(pipeline) => {
                let known = self.variables.len();
                self.enter(&operand.span)?;
                let value = self.pipeline(pipeline, dot)?;
                self.depth -= 1;
                self.variables.truncate(known);
                value
            }
        };
        self.fields(value, &operand.fields, &operand.span)
    }

    fn fields(&self, mut value: Value, fields: &[Box<str>], span: &Span) -> Outcome<Value> {
        for field in fields {
            value = match (&value, &**field) {
                (Value::Root, "Labels") => Value::Labels(self.with.labels.clone()),
                (Value::Root, "ExternalLabels") => Value::Labels(self.with.external_labels.clone()),
                (Value::Root, "ExternalURL") => Value::Text(self.with.external_url.into()),
                (Value::Root, "Value") => Value::Float(self.with.value),
                (Value::Sample(sample), "Labels") => Value::Labels(sample.labels.clone()),
                (Value::Sample(sample), "Value") => Value::Float(sample.value),
                (Value::Labels(labels), name) => Value::Text(labels.get(name).unwrap_or("").into()),
                (Value::Map(map), name) => map.get(name).cloned().unwrap_or(Value::Nil),
                (Value::Time(at), name) => match functions::time_field(*at, name) {
                    Some(value) => value,
                    None => return self.no_field(field, &value, span),
                },
                (Value::Nil, name) => {
                    return self.fail(span, format!("nil data; no entry for key {name:?}"));
                }
                _ => return self.no_field(field, &value, span),
            };
        }
        Ok(value)
    }

    fn no_field<T>(&self, field: &str, value: &Value, span: &Span) -> Outcome<T> {
        let of = value.type_name();
        self.fail(span, format!("can't evaluate field {field} in type {of}"))
    }

    fn call(
        &mut self,
        name: &str,
        operands: &[Operand],
        last: Option<Value>,
        span: &Span,
        dot: &Value,
    ) -> Outcome<Value> {
        self.step(span)?;
        if matches!(name, "and" | "or") {
            return self.first_of(name, operands, last, span, dot);
        }
        let mut arguments = Vec::with_capacity(operands.len() + 1);
        for operand in operands {
            arguments.push(self.operand(operand, dot)?);
        }
        arguments.extend(last);
        let call = Call {
            arguments: &arguments,
            with: self.with,
        };
        let value = match functions::call(name, &call) {
            Ok(value) => value,
            Err(reason) => return self.fail(span, reason.to_message(name)),
        };
        let size = match &value {
            Value::Text(text) => text.len(),
            Value::Samples(samples) => samples.len() * 64,
            _ => 0,
        };
        self.intermediate += size;
        match self.intermediate > MAX_INTERMEDIATE {
            true => self.fail(span, "values too large"),
            false => Ok(value),
        }
    }

    /// `and`, `or`: nothing is evaluated beyond what decides.
    fn first_of(
        &mut self,
        name: &str,
        operands: &[Operand],
        last: Option<Value>,
        span: &Span,
        dot: &Value,
    ) -> Outcome<Value> {
        let ends_on = name == "or";
        let mut value = None;
        for operand in operands {
            let next = self.operand(operand, dot)?;
            if next.is_true() == ends_on {
                return Ok(next);
            }
            value = Some(next);
        }
        match last.or(value) {
            Some(value) => Ok(value),
            None => self.fail(
                span,
                format!("wrong number of args for {name}: want at least 1 got 0"),
            ),
        }
    }
}
