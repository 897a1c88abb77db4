//! What can be set anew while actors run: they look here each time they need it.

use std::{sync::Arc, time::Duration};

use arc_swap::ArcSwap;

use crate::{alert::hours::Hours, targets::Thresholds};

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
    /// HL7 interfaces, and when they are expected to speak.
    pub interfaces: Vec<InterfaceHours>,
    /// How often the health checker checks.
    pub health_interval: Duration,
    /// The names of the applications that are configured. Where there are none, others stand in.
    pub applications: Vec<String>,
}

/// An HL7 interface, and when it is expected to speak.
#[derive(Debug, Clone, PartialEq)]
pub struct InterfaceHours {
    /// The IRIS it is of.
    pub iris: String,
    /// The business host.
    pub host: String,
    /// `None`: always.
    pub hours: Option<Hours>,
}

impl Tuning {
    /// To be looked at by many, and replaced.
    pub fn tunable(self) -> Tunable {
        Arc::new(ArcSwap::from_pointee(self))
    }
}
