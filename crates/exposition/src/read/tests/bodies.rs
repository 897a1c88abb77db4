//! Whole bodies: what is kept beside what is dropped, where a body ends, and how much is borne.

use super::*;

#[test]
fn a_bad_line_costs_no_other() {
    let body = concat!(
        "# TYPE a gauge\n",
        "# UNIT a seconds\n",
        "a 1\n",
        "a{ 2\n",
        "\n",
        "b.c 3\n",
        "b{x=\"1\",x=\"2\"} 4\n",
        "b{x=\"1\"} 5 6\r\n",
        "# EOF\n",
    );
    let (samples, outcome) = samples(body);
    let expected = [
        Owned::new("a", &[], 1.0),
        Owned::new("b", &[("x", "1")], 5.0).at(6),
    ];
    assert_eq!(samples, expected);
    let dropped = Dropped {
        syntax: 1,
        name: 1,
        duplicate_label: 1,
        ..Dropped::default()
    };
    let expected = Outcome {
        lines: 9,
        samples: 2,
        metadata: 1,
        ignored: 3,
        dropped,
        first_dropped: Some((4, DropReason::Syntax)),
        ends_mid_line: false,
    };
    assert_eq!(outcome, expected);
    assert_eq!(outcome.dropped.total(), 3);
}

#[test]
fn only_the_line_that_is_not_utf8_is_dropped() {
    let (samples, outcome) = samples(b"a{b=\"\xc3\xbc\"} 1\na{b=\"\xfc\"} 2\na 3\n");
    let expected = [
        Owned::new("a", &[("b", "ü")], 1.0),
        Owned::new("a", &[], 3.0),
    ];
    assert_eq!(samples, expected);
    assert_eq!(outcome.first_dropped, Some((2, DropReason::Encoding)));
    assert_eq!(outcome.dropped.encoding, 1);
}

#[test]
fn a_value_that_runs_over_the_end_of_its_line_takes_no_other_with_it() {
    let (samples, outcome) = samples("a{b=\"c\nd\"} 1\ne 2\n");
    assert_eq!(samples, [Owned::new("e", &[], 2.0)]);
    assert_eq!(outcome.dropped.syntax, 2);
}

#[test]
fn a_page_of_something_else() {
    let html =
        "<!DOCTYPE html>\r\n<html><head><title>Licence Exhausted</title></head>\r\n</html>\r\n";
    let (samples, outcome) = samples(html);
    assert_eq!(
        (samples.len(), outcome.dropped.syntax, outcome.lines),
        (0, 3, 3)
    );
    assert_eq!(outcome.first_dropped, Some((1, DropReason::Syntax)));
}

#[test]
fn a_body_may_end_anywhere() {
    for (body, lines, read, ignored, mid_line) in [
        ("", 0, 0, 0, false),
        ("\n", 1, 0, 1, false),
        ("a 1", 1, 1, 0, true),
        ("a 1\n", 1, 1, 0, false),
        ("a 1\r\n", 1, 1, 0, false),
        ("a 1\r", 1, 1, 0, true),
        ("a 1\nb 12", 2, 2, 0, true),
        ("a 1\nb", 2, 1, 0, true),
        ("a 1\nb{c=\"", 2, 1, 0, true),
        ("a 1\n ", 2, 1, 1, true),
        ("a 1\n# EOF", 2, 1, 1, true),
        ("a 1\n\n", 2, 1, 1, false),
    ] {
        let (samples, outcome) = samples(body);
        assert_eq!((outcome.lines, samples.len()), (lines, read), "{body:?}");
        assert_eq!(
            (outcome.ignored, outcome.ends_mid_line),
            (ignored, mid_line),
            "{body:?}"
        );
        assert_eq!(outcome.dropped.total(), lines - read - ignored, "{body:?}");
    }
}

