//! Warnings and infos.

use crate::{instant, range, store};

#[test]
fn what_looks_wrong_is_told() {
    let store = store(&[
        "gauge 1+1x10",
        "x_total 1+1x10",
        "h_bucket{le=\"1\"} 5+5x10",
        "h_bucket{le=\"2\"} 1+1x10",
        "h_bucket{le=\"+Inf\"} 9+9x10",
        "bad_bucket{le=\"one\"} 1x10",
    ]);
    let notes = |text: &str| {
        let answer = instant(&store, text, 600_000).expect(text);
        (answer.warnings, answer.infos)
    };
    let none = Vec::<String>::new();
    let one = |text: &str| vec![text.to_owned()];
    for text in [
        "rate(x_total[5m])",
        "irate(gauge[5m])",
        "rate(nothing[5m])",
        "delta(gauge[5m])",
    ] {
        assert_eq!(notes(text), (none.clone(), none.clone()), "{text}");
    }
    let counter = "PromQL info: metric might not be a counter, name does not end in \
                   _total/_sum/_count/_bucket: \"gauge\"";
    assert_eq!(notes("rate(gauge[5m])"), (none.clone(), one(counter)));
    assert_eq!(
        notes("sum(increase(gauge[5m]))"),
        (none.clone(), one(counter))
    );
    let quantile = |got| {
        one(&format!(
            "PromQL warning: quantile value should be between 0 and 1, got {got}"
        ))
    };
    assert_eq!(notes("quantile(1.5, gauge)").0, quantile("1.5"));
    assert_eq!(
        notes("quantile_over_time(-1e9, gauge[5m])").0,
        quantile("-1e+09")
    );
    assert_eq!(
        notes("histogram_quantile(NaN, h_bucket)").0,
        quantile("NaN")
    );
    let forced = "PromQL info: input to histogram_quantile needed to be fixed for monotonicity \
                  (see https://prometheus.io/docs/prometheus/latest/querying/functions/\
                  #histogram_quantile) for metric name \"h_bucket\"";
    assert_eq!(
        notes("histogram_quantile(0.5, h_bucket)"),
        (none.clone(), one(forced))
    );
    let bad = "PromQL warning: bucket label \"le\" is missing or has a malformed value of \"one\" \
               for metric name \"bad_bucket\"";
    assert_eq!(
        notes("histogram_quantile(0.5, bad_bucket)"),
        (one(bad), none.clone())
    );
    let ratio = "PromQL warning: ratio value should be between -1 and 1, got 2, capping to 1";
    assert_eq!(notes("limit_ratio(2, gauge)"), (one(ratio), none));
}

#[test]
fn each_is_told_once_and_no_more_than_ten() {
    let names: Vec<String> = (10..40).map(|number| format!("g{number} 1+1x10")).collect();
    let names: Vec<&str> = names.iter().map(String::as_str).collect();
    let answer = range(
        &store(&names),
        "sum(rate({__name__=~\"g.*\"}[5m]))",
        600_000,
    );
    let infos = answer.expect("an answer").infos;
    assert_eq!(infos.len(), 11);
    assert!(infos[0].ends_with("\"g10\"") && infos[9].ends_with("\"g19\""));
    assert_eq!(infos[10], "20 more info annotations omitted");
}
