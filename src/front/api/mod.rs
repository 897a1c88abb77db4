//! The HTTP API of Prometheus 3, over what Vitals keeps: Grafana, promtool and whatever else asks a
//! Prometheus asks Vitals.
//!
//! | route below `/api/v1` | file |
//! |---|---|
//! | `query`, `query_range`, `format_query` | `query.rs` |
//! | `series`, `labels`, `label/{name}/values` | `series.rs` |
//! | `metadata` | `metadata.rs` |
//! | `targets` | `targets.rs` |
//! | `rules`, `alerts` | `rules.rs` |
//! | `query_exemplars` | `exemplars.rs` |
//! | `status/{buildinfo,runtimeinfo,flags,config,tsdb}` | `status/` |
//!
//! A request is read by `form.rs`, `time.rs` and `matching.rs`; what takes a moment waits for its turn
//! at the `desk.rs`, reads the history and is written by `encode.rs` while it is sent.

mod answer;
mod asked;
mod desk;
mod encode;
pub(super) mod exemplars;
mod failure;
mod form;
mod matching;
pub(super) mod metadata;
mod number;
pub(super) mod query;
pub(super) mod rules;
mod sending;
pub(super) mod series;
pub(super) mod status;
pub(super) mod targets;
pub(super) mod time;

pub(super) use asked::Asked;
pub(crate) use desk::Desk;
pub(super) use desk::Turn;
pub(super) use failure::{Failure, body, is_of_the_api};
pub(super) use form::Form;
pub(super) use query::{Steps, parsed};

#[cfg(test)]
mod tests;
