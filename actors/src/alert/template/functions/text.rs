//! Texts changed and matched.

use regex::{Regex, RegexBuilder};

use super::{Answer, Call, CallError, failed};
use crate::alert::template::exec::MAX_OUTPUT;
use crate::alert::template::value::Value;

/// How large a compiled pattern may be, in bytes.
const MAX_PATTERN: usize = 256 * 1024;

pub(super) fn title(call: &Call) -> Answer {
    let [text] = call.exactly()?;
    let mut title = String::new();
    let mut before = ' ';
    for c in call.text(text)?.chars() {
        match before.is_alphanumeric() || before == '_' {
            true => title.push(c),
            false => title.extend(c.to_uppercase()),
        }
        before = c;
    }
    Ok(title.into())
}

pub(super) fn to_upper(call: &Call) -> Answer {
    let [text] = call.exactly()?;
    Ok(call.text(text)?.to_uppercase().into())
}

pub(super) fn to_lower(call: &Call) -> Answer {
    let [text] = call.exactly()?;
    Ok(call.text(text)?.to_lowercase().into())
}

pub(super) fn same(call: &Call) -> Answer {
    let [text] = call.exactly()?;
    Ok(call.text(text)?.to_owned().into())
}

pub(super) fn matches(call: &Call) -> Answer {
    let [pattern, text] = call.exactly()?;
    let is_match = compile(call.text(pattern)?)?.is_match(call.text(text)?);
    Ok(Value::Bool(is_match))
}

pub(super) fn replace_all(call: &Call) -> Answer {
    let [pattern, replacement, text] = call.exactly()?;
    let pattern = compile(call.text(pattern)?)?;
    let (replacement, text) = (call.text(replacement)?, call.text(text)?);
    let mut replaced = String::new();
    let mut at = 0;
    for captures in pattern.captures_iter(text) {
        let Some(whole) = captures.get(0) else {
            continue;
        };
        replaced.push_str(&text[at..whole.start()]);
        captures.expand(replacement, &mut replaced);
        at = whole.end();
        if replaced.len() > MAX_OUTPUT {
            return failed(format!("more than {MAX_OUTPUT} bytes of text"));
        }
    }
    replaced.push_str(&text[at..]);
    Ok(replaced.into())
}

fn compile(pattern: &str) -> Result<Regex, CallError> {
    RegexBuilder::new(pattern)
        .size_limit(MAX_PATTERN)
        .dfa_size_limit(MAX_PATTERN)
        .build()
        .map_err(|_| CallError::Failed(format!("error parsing regexp: `{pattern}`")))
}
