//! `node_softnet_*`: what each CPU did with arriving packets, from `/proc/net/softnet_stat`.

use exposition::{Labels, MetricFamily};

use super::text::{Malformed, lines, words};

/// The first three columns.
const COLUMNS: [(&str, &str); 3] = [
    (
        "node_softnet_processed_total",
        "Number of processed packets",
    ),
    ("node_softnet_dropped_total", "Number of dropped packets"),
    (
        "node_softnet_times_squeezed_total",
        "Number of times processing packets ran out of quota",
    ),
];

/// A line a CPU, columns in hexadecimal. node_exporter counts the lines: so do we.
pub(super) fn parse(text: &[u8]) -> Result<[MetricFamily; COLUMNS.len()], Malformed> {
    let mut families = COLUMNS.map(|(name, help)| MetricFamily::counter(name, help));
    for (cpu, (line, content)) in lines(text).enumerate() {
        let labels = Labels::new([("cpu", cpu.to_string())]);
        let mut words = words(content);
        for family in &mut families {
            let problem = "not three numbers";
            let number = words.next().and_then(hexadecimal);
            let number = number.ok_or(Malformed::Line { line, problem })?;
            family.push(labels.clone(), f64::from(number));
        }
    }
    Ok(families)
}

/// Rust would also read `+1f` here.
fn hexadecimal(word: &[u8]) -> Option<u32> {
    let plain = word.iter().all(u8::is_ascii_hexdigit);
    let text = std::str::from_utf8(word).ok().filter(|_| plain)?;
    u32::from_str_radix(text, 16).ok()
}

#[cfg(test)]
mod tests {
    use exposition::Value;
    use proptest::prelude::*;

    use super::*;

    /// Linux 6.18, two CPUs.
    const RECORDED: &[u8] = b"\
0003d2b5 00000000 00000001 00000000 00000000 00000000 00000000 00000000 00000000 00000000 00000000 00000000 00000000 00000000 00000000
0003eddc 00000002 00000000 00000000 00000000 00000000 00000000 00000000 00000000 00000000 00000000 00000000 00000001 00000000 00000000
";

    #[test]
    fn a_recorded_file() {
        let [processed, dropped, squeezed] = parse(RECORDED).unwrap();
        let of = |family: &MetricFamily, cpu: usize| family.metrics[cpu].value.clone();
        assert_eq!(of(&processed, 0), Value::Number(250_549.0));
        assert_eq!(of(&dropped, 1), Value::Number(2.0));
        assert_eq!(of(&squeezed, 0), Value::Number(1.0));
        assert_eq!(squeezed.metrics[1].labels.get("cpu"), Some("1"));
    }

    #[test]
    fn what_is_wrong_is_named() {
        for bad in ["1 2", "1 2 x", "1 2 +3", "1 2 100000000"] {
            let error = parse(bad.as_bytes()).unwrap_err();
            assert_eq!(error.to_string(), "line 1: not three numbers");
        }
    }

    proptest! {
        #[test]
        fn garbage_never_panics(garbage: Vec<u8>, close in "[0-9a-f \n]{0,60}") {
            let _ = (parse(&garbage), parse(close.as_bytes()));
        }
    }
}
