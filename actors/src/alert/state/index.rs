//! Which rules read which metrics.

use std::collections::{HashMap, HashSet};
use std::sync::Arc;

use promql::{METRIC_NAME, Matcher};

use crate::alert::rules::{Alerting, RuleSet, metric_name};

/// A rule by the places of its group and itself.
pub(super) type Place = (usize, usize);

/// Whether more than its sample and its labels is in its texts.
pub(super) fn has_queries(rule: &Alerting) -> bool {
    let mut texts = rule.labels.iter().chain(&rule.annotations);
    texts.any(|(_, text)| !text.is_pure())
}

/// The metrics that rules are to hear of at once.
#[derive(Debug, Default)]
pub enum Wanted {
    /// Whatever there is.
    #[default]
    All,
    /// Those of these names.
    These(HashSet<Arc<str>>),
}

impl Wanted {
    /// Whether metrics of this name are among them.
    pub fn has(&self, name: &str) -> bool {
        match self {
            Wanted::All => true,
            Wanted::These(names) => names.contains(name),
        }
    }
}

/// Which rules read which metrics.
#[derive(Debug, Default)]
pub(super) struct Index {
    by_name: HashMap<Arc<str>, Vec<Place>>,
    /// Rules with a selector that says no name, or a pattern of names.
    patterns: Vec<(Vec<Matcher>, Place)>,
    /// Some text of a rule may ask for anything.
    pub(super) texts_read: bool,
}

impl Index {
    pub(super) fn of(rules: &RuleSet) -> Self {
        let mut index = Index::default();
        for (at, group) in rules.groups.iter().enumerate() {
            for (place, rule) in group.rules.iter().enumerate() {
                index.texts_read |= rule.alerting().is_some_and(has_queries);
                for selector in rule.query.selectors() {
                    index.add(selector, (at, place));
                }
            }
        }
        index
    }

    fn add(&mut self, selector: &[Matcher], place: Place) {
        match metric_name(selector) {
            Some(name) => {
                let places = self.by_name.entry(name.into()).or_default();
                if places.last() != Some(&place) {
                    places.push(place);
                }
            }
            None => {
                let of_name = selector.iter().filter(|one| one.label() == METRIC_NAME);
                self.patterns.push((of_name.cloned().collect(), place));
            }
        }
    }

    /// The metrics that are read by some rules.
    pub(super) fn read_by(&self, are_meant: impl Fn(Place) -> bool) -> Wanted {
        if self.patterns.iter().any(|(_, place)| are_meant(*place)) {
            return Wanted::All;
        }
        let read = self.by_name.iter();
        let read = read.filter(|(_, places)| places.iter().any(|place| are_meant(*place)));
        Wanted::These(read.map(|(name, _)| name.clone()).collect())
    }

    /// The rules that read a metric of this name.
    pub(super) fn readers<'i>(&'i self, name: &'i str) -> impl Iterator<Item = Place> + 'i {
        let named = self.by_name.get(name).into_iter().flatten().copied();
        let by_pattern = self
            .patterns
            .iter()
            .filter(move |(matchers, _)| matchers.iter().all(|matcher| matcher.matches(name)));
        named.chain(by_pattern.map(|(_, place)| *place))
    }
}
