//! The write daemon.

use super::{Family, Number, gauge};

pub(super) const ALL: &[Family] = &[
    gauge("iris_wd_buffer_redirty", "Database buffers the write daemon wrote during the most recent cycle that were also written in prior cycle", |view, out| out.one(view.about(124, 8.0, 20.0))),
    gauge("iris_wd_buffer_write", "Database buffers the write daemon wrote during its most recent cycle", |view, out| out.one(view.about(125, 8.0, 160.0))),
    gauge("iris_wd_condition", "Write daemon condition", |_, out| out.one(Number::whole(0))).only_2026(),
    gauge("iris_wd_cycle_time", "Time (milliseconds) for most recent write daemon cycle to complete", |view, out| out.one(view.about(127, 6.0, 140.0))).unit("milliseconds"),
    gauge("iris_wd_pass", "Write daemon passes since startup", |view, out| out.one(Number::whole(view.uptime() / 80))).only_2026(),
    gauge("iris_wd_phase", "Write daemon phase", |_, out| out.one(Number::whole(0))).only_2026(),
    gauge("iris_wd_proc_in_global", "Processes actively holding global buffers at start of the most recent write daemon cycle", |view, out| out.one(view.about(130, 0.0, 0.4))),
    gauge("iris_wd_size_write", "Size (kilobytes) of database buffers written during the most recent write daemon cycle", |view, out| out.one(view.about(131, 64.0, 1280.0))).unit("kilobytes"),
    gauge("iris_wd_sleep", "Time (milliseconds) that the write daemon was inactive before its most recent cycle", |_, out| out.one(Number::whole(10_001))).unit("milliseconds"),
    gauge("iris_wd_suspended", "Write daemon suspended flag", |_, out| out.one(Number::whole(0))).only_2026(),
    gauge("iris_wd_temp_queue", "In-memory buffers the write daemon used at the start of its most recent cycle", |view, out| out.one(view.about(134, 230.0, 700.0))),
    gauge("iris_wd_temp_write", "In-memory buffers the write daemon wrote during its most recent cycle", |view, out| out.one(view.about(135, 0.0, 2.0))),
    gauge("iris_wdwij_time", "Time (milliseconds) the write daemon spent writing to the WIJ file during its most recent cycle", |view, out| out.one(view.about(136, 2.0, 30.0))).unit("milliseconds"),
    gauge("iris_wd_write_time", "Time (milliseconds) the write daemon spent writing buffers to databases during its most recent cycle", |view, out| out.one(view.about(137, 1.0, 60.0))).unit("milliseconds"),
    gauge("iris_wij_writes_per_sec", "WIJ physical block writes (per second)", |view, out| out.one(view.about(138, 0.0, 4.0))),
];
