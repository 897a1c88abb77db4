//! Times and durations as requests give them: seconds, RFC 3339, or Prometheus's `1h30m`.

use std::time::Duration;

use jiff::Timestamp;
use vitals_actors::units::HumanDuration;

use super::{failure::Failure, form::Form};
use crate::moment;

/// Before and after every sample, as Prometheus writes them.
const EARLIEST: &str = "-292273086-05-16T16:47:06Z";
const LATEST: &str = "+292277025-08-18T07:12:54.999999999Z";

/// A time that has to be there, Unix time in milliseconds.
pub(in crate::front) fn required(form: &Form, name: &str) -> Result<i64, Failure> {
    let text = form.first(name).unwrap_or_default();
    time(text).map_err(|why| Failure::parameter(name, why))
}

/// A time, if it is there.
pub(in crate::front) fn optional(form: &Form, name: &str) -> Result<Option<i64>, Failure> {
    let read = |text| {
        time(text).map_err(|why| {
            Failure::parameter(name, format!("Invalid time value for '{name}': {why}"))
        })
    };
    form.first(name).map(read).transpose()
}

/// A duration, if it is there.
pub(in crate::front) fn duration_of(form: &Form, name: &str) -> Result<Option<Duration>, Failure> {
    let read = |text| duration(text).map_err(|why| Failure::parameter(name, why));
    form.first(name).map(read).transpose()
}

/// The time a request is about, Unix time in milliseconds; everything where it says nothing.
pub(in crate::front) fn range(form: &Form) -> Result<(i64, i64), Failure> {
    let start = optional(form, "start")?.unwrap_or(i64::MIN);
    let end = optional(form, "end")?.unwrap_or(i64::MAX);
    Ok((start, end))
}

/// Unix time in milliseconds.
pub(in crate::front) fn now() -> i64 {
    Timestamp::now().as_millisecond()
}

/// Unix time in milliseconds. The error says what is wrong.
pub(in crate::front) fn time(text: &str) -> Result<i64, String> {
    match text {
        EARLIEST => Ok(i64::MIN),
        LATEST => Ok(i64::MAX),
        _ => {
            moment::read(text).ok_or_else(|| format!("cannot parse {text:?} to a valid timestamp"))
        }
    }
}

/// A duration in seconds or in Prometheus's units. Below zero it is zero, which nobody accepts. The
/// error says what is wrong.
pub(in crate::front) fn duration(text: &str) -> Result<Duration, String> {
    if let Ok(seconds) = text.parse::<f64>() {
        if seconds.is_nan() {
            return Err(format!("cannot parse {text:?} to a valid duration"));
        }
        // As many nanoseconds as an int64 holds.
        if seconds.abs() > i64::MAX as f64 / 1e9 {
            let overflows = "It overflows int64";
            return Err(format!(
                "cannot parse {text:?} to a valid duration. {overflows}"
            ));
        }
        return Ok(Duration::from_secs_f64(seconds.max(0.0)));
    }
    let cannot = |_| format!("cannot parse {text:?} to a valid duration");
    let HumanDuration(duration) = text.parse().map_err(cannot)?;
    // Longer than anything that is kept; and no sum of such overflows.
    Ok(duration.min(Duration::from_nanos(i64::MAX as u64)))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn times_are_read_as_prometheus_reads_them() {
        for (text, time_ms) in [
            ("1435781451.781", 1_435_781_451_781),
            ("2015-07-01T20:10:51.781Z", 1_435_781_451_781),
            (EARLIEST, i64::MIN),
            (LATEST, i64::MAX),
        ] {
            assert_eq!(time(text), Ok(time_ms), "{text}");
        }
        let expected = "cannot parse \"2015-07-01\" to a valid timestamp";
        assert_eq!(time("2015-07-01"), Err(expected.to_owned()));
    }

    #[test]
    fn durations_are_read_as_prometheus_reads_them() {
        for (text, milliseconds) in [
            ("15", 15_000),
            ("0.5", 500),
            ("1e1", 10_000),
            ("5m", 300_000),
            ("1h30m", 5_400_000),
            ("250ms", 250),
            ("1y", 31_536_000_000),
            ("0", 0),
            ("-1", 0),
        ] {
            let expected = Duration::from_millis(milliseconds);
            assert_eq!(duration(text), Ok(expected), "{text}");
        }
        for text in ["", "x", "NaN", "m5", "1.5h", "30m1h", "-5m", "5 m 3"] {
            let expected = format!("cannot parse {text:?} to a valid duration");
            assert_eq!(duration(text), Err(expected));
        }
        let overflow = duration("1e300").unwrap_err();
        assert!(overflow.ends_with("It overflows int64"), "{overflow}");
        assert!(duration("inf").unwrap_err().ends_with("int64"));
        assert!(duration("400y").unwrap() <= Duration::from_nanos(i64::MAX as u64));
    }

    proptest! {
        #[test]
        fn no_text_is_too_much(text in "\\PC{0,30}") {
            let _ = (time(&text), duration(&text));
        }

        #[test]
        fn seconds_and_units_say_the_same(seconds in 0u32..10_000_000) {
            prop_assert_eq!(duration(&seconds.to_string()), duration(&format!("{seconds}s")));
        }
    }
}
