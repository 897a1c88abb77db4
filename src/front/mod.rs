//! The HTTP front: one actor that owns the server, and the routes it serves.
//!
//! | route | answers | file |
//! |---|---|---|
//! | `GET /metrics` | everything that counts now, as Prometheus text or OpenMetrics | `metrics.rs` |
//! | `GET /federate` | what of it `match[]` selects, and what sources tell under their own names | `federate.rs` |
//! | `GET /health` | the last verdict of the health checker; 503 when Vitals itself is broken | `health.rs` |
//! | `GET /livez`, `/readyz`, `/-/healthy`, `/-/ready` | probes | `probes.rs` |
//! | `GET /summary` | the targets, judged | `summary.rs` |
//! | `GET /vitals/v1/export` | what is stored, as CSV, JSON lines or OpenMetrics | `export.rs` |
//! | `GET /vitals/v1/events` | what happens, as it happens | `events.rs` |
//! | `GET /runbooks/{alert}` | what to do about an alert | `runbooks.rs` |
//! | `GET /vitals/v1/tree` | the supervision tree | `tree.rs` |
//! | `GET /vitals/v1/chart.svg` | a range query as a picture | `chart/` |
//! | `/api/v1/…` | the API of Prometheus, see there | `api/` |
//! | `POST /-/reload` | loads the settings anew; needs a token | `reload.rs` |
//! | `POST /vitals/v1/chaos/{actor}/{fault}` | strikes an actor; only with `--chaos`, on loopback | `chaos.rs` |
//! | `GET /openapi.json` | these, for machines | `openapi.rs` |
//! | `GET /` | a list of these | `index.rs` |
//!
//! A connection is read and written through its `wire.rs`; a request comes to its route through
//! `observe.rs` (counts, headers) and `admission.rs` (URL, host, body, load). Whoever has no answer
//! from the aggregator in time is given what was last known, and told so.

mod actor;
mod admission;
mod api;
mod body;
mod caller;
mod chaos;
mod chart;
mod coding;
mod door;
mod error;
mod events;
mod export;
mod fallback;
mod federate;
mod freshness;
mod head;
mod headers;
mod health;
mod held;
mod host;
mod index;
mod line;
mod made_while_sent;
mod metrics;
mod observe;
mod openapi;
mod probes;
mod query;
mod reload;
mod routes;
mod runbooks;
mod serving;
mod shared;
mod site;
mod summary;
mod tree;
mod while_connected;
mod wire;

pub(crate) use actor::Front;
pub(crate) use api::Desk;
pub(crate) use freshness::Freshness;
pub(crate) use shared::Shared;
