//! Lines of OpenMetrics, or of Prometheus text, with timestamps.

use exposition::read::{Item, Limits, read};
use promql::METRIC_NAME;

use super::{LineReader, Taker, Tally, known::Known};

const END: &[u8] = b"# EOF";
/// A timestamp without a point is in seconds (OpenMetrics) if it is smaller, else in milliseconds
/// (Prometheus text): as seconds this is the year 5138, as milliseconds 1973.
const SECONDS_END: i64 = 100_000_000_000;

pub(super) struct Reader<S> {
    known: Known<S>,
    text: String,
}

impl<S> Default for Reader<S> {
    fn default() -> Self {
        Reader {
            known: Known::default(),
            text: String::new(),
        }
    }
}

impl<T: Taker> LineReader<T> for Reader<T::Series> {
    fn line(
        &mut self,
        line: &[u8],
        is_whole: bool,
        taker: &mut T,
        tally: &mut Tally,
    ) -> Result<Result<(), String>, T::Error> {
        if line.trim_ascii_end() == END {
            tally.ends = true;
            return Ok(Ok(()));
        }
        let mut taken = Ok(Ok(()));
        let outcome = read(line, &Limits::default(), |item| {
            let Item::Sample(sample) = item else {
                return; // what it is and what it is for is not stored
            };
            let Some(time) = sample.timestamp_ms else {
                taken = Ok(Err("no timestamp".to_owned()));
                return;
            };
            if !is_whole {
                taken = Ok(Err("the file ends in the middle of it".to_owned()));
                return;
            }
            self.text.clear();
            self.text.push_str(sample.name);
            for (name, value) in sample.labels.iter() {
                for part in ["\n", name, "\n", &value] {
                    self.text.push_str(part);
                }
            }
            let make = || {
                let labels = sample.labels.to_labels();
                taker.series(&labels.with(METRIC_NAME, sample.name))
            };
            let time = milliseconds(line, time);
            let series = self.known.find(&self.text, make);
            match series.and_then(|series| taker.take(series, time, sample.value)) {
                Ok(()) => tally.sample(time),
                Err(error) => taken = Err(error),
            }
        });
        match outcome.first_dropped {
            Some((_, why)) => Ok(Err(why.to_string())),
            None => taken,
        }
    }
}

fn milliseconds(line: &[u8], time: i64) -> i64 {
    let is_whole_number = || {
        let token = line.trim_ascii_end().rsplit(|byte| *byte == b' ').next();
        token.is_some_and(|token| {
            token
                .iter()
                .all(|byte| byte.is_ascii_digit() || *byte == b'-')
        })
    };
    match time.abs() < SECONDS_END && is_whole_number() {
        true => time * 1_000,
        false => time,
    }
}
