//! The page of `/metrics`: everything that counts now, as text.

use std::{
    borrow::Cow,
    collections::BTreeMap,
    io::Write,
    sync::{Arc, OnceLock},
};

use bytes::Bytes;
use exposition::{
    MetricFamily,
    text::{self, Format},
};
use flate2::{Compression, write::GzEncoder};
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
    gzip: OnceLock<Bytes>,
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
            gzip: OnceLock::new(),
        }
    }

    /// The text compressed: once, by the first who asks for it.
    pub fn gzip(&self) -> &Bytes {
        self.gzip.get_or_init(|| {
            let mut gzip = GzEncoder::new(Vec::new(), Compression::default());
            // Writing to memory does not fail; were it to, an empty page would say so.
            let written = gzip.write_all(&self.body).and_then(|()| gzip.finish());
            written.unwrap_or_default().into()
        })
    }
}

/// The last page of each format, and how long it holds: a few, however many ask.
#[derive(Debug, Clone, Default)]
pub struct Pages(Vec<Held>);

#[derive(Debug, Clone)]
struct Held {
    /// Of the standing it was made from.
    version: u64,
    until: Instant,
    page: Arc<Page>,
}

impl Pages {
    /// The page of a standing, where one was rendered and still holds.
    pub fn of(&self, standing: &Standing, format: Format, now: Instant) -> Option<&Arc<Page>> {
        let version = standing.version();
        let holds = |held: &&Held| {
            held.version == version && now < held.until && held.page.format == format
        };
        self.0.iter().find(holds).map(|held| &held.page)
    }

    /// In place of the one before of its format. Holds for the standing it was made from, until then.
    pub(crate) fn put(&mut self, page: Arc<Page>, standing: &Standing, until: Instant) {
        self.0.retain(|held| held.page.format != page.format);
        self.0.push(Held {
            version: standing.version(),
            until,
            page,
        });
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::standing::tests::observed;
    use std::io::Read;

    #[test]
    fn a_page_holds_for_its_standing_and_its_time() {
        let (now, format) = (Instant::now(), Format::Prometheus004);
        let later = now + std::time::Duration::from_secs(1);
        let mut standing = Standing::default();
        standing.take(observed("a", "x", &[("one", 1.0)]));
        let mut pages = Pages::default();
        assert!(pages.of(&standing, format, now).is_none());
        let page = || Arc::new(Page::render(&standing, &[], format));
        pages.put(page(), &standing, later);
        assert!(pages.of(&standing, format, now).is_some());
        assert!(pages.of(&standing, format, later).is_none());
        assert!(pages.of(&standing, Format::OpenMetrics1, now).is_none());
        pages.put(page(), &standing, later);
        assert_eq!(pages.0.len(), 1);
        standing.take(observed("a", "x", &[("one", 2.0)]));
        assert!(pages.of(&standing, format, now).is_none());
    }

    #[test]
    fn families_of_the_same_name_are_told_once_and_compress_to_the_same_text() {
        let mut standing = Standing::default();
        standing.take(observed("a", "x", &[("one", 1.0)]));
        standing.take(observed("b", "x", &[("two", 2.0)]));
        let own = [MetricFamily::gauge("w", "help").with(Default::default(), 3.0)];
        let page = Page::render(&standing, &own, Format::Prometheus004);
        let expected = "# HELP w help\n# TYPE w gauge\nw 3\n\
                        # HELP x help\n# TYPE x gauge\nx{host=\"one\"} 1\nx{host=\"two\"} 2\n";
        assert_eq!(page.body, expected);
        let mut text = String::new();
        let mut gunzip = flate2::read::GzDecoder::new(&page.gzip()[..]);
        gunzip.read_to_string(&mut text).unwrap();
        assert_eq!(text, expected);
    }
}
