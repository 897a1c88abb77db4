//! Query texts: the same query however it is laid out.

/// A query without what does not matter.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Normal {
    /// In lower case outside quotes, one space between words, none around punctuation, without
    /// `%EXACT`.
    pub(crate) text: String,
    /// It asked for exact names somewhere, or for none that have a collation.
    pub(crate) exact: bool,
}

impl Normal {
    /// What stands after FROM, for an error message.
    pub(crate) fn table(&self) -> String {
        let after = self
            .text
            .split_once(" from ")
            .map_or("", |(_, after)| after);
        let table = after.split([' ', ',', ')']).next().unwrap_or_default();
        match table {
            "" => "SQLUSER.UNKNOWN".to_owned(),
            table => table.to_uppercase(),
        }
    }
}

/// Brings a query into its one form.
pub(crate) fn normalise(query: &str) -> Normal {
    let mut text = String::with_capacity(query.len());
    let mut quote = None;
    for character in query.trim().trim_end_matches(';').chars() {
        if let Some(open) = quote {
            text.push(character);
            if character == open {
                quote = None;
            }
            continue;
        }
        let last = text.chars().next_back();
        match character {
            '\'' | '"' => {
                quote = Some(character);
                text.push(character);
            }
            white if white.is_whitespace() => {
                if !matches!(last, None | Some(' ' | '(' | ',' | '=' | '>' | '<')) {
                    text.push(' ');
                }
            }
            ')' | ',' | '=' | '>' | '<' | '(' => {
                if last == Some(' ') && !(character == '(' && opens_a_list(&text)) {
                    text.pop();
                }
                text.push(character);
            }
            other => text.extend(other.to_lowercase()),
        }
    }
    let text = text.trim().to_owned();
    let exact =
        text.contains("%exact(") || !text.contains("hostname") && !text.contains("configname");
    Normal {
        text: without_exact(&text),
        exact,
    }
}

/// After `in` and `from` a parenthesis is a word of its own.
fn opens_a_list(text: &str) -> bool {
    text.ends_with(" in ") || text.ends_with(" from ")
}

fn without_exact(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(at) = rest.find("%exact(") {
        out.push_str(&rest[..at]);
        rest = &rest[at + "%exact(".len()..];
        match rest.find(')') {
            Some(end) => {
                out.push_str(&rest[..end]);
                rest = &rest[end + 1..];
            }
            None => break,
        }
    }
    out.push_str(rest);
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn layout_and_case_do_not_matter_but_texts_do() {
        let one = normalise("SELECT COUNT(*) AS n\n  FROM Ens.MessageHeader WHERE ID > ?  ;");
        assert_eq!(
            one.text,
            "select count(*) as n from ens.messageheader where id>?"
        );
        assert_eq!(
            one,
            normalise("select count( * ) as n from Ens.MessageHeader where ID>?")
        );
        assert_eq!(one.table(), "ENS.MESSAGEHEADER");
        assert_ne!(normalise("SELECT 'A'"), normalise("SELECT 'a'"));
    }

    #[test]
    fn exact_is_noticed() {
        let exact = normalise("SELECT %EXACT(ConfigName) AS host FROM Ens_Util.Log");
        let plain = normalise("SELECT ConfigName AS host FROM Ens_Util.Log");
        assert_eq!(exact.text, plain.text);
        assert_eq!((exact.exact, plain.exact), (true, false));
    }
}
