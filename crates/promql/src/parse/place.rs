//! Where a text that was refused goes wrong. The parser does not say; this follows the grammar just far
//! enough to find the first token that cannot be where it is. It never decides whether a text is a query.

use std::ops::Range;

use super::scan::{Token, Tokens};
use crate::error::Position;

/// Words that are aggregations where `(`, `by` or `without` follows.
const AGGREGATORS: [&str; 14] = [
    "sum",
    "avg",
    "min",
    "max",
    "count",
    "group",
    "stddev",
    "stdvar",
    "topk",
    "bottomk",
    "quantile",
    "count_values",
    "limitk",
    "limit_ratio",
];
/// Words that are operators.
const OPERATORS: [&str; 4] = ["and", "or", "unless", "atan2"];

/// What is wrong first, and where it begins, in bytes.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Fault {
    pub(super) at: usize,
    pub(super) what: String,
}

type Follows = Result<(), Fault>;

/// The first token that cannot be where it is; `None` where the order of tokens is not what is wrong.
/// The text has passed the guard, so that it is not nested too deep.
pub(super) fn fault(text: &str) -> Option<Fault> {
    let mut walk = Walk {
        text,
        tokens: Tokens::of(text).placed().collect(),
        next: 0,
    };
    walk.whole().err()
}

/// The only call of a function that an error speaks of by its name.
pub(super) fn call(text: &str, error: &str) -> Option<usize> {
    let tokens: Vec<_> = Tokens::of(text).placed().collect();
    let mut found = tokens.windows(2).filter_map(|pair| match pair {
        [(_, Token::Word(at)), (_, Token::Sign(b'('))] => {
            let name = text.get(at.clone())?;
            let quoted = [format!("'{name}'"), format!("\"{name}\"")];
            let is_named = quoted.iter().any(|quoted| error.contains(quoted.as_str()));
            is_named.then_some(at.start)
        }
        _ => None,
    });
    let first = found.next()?;
    found.next().is_none().then_some(first)
}

impl Position {
    /// Of a byte in a text.
    pub(super) fn of(text: &str, at: usize) -> Position {
        let before = text.get(..at).unwrap_or(text);
        let line = before.rsplit('\n').next().unwrap_or_default();
        Position {
            line: before.matches('\n').count() + 1,
            column: line.chars().count() + 1,
        }
    }
}

struct Walk<'t> {
    text: &'t str,
    tokens: Vec<(usize, Token)>,
    next: usize,
}

