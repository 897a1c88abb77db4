//! `vitals history`: what is stored in a data directory, what it takes, and whether it is whole.
//!
//! A directory that a Vitals holds can be checked (`--verify`), and nothing else.

use std::{
    fmt::Write as _,
    io::{self, Write as _},
    path::Path,
    process::ExitCode,
};

use clap::Args;
use serde_json::{Value, json};
use tsdb::{BlockInfo, Damage, MetricUse, OpenError, Reader, Verified};

use super::{
    print,
    stored::{self, Stored, StoredError, time},
};
use crate::{cli::Output, exit_code, settings::Settings, store};

/// How to look.
#[derive(Args, Clone, Debug, PartialEq)]
#[command(after_help = "\
Examples:
  vitals history --data /var/lib/vitals           what is stored, by metric
  vitals history --data /var/lib/vitals --verify  reads every byte; a Vitals may run meanwhile
  vitals history --repair                         writes damaged blocks anew, as far as they can be read

Exit code 1 where something is damaged. Of a Vitals that runs, ask /api/v1/status/tsdb.")]
pub(crate) struct History {
    /// Read all files to the last byte, and change nothing
    #[arg(long)]
    verify: bool,
    /// The same, and write damaged blocks anew from what can be read of them
    #[arg(long, conflicts_with = "verify")]
    repair: bool,
    /// The form of the answer
    #[arg(long, value_name = "FORM", value_enum, default_value_t)]
    output: Output,
}

/// Why there is no answer.
#[derive(Debug, thiserror::Error)]
enum Failure {
    #[error("{0}; of a Vitals that runs, ask /api/v1/status/tsdb, or check its files by --verify")]
    Held(OpenError),
    #[error(transparent)]
    Stored(StoredError),
}

impl From<StoredError> for Failure {
    fn from(error: StoredError) -> Self {
        match error {
            StoredError::Open(error @ OpenError::Held { .. }) => Failure::Held(error),
            other => Failure::Stored(other),
        }
    }
}

/// Looks.
pub(crate) fn run(settings: &Settings, history: &History) -> ExitCode {
    let answer = match history.verify || history.repair {
        true => check(settings, history),
        false => look(settings, history.output),
    };
    match answer {
        Ok((answer, is_whole)) => {
            print(&answer);
            match is_whole {
                true => ExitCode::SUCCESS,
                false => exit_code::FAILED.into(),
            }
        }
        Err(failure) => {
            let _ = writeln!(io::stderr(), "vitals: {failure}");
            exit_code::FAILED.into()
        }
    }
}

/// The answer, and whether nothing is damaged.
type Answer = Result<(String, bool), Failure>;

fn check(settings: &Settings, history: &History) -> Answer {
    let folder = stored::folder(&settings.server.data)?;
    let checked = match history.repair {
        true => tsdb::repair(&folder),
        false => tsdb::verify(&folder),
    };
    let found = checked.map_err(StoredError::from)?;
    let is_whole = found.damages.is_empty();
    let answer = match history.output {
        Output::Text => of_check(&found),
        Output::Json => format!(
            "{:#}\n",
            json!({
                "whole": is_whole,
                "files": found.files,
                "bytes": found.bytes,
                "samples": found.samples,
                "damages": damages(&found.damages),
                "repaired": found.repaired,
            })
        ),
    };
    // What was damaged and is no longer, is no failure.
    Ok((answer, is_whole || history.repair))
}

fn of_check(found: &Verified) -> String {
    let mut text = format!(
        "{} files, {} bytes, {} samples read\n",
        found.files, found.bytes, found.samples
    );
    match &found.damages[..] {
        [] => text.push_str("all is whole\n"),
        damages => damages.iter().for_each(|damage| line(&mut text, damage)),
    }
    if found.repaired > 0 {
        line(
            &mut text,
            format_args!("{} blocks were written anew", found.repaired),
        );
    }
    text
}

