//! Reads Prometheus's test scripts (`load`, `clear`, `eval ...`), float samples only.

use exposition::Labels;

#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) enum Point {
    Gap,
    Stale,
    Float(f64),
    Histogram,
}

#[derive(Debug)]
pub(crate) struct SeriesLine {
    pub(crate) labels: Labels,
    pub(crate) points: Vec<Point>,
}

#[derive(Debug, Clone, Copy)]
pub(crate) enum When {
    Instant(i64),
    Range { start: i64, end: i64, step: i64 },
}

#[derive(Debug)]
pub(crate) struct Case {
    pub(crate) line: usize,
    pub(crate) when: When,
    pub(crate) query: String,
    pub(crate) fails: bool,
    pub(crate) ordered: bool,
    pub(crate) text: Option<String>,
    pub(crate) scalar: Option<f64>,
    pub(crate) series: Vec<SeriesLine>,
}

#[derive(Debug)]
pub(crate) enum Command {
    Clear,
    Load {
        step: i64,
        series: Vec<SeriesLine>,
        native_too: bool,
    },
    Eval(Case),
}

pub(crate) fn parse(source: &str) -> Vec<Command> {
    let mut lines = source.lines().enumerate().peekable();
    let mut commands = Vec::new();
    while let Some((number, line)) = lines.next() {
        let line = line.trim();
        let mut body = Vec::new();
        let word = line.split_whitespace().next().unwrap_or("");
        if line.is_empty() || line.starts_with('#') {
            continue;
        }
        if word == "clear" {
            commands.push(Command::Clear);
            continue;
        }
        while let Some((_, next)) =
            lines.next_if(|(_, next)| !next.trim().is_empty() && !is_command(next.trim()))
        {
            if !next.trim().starts_with('#') {
                body.push(next.trim());
            }
        }
        if word.starts_with("load") {
            let step = duration(line.split_whitespace().nth(1).expect("load needs a step"));
            let series = body.iter().map(|line| series_line(line)).collect();
            commands.push(Command::Load {
                step,
                series,
                native_too: word.contains("nhcb"),
            });
        } else if word.starts_with("eval") {
            commands.push(Command::Eval(case(number + 1, line, &body)));
        } else {
            panic!("line {}: unknown command {line}", number + 1);
        }
    }
    commands
}

fn is_command(line: &str) -> bool {
    let word = line.split_whitespace().next().unwrap_or("");
    matches!(
        word,
        "clear"
            | "load"
            | "load_with_nhcb"
            | "eval"
            | "eval_fail"
            | "eval_ordered"
            | "eval_warn"
            | "eval_info"
    )
}

fn case(line: usize, head: &str, body: &[&str]) -> Case {
    let (command, rest) = head
        .split_once(char::is_whitespace)
        .expect("eval needs more");
    let (when, query) = when(rest.trim());
    let mut case = Case {
        line,
        when,
        query: query.to_string(),
        fails: command == "eval_fail",
        ordered: command == "eval_ordered",
        text: None,
        scalar: None,
        series: Vec::new(),
    };
    for line in body {
        if let Some(expected) = line.strip_prefix("expect ") {
            match expected.split_whitespace().next() {
                Some("fail") => case.fails = true,
                Some("ordered") => case.ordered = true,
                Some("string") => case.text = Some(quoted(expected["string".len()..].trim()).0),
                _ => {} // Annotations are not checked.
            }
        } else if line.starts_with("expected_fail") {
            case.fails = true;
        } else if let (Some(value), true) = (number(line), case.series.is_empty()) {
            case.scalar = Some(value);
        } else {
            case.series.push(series_line(line));
        }
    }
    case
}

fn when(text: &str) -> (When, &str) {
    if let Some(rest) = text.strip_prefix("instant at ") {
        let (at, query) = rest
            .trim()
            .split_once(char::is_whitespace)
            .expect("a query");
        return (When::Instant(duration(at)), query.trim());
    }
    let words: Vec<&str> = text.splitn(8, char::is_whitespace).collect();
    let [_, _, start, _, end, _, step, query] = words[..] else {
        panic!("bad eval: {text}")
    };
    (
        When::Range {
            start: duration(start),
            end: duration(end),
            step: duration(step),
        },
        query.trim(),
    )
}

/// A duration in ms; a plain number counts seconds.
fn duration(text: &str) -> i64 {
    if let Ok(seconds) = text.parse::<f64>() {
        return (seconds * 1000.0).round() as i64;
    }
    let (sign, mut rest) = text.strip_prefix('-').map_or((1, text), |rest| (-1, rest));
    let mut total = 0.0;
    while !rest.is_empty() {
        let unit = rest.find(|c: char| c.is_alphabetic()).expect("a unit");
        let next = rest[unit..]
            .find(|c: char| c.is_ascii_digit())
            .map_or(rest.len(), |n| unit + n);
        let factor = match &rest[unit..next] {
            "ms" => 1.0,
            "s" => 1e3,
            "m" => 6e4,
            "h" => 36e5,
            "d" => 864e5,
            "w" => 6048e5,
            "y" => 31536e6,
            other => panic!("unknown unit {other}"),
        };
        total += rest[..unit].parse::<f64>().expect("a number") * factor;
        rest = &rest[next..];
    }
    sign * total as i64
}

