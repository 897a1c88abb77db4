//! Errors are of Prometheus's kinds, and in its words.

use promql::{Engine, Error, ErrorKind, Limits};

use crate::{instant, range, store};

#[test]
fn parameters_are_bad_data() {
    let store = store(&["x 1"]);
    let query = Engine::default().parse("x").expect("a query");
    let cancel = promql::Cancel::new();
    let message = |start, end, step| {
        let error = query
            .range(&store, start, end, step, &cancel)
            .expect_err("refused");
        assert_eq!(error.kind(), ErrorKind::BadData);
        error.to_string()
    };
    assert_eq!(
        message(0, 1, 0),
        "zero or negative query resolution step widths are not accepted. Try a positive integer"
    );
    assert_eq!(
        message(1, 0, 1),
        "end timestamp must not be before start time"
    );
    assert_eq!(
        message(0, 11_000, 1),
        "exceeded maximum resolution of 11000 points per timeseries. \
         Try decreasing the query resolution (?step=XX)"
    );
    assert!(message(i64::MIN, i64::MAX, 1).ends_with("is out of bounds"));
    assert!(query.instant(&store, i64::MIN, &cancel).is_err());
    for (text, of) in [
        ("x[1m]", "range vector"),
        ("\"x\"", "string"),
        ("x[1m:]", "range vector"),
    ] {
        assert_eq!(
            range(&store, text, 0).expect_err("refused").to_string(),
            format!(
                "invalid expression type {of:?} for range query, must be Scalar or instant Vector"
            )
        );
    }
}

#[test]
fn what_prometheus_does_not_parse_is_refused() {
    for (text, expected) in [
        (
            "holt_winters(x[1m], 0.5, 0.5)",
            "unknown function with name",
        ),
        ("info(x)", "unknown function with name"),
        ("x + fill(0) y", "fill modifiers are not supported"),
        (
            "{a=\"b\" or c=\"d\"}",
            "unexpected \"or\" in label matching",
        ),
        (
            "ln(-1)",
            "expected type instant vector in call to function \"ln\", got scalar",
        ),
        (
            "limitk(x, y)",
            "expected type scalar in aggregation parameter, got instant vector",
        ),
        ("sum by (\"a.b\") (x)", "\"a.b\" is not a label name"),
        ("x[0s]", "duration must be greater than 0"),
        ("{}", "must contain at least one non-empty matcher"),
        ("{a=~\".*\"}", "must contain at least one non-empty matcher"),
        (
            "x offset 1m offset 1m",
            "offset may not be set multiple times",
        ),
    ] {
        let error = Error::from(Engine::default().parse(text).expect_err(text));
        assert_eq!(error.kind(), ErrorKind::BadData);
        assert!(error.to_string().contains(expected), "{text}: {error}");
    }
    for (text, expected) in [
        ("up up", "1:4: parse error: unexpected identifier \"up\""),
        (
            "sum(\n  rate(x[5m])\n  b)",
            "3:3: parse error: unexpected identifier \"b\"",
        ),
        (
            "1 + foo(x)",
            "1:5: parse error: unknown function with name 'foo'",
        ),
        (
            "info(x) + 1",
            "1:1: parse error: unknown function with name",
        ),
        ("a + 'b", "1:5: parse error: unterminated quoted string"),
        ("a offset 1e99", "1:10: parse error: duration out of range"),
        ("x{a}", "1:4: parse error: "),
        ("$", "1:1: parse error: unexpected "),
        ("rate(x)", "1:1: parse error: expected type "),
    ] {
        let error = Engine::default().parse(text).expect_err(text).to_string();
        assert!(error.starts_with(expected), "{text}: {error}");
    }
    let long = Engine::new(Limits::of_bytes(10)).parse("sum(rate(x[5m]))");
    assert_eq!(
        long.expect_err("refused").to_string(),
        "it is longer than 10 bytes"
    );
}

#[test]
fn matching_errors_read_as_in_prometheus() {
    let store = store(&[
        "many{g=\"a\",l=\"1\"} 1",
        "many{g=\"a\",l=\"2\"} 1",
        "one{g=\"a\",l=\"1\"} 1",
        "one{g=\"a\",l=\"2\"} 1",
    ]);
    for (text, expected) in [
        (
            "many * on(g) one",
            "found duplicate series for the match group {g=\"a\"} on the right hand-side of the \
             operation: [one{g=\"a\", l=\"2\"}, one{g=\"a\", l=\"1\"}];many-to-many matching not \
             allowed: matching labels must be unique on one side",
        ),
        (
            "one * on(g) group_right many * on(g) one",
            "found duplicate series for the match group {g=\"a\"} on the left hand-side of the \
             operation: [one{g=\"a\", l=\"2\"}, one{g=\"a\", l=\"1\"}];many-to-many matching not \
             allowed: matching labels must be unique on one side",
        ),
        (
            "many * on(g) one{l=\"1\"}",
            "multiple matches for labels: many-to-one matching must be explicit \
             (group_left/group_right)",
        ),
        (
            "many * on(g) group_left(l) one{l=\"1\"}",
            "multiple matches for labels: grouping labels must ensure unique matches",
        ),
        (
            "{__name__=~\"many|one\"} * 2",
            "vector cannot contain metrics with the same labelset",
        ),
        (
            "label_replace(many, \"l\", \"\", \"l\", \".*\")",
            "vector cannot contain metrics with the same labelset",
        ),
        (
            "label_replace(many, \"l\", \"\", \"l\", \"(\")",
            "invalid regular expression in label_replace(): (",
        ),
        (
            "label_replace(many, \"~\", \"\", \"l\", \"\")",
            "invalid destination label name in label_replace(): ~",
        ),
        (
            "label_join(many, \"a\", \"\", \"~\")",
            "invalid source label name in label_join(): ~",
        ),
        (
            &format!(
                "{}many{}",
                "label_join(".repeat(20),
                ",\"l\",\"\",\"l\",\"l\")".repeat(20)
            ),
            "a value of label \"l\" would be longer than 4096 bytes",
        ),
        ("count_values(\"~\", many)", "invalid label name \"~\""),
        ("topk(NaN, many)", "Scalar value NaN overflows int64"),
        ("topk(1e20, many)", "Scalar value 1e+20 overflows int64"),
        (
            "double_exponential_smoothing(many[5m], 1, 0.5)",
            "invalid smoothing factor. Expected: 0 < sf < 1, got: 1.000000",
        ),
    ] {
        let error = instant(&store, text, 0).expect_err(text);
        assert_eq!(error.to_string(), expected, "{text}");
        assert_eq!(error.kind(), ErrorKind::Execution);
    }
}
