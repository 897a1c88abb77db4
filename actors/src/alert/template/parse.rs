//! Reads the text of a template: text and actions, control structures, definitions.

use std::collections::HashMap;
use std::sync::Arc;

use super::ParseError;
use super::ast::{Block, Branch, Node, Span};
use super::lex::{self, Lexeme, Token};
use super::pipeline::Pipelines;

/// How deep control structures and parentheses may be nested.
const MAX_DEPTH: usize = 50;
/// How long a template may be.
const MAX_LENGTH: usize = 64 * 1024;

/// A template read: its body, and the templates it defines.
#[derive(Debug)]
pub(super) struct Parsed {
    pub(super) body: Block,
    pub(super) defined: HashMap<Box<str>, Block>,
}

/// Reads `text`. `variables` are known from the start.
pub(super) fn parse(text: &str, variables: &[&str]) -> Result<Parsed, ParseError> {
    if text.len() > MAX_LENGTH {
        return Err(ParseError::at(
            text,
            0,
            format!("longer than {MAX_LENGTH} bytes"),
        ));
    }
    let mut parser = Parser {
        text,
        at: 0,
        trims: false,
        pipelines: Pipelines {
            text,
            variables: variables.iter().map(|name| Arc::from(*name)).collect(),
            depth: 0,
            max_depth: MAX_DEPTH,
        },
        ranges: 0,
        defined: HashMap::new(),
    };
    match parser.block(true)? {
        (body, None) => Ok(Parsed {
            body,
            defined: parser.defined,
        }),
        (_, Some((end, at))) => Err(ParseError::at(
            text,
            at,
            format!("unexpected {{{{{}}}}}", end.word()),
        )),
    }
}

struct Parser<'a> {
    text: &'a str,
    at: usize,
    /// The action before this text ended in ` -}}`.
    trims: bool,
    pipelines: Pipelines<'a>,
    /// How many `range` this stands in.
    ranges: usize,
    defined: HashMap<Box<str>, Block>,
}

/// What ends a block, other than the end of the text.
enum Ending {
    End,
    Else(Vec<Lexeme>),
}

impl Ending {
    fn word(&self) -> &'static str {
        match self {
            Ending::End => "end",
            Ending::Else(_) => "else",
        }
    }
}

/// What stands next.
enum Item {
    Text(Box<str>),
    Action(Span),
    End,
}

impl<'a> Parser<'a> {
    fn error(&self, at: usize, reason: impl Into<String>) -> ParseError {
        ParseError::at(self.text, at, reason)
    }

    /// Text up to the next action, or an action.
    fn next(&mut self) -> Result<Item, ParseError> {
        let rest = &self.text[self.at..];
        if rest.is_empty() {
            return Ok(Item::End);
        }
        let Some(open) = rest.find("{{") else {
            self.at = self.text.len();
            return Ok(Item::Text(self.trimmed(rest, false).into()));
        };
        let inside = self.at + open + 2;
        let trims = starts_trimmed(&self.text[inside..]);
        if open > 0 {
            let text = self.trimmed(&rest[..open], trims).into();
            self.at += open;
            self.trims = false;
            return Ok(Item::Text(text));
        }
        self.action(if trims { inside + 1 } else { inside })
    }

    fn action(&mut self, start: usize) -> Result<Item, ParseError> {
        let body = &self.text[start..];
        let trimmed = body.trim_start();
        if trimmed.starts_with("/*") {
            let unclosed = || self.error(start, "unclosed comment");
            let end = body.find("*/").ok_or_else(unclosed)? + 2;
            let after = &body[end..];
            let (length, trims) = match after.strip_prefix("}}") {
                Some(_) => (2, false),
                None => {
                    let spaces = after.len() - after.trim_start().len();
                    if spaces == 0 || !after[spaces..].starts_with("-}}") {
                        return Err(self.error(start, "comment ends before closing delimiter"));
                    }
                    (spaces + 3, true)
                }
            };
            self.at = start + end + length;
            self.trims = trims;
            return Ok(Item::Text("".into()));
        }
        let end = closing(body).map_err(|reason| self.error(start, reason))?;
        let inside = &body[..end];
        let trims = inside
            .strip_suffix('-')
            .is_some_and(|before| before.is_empty() || before.ends_with(char::is_whitespace));
        self.at = start + end + 2;
        self.trims = trims;
        Ok(Item::Action(start..start + end - usize::from(trims)))
    }

