//! What a metric or a label may be called (Prometheus's classic, ASCII character set).

/// `[a-zA-Z_:][a-zA-Z0-9_:]*`
pub fn is_metric_name(name: &str) -> bool {
    is_name(name, |c| c == b':')
}

/// `[a-zA-Z_][a-zA-Z0-9_]*`
pub fn is_label_name(name: &str) -> bool {
    is_name(name, |_| false)
}

fn is_name(name: &str, also: impl Fn(u8) -> bool) -> bool {
    let mut bytes = name.bytes();
    bytes
        .next()
        .is_some_and(|c| c.is_ascii_alphabetic() || c == b'_' || also(c))
        && bytes.all(|c| c.is_ascii_alphanumeric() || c == b'_' || also(c))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_ascii_words_and_only_metrics_have_colons() {
        for good in ["a", "_", "node_cpu_seconds_total", "a1"] {
            assert!(is_metric_name(good) && is_label_name(good), "{good}");
        }
        assert!(is_metric_name("job:rate:5m") && !is_label_name("job:rate"));
        for bad in ["", "1a", "a-b", "a.b", "ä", "a b"] {
            assert!(!is_metric_name(bad) && !is_label_name(bad), "{bad}");
        }
    }
}
