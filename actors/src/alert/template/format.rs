//! `printf`, as Go formats.

use super::number;
use super::value::{Root, Value, print};

/// The widest field, and the most digits, a template may ask for.
const MAX_WIDTH: usize = 1_000;

/// How one verb is to be printed.
#[derive(Default, Clone, Copy)]
struct Spec {
    plus: bool,
    minus: bool,
    sharp: bool,
    space: bool,
    zero: bool,
    width: Option<usize>,
    precision: Option<usize>,
}

/// Formats `arguments` by `format`. Mistakes stand in the text, as in Go.
///
/// # Errors
/// A width or precision beyond 1,000, and more text than `limit` bytes.
pub(super) fn printf(
    format: &str,
    arguments: &[Value],
    root: &Root,
    limit: usize,
) -> Result<String, String> {
    let mut out = String::new();
    let mut next = 0;
    let mut reordered = false;
    let mut rest = format;
    while let Some(at) = rest.find('%') {
        out.push_str(&rest[..at]);
        rest = &rest[at + 1..];
        let mut spec = Spec::default();
        rest = spec.flags(rest);
        rest = index(rest, &mut next, &mut reordered);
        (spec.width, rest) = amount(rest, arguments, &mut next)?;
        if let Some(after) = rest.strip_prefix('.') {
            let (precision, after) = amount(after, arguments, &mut next)?;
            spec.precision = Some(precision.unwrap_or(0));
            rest = after;
        }
        rest = index(rest, &mut next, &mut reordered);
        let Some(verb) = rest.chars().next() else {
            out.push_str("%!(NOVERB)");
            break;
        };
        rest = &rest[verb.len_utf8()..];
        if verb == '%' {
            out.push('%');
        } else if let Some(argument) = arguments.get(next) {
            next += 1;
            spec.print(verb, argument, root, &mut out);
        } else {
            out.push_str(&format!("%!{verb}(MISSING)"));
        }
        if out.len() > limit {
            return Err(format!("more than {limit} bytes of text"));
        }
    }
    out.push_str(rest);
    if !reordered && next < arguments.len() {
        out.push_str("%!(EXTRA ");
        for (at, value) in arguments[next..].iter().enumerate() {
            let comma = if at == 0 { "" } else { ", " };
            out.push_str(&format!(
                "{comma}{}={}",
                value.type_name(),
                plain(value, root)
            ));
        }
        out.push(')');
    }
    Ok(out)
}

fn plain(value: &Value, root: &Root) -> String {
    let mut text = String::new();
    print(value, root, &mut text);
    text
}

/// `[3]`: the argument to go on with.
fn index<'a>(rest: &'a str, next: &mut usize, reordered: &mut bool) -> &'a str {
    let found = rest.strip_prefix('[').and_then(|rest| rest.split_once(']'));
    match found.and_then(|(number, rest)| Some((number.parse::<usize>().ok()?, rest))) {
        Some((number, rest)) if number > 0 => {
            *next = number - 1;
            *reordered = true;
            rest
        }
        _ => rest,
    }
}

/// A width or a precision: digits, or `*`, which takes an argument.
fn amount<'a>(
    rest: &'a str,
    arguments: &[Value],
    next: &mut usize,
) -> Result<(Option<usize>, &'a str), String> {
    let (number, rest) = match rest.strip_prefix('*') {
        Some(rest) => {
            let number = match arguments.get(*next) {
                Some(Value::Int(number)) => usize::try_from(*number).ok(),
                _ => None,
            };
            *next += 1;
            (number, rest)
        }
        None => {
            let digits = rest
                .find(|c: char| !c.is_ascii_digit())
                .unwrap_or(rest.len());
            let number = match &rest[..digits] {
                "" => None,
                digits => Some(digits.parse().unwrap_or(usize::MAX)),
            };
            (number, &rest[digits..])
        }
    };
    match number {
        Some(number) if number > MAX_WIDTH => Err(format!("printf: wider than {MAX_WIDTH}")),
        number => Ok((number, rest)),
    }
}

