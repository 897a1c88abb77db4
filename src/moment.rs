//! Moments as requests and command lines give them.

use jiff::Timestamp;

/// Seconds either way beyond which no time is told apart: some 9 million years.
const MOST_SECONDS: f64 = 9.2e15 / 32.0;

/// Unix time in milliseconds, of seconds or of RFC 3339; `None` of anything else.
pub(crate) fn read(text: &str) -> Option<i64> {
    let Ok(seconds) = text.parse::<f64>() else {
        let time: Timestamp = text.parse().ok()?;
        return Some(time.as_millisecond());
    };
    if !seconds.is_finite() {
        return None;
    }
    // Cut to whole seconds first: what is left is exact enough for milliseconds.
    let seconds = seconds.clamp(-MOST_SECONDS, MOST_SECONDS);
    let whole = seconds.trunc();
    Some(whole as i64 * 1_000 + ((seconds - whole) * 1_000.0).round() as i64)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn moments_are_seconds_or_texts() {
        for (text, ms) in [
            ("0", 0),
            ("1", 1_000),
            ("1435781451.781", 1_435_781_451_781),
            ("1435781451.7819", 1_435_781_451_782),
            ("1.5e9", 1_500_000_000_000),
            ("-1.5", -1_500),
            ("+2", 2_000),
            ("2015-07-01T20:10:51.781Z", 1_435_781_451_781),
            ("2015-07-01T22:10:51.781+02:00", 1_435_781_451_781),
            ("1969-12-31T23:59:59Z", -1_000),
        ] {
            assert_eq!(read(text), Some(ms), "{text}");
        }
        for text in [
            "",
            "x",
            "NaN",
            "nan",
            "inf",
            "-Inf",
            "1s",
            "2015-07-01",
            "12:00",
            "1 ",
            "1,5",
            "2015-13-01T00:00:00Z",
            "2015-07-01T20:10:51",
        ] {
            assert_eq!(read(text), None, "{text}");
        }
        assert!(read("1e300") > read("1e12"));
    }

    proptest! {
        #[test]
        fn every_millisecond_is_read_as_it_is_written(
            at in -62_000_000_000_000i64..250_000_000_000_000,
        ) {
            let seconds = format!("{}.{:03}", at / 1000, (at % 1000).abs());
            if at >= 0 {
                prop_assert_eq!(read(&seconds), Some(at));
            }
            let text = Timestamp::from_millisecond(at).unwrap().to_string();
            prop_assert_eq!(read(&text), Some(at));
        }
    }
}
