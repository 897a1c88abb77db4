//! The production: messages come in, are routed, queue up and go out, one second at a time.
//!
//! Origin: invented traffic. What is kept and how it is sampled follows the recorded answers:
//! counters since the production started, values sampled every 5 s, activity over 50 s.

use std::collections::VecDeque;

use super::{
    Setup,
    headers::Headers,
    topology::{
        ARCHIVE, BUSINESS, ByType, EHR, ITEMS, PHARMACY, ROUTER, SCHEDULE_HANDLER,
        SCHEDULE_SERVICE, TRANSFORM, TYPES, operation_of, service_of,
    },
};
use crate::iris::noise;

/// Seconds between IRIS's own samples of its interoperability metrics.
pub(crate) const SAMPLING: i64 = 5;
/// Samples an activity window holds at most.
const SLOTS: usize = 12;
/// Hosts that take messages from a queue, in the order messages pass them.
const STATIONS: [usize; 5] = [ROUTER, TRANSFORM, EHR, PHARMACY, ARCHIVE];

/// What a host is up to.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) enum Status {
    #[default]
    Ok,
    Retry,
    Error,
    Inactive,
    Stopped,
}

impl Status {
    /// As `status` names it.
    pub(crate) fn name(self) -> &'static str {
        match self {
            Status::Ok => "OK",
            Status::Retry => "Retry",
            Status::Error => "Error",
            Status::Inactive => "Inactive",
            Status::Stopped => "Stopped",
        }
    }

    pub(crate) fn named(name: &str) -> Option<Self> {
        [
            Status::Ok,
            Status::Retry,
            Status::Error,
            Status::Inactive,
            Status::Stopped,
        ]
        .into_iter()
        .find(|status| status.name().eq_ignore_ascii_case(name))
    }
}

/// What one host did since the production started.
#[derive(Clone, Debug, Default, PartialEq)]
pub(crate) struct Host {
    pub(crate) status: Status,
    status_until: i64,
    pub(crate) messages: u64,
    pub(crate) queue: ByType,
    pub(crate) last_activity: Option<i64>,
    pub(crate) suspended: u64,
    pub(crate) errored: u64,
}

/// What one host did with one type in a slot of the activity window.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub(crate) struct Activity {
    pub(crate) count: u64,
    pub(crate) processing_us: u64,
    pub(crate) queueing_us: u64,
}

impl Activity {
    pub(crate) fn plus(mut self, other: Self) -> Self {
        self.count += other.count;
        self.processing_us += other.processing_us;
        self.queueing_us += other.queueing_us;
        self
    }
}

type Slot = [[Activity; TYPES.len()]; BUSINESS];

/// What IRIS last sampled of the production.
#[derive(Clone, Debug, Default, PartialEq)]
pub(crate) struct Sample {
    /// When.
    pub(crate) at: i64,
    /// Each host, then.
    pub(crate) hosts: Vec<Host>,
    /// Messages each host did in the five seconds before.
    pub(crate) recent: Vec<u64>,
    /// Activity within the window, by host and type.
    pub(crate) activity: Slot,
}

/// A running production.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Production {
    pub(crate) started: i64,
    pub(crate) hosts: Vec<Host>,
    pub(crate) sample: Sample,
    slots: VecDeque<Slot>,
    current: Slot,
    pending_nacks: u64,
}

impl Production {
    pub(crate) fn start(now: i64) -> Self {
        let hosts = vec![Host::default(); ITEMS.len()];
        Production {
            started: now,
            sample: Sample {
                at: now,
                recent: vec![0; hosts.len()],
                hosts: hosts.clone(),
                ..Sample::default()
            },
            hosts,
            slots: VecDeque::with_capacity(SLOTS),
            current: Slot::default(),
            pending_nacks: 0,
        }
    }

    /// What came in since the start, by all services.
    pub(crate) fn received(&self) -> u64 {
        self.hosts[..ROUTER].iter().map(|host| host.messages).sum()
    }

    /// The same, as IRIS last sampled it.
    pub(crate) fn sampled_received(&self) -> u64 {
        self.sample.hosts[..ROUTER]
            .iter()
            .map(|host| host.messages)
            .sum()
    }

    /// One second: `arrivals` come in, everything moves on.
    pub(crate) fn step(
        &mut self,
        setup: &Setup,
        now: i64,
        arrivals: ByType,
        mean: f64,
        headers: &mut Headers,
    ) {
        self.incidents(setup, now);
        for (kind, &count) in arrivals.iter().enumerate() {
            let service = service_of(kind);
            if self.works(service) {
                self.does(setup, now, service, kind, count, 0);
                self.hosts[ROUTER].queue[kind] += count;
                headers.inbound(count);
            }
        }
        for station in STATIONS {
            self.station(setup, now, station, mean, headers);
        }
        if (now - self.started) % 60 == 0 {
            for (host, count) in [(SCHEDULE_SERVICE, 1), (SCHEDULE_HANDLER, 2)] {
                self.hosts[host].messages += count;
                self.hosts[host].last_activity = Some(now);
            }
        }
        if now % SAMPLING == 0 {
            self.take_sample(now, setup.activity_slots());
        }
    }

    /// A host fails, stops or is well again.
    pub(crate) fn set_status(&mut self, host: usize, status: Status, until: i64) {
        if let Some(host) = self.hosts.get_mut(host) {
            host.status = status;
            host.status_until = until;
        }
    }

    /// The next so many messages to the EHR are answered by NACK, and suspended.
    pub(crate) fn nack_next(&mut self, count: u64) {
        self.pending_nacks = self.pending_nacks.saturating_add(count).min(1_000_000);
    }

