//! Constants as Go writes them: numbers, characters, strings.

/// A number as it stands in a template.
#[derive(Debug, PartialEq)]
pub(super) enum Number {
    Int(i64),
    Float(f64),
}

/// The number at the head of `rest`, and its length.
pub(super) fn number(rest: &str) -> Result<(Number, usize), String> {
    let length = extent(rest);
    let text = &rest[..length];
    if rest[length..].starts_with(|c: char| c == '_' || c.is_alphanumeric()) {
        let end = rest.find(|c: char| c.is_whitespace()).unwrap_or(rest.len());
        return Err(format!("bad number syntax: {:?}", &rest[..end]));
    }
    parse(text)
        .map(|number| (number, length))
        .ok_or_else(|| format!("bad number syntax: {text:?}"))
}

/// How far a number goes: digits, letters of hexadecimal and exponents, signs behind an exponent.
fn extent(rest: &str) -> usize {
    let unsigned = rest.trim_start_matches(['+', '-']);
    let signs = rest.len() - unsigned.len();
    let is_hex = unsigned.starts_with("0x") || unsigned.starts_with("0X");
    let exponents: &[char] = if is_hex { &['p', 'P'] } else { &['e', 'E'] };
    let mut before = '0';
    let end = unsigned.find(|c: char| {
        let is_sign = matches!(c, '+' | '-') && exponents.contains(&before);
        before = c;
        !(c.is_ascii_hexdigit() || is_sign || "._xXoObBpP".contains(c))
    });
    signs + end.unwrap_or(unsigned.len())
}

fn parse(text: &str) -> Option<Number> {
    let (sign, digits) = match text.as_bytes().first()? {
        b'-' => (-1, &text[1..]),
        b'+' => (1, &text[1..]),
        _ => (1, text),
    };
    if digits.starts_with('_') || digits.ends_with('_') || digits.contains("__") {
        return None;
    }
    let digits = digits.replace('_', "");
    let radix = match digits.get(..2).map(str::to_ascii_lowercase).as_deref() {
        Some("0x") => Some((16, 2)),
        Some("0o") => Some((8, 2)),
        Some("0b") => Some((2, 2)),
        // As in Go, a leading zero is octal.
        Some(_) if digits.starts_with('0') && digits.bytes().all(|b| b.is_ascii_digit()) => {
            Some((8, 1))
        }
        _ => None,
    };
    let whole = |digits: &str, radix| {
        let number = i128::from_str_radix(digits, radix).ok()?;
        i64::try_from(sign * number).ok().map(Number::Int)
    };
    let is_unsigned = |digits: &str| !digits.starts_with(['+', '-']);
    match radix {
        Some((radix, skip)) if is_unsigned(&digits[skip..]) => whole(&digits[skip..], radix),
        Some(_) => None,
        None if digits.bytes().all(|b| b.is_ascii_digit()) => whole(&digits, 10),
        None if digits.starts_with(|c: char| c.is_ascii_digit() || c == '.') => {
            let number: f64 = digits.parse().ok()?;
            number
                .is_finite()
                .then_some(Number::Float(sign as f64 * number))
        }
        None => None,
    }
}

/// The string at the head of `rest`, quoted or raw, and how long it is there.
pub(super) fn text(rest: &str) -> Result<(String, usize), String> {
    if let Some(raw) = rest.strip_prefix('`') {
        let end = raw.find('`').ok_or("unterminated raw quoted string")?;
        return Ok((raw[..end].replace('\r', ""), end + 2));
    }
    let mut text = Vec::new();
    let mut at = 1;
    loop {
        let unterminated = || "unterminated quoted string".to_owned();
        match rest[at..].chars().next().ok_or_else(unterminated)? {
            '"' => break,
            '\n' => return Err(unterminated()),
            '\\' => {
                let (escaped, length) = escape(&rest[at..], '"')?;
                match escaped {
                    Escaped::Char(c) => text.extend(c.to_string().bytes()),
                    Escaped::Byte(byte) => text.push(byte),
                }
                at += length;
            }
            c => {
                text.extend(c.to_string().bytes());
                at += c.len_utf8();
            }
        }
    }
    Ok((String::from_utf8_lossy(&text).into_owned(), at + 1))
}

/// The character constant at the head of `rest`, and its length.
pub(super) fn character(rest: &str) -> Result<(i64, usize), String> {
    let malformed = || "malformed character constant".to_owned();
    let first = rest[1..].chars().next().ok_or_else(malformed)?;
    let (number, length) = match first {
        '\'' | '\n' => return Err(malformed()),
        '\\' => match escape(&rest[1..], '\'')? {
            (Escaped::Char(c), length) => (u32::from(c), length),
            (Escaped::Byte(byte), length) => (u32::from(byte), length),
        },
        c => (u32::from(c), c.len_utf8()),
    };
    if !rest[1 + length..].starts_with('\'') {
        return Err(malformed());
    }
    Ok((i64::from(number), length + 2))
}

enum Escaped {
    Char(char),
    Byte(u8),
}

/// What a backslash and what follows it stand for, and their length.
fn escape(rest: &str, quote: char) -> Result<(Escaped, usize), String> {
    let bad = || "invalid syntax in a quoted string".to_owned();
    let digits = |from: usize, count: usize, radix| {
        let text = rest.get(from..from + count).ok_or_else(bad)?;
        if text.starts_with(['+', '-']) {
            return Err(bad());
        }
        u32::from_str_radix(text, radix).map_err(|_| bad())
    };
    let byte = |number: u32| u8::try_from(number).map(Escaped::Byte).map_err(|_| bad());
    let unicode = |number: u32| char::from_u32(number).map(Escaped::Char).ok_or_else(bad);
    let kind = rest[1..].chars().next().ok_or_else(bad)?;
    let simple = |c| Ok((Escaped::Char(c), 2));
    match kind {
        'n' => simple('\n'),
        't' => simple('\t'),
        'r' => simple('\r'),
        'a' => simple('\x07'),
        'b' => simple('\x08'),
        'f' => simple('\x0c'),
        'v' => simple('\x0b'),
        '\\' => simple('\\'),
        c if c == quote => simple(c),
        'x' => Ok((byte(digits(2, 2, 16)?)?, 4)),
        'u' => Ok((unicode(digits(2, 4, 16)?)?, 6)),
        'U' => Ok((unicode(digits(2, 8, 16)?)?, 10)),
        '0'..='7' => Ok((byte(digits(1, 3, 8)?)?, 4)),
        _ => Err(bad()),
    }
}
