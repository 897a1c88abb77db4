//! `vitals export`: what is stored, into a file. A running Vitals is asked for it; with `--data` the
//! directory is read, which no Vitals may hold then.

use std::{
    fs::{self, File},
    io::{self, Read, Write},
    net::SocketAddr,
    path::{Path, PathBuf},
    process::ExitCode,
};

use clap::Args;
use flate2::{Compression, write::GzEncoder};
use jiff::Timestamp;
use serde_json::Value;
use url::form_urlencoded::Serializer;

use super::{
    progress::Progress,
    running::{reachable, stream},
    stored::{self, StoredError},
};
use crate::{
    cli::Flags,
    exit_code,
    export::{Asked, BadOrder, Format, Order, Shape, TooManyColumns},
    settings::Settings,
};

/// Bytes of an error that are read.
const LONGEST_ERROR: u64 = 64 << 10;

/// What to export.
#[derive(Args, Clone, Debug, PartialEq)]
#[command(after_help = "\
Examples:
  vitals export > last-hour.csv               what the targets are judged by
  vitals export --match '{job=\"iris\"}' --last 24h --output iris.csv.gz
  vitals export --last 7d --step 5m --shape wide --output week.csv
  vitals export --format openmetrics --match '{__name__=~\".+\"}' --start 2026-11-01 --output november.om
  vitals export --data /var/lib/vitals        from a directory no service holds")]
pub(crate) struct Export {
    /// Series that this selector selects; may be repeated [default: the twelve targets]
    #[arg(long = "match", value_name = "SELECTOR")]
    matches: Vec<String>,
    /// From then on: seconds since the epoch, RFC 3339, or a day [default: an hour before the end]
    #[arg(long, value_name = "TIME", allow_hyphen_values = true)]
    start: Option<String>,
    /// Up to then [default: now]
    #[arg(long, value_name = "TIME", allow_hyphen_values = true)]
    end: Option<String>,
    /// The time before the end, such as 24h or 7d
    #[arg(long, value_name = "DURATION", conflicts_with = "start")]
    last: Option<String>,
    /// Only the last sample of each step, such as 5m
    #[arg(long, value_name = "DURATION")]
    step: Option<String>,
    /// The form of the file
    #[arg(long, value_enum, default_value_t)]
    format: Format,
    /// How CSV is laid out
    #[arg(long, value_enum, default_value_t)]
    shape: Shape,
    /// Where to write; compressed if it ends with .gz [default: standard output]
    #[arg(long, value_name = "FILE")]
    output: Option<PathBuf>,
}

