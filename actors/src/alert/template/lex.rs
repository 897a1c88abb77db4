//! Cuts what stands between `{{` and `}}` into tokens.

use super::ParseError;
use super::ast::Span;
use super::literal;

/// A token and where it stands.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Lexeme {
    pub(super) token: Token,
    pub(super) span: Span,
}

/// The smallest parts of an action.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Token {
    /// White space, which tells arguments apart.
    Space,
    /// A word: a keyword, a function, `true`, `nil`.
    Word(String),
    /// `.name`
    Field(String),
    /// `$name`, with its dollar sign.
    Variable(String),
    /// `.` alone.
    Dot,
    Int(i64),
    Float(f64),
    Text(String),
    Open,
    Close,
    Pipe,
    Declare,
    Assign,
    Comma,
}

/// The tokens of `text[span]`.
pub(super) fn tokens(text: &str, span: Span) -> Result<Vec<Lexeme>, ParseError> {
    let mut lexemes = Vec::new();
    let mut at = span.start;
    while at < span.end {
        let rest = &text[at..span.end];
        let (token, length) = token(rest).map_err(|reason| ParseError::at(text, at, reason))?;
        lexemes.push(Lexeme {
            token,
            span: at..at + length,
        });
        at += length;
    }
    Ok(lexemes)
}

fn token(rest: &str) -> Result<(Token, usize), String> {
    let first = rest.chars().next().unwrap_or_default();
    let second = rest.chars().nth(1);
    let is_number = |c: Option<char>| c.is_some_and(|c| c.is_ascii_digit());
    Ok(match first {
        c if c.is_whitespace() => {
            let length = rest.find(|c: char| !c.is_whitespace());
            (Token::Space, length.unwrap_or(rest.len()))
        }
        '(' => (Token::Open, 1),
        ')' => (Token::Close, 1),
        '|' => (Token::Pipe, 1),
        ',' => (Token::Comma, 1),
        '=' => (Token::Assign, 1),
        ':' if second == Some('=') => (Token::Declare, 2),
        ':' => return Err("expected :=".into()),
        '"' | '`' => {
            let (text, length) = literal::text(rest)?;
            (Token::Text(text), length)
        }
        '\'' => {
            let (number, length) = literal::character(rest)?;
            (Token::Int(number), length)
        }
        '.' if is_number(second) => number(rest)?,
        '.' => match word(&rest[1..]) {
            "" => (Token::Dot, 1),
            name => (Token::Field(name.into()), 1 + name.len()),
        },
        '$' => {
            let length = 1 + word(&rest[1..]).len();
            (Token::Variable(rest[..length].into()), length)
        }
        '+' | '-' => number(rest)?,
        c if c.is_ascii_digit() => number(rest)?,
        c if is_word(c) => {
            let name = word(rest);
            (Token::Word(name.into()), name.len())
        }
        c => return Err(format!("unexpected {c:?} in command")),
    })
}

fn number(rest: &str) -> Result<(Token, usize), String> {
    let (number, length) = literal::number(rest)?;
    let token = match number {
        literal::Number::Int(number) => Token::Int(number),
        literal::Number::Float(number) => Token::Float(number),
    };
    Ok((token, length))
}

fn is_word(c: char) -> bool {
    c == '_' || c.is_alphanumeric()
}

fn word(rest: &str) -> &str {
    let length = rest.find(|c| !is_word(c)).unwrap_or(rest.len());
    &rest[..length]
}
