//! `vitals query`: asks a running Vitals, and shows what it answers: a table of an instant, a line per
//! series of a range.

mod answer;
mod sparkline;
mod text;

use std::{
    io::{self, Write},
    net::SocketAddr,
    process::ExitCode,
    time::Duration,
};

use clap::Args;
use jiff::Timestamp;
use url::form_urlencoded;
use vitals_actors::units::HumanDuration;

use super::{print, running};
use crate::{cli::Output, exit_code, moment, settings::Settings};
use answer::{Answer, Data, Failed};

/// Of an answer.
const LONGEST: usize = 256 << 20;
/// What an answer may take beyond the time a query may.
const ON_THE_WAY: Duration = Duration::from_secs(5);
/// Samples of a series, where no step is said.
const STEPS: u32 = 60;

/// What is asked.
#[derive(Args, Clone, Debug, PartialEq)]
pub(crate) struct Asked {
    /// PromQL, such as 'vitals_host_cpu_used_ratio'
    #[arg(value_name = "EXPRESSION")]
    expression: String,
    /// The moment, in RFC 3339 or Unix seconds; without it, now
    #[arg(long, value_name = "TIME")]
    at: Option<Moment>,
    /// How far to look back from there, such as 1h
    #[arg(long, value_name = "DURATION")]
    range: Option<HumanDuration>,
    /// From one sample to the next, such as 10s; without it, a sixtieth of the range
    #[arg(long, value_name = "DURATION", requires = "range")]
    step: Option<HumanDuration>,
    /// The form of the answer
    #[arg(long, value_name = "FORM", value_enum, default_value_t)]
    output: Output,
}

/// Seconds since the epoch.
#[derive(Clone, Copy, Debug, PartialEq)]
struct Moment(f64);

impl std::str::FromStr for Moment {
    type Err = &'static str;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let ms = moment::read(text)
            .ok_or("neither RFC 3339, such as 2026-11-23T21:00:00Z, nor Unix seconds")?;
        Ok(Moment(ms as f64 / 1e3))
    }
}

/// Why there is no answer.
#[derive(Debug, thiserror::Error)]
enum QueryError {
    #[error(
        "{address} does not answer: {error}; start it (vitals serve), or name its address: --listen, --config"
    )]
    Silent {
        address: SocketAddr,
        error: io::Error,
    },
    #[error("{address} answers {status}, which is no answer of a Vitals")]
    NotVitals { address: SocketAddr, status: String },
    #[error("{0}")]
    Refused(Failed),
}

impl QueryError {
    /// What cannot be understood is the caller's to change; all else may do the next time.
    fn exit_code(&self) -> u8 {
        match self {
            QueryError::Refused(failed) if failed.is_of_the_question() => exit_code::USAGE,
            _ => exit_code::FAILED,
        }
    }
}

/// Exit code 0 with an answer, 1 without, 2 where the question makes no sense.
pub(crate) fn run(settings: &Settings, asked: &Asked) -> ExitCode {
    match ask(settings, asked) {
        Ok((answer, _)) if asked.output == Output::Json => {
            print(&answer);
            print("\n");
            ExitCode::SUCCESS
        }
        Ok((_, Answer { data, notes })) => {
            for note in notes {
                let _ = writeln!(io::stderr(), "vitals: {note}");
            }
            print(&shown(&data));
            ExitCode::SUCCESS
        }
        Err(error) => {
            let _ = writeln!(io::stderr(), "vitals: {error}");
            error.exit_code().into()
        }
    }
}

fn shown(data: &Data) -> String {
    match data {
        Data::Scalar(value) | Data::Text(value) => format!("{value}\n"),
        Data::Vector(samples) => text::instant(samples),
        Data::Matrix(rows) => text::range(rows),
    }
}

/// The text of the answer, and the answer.
fn ask(settings: &Settings, asked: &Asked) -> Result<(String, Answer), QueryError> {
    let address = running::reachable(settings.server.address);
    let (route, form) = question(asked, Timestamp::now().as_millisecond() as f64 / 1e3);
    let path = format!("{}/api/v1/{route}", settings.server.prefix());
    let deadline = settings.query.timeout + ON_THE_WAY;
    let answer = running::post(address, &path, &form, deadline, LONGEST);
    let answer = answer.map_err(|error| QueryError::Silent { address, error })?;
    match answer::read(&answer.body) {
        Some(Ok(read)) if answer.is_good() => Ok((answer.body, read)),
        Some(Err(failed)) => Err(QueryError::Refused(failed)),
        _ => Err(QueryError::NotVitals {
            address,
            status: match &*answer.status {
                "" => "no HTTP".to_owned(),
                status => status.to_owned(),
            },
        }),
    }
}

/// The route, and what is posted there.
fn question(asked: &Asked, now: f64) -> (&'static str, String) {
    let mut form = form_urlencoded::Serializer::new(String::new());
    form.append_pair("query", &asked.expression);
    let at = asked.at.map_or(now, |Moment(at)| at);
    let Some(HumanDuration(range)) = asked.range else {
        form.append_pair("time", &at.to_string());
        return ("query", form.finish());
    };
    let usual = (range / STEPS).max(Duration::from_secs(1));
    let step = asked.step.map_or(usual, |HumanDuration(step)| step);
    // On whole steps, so that asking again shows the same samples.
    let end = match (asked.at, step.as_secs_f64()) {
        (None, step) if step > 0.0 => (at / step).floor() * step,
        _ => at,
    };
    form.append_pair("start", &(end - range.as_secs_f64()).to_string());
    form.append_pair("end", &end.to_string());
    form.append_pair("step", &step.as_secs_f64().to_string());
    ("query_range", form.finish())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn asked(range: Option<u64>, at: Option<f64>) -> Asked {
        Asked {
            expression: "a + b".to_owned(),
            at: at.map(Moment),
            range: range.map(|seconds| HumanDuration(Duration::from_secs(seconds))),
            step: None,
            output: Output::Text,
        }
    }

    #[test]
    fn what_is_asked_is_posted() {
        let now = 1_000_003.5;
        assert_eq!(
            question(&asked(None, None), now),
            ("query", "query=a+%2B+b&time=1000003.5".to_owned())
        );
        assert_eq!(
            question(&asked(Some(600), None), now),
            (
                "query_range",
                "query=a+%2B+b&start=999400&end=1000000&step=10".to_owned()
            )
        );
        assert_eq!(
            question(&asked(Some(600), Some(7.5)), now).1,
            "query=a+%2B+b&start=-592.5&end=7.5&step=10"
        );
    }

    #[test]
    fn moments_are_read() {
        assert_eq!("1.5".parse(), Ok(Moment(1.5)));
        assert_eq!("1970-01-01T00:00:01.5Z".parse(), Ok(Moment(1.5)));
        for bad in ["", "NaN", "inf", "now", "2026-01-01"] {
            assert!(bad.parse::<Moment>().is_err(), "{bad}");
        }
    }
}
