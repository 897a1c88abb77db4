//! What a metric or a label may be called (Prometheus's classic, ASCII character set).

/// For each byte whether it may be in a label's name: one look instead of several comparisons.
const LABEL_BYTES: [bool; 256] = {
    let mut table = [false; 256];
    let mut byte = 0;
    while byte < 128 {
        table[byte] = (byte as u8).is_ascii_alphanumeric() || byte as u8 == b'_';
        byte += 1;
    }
    table
};

/// The same for a metric's name.
const METRIC_BYTES: [bool; 256] = {
    let mut table = LABEL_BYTES;
    table[b':' as usize] = true;
    table
};

/// `[a-zA-Z_:][a-zA-Z0-9_:]*`
pub fn is_metric_name(name: &str) -> bool {
    is_name(name, is_metric_name_byte)
}

/// `[a-zA-Z_][a-zA-Z0-9_]*`
pub fn is_label_name(name: &str) -> bool {
    is_name(name, is_label_name_byte)
}

/// Whether the byte may be in a metric's name, behind the first one at least.
pub(crate) fn is_metric_name_byte(byte: u8) -> bool {
    METRIC_BYTES[usize::from(byte)]
}

/// Whether the byte may be in a label's name, behind the first one at least.
pub(crate) fn is_label_name_byte(byte: u8) -> bool {
    LABEL_BYTES[usize::from(byte)]
}

fn is_name(name: &str, good: impl Fn(u8) -> bool) -> bool {
    !name.is_empty() && !name.starts_with(|c: char| c.is_ascii_digit()) && name.bytes().all(good)
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
