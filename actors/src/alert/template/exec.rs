//! Executes a template, within bounds.

use std::collections::HashMap;
use std::sync::Arc;

use super::ast::{Block, Branch, Node, Pipeline, Span};
use super::value::{Root, Value, print};
use super::{ExpandError, Expansion};

/// How much text a template may make.
pub(super) const MAX_OUTPUT: usize = 64 * 1024;
/// How many nodes, elements and calls one expansion may take.
const MAX_STEPS: usize = 100_000;
/// How deep blocks, parentheses and templates may be nested, those called included.
const MAX_DEPTH: usize = 100;
/// How much text all intermediate values of one expansion may hold.
pub(super) const MAX_INTERMEDIATE: usize = 1024 * 1024;

/// An expansion under way.
pub(super) struct Run<'a> {
    pub(super) name: &'a str,
    pub(super) text: &'a str,
    pub(super) defined: &'a HashMap<Box<str>, Block>,
    pub(super) with: &'a Expansion<'a>,
    pub(super) variables: Vec<(Arc<str>, Value)>,
    out: String,
    steps: usize,
    pub(super) intermediate: usize,
    pub(super) depth: usize,
}

/// How a block ended.
enum Flow {
    On,
    Break,
    Continue,
}

pub(super) type Outcome<T> = Result<T, ExpandError>;

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

    pub(super) fn fail<T>(&self, span: &Span, reason: impl Into<String>) -> Outcome<T> {
        Err(ExpandError::new(
            self.name,
            self.text,
            span.clone(),
            reason.into(),
        ))
    }

    pub(super) fn step(&mut self, span: &Span) -> Outcome<()> {
        self.steps += 1;
        match self.steps > MAX_STEPS {
            true => self.fail(span, format!("more than {MAX_STEPS} steps")),
            false => Ok(()),
        }
    }

    pub(super) fn enter(&mut self, span: &Span) -> Outcome<()> {
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

    pub(super) fn assign(&mut self, name: &str, value: Value) {
        if let Some((_, old)) = self
            .variables
            .iter_mut()
            .rev()
            .find(|(known, _)| **known == *name)
        {
            *old = value;
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
