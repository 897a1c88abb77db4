//! A query as text, and what it says of itself.

use promql::{Engine, Limits, METRIC_NAME, Query, QueryType, Test};

fn parse(text: &str) -> Query {
    let engine = Engine::new(Limits::of_bytes(Limits::MOST_BYTES));
    engine
        .parse(text)
        .unwrap_or_else(|error| panic!("{text}: {error}"))
}

#[test]
fn it_is_laid_out_as_prometheus_does() {
    for (text, expected) in [
        ("sum(rate(x[5m]))by(job)", "sum by (job) (rate(x[5m]))"),
        ("SUM  WITHOUT (a,b)(x)", "sum without (a, b) (x)"),
        ("topk(3,x)", "topk(3, x)"),
        ("a+on(x)group_left(y)b", "a + on (x) group_left (y) b"),
        ("a/ignoring(x)b", "a / ignoring (x) b"),
        ("a>bool 1", "a > bool 1"),
        ("x{job='a',y=~`b\\d`}", "x{job=\"a\",y=~\"b\\\\d\"}"),
        ("a{\"b c\"=\"d\",'e'='f'}", "a{\"b c\"=\"d\",e=\"f\"}"),
        ("{__name__=~\"a.*\"}", "{__name__=~\"a.*\"}"),
        ("{__name__=\"x\",a!=\"b\"}", "x{a!=\"b\"}"),
        ("x[90m] offset 1d", "x[1h30m] offset 1d"),
        ("x offset -5m @ 1.5", "x @ 1.500 offset -5m"),
        ("x @ -1.5", "x @ -1.500"),
        ("x@end()", "x @ end()"),
        ("rate(x[1m])[1w:5s]", "rate(x[1m])[1w:5s]"),
        ("rate(x[1m])[8d:]", "rate(x[1m])[8d:]"),
        ("-(-x)", "-(-x)"),
        ("1e3", "1000"),
        ("Inf - NaN", "+Inf - NaN"),
        ("\"a\\n\"", "\"a\\n\""),
        (
            "label_replace(x, 'a', '$1', 'b', '(.*)')",
            "label_replace(x, \"a\", \"$1\", \"b\", \"(.*)\")",
        ),
    ] {
        assert_eq!(parse(text).to_string(), expected, "{text}");
    }
    let long = "x".repeat(60);
    let query = format!("sum by(job)(rate({long}[5m]))/(topk(1,{long})+-{long})");
    let expected = format!(
        "  sum by (job) (rate({long}[5m]))\n\
         /\n\
         \x20 (\n\
         \x20     topk(1, {long})\n\
         \x20   +\n\
         \x20     -{long}\n\
         \x20 )"
    );
    assert_eq!(parse(&query).to_string(), expected);
    let query = format!("label_join({long},\"a\",\",\",\"{long}\")[1h:]");
    let expected = format!("label_join(\n  {long},\n  \"a\",\n  \",\",\n  \"{long}\"\n)[1h:]");
    assert_eq!(parse(&query).to_string(), expected);
}

#[test]
fn it_says_what_it_is_of_and_what_it_reads() {
    for (text, of) in [
        ("1 + time()", QueryType::Scalar),
        ("scalar(x)", QueryType::Scalar),
        ("-(x)", QueryType::Vector),
        ("1 + x", QueryType::Vector),
        ("vector(1)", QueryType::Vector),
        ("(x[1m])", QueryType::Matrix),
        ("x[1m:]", QueryType::Matrix),
        ("\"x\"", QueryType::Text),
    ] {
        assert_eq!(parse(text).query_type(), of, "{text}");
    }
    let query = parse(
        "sum(a{x=\"1\"}) / on(job) rate({__name__=~\"b|c\",y!=\"2\"}[5m]) > bool scalar(d) \
         + topk(scalar(k), max_over_time((e offset 1m)[1m:]))",
    );
    let told = query.selectors().map(|matchers| {
        let told = matchers.iter().map(|matcher| match matcher.test() {
            Test::Equal(value) => format!("{}={value}", matcher.label()),
            Test::NotEqual(value) => format!("{}!={value}", matcher.label()),
            Test::Match(pattern) => format!("{}=~{}", matcher.label(), pattern.as_str()),
            Test::NotMatch(pattern) => format!("{}!~{}", matcher.label(), pattern.as_str()),
        });
        told.collect::<Vec<_>>().join(",")
    });
    let named = |rest: &str| format!("{METRIC_NAME}{rest}");
    assert_eq!(
        told.collect::<Vec<_>>(),
        [
            named("=a,x=1"),
            named("=~b|c,y!=2"),
            named("=d"),
            named("=k"),
            named("=e"),
        ]
    );
}
