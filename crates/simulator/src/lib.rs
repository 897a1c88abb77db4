//! Simulated servers, for demos and for end-to-end tests that talk to real sockets.
//!
//! [`iris`] is a simulated InterSystems IRIS: its metrics, its alerts and its SQL over HTTP, moved
//! by a clock that a test can drive, and broken on demand. Everything it answers says that it is
//! simulated. [`application`] is a small instrumented web application with users, likewise. Nothing here
//! knows anything of monitoring.

#![forbid(unsafe_code)]

pub mod application;
pub mod iris;
