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
    alert: Arc<Alert>,
    notification: Notification,
}

impl Active {
    /// A notification has been made of an alert.
    pub(super) fn take(&mut self, alert: Arc<Alert>, notification: Notification) {
        let fingerprint = notification.fingerprint;
        match notification.status {
            Status::Resolved => self.0.remove(&fingerprint),
            Status::Firing => self.0.insert(
                fingerprint,
                Fires {
                    alert,
                    notification,
                },
            ),
        };
    }

    /// A notification that was made by an earlier process.
    pub(super) fn recall(&mut self, notification: Notification) {
        if let Some(payload) = notification.payload() {
            self.take(Arc::new(Alert::from(payload)), notification);
        }
    }

    /// What has to be told so that this is all that fires: what is new, and the end of what is not
    /// among it.
    pub(super) fn difference(&self, firing: &[Arc<Alert>], at: Timestamp) -> Vec<Transition> {
        let now: BTreeMap<_, _> = firing
            .iter()
            .map(|alert| (alert.fingerprint, alert))
            .collect();
        let same = |known: &Fires| {
            let now = now.get(&known.alert.fingerprint);
            now.is_some_and(|alert| alert.starts_at == known.alert.starts_at)
        };
        let over = self.0.values().filter(|known| !same(known)).map(|known| {
            let mut alert = Alert::clone(&known.alert);
            alert.ends_at = Some(at.max(alert.starts_at));
            Transition {
                alert: Arc::new(alert),
                at,
            }
        });
        let new = firing.iter().filter(|alert| {
            let known = self.0.get(&alert.fingerprint);
            alert.status() == Status::Firing && !known.is_some_and(same)
        });
        let new = new.map(|alert| Transition {
            alert: alert.clone(),
            at,
        });
        over.chain(new).collect()
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
        active.take(alert.clone(), notification);
    }

    #[test]
    fn the_difference_makes_it_so() {
        let at = time("2026-11-23T22:00:00Z");
        let [a, b, c] = ["A", "B", "C"].map(|name| Arc::new(alert(name)));
        let mut active = Active::default();
        let first = active.difference(&[a.clone(), b.clone()], at);
        assert_eq!(first.len(), 2);
        for (seq, transition) in (1..).zip(&first) {
            told(&mut active, transition, seq);
        }
        assert!(active.difference(&[b.clone(), a.clone()], at).is_empty());

        // B began anew, A is over, C is new: what ended comes first.
        let b = Arc::new(Alert {
            starts_at: at,
            ..Alert::clone(&b)
        });
        let second = active.difference(&[b, c], at);
        let said: Vec<_> = second
            .iter()
            .map(|t| (t.alert.labels.get("alertname").unwrap(), t.alert.status()))
            .collect();
        let mut ends = said[..2].to_vec();
        ends.sort_by_key(|said| said.0);
        assert_eq!(ends, [("A", Status::Resolved), ("B", Status::Resolved)]);
        assert_eq!(said[2..], [("B", Status::Firing), ("C", Status::Firing)]);
        for (seq, transition) in (3..).zip(&second) {
            told(&mut active, transition, seq);
        }
        assert_eq!(active.len(), 2);
        assert!(
            active
                .difference(&[], at)
                .iter()
                .all(|t| t.alert.ends_at == Some(at))
        );
    }

    #[test]
    fn what_an_earlier_process_told_is_known() {
        let at = time("2026-11-23T22:00:00Z");
        let alert = Arc::new(alert("A"));
        let mut active = Active::default();
        active.recall(Notification::new(1, at, &alert, ""));
        assert!(active.difference(&[alert], at).is_empty());
        assert_eq!(active.notifications().len(), 1);
    }
}
