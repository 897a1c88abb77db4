//! The production, as IRIS samples it every five seconds.

use super::{Family, Number, Series, Version, View, gauge};
use crate::iris::world::{
    production::{Activity, Host, SAMPLING, Sample},
    topology::{ARCHIVE, BUSINESS, ITEMS, MONITOR, NAMESPACE, PRODUCTION, TYPES},
};

pub(super) const ALL: &[Family] = &[
    gauge(
        "iris_interop_alert_delay",
        "Count of Host Items that have triggered Alert for Message processing Delay",
        |view, out| {
            if view.production().is_some() {
                out.push(
                    &[("id", NAMESPACE), ("production", PRODUCTION)],
                    Number::whole(0),
                );
            }
        },
    ),
    gauge(
        "iris_interop_avg_processing_time",
        "Average time message was being processed by host items",
        |view, out| {
            active(view, out, |sum| mean(view, sum.processing_us, sum.count));
        },
    )
    .unit("seconds")
    .greatest(),
    gauge(
        "iris_interop_avg_queueing_time",
        "Average time message was queued before being processed by a host item",
        |view, out| {
            active(view, out, |sum| mean(view, sum.queueing_us, sum.count));
        },
    )
    .unit("seconds")
    .greatest(),
    gauge(
        "iris_interop_hosts",
        "Count of host items by Status",
        |view, out| {
            let Some(sample) = sample(view) else { return };
            for (host, item) in sample.hosts.iter().zip(&ITEMS) {
                let labels = [
                    ("id", NAMESPACE),
                    ("status", host.status.name()),
                    ("host", item.name),
                    ("production", PRODUCTION),
                ];
                out.push(&labels, Number::whole(1));
            }
        },
    ),
    gauge(
        "iris_interop_last_activity",
        "Last Activity Time",
        |view, out| {
            let Some(sample) = sample(view) else { return };
            for (index, host) in sample.hosts.iter().enumerate() {
                if let Some(last) = host.last_activity {
                    // Elapsed seconds, whatever the help says; the milliseconds are the sampler's.
                    let elapsed = (sample.at - last) * 1_000 + 38 + 7 * index as i64;
                    push(out, index, Number::ratio(elapsed, 1_000));
                }
            }
        },
    )
    .unit("Seconds")
    .greatest(),
    gauge(
        "iris_interop_messages",
        "Count of Messages processed since production started",
        |view, out| counted(view, out, |_, host| Number::whole(host.messages)),
    )
    .counter(),
    gauge(
        "iris_interop_messages_aborted",
        "Count of Aborted messages since production started",
        |view, out| troubles(view, out, |_| 0),
    ),
    gauge(
        "iris_interop_messages_discarded",
        "Count of Discarded messages since production started",
        |view, out| troubles(view, out, |_| 0),
    ),
    gauge(
        "iris_interop_messages_errored",
        "Count of Errored message since production started",
        |view, out| troubles(view, out, |host| host.errored),
    ),
    gauge(
        "iris_interop_messages_per_sec",
        "Count of Messages processed since production started per second",
        |view, out| {
            let recent = sample(view)
                .map(|sample| sample.recent.clone())
                .unwrap_or_default();
            counted(view, out, |index, _| {
                let recent = recent.get(index).copied().unwrap_or_default();
                Number::ratio(recent, SAMPLING)
            });
        },
    )
    // A rate, whatever its type says.
    .counter(),
    gauge(
        "iris_interop_messages_suspended",
        "Count of Suspended messages since production started",
        |view, out| troubles(view, out, |host| host.suspended),
    ),
    gauge(
        "iris_interop_queued",
        "Count of queued messages for hosts with Queue Count Alert value",
        |view, out| {
            let alerts = view.world.gates.queue_alert;
            troubles(
                view,
                out,
                |host| if alerts { host.queue.iter().sum() } else { 0 },
            );
        },
    ),
    gauge(
        "iris_interop_sample_count",
        "Activity Count of Host Items within the sampling window",
        |view, out| active(view, out, |sum| Number::whole(sum.count)),
    ),
    gauge(
        "iris_interop_sample_count_per_sec",
        "Activity Count of Host Items within the sampling window per second",
        |view, out| {
            let window = view.world.setup.activity_slots() as i64 * SAMPLING;
            active(view, out, |sum| Number::ratio(sum.count, window));
        },
    ),
];

fn sample<'a>(view: &'a View<'_>) -> Option<&'a Sample> {
    view.production().map(|production| &production.sample)
}

/// Seconds: in millionths in 2024.1, in hundredths later, as recorded.
fn mean(view: &View<'_>, microseconds: u64, count: u64) -> Number {
    let each = microseconds / count.max(1);
    match view.version() {
        Version::V2024 => Number::ratio(each, 1_000_000),
        Version::V2026 | Version::Community => Number::ratio((each + 5_000) / 10_000, 100),
    }
}

fn push(out: &mut Series, index: usize, value: Number) {
    let labels = [
        ("id", NAMESPACE),
        ("host", ITEMS[index].name),
        ("production", PRODUCTION),
    ];
    out.push(&labels, value);
}

/// Every host but the monitor itself, which IRIS does not count.
fn counted(view: &View<'_>, out: &mut Series, value: impl Fn(usize, &Host) -> Number) {
    let Some(sample) = sample(view) else { return };
    for (index, host) in sample.hosts.iter().enumerate() {
        if index != MONITOR {
            push(out, index, value(index, host));
        }
    }
}

/// By host where there are any; else one zero without `host`.
fn troubles(view: &View<'_>, out: &mut Series, count: impl Fn(&Host) -> u64) {
    let Some(sample) = sample(view) else { return };
    let mut any = false;
    for (index, host) in sample.hosts.iter().enumerate() {
        let count = count(host);
        if count > 0 {
            push(out, index, Number::whole(count));
            any = true;
        }
    }
    if !any {
        out.push(
            &[("id", NAMESPACE), ("production", PRODUCTION)],
            Number::whole(0),
        );
    }
}

/// By host and message type within the window; nothing without activity monitoring but what the
/// monitor says of itself.
fn active(view: &View<'_>, out: &mut Series, value: impl Fn(Activity) -> Number) {
    let Some(sample) = sample(view) else { return };
    let mut push = |item: usize, kind: &str, sum: Activity| {
        let labels = [
            ("id", NAMESPACE),
            ("hosttype", ITEMS[item].kind.name()),
            ("host", ITEMS[item].name),
            ("messagetype", kind),
            ("production", PRODUCTION),
        ];
        out.push(&labels, value(sum));
    };
    if view.world.gates.activity {
        for item in 0..BUSINESS {
            for (kind, sum) in by_shown_type(item, &sample.activity[item]) {
                push(item, kind, sum);
            }
        }
    }
    let own = Activity {
        count: 12,
        processing_us: 12 * 51_929,
        queueing_us: 0,
    };
    push(MONITOR, "-", own);
}

/// What an item did, by type; the archive is sent strings, whatever they were before.
fn by_shown_type(item: usize, activity: &[Activity]) -> Vec<(&'static str, Activity)> {
    let did = TYPES
        .into_iter()
        .zip(activity.iter().copied())
        .filter(|(_, sum)| sum.count > 0);
    if item != ARCHIVE {
        return did.collect();
    }
    did.map(|(_, sum)| sum)
        .reduce(Activity::plus)
        .map(|sum| ("Ens.StringRequest", sum))
        .into_iter()
        .collect()
}
