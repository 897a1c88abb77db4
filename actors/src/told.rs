//! What a source tells, as a database has it.
//!
//! What it tells under names that are not Vitals' own (`node_*`, `iris_*`) has the `job` and
//! `instance` of that source, as if it had been scraped, and so have `up` and what else a scrape
//! tells of itself. What Vitals says in its own name has neither.

use exposition::{Labels, MetricFamily};
use jiff::Timestamp;
use tokio::time::Instant;

use crate::standing::Source;

/// What one source tells, and what its scrape does.
pub(crate) struct Told<'s> {
    source: &'s Source,
    of_the_scrape: Vec<MetricFamily>,
    nobody: Labels,
}

/// Of what a source tells the families of one name, as [`Told::families`] has them; not of those
/// under its own names.
pub(crate) fn of_name<'s>(
    source: &'s Source,
    name: &'s str,
) -> impl Iterator<Item = (&'s MetricFamily, Labels)> {
    let target = match is_ours(name) {
        true => Labels::none(),
        false => source.observation.identity.clone(),
    };
    let families = source.of_name(name);
    families.map(move |family| (family, target.clone()))
}

impl<'s> Told<'s> {
    /// The latest of a source, as it is at a moment.
    pub(crate) fn by(source: &'s Source, now: Instant) -> Self {
        let mut told = Told {
            source,
            of_the_scrape: Vec::new(),
            nobody: Labels::none(),
        };
        if source.observation.identity.is_empty() {
            return told;
        }
        let samples = source.observation.outcome.scraped.unwrap_or_else(|| {
            let families = told.as_scraped();
            families.map(|family| family.flat().count()).sum()
        });
        let gauge =
            |name: &'static str, value| MetricFamily::gauge(name, "").with(Labels::none(), value);
        let took = source.observation.outcome.took.as_secs_f64();
        told.of_the_scrape = vec![
            gauge("up", f64::from(source.is_up(now))),
            gauge("scrape_duration_seconds", took),
            gauge("scrape_samples_scraped", samples as f64),
        ];
        told
    }

    /// When it was measured.
    pub(crate) fn at(&self) -> Timestamp {
        self.source.observation.at
    }

    /// All families, each with the labels of the target it was scraped from, if any.
    pub(crate) fn families(&self) -> impl Iterator<Item = (&MetricFamily, &Labels)> {
        let identity = &self.source.observation.identity;
        let others = self.as_scraped().map(move |family| (family, identity));
        let ours = self.source.families();
        let ours = ours
            .filter(|family| is_ours(&family.name))
            .map(|family| (family, &self.nobody));
        let scrape = self.of_the_scrape.iter().map(move |f| (f, identity));
        others.chain(ours).chain(scrape)
    }

    /// Under names that others gave.
    fn as_scraped(&self) -> impl Iterator<Item = &'s MetricFamily> {
        let others = self.source.families().filter(|f| !is_ours(&f.name));
        self.source.observation.native.iter().chain(others)
    }
}

fn is_ours(name: &str) -> bool {
    name.starts_with("vitals_")
}
