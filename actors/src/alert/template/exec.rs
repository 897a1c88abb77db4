//! Executes a template, within bounds.

use std::collections::HashMap;
use std::sync::Arc;

use super::ast::{Block, Branch, Command, Node, Operand, Pipeline, Span, Term};
use super::functions::{self, Call};
use super::value::{Root, Value, print};
use super::{ExpandError, Expansion};

/// How much text a template may make.
pub(super) const MAX_OUTPUT: usize = 64 * 1024;
/// How many nodes, elements and calls one expansion may take.
const MAX_STEPS: usize = 100_000;
/// How deep blocks, parentheses and templates may be nested, those called included.
const MAX_DEPTH: usize = 100;
/// How much text all intermediate values of one expansion may hold.
const MAX_INTERMEDIATE: usize = 1024 * 1024;

/// An expansion under way.
pub(super) struct Run<'a> {
    pub(super) name: &'a str,
    pub(super) text: &'a str,
    pub(super) defined: &'a HashMap<Box<str>, Block>,
    pub(super) with: &'a Expansion<'a>,
    variables: Vec<(Arc<str>, Value)>,
    out: String,
    steps: usize,
    intermediate: usize,
    depth: usize,
}

/// How a block ended.
enum Flow {
    On,
    Break,
    Continue,
}

type Outcome<T> = Result<T, ExpandError>;

impl<'a> Run<'a> {
    pub(super) fn new(
        name: &'a str,
        text: &'a str,
        defined: &'a HashMap<Box<str>, Block>,
        with: &'a Expansion<'a>,
    ) -> Self {
        let variables = [
            ("$", Value::Root),
            ("$labels", Value::Labels(with.labels.clone())),
            (
                "$externalLabels",
                Value::Labels(with.external_labels.clone()),
            ),
            ("$externalURL", Value::Text(with.external_url.into())),
            ("$value", Value::Float(with.value)),
        ];
        Run {
            name,
            text,
            defined,
            with,
            variables: variables.map(|(name, value)| (name.into(), value)).into(),
            out: String::new(),
            steps: 0,
            intermediate: 0,
            depth: 0,
        }
    }

    pub(super) fn run(mut self, body: &Block) -> Outcome<String> {
        self.block(body, &Value::Root)?;
        Ok(self.out)
    }

    fn fail<T>(&self, span: &Span, reason: impl Into<String>) -> Outcome<T> {
        Err(ExpandError::new(
            self.name,
            self.text,
            span.clone(),
            reason.into(),
        ))
    }

    fn step(&mut self, span: &Span) -> Outcome<()> {
        self.steps += 1;
        match self.steps > MAX_STEPS {
            true => self.fail(span, format!("more than {MAX_STEPS} steps")),
            false => Ok(()),
        }
    }

    fn enter(&mut self, span: &Span) -> Outcome<()> {
        self.depth += 1;
        match self.depth > MAX_DEPTH {
            true => self.fail(span, format!("nested deeper than {MAX_DEPTH}")),
            false => Ok(()),
        }
    }

    fn write(&mut self, text: &str, span: &Span) -> Outcome<()> {
        if self.out.len() + text.len() > MAX_OUTPUT {
            return self.fail(span, format!("more than {MAX_OUTPUT} bytes of text"));
        }
        self.out.push_str(text);
        Ok(())
    }

    fn block(&mut self, block: &Block, dot: &Value) -> Outcome<Flow> {
        let known = self.variables.len();
        for node in block {
            match self.node(node, dot)? {
                Flow::On => {}
                flow => {
                    self.variables.truncate(known);
                    return Ok(flow);
                }
            }
        }
        self.variables.truncate(known);
        Ok(Flow::On)
    }

    fn node(&mut self, node: &Node, dot: &Value) -> Outcome<Flow> {
        match node {
            Node::Text(text) => {
                self.step(&(0..0))?;
                self.write(text, &(0..0))?;
            }
            Node::Action(pipeline) => {
                let value = self.pipeline(pipeline, dot)?;
                if pipeline.variables.is_empty() {
                    self.print(&value, &pipeline.span)?;
                }
            }
            Node::If(branch) => {
                return self.scoped(branch, dot, |run, value| {
                    let block = if value.is_true() {
                        &branch.then
                    } else {
                        &branch.otherwise
                    };
                    run.block(block, dot)
                });
            }
            Node::With(branch) => {
                return self.scoped(branch, dot, |run, value| match value.is_true() {
                    true => run.block(&branch.then, &value),
                    false => run.block(&branch.otherwise, dot),
                });
            }
            Node::Range(branch) => {
                return self.scoped(branch, dot, |run, value| run.range(branch, value, dot));
            }
            Node::Template { name, with, span } => self.template(name, with.as_ref(), span, dot)?,
            Node::Break => return Ok(Flow::Break),
            Node::Continue => return Ok(Flow::Continue),
        }
        Ok(Flow::On)
    }

