//! The series of the whole store: labels and references, and postings for the matchers.

use std::collections::{BTreeMap, HashMap};

use exposition::Labels;

use crate::{Matcher, series::SeriesRef};

#[derive(Default)]
pub(crate) struct Index {
    slots: Vec<Slot>,
    free: Vec<u32>,
    refs: HashMap<Labels, SeriesRef>,
    /// Name, value, ascending slots.
    postings: HashMap<Box<str>, BTreeMap<Box<str>, Vec<u32>>>,
}

struct Slot {
    epoch: u32,
    labels: Option<Labels>,
}

impl Index {
    pub(crate) fn find(&self, labels: &Labels) -> Option<SeriesRef> {
        self.refs.get(labels).copied()
    }

    /// The reference of the labels, which get one if they have none.
    pub(crate) fn add(&mut self, labels: &Labels) -> SeriesRef {
        if let Some(known) = self.find(labels) {
            return known;
        }
        let slot = self.free.pop().unwrap_or_else(|| {
            let (epoch, labels) = (0, None);
            self.slots.push(Slot { epoch, labels });
            self.slots.len() as u32 - 1
        });
        for (name, value) in labels.iter() {
            self.post(name, value, slot);
        }
        let place = &mut self.slots[slot as usize];
        place.labels = Some(labels.clone());
        let series = SeriesRef::new(slot, place.epoch);
        self.refs.insert(labels.clone(), series);
        series
    }

    fn post(&mut self, name: &str, value: &str, slot: u32) {
        if !self.postings.contains_key(name) {
            self.postings.insert(name.into(), BTreeMap::new());
        }
        let Some(values) = self.postings.get_mut(name) else {
            return;
        };
        match values.get_mut(value) {
            // Most values of most names are those of one series.
            None => drop(values.insert(value.into(), vec![slot])),
            Some(list) => {
                if let Err(at) = list.binary_search(&slot) {
                    list.insert(at, slot);
                }
            }
        }
    }

    /// `None` once the series is forgotten.
    pub(crate) fn labels(&self, series: SeriesRef) -> Option<&Labels> {
        let slot = self.slots.get(series.slot())?;
        slot.labels
            .as_ref()
            .filter(|_| slot.epoch == series.epoch())
    }

    pub(crate) fn len(&self) -> usize {
        self.refs.len()
    }

    /// The series that all matchers accept.
    pub(crate) fn select(&self, matchers: &[Matcher]) -> Vec<(SeriesRef, Labels)> {
        // A matcher that accepts "" accepts series without the label too: it can only filter.
        let (filters, narrowing): (Vec<_>, Vec<_>) = matchers.iter().partition(|m| m.accepts(""));
        let mut found: Option<Vec<u32>> = None;
        for matcher in narrowing {
            let list = self.postings_of(matcher);
            found = Some(match found {
                None => list,
                Some(have) => intersection(&have, &list),
            });
        }
        let found = found.unwrap_or_else(|| (0..self.slots.len() as u32).collect());
        let passes = |labels: &Labels, m: &Matcher| m.accepts(labels.get(m.label()).unwrap_or(""));
        let of = |slot: u32| {
            let place = &self.slots[slot as usize];
            let labels = place.labels.as_ref()?;
            let all = filters.iter().all(|m| passes(labels, m));
            all.then(|| (SeriesRef::new(slot, place.epoch), labels.clone()))
        };
        found.into_iter().filter_map(of).collect()
    }

    fn postings_of(&self, matcher: &Matcher) -> Vec<u32> {
        let Some(values) = self.postings.get(matcher.label()) else {
            return Vec::new();
        };
        if let Some(only) = matcher.only() {
            return values.get(only).cloned().unwrap_or_default();
        }
        let accepted = values.iter().filter(|(value, _)| matcher.accepts(value));
        let mut union: Vec<u32> = accepted.flat_map(|(_, list)| list).copied().collect();
        union.sort_unstable();
        union
    }

    /// Forgets series; their references are refused from now on.
    pub(crate) fn forget(&mut self, gone: &[SeriesRef]) {
        for series in gone {
            let Some(labels) = self.labels(*series).cloned() else {
                continue;
            };
            self.refs.remove(&labels);
            for (name, value) in labels.iter() {
                self.drop_posting(name, value, series.slot() as u32);
            }
            let place = &mut self.slots[series.slot()];
            place.labels = None;
            place.epoch = place.epoch.wrapping_add(1);
            self.free.push(series.slot() as u32);
        }
    }

    fn drop_posting(&mut self, name: &str, value: &str, slot: u32) {
        let Some(values) = self.postings.get_mut(name) else {
            return;
        };
        if let Some(list) = values.get_mut(value) {
            list.retain(|other| *other != slot);
            if list.is_empty() {
                values.remove(value);
            }
        }
        if values.is_empty() {
            self.postings.remove(name);
        }
    }
}

/// Both ascend.
fn intersection(a: &[u32], b: &[u32]) -> Vec<u32> {
    let (few, many) = if a.len() < b.len() { (a, b) } else { (b, a) };
    let in_both = few.iter().filter(|slot| many.binary_search(slot).is_ok());
    in_both.copied().collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn index() -> Index {
        let mut index = Index::default();
        for n in 0..12 {
            let odd = if n % 2 == 1 { "yes" } else { "" };
            let name = format!("m{}", n % 3);
            let pairs = [
                ("__name__", name),
                ("host", format!("h{n}")),
                ("odd", odd.into()),
            ];
            index.add(&Labels::new(pairs));
        }
        index
    }

    fn count(index: &Index, matchers: &[Matcher]) -> usize {
        index.select(matchers).len()
    }

    #[test]
    fn matchers_meet() {
        let index = index();
        let name = || Matcher::equal("__name__", "m1");
        assert_eq!(count(&index, &[name()]), 4);
        assert_eq!(
            count(&index, &[name(), Matcher::passes("host", |v| v != "h4")]),
            3
        );
        assert_eq!(
            count(&index, &[Matcher::passes("host", |v| v.starts_with("h1"))]),
            3
        );
        assert_eq!(count(&index, &[Matcher::equal("odd", "")]), 6, "absent");
        assert_eq!(count(&index, &[Matcher::passes("odd", |_| true)]), 12);
        assert_eq!(
            count(&index, &[Matcher::passes("odd", |v| !v.is_empty())]),
            6
        );
        assert_eq!(count(&index, &[Matcher::equal("nope", "x")]), 0);
        assert_eq!(count(&index, &[]), 12);
    }

    #[test]
    fn what_is_forgotten_is_refused_although_its_slot_is_used_again() {
        let mut index = index();
        let labels = Labels::new([("__name__", "m1"), ("host", "h4")]);
        let old = index.find(&labels).unwrap();
        index.forget(&[old]);
        assert_eq!(
            (index.labels(old), index.find(&labels), index.len()),
            (None, None, 11)
        );
        assert_eq!(count(&index, &[Matcher::equal("host", "h4")]), 0);
        let other = index.add(&Labels::new([("__name__", "new")]));
        assert_eq!(other.slot(), old.slot());
        assert_eq!((index.labels(old), count(&index, &[])), (None, 12));
    }
}
