//! `vitals import`: samples of the past, into a data directory that no Vitals holds. Nothing of it is
//! visible before its end.

use std::{
    io::{self, Write},
    path::PathBuf,
    process::ExitCode,
    time::{Duration, Instant},
};

use clap::Args;
use exposition::Labels;
use jiff::Timestamp;
use serde_json::{Value, json};
use tsdb::{Backfill, BackfillError, BackfillSeries, Backfilled};
use vitals_actors::units::HumanDuration;

use super::{print, progress::Progress, stored::time};
use crate::{
    cli::Output,
    exit_code,
    import::{self, Format, ImportError, Input, Taker, Tally},
    settings::Settings,
    store,
};

/// Bytes for sorting: what comes in any order is sorted on disk.
const SORTING: usize = 64 << 20;

/// What to import.
#[derive(Args, Clone, Debug, PartialEq)]
#[command(after_help = "\
Examples:
  vitals import november.om --data /var/lib/vitals
  curl -s 'http://victoria:8428/api/v1/export?match[]={job=\"iris\"}' | vitals import - --data data
  promtool tsdb dump-openmetrics /prometheus | vitals import - --data data

No Vitals may hold the directory meanwhile. Where it has a sample already, that one stays.")]
pub(crate) struct Import {
    /// OpenMetrics with timestamps, or JSON lines as VictoriaMetrics exports them; gzip is recognised;
    /// `-` for standard input
    #[arg(value_name = "FILE")]
    file: PathBuf,
    /// The form of the file [default: told by its first character]
    #[arg(long, value_enum)]
    format: Option<Format>,
    /// The form of the answer
    #[arg(long, value_name = "FORM", value_enum, default_value_t)]
    output: Output,
}

/// Why nothing was imported.
#[derive(Debug, thiserror::Error)]
enum Failure {
    #[error("{}: {error}", file.display())]
    Open { file: PathBuf, error: io::Error },
    #[error("{}: {error}; nothing was imported", file.display())]
    Read {
        file: PathBuf,
        error: ImportError<BackfillError>,
    },
    #[error(transparent)]
    Store(#[from] BackfillError),
}

impl Taker for Backfill {
    type Series = BackfillSeries;
    type Error = BackfillError;

    fn series(&mut self, labels: &Labels) -> Result<BackfillSeries, BackfillError> {
        Backfill::series(self, labels)
    }

    fn take(&mut self, series: BackfillSeries, time: i64, value: f64) -> Result<(), BackfillError> {
        self.push(series, time, value)
    }
}

/// Imports, and says what became of it.
pub(crate) fn run(settings: &Settings, import: &Import) -> ExitCode {
    let began = Instant::now();
    match make(settings, import) {
        Ok((tally, done)) => {
            let warnings = warnings(settings, &tally, &done);
            match import.output {
                Output::Text => print(&text(&tally, &done, &warnings, began.elapsed())),
                Output::Json => print(&format!("{:#}\n", json(&tally, &done, &warnings))),
            }
            match done.samples {
                0 => exit_code::FAILED.into(),
                _ => ExitCode::SUCCESS,
            }
        }
        Err(failure) => {
            let _ = writeln!(io::stderr(), "vitals: {failure}");
            exit_code::FAILED.into()
        }
    }
}

fn make(settings: &Settings, import: &Import) -> Result<(Tally, Backfilled), Failure> {
    let file = || import.file.clone();
    let input = Input::open(&import.file);
    let mut input = input.map_err(|error| Failure::Open {
        file: file(),
        error,
    })?;
    let folder = settings.server.data.join(store::FOLDER);
    let options = store::options(&settings.history);
    let mut backfill = Backfill::begin(&folder, &options, SORTING)?;
    let mut progress = Progress::begin();
    let told = |input: &Input, samples| progress.tell(input.part(), samples, "samples");
    let tally = import::read(&mut input, import.format, &mut backfill, told);
    let tally = tally.map_err(|error| Failure::Read {
        file: file(),
        error,
    })?;
    progress.tell(None, tally.samples, "samples; making blocks");
    let done = match tally.samples {
        0 => Backfilled::default(),
        _ => backfill.finish()?,
    };
    Ok((tally, done))
}

/// What an operator should know of it.
fn warnings(settings: &Settings, tally: &Tally, done: &Backfilled) -> Vec<String> {
    let mut warnings = Vec::new();
    if tally.is_cut {
        warnings.push("there was no `# EOF`: the file may be cut off".to_owned());
    }
    let oldest = Timestamp::now() - settings.history.retention;
    if tally
        .span
        .is_some_and(|(first, _)| first < oldest.as_millisecond())
    {
        warnings.push(format!(
            "some samples are older than [history] retention = \"{}\": the service will forget them when it starts",
            HumanDuration(settings.history.retention)
        ));
    }
    if done.bytes > settings.history.max_size.get() {
        warnings.push(format!(
            "it is more than [history] max_size = \"{}\": the service will forget the oldest of it when it starts",
            settings.history.max_size
        ));
    }
    warnings
}

fn text(tally: &Tally, done: &Backfilled, warnings: &[String], took: Duration) -> String {
    let mut text = match (done.samples, tally.span) {
        (1.., Some((first, last))) => format!(
            "imported {} samples of {} series, from {} to {}: {} blocks, {} bytes, in {took:.1?}\n",
            done.samples,
            done.series,
            time(first),
            time(last),
            done.blocks,
            done.bytes,
        ),
        _ => "nothing was imported\n".to_owned(),
    };
    if done.duplicates > 0 {
        text += &format!(
            "{} samples were there twice; the first counts\n",
            done.duplicates
        );
    }
    if done.out_of_range > 0 {
        text += &format!(
            "{} samples were dropped: impossible times\n",
            done.out_of_range
        );
    }
    if tally.dropped > 0 {
        text += &format!("{} of {} lines were dropped:\n", tally.dropped, tally.lines);
        for (line, why) in &tally.first {
            text += &format!("  line {line}: {why}\n");
        }
        if tally.dropped > tally.first.len() as u64 {
            text += "  …\n";
        }
    }
    for warning in warnings {
        text += &format!("warning: {warning}\n");
    }
    text
}

fn json(tally: &Tally, done: &Backfilled, warnings: &[String]) -> Value {
    let bad = tally.first.iter();
    let bad: Vec<_> = bad
        .map(|(line, why)| json!({"line": line, "why": why}))
        .collect();
    json!({
        "samples": done.samples,
        "series": done.series,
        "start": tally.span.map(|(first, _)| time(first)),
        "end": tally.span.map(|(_, last)| time(last)),
        "blocks": done.blocks,
        "bytes": done.bytes,
        "duplicates": done.duplicates,
        "out_of_range": done.out_of_range,
        "lines": tally.lines,
        "dropped_lines": tally.dropped,
        "first_dropped": bad,
        "warnings": warnings,
    })
}
