//! Alerts: rules, what they are in, and what is told of it, to whom.

pub mod dispatcher;
pub mod fingerprint;
pub mod notification;
pub mod payload;
pub mod sink;
