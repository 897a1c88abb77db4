//! Help texts and label values: what must not stand in them as it is.

/// What to do with `"`.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Quotes {
    /// As it is: nothing ends there.
    Plain,
    /// `\"`.
    Escaped,
}

/// Appends a text with backslashes, line feeds and, where they would end it, quotes escaped.
pub(super) fn push(out: &mut String, text: &str, quotes: Quotes) {
    let special = |c: u8| c == b'\\' || c == b'\n' || (c == b'"' && quotes == Quotes::Escaped);
    let mut rest = text;
    while let Some(at) = rest.bytes().position(special) {
        out.push_str(&rest[..at]);
        out.push_str(match rest.as_bytes()[at] {
            b'\\' => r"\\",
            b'\n' => r"\n",
            _ => "\\\"",
        });
        rest = &rest[at + 1..];
    }
    out.push_str(rest);
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_would_break_a_line_is_escaped() {
        let escaped = |text, quotes| {
            let mut out = String::new();
            push(&mut out, text, quotes);
            out
        };
        assert_eq!(escaped("C:\\a\n\"ü\"", Quotes::Plain), r#"C:\\a\n"ü""#);
        assert_eq!(escaped("C:\\a\n\"ü\"", Quotes::Escaped), r#"C:\\a\n\"ü\""#);
        assert_eq!(escaped("", Quotes::Escaped), "");
        assert_eq!(escaped("\n", Quotes::Plain), "\\n");
        assert_eq!(escaped("\ttab stays", Quotes::Plain), "\ttab stays");
    }
}
