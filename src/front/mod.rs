//! The HTTP front: one actor that owns the server, and the routes it serves.
//!
//! | route | answers | file |
//! |---|---|---|
//! | `GET /metrics` | everything that counts now, as Prometheus text or OpenMetrics | `metrics.rs` |
//! | `GET /health` | the last verdict of the health checker; 503 when Vitals itself is broken | `health.rs` |
//! | `GET /livez`, `/readyz`, `/-/healthy`, `/-/ready` | probes | `probes.rs` |
//! | `GET /summary` | the targets, judged | `summary.rs` |
//! | `GET /vitals/v1/tree` | the supervision tree | `tree.rs` |
//! | `POST /vitals/v1/chaos/{actor}/{fault}` | strikes an actor; only with `--chaos`, on loopback | `chaos.rs` |
//! | `GET /` | a list of these | `index.rs` |
//!
//! Whoever has no answer from the aggregator in time is given what was last known, and told so.

mod actor;
mod chaos;
mod error;
mod fallback;
mod freshness;
mod health;
mod index;
mod metrics;
mod observe;
mod probes;
mod routes;
mod serving;
mod shared;
mod summary;
mod tree;

pub(crate) use actor::Front;
pub(crate) use freshness::Freshness;
pub(crate) use shared::{Lasts, Shared};
