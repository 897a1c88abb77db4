//! The results for people: subjects one below the other, contenders side by side.

use std::fmt::Write;

use crate::{results::Results, stats::Stats, subject::Subject};

/// Every cell is a median and, in parentheses, the range over the rounds.
pub(crate) fn draw(contenders: &[&str], subjects: &[Subject], results: &Results) -> String {
    let mut lines = vec![heading(contenders)];
    for subject in subjects {
        let mut rows = Vec::new();
        for row in &subject.rows {
            let of = |who: &&str| results.stats_of(subject.name, row.name, who);
            let found: Vec<_> = contenders.iter().map(of).collect();
            if found.iter().any(Option::is_some) {
                let label = format!("  {} {}", row.name, row.unit.symbol());
                let cells = found.into_iter().map(cell);
                rows.push(std::iter::once(label).chain(cells).collect());
            }
        }
        if !rows.is_empty() {
            lines.push(vec![subject.name.to_owned()]);
            lines.append(&mut rows);
        }
    }
    aligned(&lines)
}

fn heading(contenders: &[&str]) -> Vec<String> {
    let names = contenders.iter().map(|name| (*name).to_owned());
    std::iter::once(String::new()).chain(names).collect()
}

fn cell(stats: Option<Stats>) -> String {
    let Some(Stats { median, min, max }) = stats else {
        return "-".into();
    };
    if min == max {
        return number(median);
    }
    format!("{} ({}–{})", number(median), number(min), number(max))
}

/// Three digits, roughly; whole numbers stay whole.
fn number(value: f64) -> String {
    match value.abs() {
        _ if value.fract() == 0.0 => format!("{value:.0}"),
        size if size >= 100.0 => format!("{value:.0}"),
        size if size >= 10.0 => format!("{value:.1}"),
        size if size >= 0.1 => format!("{value:.2}"),
        _ => format!("{value:.3}"),
    }
}

/// The first column to the left, the others to the right.
fn aligned(lines: &[Vec<String>]) -> String {
    let width = |at: usize| {
        let cells = lines.iter().filter(|line| line.len() > 1);
        let widths = cells.filter_map(|line| line.get(at));
        widths.map(|cell| cell.chars().count()).max().unwrap_or(0)
    };
    let columns = lines.iter().map(Vec::len).max().unwrap_or(0);
    let widths: Vec<_> = (0..columns).map(width).collect();
    let mut text = String::new();
    for line in lines {
        let mut drawn = String::new();
        for (at, (cell, width)) in line.iter().zip(&widths).enumerate() {
            // Writing to a string cannot fail.
            let _ = match at {
                0 => write!(drawn, "{cell:width$}"),
                _ => write!(drawn, "  {cell:>width$}"),
            };
        }
        text.push_str(drawn.trim_end());
        text.push('\n');
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::subject::{Row, Unit};

    #[test]
    fn a_table() {
        let row = |name, unit| Row { name, unit };
        let rows = [row("p50", Unit::Micros), row("lost", Unit::Count)];
        let subjects = [
            Subject::new("ask", rows),
            Subject::new("left out", [row("p50", Unit::Micros)]),
        ];
        let mut results = Results::default();
        for value in [40.0, 46.26, 1234.5] {
            results.put("ask", "p50", "ours", value);
        }
        results.put("ask", "lost", "theirs", 0.0);
        let drawn = draw(&["ours", "theirs"], &subjects, &results);
        let expected = "                    ours  theirs\n\
                        ask\n  p50 µs  46.3 (40–1234)       -\n  lost                 -       0\n";
        assert_eq!(drawn, expected);
    }
}
