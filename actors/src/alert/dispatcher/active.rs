//! What fires, as far as the dispatcher has told of it.

use std::{collections::BTreeMap, sync::Arc};

use jiff::Timestamp;

use crate::{
    alert::{
        fingerprint::Fingerprint,
        notification::{Alert, Notification, Status},
    },
    messages::Transition,
};

/// Everything that fires, each with the last that was told of it. Cloning copies pointers.
#[derive(Debug, Clone, Default)]
pub(super) struct Active(BTreeMap<Fingerprint, Fires>);

#[derive(Debug, Clone)]
struct Fires {
    starts_at: Timestamp,
    notification: Notification,
}

/// What is wrong with what the dispatcher takes to fire.
pub(super) struct Difference {
    /// What is over, to be told.
    pub(super) over: Vec<Transition>,
    /// What fires, and since when, and was not told of.
    pub(super) unknown: Vec<(Fingerprint, Timestamp)>,
}

impl Active {
    /// A notification has been made of an alert that began to fire at this time.
    pub(super) fn take(&mut self, starts_at: Timestamp, notification: Notification) {
        let fingerprint = notification.fingerprint;
        let fires = Fires {
            starts_at,
            notification,
        };
        match fires.notification.status {
            Status::Resolved => self.0.remove(&fingerprint),
            Status::Firing => self.0.insert(fingerprint, fires),
        };
    }

    /// A notification that was made by an earlier process.
    pub(super) fn recall(&mut self, notification: Notification) {
        if let Some(payload) = notification.payload() {
            self.take(payload.starts_at, notification);
        }
    }

    /// What it takes for this to be all that fires.
    pub(super) fn difference(
        &self,
        firing: &[(Fingerprint, Timestamp)],
        at: Timestamp,
    ) -> Difference {
        let now: BTreeMap<_, _> = firing.iter().copied().collect();
        let known = self.0.iter();
        let over = known.filter(|(fingerprint, known)| {
            now.get(fingerprint)
                .is_none_or(|starts_at| *starts_at != known.starts_at)
        });
        let over = over.filter_map(|(_, known)| {
            let mut alert = Alert::from(known.notification.payload()?);
            alert.ends_at = Some(at.max(alert.starts_at));
            Some(Transition {
                alert: Arc::new(alert),
                at,
            })
        });
        let unknown = firing.iter().filter(|(fingerprint, starts_at)| {
            let known = self.0.get(fingerprint);
            known.is_none_or(|known| known.starts_at != *starts_at)
        });
        Difference {
            over: over.collect(),
            unknown: unknown.copied().collect(),
        }
    }

    /// The last that was told of everything that fires.
    pub(super) fn notifications(&self) -> Arc<[Notification]> {
        self.0
            .values()
            .map(|fires| fires.notification.clone())
            .collect()
    }

    pub(super) fn len(&self) -> usize {
        self.0.len()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::alert::notification::tests::{alert, time};

    fn told(active: &mut Active, transition: &Transition, seq: u64) {
        let alert = &transition.alert;
        let notification = Notification::new(seq, transition.at, alert, "");
        active.take(alert.starts_at, notification);
    }

    #[test]
    fn the_difference_makes_it_so() {
        let at = time("2026-11-23T22:00:00Z");
        let [a, b, c] = ["A", "B", "C"].map(|name| Arc::new(alert(name)));
        let since = |alert: &Alert| (alert.fingerprint, alert.starts_at);
        let mut active = Active::default();
        let first = active.difference(&[since(&a), since(&b)], at);
        assert!(first.over.is_empty());
        assert_eq!(first.unknown, [since(&a), since(&b)]);
        for (seq, alert) in (1..).zip([&a, &b]) {
            let alert = alert.clone();
            told(&mut active, &Transition { alert, at }, seq);
        }
        let same = active.difference(&[since(&b), since(&a)], at);
        assert!(same.over.is_empty() && same.unknown.is_empty());

        // B began anew, A is over, C is new.
        let again = (b.fingerprint, at);
        let second = active.difference(&[again, since(&c)], at);
        assert_eq!(second.unknown, [again, since(&c)]);
        let mut over: Vec<_> = second.over.iter().map(|t| &t.alert).collect();
        over.sort_by_key(|alert| alert.labels.get("alertname").unwrap().to_owned());
        let ended = |alert: &Alert| Alert {
            ends_at: Some(at),
            ..alert.clone()
        };
        assert_eq!(over.len(), 2);
        assert_eq!([&**over[0], &**over[1]], [&ended(&a), &ended(&b)]);
        for (seq, transition) in (3..).zip(&second.over) {
            told(&mut active, transition, seq);
        }
        assert_eq!(active.len(), 0);
    }

    #[test]
    fn what_an_earlier_process_told_is_known() {
        let at = time("2026-11-23T22:00:00Z");
        let alert = alert("A");
        let mut active = Active::default();
        active.recall(Notification::new(1, at, &alert, ""));
        let firing = [(alert.fingerprint, alert.starts_at)];
        let difference = active.difference(&firing, at);
        assert!(difference.over.is_empty() && difference.unknown.is_empty());
        assert_eq!(active.notifications().len(), 1);
    }
}
