//! The name-value pairs that tell one series of a family from another.

use std::{fmt, sync::Arc};

use crate::name::is_label_name;

/// A set of labels, sorted by name, each name once, none with an empty value (to Prometheus an
/// empty value is an absent label). Cloning copies a pointer: collectors keep theirs from tick to tick.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Labels(Arc<[(Arc<str>, Arc<str>)]>);

/// Why a set of labels was refused.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum LabelsError {
    /// Not `[a-zA-Z_][a-zA-Z0-9_]*`.
    #[error("`{0}` is not a label name: letters, digits and `_`, not starting with a digit")]
    Name(String),
    /// The same name twice.
    #[error("label `{0}` occurs twice")]
    Duplicate(String),
}

impl Labels {
    /// No labels at all.
    pub fn none() -> Self {
        Labels(Arc::new([]))
    }

    /// Labels in any order, from names that are not known to be good.
    ///
    /// # Errors
    /// A malformed or repeated name.
    pub fn try_new<N, V>(pairs: impl IntoIterator<Item = (N, V)>) -> Result<Self, LabelsError>
    where
        N: Into<Arc<str>>,
        V: Into<Arc<str>>,
    {
        let mut all: Vec<(Arc<str>, Arc<str>)> = pairs
            .into_iter()
            .map(|(name, value)| (name.into(), value.into()))
            .collect();
        if let Some((bad, _)) = all.iter().find(|(name, _)| !is_label_name(name)) {
            return Err(LabelsError::Name(bad.to_string()));
        }
        all.sort_by(|a, b| a.0.cmp(&b.0));
        if let Some(twice) = all.windows(2).find(|pair| pair[0].0 == pair[1].0) {
            return Err(LabelsError::Duplicate(twice[0].0.to_string()));
        }
        Ok(Self::from_sorted(all))
    }

    /// Labels in any order, from good names that occur once.
    pub(crate) fn from_checked(mut all: Vec<(Arc<str>, Arc<str>)>) -> Self {
        all.sort_unstable_by(|a, b| a.0.cmp(&b.0));
        Self::from_sorted(all)
    }

    fn from_sorted(mut all: Vec<(Arc<str>, Arc<str>)>) -> Self {
        all.retain(|(_, value)| !value.is_empty());
        Labels(all.into())
    }