impl Spec {
    fn flags<'a>(&mut self, rest: &'a str) -> &'a str {
        let after = rest.trim_start_matches(['+', '-', '#', ' ', '0']);
        for flag in rest[..rest.len() - after.len()].chars() {
            match flag {
                '+' => self.plus = true,
                '-' => self.minus = true,
                '#' => self.sharp = true,
                ' ' => self.space = true,
                _ => self.zero = true,
            }
        }
        after
    }

    fn print(&self, verb: char, value: &Value, root: &Root, out: &mut String) {
        let text = match (verb, value) {
            ('T', _) => Some(value.type_name().to_owned()),
            ('v', Value::Float(number)) => Some(self.unsigned().float('g', *number)),
            ('v', Value::Int(number)) => Some(number.to_string()),
            ('v', Value::Text(text)) if self.sharp => Some(quote(text)),
            ('v', Value::Text(text)) => Some(self.cut(text)),
            ('v', Value::Sample(_)) => Some(format!("&{}", plain(value, root))),
            ('v', _) => Some(plain(value, root)),
            ('t', Value::Bool(value)) => Some(value.to_string()),
            (_, Value::Int(number)) => self.int(verb, *number),
            ('e' | 'E' | 'f' | 'F' | 'g' | 'G', Value::Float(number)) => {
                Some(self.float(verb, *number))
            }
            ('s', Value::Text(text)) => Some(self.cut(text)),
            ('q', Value::Text(text)) => Some(quote(&self.cut(text))),
            ('x', Value::Text(text)) => Some(hex(text)),
            ('X', Value::Text(text)) => Some(hex(text).to_uppercase()),
            ('s', Value::Labels(_) | Value::Map(_) | Value::Time(_)) => Some(plain(value, root)),
            _ => None,
        };
        match text {
            Some(text) => self.pad(&text, is_number(verb, value), out),
            None if matches!(value, Value::Nil) => out.push_str(&format!("%!{verb}(<nil>)")),
            None => {
                let (name, text) = (value.type_name(), plain(value, root));
                out.push_str(&format!("%!{verb}({name}={text})"));
            }
        }
    }

    /// For `%+v`, whose plus means something else in Go.
    fn unsigned(&self) -> Spec {
        Spec {
            plus: false,
            ..*self
        }
    }

    fn int(&self, verb: char, number: i64) -> Option<String> {
        let magnitude = number.unsigned_abs();
        let character = || {
            u32::try_from(number)
                .ok()
                .and_then(char::from_u32)
                .unwrap_or('\u{fffd}')
        };
        let sharp = |prefix: &'static str| if self.sharp { prefix } else { "" };
        let digits = match verb {
            'd' => magnitude.to_string(),
            'b' => format!("{}{magnitude:b}", sharp("0b")),
            'o' => format!("{}{magnitude:o}", sharp("0")),
            'O' => format!("0o{magnitude:o}"),
            'x' => format!("{}{magnitude:x}", sharp("0x")),
            'X' => format!("{}{magnitude:X}", sharp("0X")),
            'c' => return Some(character().to_string()),
            'q' => return Some(format!("'{}'", character())),
            'U' => return Some(format!("U+{magnitude:04X}")),
            _ => return None,
        };
        let digits = match self.precision {
            Some(precision) => format!("{digits:0>precision$}"),
            None => digits,
        };
        Some(self.signed(digits, number < 0))
    }

    fn float(&self, verb: char, number: f64) -> String {
        let magnitude = number.abs();
        let text = match verb {
            'e' | 'E' => number::scientific(magnitude, Some(self.precision.unwrap_or(6))),
            'f' | 'F' => number::fixed(magnitude, Some(self.precision.unwrap_or(6))),
            _ => match self.precision {
                Some(precision) => number::general(magnitude, precision),
                None => number::shortest(magnitude),
            },
        };
        let is_negative = number.is_sign_negative() && !number.is_nan();
        let text = match text.strip_prefix('+') {
            // `+Inf` has its sign whether asked for or not.
            Some(infinite) => format!("{}{infinite}", if is_negative { "-" } else { "+" }),
            None => self.signed(text, is_negative),
        };
        match verb.is_ascii_uppercase() {
            true => text.replace('e', "E"),
            false => text,
        }
    }

    fn signed(&self, text: String, is_negative: bool) -> String {
        match (is_negative, self.plus, self.space) {
            (true, _, _) => format!("-{text}"),
            (false, true, _) => format!("+{text}"),
            (false, false, true) => format!(" {text}"),
            _ => text,
        }
    }

    fn cut(&self, text: &str) -> String {
        text.chars()
            .take(self.precision.unwrap_or(usize::MAX))
            .collect()
    }

    fn pad(&self, text: &str, is_number: bool, out: &mut String) {
        let missing = self.width.unwrap_or(0).saturating_sub(text.chars().count());
        if self.minus {
            out.push_str(text);
            out.extend(std::iter::repeat_n(' ', missing));
        } else if self.zero && is_number {
            let digits = text.trim_start_matches(['-', '+', ' ']);
            out.push_str(&text[..text.len() - digits.len()]);
            out.extend(std::iter::repeat_n('0', missing));
            out.push_str(digits);
        } else {
            out.extend(std::iter::repeat_n(' ', missing));
            out.push_str(text);
        }
    }
}

/// Whether zeros may fill it up.
fn is_number(verb: char, value: &Value) -> bool {
    match value {
        Value::Int(_) => !matches!(verb, 'c' | 'q' | 'U'),
        Value::Float(number) => number.is_finite(),
        _ => false,
    }
}

fn hex(text: &str) -> String {
    text.bytes().map(|byte| format!("{byte:02x}")).collect()
}

/// As Go quotes.
pub(super) fn quote(text: &str) -> String {
    let mut quoted = String::from("\"");
    for c in text.chars() {
        match c {
            '"' => quoted.push_str("\\\""),
            '\\' => quoted.push_str("\\\\"),
            '\n' => quoted.push_str("\\n"),
            '\t' => quoted.push_str("\\t"),
            '\r' => quoted.push_str("\\r"),
            '\x07' => quoted.push_str("\\a"),
            '\x08' => quoted.push_str("\\b"),
            '\x0c' => quoted.push_str("\\f"),
            '\x0b' => quoted.push_str("\\v"),
            c if u32::from(c) < 0x20 || c == '\x7f' => {
                quoted.push_str(&format!("\\x{:02x}", u32::from(c)));
            }
            c => quoted.push(c),
        }
    }
    quoted.push('"');
    quoted
}
