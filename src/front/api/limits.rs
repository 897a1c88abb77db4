//! What a query may cost, as the engine has it.

use promql::Limits;

use crate::settings::Query;

/// Series that one selector may select.
const MOST_SERIES: usize = 100_000;

/// Of `[query]`.
pub(in crate::front) fn limits(settings: &Query) -> Limits {
    let mut limits = Limits::of_bytes(settings.max_length.get() as usize);
    limits.samples = u64::from(settings.max_samples);
    limits.series = MOST_SERIES;
    // Both ends are steps.
    limits.points = settings.max_points as usize + 1;
    limits.timeout = settings.timeout;
    limits
}
