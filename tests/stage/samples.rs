//! Samples, wherever they are found: in files of exports, read by parsers of our own, and in a data
//! directory, read by the library that others cannot ask.

use std::{collections::BTreeMap, fs, path::Path};

use jiff::Timestamp;
use promql::STALE_BITS;
use serde_json::Value;
use tsdb::{Options, Scratch};

use super::directory::Directory;

/// By series, as `name{label="value"}` with labels sorted, and time in milliseconds; one NaN is as
/// good as another.
pub(crate) type Samples = BTreeMap<String, BTreeMap<i64, u64>>;

pub(crate) fn bits(value: f64) -> u64 {
    if value.is_nan() {
        f64::NAN.to_bits()
    } else {
        value.to_bits()
    }
}

/// How many there are.
pub(crate) fn count(samples: &Samples) -> usize {
    samples.values().map(BTreeMap::len).sum()
}

/// Of an export in CSV (RFC 4180), a line per sample.
#[track_caller]
pub(crate) fn of_csv(text: &str) -> Samples {
    let records = records(text);
    let (header, rows) = records.split_first().expect("a header");
    let (first, last) = (&header[..2], header.last().unwrap());
    assert_eq!(
        (first, &**last),
        (&["timestamp".to_owned(), "name".to_owned()][..], "value")
    );
    let mut found = Samples::new();
    for row in rows {
        assert_eq!(row.len(), header.len(), "{row:?}");
        let labels = header.iter().zip(row).take(row.len() - 1).skip(2);
        let labels = labels.map(|(name, value)| (its_own(name), plain(value)));
        let series = series(&row[1], labels.collect());
        let time: Timestamp = row[0].parse().unwrap();
        let value: f64 = row.last().unwrap().parse().unwrap();
        add(&mut found, series, time.as_millisecond(), value);
    }
    found
}

/// The name of a label, which a column of the export may have had before it.
fn its_own(column: &str) -> &str {
    match column {
        "exported_timestamp" => "timestamp",
        "exported_name" => "name",
        "exported_value" => "value",
        other => other,
    }
}

/// A text without what keeps spreadsheets from taking it for a formula.
fn plain(cell: &str) -> &str {
    match cell.strip_prefix('\'') {
        Some(text) if text.starts_with(['=', '+', '-', '@', '\t', '\r', '\n']) => text,
        _ => cell,
    }
}

/// The cells of a CSV file.
#[track_caller]
pub(crate) fn records(text: &str) -> Vec<Vec<String>> {
    let (mut records, mut record, mut cell) = (Vec::new(), Vec::new(), String::new());
    let (mut quoted, mut last) = (false, '\n');
    for character in text.chars() {
        match character {
            // Two in a row are one that is meant.
            '"' => {
                if !quoted && last == '"' {
                    cell.push('"');
                }
                quoted = !quoted;
            }
            ',' if !quoted => record.push(std::mem::take(&mut cell)),
            '\r' if !quoted => {}
            '\n' if !quoted => {
                assert_eq!(last, '\r', "{text}");
                record.push(std::mem::take(&mut cell));
                records.push(std::mem::take(&mut record));
            }
            other => cell.push(other),
        }
        last = character;
    }
    assert!(cell.is_empty() && record.is_empty() && !quoted, "not whole");
    records
}

/// Of OpenMetrics without escapes in its labels.
#[track_caller]
pub(crate) fn of_open_metrics(text: &str) -> Samples {
    let body = text.strip_suffix("# EOF\n").expect("an end");
    let mut found = Samples::new();
    for line in body.lines().filter(|line| !line.starts_with('#')) {
        let mut words = line.rsplitn(3, ' ');
        let (time, value, series) = (words.next(), words.next(), words.next());
        let (seconds, rest) = time.unwrap().split_once('.').expect(line);
        let time = seconds.parse::<i64>().unwrap() * 1_000 + rest.parse::<i64>().unwrap();
        add(
            &mut found,
            series.unwrap().to_owned(),
            time,
            value.unwrap().parse().unwrap(),
        );
    }
    found
}

/// Of JSON lines; without what is no number.
#[track_caller]
pub(crate) fn of_json_lines(text: &str) -> Samples {
    let mut found = Samples::new();
    for line in text.lines() {
        let line: Value = serde_json::from_str(line).expect(line);
        let labels = line["metric"].as_object().unwrap().iter();
        let labels = labels.map(|(name, value)| (name.as_str(), value.as_str().unwrap()));
        let (name, labels): (Vec<_>, Vec<_>) = labels.partition(|(name, _)| *name == "__name__");
        let series = series(name[0].1, labels);
        let (times, values) = (
            line["timestamps"].as_array().unwrap(),
            line["values"].as_array().unwrap(),
        );
        assert_eq!(times.len(), values.len());
        for (time, value) in times
            .iter()
            .zip(values)
            .filter(|(_, value)| !value.is_null())
        {
            let value = match value.as_str() {
                Some(text) => text.parse().unwrap(),
                None => value.as_f64().unwrap(),
            };
            add(&mut found, series.clone(), time.as_i64().unwrap(), value);
        }
    }
    found
}

/// Of a data directory that nobody holds, up to a time; without markers of ends. A copy is read: what
/// is found there stays as it is.
#[track_caller]
pub(crate) fn of_directory(data: &Path, until: i64) -> Samples {
    let copy = Directory::new();
    copy_tree(&data.join("history"), copy.path());
    let (head, _journal, _) = tsdb::open(copy.path(), Options::default()).unwrap();
    let (reader, mut scratch) = (head.reader(), Scratch::default());
    let mut found = Samples::new();
    for (id, labels) in reader.select(&[], i64::MIN, until) {
        let others = labels.iter().filter(|(name, _)| *name != "__name__");
        let series = series(labels.get("__name__").unwrap(), others.collect());
        reader.read(id, i64::MIN, until, &mut scratch);
        for (time, value) in scratch
            .samples()
            .filter(|(_, value)| value.to_bits() != STALE_BITS)
        {
            add(&mut found, series.clone(), time, value);
        }
    }
    found
}

/// Copies a directory, with all that is below.
fn copy_tree(from: &Path, to: &Path) {
    fs::create_dir_all(to).unwrap();
    for entry in fs::read_dir(from).unwrap() {
        let entry = entry.unwrap();
        let to = to.join(entry.file_name());
        match entry.file_type().unwrap().is_dir() {
            true => copy_tree(&entry.path(), &to),
            false => drop(fs::copy(entry.path(), to).unwrap()),
        }
    }
}

fn series(name: &str, mut labels: Vec<(&str, &str)>) -> String {
    labels.retain(|(_, value)| !value.is_empty());
    labels.sort_unstable();
    let pairs: Vec<_> = labels
        .iter()
        .map(|(name, value)| format!("{name}={value:?}"))
        .collect();
    match pairs.is_empty() {
        true => name.to_owned(),
        false => format!("{name}{{{}}}", pairs.join(",")),
    }
}

#[track_caller]
fn add(samples: &mut Samples, series: String, time: i64, value: f64) {
    let twice = samples.entry(series).or_default().insert(time, bits(value));
    assert_eq!(twice, None, "a sample twice");
}