    fn trimmed<'t>(&self, text: &'t str, trims_end: bool) -> &'t str {
        let text = if self.trims { text.trim_start() } else { text };
        if trims_end { text.trim_end() } else { text }
    }

    /// Nodes up to `end`, `else` or the end of the text.
    fn block(&mut self, is_top: bool) -> Result<(Block, Option<(Ending, usize)>), ParseError> {
        let mut nodes = Block::new();
        loop {
            match self.next()? {
                Item::End => return Ok((nodes, None)),
                Item::Text(text) if text.is_empty() => {}
                Item::Text(text) => nodes.push(Node::Text(text)),
                Item::Action(span) => {
                    let at = span.start;
                    let lexemes = lex::tokens(self.text, span.clone())?;
                    let (word, rest) = keyword(&lexemes);
                    let rest = rest.to_vec();
                    match word {
                        "end" => {
                            self.nothing_left(&rest, "end", at)?;
                            return Ok((nodes, Some((Ending::End, at))));
                        }
                        "else" => return Ok((nodes, Some((Ending::Else(rest), at)))),
                        "define" => self.define(&rest, is_top, at)?,
                        _ => {
                            let node = self.node(word, &lexemes, &rest, span)?;
                            nodes.push(node);
                        }
                    }
                }
            }
        }
    }

    fn node(
        &mut self,
        word: &str,
        lexemes: &[Lexeme],
        rest: &[Lexeme],
        span: Span,
    ) -> Result<Node, ParseError> {
        let at = span.start;
        Ok(match word {
            "if" => Node::If(self.branch("if", rest, span)?),
            "with" => Node::With(self.branch("with", rest, span)?),
            "range" => Node::Range(self.branch("range", rest, span)?),
            "break" | "continue" => {
                self.nothing_left(rest, word, at)?;
                if self.ranges == 0 {
                    return Err(self.error(at, format!("{{{{{word}}}}} outside {{{{range}}}}")));
                }
                if word == "break" {
                    Node::Break
                } else {
                    Node::Continue
                }
            }
            "template" => {
                let (name, rest) = self.name(rest, "template", at)?;
                let with = if rest.iter().all(|one| one.token == Token::Space) {
                    None
                } else {
                    Some(self.pipelines.read(rest, "template", at)?)
                };
                Node::Template { name, with, span }
            }
            "block" => {
                let (name, rest) = self.name(rest, "block", at)?;
                let with = Some(self.pipelines.read(rest, "block clause", at)?);
                let body = self.definition(at)?;
                self.defined.entry(name.clone()).or_insert(body);
                Node::Template { name, with, span }
            }
            _ => Node::Action(self.pipelines.read(lexemes, "command", at)?),
        })
    }

    fn branch(
        &mut self,
        word: &'static str,
        rest: &[Lexeme],
        span: Span,
    ) -> Result<Branch, ParseError> {
        let at = span.start;
        self.enter(at)?;
        let known = self.pipelines.variables.len();
        let pipeline = self.pipelines.read_head(rest, word, at)?;
        self.ranges += usize::from(word == "range");
        let (then, ending) = self.block(false)?;
        self.ranges -= usize::from(word == "range");
        let otherwise = match ending {
            None => return Err(self.error(self.text.len(), "unexpected EOF")),
            Some((Ending::End, _)) => Block::new(),
            Some((Ending::Else(rest), at)) => self.otherwise(word, &rest, at)?,
        };
        self.pipelines.variables.truncate(known);
        self.pipelines.depth -= 1;
        Ok(Branch {
            pipeline,
            then,
            otherwise,
        })
    }

    /// What stands behind `else`: `if` or `with` once more, or a block.
    fn otherwise(
        &mut self,
        word: &'static str,
        rest: &[Lexeme],
        at: usize,
    ) -> Result<Block, ParseError> {
        let (next, condition) = keyword(rest);
        let span = at..self.at;
        match (word, next) {
            ("if", "if") => Ok(vec![Node::If(self.branch("if", condition, span)?)]),
            ("with", "with") => Ok(vec![Node::With(self.branch("with", condition, span)?)]),
            _ => {
                self.nothing_left(rest, "else", at)?;
                match self.block(false)? {
                    (block, Some((Ending::End, _))) => Ok(block),
                    (_, Some((Ending::Else(_), at))) => {
                        Err(self.error(at, "expected end; found {{else}}"))
                    }
                    (_, None) => Err(self.error(self.text.len(), "unexpected EOF")),
                }
            }
        }
    }

    fn define(&mut self, rest: &[Lexeme], is_top: bool, at: usize) -> Result<(), ParseError> {
        if !is_top {
            return Err(self.error(at, "unexpected {{define}}"));
        }
        let (name, rest) = self.name(rest, "define", at)?;
        self.nothing_left(rest, "define", at)?;
        let body = self.definition(at)?;
        if self.defined.contains_key(&name) {
            return Err(self.error(
                at,
                format!("template: multiple definition of template {name:?}"),
            ));
        }
        self.defined.insert(name, body);
        Ok(())
    }

    /// The body of a template with a name of its own: it knows no variable but `$`.
    fn definition(&mut self, at: usize) -> Result<Block, ParseError> {
        self.enter(at)?;
        let outer = std::mem::replace(&mut self.pipelines.variables, vec!["$".into()]);
        let ranges = std::mem::take(&mut self.ranges);
        let body = match self.block(false)? {
            (body, Some((Ending::End, _))) => body,
            (_, Some((Ending::Else(_), at))) => return Err(self.error(at, "unexpected {{else}}")),
            (_, None) => return Err(self.error(self.text.len(), "unexpected EOF")),
        };
        self.pipelines.variables = outer;
        self.ranges = ranges;
        self.pipelines.depth -= 1;
        Ok(body)
    }

    fn name<'l>(
        &self,
        rest: &'l [Lexeme],
        context: &str,
        at: usize,
    ) -> Result<(Box<str>, &'l [Lexeme]), ParseError> {
        let rest = skip_space(rest);
        match rest.split_first() {
            Some((
                Lexeme {
                    token: Token::Text(name),
                    ..
                },
                rest,
            )) => Ok((name.as_str().into(), rest)),
            _ => Err(self.error(
                at,
                format!("the name of a {context} must be a quoted string"),
            )),
        }
    }

    fn nothing_left(&self, rest: &[Lexeme], context: &str, at: usize) -> Result<(), ParseError> {
        match rest.iter().find(|one| one.token != Token::Space) {
            None => Ok(()),
            Some(one) => {
                let found = &self.text[one.span.clone()];
                Err(self.error(at, format!("unexpected {found:?} in {context}")))
            }
        }
    }

    fn enter(&mut self, at: usize) -> Result<(), ParseError> {
        self.pipelines.depth += 1;
        if self.pipelines.depth > MAX_DEPTH {
            return Err(self.error(at, format!("nested deeper than {MAX_DEPTH}")));
        }
        Ok(())
    }
}

