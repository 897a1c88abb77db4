//! What the front falls back on while the aggregator does not answer.

use std::sync::Arc;

use arc_swap::{ArcSwap, ArcSwapOption};

use crate::{
    alert::evaluator::RuleFigures,
    health::HealthReport,
    standing::Standing,
    summary::{ActiveAlert, Summary},
};

/// The latest of everything, readable without asking anybody. Owned by the process: it outlives
/// every incarnation of those who write it, and only the one in office writes.
#[derive(Default)]
pub struct LastKnown {
    /// Written by the aggregator.
    pub standing: ArcSwap<Standing>,
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
}
