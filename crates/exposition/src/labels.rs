//! The name-value pairs that tell one series of a family from another.

use std::{
    borrow::Cow,
    cell::Cell,
    cmp::Ordering,
    fmt,
    sync::{Arc, LazyLock},
};

use crate::name::is_label_name;

/// A set of labels, sorted by name, each name once, none with an empty value (to Prometheus an
/// empty value is an absent label). Cloning copies a pointer: collectors keep theirs from tick to tick.
///
/// They stand one behind the other in one text, each name and each value behind its length: less
/// memory than pointers to texts of their own, and one look to compare them or to hash them.
#[derive(Clone, PartialEq, Eq, Hash)]
pub struct Labels(Arc<str>);

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

/// Digits of a length stand as characters of their own value, the last one without this bit.
const MORE: u8 = 1 << 6;
/// The base of these digits.
const BASE: usize = MORE as usize;

impl Labels {
    /// No labels at all.
    pub fn none() -> Self {
        static NONE: LazyLock<Labels> = LazyLock::new(|| Labels(Arc::default()));
        NONE.clone()
    }

    /// Labels in any order, from names that are not known to be good.
    ///
    /// # Errors
    /// A malformed or repeated name.
    pub fn try_new<N, V>(pairs: impl IntoIterator<Item = (N, V)>) -> Result<Self, LabelsError>
    where
        N: AsRef<str>,
        V: AsRef<str>,
    {
        let mut all: Vec<(N, V)> = pairs.into_iter().collect();
        if let Some((bad, _)) = all.iter().find(|(name, _)| !is_label_name(name.as_ref())) {
            return Err(LabelsError::Name(bad.as_ref().to_owned()));
        }
        all.sort_by(|a, b| a.0.as_ref().cmp(b.0.as_ref()));
        let twice = |pair: &&[(N, V)]| pair[0].0.as_ref() == pair[1].0.as_ref();
        if let Some(twice) = all.windows(2).find(twice) {
            return Err(LabelsError::Duplicate(twice[0].0.as_ref().to_owned()));
        }
        Ok(Self::from_sorted(&all))
    }

    /// Labels in any order, from good names that occur once.
    pub(crate) fn from_checked<N, V>(mut all: Vec<(N, V)>) -> Self
    where
        N: AsRef<str>,
        V: AsRef<str>,
    {
        all.sort_unstable_by(|a, b| a.0.as_ref().cmp(b.0.as_ref()));
        Self::from_sorted(&all)
    }

    fn from_sorted<N: AsRef<str>, V: AsRef<str>>(all: &[(N, V)]) -> Self {
        let pairs = all.iter();
        pairs.map(|(n, v)| (n.as_ref(), v.as_ref())).collect()
    }

    /// Labels whose names stand in the source code, in any order.
    ///
    /// # Panics
    /// On a malformed or repeated name: a mistake of the programmer, met by the first test.
    pub fn new<V: AsRef<str>>(pairs: impl IntoIterator<Item = (&'static str, V)>) -> Self {
        match Self::try_new(pairs) {
            Ok(labels) => labels,
            Err(error) => panic!("{error}"),
        }
    }

    /// The value of a label.
    pub fn get(&self, name: &str) -> Option<&str> {
        let mut until = self.iter().skip_while(|(known, _)| *known < name);
        until
            .next()
            .filter(|(known, _)| *known == name)
            .map(|(_, value)| value)
    }

    /// All pairs, sorted by name.
    pub fn iter(&self) -> impl Iterator<Item = (&str, &str)> + Clone {
        let mut rest = &*self.0;
        std::iter::from_fn(move || Some((taken(&mut rest)?, taken(&mut rest)?)))
    }

    /// With one more label, or with another value of one there is; without it where the value is
    /// empty. The name has to be a good one ([`is_label_name`](crate::is_label_name)).
    #[must_use]
    pub fn with(&self, name: impl AsRef<str>, value: impl AsRef<str>) -> Labels {
        let (name, value) = (name.as_ref(), value.as_ref());
        debug_assert!(value.is_empty() || is_label_name(name), "{name}");
        let before = self.iter().take_while(|(known, _)| *known < name);
        let behind = self.iter().skip_while(|(known, _)| *known <= name);
        before.chain([(name, value)]).chain(behind).collect()
    }

    /// Only those labels whose name is wanted.
    #[must_use]
    pub fn keeping(&self, wanted: impl Fn(&str) -> bool) -> Labels {
        if self.iter().all(|(name, _)| wanted(name)) {
            return self.clone();
        }
        self.iter().filter(|(name, _)| wanted(name)).collect()
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
        if !self.iter().any(|(name, _)| is_taken(name)) {
            return merged(self.iter(), target.iter()).collect();
        }
        let (clashing, own): (Vec<_>, Vec<_>) = self.iter().partition(|(name, _)| is_taken(name));
        let all = own.into_iter().chain(target.iter());
        let mut all: Vec<(Cow<'_, str>, &str)> = all.map(|(n, v)| (n.into(), v)).collect();
        for (name, value) in clashing {
            let mut name = format!("exported_{name}");
            while all.iter().any(|(known, _)| *known == name) {
                name.insert_str(0, "exported_");
            }
            all.push((name.into(), value));
        }
        Self::from_checked(all)
    }

    /// How many labels there are.
    pub fn len(&self) -> usize {
        self.iter().count()
    }

    /// True for [`Labels::none`].
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
}

/// Of good names that occur once, in their order.
impl<'p> FromIterator<(&'p str, &'p str)> for Labels {
    fn from_iter<P: IntoIterator<Item = (&'p str, &'p str)>>(pairs: P) -> Self {
        thread_local! {
            /// Room to put them together in.
            static ROOM: Cell<String> = const { Cell::new(String::new()) };
        }
        let mut text = ROOM.take();
        text.clear();
        for (name, value) in pairs.into_iter().filter(|(_, value)| !value.is_empty()) {
            put(&mut text, name);
            put(&mut text, value);
        }
        let labels = match text.is_empty() {
            true => Labels::none(),
            false => Labels(Arc::from(&*text)),
        };
        ROOM.set(text);
        labels
    }
}

/// Both in their order, which have no name in common.
fn merged<'p>(
    one: impl Iterator<Item = (&'p str, &'p str)>,
    other: impl Iterator<Item = (&'p str, &'p str)>,
) -> impl Iterator<Item = (&'p str, &'p str)> {
    let (mut one, mut other) = (one.peekable(), other.peekable());
    std::iter::from_fn(move || match (one.peek(), other.peek()) {
        (Some(first), Some(second)) if first > second => other.next(),
        (Some(_), _) => one.next(),
        (None, _) => other.next(),
    })
}

