//! Points in time and durations.

use super::{Answer, Call, failed};
use crate::alert::duration::PrometheusDuration;
use crate::alert::template::value::{Value, timestamp};

pub(super) fn to_time(call: &Call) -> Answer {
    let [value] = call.exactly()?;
    let seconds = call.number(value)?;
    match timestamp(seconds) {
        Some(_) => Ok(Value::Time(seconds)),
        None => failed(format!("{seconds} seconds are no time")),
    }
}

pub(super) fn now(call: &Call) -> Answer {
    let [] = call.exactly()?;
    Ok(Value::Float(call.with.now))
}

pub(super) fn to_duration(call: &Call) -> Answer {
    let [value] = call.exactly()?;
    let seconds = call.number(value)?;
    if seconds.abs() > 9e9 || seconds.is_nan() {
        return failed(format!("{seconds} seconds are too long"));
    }
    Ok(go_duration(seconds).into())
}

/// As Go prints a duration: `1h30m0s`, `1.5s`, `20ms`.
fn go_duration(seconds: f64) -> String {
    let nanoseconds = (seconds.abs() * 1e9) as u64;
    let sign = if seconds < 0.0 { "-" } else { "" };
    let trimmed = |unit: u64| {
        let text = format!("{:.9}", nanoseconds as f64 / unit as f64);
        text.trim_end_matches('0').trim_end_matches('.').to_owned()
    };
    match nanoseconds {
        0 => return "0s".into(),
        1..1_000 => return format!("{sign}{nanoseconds}ns"),
        1_000..1_000_000 => return format!("{sign}{}µs", trimmed(1_000)),
        1_000_000..1_000_000_000 => return format!("{sign}{}ms", trimmed(1_000_000)),
        _ => {}
    }
    let (minutes, rest) = (nanoseconds / 60_000_000_000, nanoseconds % 60_000_000_000);
    let seconds = format!("{:.9}", rest as f64 / 1e9);
    let seconds = seconds.trim_end_matches('0').trim_end_matches('.');
    match (minutes / 60, minutes % 60) {
        (0, 0) => format!("{sign}{seconds}s"),
        (0, minutes) => format!("{sign}{minutes}m{seconds}s"),
        (hours, minutes) => format!("{sign}{hours}h{minutes}m{seconds}s"),
    }
}

pub(super) fn parse_duration(call: &Call) -> Answer {
    let [text] = call.exactly()?;
    match call.text(text)?.parse::<PrometheusDuration>() {
        Ok(duration) => Ok(Value::Float(duration.0.as_secs_f64())),
        Err(error) => failed(error.to_string()),
    }
}

/// What Go's time says of itself.
pub(in crate::alert::template) fn field(seconds: f64, name: &str) -> Option<Value> {
    let at = timestamp(seconds)?.to_zoned_datetime(jiff::tz::TimeZone::UTC);
    let number = match name {
        "Year" => i64::from(at.year()),
        "Day" => i64::from(at.day()),
        "Hour" => i64::from(at.hour()),
        "Minute" => i64::from(at.minute()),
        "Second" => i64::from(at.second()),
        "YearDay" => i64::from(at.day_of_year()),
        "Unix" => at.timestamp().as_second(),
        "Month" => return Some(at.strftime("%B").to_string().into()),
        "Weekday" => return Some(at.strftime("%A").to_string().into()),
        "String" => return Some(crate::alert::template::value::time(seconds).into()),
        _ => return None,
    };
    Some(Value::Int(number))
}
