//! What the front falls back on while the aggregator does not answer.

use std::sync::Arc;

use arc_swap::{ArcSwap, ArcSwapOption};
use exposition::text::Format;
use tokio::time::Instant;

use crate::{
    alert::evaluator::RuleFigures,
    health::HealthReport,
    page::{Page, Pages},
    standing::Standing,
    summary::{ActiveAlert, Summary},
};

/// The latest of everything, readable without asking anybody. Owned by the process: it outlives
/// every incarnation of those who write it, and only the one in office writes.
#[derive(Default)]
pub struct LastKnown {
    /// Written by the aggregator.
    pub standing: ArcSwap<Standing>,
    /// Rendered by the aggregator when it was asked; they hold as long as it would give them.
    pub pages: ArcSwap<Pages>,
    /// Written by the aggregator.
    pub summary: ArcSwapOption<Summary>,
    /// How rules do; written by the evaluator.
    pub rule_figures: ArcSwapOption<RuleFigures>,
    /// What fires; written by the evaluator.
    pub firing: ArcSwap<Vec<ActiveAlert>>,
    /// Written by the health checker.
    pub health: ArcSwapOption<HealthReport>,
}

impl LastKnown {
    /// Nothing is known yet.
    pub fn new() -> Arc<Self> {
        Arc::default()
    }

    /// The page the aggregator would give, where nothing has changed since it was asked last.
    pub fn page(&self, format: Format, now: Instant) -> Option<Arc<Page>> {
        let (standing, pages) = (self.standing.load(), self.pages.load());
        pages.of(&standing, format, now).cloned()
    }
}
