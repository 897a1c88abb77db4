//! Help texts and label values, as they were before they were written.

use std::borrow::Cow;

use memchr::{memchr, memchr2};

/// The bytes from behind an opening quote to its closing one, and whether there is a backslash
/// among them; `None` if there is no closing quote.
pub(super) fn quoted(text: &str) -> Option<(usize, bool)> {
    let bytes = text.as_bytes();
    let mut at = 0;
    let mut escaped = false;
    loop {
        at += memchr2(b'"', b'\\', bytes.get(at..)?)?;
        if bytes.get(at) == Some(&b'"') {
            return Some((at, escaped));
        }
        escaped = true;
        at += 2; // whatever is escaped, it does not end here
    }
}

/// The text without its escapes: `\\`, `\"` and `\n`. A backslash before anything else stays, as
/// Prometheus has it.
///
/// In a help text of the format 0.0.4 a quote needs no escape; but there a backslash does, so that
/// no `\"` was meant to be two characters.
pub(super) fn unescaped(text: &str) -> Cow<'_, str> {
    let Some(first) = memchr(b'\\', text.as_bytes()) else {
        return Cow::Borrowed(text);
    };
    let (plain, mut rest) = text.split_at_checked(first).unwrap_or((text, ""));
    let mut out = String::with_capacity(text.len());
    out.push_str(plain);
    while let Some(escape) = rest.strip_prefix('\\') {
        let (meant, behind) = match escape.as_bytes().first() {
            Some(b'n') => ("\n", escape.get(1..)),
            Some(b'"') => ("\"", escape.get(1..)),
            Some(b'\\') => ("\\", escape.get(1..)),
            _ => ("\\", Some(escape)),
        };
        out.push_str(meant);
        let behind = behind.unwrap_or_default();
        let next = memchr(b'\\', behind.as_bytes()).unwrap_or(behind.len());
        let (plain, more) = behind.split_at_checked(next).unwrap_or((behind, ""));
        out.push_str(plain);
        rest = more;
    }
    Cow::Owned(out)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn escapes_that_are_known_are_undone() {
        for (text, meant) in [
            ("", ""),
            ("plain ü", "plain ü"),
            (r"a\\b", r"a\b"),
            (r#"\"a\""#, "\"a\""),
            (r"a\nb", "a\nb"),
            (r"\\n", r"\n"),
            (r"\\\n", "\\\n"),
            (r"c:\\dir\\", r"c:\dir\"),
            (r"\x\t\ü", r"\x\t\ü"),
            (r"ends with \", r"ends with \"),
        ] {
            assert_eq!(unescaped(text), meant, "{text}");
        }
        assert!(matches!(unescaped("plain"), Cow::Borrowed(_)));
    }

    #[test]
    fn a_quote_ends_where_it_is_not_escaped() {
        assert_eq!(quoted(r#"a" b""#), Some((1, false)));
        assert_eq!(quoted(r#"""#), Some((0, false)));
        assert_eq!(quoted(r#"c:\\" 1"#), Some((4, true)));
        assert_eq!(quoted(r#"\"",b="""#), Some((2, true)));
        assert_eq!(quoted(r#"\ü""#), Some((3, true)));
        for open in ["", "a", r"\", r#"\""#, r#"a\\\""#] {
            assert_eq!(quoted(open), None, "{open}");
        }
    }
}