fn look(settings: &Settings, output: Output) -> Answer {
    let stored = stored::open(settings, &settings.server.data)?;
    let reader = stored.head.reader();
    let answer = match output {
        Output::Text => of_stored(&settings.server.data, &stored, &reader),
        Output::Json => {
            let (first, last) = reader.span().unzip();
            let answer = json!({
                "directory": settings.server.data.join(store::FOLDER),
                "series": reader.series_count(),
                "start": first.map(time),
                "end": last.map(time),
                "log_samples": stored.found.logged_samples,
                "blocks": reader.blocks().iter().map(block).collect::<Vec<_>>(),
                "metrics": reader.metrics().iter().map(metric).collect::<Vec<_>>(),
                "damages": damages(&stored.found.damages),
            });
            format!("{answer:#}\n")
        }
    };
    let losses = stored
        .found
        .damages
        .iter()
        .filter(|damage| damage.what.loses());
    Ok((answer, losses.count() == 0))
}

fn of_stored(data: &Path, stored: &Stored, reader: &Reader) -> String {
    let mut text = String::new();
    let (blocks, metrics) = (reader.blocks(), reader.metrics());
    let bytes: u64 = blocks.iter().map(|block| block.bytes).sum();
    let samples: u64 = blocks.iter().map(|block| block.samples).sum();
    let span = match reader.span() {
        Some((first, last)) => format!("from {} to {}", time(first), time(last)),
        None => "no samples".to_owned(),
    };
    let logged = stored.found.logged_samples;
    let series = reader.series_count();
    line(
        &mut text,
        format_args!("{}: {series} series, {span}", data.display()),
    );
    let per_sample = per(bytes, samples);
    line(
        &mut text,
        format_args!(
            "{} blocks: {samples} samples in {bytes} bytes, {per_sample} bytes a sample, labels included",
            blocks.len()
        ),
    );
    line(&mut text, format_args!("log: {logged} samples"));
    for damage in &stored.found.damages {
        line(&mut text, damage);
    }
    let width = metrics
        .iter()
        .map(|metric| metric.name.len())
        .max()
        .unwrap_or(0)
        .max(6);
    line(
        &mut text,
        format_args!(
            "\n{:width$} {:>7} {:>12} {:>12} {:>8}  from",
            "metric", "series", "samples", "bytes", "a sample"
        ),
    );
    let mut metrics = metrics;
    metrics.sort_by_key(|metric| std::cmp::Reverse(metric.samples));
    for metric in &metrics {
        let MetricUse {
            name,
            series,
            samples,
            bytes,
            block_samples,
            span_ms,
            ..
        } = metric;
        let (per_sample, from) = (
            per(*bytes, *block_samples),
            span_ms.map_or_else(String::new, |(first, _)| time(first)),
        );
        line(
            &mut text,
            format_args!(
                "{name:width$} {series:>7} {samples:>12} {bytes:>12} {per_sample:>8}  {from}"
            ),
        );
    }
    text
}

fn line(text: &mut String, what: impl std::fmt::Display) {
    // Writing to a String cannot fail.
    let _ = writeln!(text, "{what}");
}

/// Bytes a sample, where there is any.
fn per(bytes: u64, samples: u64) -> String {
    match samples {
        0 => "-".to_owned(),
        _ => format!("{:.2}", bytes as f64 / samples as f64),
    }
}

fn block(block: &BlockInfo) -> Value {
    json!({
        "file": block.file,
        "start": time(block.span_ms.0),
        "end": time(block.span_ms.1),
        "series": block.series,
        "samples": block.samples,
        "bytes": block.bytes,
    })
}

fn metric(metric: &MetricUse) -> Value {
    let per_sample =
        (metric.block_samples > 0).then(|| metric.bytes as f64 / metric.block_samples as f64);
    json!({
        "name": metric.name,
        "series": metric.series,
        "samples": metric.samples,
        "bytes": metric.bytes,
        "bytes_per_sample": per_sample,
        "blocks": metric.blocks,
        "start": metric.span_ms.map(|(first, _)| time(first)),
        "end": metric.span_ms.map(|(_, last)| time(last)),
    })
}

fn damages(damages: &[Damage]) -> Vec<Value> {
    let one = |damage: &Damage| {
        json!({
            "file": damage.file,
            "what": damage.to_string(),
            "loses": damage.what.loses(),
        })
    };
    damages.iter().map(one).collect()
}
