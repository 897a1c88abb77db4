//! What is not read, since it could add nothing.

use crate::{instant, store};

#[test]
fn what_meets_nothing_is_not_read() {
    let store = store(&["x 1x10", "y 2x10", "a_total{z=\"1\"} 1+1x10"]);
    let read = |text: &str| {
        let answer = instant(&store, text, 600_000).expect(text);
        answer.stats.series_read
    };
    for (text, series) in [
        // The hysteresis of a rule that does not fire, and of one that does.
        ("x > 5 or x > 0 and ALERTS", 1),
        ("x > 5 or x > 0 and on () y", 4),
        ("x > 5 and y", 1),
        ("x > 5 unless y", 1),
        ("x > 5 and (max(rate(a_total[5m])) or y)", 1),
        ("x > 0 and on () max(rate(a_total[5m]))", 2),
        ("x > 5 or y", 2),
        // Nothing was read yet: there might be nothing at all, and that is to be known.
        ("x and ALERTS", 1),
        ("nothing and x", 1),
        ("nothing unless x", 1),
        ("nothing and (ALERTS or nothing)", 0),
    ] {
        assert_eq!(read(text), series, "{text}");
    }
}

#[test]
fn what_fails_fails_whatever_it_meets() {
    let store = store(&["x 1x10", "two{n=\"1\"} 1x10", "two{n=\"2\"} 2x10"]);
    let wrong = "(two * on () two)";
    for text in [
        format!("x > 5 and {wrong}"),
        format!("x > 5 unless {wrong}"),
        format!("x > 5 or {wrong} and ALERTS"),
        format!("x > 5 and on () (x + on () {wrong})"),
    ] {
        assert!(instant(&store, &text, 600_000).is_err(), "{text}");
    }
}