    /// With the variables of a control structure gone when it ends.
    fn scoped(
        &mut self,
        branch: &Branch,
        dot: &Value,
        body: impl FnOnce(&mut Self, Value) -> Outcome<Flow>,
    ) -> Outcome<Flow> {
        let known = self.variables.len();
        self.enter(&branch.pipeline.span)?;
        let value = self.pipeline(&branch.pipeline, dot)?;
        let flow = body(self, value);
        self.depth -= 1;
        self.variables.truncate(known);
        flow
    }

    fn print(&mut self, value: &Value, span: &Span) -> Outcome<()> {
        match value {
            Value::Text(text) => self.write(text, span),
            Value::Nil => self.write("<no value>", span),
            other => {
                let mut text = String::new();
                print(other, &self.with.root(), &mut text);
                self.write(&text, span)
            }
        }
    }

    fn range(&mut self, branch: &Branch, over: Value, dot: &Value) -> Outcome<Flow> {
        let elements: Vec<(Value, Value)> = match &over {
            Value::Samples(samples) => {
                let number = |at| Value::Int(at as i64);
                let samples = samples.iter().cloned().map(Value::Sample);
                samples
                    .enumerate()
                    .map(|(at, one)| (number(at), one))
                    .collect()
            }
            Value::Labels(labels) => labels
                .iter()
                .map(|(name, value)| (Value::Text(name.into()), Value::Text(value.into())))
                .collect(),
            Value::Map(map) => map
                .iter()
                .map(|(name, value)| (Value::Text(name.as_str().into()), value.clone()))
                .collect(),
            Value::Nil => Vec::new(),
            other => {
                let mut text = String::new();
                print(other, &self.with.root(), &mut text);
                return self.fail(
                    &branch.pipeline.span,
                    format!("range can't iterate over {text}"),
                );
            }
        };
        if elements.is_empty() {
            return self.block(&branch.otherwise, dot);
        }
        let names = &branch.pipeline.variables;
        for (index, element) in elements {
            self.step(&branch.pipeline.span)?;
            let known = self.variables.len();
            let values = match names.len() {
                2 => vec![index, element.clone()],
                _ => vec![element.clone()],
            };
            for (name, value) in names.iter().zip(values) {
                match branch.pipeline.assigns {
                    true => self.assign(name, value),
                    false => self.variables.push((name.clone(), value)),
                }
            }
            let flow = self.block(&branch.then, &element);
            self.variables.truncate(known);
            if let Flow::Break = flow? {
                break;
            }
        }
        Ok(Flow::On)
    }

    fn template(
        &mut self,
        name: &str,
        with: Option<&Pipeline>,
        span: &Span,
        dot: &Value,
    ) -> Outcome<()> {
        let Some(body) = self.defined.get(name) else {
            return self.fail(span, format!("template {name:?} not defined"));
        };
        let dot = match with {
            Some(pipeline) => self.pipeline(pipeline, dot)?,
            None => Value::Nil,
        };
        self.enter(span)?;
        let own = vec![(Arc::from("$"), dot.clone())];
        let outer = std::mem::replace(&mut self.variables, own);
        self.block(body, &dot)?;
        self.variables = outer;
        self.depth -= 1;
        Ok(())
    }

    fn assign(&mut self, name: &str, value: Value) {
        if let Some((_, old)) = self
            .variables
            .iter_mut()
            .rev()
            .find(|(known, _)| **known == *name)
        {
            *old = value;
        }
    }

    fn pipeline(&mut self, pipeline: &Pipeline, dot: &Value) -> Outcome<Value> {
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

impl Expansion<'_> {
    pub(super) fn root(&self) -> Root<'_> {
        Root {
            labels: self.labels,
            external_labels: self.external_labels,
            external_url: self.external_url,
            value: self.value,
        }
    }
}
