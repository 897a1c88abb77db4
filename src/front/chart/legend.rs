//! Which series is which: by the label that tells them apart, or by all they do not have alike; and
//! where that is written.

use std::collections::BTreeSet;

use exposition::Labels;
use promql::{SampleRow, series_text};

/// Pixels.
pub(super) const ROW: f64 = 18.0;
const A_CHARACTER: f64 = 7.0;
/// The coloured square in front of a text, and the space behind it.
const AROUND: f64 = 36.0;
/// The part of a picture's height that a legend takes at most; a low one has none.
const SHARE: f64 = 0.4;
const LOW: f64 = 160.0;

/// Texts and their places.
pub(super) struct Legend {
    pub(super) keys: Vec<Key>,
    pub(super) rows: usize,
}

/// One of them, in pixels from the left and in rows.
pub(super) struct Key {
    pub(super) x: f64,
    pub(super) row: usize,
    /// Which series; `None` of a text about the others.
    pub(super) nth: Option<usize>,
    pub(super) text: String,
}

impl Legend {
    /// In columns that are alike. `beyond`: how many series are not drawn at all.
    pub(super) fn of(names: &[String], beyond: usize, (width, height): (f64, f64)) -> Self {
        let longest = names.iter().map(|name| name.chars().count()).max();
        let most = if height < LOW {
            0
        } else {
            (height * SHARE / ROW) as usize
        };
        let Some(longest) = longest.filter(|longest| *longest > 0 && most > 0) else {
            let (keys, rows) = (Vec::new(), 0);
            return Legend { keys, rows };
        };
        let column = (longest as f64 * A_CHARACTER + AROUND).min(width);
        let columns = ((width / column) as usize).max(1);
        let fit = ((column - AROUND) / A_CHARACTER).max(1.0) as usize;
        let named = match names.len() + usize::from(beyond > 0) {
            all if all > most * columns => most * columns - 1,
            _ => names.len(),
        };
        let mut texts: Vec<_> = names[..named]
            .iter()
            .map(|name| shortened(name, fit))
            .collect();
        let others = names.len() - named + beyond;
        if others > 0 {
            texts.push(format!("and {others} more"));
        }
        let key = |(nth, text)| Key {
            x: (nth % columns) as f64 * column,
            row: nth / columns,
            nth: (nth < named).then_some(nth),
            text,
        };
        let keys: Vec<_> = texts.into_iter().enumerate().map(key).collect();
        let rows = keys.last().map_or(0, |key| key.row + 1);
        Legend { keys, rows }
    }
}

/// A text for each series; none for a single one that the query says all of.
pub(super) fn names(rows: &[SampleRow], query: &str) -> Vec<String> {
    let [first, others @ ..] = rows else {
        return Vec::new();
    };
    if others.is_empty() {
        let text = series_text(&first.labels);
        let is_told = first.labels.iter().next().is_none() || text == query;
        return if is_told { Vec::new() } else { vec![text] };
    }
    let label = |name: &str| -> Vec<&str> {
        let values = rows.iter().map(|row| row.labels.get(name));
        values.map(Option::unwrap_or_default).collect()
    };
    let is_common = |name: &str| label(name).windows(2).all(|two| two[0] == two[1]);
    // One label that tells all apart needs no name, and no other.
    let tells_all = |name: &&str| BTreeSet::from_iter(label(name)).len() == rows.len();
    if let Some(telling) = first.labels.iter().map(|(name, _)| name).find(tells_all) {
        return label(telling).into_iter().map(str::to_owned).collect();
    }
    let told = |labels: &Labels| series_text(&labels.keeping(|name| !is_common(name)));
    rows.iter().map(|row| told(&row.labels)).collect()
}

/// So many characters at most.
pub(super) fn shortened(text: &str, most: usize) -> String {
    if text.chars().count() <= most {
        return text.to_owned();
    }
    let mut short: String = text.chars().take(most.saturating_sub(1)).collect();
    short.push('…');
    short
}

#[cfg(test)]
mod tests {
    use super::*;

    fn names_of<const N: usize>(all: [Labels; N]) -> Vec<String> {
        let row = |labels| SampleRow {
            labels,
            samples: Vec::new(),
        };
        names(&all.map(row), "query")
    }

    #[test]
    fn series_are_told_apart_and_no_more() {
        let up = |job: &str, instance: &str| {
            Labels::new([("__name__", "up"), ("job", job), ("instance", instance)])
        };
        assert_eq!(names_of([up("a", "x")]), ["up{instance=\"x\", job=\"a\"}"]);
        assert_eq!(names_of([up("a", "x"), up("b", "x")]), ["a", "b"]);
        assert_eq!(names_of([up("a", "x"), up("b", "y")]), ["x", "y"]);
        assert_eq!(
            names_of([up("a", "x"), up("a", "y"), up("b", "x")]),
            [
                "{instance=\"x\", job=\"a\"}",
                "{instance=\"y\", job=\"a\"}",
                "{instance=\"x\", job=\"b\"}"
            ]
        );
        let other = Labels::new([("__name__", "down")]);
        let alone = Labels::new([("__name__", "up")]);
        assert_eq!(names_of([alone, other]), ["up", "down"]);
        let none: [&str; 0] = [];
        assert_eq!(names_of([Labels::none()]), none);
        assert_eq!(names_of([Labels::new([("__name__", "query")])]), none);
        assert_eq!(
            shortened(&"é".repeat(61), 60),
            format!("{}…", "é".repeat(59))
        );
        assert_eq!(shortened("é", 1), "é");
    }

    #[test]
    fn a_legend_leaves_room_for_the_picture() {
        let names: Vec<_> = (0..12).map(|nth| format!("{nth:040}")).collect();
        let legend = Legend::of(&names, 6, (700.0, 300.0));
        let told: Vec<_> = legend
            .keys
            .iter()
            .map(|key| (key.x as u32, key.row))
            .collect();
        assert_eq!(told[..3], [(0, 0), (316, 0), (0, 1)]);
        assert_eq!((legend.rows, told.len()), (6, 12));
        let last = &legend.keys[11];
        assert_eq!((last.nth, last.text.as_str()), (None, "and 7 more"));
        let narrow = Legend::of(&names, 0, (170.0, 1_000.0));
        assert_eq!((narrow.rows, narrow.keys[0].text.chars().count()), (12, 19));
        assert_eq!(Legend::of(&names, 6, (700.0, 100.0)).rows, 0);
    }
}