    /// Labels whose names stand in the source code, in any order.
    ///
    /// # Panics
    /// On a malformed or repeated name: a mistake of the programmer, met by the first test.
    pub fn new<V: Into<Arc<str>>>(pairs: impl IntoIterator<Item = (&'static str, V)>) -> Self {
        match Self::try_new(pairs) {
            Ok(labels) => labels,
            Err(error) => panic!("{error}"),
        }
    }

    /// The value of a label.
    pub fn get(&self, name: &str) -> Option<&str> {
        self.0
            .binary_search_by(|(known, _)| (**known).cmp(name))
            .ok()
            .map(|at| &*self.0[at].1)
    }

    /// All pairs, sorted by name.
    pub fn iter(&self) -> impl ExactSizeIterator<Item = (&str, &str)> {
        self.0.iter().map(|(name, value)| (&**name, &**value))
    }

    /// With one more label, or with another value of one there is; without it where the value is
    /// empty. The name has to be a good one ([`is_label_name`](crate::is_label_name)).
    #[must_use]
    pub fn with(&self, name: impl Into<Arc<str>>, value: impl Into<Arc<str>>) -> Labels {
        let one: (Arc<str>, Arc<str>) = (name.into(), value.into());
        debug_assert!(one.1.is_empty() || is_label_name(&one.0), "{}", one.0);
        let (before, behind) = match self.0.binary_search_by(|(known, _)| known.cmp(&one.0)) {
            Ok(at) => (&self.0[..at], &self.0[at + 1..]),
            Err(at) => (&self.0[..at], &self.0[at..]),
        };
        // Of known length: it is put together where it stays.
        let (before, behind) = (before.iter().cloned(), behind.iter().cloned());
        match one.1.is_empty() {
            true => Labels(before.chain(behind).collect()),
            false => Labels(before.chain([one]).chain(behind).collect()),
        }
    }

    /// Only those labels whose name is wanted.
    #[must_use]
    pub fn keeping(&self, wanted: impl Fn(&str) -> bool) -> Labels {
        if self.0.iter().all(|(name, _)| wanted(name)) {
            return self.clone();
        }
        let kept = self.0.iter().filter(|(name, _)| wanted(name));
        Labels(kept.cloned().collect())
    }

    /// All but one label.
    #[must_use]
    pub fn without(&self, dropped: &str) -> Labels {
        self.keeping(|name| name != dropped)
    }

    /// As a series has them that was scraped from a target with these labels. A label of its own that
    /// the target has, too, is kept as `exported_…`.
    #[must_use]
    pub fn of_target(&self, target: &Labels) -> Labels {
        if target.is_empty() {
            return self.clone();
        }
        let is_taken = |name: &str| target.get(name).is_some();
        let (clashing, mut all): (Vec<_>, Vec<_>) =
            self.0.iter().cloned().partition(|(name, _)| is_taken(name));
        all.extend(target.0.iter().cloned());
        for (name, value) in clashing {
            let mut name = format!("exported_{name}");
            while all.iter().any(|(known, _)| **known == *name) {
                name.insert_str(0, "exported_");
            }
            all.push((name.into(), value));
        }
        Self::from_checked(all)
    }

    /// The same labels over strings that the caller has already: who keeps many sets keeps every
    /// name and value once.
    #[must_use]
    pub fn interned(&self, mut intern: impl FnMut(&Arc<str>) -> Arc<str>) -> Labels {
        let pairs = self.0.iter();
        Labels(pairs.map(|(n, v)| (intern(n), intern(v))).collect())
    }

    /// How many labels there are.
    pub fn len(&self) -> usize {
        self.0.len()
    }

    /// True for [`Labels::none`].
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
}

impl Default for Labels {
    fn default() -> Self {
        Labels::none()
    }
}

impl fmt::Debug for Labels {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_map().entries(self.iter()).finish()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn labels_are_sorted_unique_and_never_empty() {
        let labels = Labels::new([("mode", "idle"), ("cpu", "0"), ("none", "")]);
        assert_eq!(
            labels.iter().collect::<Vec<_>>(),
            [("cpu", "0"), ("mode", "idle")]
        );
        assert_eq!(labels.get("mode"), Some("idle"));
        assert_eq!(labels.get("none"), None);
        assert_eq!(
            labels,
            Labels::try_new([("cpu", "0"), ("mode", "idle")]).unwrap()
        );
    }

    #[test]
    fn a_target_adds_its_own_and_nothing_is_lost() {
        let target = Labels::new([("job", "iris"), ("instance", "a:1")]);
        let own = Labels::new([("id", "USER"), ("job", "x"), ("exported_job", "y")]);
        let expected = Labels::new([
            ("id", "USER"),
            ("job", "iris"),
            ("instance", "a:1"),
            ("exported_job", "y"),
            ("exported_exported_job", "x"),
        ]);
        assert_eq!(own.of_target(&target), expected);
        assert_eq!(own.of_target(&Labels::none()), own);
        assert_eq!(Labels::none().of_target(&target), target);
    }

    #[test]
    fn labels_are_set_and_taken_away() {
        let labels = Labels::new([("a", "1"), ("c", "3")]);
        let all = Labels::new([("a", "1"), ("b", "2"), ("c", "3")]);
        assert_eq!(labels.with("b", "2"), all);
        assert_eq!(all.without("b"), labels);
        assert_eq!(all.with("b", ""), labels);
        assert_eq!(all.with("c", "4").get("c"), Some("4"));
        assert_eq!(all.keeping(|name| name > "b"), Labels::new([("c", "3")]));
        assert_eq!(all.keeping(|_| false), Labels::none());
    }

    #[test]
    fn bad_names_are_named() {
        let bad = Labels::try_new([("0cpu", "0")]).unwrap_err();
        assert_eq!(bad, LabelsError::Name("0cpu".into()));
        let twice = Labels::try_new([("a", "1"), ("a", "2")]).unwrap_err();
        assert_eq!(twice, LabelsError::Duplicate("a".into()));
    }
}
