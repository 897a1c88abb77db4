//! Numbers as Go prints them.

/// As `%v` and `%g` without a precision: the shortest digits that read back as the same number.
pub(super) fn shortest(value: f64) -> String {
    match special(value) {
        Some(text) => text.into(),
        None => {
            let digits = Digits::of(&format!("{value:e}"));
            digits.general(6)
        }
    }
}

/// As `%.{precision}g`.
pub(super) fn general(value: f64, precision: usize) -> String {
    if let Some(text) = special(value) {
        return text.into();
    }
    let precision = precision.max(1);
    let digits = Digits::of(&format!("{value:.*e}", precision - 1));
    let count = digits.digits.len() as i32;
    let limit = precision as i32;
    match limit > count && count > digits.exponent {
        true => digits.general(count),
        false => digits.general(limit),
    }
}

/// As `%.{precision}e`; without a precision the shortest digits.
pub(super) fn scientific(value: f64, precision: Option<usize>) -> String {
    if let Some(text) = special(value) {
        return text.into();
    }
    let text = match precision {
        Some(precision) => format!("{value:.precision$e}"),
        None => format!("{value:e}"),
    };
    match text.split_once('e') {
        Some((mantissa, exponent)) => {
            let exponent: i32 = exponent.parse().unwrap_or(0);
            format!("{mantissa}e{}", signed_exponent(exponent))
        }
        None => text,
    }
}

/// As `%.{precision}f`.
pub(super) fn fixed(value: f64, precision: Option<usize>) -> String {
    match (special(value), precision) {
        (Some(text), _) => text.into(),
        (None, Some(precision)) => format!("{value:.precision$}"),
        (None, None) => format!("{value}"),
    }
}

fn special(value: f64) -> Option<&'static str> {
    match value {
        v if v.is_nan() => Some("NaN"),
        f64::INFINITY => Some("+Inf"),
        f64::NEG_INFINITY => Some("-Inf"),
        _ => None,
    }
}

fn signed_exponent(exponent: i32) -> String {
    let sign = if exponent < 0 { '-' } else { '+' };
    format!("{sign}{:02}", exponent.unsigned_abs())
}

/// The decimal digits of a number, without trailing zeros, and the power of ten of the first.
struct Digits {
    is_negative: bool,
    digits: String,
    exponent: i32,
}

impl Digits {
    /// From Rust's `1.25e-3`.
    fn of(text: &str) -> Digits {
        let (mantissa, exponent) = text.split_once('e').unwrap_or((text, "0"));
        let digits: String = mantissa.chars().filter(char::is_ascii_digit).collect();
        let digits = digits.trim_end_matches('0');
        Digits {
            is_negative: mantissa.starts_with('-'),
            digits: if digits.is_empty() { "0" } else { digits }.into(),
            exponent: exponent.parse().unwrap_or(0),
        }
    }

    /// With an exponent below 1e-4 and from 10^`limit` on.
    fn general(&self, limit: i32) -> String {
        let sign = if self.is_negative { "-" } else { "" };
        let digits = &self.digits;
        if self.exponent < -4 || self.exponent >= limit {
            let (first, rest) = digits.split_at(1);
            let dot = if rest.is_empty() { "" } else { "." };
            return format!(
                "{sign}{first}{dot}{rest}e{}",
                signed_exponent(self.exponent)
            );
        }
        if self.exponent < 0 {
            let zeros = "0".repeat(self.exponent.unsigned_abs() as usize - 1);
            return format!("{sign}0.{zeros}{digits}");
        }
        let whole = self.exponent as usize + 1;
        match digits.len() > whole {
            true => format!("{sign}{}.{}", &digits[..whole], &digits[whole..]),
            false => format!("{sign}{digits}{}", "0".repeat(whole - digits.len())),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn as_go_prints_them() {
        for (value, expected) in [
            (0.0, "0"),
            (-0.0, "-0"),
            (1.0, "1"),
            (0.1, "0.1"),
            (100_000.0, "100000"),
            (1e6, "1e+06"),
            (123_456.5, "123456.5"),
            (1_234_567.5, "1.2345675e+06"),
            (0.0001, "0.0001"),
            (0.00001, "1e-05"),
            (1e300, "1e+300"),
            (f64::NAN, "NaN"),
            (f64::INFINITY, "+Inf"),
            (f64::NEG_INFINITY, "-Inf"),
        ] {
            assert_eq!(shortest(value), expected);
        }
        for (value, expected) in [
            (1000.0, "1000"),
            (12_345.0, "1.234e+04"),
            (0.123_45, "0.1235"),
            (99.995, "100"),
            (9999.9, "1e+04"),
            (-2.5, "-2.5"),
        ] {
            assert_eq!(general(value, 4), expected);
        }
        assert_eq!(scientific(12_345.678, Some(6)), "1.234568e+04");
        assert_eq!(fixed(1.555, Some(2)), "1.55");
    }
}
