//! Reads what others have stored: OpenMetrics with timestamps, and JSON lines as VictoriaMetrics
//! exports them, line by line in constant memory. A line that is wrong is dropped and counted, the
//! rest is taken.

mod input;
mod json_lines;
mod known;
mod open_metrics;
mod tally;
#[cfg(test)]
mod tests;

use std::io;

use exposition::Labels;

pub(crate) use input::{Input, Line};
pub(crate) use tally::Tally;

/// The form of what is read.
#[derive(Clone, Copy, Debug, PartialEq, Eq, clap::ValueEnum)]
pub(crate) enum Format {
    /// OpenMetrics, or Prometheus text, with a timestamp in each line
    #[value(name = "openmetrics")]
    OpenMetrics,
    /// JSON lines, as VictoriaMetrics exports them
    Json,
}

/// Who takes the samples in.
pub(crate) trait Taker {
    /// What a series is called.
    type Series: Copy;
    /// Why it takes no more.
    type Error;

    /// A series, new or known. Labels include the name, which is a good one.
    fn series(&mut self, labels: &Labels) -> Result<Self::Series, Self::Error>;

    /// A sample, milliseconds since the epoch.
    fn take(&mut self, series: Self::Series, time: i64, value: f64) -> Result<(), Self::Error>;
}

/// Why reading ended early.
#[derive(Debug, thiserror::Error)]
pub(crate) enum ImportError<E> {
    /// The input broke off.
    #[error("line {line}: {error}")]
    Input {
        /// Counted from 1.
        line: u64,
        /// What the file system, or the decompression, says.
        error: io::Error,
    },
    /// The taker takes no more.
    #[error(transparent)]
    Taker(E),
}

/// Reads everything. `format`: by the first character, where it is not given. `progress` hears, now
/// and then, how many samples there were.
///
/// # Errors
/// See [`ImportError`].
pub(crate) fn read<T: Taker>(
    input: &mut Input,
    format: Option<Format>,
    taker: &mut T,
    mut progress: impl FnMut(&Input, u64),
) -> Result<Tally, ImportError<T::Error>> {
    let mut tally = Tally::default();
    let broken = |line, error| ImportError::Input { line, error };
    let format = match format {
        Some(format) => format,
        None => match input.first().map_err(|error| broken(1, error))? {
            Some(b'{') => Format::Json,
            _ => Format::OpenMetrics,
        },
    };
    let mut reader: Box<dyn LineReader<T>> = match format {
        Format::OpenMetrics => Box::new(open_metrics::Reader::default()),
        Format::Json => Box::new(json_lines::Reader),
    };
    let mut line = Vec::new();
    loop {
        let read = input.next(&mut line);
        let read = read.map_err(|error| broken(tally.lines + 1, error))?;
        if read == Line::End {
            break;
        }
        tally.lines += 1;
        let taken = match read {
            Line::TooLong => Err("longer than 64 MiB; export with max_rows_per_line".to_owned()),
            _ => reader
                .line(&line, read == Line::Whole, taker, &mut tally)
                .map_err(ImportError::Taker)?,
        };
        if let Err(why) = taken {
            tally.bad_line(why);
        }
        if tally.lines % 256 == 0 {
            progress(input, tally.samples);
        }
    }
    tally.is_cut = format == Format::OpenMetrics && !tally.ends;
    Ok(tally)
}

/// Reads lines of one form.
trait LineReader<T: Taker> {
    /// Takes in a line; it `is_whole` if it has an end. What is wrong with it is no error.
    fn line(
        &mut self,
        line: &[u8],
        is_whole: bool,
        taker: &mut T,
        tally: &mut Tally,
    ) -> Result<Result<(), String>, T::Error>;
}
