//! A rule file as it is written: YAML, with the place of whatever may be wrong.

use std::fmt;

use serde::de::{DeserializeOwned, MapAccess, Visitor};
use serde::{Deserialize, Deserializer};
use serde_saphyr::{MessageFormatter, Options, Spanned, UserMessageFormatter};

/// A text and where it stands.
pub(super) type Text = Spanned<String>;

/// `groups:` and nothing else.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct File {
    #[serde(default)]
    pub(super) groups: Option<Vec<Spanned<GroupEntry>>>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct GroupEntry {
    pub(super) name: Option<Text>,
    pub(super) interval: Option<Text>,
    pub(super) query_offset: Option<Text>,
    pub(super) limit: Option<Spanned<i64>>,
    #[serde(default)]
    pub(super) labels: Pairs,
    #[serde(default)]
    pub(super) rules: Option<Vec<Spanned<RuleEntry>>>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct RuleEntry {
    pub(super) record: Option<Text>,
    pub(super) alert: Option<Text>,
    pub(super) expr: Option<Text>,
    #[serde(rename = "for")]
    pub(super) hold: Option<Text>,
    pub(super) keep_firing_for: Option<Text>,
    #[serde(default)]
    pub(super) labels: Pairs,
    #[serde(default)]
    pub(super) annotations: Pairs,
}

/// A mapping of texts in the order of the file. `null` is an empty one, as is a value of `null`.
#[derive(Debug, Default)]
pub(super) struct Pairs(pub(super) Vec<(Text, Text)>);

impl<'de> Deserialize<'de> for Pairs {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Mapping;
        impl<'de> Visitor<'de> for Mapping {
            type Value = Pairs;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a mapping of names to texts")
            }

            fn visit_unit<E>(self) -> Result<Pairs, E> {
                Ok(Pairs::default())
            }

            fn visit_none<E>(self) -> Result<Pairs, E> {
                Ok(Pairs::default())
            }

            fn visit_some<D: Deserializer<'de>>(self, some: D) -> Result<Pairs, D::Error> {
                some.deserialize_map(Mapping)
            }

            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Pairs, A::Error> {
                let mut pairs = Vec::new();
                while let Some(name) = map.next_key::<Text>()? {
                    let place = (name.referenced, name.defined);
                    let value: Option<Text> = map.next_value()?;
                    let empty = || Spanned::new(String::new(), place.0, place.1);
                    pairs.push((name, value.unwrap_or_else(empty)));
                }
                Ok(Pairs(pairs))
            }
        }
        deserializer.deserialize_option(Mapping)
    }
}

/// Reads YAML as Prometheus does: unknown and repeated keys are errors, an empty document is an
/// empty value.
pub(crate) fn strict_yaml<T: DeserializeOwned + Default>(
    text: &str,
) -> Result<T, serde_saphyr::Error> {
    let mut options = Options::default();
    options.with_snippet = false;
    options.strict_booleans = true;
    serde_saphyr::from_str_with_options::<Option<T>>(text, options).map(Option::unwrap_or_default)
}

/// Where an error of YAML is, and its words.
pub(crate) fn yaml_error(error: &serde_saphyr::Error) -> (Option<(u64, u64)>, String) {
    let at = error.location().map(|at| (at.line(), at.column()));
    let words = UserMessageFormatter.format_message(error);
    (at.filter(|(line, _)| *line > 0), words.into_owned())
}
