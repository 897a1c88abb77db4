//! A line with a sample: `name{label="value"} value timestamp`, the labels and the timestamp or not.

use super::{
    cursor::{Cursor, is_blank},
    labels::{self, LabelSet},
    limits::Limits,
    number,
    outcome::DropReason,
};
use crate::name::is_metric_name_byte;

/// One sample, borrowed from the body.
#[derive(Clone, Copy, Debug)]
pub struct Sample<'t> {
    /// Of the metric: `[a-zA-Z_:][a-zA-Z0-9_:]*`.
    pub name: &'t str,
    /// What tells it from other samples of that name.
    pub labels: LabelSet<'t>,
    /// Any number, `NaN` and the infinities too.
    pub value: f64,
    /// Milliseconds since the Unix epoch; `None`: when the body was asked for.
    pub timestamp_ms: Option<i64>,
}

/// Reads a line that is neither blank nor a comment. `names` is room to work in.
pub(super) fn read<'t>(
    line: &'t str,
    limits: &Limits,
    names: &mut Vec<&'t str>,
) -> Result<Sample<'t>, DropReason> {
    let mut cursor = Cursor::new(line);
    // Prometheus would also take `disk-1 7` for a `disk` of -1, at 7: here a name ends at a blank
    // or a brace, and that is a bad name.
    let ends = |byte| is_blank(byte) || byte == b'{';
    let (name, good) = cursor.take_name(is_metric_name_byte, ends);
    if name.len() > limits.name_bytes {
        return Err(DropReason::TooLong);
    }
    let mut odd_name = !good;
    if odd_name && name.contains(labels::MARKS) {
        return Err(DropReason::Syntax);
    }
    let mut labels = LabelSet::default();
    cursor.skip_blanks();
    if cursor.eat(b'{') {
        let braces = labels::read(&mut cursor, limits, names)?;
        if braces.names_metric != name.is_empty() {
            return Err(DropReason::Syntax); // no name at all, or two
        }
        labels = braces.labels;
        odd_name |= braces.odd_name;
        cursor.skip_blanks();
    }
    let value = number::value(cursor.take_until(is_blank)).ok_or(DropReason::Syntax)?;
    cursor.skip_blanks();
    let timestamp_ms = match cursor.peek() {
        None | Some(b'#') => None,
        Some(_) => {
            let token = cursor.take_until(is_blank);
            cursor.skip_blanks();
            Some(number::timestamp_ms(token).ok_or(DropReason::Syntax)?)
        }
    };
    // Behind `#` is an exemplar of OpenMetrics.
    if !matches!(cursor.peek(), None | Some(b'#')) {
        return Err(DropReason::Syntax);
    }
    if odd_name {
        return Err(DropReason::Name);
    }
    Ok(Sample {
        name,
        labels,
        value,
        timestamp_ms,
    })
}
