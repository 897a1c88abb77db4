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
    fn bad_names_are_named() {
        let bad = Labels::try_new([("0cpu", "0")]).unwrap_err();
        assert_eq!(bad, LabelsError::Name("0cpu".into()));
        let twice = Labels::try_new([("a", "1"), ("a", "2")]).unwrap_err();
        assert_eq!(twice, LabelsError::Duplicate("a".into()));
    }
}
