//! What is made of one look at a source, as it is being put together.

use exposition::{
    Labels, MetricFamily,
    MetricType::{self, Counter, Gauge},
};

use crate::collector::{Absent, CollectError, Collected, Reason};

/// Families, and what there is instead of them.
#[derive(Debug, Default)]
pub(super) struct Told {
    /// The label that says whose it is: `iris="main"`.
    whose: Option<(&'static str, String)>,
    pub(super) families: Vec<MetricFamily>,
    pub(super) absent: Vec<Absent>,
    pub(super) failed: Vec<CollectError>,
}

impl Told {
    /// Of one of several of a kind, with the label that tells them apart.
    pub(super) fn of(label: &'static str, value: &str) -> Self {
        Told {
            whose: Some((label, value.to_owned())),
            ..Told::default()
        }
    }

    /// A gauge.
    pub(super) fn gauge(&mut self, name: &'static str, help: &'static str, value: f64) {
        self.gauge_of(name, help, [], value);
    }

    /// A gauge with further labels.
    pub(super) fn gauge_of<const N: usize>(
        &mut self,
        name: &'static str,
        help: &'static str,
        labels: [(&'static str, &str); N],
        value: f64,
    ) {
        self.push(Gauge, name, help, labels, value);
    }

    /// A counter with further labels.
    pub(super) fn counter_of<const N: usize>(
        &mut self,
        name: &'static str,
        help: &'static str,
        labels: [(&'static str, &str); N],
        value: f64,
    ) {
        self.push(Counter, name, help, labels, value);
    }

    /// A series with labels of any names.
    pub(super) fn add_labelled<'l>(
        &mut self,
        kind: MetricType,
        name: &'static str,
        help: &'static str,
        labels: impl Iterator<Item = (String, &'l str)>,
        value: f64,
    ) {
        let labels = labels.map(|(name, value)| (name, value.to_owned()));
        let whose = self.whose.clone();
        let whose = whose.map(|(label, value)| (label.to_owned(), value));
        // The settings see to the names.
        if let Ok(labels) = Labels::try_new(whose.into_iter().chain(labels)) {
            self.add(kind, name, help, labels, value);
        }
    }

    fn push<const N: usize>(
        &mut self,
        kind: MetricType,
        name: &'static str,
        help: &'static str,
        labels: [(&'static str, &str); N],
        value: f64,
    ) {
        let whose = self.whose.iter().map(|(label, value)| (*label, &**value));
        self.add(kind, name, help, Labels::new(whose.chain(labels)), value);
    }

    /// A gauge of the machine it runs on.
    pub(super) fn host_gauge<const N: usize>(
        &mut self,
        name: &'static str,
        help: &'static str,
        labels: [(&'static str, &str); N],
        value: f64,
    ) {
        let host = self.whose.iter().map(|(_, name)| ("host", &**name));
        self.add(Gauge, name, help, Labels::new(host.chain(labels)), value);
    }

    fn add(
        &mut self,
        kind: MetricType,
        name: &'static str,
        help: &'static str,
        labels: Labels,
        value: f64,
    ) {
        let known = self.families.iter().position(|family| family.name == name);
        let at = known.unwrap_or_else(|| {
            self.families.push(MetricFamily::new(name, help, kind));
            self.families.len() - 1
        });
        self.families[at].push(labels, value);
    }

    /// Where a signal comes from.
    pub(super) fn source(&mut self, signal: &str, source: &str) {
        let help = "Which of several possible sources a signal is taken from.";
        let labels = [("signal", signal), ("source", source)];
        self.gauge_of("vitals_source", help, labels, 1.0);
    }

    /// There is no series of this family, and nothing failed.
    pub(super) fn absent(&mut self, family: &'static str, reason: Reason, hint: impl Into<String>) {
        self.absent.push(Absent {
            family,
            reason,
            hint: hint.into(),
        });
    }

    /// A better source knows of this family: forgets what was told of it.
    pub(super) fn replace(&mut self, family: &str) {
        self.families.retain(|known| known.name != family);
        self.absent.retain(|absent| absent.family != family);
    }

    /// A part that could not be had.
    pub(super) fn failed(&mut self, part: &str, reason: Reason, detail: impl Into<String>) {
        self.failed.push(CollectError {
            part: part.to_owned(),
            reason,
            detail: detail.into(),
        });
    }

    /// A part that failed is had from elsewhere.
    pub(super) fn forgive(&mut self, part: &str) {
        self.failed.retain(|failed| failed.part != part);
    }

    pub(super) fn collected(self, native: Vec<MetricFamily>, simulated: bool) -> Collected {
        Collected {
            families: self.families,
            native,
            absent: self.absent,
            simulated,
            failed: self.failed,
            ..Collected::default()
        }
    }
}
