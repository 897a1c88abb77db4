//! Any text is a selector or is refused, quickly and in words that can be shown; and a selector means
//! the same series as what it says, read word by word.
#![no_main]

use exposition::Labels;
use libfuzzer_sys::fuzz_target;
use promql::{Limits, METRIC_NAME, Selector};

/// A text, and a series in lines behind it: its name, then `label=value`.
const SEPARATOR: &str = "\n---\n";

fuzz_target!(|data: &str| {
    let (text, series) = data.split_once(SEPARATOR).unwrap_or((data, ""));
    let limits = Limits::of_bytes(usize::MAX);
    let selector = match Selector::parse_within(text, &limits) {
        Ok(selector) => selector,
        Err(error) => {
            assert!(!error.to_string().is_empty());
            return;
        }
    };
    assert!(!selector.matches("", &Labels::none()), "it asks for something");
    assert!(selector.patterns() <= 20);

    let mut lines = series.lines();
    let name = lines.next().unwrap_or_default();
    let pairs = lines.filter_map(|line| line.split_once('=')).filter(|(label, _)| *label != METRIC_NAME);
    let Ok(labels) = Labels::try_new(pairs) else { return };
    let matches = selector.matches(name, &labels);
    assert_eq!(matches, selector.matches_name(name) && selector.matches_labels(&labels));

    // With all it has as further matchers, the same selector finds the same series; with one it does
    // not have, none. What is behind the last brace of a text is a comment at most.
    let Some(end) = text.rfind('}').filter(|_| !text.contains('#')) else { return };
    let comma = if text[..end].trim_end().ends_with([',', '{']) { "" } else { "," };
    let with = |more: &str| {
        let text = format!("{}{comma}{more}}}", &text[..end]);
        Selector::parse_within(&text, &limits)
    };
    for (label, value) in labels.iter() {
        let quoted = promql_parser::util::escape_string(value);
        if let Ok(narrowed) = with(&format!("{label}=\"{quoted}\"")) {
            assert_eq!(narrowed.matches(name, &labels), matches, "{label}");
        }
        if let Ok(other) = with(&format!("{label}!=\"{quoted}\"")) {
            assert!(!other.matches(name, &labels), "{label}");
        }
    }
    if let Ok(other) = with("absent_here!=\"\"") {
        assert!(labels.get("absent_here").is_some() || !other.matches(name, &labels));
    }
});