/// `{{- ` with its space.
fn starts_trimmed(inside: &str) -> bool {
    inside
        .strip_prefix('-')
        .is_some_and(|rest| rest.starts_with(char::is_whitespace))
}

/// Where the action that starts here ends: at `}}` outside of strings.
fn closing(body: &str) -> Result<usize, &'static str> {
    let bytes = body.as_bytes();
    let mut at = 0;
    while at < bytes.len() {
        match bytes[at] {
            b'}' if bytes.get(at + 1) == Some(&b'}') => return Ok(at),
            quote @ (b'"' | b'\'') => {
                at += 1;
                while bytes
                    .get(at)
                    .is_some_and(|byte| *byte != quote && *byte != b'\n')
                {
                    at += if bytes[at] == b'\\' { 2 } else { 1 };
                }
            }
            b'`' => at += 1 + body[at + 1..].find('`').unwrap_or(body.len()),
            _ => {}
        }
        at += 1;
    }
    Err("unclosed action")
}

pub(super) fn skip_space(lexemes: &[Lexeme]) -> &[Lexeme] {
    match lexemes.split_first() {
        Some((one, rest)) if one.token == Token::Space => rest,
        _ => lexemes,
    }
}

/// The word at the head of an action, and what follows it.
fn keyword(lexemes: &[Lexeme]) -> (&str, &[Lexeme]) {
    match skip_space(lexemes).split_first() {
        Some((
            Lexeme {
                token: Token::Word(word),
                ..
            },
            rest,
        )) => (word, rest),
        _ => ("", lexemes),
    }
}
