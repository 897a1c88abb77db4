//! `node_load*`, from `/proc/loadavg`.

use exposition::{Labels, MetricFamily};

use super::text::{Malformed, words};

/// Over 1, 5 and 15 minutes.
pub(super) fn parse(text: &[u8]) -> Result<[f64; 3], Malformed> {
    const MALFORMED: Malformed = Malformed::Line {
        line: 1,
        problem: "not three load averages",
    };
    let mut words = words(text);
    let mut load = [0.0; 3];
    for average in &mut load {
        *average = words.next().and_then(decimal).ok_or(MALFORMED)?;
    }
    Ok(load)
}

pub(super) fn families(load: [f64; 3]) -> [MetricFamily; 3] {
    [
        ("node_load1", "1m load average.", load[0]),
        ("node_load5", "5m load average.", load[1]),
        ("node_load15", "15m load average.", load[2]),
    ]
    .map(|(name, help, value)| MetricFamily::gauge(name, help).with(Labels::none(), value))
}

/// Rust would also read `inf` and `1e3` here.
fn decimal(word: &[u8]) -> Option<f64> {
    let plain = word.iter().all(|&c| c.is_ascii_digit() || c == b'.');
    let text = std::str::from_utf8(word).ok().filter(|_| plain)?;
    text.parse().ok().filter(|number: &f64| number.is_finite())
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn a_recorded_file() {
        // Linux 6.18.
        assert_eq!(parse(b"0.41 0.19 0.13 1/82 7873\n"), Ok([0.41, 0.19, 0.13]));
    }

    #[test]
    fn what_is_not_a_load_is_refused() {
        for text in [
            "",
            "0.41 0.19",
            "0.41 0.19 inf",
            "1e3 0 0",
            "-1 0 0",
            ". 0 0",
        ] {
            let error = parse(text.as_bytes()).unwrap_err();
            assert_eq!(
                error.to_string(),
                "line 1: not three load averages",
                "{text}"
            );
        }
    }

    proptest! {
        #[test]
        fn garbage_never_panics(garbage: Vec<u8>, close in "[0-9. \n]{0,40}") {
            let _ = parse(&garbage);
            let _ = parse(close.as_bytes());
        }
    }
}
