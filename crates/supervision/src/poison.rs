//! Quarantine for message types that keep killing their actor. Off unless the spec asks for it:
//! refusing a type also refuses its harmless messages.

use std::{
    any::TypeId,
    collections::{HashMap, VecDeque},
    sync::{
        OnceLock,
        atomic::{AtomicBool, Ordering::Relaxed},
    },
    time::Duration,
};

use parking_lot::Mutex;
use tokio::time::Instant;

/// A message type whose handling panics `panics` times `within` a period is refused as
/// [`Poisoned`](crate::Refused::Poisoned) for as long as it `lasts`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Quarantine {
    /// How many panics.
    pub panics: u32,
    /// Within what time.
    pub within: Duration,
    /// How long the type is refused.
    pub lasts: Duration,
}

/// A message type.
#[derive(Clone, Copy, Debug)]
pub(crate) struct MessageKind {
    id: TypeId,
    pub(crate) name: &'static str,
}

impl MessageKind {
    pub(crate) fn of<M: 'static>() -> Self {
        MessageKind {
            id: TypeId::of::<M>(),
            name: std::any::type_name::<M>(),
        }
    }
}

#[derive(Default)]
struct Record {
    panics: VecDeque<Instant>,
    until: Option<Instant>,
}

/// The message types of one child that are refused, or about to be.
#[derive(Default)]
pub(crate) struct Ward {
    rule: OnceLock<Quarantine>,
    /// Read before every message: the table is looked at only while something is in it.
    occupied: AtomicBool,
    records: Mutex<HashMap<TypeId, Record>>,
}

impl Ward {
    pub(crate) fn set_rule(&self, rule: Quarantine) {
        // A second spec for the same child keeps the first one's rule.
        let _ = self.rule.set(rule);
    }

    pub(crate) fn refuses<M: 'static>(&self) -> bool {
        self.occupied.load(Relaxed) && self.refuses_id(TypeId::of::<M>())
    }

    fn refuses_id(&self, id: TypeId) -> bool {
        let mut records = self.records.lock();
        let Some(until) = records.get(&id).and_then(|record| record.until) else {
            return false;
        };
        if Instant::now() < until {
            return true;
        }
        records.remove(&id);
        self.occupied
            .store(records.values().any(|r| r.until.is_some()), Relaxed);
        false
    }

    /// Notes a panic; says for how long the type has just been put away, if it has.
    pub(crate) fn note(&self, kind: MessageKind) -> Option<Duration> {
        let rule = *self.rule.get()?;
        let now = Instant::now();
        let mut records = self.records.lock();
        let record = records.entry(kind.id).or_default();
        record.panics.push_back(now);
        while record
            .panics
            .front()
            .is_some_and(|then| now - *then > rule.within)
        {
            record.panics.pop_front();
        }
        if (record.panics.len() as u32) < rule.panics {
            return None;
        }
        record.until = Some(now + rule.lasts);
        record.panics.clear();
        self.occupied.store(true, Relaxed);
        Some(rule.lasts)
    }
}
