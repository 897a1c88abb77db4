//! label_replace and label_join.

use exposition::is_label_name;

use super::args::Args;
use crate::{
    METRIC_NAME,
    error::{Error, Result},
    eval::{Series, Stream, Union},
    labels::value,
    pattern::Pattern,
};

/// Of a value that is made: each of a hundred nested calls can double it.
const MOST_BYTES: usize = 4 << 10;

pub(super) fn label_replace<'q>(args: &Args<'q>) -> Result<Stream<'q>> {
    let target = args.text(1)?;
    let replacement = args.text(2)?;
    let source = args.text(3)?;
    let written = args.text(4)?;
    let pattern = Pattern::new(written).map_err(|_| {
        Error::execution(format!(
            "invalid regular expression in label_replace(): {written}"
        ))
    })?;
    require_label_name("destination", "label_replace", target)?;
    relabel(args, target, move |series| {
        pattern.replaced(value(&series.labels, source), replacement)
    })
}

pub(super) fn label_join<'q>(args: &Args<'q>) -> Result<Stream<'q>> {
    let target = args.text(1)?;
    let separator = args.text(2)?;
    let sources = args.texts(3)?;
    for source in &sources {
        require_label_name("source", "label_join", source)?;
    }
    require_label_name("destination", "label_join", target)?;
    relabel(args, target, move |series| {
        let values = sources.iter().map(|source| value(&series.labels, source));
        Some(values.collect::<Vec<_>>().join(separator))
    })
}

fn require_label_name(which: &str, function: &str, name: &str) -> Result<()> {
    if is_label_name(name) {
        return Ok(());
    }
    Err(Error::execution(format!(
        "invalid {which} label name in {function}(): {name}"
    )))
}

/// Sets the target label of each series for which there is a new value.
fn relabel<'q>(
    args: &Args<'q>,
    target: &'q str,
    new_value: impl Fn(&Series) -> Option<String> + 'q,
) -> Result<Stream<'q>> {
    let meter = &args.ev.meter;
    let mut union = Union::default();
    for series in args.vector(0)? {
        let mut series = series?;
        if let Some(value) = new_value(&series) {
            if value.len() > MOST_BYTES {
                return Err(Error::execution(format!(
                    "a value of label {target:?} would be longer than {MOST_BYTES} bytes"
                )));
            }
            // Of samples there may be few, and of labels that are made many.
            let bytes = value.len() + 4 * size_of::<&str>() * (series.labels.len() + 1);
            series
                .values
                .hold_also(meter.hold(bytes / size_of::<f64>())?);
            series.labels = series.labels.with(target, value);
            // A name given on purpose stays.
            series.drop_name &= target != METRIC_NAME;
        }
        union.add(series)?;
    }
    Ok(Box::new(union.into_series().into_iter().map(Ok)))
}
