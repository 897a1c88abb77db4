//! The page of `/metrics`: everything that counts now, as text.

use std::{borrow::Cow, collections::BTreeMap};

use bytes::Bytes;
use exposition::{
    MetricFamily,
    text::{self, Format},
};
use tokio::time::Instant;

use crate::standing::Standing;

/// A rendered page.
#[derive(Debug, Clone)]
pub struct Page {
    /// In which format.
    pub format: Format,
    /// The text.
    pub body: Bytes,
    /// When it was rendered.
    pub at: Instant,
}

impl Page {
    /// Renders what counts now, and the families that Vitals adds of itself.
    pub fn render(standing: &Standing, own: &[MetricFamily], format: Format) -> Page {
        let now = Instant::now();
        let mut merged: BTreeMap<&str, Cow<'_, MetricFamily>> = BTreeMap::new();
        for family in standing.families(now).chain(own) {
            merged
                .entry(&family.name)
                .and_modify(|one| one.to_mut().metrics.extend_from_slice(&family.metrics))
                .or_insert(Cow::Borrowed(family));
        }
        let mut body = String::new();
        text::write(merged.values().map(AsRef::as_ref), format, &mut body);
        Page {
            format,
            body: body.into(),
            at: now,
        }
    }
}