impl Walk<'_> {
    fn peek(&self) -> Option<&Token> {
        self.tokens.get(self.next).map(|(_, token)| token)
    }

    fn sign(&self) -> Option<u8> {
        match self.peek() {
            Some(Token::Sign(sign)) => Some(*sign),
            _ => None,
        }
    }

    fn word(&self) -> Option<&str> {
        match self.peek() {
            Some(Token::Word(at)) => self.text.get(at.clone()),
            _ => None,
        }
    }

    fn is_word(&self, words: &[&str]) -> bool {
        self.word()
            .is_some_and(|word| words.iter().any(|one| word.eq_ignore_ascii_case(one)))
    }

    fn begins_number(&self) -> bool {
        let begins = |word: &str| word.starts_with(|first: char| first.is_ascii_digit());
        self.word().is_some_and(begins) || self.is_word(&["inf", "nan"])
    }

    /// Steps over a sign, if it is there.
    fn took(&mut self, sign: u8) -> bool {
        let is_there = self.sign() == Some(sign);
        self.next += usize::from(is_there);
        is_there
    }

    /// Whether the next token begins where the one before it ends.
    fn is_attached(&self) -> bool {
        let end = |nth: usize| match self.tokens.get(nth)? {
            (_, Token::Word(at) | Token::Text { at, .. }) => Some(at.end),
            (at, Token::Sign(_)) => Some(at + 1),
        };
        let begins = self.tokens.get(self.next).map(|(at, _)| *at);
        let before = self.next.checked_sub(1).and_then(end);
        begins.is_some() && begins == before
    }

    /// The next token is not what it has to be.
    fn unexpected(&self, place: &str) -> Follows {
        let shown = |at: &Range<usize>| self.text.get(at.clone()).unwrap_or_default();
        let (at, what) = match self.tokens.get(self.next) {
            None => (self.text.trim_end().len(), "end of input".to_owned()),
            Some((at, Token::Word(word))) => {
                let word = shown(word);
                match word.starts_with(|first: char| first.is_ascii_digit()) {
                    true => (*at, format!("number \"{word}\"")),
                    false => (*at, format!("identifier \"{word}\"")),
                }
            }
            Some((at, Token::Text { at: text, .. })) => (*at, format!("string {}", shown(text))),
            Some((at, Token::Sign(_))) => {
                let sign = self.text.get(*at..).and_then(|rest| rest.chars().next());
                (*at, format!("{:?}", sign.unwrap_or_default().to_string()))
            }
        };
        Err(Fault {
            at,
            what: format!("unexpected {what}{place}"),
        })
    }

    fn whole(&mut self) -> Follows {
        self.expr()?;
        match self.peek() {
            None => Ok(()),
            Some(_) => self.unexpected(""),
        }
    }

    fn expr(&mut self) -> Follows {
        loop {
            while self.took(b'+') || self.took(b'-') {}
            self.operand()?;
            self.behind_operand()?;
            if !self.took_operator() {
                return Ok(());
            }
            self.modifiers()?;
        }
    }

    fn operand(&mut self) -> Follows {
        match self.peek() {
            Some(Token::Text { .. }) => {
                self.next += 1;
                Ok(())
            }
            Some(Token::Sign(b'(')) => self.enclosed(false),
            Some(Token::Sign(b'{')) => self.matchers(),
            Some(Token::Sign(b'.')) => self.number(),
            Some(Token::Word(_)) if self.begins_number() => self.number(),
            Some(Token::Word(_)) => self.named(),
            // A recording rule may be called `:x`.
            Some(Token::Sign(b':')) => self.named(),
            _ => self.unexpected(""),
        }
    }

    /// A metric, a call or an aggregation.
    fn named(&mut self) -> Follows {
        let aggregates = self.is_word(&AGGREGATORS);
        self.next += 1;
        while self.is_attached() && (self.word().is_some() || self.sign() == Some(b':')) {
            self.next += 1;
        }
        if aggregates && self.is_word(&["by", "without"]) {
            self.next += 1;
            self.names()?;
            return self.enclosed(true);
        }
        match self.sign() {
            Some(b'(') => {
                self.enclosed(true)?;
                if aggregates && self.is_word(&["by", "without"]) {
                    self.next += 1;
                    self.names()?;
                }
                Ok(())
            }
            Some(b'{') => self.matchers(),
            _ => Ok(()),
        }
    }

    /// `1.5e-3` in all its pieces.
    fn number(&mut self) -> Follows {
        loop {
            let exponent = self.word().is_some_and(|word| {
                !word.starts_with("0x") && !word.starts_with("0X") && word.ends_with(['e', 'E'])
            });
            self.next += 1;
            if !self.is_attached() {
                return Ok(());
            }
            match self.peek() {
                Some(Token::Word(_) | Token::Sign(b'.')) => {}
                Some(Token::Sign(b'+' | b'-')) if exponent => {}
                _ => return Ok(()),
            }
        }
    }

    /// One expression in parentheses, or the arguments of a call.
    fn enclosed(&mut self, are_arguments: bool) -> Follows {
        let open = self.tokens.get(self.next).map(|(at, _)| *at);
        if !self.took(b'(') {
            return self.unexpected(", expected \"(\"");
        }
        let unclosed = |walk: &Self| match (walk.peek(), open) {
            (None, Some(at)) => Err(Fault {
                at,
                what: "unclosed left parenthesis".to_owned(),
            }),
            _ => Ok(()),
        };
        if are_arguments && self.took(b')') {
            return Ok(());
        }
        loop {
            unclosed(self)?;
            self.expr()?;
            unclosed(self)?;
            if self.took(b')') {
                return Ok(());
            }
            if !(are_arguments && self.took(b',')) {
                return self.unexpected("");
            }
        }
    }

    /// `{a="b",c!~"d"}`
    fn matchers(&mut self) -> Follows {
        const PLACE: &str = " in label matching";
        self.next += 1;
        loop {
            if self.took(b'}') {
                return Ok(());
            }
            match self.peek() {
                Some(Token::Word(_)) => self.next += 1,
                Some(Token::Text { .. }) => {
                    self.next += 1;
                    // The name of a metric.
                    if matches!(self.sign(), Some(b',' | b'}')) {
                        self.took(b',');
                        continue;
                    }
                }
                _ => return self.unexpected(&format!("{PLACE}, expected a label name or \"}}\"")),
            }
            match self.sign() {
                Some(b'=') => {
                    self.next += 1;
                    self.took(b'~');
                }
                Some(b'!') => {
                    self.next += 1;
                    if !(self.took(b'=') || self.took(b'~')) {
                        return self.unexpected(PLACE);
                    }
                }
                _ => {
                    let expected = format!("{PLACE}, expected a label matching operator");
                    return self.unexpected(&expected);
                }
            }
            if !matches!(self.peek(), Some(Token::Text { .. })) {
                return self.unexpected(&format!("{PLACE}, expected a string"));
            }
            self.next += 1;
            if !self.took(b',') && self.sign() != Some(b'}') {
                return self.unexpected(&format!("{PLACE}, expected \",\" or \"}}\""));
            }
        }
    }

    /// `(a, b)`
    fn names(&mut self) -> Follows {
        const PLACE: &str = " in grouping";
        if !self.took(b'(') {
            return self.unexpected(&format!("{PLACE}, expected \"(\""));
        }
        loop {
            if self.took(b')') {
                return Ok(());
            }
            if !matches!(self.peek(), Some(Token::Word(_) | Token::Text { .. })) {
                return self.unexpected(&format!("{PLACE}, expected a label name"));
            }
            self.next += 1;
            if !self.took(b',') && self.sign() != Some(b')') {
                return self.unexpected(&format!("{PLACE}, expected \",\" or \")\""));
            }
        }
    }

    /// `[5m:1m]`, `offset 5m`, `@ 1`
    fn behind_operand(&mut self) -> Follows {
        loop {
            if self.took(b'[') {
                self.duration(" in brackets")?;
                if self.took(b':') && self.sign() != Some(b']') {
                    self.duration(" in brackets")?;
                }
                if !self.took(b']') {
                    return self.unexpected(" in brackets, expected \"]\"");
                }
            } else if self.is_word(&["offset"]) {
                self.next += 1;
                let _ = self.took(b'-') || self.took(b'+');
                self.duration(" in offset")?;
            } else if self.took(b'@') {
                let _ = self.took(b'-') || self.took(b'+');
                match self.is_word(&["start", "end"]) {
                    true => {
                        self.next += 1;
                        self.enclosed(true)?;
                    }
                    false => match self.peek() {
                        Some(Token::Word(_)) if self.begins_number() => self.number()?,
                        Some(Token::Sign(b'.')) => self.number()?,
                        _ => return self.unexpected(" in @, expected a timestamp"),
                    },
                }
            } else {
                return Ok(());
            }
        }
    }

    fn duration(&mut self, place: &str) -> Follows {
        match self.begins_number() || self.sign() == Some(b'.') {
            true => self.number(),
            false => self.unexpected(&format!("{place}, expected a duration")),
        }
    }

    fn took_operator(&mut self) -> bool {
        if self.is_word(&OPERATORS) {
            self.next += 1;
            return true;
        }
        let followed_by_equals = |walk: &Self| {
            let behind = walk.tokens.get(walk.next + 1).map(|(_, token)| token);
            behind == Some(&Token::Sign(b'='))
        };
        match self.sign() {
            Some(b'+' | b'-' | b'*' | b'/' | b'%' | b'^') => self.next += 1,
            Some(b'<' | b'>') => self.next += 1 + usize::from(followed_by_equals(self)),
            Some(b'=' | b'!') if followed_by_equals(self) => self.next += 2,
            _ => return false,
        }
        true
    }

    /// `bool`, `on (a) group_left (b)`
    fn modifiers(&mut self) -> Follows {
        if self.is_word(&["bool"]) {
            self.next += 1;
        }
        if self.is_word(&["on", "ignoring"]) {
            self.next += 1;
            self.names()?;
            if self.is_word(&["group_left", "group_right"]) {
                self.next += 1;
                if self.sign() == Some(b'(') {
                    self.names()?;
                }
            }
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn told(text: &str) -> Option<String> {
        let fault = fault(text)?;
        let Position { line, column } = Position::of(text, fault.at);
        Some(format!("{line}:{column}: {}", fault.what))
    }

    #[test]
    fn the_first_token_that_cannot_be_there_is_found() {
        for (text, expected) in [
            ("a b", "1:3: unexpected identifier \"b\""),
            ("a 1.5", "1:3: unexpected number \"1\""),
            ("a 'b'", "1:3: unexpected string 'b'"),
            ("* a", "1:1: unexpected \"*\""),
            ("a + * b", "1:5: unexpected \"*\""),
            ("a +", "1:4: unexpected end of input"),
            ("", "1:1: unexpected end of input"),
            ("a\n  +\n  )", "3:3: unexpected \")\""),
            ("sum(a))", "1:7: unexpected \")\""),
            ("sum(rate(x[5m])", "1:4: unclosed left parenthesis"),
            ("sum(", "1:4: unclosed left parenthesis"),
            ("(a, b)", "1:3: unexpected \",\""),
            ("sum(a,,b)", "1:7: unexpected \",\""),
            ("a $ b", "1:3: unexpected \"$\""),
            ("é + a", "1:1: unexpected \"é\""),
            ("'é' # é\n + ü", "2:4: unexpected \"ü\""),
            (
                "x{a}",
                "1:4: unexpected \"}\" in label matching, expected a label matching operator",
            ),
            (
                "x{a=b}",
                "1:5: unexpected identifier \"b\" in label matching, expected a string",
            ),
            (
                "x{a='b' c='d'}",
                "1:9: unexpected identifier \"c\" in label matching, expected \",\" or \"}\"",
            ),
            (
                "x{a='b'",
                "1:8: unexpected end of input in label matching, expected \",\" or \"}\"",
            ),
            (
                "x[]",
                "1:3: unexpected \"]\" in brackets, expected a duration",
            ),
            (
                "x[5m",
                "1:5: unexpected end of input in brackets, expected \"]\"",
            ),
            (
                "sum by job (x)",
                "1:8: unexpected identifier \"job\" in grouping, expected \"(\"",
            ),
            (
                "sum by (a b) (x)",
                "1:11: unexpected identifier \"b\" in grouping, expected \",\" or \")\"",
            ),
            (
                "x offset y",
                "1:10: unexpected identifier \"y\" in offset, expected a duration",
            ),
            (
                "x @ y",
                "1:5: unexpected identifier \"y\" in @, expected a timestamp",
            ),
        ] {
            assert_eq!(told(text).as_deref(), Some(expected), "{text}");
        }
    }

    #[test]
    fn in_a_query_there_is_nothing_to_find() {
        for text in [
            "1 + -1.5e-3 * .5 ^ 0x1e - 1e5 - Inf",
            "job:x:rate5m{a=\"b\",c!~'d',}[5m:1m] offset -1h30m @ 1.5",
            "{\"a b\", c='d'} or {'e'!=\"f\"} @ start()",
            "sum by (a, \"b\") (rate(x[5m])) / on(a) group_left(b,) count(y) without ()",
            "topk(3, a >= bool 1) and ignoring(x) group_right b unless c atan2 d",
            "time() == 1 != bool 2 # c (",
            "sum + by - offset",
            "absent(x{}) @ end() [1d:] offset 5m",
            "quantile(0.9, a) <= b > c < d % 2",
        ] {
            assert_eq!(told(text), None, "{text}");
        }
    }

    #[test]
    fn a_call_is_found_by_its_name() {
        let error = "unknown function with name 'foo'";
        assert_eq!(call("1 + foo(x)", error), Some(4));
        assert_eq!(call("foo + 1", error), None);
        assert_eq!(call("foo(x) + foo(y)", error), None);
        assert_eq!(call("a'foo(' + \"b\"", error), None);
    }
}
