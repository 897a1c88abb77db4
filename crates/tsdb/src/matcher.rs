//! What a label has to be.

use std::{fmt, sync::Arc};

/// A label, and the test its value has to pass. Of an absent label the value is empty.
#[derive(Clone)]
pub struct Matcher {
    label: Arc<str>,
    test: Test,
}

#[derive(Clone)]
enum Test {
    Equal(Arc<str>),
    Passes(Arc<dyn Fn(&str) -> bool + Send + Sync>),
}

impl Matcher {
    /// The label is exactly `value`: found without looking at other values.
    pub fn equal(label: impl Into<Arc<str>>, value: impl Into<Arc<str>>) -> Self {
        let (label, test) = (label.into(), Test::Equal(value.into()));
        Matcher { label, test }
    }

    /// Whatever `test` says: of every value the label has, once, and of `""`. It is called under
    /// the lock of the index, so it must neither block nor ask the store.
    pub fn passes(
        label: impl Into<Arc<str>>,
        test: impl Fn(&str) -> bool + Send + Sync + 'static,
    ) -> Self {
        let (label, test) = (label.into(), Test::Passes(Arc::new(test)));
        Matcher { label, test }
    }

    /// The label's name.
    pub fn label(&self) -> &str {
        &self.label
    }

    /// The one value that passes, if there is only one.
    pub(crate) fn only(&self) -> Option<&str> {
        match &self.test {
            Test::Equal(value) => Some(value),
            Test::Passes(_) => None,
        }
    }

    pub(crate) fn accepts(&self, value: &str) -> bool {
        match &self.test {
            Test::Equal(only) => **only == *value,
            Test::Passes(test) => test(value),
        }
    }
}

impl fmt::Debug for Matcher {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.test {
            Test::Equal(value) => write!(f, "{}={value:?}", self.label),
            Test::Passes(_) => write!(f, "{} passes a test", self.label),
        }
    }
}
