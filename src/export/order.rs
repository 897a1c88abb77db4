//! What is asked for: by the parameters of a request, or by flags of the same names.

use std::time::Duration;

use promql::{METRIC_NAME, Matcher};
use vitals_actors::{targets::TARGETS, units::HumanDuration};

use super::moment;
use crate::selectors::{self, BadSelectors};

/// What is exported where nothing else is said.
const LAST: Duration = Duration::from_hours(1);
/// Steps and spans are at most as long as all of history may be.
const LONGEST: Duration = Duration::from_hours(400 * 24);

/// The form of an export.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, clap::ValueEnum, utoipa::ToSchema)]
#[schema(rename_all = "lowercase", as = ExportFormat)]
pub(crate) enum Format {
    /// Comma-separated values (RFC 4180), for spreadsheets
    #[default]
    Csv,
    /// JSON lines, as VictoriaMetrics exports and imports them
    Json,
    /// OpenMetrics with timestamps, for `vitals import` and `promtool tsdb create-blocks-from`
    #[value(name = "openmetrics")]
    OpenMetrics,
}

/// How CSV is laid out.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, clap::ValueEnum, utoipa::ToSchema)]
#[schema(rename_all = "lowercase", as = ExportShape)]
pub(crate) enum Shape {
    /// A line per sample
    #[default]
    Long,
    /// A line per moment, a column per series
    Wide,
}

/// What was asked for, as it stands in a URL; `None` and empty are the defaults.
#[derive(Clone, Debug, Default)]
pub(crate) struct Asked {
    pub(crate) matches: Vec<String>,
    pub(crate) start: Option<String>,
    pub(crate) end: Option<String>,
    /// How long before the end it begins.
    pub(crate) last: Option<String>,
    pub(crate) step: Option<String>,
    pub(crate) format: Option<String>,
    pub(crate) shape: Option<String>,
}

/// The same, understood.
#[derive(Debug)]
pub(crate) struct Order {
    pub(super) selectors: Vec<Vec<Matcher>>,
    /// Milliseconds since the epoch; both are included.
    pub(crate) from: i64,
    /// See `from`.
    pub(crate) to: i64,
    /// Milliseconds.
    pub(super) step: Option<i64>,
    pub(crate) format: Format,
    pub(super) shape: Shape,
}

/// Why it cannot be understood.
#[derive(Debug, thiserror::Error)]
pub(crate) enum BadOrder {
    #[error(transparent)]
    Selectors(#[from] BadSelectors),
    #[error("{name}={text}: {why}")]
    Parameter {
        name: &'static str,
        text: String,
        why: String,
    },
    #[error("end is before start")]
    Backwards,
    #[error("shape=wide is a table, and takes format=csv")]
    NoTable,
}

impl BadOrder {
    /// The code of the error for machines.
    pub(crate) fn code(&self) -> &'static str {
        match self {
            BadOrder::Selectors(bad) => bad.code(),
            BadOrder::Parameter { .. } | BadOrder::Backwards => "bad_parameter",
            BadOrder::NoTable => "bad_shape",
        }
    }
}

impl Asked {
    /// Reads it. `now`: milliseconds since the epoch, the end where none is said.
    ///
    /// # Errors
    /// What cannot be understood.
    pub(crate) fn read(&self, now: i64) -> Result<Order, BadOrder> {
        let selectors = match &self.matches[..] {
            [] => targets(),
            texts => selectors::parse(texts)?
                .iter()
                .map(|selector| selector.matchers().cloned().collect())
                .collect(),
        };
        let time = |name, text: &Option<String>| parameter(name, text, moment::parse);
        let step = parameter("step", &self.step, length)?;
        let (start, end) = (time("start", &self.start)?, time("end", &self.end)?);
        // Steps that hang on the moment of the question would never meet those of another one.
        let on_grid = |now: i64| step.map_or(now, |step| now - now.rem_euclid(step));
        let to = end.unwrap_or_else(|| on_grid(now));
        let last = parameter("last", &self.last, length)?;
        let from = start.unwrap_or(to - last.unwrap_or(LAST.as_millis() as i64));
        if to < from {
            return Err(BadOrder::Backwards);
        }
        let format = parameter("format", &self.format, choice)?.unwrap_or_default();
        let shape = parameter("shape", &self.shape, choice)?.unwrap_or_default();
        if shape == Shape::Wide && format != Format::Csv {
            return Err(BadOrder::NoTable);
        }
        Ok(Order {
            selectors,
            from,
            to,
            step,
            format,
            shape,
        })
    }
}

/// What the performance targets are judged by.
fn targets() -> Vec<Vec<Matcher>> {
    let of = |target: &vitals_actors::targets::Target| {
        let name = Matcher::equal(METRIC_NAME, target.series);
        let with = target
            .with
            .map(|(label, value)| Matcher::equal(label, value));
        std::iter::once(name).chain(with).collect()
    };
    TARGETS.iter().map(of).collect()
}

