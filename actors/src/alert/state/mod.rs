//! What rules are in: alerts from inactive over pending to firing and back, recorded series, health.
//!
//! [`Evaluator`] holds every group of a [`RuleSet`](super::rules::RuleSet). It is told which metrics
//! came ([`Evaluator::appended`]) and asked to evaluate at a time; it runs the rules that read those
//! metrics, and those that are due by time, and answers with [`Transition`]s and the samples to store.
//! States mean what they mean in Prometheus. Times are Unix milliseconds.

mod alert;
mod alerting;
mod checkpoint;
mod clock_jump;
mod context;
mod evaluator;
mod group;
mod index;
mod overlay;
mod pace;
mod recording;
mod reload;
mod restore;
mod rule;
#[cfg(test)]
mod tests;

pub use alert::{Alert, AlertState, Annotations, Transition};
pub use checkpoint::{Checkpoint, CheckpointError};
pub use context::Settings;
pub use evaluator::{Evaluation, Evaluator};
pub use group::GroupState;
pub use index::Wanted;
pub(crate) use rule::HELD_BACK;
pub use rule::{Health, RuleState, WrittenSample};
