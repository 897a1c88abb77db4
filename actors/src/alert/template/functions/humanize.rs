//! Numbers for people.

use super::{Answer, Call, failed};
use crate::alert::template::number;
use crate::alert::template::value::{self, Value};

const LARGE: [&str; 8] = ["k", "M", "G", "T", "P", "E", "Z", "Y"];
const BINARY: [&str; 8] = ["ki", "Mi", "Gi", "Ti", "Pi", "Ei", "Zi", "Yi"];
const SMALL: [&str; 8] = ["m", "u", "n", "p", "f", "a", "z", "y"];

pub(super) fn humanize(call: &Call) -> Answer {
    let number = one(call)?;
    Ok(if number == 0.0 || !number.is_finite() {
        number::general(number, 4).into()
    } else if number.abs() >= 1.0 {
        larger(number, 1000.0, &LARGE).into()
    } else {
        smaller(number).into()
    })
}

pub(super) fn humanize1024(call: &Call) -> Answer {
    let number = one(call)?;
    Ok(match number.abs() <= 1.0 || !number.is_finite() {
        true => number::general(number, 4).into(),
        false => larger(number, 1024.0, &BINARY).into(),
    })
}

pub(super) fn percentage(call: &Call) -> Answer {
    let number = one(call)?;
    Ok(format!("{}%", number::general(number * 100.0, 4)).into())
}

pub(super) fn duration(call: &Call) -> Answer {
    let number = one(call)?;
    if !number.is_finite() {
        return Ok(number::general(number, 4).into());
    }
    if number == 0.0 {
        return Ok(format!("{}s", number::general(number, 4)).into());
    }
    if number.abs() < 1.0 {
        return Ok(format!("{}s", smaller(number)).into());
    }
    let sign = if number < 0.0 { "-" } else { "" };
    let whole = number.abs() as u64;
    let (days, hours) = (whole / 86_400, whole / 3_600 % 24);
    let (minutes, seconds) = (whole / 60 % 60, whole % 60);
    Ok(match (days, hours, minutes) {
        (0, 0, 0) => format!("{sign}{}s", number::general(number.abs(), 4)),
        (0, 0, _) => format!("{sign}{minutes}m {seconds}s"),
        (0, _, _) => format!("{sign}{hours}h {minutes}m {seconds}s"),
        _ => format!("{sign}{days}d {hours}h {minutes}m {seconds}s"),
    }
    .into())
}

pub(super) fn timestamp(call: &Call) -> Answer {
    let number = one(call)?;
    if !number.is_finite() {
        return Ok(number::general(number, 4).into());
    }
    match value::timestamp(number) {
        Some(_) => Ok(value::time(number).into()),
        None => failed(format!("{} seconds are no time", number::shortest(number))),
    }
}

fn one(call: &Call) -> Result<f64, super::CallError> {
    let [value]: &[Value; 1] = call.exactly()?;
    call.number(value)
}

fn larger(mut number: f64, base: f64, prefixes: &[&'static str]) -> String {
    let mut prefix = "";
    for larger in prefixes {
        if number.abs() < base {
            break;
        }
        prefix = larger;
        number /= base;
    }
    format!("{}{prefix}", number::general(number, 4))
}

fn smaller(mut number: f64) -> String {
    let mut prefix = "";
    for smaller in SMALL {
        if number.abs() >= 1.0 {
            break;
        }
        prefix = smaller;
        number *= 1000.0;
    }
    format!("{}{prefix}", number::general(number, 4))
}
