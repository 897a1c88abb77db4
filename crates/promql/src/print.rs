//! A query as text, laid out as Prometheus's `format_query` does: in one line if that is short, else
//! one part a line, indented by its depth.

use std::fmt::Write;

use promql_parser::util::escape_string;

use crate::{
    METRIC_NAME,
    expr::{
        Aggregation, At, Call, Cardinality, Expr, LabelList, Link, Moment, Selection, WindowOf,
    },
    labels::plain_number,
    matcher::{Matcher, Test},
};

/// Characters of a line that is not taken apart.
const LINE: usize = 100;

pub(crate) fn pretty(expr: &Expr) -> String {
    let mut text = String::new();
    Layout { level: 0 }.write(expr, &mut text);
    text
}

/// How deep it is.
#[derive(Clone, Copy)]
struct Layout {
    level: usize,
}

impl Layout {
    fn deeper(self) -> Self {
        Layout {
            level: self.level + 1,
        }
    }

    fn indent(self, text: &mut String) {
        text.extend(std::iter::repeat_n("  ", self.level));
    }

    fn write(self, expr: &Expr, text: &mut String) {
        let line = line(expr);
        if line.len() <= LINE {
            self.indent(text);
            text.push_str(&line);
            return;
        }
        match expr {
            Expr::Number(_) | Expr::Text(_) | Expr::Selection(_) => {
                self.indent(text);
                text.push_str(&line);
            }
            Expr::Window(window) => match &window.of {
                WindowOf::Selection(_) => {
                    self.indent(text);
                    text.push_str(&line);
                }
                WindowOf::Subquery { inner, .. } => {
                    self.write(inner, text);
                    text.push_str(&window_suffix(window.range_ms, &window.of));
                }
            },
            Expr::Negated(inner) => {
                self.indent(text);
                text.push('-');
                let mut negated = String::new();
                self.write(inner, &mut negated);
                text.push_str(negated.trim_start());
            }
            Expr::Paren(inner) => self.enclosed("(", &[inner], text),
            Expr::Chain(chain) => {
                self.deeper().write(&chain.first, text);
                for link in &chain.links {
                    text.push('\n');
                    self.indent(text);
                    text.push_str(&operator(link));
                    text.push('\n');
                    self.deeper().write(&link.rhs, text);
                }
            }
            Expr::Aggregation(aggregation) => {
                let parts = aggregation.parameter.iter().chain([&aggregation.input]);
                let parts: Vec<&Expr> = parts.collect();
                self.enclosed(&(head(aggregation) + "("), &parts, text);
            }
            Expr::Call(Call { name, args, .. }) => {
                let parts: Vec<&Expr> = args.iter().collect();
                self.enclosed(&format!("{name}("), &parts, text);
            }
        }
    }

    /// Parts with commas between them, each in lines of its own.
    fn enclosed(self, open: &str, parts: &[&Expr], text: &mut String) {
        self.indent(text);
        text.push_str(open);
        for (nth, part) in parts.iter().enumerate() {
            text.push_str(if nth > 0 { ",\n" } else { "\n" });
            self.deeper().write(part, text);
        }
        text.push('\n');
        self.indent(text);
        text.push(')');
    }
}

/// All of it in one line.
fn line(expr: &Expr) -> String {
    match expr {
        Expr::Number(number) => plain_number(*number),
        Expr::Text(text) => format!("\"{}\"", escape_string(text)),
        Expr::Selection(selection) => series(selection) + &moment(selection.moment),
        Expr::Window(window) => {
            let suffix = window_suffix(window.range_ms, &window.of);
            match &window.of {
                WindowOf::Selection(selection) => series(selection) + &suffix,
                WindowOf::Subquery { inner, .. } => line(inner) + &suffix,
            }
        }
        Expr::Paren(inner) => format!("({})", line(inner)),
        Expr::Negated(inner) => format!("-{}", line(inner)),
        Expr::Chain(chain) => {
            let mut text = line(&chain.first);
            for link in &chain.links {
                let _ = write!(text, " {} {}", operator(link), line(&link.rhs));
            }
            text
        }
        Expr::Aggregation(aggregation) => {
            let parameter = aggregation.parameter.as_ref();
            let parameter = parameter.map(|parameter| line(parameter) + ", ");
            let input = line(&aggregation.input);
            format!(
                "{}({}{input})",
                head(aggregation),
                parameter.unwrap_or_default()
            )
        }
        Expr::Call(Call { name, args, .. }) => {
            let args: Vec<String> = args.iter().map(line).collect();
            format!("{name}({})", args.join(", "))
        }
    }
}

