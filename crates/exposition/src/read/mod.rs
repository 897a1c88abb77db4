//! Reads what others expose: the Prometheus text format 0.0.4, and what OpenMetrics adds to it.
//!
//! [`read()`] goes through a body once, line by line, and hands out what it finds, borrowed from the
//! body. A line that is wrong is dropped and counted, and the rest is read: an exporter with one bad
//! line is still worth its others.
//!
//! It takes all that Prometheus's own scraper takes of this format, except where that would be a
//! guess (`disk-1 7`), where a value runs over the end of its line, and names outside the classic
//! character set. It does not need HELP or TYPE, does not hold samples against the type they were
//! announced with, and does not mind a series twice.
//!
//! ```
//! use exposition::read::{Item, Limits, read};
//!
//! let body = b"# TYPE up gauge\nup{job=\"a\"} 1\nnot a sample\n";
//! let outcome = read(body, &Limits::default(), |item| {
//!     if let Item::Sample(sample) = item {
//!         assert_eq!((sample.name, sample.value), ("up", 1.0));
//!         assert_eq!(sample.labels.get("job").as_deref(), Some("a"));
//!     }
//! });
//! assert_eq!((outcome.samples, outcome.dropped.syntax), (1, 1));
//! ```

mod comment;
mod cursor;
mod escape;
mod labels;
mod limits;
mod number;
mod outcome;
mod sample;

#[cfg(test)]
mod tests;

pub use labels::LabelSet;
pub use limits::Limits;
pub use outcome::{DropReason, Dropped, Outcome};
pub use sample::Sample;

use std::borrow::Cow;

use crate::family::MetricType;

/// What a line says.
#[derive(Clone, Debug)]
pub enum Item<'t> {
    /// One number of one series.
    Sample(Sample<'t>),
    /// A `# TYPE` line.
    Type {
        /// Of the family.
        name: &'t str,
        /// [`MetricType::Untyped`] also for types that this crate does not know.
        kind: MetricType,
    },
    /// A `# HELP` line.
    Help {
        /// Of the family.
        name: &'t str,
        /// The text, unescaped.
        help: Cow<'t, str>,
    },
}

/// Reads a body, and calls `each` for what is in it, in its order.
///
/// Time is linear in the body, memory is what a sample's [`Limits::labels`] need, and nothing is
/// allocated for a sample. Nothing panics, whatever the bytes.
pub fn read<'t>(body: &'t [u8], limits: &Limits, mut each: impl FnMut(Item<'t>)) -> Outcome {
    let mut reader = Reader {
        limits,
        names: Vec::new(),
        outcome: Outcome {
            ends_mid_line: body.last().is_some_and(|last| *last != b'\n'),
            ..Outcome::default()
        },
    };
    let mut rest = body;
    while !rest.is_empty() {
        let end = memchr::memchr(b'\n', rest).unwrap_or(rest.len());
        let (line, behind) = rest.split_at_checked(end).unwrap_or((rest, &[]));
        rest = behind.get(1..).unwrap_or_default();
        reader.outcome.lines += 1;
        match reader.line(line) {
            Ok(Some(item)) => each(item),
            Ok(None) => reader.outcome.ignored += 1,
            Err(reason) => reader.outcome.drop_line(reason),
        }
    }
    reader.outcome
}

struct Reader<'t, 'l> {
    limits: &'l Limits,
    /// Room for the names of a sample's labels.
    names: Vec<&'t str>,
    outcome: Outcome,
}

impl<'t> Reader<'t, '_> {
    fn line(&mut self, line: &'t [u8]) -> Result<Option<Item<'t>>, DropReason> {
        let line = line.strip_suffix(b"\r").unwrap_or(line);
        let too_long = line.len() > self.limits.line_bytes;
        let line = cursor::trim_blanks(line);
        let comment = match line.first() {
            None => return Ok(None),
            Some(b'#') => match comment::keyword(line) {
                None => return Ok(None),
                known => known,
            },
            Some(_) => None,
        };
        if too_long {
            return Err(DropReason::TooLong);
        }
        match comment {
            Some((keyword, text)) => self.metadata(keyword, text).map(Some),
            None => self.sample(line).map(Some),
        }
    }

    fn sample(&mut self, line: &'t [u8]) -> Result<Item<'t>, DropReason> {
        if self.outcome.samples >= self.limits.samples {
            return Err(DropReason::OverLimit);
        }
        let sample = sample::read(utf8(line)?, self.limits, &mut self.names)?;
        self.outcome.samples += 1;
        Ok(Item::Sample(sample))
    }

    fn metadata(
        &mut self,
        keyword: comment::Keyword,
        text: &'t [u8],
    ) -> Result<Item<'t>, DropReason> {
        if self.outcome.metadata >= self.limits.samples {
            return Err(DropReason::OverLimit);
        }
        let item = comment::read(keyword, utf8(text)?, self.limits)?;
        self.outcome.metadata += 1;
        Ok(item)
    }
}

fn utf8(line: &[u8]) -> Result<&str, DropReason> {
    std::str::from_utf8(line).map_err(|_| DropReason::Encoding)
}
