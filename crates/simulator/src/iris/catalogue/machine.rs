//! Processor and memory of the machine IRIS runs on.

use super::{Family, Number, Series, Version, View, gauge};

pub(super) const PROCESSOR: &[Family] = &[
    gauge(
        "iris_cpu_pct",
        "CPU usage (percentage) by process type",
        by_type,
    ),
    gauge(
        "iris_cpu_usage",
        "CPU usage (percentage) system-wide",
        usage,
    ),
];

pub(super) const MEMORY: &[Family] = &[
    gauge(
        "iris_page_space_percent_used",
        "Page file space used (percentage of maximum allocated)",
        |view, out| out.one(Number::whole((14.0 + 3.0 * view.wave(3, 600)) as i64)),
    ),
    gauge(
        "iris_phys_mem_percent_used",
        "Physical memory (RAM) used (percentage)",
        |view, out| out.one(Number::whole((64.0 + 5.0 * view.wave(4, 900)) as i64)),
    ),
];

fn by_type(view: &View<'_>, out: &mut Series) {
    let types = match view.version() {
        Version::V2024 => [
            "CSPSRV",
            "GARCOL",
            "JRNDMN",
            "LICENSESRV",
            "ODBCSRV",
            "WRTDMN",
        ],
        Version::V2026 | Version::Community => [
            "AUXWD",
            "CSPSRV",
            "GARCOL",
            "JRNDMN",
            "LICENSESRV",
            "WRTDMN",
        ],
    };
    for id in types {
        let share = if id == "CSPSRV" { 2.0 } else { 0.6 };
        out.push(&[("id", id)], view.about(1, 0.0, share));
    }
}

fn usage(view: &View<'_>, out: &mut Series) {
    let busy = view.world.busy();
    let percent = 6.0 + 17.0 * busy + 6.0 * view.wave(2, 40);
    out.one(Number::whole(percent.clamp(1.0, 100.0) as i64));
}