fn number(text: &str) -> Option<f64> {
    let text = text.split(" #").next()?.trim();
    match text.to_ascii_lowercase().trim_start_matches('+') {
        hex if hex.starts_with("0x") => i64::from_str_radix(&hex[2..], 16).ok().map(|v| v as f64),
        other => other.parse().ok(),
    }
}

fn series_line(line: &str) -> SeriesLine {
    let (labels, rest) = metric(line);
    SeriesLine {
        labels,
        points: points(rest),
    }
}

fn metric(line: &str) -> (Labels, &str) {
    let end = line
        .find(|c: char| !(c.is_alphanumeric() || c == '_' || c == ':'))
        .unwrap_or(line.len());
    let mut pairs = vec![("__name__".to_string(), line[..end].to_string())];
    let Some(mut rest) = line[end..].strip_prefix('{') else {
        return (labels(pairs), &line[end..]);
    };
    loop {
        rest = rest.trim_start_matches([' ', ',', '\t']);
        if let Some(after) = rest.strip_prefix('}') {
            return (labels(pairs), after);
        }
        let (name, after) = rest.split_once('=').expect("a label");
        let (value, after) = quoted(after.trim_start());
        pairs.push((name.trim().to_string(), value));
        rest = after;
    }
}

/// The content of a quoted string, and what follows it.
fn quoted(text: &str) -> (String, &str) {
    let mut chars = text.char_indices();
    let (_, quote) = chars.next().expect("a quote");
    let mut content = String::new();
    while let Some((at, c)) = chars.next() {
        match c {
            '\\' if quote != '`' => match chars.next() {
                Some((_, 'n')) => content.push('\n'),
                Some((_, 't')) => content.push('\t'),
                Some((_, c)) => content.push(c),
                None => break,
            },
            c if c == quote => return (content, &text[at + c.len_utf8()..]),
            c => content.push(c),
        }
    }
    panic!("unfinished string: {text}")
}

fn points(text: &str) -> Vec<Point> {
    let text = text.split(" #").next().unwrap_or("");
    if text.contains("{{") {
        return histogram_points(text);
    }
    text.split_whitespace().flat_map(item).collect()
}

/// `1`, `_`, `stale`, `_x3`, `stalex3`, `1x3`, `1+2x3`, `1-2x3`
fn item(word: &str) -> Vec<Point> {
    if word.starts_with("0x") && number(word).is_some_and(|_| word.len() > 6) {
        return vec![Point::Float(number(word).unwrap())];
    }
    let (base, times) = match word
        .rsplit_once('x')
        .and_then(|(base, n)| Some((base, n.parse::<usize>().ok()?)))
    {
        Some((base, times)) => (base, Some(times)),
        None => (word, None),
    };
    match base {
        "_" => return vec![Point::Gap; times.unwrap_or(1)],
        "stale" => return vec![Point::Stale; times.map_or(1, |n| n + 1)],
        _ => {}
    }
    let bytes = base.as_bytes();
    let sign = (1..bytes.len())
        .find(|i| matches!(bytes[*i], b'+' | b'-') && !matches!(bytes[i - 1], b'e' | b'E'));
    let (first, delta) = match (sign, times) {
        (Some(at), Some(_)) => (number(&base[..at]), number(&base[at..])),
        _ => (number(base), Some(0.0)),
    };
    let (Some(mut value), Some(delta)) = (first, delta) else {
        panic!("bad value {word}")
    };
    let mut points = vec![Point::Float(value)];
    for _ in 0..times.unwrap_or(0) {
        value += delta;
        points.push(Point::Float(value));
    }
    points
}

/// Only how many there are matters: the cases that see them are skipped.
fn histogram_points(text: &str) -> Vec<Point> {
    let mut points = Vec::new();
    let mut rest = text.trim();
    while let Some(start) = rest.find("{{") {
        points.extend(rest[..start].split_whitespace().flat_map(item));
        let end = rest.find("}}").expect("an end") + 2;
        points.push(Point::Histogram);
        rest = rest[end..].trim_start_matches(|c: char| !c.is_whitespace());
    }
    points.extend(rest.split_whitespace().flat_map(item));
    points
}

/// Labels of pairs of which a later one counts.
fn labels(pairs: Vec<(String, String)>) -> Labels {
    pairs
        .into_iter()
        .fold(Labels::none(), |labels, (name, value)| {
            labels.with(name, value)
        })
}
