//! Reads Prometheus's test scripts (`load`, `clear`, `eval …`), today's spelling and that of 3.0.

use exposition::Labels;
use promql::notation;

/// A series with its points, each a step apart.
#[derive(Debug, Clone)]
pub(crate) struct SeriesLine {
    pub(crate) labels: Labels,
    pub(crate) points: Points,
}

/// Of native histograms no more is known than that they are there.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Points {
    Floats(Vec<Option<f64>>),
    Histograms,
}

#[derive(Debug, Clone, Copy)]
pub(crate) enum When {
    Instant(i64),
    Range { start: i64, end: i64, step: i64 },
}

/// A query and what is expected of it.
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
    pub(crate) notes: Vec<Note>,
}

/// What is expected of errors, warnings and infos.
#[derive(Debug, PartialEq)]
pub(crate) struct Note {
    pub(crate) kind: Kind,
    pub(crate) text: Text,
}

#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) enum Kind {
    Fail,
    Warn,
    NoWarn,
    Info,
    NoInfo,
}

#[derive(Debug, PartialEq)]
pub(crate) enum Text {
    Any,
    Message(String),
    Pattern(String),
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

/// All commands of a script.
pub(crate) fn parse(source: &str) -> Vec<Command> {
    let mut lines = source.lines().map(str::trim).enumerate().peekable();
    let mut commands = Vec::new();
    while let Some((number, line)) = lines.next() {
        let word = first_word(line);
        if line.is_empty() || line.starts_with('#') || word == "ignore" || word == "resume" {
            continue;
        }
        if word == "clear" {
            commands.push(Command::Clear);
            continue;
        }
        let mut body = Vec::new();
        while let Some((_, next)) =
            lines.next_if(|(_, next)| !next.is_empty() && !is_command(first_word(next)))
        {
            if !next.starts_with('#') {
                body.push(next);
            }
        }
        if word.starts_with("load") {
            let step = line.split_whitespace().nth(1).expect("load needs a step");
            commands.push(Command::Load {
                step: duration(step),
                series: body.iter().map(|line| series_line(line)).collect(),
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

fn first_word(line: &str) -> &str {
    line.split_whitespace().next().unwrap_or_default()
}

fn is_command(word: &str) -> bool {
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
    let (command, rest) = head.split_once(char::is_whitespace).expect("a query");
    let (when, query) = when(rest.trim());
    let mut case = Case {
        line,
        when,
        query: query.to_owned(),
        fails: command == "eval_fail",
        ordered: command == "eval_ordered",
        text: None,
        scalar: None,
        series: Vec::new(),
        notes: Vec::new(),
    };
    let mut note = |kind, text| case.notes.push(Note { kind, text });
    match command {
        "eval_warn" => note(Kind::Warn, Text::Any),
        "eval_info" => note(Kind::Info, Text::Any),
        _ => {}
    }
    for line in body {
        if let Some(expected) = line.strip_prefix("expect ") {
            expect(&mut case, expected.trim());
        } else if let Some(message) = line.strip_prefix("expected_fail_message ") {
            let text = Text::Message(message.to_owned());
            case.notes.push(Note {
                kind: Kind::Fail,
                text,
            });
        } else if let Some(pattern) = line.strip_prefix("expected_fail_regexp ") {
            let text = Text::Pattern(pattern.to_owned());
            case.notes.push(Note {
                kind: Kind::Fail,
                text,
            });
        } else if let (Some(value), true) = (number(line), case.series.is_empty()) {
            case.scalar = Some(value);
        } else {
            case.series.push(series_line(line));
        }
    }
    case
}

/// `fail msg: …`, `ordered`, `no_warn`, `string "…"`
fn expect(case: &mut Case, expected: &str) {
    let word = first_word(expected);
    let rest = expected[word.len()..].trim();
    let kind = match word {
        "fail" => Kind::Fail,
        "warn" => Kind::Warn,
        "no_warn" => Kind::NoWarn,
        "info" => Kind::Info,
        "no_info" => Kind::NoInfo,
        "ordered" => {
            case.ordered = true;
            return;
        }
        "string" => {
            let unquoted = promql_parser::util::unquote_string(rest);
            case.text = Some(unquoted.expect("a string"));
            return;
        }
        // A range vector, of which only the answer is looked at.
        "range" => return,
        _ => panic!("line {}: unknown expectation {expected}", case.line),
    };
    case.fails |= kind == Kind::Fail;
    let text = match (rest.strip_prefix("msg:"), rest.strip_prefix("regex:")) {
        (Some(message), _) => Text::Message(message.trim().to_owned()),
        (_, Some(pattern)) => Text::Pattern(pattern.trim().to_owned()),
        _ => Text::Any,
    };
    case.notes.push(Note { kind, text });
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
    let when = When::Range {
        start: duration(start),
        end: duration(end),
        step: duration(step),
    };
    (when, query.trim())
}

/// A duration in ms; a plain number counts seconds.
fn duration(text: &str) -> i64 {
    if let Ok(seconds) = text.parse::<f64>() {
        return (seconds * 1000.0).round() as i64;
    }
    let (sign, mut rest) = text.strip_prefix('-').map_or((1, text), |rest| (-1, rest));
    let mut total = 0.0;
    while !rest.is_empty() {
        let unit = rest.find(char::is_alphabetic).expect("a unit");
        let behind = rest[unit..].find(|c: char| c.is_ascii_digit());
        let next = behind.map_or(rest.len(), |n| unit + n);
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
    match text.strip_prefix("0x") {
        Some(digits) => i64::from_str_radix(digits, 16).ok().map(|v| v as f64),
        None => text.parse().ok(),
    }
}

fn series_line(line: &str) -> SeriesLine {
    let (labels, rest) = notation::series(line).unwrap_or_else(|error| panic!("{error}"));
    let points = match notation::values(rest) {
        Ok(floats) => Points::Floats(floats),
        Err(notation::NotationError::Histogram) => Points::Histograms,
        Err(error) => panic!("{line}: {error}"),
    };
    SeriesLine { labels, points }
}
