//! HL7 messages that were processed: those of hosts that receive them from outside, and no others. A
//! message passes several hosts; the sum over all would count it several times.

use std::collections::BTreeSet;

use exposition::Labels;
use tokio::time::Instant;

use super::{
    mirror::Role,
    native::Native,
    rate::Rate,
    settings::IrisSettings,
    tally::{Key, Lower, Tally},
};
use crate::collector::{Reason, privacy, told::Told};

const TOTAL: &str = "vitals_hl7_messages_total";
const RATE: &str = "vitals_hl7_messages_per_minute";
/// The part that fails where figures of productions are expected and there are none.
pub(super) const PRODUCTIONS: &str = "productions";
const TOTAL_HELP: &str = "HL7 messages received by inbound hosts.";
const RATE_HELP: &str = "HL7 messages received by inbound hosts, per minute, over the last minute.";
/// More hosts are not learned.
const MOST_LEARNED: usize = 1_000;
/// What an administrator of IRIS has to do for there to be figures of productions.
const ENABLE: &str = "IRIS tells nothing of its productions; in each namespace with one: \
    do ##class(Ens.Util.Statistics).EnableSAMForNamespace(), then restart the production";

/// What is remembered from look to look.
#[derive(Debug, Default)]
pub(super) struct Hl7 {
    messages: Tally,
    /// Hosts that were seen to receive HL7.
    learned: BTreeSet<Key>,
    rate: Rate,
    /// There were figures of productions once.
    had_interop: bool,
}

/// Whose series it is.
pub(super) fn key(labels: &Labels) -> Key {
    let of = |name| labels.get(name).unwrap_or_default().to_owned();
    (of("id"), of("production"), of("host"))
}

/// Tells what another source than the metrics knows, in the place of why they do not.
pub(super) fn tell_of(total: f64, rate: Option<f64>, source: &str, told: &mut Told) {
    told.replace(TOTAL);
    told.counter_of(TOTAL, TOTAL_HELP, [], total);
    told.source("hl7_messages", source);
    if let Some(rate) = rate {
        told.replace(RATE);
        told.gauge(RATE, RATE_HELP, rate);
        told.source("hl7_rate", source);
    }
}

impl Hl7 {
    /// Whether productions have begun anew since the look before.
    pub(super) fn is_restarted(&self) -> bool {
        self.messages.is_restarted()
    }

    pub(super) fn tell(
        &mut self,
        native: &Native,
        role: Role,
        settings: &IrisSettings,
        now: Instant,
        told: &mut Told,
    ) {
        let messages = native.series("iris_interop_messages");
        let messages = messages.filter(|(labels, _)| settings.watches(labels.get("id")));
        self.messages.look(
            messages.map(|(labels, value)| (key(labels), value)),
            Lower::Restart,
        );
        self.learn(native, settings);

        if let Err((reason, hint)) = self.tell_known(native, role, settings, now, told) {
            self.rate.forget();
            told.absent(TOTAL, reason, hint.clone());
            told.absent(RATE, reason, hint);
        }
    }

