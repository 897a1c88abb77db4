//! Another reader of single sample lines, as plain as can be: slow, by characters, without limits.

use super::Owned;

/// What [`read`](super::read()) should find in a line that is neither blank nor a comment.
pub(super) fn sample(line: &str) -> Option<Owned> {
    let chars: Vec<char> = line.chars().collect();
    let mut rest = trim(&chars);
    let name = word(&mut rest, " \t{");
    if !is_name(&name, ":_") {
        return None;
    }
    rest = trim(rest);
    let mut labels: Vec<(String, String)> = Vec::new();
    if rest.first() == Some(&'{') {
        rest = trim(&rest[1..]);
        while rest.first()? != &'}' {
            let label = word(&mut rest, " \t=");
            rest = trim(rest);
            if !is_name(&label, "_") || label == "__name__" || rest.first()? != &'=' {
                return None;
            }
            if labels.iter().any(|(known, _)| *known == label) {
                return None;
            }
            rest = trim(&rest[1..]);
            if rest.first()? != &'"' {
                return None;
            }
            rest = &rest[1..];
            let mut value = String::new();
            while rest.first()? != &'"' {
                let (meant, length) = match rest {
                    ['\\', 'n', ..] => ("\n".to_owned(), 2),
                    ['\\', c @ ('"' | '\\'), ..] => (c.to_string(), 2),
                    [c, ..] => (c.to_string(), 1),
                    [] => return None,
                };
                value.push_str(&meant);
                rest = &rest[length..];
            }
            labels.push((label, value));
            rest = trim(&rest[1..]);
            if rest.first() == Some(&',') {
                rest = trim(&rest[1..]);
            }
        }
        rest = trim(&rest[1..]);
    }
    let rest: String = rest.iter().collect();
    let mut fields = rest.split([' ', '\t']).filter(|field| !field.is_empty());
    let value = fields.next()?;
    let mut timestamp_ms = None;
    match fields.next() {
        None => {}
        Some(exemplar) if exemplar.starts_with('#') => {}
        Some(field) => {
            timestamp_ms = Some(field.parse().ok()?);
            if !fields
                .next()
                .is_none_or(|exemplar| exemplar.starts_with('#'))
            {
                return None;
            }
        }
    }
    Some(Owned {
        name,
        labels,
        value: number(value)?.to_bits(),
        timestamp_ms,
    })
}

fn number(word: &str) -> Option<f64> {
    let bare = word.strip_prefix(['+', '-']).unwrap_or(word).to_lowercase();
    match bare.as_str() {
        "nan" if bare.len() == word.len() => Some(f64::NAN),
        "nan" => None,
        "inf" | "infinity" if word.starts_with('-') => Some(f64::NEG_INFINITY),
        "inf" | "infinity" => Some(f64::INFINITY),
        _ => word.parse().ok().filter(|number: &f64| number.is_finite()),
    }
}

fn trim(mut chars: &[char]) -> &[char] {
    while let [' ' | '\t', rest @ ..] = chars {
        chars = rest;
    }
    chars
}

fn word(chars: &mut &[char], ends: &str) -> String {
    let length = chars.iter().position(|c| ends.contains(*c));
    let (word, rest) = chars.split_at(length.unwrap_or(chars.len()));
    *chars = rest;
    word.iter().collect()
}

fn is_name(word: &str, also: &str) -> bool {
    let good = |c: char| c.is_ascii_alphanumeric() || also.contains(c);
    word.chars().all(good) && word.starts_with(|c: char| good(c) && !c.is_ascii_digit())
}