    /// So many messages end in status Error.
    pub(crate) fn errored(&mut self, host: usize, count: u64, headers: &mut Headers) {
        if let Some(failed) = self.hosts.get_mut(host) {
            failed.errored = failed.errored.saturating_add(count);
            headers.errored(host, count);
        }
    }

    fn works(&self, host: usize) -> bool {
        matches!(self.hosts[host].status, Status::Ok)
    }

    /// Statuses that end, and without `steady` hosts that fail by themselves: now and then for
    /// two and a half minutes, unable to reach the other side.
    fn incidents(&mut self, setup: &Setup, now: i64) {
        for host in &mut self.hosts {
            if host.status != Status::Ok && now >= host.status_until {
                host.status = Status::Ok;
            }
        }
        if setup.steady {
            return;
        }
        let (period, into) = (now.div_euclid(1_800), now.rem_euclid(1_800));
        for host in [EHR, PHARMACY] {
            let draw = noise::unit(setup.seed, 900 + host as u64, period);
            let begin = 300 + (draw * 10_000.0) as i64 % 1_000;
            if draw < 0.12 && into == begin && self.works(host) {
                let status = if draw < 0.09 {
                    Status::Retry
                } else {
                    Status::Error
                };
                self.set_status(host, status, now + 150);
            }
        }
    }

    fn station(&mut self, setup: &Setup, now: i64, at: usize, mean: f64, headers: &mut Headers) {
        if !self.works(at) {
            return;
        }
        let waiting: u64 = self.hosts[at].queue.iter().sum();
        let mut left = capacity(setup, now, at, mean).min(waiting);
        // By Little's law: what waits on, over what goes.
        let queued_us = (waiting - left).saturating_mul(1_000_000) / left.max(1);
        // No type is always the last.
        let first = now.rem_euclid(TYPES.len() as i64) as usize;
        for kind in (first..TYPES.len()).chain(0..first) {
            let count = self.hosts[at].queue[kind].min(left);
            if count == 0 {
                continue;
            }
            left -= count;
            self.hosts[at].queue[kind] -= count;
            match at {
                ROUTER => {
                    // A request and its response each: recorded routers count more than comes in.
                    self.does(setup, now, at, kind, 2 * count, queued_us);
                    let next = if TYPES[kind] == "ORU_R01" {
                        TRANSFORM
                    } else {
                        operation_of(kind)
                    };
                    self.hosts[next].queue[kind] += count;
                    self.hosts[ARCHIVE].queue[kind] += count;
                    headers.internal(ROUTER, count);
                }
                TRANSFORM => {
                    self.does(setup, now, at, kind, 2 * count, queued_us);
                    self.hosts[operation_of(kind)].queue[kind] += count;
                    headers.internal(TRANSFORM, count);
                }
                _ => {
                    self.does(setup, now, at, kind, count, queued_us);
                    let nacks = self.nacks(setup, now, at, count);
                    self.hosts[at].suspended += nacks;
                    headers.delivered(at, count - nacks, nacks);
                }
            }
        }
    }

    /// How many of `count` deliveries are answered by an application NACK.
    fn nacks(&mut self, setup: &Setup, now: i64, at: usize, count: u64) -> u64 {
        if at != EHR {
            return 0;
        }
        let told = self.pending_nacks.min(count);
        self.pending_nacks -= told;
        if setup.steady {
            return told;
        }
        (told + noise::poisson(setup.seed, 700, now, count as f64 * 0.002)).min(count)
    }

    fn does(&mut self, setup: &Setup, now: i64, at: usize, kind: usize, count: u64, queued: u64) {
        if count == 0 {
            return;
        }
        let base = [10_000, 9_000, 11_000, 8_000, 24_000, 52_000, 43_000, 6_000][at % BUSINESS];
        let drift = if setup.steady {
            1.0
        } else {
            1.0 + 0.3 * noise::smooth(setup.seed, 600 + at as u64, now, 120)
        };
        let each = (f64::from(base) * drift) as u64;
        self.hosts[at].messages += count;
        self.hosts[at].last_activity = Some(now);
        let activity = &mut self.current[at][kind];
        activity.count += count;
        activity.processing_us += each * count;
        activity.queueing_us += queued.min(3_600_000_000) * count;
    }

    fn take_sample(&mut self, now: i64, window: usize) {
        self.slots.push_back(std::mem::take(&mut self.current));
        while self.slots.len() > window.min(SLOTS) {
            self.slots.pop_front();
        }
        let mut activity = Slot::default();
        for slot in &self.slots {
            for (sums, adds) in activity.iter_mut().flatten().zip(slot.iter().flatten()) {
                *sums = sums.plus(*adds);
            }
        }
        let before = &self.sample.hosts;
        let recent = self
            .hosts
            .iter()
            .zip(before)
            .map(|(now, then)| now.messages - then.messages);
        self.sample = Sample {
            at: now,
            recent: recent.collect(),
            hosts: self.hosts.clone(),
            activity,
        };
    }
}

/// Messages a station can handle in this second. An operation has slow spells of four minutes, in
/// which it does less than comes in, and catches up afterwards.
fn capacity(setup: &Setup, now: i64, at: usize, mean: f64) -> u64 {
    let usual = 3.0 * mean + 20.0;
    if setup.steady || at <= TRANSFORM {
        return usual as u64;
    }
    let spell = noise::unit(setup.seed, 800 + at as u64, now.div_euclid(240));
    if spell < 0.06 {
        // Half a message a second is one every other second.
        let slow = 0.4 * mean;
        return noise::poisson(setup.seed, 850 + at as u64, now, slow);
    }
    usual as u64
}