    /// The reason and the hint, where there is nothing to tell.
    fn tell_known(
        &mut self,
        native: &Native,
        role: Role,
        settings: &IrisSettings,
        now: Instant,
        told: &mut Told,
    ) -> Result<(), (Reason, String)> {
        if !native.has_interop() {
            return Err(self.without_interop(role, settings, told));
        }
        self.had_interop = true;
        let inbound: BTreeSet<Key> = self.inbound(settings);
        if inbound.is_empty() {
            let hosts = native.series("iris_interop_messages");
            let has_hosts = hosts
                .into_iter()
                .any(|(labels, _)| labels.get("host").is_some());
            return Err(match (has_hosts, settings.inbound_hosts.is_empty()) {
                (false, _) => {
                    let hint = "IRIS does not tell its hosts apart: do not set \
                                DisableSAMIncludeHostLabel";
                    (Reason::NotEnabled, hint.to_owned())
                }
                (true, true) => {
                    let hint = "no host is known to receive HL7 yet: it is recognised by its \
                                messages, or by inbound_hosts in the settings";
                    (Reason::WarmingUp, hint.to_owned())
                }
                (true, false) => {
                    let hint = "none of the inbound_hosts in the settings is a host of a \
                                production that runs";
                    (Reason::NotConfigured, hint.to_owned())
                }
            });
        }
        let sum = |values: &mut dyn Iterator<Item = (&Key, f64)>| -> f64 {
            let inbound = values.filter(|(key, _)| inbound.contains(*key));
            inbound.map(|(_, value)| value).sum()
        };
        told.counter_of(TOTAL, TOTAL_HELP, [], sum(&mut self.messages.totals()));
        told.source("hl7_messages", "iris_interop_messages");

        self.rate.add(sum(&mut self.messages.increments()), now);
        let per_second = |family| {
            let mut any = false;
            let series = native.series(family);
            let of_inbound = series.filter(|(labels, _)| inbound.contains(&key(labels)));
            let sum: f64 = of_inbound
                .inspect(|_| any = true)
                .map(|(_, value)| value)
                .sum();
            any.then_some((sum * 60.0, family))
        };
        let rate = self
            .rate
            .per_minute()
            .map(|rate| (rate, "iris_interop_messages"));
        let rate = rate
            .or_else(|| per_second("iris_interop_messages_per_sec"))
            .or_else(|| per_second("iris_interop_sample_count_per_sec"));
        match rate {
            Some((rate, source)) => {
                told.gauge(RATE, RATE_HELP, rate);
                told.source("hl7_rate", source);
            }
            None => told.absent(RATE, Reason::WarmingUp, "known after a minute of looking"),
        }
        Ok(())
    }

    fn without_interop(
        &self,
        role: Role,
        settings: &IrisSettings,
        told: &mut Told,
    ) -> (Reason, String) {
        if role == Role::Backup {
            let hint = "a mirror backup has no production; its primary has";
            return (Reason::Disabled, hint.to_owned());
        }
        if self.had_interop {
            let hint = "IRIS tells nothing of its productions any more: start the production, or \
                        look why it stopped";
            told.failed(PRODUCTIONS, Reason::Unavailable, hint);
            return (Reason::Unavailable, hint.to_owned());
        }
        // Whoever has named hosts or namespaces expects productions.
        if !settings.inbound_hosts.is_empty() || !settings.namespaces.is_empty() {
            told.failed(PRODUCTIONS, Reason::NotEnabled, ENABLE);
        }
        (Reason::NotEnabled, ENABLE.to_owned())
    }

    /// A service with a message of the shape of HL7 receives it.
    fn learn(&mut self, native: &Native, settings: &IrisSettings) {
        for family in [
            "iris_interop_sample_count",
            "iris_interop_avg_processing_time",
        ] {
            for (labels, _) in native.series(family) {
                let is_service = labels.get("hosttype") == Some("service");
                let is_hl7 = labels
                    .get("messagetype")
                    .is_some_and(privacy::is_hl7_structure);
                let is_new = || self.learned.len() < MOST_LEARNED;
                if is_service && is_hl7 && settings.watches(labels.get("id")) && is_new() {
                    self.learned.insert(key(labels));
                }
            }
        }
    }

    /// The inbound hosts of productions that run.
    fn inbound(&self, settings: &IrisSettings) -> BTreeSet<Key> {
        let is_inbound = |key: &&Key| match &settings.inbound_hosts[..] {
            [] => self.learned.contains(*key),
            configured => configured.contains(&key.2),
        };
        let told = self.messages.totals().map(|(key, _)| key);
        // One that has ended keeps its part of the total as long as any is there.
        let inbound: BTreeSet<Key> = told.filter(is_inbound).cloned().collect();
        let any_runs = inbound.iter().any(|key| self.messages.is_told(key));
        if any_runs { inbound } else { BTreeSet::new() }
    }
}
