//! Licence units.

use super::{Family, Number, View, gauge};

pub(super) const ALL: &[Family] = &[
    gauge(
        "iris_license_available",
        "Licenses not in use",
        |view, out| {
            if shown(view) {
                out.one(Number::whole(view.units.saturating_sub(view.used)));
            }
        },
    ),
    gauge("iris_license_consumed", "Licenses in use", |view, out| {
        if shown(view) {
            out.one(Number::whole(view.used));
        }
    }),
    gauge(
        "iris_license_days_remaining",
        "The number of days left before a license expires",
        |view, out| {
            if shown(view) {
                let days = 1_106 - view.uptime() / 8_640;
                out.one(Number::ratio(days.max(0), 10));
            }
        },
    )
    .unit("days"),
    gauge(
        "iris_license_percent_used",
        "Licenses in use (percentage)",
        |view, out| {
            if shown(view) {
                let units = view.units.max(1);
                out.one(Number::whole((view.used * 100 + units / 2) / units));
            }
        },
    ),
];

fn shown(view: &View<'_>) -> bool {
    view.world.gates.licence
}
