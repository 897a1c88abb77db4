//! Reads pipelines: `$x := command | command`.

use std::sync::Arc;

use super::ParseError;
use super::ast::{Command, Operand, Pipeline, Span, Term};
use super::functions;
use super::lex::{Lexeme, Token};
use super::parse::skip_space;

/// Variables to set, whether there are such already, and what follows.
type Declarations<'l> = (Vec<Arc<str>>, bool, &'l [Lexeme]);

/// What is known where a pipeline stands.
pub(super) struct Pipelines<'a> {
    pub(super) text: &'a str,
    /// Every variable in sight.
    pub(super) variables: Vec<Arc<str>>,
    pub(super) depth: usize,
    pub(super) max_depth: usize,
}

impl Pipelines<'_> {
    fn error(&self, at: usize, reason: impl Into<String>) -> ParseError {
        ParseError::at(self.text, at, reason)
    }

    /// The pipeline that is `lexemes`.
    pub(super) fn read(
        &mut self,
        lexemes: &[Lexeme],
        context: &str,
        at: usize,
    ) -> Result<Pipeline, ParseError> {
        let (pipeline, rest) = self.pipeline(lexemes, context, at)?;
        match rest.first() {
            None => Ok(pipeline),
            Some(one) => Err(self.unexpected(one, context)),
        }
    }

    /// The pipeline of a control structure, which only `range` may give two variables.
    pub(super) fn read_head(
        &mut self,
        lexemes: &[Lexeme],
        word: &str,
        at: usize,
    ) -> Result<Pipeline, ParseError> {
        let pipeline = self.read(lexemes, word, at)?;
        if pipeline.variables.len() > 1 && word != "range" {
            return Err(self.error(at, format!("too many declarations in {word}")));
        }
        Ok(pipeline)
    }

    fn unexpected(&self, one: &Lexeme, context: &str) -> ParseError {
        let found = &self.text[one.span.clone()];
        self.error(one.span.start, format!("unexpected {found:?} in {context}"))
    }

    fn pipeline<'l>(
        &mut self,
        lexemes: &'l [Lexeme],
        context: &str,
        at: usize,
    ) -> Result<(Pipeline, &'l [Lexeme]), ParseError> {
        self.depth += 1;
        if self.depth > self.max_depth {
            return Err(self.error(at, format!("nested deeper than {}", self.max_depth)));
        }
        let (variables, assigns, mut rest) = self.declarations(skip_space(lexemes), context)?;
        if assigns
            && let Some(unknown) = variables.iter().find(|name| !self.variables.contains(name))
        {
            return Err(self.error(at, format!("undefined variable {unknown:?}")));
        }
        let start = rest.first().map_or(at, |one| one.span.start);
        let mut commands: Vec<Command> = Vec::new();
        loop {
            let (command, after) = self.command(rest, context)?;
            let Some(command) = command else {
                let reason = match commands.is_empty() {
                    true => format!("missing value for {context}"),
                    false => "missing command after |".to_owned(),
                };
                return Err(self.error(at, reason));
            };
            let is_first = commands.is_empty();
            commands.push(command);
            let last = &commands[commands.len() - 1];
            if !is_first && !is_executable(last) {
                let reason = format!(
                    "non executable command in pipeline stage {}",
                    commands.len()
                );
                return Err(self.error(last.span.start, reason));
            }
            match after.split_first() {
                Some((one, after)) if one.token == Token::Pipe => rest = skip_space(after),
                _ => {
                    rest = after;
                    break;
                }
            }
        }
        if !assigns {
            self.variables.extend(variables.iter().cloned());
        }
        self.depth -= 1;
        let end = commands.last().map_or(start, |last| last.span.end);
        let pipeline = Pipeline {
            variables,
            assigns,
            commands,
            span: start..end,
        };
        Ok((pipeline, rest))
    }

    /// `$x :=`, `$x =`, `$i, $x :=`, or nothing.
    fn declarations<'l>(
        &self,
        lexemes: &'l [Lexeme],
        context: &str,
    ) -> Result<Declarations<'l>, ParseError> {
        let nothing = (Vec::new(), false, lexemes);
        let Some((Token::Variable(first), rest)) = head(lexemes) else {
            return Ok(nothing);
        };
        let rest = skip_space(rest);
        match head(rest) {
            Some((Token::Declare, rest)) => {
                Ok((vec![first.as_str().into()], false, skip_space(rest)))
            }
            Some((Token::Assign, rest)) => {
                Ok((vec![first.as_str().into()], true, skip_space(rest)))
            }
            Some((Token::Comma, rest)) => {
                if context != "range" {
                    return Err(self.unexpected(&lexemes[0], context));
                }
                let Some((Token::Variable(second), rest)) = head(skip_space(rest)) else {
                    return Err(
                        self.error(lexemes[0].span.start, "range can only initialize variables")
                    );
                };
                let names = vec![first.as_str().into(), second.as_str().into()];
                match head(skip_space(rest)) {
                    Some((Token::Declare, rest)) => Ok((names, false, skip_space(rest))),
                    Some((Token::Assign, rest)) => Ok((names, true, skip_space(rest))),
                    _ => Err(self.error(lexemes[0].span.start, "expected := in range")),
                }
            }
            _ => Ok(nothing),
        }
    }

    fn command<'l>(
        &mut self,
        lexemes: &'l [Lexeme],
        context: &str,
    ) -> Result<(Option<Command>, &'l [Lexeme]), ParseError> {
        let mut rest = skip_space(lexemes);
        let mut operands = Vec::new();
        while let Some(operand) = self.operand(&mut rest, context)? {
            operands.push(operand);
            match head(rest) {
                Some((Token::Space, after)) => rest = after,
                None | Some((Token::Pipe | Token::Close, _)) => break,
                Some(_) => return Err(self.unexpected(&rest[0], "operand")),
            }
        }
        let (Some(first), Some(last)) = (operands.first(), operands.last()) else {
            return Ok((None, rest));
        };
        let span: Span = first.span.start..last.span.end;
        Ok((Some(Command { operands, span }), rest))
    }

    fn operand(
        &mut self,
        rest: &mut &[Lexeme],
        context: &str,
    ) -> Result<Option<Operand>, ParseError> {
        let Some((one, after)) = rest.split_first() else {
            return Ok(None);
        };
        let mut after = after;
        let mut fields: Vec<Box<str>> = Vec::new();
        let term = match &one.token {
            Token::Dot => Term::Dot,
            Token::Field(name) => {
                fields.push(name.as_str().into());
                Term::Dot
            }
            Token::Int(number) => Term::Int(*number),
            Token::Float(number) => Term::Float(*number),
            Token::Text(text) => Term::Text(text.as_str().into()),
            Token::Variable(name) => {
                if !self.variables.iter().any(|known| **known == **name) {
                    let reason = format!("undefined variable {name:?}");
                    return Err(self.error(one.span.start, reason));
                }
                Term::Variable(name.as_str().into())
            }
            Token::Word(word) => match word.as_str() {
                "nil" => Term::Nil,
                "true" => Term::Bool(true),
                "false" => Term::Bool(false),
                name if functions::exists(name) => Term::Function(name.into()),
                name => {
                    let reason = format!("function {name:?} not defined");
                    return Err(self.error(one.span.start, reason));
                }
            },
            Token::Open => {
                let (pipeline, behind) =
                    self.pipeline(after, "parenthesized pipeline", one.span.start)?;
                match head(behind) {
                    Some((Token::Close, behind)) => after = behind,
                    _ => return Err(self.error(one.span.start, "unclosed left paren")),
                }
                Term::Pipeline(Box::new(pipeline))
            }
            Token::Space | Token::Pipe | Token::Close => return Ok(None),
            Token::Declare | Token::Assign | Token::Comma => {
                return Err(self.unexpected(one, context));
            }
        };
        let mut end = rest[rest.len() - after.len() - 1].span.end;
        let is_constant = matches!(
            term,
            Term::Int(_) | Term::Float(_) | Term::Text(_) | Term::Bool(_) | Term::Nil
        );
        while let Some((Token::Field(name), behind)) = head(after) {
            if is_constant {
                return Err(self.error(
                    one.span.start,
                    format!("unexpected . after term {:?}", &self.text[one.span.clone()]),
                ));
            }
            end = after[0].span.end;
            fields.push(name.as_str().into());
            after = behind;
        }
        *rest = after;
        let span = one.span.start..end;
        Ok(Some(Operand { term, fields, span }))
    }
}

fn head(lexemes: &[Lexeme]) -> Option<(&Token, &[Lexeme])> {
    lexemes.split_first().map(|(one, rest)| (&one.token, rest))
}

/// What may stand behind a `|`: not a constant, which could not take the value.
fn is_executable(command: &Command) -> bool {
    command
        .operands
        .first()
        .is_some_and(|first| match first.term {
            Term::Bool(_) | Term::Int(_) | Term::Float(_) | Term::Text(_) | Term::Nil => false,
            Term::Dot => !first.fields.is_empty(),
            Term::Variable(_) | Term::Function(_) | Term::Pipeline(_) => true,
        })
}