/// Why there is no export.
#[derive(Debug, thiserror::Error)]
enum Failure {
    #[error(transparent)]
    BadOrder(#[from] BadOrder),
    #[error(
        "{address} does not answer: {error}; to read a directory that no service holds, name it by --data"
    )]
    Silent {
        address: SocketAddr,
        error: io::Error,
    },
    #[error("{address} answers {status}: {message}")]
    Refused {
        address: SocketAddr,
        status: String,
        message: String,
    },
    #[error("the answer of {0} broke off: {1}")]
    BrokeOff(SocketAddr, io::Error),
    #[error("{0}; to ask the service that holds it, leave --data out")]
    Stored(#[from] StoredError),
    #[error(transparent)]
    TooManyColumns(#[from] TooManyColumns),
    #[error("{}: {error}", path.display())]
    Output { path: PathBuf, error: io::Error },
}

/// Exports.
pub(crate) fn run(settings: &Settings, flags: &Flags, export: &Export) -> ExitCode {
    match make(settings, flags, export) {
        Ok(()) => ExitCode::SUCCESS,
        Err(failure) => {
            let _ = writeln!(io::stderr(), "vitals: {failure}");
            match failure {
                Failure::BadOrder(_) => exit_code::USAGE.into(),
                _ => exit_code::FAILED.into(),
            }
        }
    }
}

fn make(settings: &Settings, flags: &Flags, export: &Export) -> Result<(), Failure> {
    let asked = Asked {
        matches: export.matches.clone(),
        start: export.start.clone(),
        end: export.end.clone(),
        last: export.last.clone(),
        step: export.step.clone(),
        format: Some(name(export.format)),
        shape: Some(name(export.shape)),
    };
    let order = asked.read(Timestamp::now().as_millisecond())?;
    let path = export.output.as_deref();
    if flags.data.is_none() {
        return ask(settings, &asked, &order, path);
    }
    let stored = stored::open(settings, &settings.server.data)?;
    let export = order.begin(stored.head.reader())?;
    let mut progress = Progress::begin();
    write_to(path, |output| {
        let told = &mut |told: crate::export::Told| {
            progress.tell(Some(told.part), told.samples, "samples");
        };
        export
            .write(&mut &mut *output, told)
            .map_err(|error| failed(path, error))?;
        Ok(())
    })
}

fn name(value: impl clap::ValueEnum) -> String {
    let value = value.to_possible_value();
    value.map_or_else(String::new, |value| value.get_name().to_owned())
}

/// Asks the service of these settings.
fn ask(
    settings: &Settings,
    asked: &Asked,
    order: &Order,
    path: Option<&Path>,
) -> Result<(), Failure> {
    let mut query = Serializer::new(String::new());
    for selector in &asked.matches {
        query.append_pair("match[]", selector);
    }
    let seconds = |ms: i64| (ms as f64 / 1e3).to_string();
    query.append_pair("start", &seconds(order.from));
    query.append_pair("end", &seconds(order.to));
    for (name, value) in [
        ("step", &asked.step),
        ("format", &asked.format),
        ("shape", &asked.shape),
    ] {
        if let Some(value) = value {
            query.append_pair(name, value);
        }
    }
    let prefix = settings.server.prefix();
    let target = format!("{prefix}/vitals/v1/export?{}", query.finish());
    let address = reachable(settings.server.address);
    let silent = |error| Failure::Silent { address, error };
    let mut answer = stream(address, &target).map_err(silent)?;
    if !answer.is_good() {
        let mut body = String::new();
        let _ = answer
            .body
            .by_ref()
            .take(LONGEST_ERROR)
            .read_to_string(&mut body);
        let json: Value = serde_json::from_str(&body).unwrap_or_default();
        let message = json["error"]["message"]
            .as_str()
            .unwrap_or("it is no Vitals");
        return Err(Failure::Refused {
            address,
            status: answer.status.clone(),
            message: message.to_owned(),
        });
    }
    // Where each sample is a line, it is known how many lines are to come.
    let lines = answer
        .header("x-vitals-samples")
        .and_then(|text| text.parse::<u64>().ok());
    let lines = lines.filter(|_| order.format != Format::Json && !order.is_wide());
    let mut progress = Progress::begin();
    write_to(path, |output| {
        let mut piece = vec![0; 128 << 10];
        let mut count = 0;
        loop {
            let read = answer.body.read(&mut piece);
            let read = read.map_err(|error| Failure::BrokeOff(address, error))?;
            if read == 0 {
                return Ok(());
            }
            let piece = &piece[..read];
            output
                .write_all(piece)
                .map_err(|error| failed(path, error))?;
            count += piece.iter().filter(|byte| **byte == b'\n').count() as u64;
            let part = lines.map(|lines| count as f64 / lines.max(1) as f64);
            progress.tell(part, count, "lines");
        }
    })
}

/// Writes to a file, which is there only once it is whole, or to standard output.
fn write_to(
    path: Option<&Path>,
    write: impl FnOnce(&mut dyn Write) -> Result<(), Failure>,
) -> Result<(), Failure> {
    let Some(path) = path else {
        return match write(&mut io::stdout().lock()) {
            // Nobody reads any more: they have what they wanted.
            Err(Failure::Output { error, .. }) if error.kind() == io::ErrorKind::BrokenPipe => {
                Ok(())
            }
            written => written,
        };
    };
    let here = |error| failed(Some(path), error);
    // A device or a pipe is written to, not replaced.
    if fs::metadata(path).is_ok_and(|found| !found.is_file()) {
        let mut file = File::options().write(true).open(path).map_err(here)?;
        return write(&mut file);
    }
    let mut unfinished = path.as_os_str().to_owned();
    unfinished.push(".tmp");
    let unfinished = PathBuf::from(unfinished);
    let written = File::create(&unfinished)
        .map_err(here)
        .and_then(|mut file| {
            if path.extension().is_some_and(|extension| extension == "gz") {
                let mut packed = GzEncoder::new(file, Compression::default());
                write(&mut packed)?;
                file = packed.finish().map_err(here)?;
            } else {
                write(&mut file)?;
            }
            file.sync_all().map_err(here)?;
            fs::rename(&unfinished, path).map_err(here)
        });
    if written.is_err() {
        let _ = fs::remove_file(&unfinished);
    }
    written
}

fn failed(path: Option<&Path>, error: io::Error) -> Failure {
    let path = path.unwrap_or(Path::new("standard output")).to_owned();
    Failure::Output { path, error }
}
