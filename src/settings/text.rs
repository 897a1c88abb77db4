//! Settings as text again, in the forms a settings file has.

use std::fmt::Display;
use std::path::Path;
use std::time::Duration;

use serde::Serializer;
use vitals_actors::units::HumanDuration;

/// A value by its `Display`.
pub(super) fn display<S: Serializer>(
    value: &impl Display,
    serializer: S,
) -> Result<S::Ok, S::Error> {
    serializer.collect_str(value)
}

/// A value by its `Display`, or nothing.
pub(super) fn optional<S: Serializer>(
    value: &Option<impl Display>,
    serializer: S,
) -> Result<S::Ok, S::Error> {
    match value {
        Some(value) => serializer.collect_str(value),
        None => serializer.serialize_str(""),
    }
}

/// A duration as `10s`.
pub(super) fn duration<S: Serializer>(value: &Duration, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.collect_str(&HumanDuration(*value))
}

/// A duration as `10s`, or nothing.
pub(super) fn optional_duration<S: Serializer>(
    value: &Option<Duration>,
    serializer: S,
) -> Result<S::Ok, S::Error> {
    optional(&value.map(HumanDuration), serializer)
}

/// A path; one that is not text is shown as nearly as text can.
pub(super) fn path<S: Serializer>(value: &Path, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.collect_str(&value.display())
}