/// Exactly as much as is borne, and one more.
#[test]
fn limits_are_where_they_say() {
    let limits = Limits {
        samples: 2,
        labels: 2,
        name_bytes: 4,
        value_bytes: 3,
        line_bytes: 30,
    };
    let first = |body: &str| {
        let (items, outcome) = items(body.as_bytes(), &limits);
        (items.len(), outcome.first_dropped.map(|(_, reason)| reason))
    };
    let too_long = (0, Some(DropReason::TooLong));
    let over_limit = (0, Some(DropReason::OverLimit));

    assert_eq!(first("abcd 1"), (1, None));
    assert_eq!(first("abcde 1"), too_long);
    assert_eq!(first("a{abcd=\"\"} 1"), (1, None));
    assert_eq!(first("a{abcde=\"\"} 1"), too_long);
    assert_eq!(first("# TYPE abcde gauge"), too_long);

    assert_eq!(first("a{b=\"123\"} 1"), (1, None));
    assert_eq!(first("a{b=\"1234\"} 1"), too_long);
    assert_eq!(
        first("a{b=\"\\n\\n\"} 1"),
        too_long,
        "bytes as they stand in the body"
    );

    assert_eq!(first("a{b=\"\",c=\"\"} 1"), (1, None));
    assert_eq!(first("a{b=\"\",c=\"\",d=\"\"} 1"), over_limit);

    let blanks = |count| format!("a 1{}", " ".repeat(count));
    assert_eq!(first(&blanks(27)), (1, None));
    assert_eq!(first(&blanks(28)), too_long);
    assert_eq!(first(&format!("{}\r\n", blanks(27))), (1, None));
    assert_eq!(first(&format!("{}a 1", " ".repeat(27))), (1, None));
    assert_eq!(first(&format!("{}a 1", " ".repeat(28))), too_long);
    assert_eq!(first(&format!("# HELP a {}", "-".repeat(21))), (1, None));
    assert_eq!(first(&format!("# HELP a {}", "-".repeat(22))), too_long);
    assert_eq!(first(&format!("# {}", "-".repeat(99))), (0, None));

    let (items, outcome) = items(b"a 1\nbad\nb 2\nc 3\n# c\nbad\n", &limits);
    assert_eq!((items.len(), outcome.samples, outcome.ignored), (2, 2, 1));
    assert_eq!((outcome.dropped.syntax, outcome.dropped.over_limit), (1, 2));
    let (_, outcome) = self::items(
        b"# TYPE a gauge\n# HELP a b\n# TYPE b gauge\na 1\n",
        &limits,
    );
    assert_eq!(
        (
            outcome.metadata,
            outcome.samples,
            outcome.dropped.over_limit
        ),
        (2, 1, 1)
    );
}

#[test]
fn nothing_is_borne_where_limits_are_zero() {
    let none = Limits {
        samples: 0,
        labels: 0,
        name_bytes: 0,
        value_bytes: 0,
        line_bytes: 0,
    };
    let (items, outcome) = items(b"a 1\n# TYPE a gauge\n#\n\n", &none);
    let counts = (items.len(), outcome.dropped.total(), outcome.ignored);
    assert_eq!(counts, (0, 2, 2));
}

#[test]
fn labels_to_look_at_and_to_keep() {
    let (items, _) = items(
        b"a{z=\"\",b=\"x\\\\y\",a=\"1\"} 1\nb 2\n",
        &Limits::default(),
    );
    let [Item::Sample(a), Item::Sample(b)] = items.as_slice() else {
        panic!("{items:?}");
    };
    assert_eq!(a.labels.get("b").as_deref(), Some("x\\y"));
    assert_eq!(a.labels.get("z").as_deref(), Some(""));
    assert_eq!(a.labels.get(""), None);
    assert_eq!(a.labels.get("c"), None);
    assert_eq!((a.labels.len(), a.labels.is_empty()), (3, false));
    assert_eq!(
        a.labels.to_labels(),
        crate::Labels::new([("a", "1"), ("b", "x\\y")])
    );
    assert_eq!(
        format!("{:?}", a.labels),
        r#"{"z": "", "b": "x\\y", "a": "1"}"#
    );
    assert!(b.labels.is_empty() && b.labels.to_labels().is_empty());
}

/// Only what has escapes has to be written anew.
#[test]
fn values_are_borrowed_where_they_can_be() {
    let (items, _) = items(
        b"a{b=\"x\",c=\"y\\n\"} 1\nb{b=\"x\"} 1\n",
        &Limits::default(),
    );
    let mut borrowed = Vec::new();
    for item in &items {
        if let Item::Sample(sample) = item {
            let values = sample.labels.iter();
            borrowed.extend(values.map(|(_, value)| matches!(value, Cow::Borrowed(_))));
        }
    }
    assert_eq!(borrowed, [true, false, true]);
}