fn parameter<T>(
    name: &'static str,
    text: &Option<String>,
    read: impl Fn(&str) -> Result<T, String>,
) -> Result<Option<T>, BadOrder> {
    let text = text.as_deref().filter(|text| !text.is_empty());
    let bad = |text: &str, why| BadOrder::Parameter {
        name,
        text: text.chars().take(100).collect(),
        why,
    };
    text.map(|text| read(text).map_err(|why| bad(text, why)))
        .transpose()
}

fn choice<T: clap::ValueEnum>(text: &str) -> Result<T, String> {
    let names = || {
        let all = T::value_variants().iter();
        let names =
            all.filter_map(|variant| Some(variant.to_possible_value()?.get_name().to_owned()));
        names.collect::<Vec<_>>().join(", ")
    };
    T::from_str(text, false).map_err(|_| format!("is none of {}", names()))
}

/// Seconds, or a duration with units.
fn length(text: &str) -> Result<i64, String> {
    let duration = match text.parse::<f64>() {
        Ok(seconds) => Duration::try_from_secs_f64(seconds).map_err(|error| error.to_string())?,
        Err(_) => {
            let HumanDuration(duration) = text.parse().map_err(|error| format!("{error}"))?;
            duration
        }
    };
    if duration < Duration::from_millis(1) || duration > LONGEST {
        return Err("has to be from 1ms to 400d".to_owned());
    }
    Ok(duration.as_millis() as i64)
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOW: i64 = 1_790_000_000_123;

    fn asked(pairs: &[(&str, &str)]) -> Asked {
        let of = |name| {
            let found = pairs.iter().find(|(key, _)| *key == name);
            found.map(|(_, value)| (*value).to_owned())
        };
        Asked {
            matches: of("match").into_iter().collect(),
            start: of("start"),
            end: of("end"),
            last: of("last"),
            step: of("step"),
            format: of("format"),
            shape: of("shape"),
        }
    }

    #[test]
    fn nothing_said_is_the_targets_in_the_last_hour() {
        let order = asked(&[]).read(NOW).unwrap();
        assert_eq!((order.from, order.to), (NOW - 3_600_000, NOW));
        assert_eq!(
            (order.step, order.format, order.shape),
            (None, Format::Csv, Shape::Long)
        );
        assert_eq!(order.selectors.len(), 12);
        let uptime = order.selectors.last().unwrap();
        assert_eq!(
            (uptime[0].label(), uptime[1].label()),
            (METRIC_NAME, "window")
        );
    }

    #[test]
    fn times_and_steps_are_understood() {
        let read = |pairs: &[(&str, &str)]| {
            let order = asked(pairs).read(NOW).unwrap();
            (order.from, order.to, order.step)
        };
        assert_eq!(
            read(&[("start", "10"), ("end", "20.5")]),
            (10_000, 20_500, None)
        );
        // Without an end, steps are where they always are.
        let minute = NOW - NOW % 60_000;
        assert_eq!(
            read(&[("step", "1m")]),
            (minute - 3_600_000, minute, Some(60_000))
        );
        assert_eq!(
            read(&[("last", "2m"), ("end", "600")]),
            (480_000, 600_000, None)
        );
        assert_eq!(
            read(&[("step", "0.5"), ("start", "1"), ("end", "")]).2,
            Some(500)
        );
    }

    #[test]
    fn what_is_wrong_is_named() {
        for (pairs, code, text) in [
            (
                &[("match", "up[5m]")][..],
                "bad_match",
                "match[]=up[5m]: expected an instant vector",
            ),
            (&[("start", "soon")], "bad_parameter", "start=soon: "),
            (&[("end", "NaN")], "bad_parameter", "end=NaN: "),
            (
                &[("step", "0")],
                "bad_parameter",
                "step=0: has to be from 1ms to 400d",
            ),
            (&[("step", "-1")], "bad_parameter", "step=-1: "),
            (&[("step", "500d")], "bad_parameter", "step=500d: has to be"),
            (
                &[("format", "xml")],
                "bad_parameter",
                "format=xml: is none of csv, json, openmetrics",
            ),
            (
                &[("shape", "round")],
                "bad_parameter",
                "shape=round: is none of long, wide",
            ),
            (
                &[("start", "2"), ("end", "1")],
                "bad_parameter",
                "end is before start",
            ),
            (
                &[("format", "json"), ("shape", "wide")],
                "bad_shape",
                "shape=wide is a table",
            ),
        ] {
            let error = asked(pairs).read(NOW).unwrap_err();
            assert_eq!(error.code(), code, "{pairs:?}");
            assert!(error.to_string().starts_with(text), "{error}");
        }
    }
}
