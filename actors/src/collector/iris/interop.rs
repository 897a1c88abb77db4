//! The hosts of productions: how they are, what they have queued, and what went wrong.

use std::{collections::BTreeMap, time::Duration};

use exposition::Labels;

use super::{
    hl7::key,
    native::Native,
    settings::IrisSettings,
    tally::{Key, Lower, Tally},
};
use crate::collector::{Reason, told::Told};

/// A host that has had messages in its queue and has done nothing for so long is stalled.
const STALLED_AFTER: Duration = Duration::from_secs(300);
const IDLE: &str = "iris_interop_last_activity";
const QUEUED: &str = "vitals_iris_interop_queued";
const STALLED: &str = "vitals_iris_interop_stalled";
/// Hosts of IRIS's own: plumbing.
const PLUMBING: [&str; 3] = ["Ens.", "EnsLib.Background.", "EnsLib.Testing."];

/// Messages that went wrong: what IRIS calls them, and what we do.
const TROUBLES: [(&str, &str, &str); 4] = [
    (
        "iris_interop_messages_errored",
        "vitals_iris_interop_errors_total",
        "Messages that ended in an error.",
    ),
    (
        "iris_interop_messages_suspended",
        "vitals_iris_interop_suspended_total",
        "Messages that were suspended: negative answers (AE, CE), and answers that were none.",
    ),
    (
        "iris_interop_messages_aborted",
        "vitals_iris_interop_aborted_total",
        "Messages that were aborted.",
    ),
    (
        "iris_interop_messages_discarded",
        "vitals_iris_interop_discarded_total",
        "Messages that were discarded.",
    ),
];

/// What is remembered from look to look.
#[derive(Debug, Default)]
pub(super) struct Interop {
    troubles: [Tally; TROUBLES.len()],
}

impl Interop {
    /// `restarted`: productions have begun anew since the last look.
    pub(super) fn tell(
        &mut self,
        native: &Native,
        restarted: bool,
        settings: &IrisSettings,
        told: &mut Told,
    ) {
        self.troubles(native, restarted, settings, told);
        let watched = |labels: &Labels| {
            let host = labels.get("host").unwrap_or_default();
            settings.watches(labels.get("id")) && !is_plumbing(host)
        };
        for (labels, value) in native.series("iris_interop_hosts") {
            if value > 0.0 && watched(labels) && labels.get("host").is_some() {
                let [namespace, production, host] = who(labels);
                let status = ("status", labels.get("status").unwrap_or_default());
                let labels = [namespace, production, host, status];
                let help = "The status of a host: 1 for the one it has.";
                told.gauge_of("vitals_iris_interop_host_status", help, labels, 1.0);
            }
        }
        for (labels, seconds) in native.series(IDLE) {
            if watched(labels) && labels.get("host").is_some() {
                let help = "Time since a host was last active.";
                told.gauge_of(
                    "vitals_iris_interop_idle_seconds",
                    help,
                    who(labels),
                    seconds,
                );
            }
        }
        queues(native, watched, told);
    }

    fn troubles(
        &mut self,
        native: &Native,
        restarted: bool,
        settings: &IrisSettings,
        told: &mut Told,
    ) {
        let lower = match restarted {
            true => Lower::Restart,
            false => Lower::TakenBack,
        };
        for ((theirs, ours, help), tally) in TROUBLES.iter().zip(&mut self.troubles) {
            // With a host only where there was trouble: the sum is there from the start.
            let mut sums: BTreeMap<Key, f64> = BTreeMap::new();
            for (labels, value) in native.series(theirs) {
                if settings.watches(labels.get("id")) {
                    let (namespace, production, _) = key(labels);
                    *sums
                        .entry((namespace, production, String::new()))
                        .or_default() += value;
                }
            }
            tally.look(sums.into_iter(), lower);
            let mut totals: Vec<_> = tally.totals().collect();
            totals.sort_by(|one, other| one.0.cmp(other.0));
            for (key, total) in totals {
                if tally.is_told(key) {
                    let labels = [("namespace", &*key.0), ("production", &*key.1)];
                    told.counter_of(ours, help, labels, total);
                }
            }
        }
    }
}

/// Whether a host is IRIS's own: no operator asks for it.
pub(super) fn is_plumbing(host: &str) -> bool {
    PLUMBING.iter().any(|plumbing| host.starts_with(plumbing))
}

fn queues(native: &Native, watched: impl Fn(&Labels) -> bool, told: &mut Told) {
    let mut any = false;
    for (labels, queued) in native.series("iris_interop_queued") {
        // A bare 0 may as well be that no host has an alert value, and nobody counts.
        let is_counted = labels.get("host").is_some() || queued > 0.0;
        if watched(labels) && is_counted {
            any = true;
            tell_queue(native, who(labels), queued, told);
        }
    }
    if !any && native.has_interop() {
        let hint = "IRIS counts the queues of hosts that have a Queue Count Alert value only: \
                    set one, or use [iris.sql]";
        told.absent(QUEUED, Reason::NotEnabled, hint);
    }
}

/// Forgets what was told of queues: a better source knows all of them.
pub(super) fn replace_queues(told: &mut Told) {
    told.replace(QUEUED);
    told.replace(STALLED);
}

/// A queue that another source knows of; the production is the one the metrics name.
pub(super) fn tell_queue_of(
    native: &Native,
    namespace: &str,
    host: &str,
    queued: f64,
    told: &mut Told,
) {
    let mut hosts = native
        .series("iris_interop_hosts")
        .map(|(labels, _)| labels);
    let is_host =
        |labels: &&Labels| labels.get("id") == Some(namespace) && labels.get("host") == Some(host);
    let production = hosts
        .find(is_host)
        .and_then(|labels| labels.get("production"));
    let who = [
        ("namespace", namespace),
        ("production", production.unwrap_or_default()),
        ("interop_host", host),
    ];
    tell_queue(native, who, queued, told);
}

/// What is queued, and whether the host does nothing about it.
fn tell_queue(native: &Native, who: Who<'_>, queued: f64, told: &mut Told) {
    told.gauge_of(QUEUED, "Messages in the queue of a host.", who, queued);
    let mut idle = native.series(IDLE);
    let idle = idle.find(|(labels, _)| self::who(labels) == who);
    if let Some((_, idle)) = idle {
        let is_stalled = queued > 0.0 && idle > STALLED_AFTER.as_secs_f64();
        let is_stalled = f64::from(u8::from(is_stalled));
        let help = "Whether a host has messages queued and has done nothing for 5 minutes.";
        told.gauge_of(STALLED, help, who, is_stalled);
    }
}

/// The labels of a host.
type Who<'l> = [(&'static str, &'l str); 3];

fn who(labels: &Labels) -> Who<'_> {
    let of = |name| labels.get(name).unwrap_or_default();
    [
        ("namespace", of("id")),
        ("production", of("production")),
        ("interop_host", of("host")),
    ]
}
