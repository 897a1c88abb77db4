//! What is a selector and what is not, and which series each one means.

use proptest::prelude::*;

use super::*;

fn labels(pairs: &[(&'static str, &str)]) -> Labels {
    Labels::new(pairs.iter().map(|(name, value)| (*name, *value)))
}

#[test]
fn series_are_selected_as_by_prometheus() {
    let series = labels(&[("job", "iris"), ("id", "USER"), ("dir", "/a\nb/")]);
    for (text, expected) in [
        ("iris_db", true),
        ("iris_d", false),
        ("{__name__=\"iris_db\"}", true),
        ("{\"iris_db\"}", true),
        ("{__name__=~\"iris_.*\"}", true),
        ("{__name__=~\"iris\"}", false),
        ("{__name__!=\"up\",job=\"iris\"}", true),
        ("iris_db{}", true),
        ("iris_db{job=\"iris\",}", true),
        ("iris_db{job='node'}", false),
        ("iris_db{job!=\"node\"}", true),
        ("iris_db{job!=\"iris\"}", false),
        ("iris_db{job=~\"ir\"}", false),
        ("iris_db{job=~\"ir|iris\"}", true),
        ("iris_db{job!~\"ir\"}", true),
        ("iris_db{job!~\"i.*\"}", false),
        ("iris_db{dir=~\"/a.b/\"}", true),
        ("iris_db{dir=\"/a\\nb/\"}", true),
        ("iris_db{id=~`\\w+`}", true),
        ("iris_db{id=~`\\d+`}", false),
        // An absent label is the empty string.
        ("iris_db{absent=\"\"}", true),
        ("iris_db{absent!=\"\"}", false),
        ("iris_db{absent=~\".*\"}", true),
        ("iris_db{absent=~\".+\"}", false),
        ("iris_db{absent!~\".+\"}", true),
        ("iris_db{absent!=\"x\"}", true),
        ("{absent!=\"\"}", false),
        ("{job!~\".*\"}", false),
        ("# all of it\r{job=~\".+\"} # and more", true),
    ] {
        let selector = Selector::parse(text).unwrap_or_else(|error| panic!("{text}: {error}"));
        assert_eq!(selector.matches("iris_db", &series), expected, "{text}");
    }
}

#[test]
fn everything_else_is_refused_with_a_reason() {
    let not = "expected an instant vector selector such as up{job=\"iris\"}, got ";
    let empty = "match[] must contain at least one non-empty matcher";
    for (text, expected) in [
        ("up[5m]", format!("{not}a range vector selector")),
        ("up[5m:1m]", format!("{not}a subquery")),
        ("up offset 5m", format!("{not}one with an offset")),
        ("up @ 1", format!("{not}one with @")),
        ("rate(up[5m])", format!("{not}a function call")),
        ("sum(up)", format!("{not}an aggregation")),
        ("up + up", format!("{not}an operation")),
        ("-up", format!("{not}an operation")),
        ("(up)", format!("{not}an expression in parentheses")),
        ("1", format!("{not}a number")),
        ("'up'", format!("{not}a string")),
        ("{}", empty.to_owned()),
        ("{a=\"\"}", empty.to_owned()),
        ("{a=~\".*\"}", empty.to_owned()),
        ("{a=~\"x|\",b!=\"c\",d!~\"e\"}", empty.to_owned()),
        ("{__name__=~\".*\"}", empty.to_owned()),
        (
            "{a=\"b\" or c=\"d\"}",
            "parse error: unexpected \"or\" in label matching, expected \",\" or \"}\"".to_owned(),
        ),
        (
            "{a=~\"[\"}",
            "the regular expression \"[\" is malformed: unclosed character class".to_owned(),
        ),
        (
            "{a=\"b",
            "1:4: parse error: unterminated quoted string".to_owned(),
        ),
    ] {
        let refused = Selector::parse(text).expect_err(text).to_string();
        assert_eq!(refused, expected, "{text}");
    }
    for text in [
        "",
        " ",
        "#",
        "up{",
        "up}",
        "{a}",
        "{a=}",
        "{a=b}",
        "{a=\"b\" c=\"d\"}",
        "{,}",
        "1up",
        "ü",
        "up up",
        "up{__name__=\"x\"}",
        "{a==\"b\"}",
        "up\0",
    ] {
        let refused = Selector::parse(text).expect_err(text).to_string();
        assert!(refused.contains("parse error: "), "{text}: {refused}");
    }
}

/// As Prometheus' documentation has it, word by word.
fn naive(op: &str, expected: &str, value: &str) -> bool {
    let whole = || {
        regex::Regex::new(&format!("\\A(?s:{expected})\\z"))
            .unwrap()
            .is_match(value)
    };
    match op {
        "=" => value == expected,
        "!=" => value != expected,
        "=~" => whole(),
        _ => !whole(),
    }
}

prop_compose! {
    fn matcher()(
        label in "[abc]",
        op in prop::sample::select(&["=", "!=", "=~", "!~"][..]),
        value in "[xy]{0,2}([.][*+])?(\\|[xy]{0,2})?",
    ) -> (String, &'static str, String) {
        (label, op, value)
    }
}

proptest! {
    #[test]
    fn it_selects_what_a_naive_one_selects(
        matchers in prop::collection::vec(matcher(), 0..4),
        a in "[xy]{0,3}",
        b in "[xy]{0,3}",
        quote in prop::sample::select(&["\"", "'", "`"][..]),
    ) {
        let written: Vec<_> = matchers
            .iter()
            .map(|(label, op, value)| format!("{label}{op}{quote}{value}{quote}"))
            .collect();
        let written = format!("m{{{}}}", written.join(", "));
        let selector = Selector::parse(&written).unwrap();
        let series = labels(&[("a", &a), ("b", &b)]);
        let value = |label: &str| match label {
            "a" => a.clone(),
            "b" => b.clone(),
            _ => String::new(),
        };
        let expected = matchers.iter().all(|(label, op, is)| naive(op, is, &value(label)));
        prop_assert_eq!(selector.matches("m", &series), expected, "{}", written);
        prop_assert!(!selector.matches("n", &series));
        // Without the name it is one only where something is asked for.
        let any = matchers.iter().any(|(_, op, is)| !naive(op, is, ""));
        let unnamed = Selector::parse(&written[1..]);
        prop_assert_eq!(unnamed.is_ok(), any);
    }

    #[test]
    fn a_value_is_what_was_written(value in any::<String>()) {
        let quoted = promql_parser::util::escape_string(&value);
        let selector = Selector::parse(&format!("{{a=\"{quoted}\"}}"));
        match selector {
            Ok(selector) => prop_assert!(selector.matches("m", &labels(&[("a", &value)]))),
            Err(error) => prop_assert!(value.is_empty(), "{}", error),
        }
    }

    #[test]
    fn nothing_panics(
        wild in any::<String>(),
        close in "[a{}()\\[\\]=~!\"'`,#\\\\. \r\n|*+^-]{0,60}",
    ) {
        let _ = Selector::parse(&wild);
        let _ = Selector::parse(&close);
    }
}
