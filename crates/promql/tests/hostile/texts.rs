//! What somebody might send to hurt.

use promql::Limits;

/// Texts that are refused, or pass only just.
pub(crate) fn hostile() -> Vec<String> {
    let fill = |unit: &str, bytes: usize| unit.repeat(bytes / unit.len());
    let units = [
        "(",
        "[",
        "{",
        "abs(",
        "-",
        "- ",
        "+-",
        "a^",
        "a+",
        "a or ",
        "a unless ",
        "a=~",
        "{a=~'x',",
        "x[5m:",
        "(-",
        "#\r(",
        "'",
        "`",
        "\\",
        "a{b=~'.{999}'}+",
        "a @ 1 ",
        "a offset 1m ",
        "sum by (a,",
        "a,",
    ];
    let mut texts = Vec::new();
    for unit in units {
        for bytes in [1_000_000, Limits::MOST_BYTES, 4 << 10] {
            texts.push(fill(unit, bytes));
        }
        // As much as passes.
        for times in [20, 33, 50, 99, 100, 333, 499, 999, 1_000] {
            texts.push(unit.repeat(times));
            texts.push(format!("{}a", unit.repeat(times)));
        }
    }
    for depth in [33, 49, 50, 99, 100] {
        for (open, close) in [
            ("(", ")"),
            ("abs(", ")"),
            ("-(", ")"),
            ("(a^", ")"),
            ("(", ")[5m:1m]"),
        ] {
            texts.push(format!("{}a{}", open.repeat(depth), close.repeat(depth)));
        }
    }
    texts.push(format!("a{{{}}}", "b=\"c\",".repeat(999)));
    texts.push(format!("a{{{}}}", "b=\"c\" or ".repeat(499)));
    texts.push(format!("a{{{}}}", r"b=~'\\w{9}',".repeat(20)));
    texts.push(format!("a{{b=~'{}'}}", "(".repeat(4_000)));
    texts.push(format!(
        "a{{b=~'{}a{}'}}",
        "(".repeat(2_000),
        ")".repeat(2_000)
    ));
    texts.push(format!("a{{b=~'a{}'}}", "*".repeat(4_000)));
    texts.push(format!("a{{b=~'a{}'}}", "{9}".repeat(1_000)));
    texts
}

/// Queries as deep and as long as any that pass.
pub(crate) fn deepest() -> Vec<String> {
    vec![
        format!("a{}", "+a".repeat(999)),
        format!("a{}", "+1".repeat(999)),
        format!("1{}", "+1".repeat(999)),
        format!("a{}", " or a".repeat(799)),
        format!("a{}", " and a".repeat(599)),
        format!("a{}", " == bool 1".repeat(300)),
        format!("{}a{}", "(".repeat(100), ")".repeat(100)),
        format!("{}a{}", "abs(".repeat(100), ")".repeat(100)),
        format!("{}a{}", "sum(".repeat(100), ")".repeat(100)),
        format!("{}a{}", "sum(a+".repeat(99), ")".repeat(99)),
        format!("{}a{}", "topk(1,a+".repeat(99), ")".repeat(99)),
        format!("{}a{}", "sort(-".repeat(50), ")".repeat(50)),
        format!("{}a{}", "vector(scalar(".repeat(50), "))".repeat(50)),
        format!("{}a", "- ".repeat(100)),
        format!("a{}", "^a".repeat(100)),
        format!("{}a{}", "max_over_time((".repeat(25), ")[1m:])".repeat(25)),
        format!("{}a{}", "rate((".repeat(33), ")[1m:])".repeat(33)),
        format!(
            "{}a{}",
            "label_replace(".repeat(60),
            ",\"b\",\"$1\",\"c\",\"(.*)\")".repeat(60)
        ),
        format!("label_join(a,\"b\",\",\"{})", ",\"c\"".repeat(900)),
    ]
}

/// Queries that ask for more than there is time or memory for.
pub(crate) fn greedy() -> Vec<String> {
    vec![
        "max_over_time(a[10000y:1ms])".to_owned(),
        "sum_over_time(vector(1)[1y:1ms])".to_owned(),
        "count_over_time((count_over_time(a[30d:1s]))[30d:1s])".to_owned(),
        "quantile_over_time(0.5,(a)[30d:1s])".to_owned(),
        "a offset 290000000y".to_owned(),
        "a offset -290000000y".to_owned(),
        "rate(a[290000000y] @ 1e15 offset -290000000y)".to_owned(),
        "a @ 9e18".to_owned(),
        "a @ -9e18".to_owned(),
        "year(vector(1e300))".to_owned(),
        "day_of_year(vector(-1e300))".to_owned(),
        "days_in_month(vector(-9e18))".to_owned(),
        "topk(1e300, a)".to_owned(),
        "limitk(-1e300, a)".to_owned(),
        format!(
            "{}a{}",
            "label_replace(".repeat(99),
            ",\"n\",\"$1$1\",\"n\",\"(.*)\")".repeat(99)
        ),
        format!(
            "{}a{}",
            "label_join(".repeat(99),
            ",\"n\",\"n\",\"n\",\"n\")".repeat(99)
        ),
        "clamp(a, NaN, NaN)".to_owned(),
        "label_replace(a, \"b\", \"$99999999999999999999\", \"c\", \".*\")".to_owned(),
        format!(
            "label_replace(a,\"b\",\"\",\"c\",\"{}\")",
            "\\\\w{99}".repeat(99)
        ),
    ]
}