/// Appends a text behind its length.
fn put(to: &mut String, text: &str) {
    let mut length = text.len();
    while length >= BASE {
        to.push(char::from((length % BASE) as u8 | MORE));
        length /= BASE;
    }
    to.push(char::from(length as u8));
    to.push_str(text);
}

/// Takes a text from behind its length; `None` at the end.
fn taken<'t>(from: &mut &'t str) -> Option<&'t str> {
    let (mut length, mut unit) = (0, 1);
    let mut digits = from.bytes();
    let mut behind = 0;
    loop {
        let digit = digits.next()?;
        behind += 1;
        length += usize::from(digit & !MORE) * unit;
        if digit & MORE == 0 {
            break;
        }
        unit *= BASE;
    }
    let end = behind + length;
    let text = from.get(behind..end)?;
    *from = from.get(end..)?;
    Some(text)
}

impl PartialOrd for Labels {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

/// By names and values, in their order.
impl Ord for Labels {
    fn cmp(&self, other: &Self) -> Ordering {
        self.iter().cmp(other.iter())
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
    use std::collections::BTreeMap;

    use proptest::prelude::*;

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

    /// Labels as a map has them, some of lengths of one, two and three digits.
    fn any() -> impl Strategy<Value = BTreeMap<String, String>> {
        let length = prop_oneof![1usize..6, 62usize..66, 4_094usize..4_099];
        let name = ("[a-c_]", length.clone()).prop_map(|(text, length)| text.repeat(length));
        let value = ("[a-c?@é\u{0}]", length).prop_map(|(text, length)| text.repeat(length));
        let value = prop_oneof![Just(String::new()), value];
        prop::collection::btree_map(name, value, 0..5)
    }

    fn labels(map: &BTreeMap<String, String>) -> Labels {
        Labels::try_new(map.iter().rev()).unwrap()
    }

    proptest! {
        #[test]
        fn they_are_as_a_map(one in any(), other in any(), name in any(), value in "[a-c]{0,2}") {
            let full = |mut map: BTreeMap<String, String>| {
                map.retain(|_, value| !value.is_empty());
                map
            };
            let (one, other) = (full(one), full(other));
            let (first, second) = (labels(&one), labels(&other));
            let pairs = |labels: &Labels| -> BTreeMap<String, String> {
                labels.iter().map(|(n, v)| (n.to_owned(), v.to_owned())).collect()
            };
            prop_assert_eq!(&pairs(&first), &one);
            prop_assert_eq!((first.len(), first.is_empty()), (one.len(), one.is_empty()));
            prop_assert_eq!(first.cmp(&second), one.cmp(&other));
            prop_assert_eq!(first == second, one == other);
            for name in one.keys().chain(name.keys()) {
                prop_assert_eq!(first.get(name), one.get(name).map(String::as_str));
                let mut with = one.clone();
                with.insert(name.clone(), value.clone());
                prop_assert_eq!(pairs(&first.with(name, &value)), full(with.clone()));
                with.remove(name);
                prop_assert_eq!(pairs(&first.without(name)), with);
            }
            if one.keys().all(|name| !other.contains_key(name)) {
                let both = one.into_iter().chain(other).collect::<BTreeMap<_, _>>();
                prop_assert_eq!(pairs(&first.of_target(&second)), both);
            }
        }
    }

    #[test]
    fn bad_names_are_named() {
        let bad = Labels::try_new([("0cpu", "0")]).unwrap_err();
        assert_eq!(bad, LabelsError::Name("0cpu".into()));
        let twice = Labels::try_new([("a", "1"), ("a", "2")]).unwrap_err();
        assert_eq!(twice, LabelsError::Duplicate("a".into()));
    }
}
