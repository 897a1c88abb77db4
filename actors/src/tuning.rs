//! What can be set anew while actors run: they look here each time they need it.

use std::{sync::Arc, time::Duration};

use arc_swap::ArcSwap;

use crate::targets::Thresholds;

/// The values there are now.
pub type Tunable = Arc<ArcSwap<Tuning>>;

/// Settings that need no restart of the actors that follow them.
#[derive(Debug, Clone, PartialEq)]
pub struct Tuning {
    /// What the targets are judged against.
    pub thresholds: Thresholds,
    /// How often sources are asked, unless they are told apart: what the history's grid is.
    pub collect_interval: Duration,
    /// How often the summary is made anew, if no verdict changes.
    pub summary_interval: Duration,
    /// How often the health checker checks.
    pub health_interval: Duration,
    /// The names of the applications that are configured. Where there are none, others stand in.
    pub applications: Vec<String>,
}

impl Tuning {
    /// To be looked at by many, and replaced.
    pub fn tunable(self) -> Tunable {
        Arc::new(ArcSwap::from_pointee(self))
    }
}