/// An aggregation up to its parenthesis.
fn head(aggregation: &Aggregation) -> String {
    let name = aggregation.operator.name();
    match &aggregation.grouping {
        None => name.to_owned(),
        Some(LabelList::Only(names)) => format!("{name} by ({}) ", names.join(", ")),
        Some(LabelList::AllBut(names)) => format!("{name} without ({}) ", names.join(", ")),
    }
}

/// An operator with what modifies it.
fn operator(link: &Link) -> String {
    let mut text = link.operator.symbol().to_owned();
    if link.judges {
        text.push_str(" bool");
    }
    let mut list = |keyword: &str, names: &[String]| {
        let _ = write!(text, " {keyword} ({})", names.join(", "));
    };
    match &link.matching {
        None => {}
        Some(LabelList::Only(names)) => list("on", names),
        // It may be empty, and a group modifier needs it.
        Some(LabelList::AllBut(names)) => list("ignoring", names),
    }
    match &link.cardinality {
        Cardinality::OneToOne => {}
        Cardinality::ManyToOne(names) => list("group_left", names),
        Cardinality::OneToMany(names) => list("group_right", names),
    }
    text
}

fn series(selection: &Selection) -> String {
    // The name stands in front if it is the first thing that is asked for.
    let (name, others) = match selection.matchers.split_first() {
        Some((first, others)) => match first.test() {
            Test::Equal(name) if first.label() == METRIC_NAME && is_plain_name(name) => {
                (name.as_str(), others)
            }
            _ => ("", &selection.matchers[..]),
        },
        None => ("", &selection.matchers[..]),
    };
    let matchers: Vec<String> = others.iter().map(matcher).collect();
    match (name, matchers.is_empty()) {
        (name, true) => name.to_owned(),
        (name, false) => format!("{name}{{{}}}", matchers.join(",")),
    }
}

/// Whether it can stand in front: a metric's name, and no number.
fn is_plain_name(name: &str) -> bool {
    let is_number = name.eq_ignore_ascii_case("inf") || name.eq_ignore_ascii_case("nan");
    exposition::is_metric_name(name) && !is_number
}

fn matcher(matcher: &Matcher) -> String {
    let (operator, value) = match matcher.test() {
        Test::Equal(value) => ("=", value.as_str()),
        Test::NotEqual(value) => ("!=", value.as_str()),
        Test::Match(pattern) => ("=~", pattern.as_str()),
        Test::NotMatch(pattern) => ("!~", pattern.as_str()),
    };
    // A name beyond the classic alphabet can be asked for, too: nothing has such a label.
    let label = match exposition::is_label_name(matcher.label()) {
        true => matcher.label().to_owned(),
        false => format!("\"{}\"", escape_string(matcher.label())),
    };
    format!("{label}{operator}\"{}\"", escape_string(value))
}

fn window_suffix(range_ms: i64, of: &WindowOf) -> String {
    let range = duration(range_ms);
    match of {
        WindowOf::Selection(selection) => format!("[{range}]{}", moment(selection.moment)),
        WindowOf::Subquery {
            step_ms, moment: m, ..
        } => {
            let step = step_ms.map(duration).unwrap_or_default();
            format!("[{range}:{step}]{}", moment(*m))
        }
    }
}

fn moment(moment: Moment) -> String {
    let mut text = String::new();
    match moment.at {
        None => {}
        Some(At::Start) => text.push_str(" @ start()"),
        Some(At::End) => text.push_str(" @ end()"),
        Some(At::Time { ms }) => {
            let sign = if ms < 0 { "-" } else { "" };
            let ms = ms.unsigned_abs();
            let _ = write!(text, " @ {sign}{}.{:03}", ms / 1000, ms % 1000);
        }
    }
    match moment.offset_ms {
        0 => {}
        by if by < 0 => {
            let _ = write!(text, " offset -{}", duration(-by));
        }
        by => {
            let _ = write!(text, " offset {}", duration(by));
        }
    }
    text
}

/// As Prometheus writes durations: years, weeks and days only where nothing is left of them.
fn duration(ms: i64) -> String {
    const UNITS: [(&str, i64, bool); 7] = [
        ("y", 31_536_000_000, true),
        ("w", 604_800_000, true),
        ("d", 86_400_000, false),
        ("h", 3_600_000, false),
        ("m", 60_000, false),
        ("s", 1_000, false),
        ("ms", 1, false),
    ];
    let mut text = String::new();
    let mut left = ms;
    for (unit, size, only_whole) in UNITS {
        if only_whole && left % size != 0 {
            continue;
        }
        if left / size > 0 {
            let _ = write!(text, "{}{unit}", left / size);
            left %= size;
        }
    }
    if text.is_empty() {
        "0s".to_owned()
    } else {
        text
    }
}
