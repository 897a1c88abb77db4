//! Counters of IRIS that start again from 0 with every production and every start of IRIS, made into
//! counters that only grow for as long as Vitals runs.

use std::collections::HashMap;

/// Whose counter it is: namespace, production and host, each empty where IRIS does not say.
pub(super) type Key = (String, String, String);

/// More counters are not followed.
const MOST: usize = 10_000;

/// One kind of counters.
#[derive(Debug, Default)]
pub(super) struct Tally {
    counters: HashMap<Key, Counter>,
    /// The last look found none of them: what comes back has begun anew.
    vanished: bool,
    /// The last look found one that has begun anew.
    restarted: bool,
    /// A look has been had at all.
    begun: bool,
}

#[derive(Debug, Clone, Copy)]
struct Counter {
    /// What IRIS said last.
    last: f64,
    /// All increments since the first look.
    total: f64,
    /// The increment of the last look.
    new: f64,
    seen: bool,
}

/// What a counter that is lower than before means.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Lower {
    /// It has begun anew, and has come this far since.
    Restart,
    /// Something was taken back: nothing new.
    TakenBack,
}

impl Tally {
    /// Takes in what IRIS says now.
    pub(super) fn look(&mut self, now: impl Iterator<Item = (Key, f64)>, lower: Lower) {
        for counter in self.counters.values_mut() {
            (counter.seen, counter.new) = (false, 0.0);
        }
        let (vanished, begun) = (self.vanished, self.begun);
        let mut any = false;
        self.restarted = false;
        for (key, value) in now.filter(|(_, value)| *value >= 0.0) {
            any = true;
            if let Some(counter) = self.counters.get_mut(&key) {
                let is_anew = vanished || value < counter.last && lower == Lower::Restart;
                let before = if is_anew { 0.0 } else { counter.last };
                let new = (value - before).max(0.0);
                counter.last = value;
                counter.total += new;
                counter.new = new;
                counter.seen = true;
                self.restarted |= is_anew;
            } else if self.counters.len() < MOST {
                let counter = Counter {
                    last: value,
                    total: value,
                    // What was there before the first look came at no rate we know of.
                    new: if begun { value } else { 0.0 },
                    seen: true,
                };
                self.counters.insert(key, counter);
            }
        }
        self.begun = true;
        self.vanished = !any && !self.counters.is_empty();
    }

    /// Whether one has begun anew in the last look.
    pub(super) fn is_restarted(&self) -> bool {
        self.restarted
    }

    /// All that IRIS has ever told of, with their totals; those that were not told of last are as
    /// they were.
    pub(super) fn totals(&self) -> impl Iterator<Item = (&Key, f64)> {
        self.counters
            .iter()
            .map(|(key, counter)| (key, counter.total))
    }

    /// The increments of the last look.
    pub(super) fn increments(&self) -> impl Iterator<Item = (&Key, f64)> {
        self.counters
            .iter()
            .map(|(key, counter)| (key, counter.new))
    }

    /// Whether the last look told of it.
    pub(super) fn is_told(&self, key: &Key) -> bool {
        self.counters.get(key).is_some_and(|counter| counter.seen)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn key(host: &str) -> Key {
        ("N".to_owned(), "P".to_owned(), host.to_owned())
    }

    fn look(tally: &mut Tally, values: &[(&str, f64)], lower: Lower) -> (f64, f64) {
        let now = values.iter().map(|(host, value)| (key(host), *value));
        tally.look(now, lower);
        let sum = |all: &mut dyn Iterator<Item = (&Key, f64)>| all.map(|(_, v)| v).sum();
        (sum(&mut tally.totals()), sum(&mut tally.increments()))
    }

    #[test]
    fn restarts_leave_no_gap_and_no_spike() {
        let mut tally = Tally::default();
        let mut see = |values: &[(&str, f64)]| look(&mut tally, values, Lower::Restart);
        assert_eq!(see(&[("a", 100.0)]), (100.0, 0.0), "of before we looked");
        assert_eq!(see(&[("a", 110.0), ("b", 1.0)]), (111.0, 11.0));
        assert_eq!(see(&[("a", 3.0), ("b", 1.0)]), (114.0, 3.0), "restarted");
        assert_eq!(see(&[]), (114.0, 0.0), "stopped");
        assert_eq!(see(&[]), (114.0, 0.0));
        assert_eq!(
            see(&[("a", 50.0)]),
            (164.0, 50.0),
            "started, and far already"
        );
        assert_eq!(see(&[("a", 50.0), ("b", -1.0)]), (164.0, 0.0));
        assert!(tally.is_told(&key("a")) && !tally.is_told(&key("b")));
    }

    #[test]
    fn what_is_taken_back_is_not_counted_again() {
        let mut tally = Tally::default();
        let mut see = |value, lower| look(&mut tally, &[("a", value)], lower).0;
        assert_eq!(see(5.0, Lower::TakenBack), 5.0);
        assert_eq!(see(4.0, Lower::TakenBack), 5.0, "one was sent again");
        assert_eq!(see(6.0, Lower::TakenBack), 7.0);
        assert_eq!(see(1.0, Lower::Restart), 8.0);
    }

    proptest! {
        #[test]
        fn totals_never_fall_and_grow_by_what_is_new(
            looks in prop::collection::vec(prop::collection::vec((0..4_u8, 0..50_u32), 0..4), 1..40)
        ) {
            let mut tally = Tally::default();
            let mut before = None;
            for values in looks {
                let names: Vec<_> = values.iter().map(|(host, _)| host.to_string()).collect();
                let values: Vec<_> = names.iter().zip(&values)
                    .map(|(host, (_, value))| (host.as_str(), f64::from(*value)))
                    .collect();
                let mut unique = values.clone();
                unique.sort_by(|a, b| a.0.cmp(b.0));
                unique.dedup_by(|a, b| a.0 == b.0);
                let (total, new) = look(&mut tally, &unique, Lower::Restart);
                if let Some(before) = before {
                    prop_assert_eq!(total, before + new);
                    prop_assert!(new >= 0.0);
                }
                before = Some(total);
            }
        }
    }
}
