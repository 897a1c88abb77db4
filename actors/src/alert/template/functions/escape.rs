//! Texts made fit for HTML, JavaScript and URLs.

use super::{Answer, Call, general};

pub(super) fn html(call: &Call) -> Answer {
    let escaped = each(call, |c, out| match c {
        '"' => out.push_str("&#34;"),
        '\'' => out.push_str("&#39;"),
        '&' => out.push_str("&amp;"),
        '<' => out.push_str("&lt;"),
        '>' => out.push_str("&gt;"),
        '\0' => out.push('\u{fffd}'),
        c => out.push(c),
    });
    Ok(escaped.into())
}

pub(super) fn js(call: &Call) -> Answer {
    let escaped = each(call, |c, out| match c {
        '\\' | '\'' | '"' => {
            out.push('\\');
            out.push(c);
        }
        '<' | '>' | '&' | '=' => out.push_str(&format!("\\u{:04X}", u32::from(c))),
        c if u32::from(c) < 0x20 => out.push_str(&format!("\\u{:04X}", u32::from(c))),
        c => out.push(c),
    });
    Ok(escaped.into())
}

pub(super) fn query(call: &Call) -> Answer {
    let text = general::joined(call);
    Ok(query_escaped(&text).into())
}

/// As Go's `url.QueryEscape`.
pub(super) fn query_escaped(text: &str) -> String {
    let mut out = String::new();
    for byte in text.bytes() {
        match byte {
            b' ' => out.push('+'),
            b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' | b'-' | b'_' | b'.' | b'~' => {
                out.push(char::from(byte));
            }
            byte => out.push_str(&format!("%{byte:02X}")),
        }
    }
    out
}

fn each(call: &Call, escape: impl Fn(char, &mut String)) -> String {
    let mut out = String::new();
    for c in general::joined(call).chars() {
        escape(c, &mut out);
    }
    out
}
