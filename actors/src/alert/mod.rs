//! Alerts: rules, what they are in, and what is told of it.
//!
//! What stands here has no actor in it: [`rules`] reads Prometheus rule files, [`template`] expands
//! labels and annotations, [`state`] evaluates groups and says what changed, [`unit_tests`] runs
//! Prometheus-format tests of rules, [`hours`] says when an HL7 interface is expected to speak.

pub mod built_in;
pub mod duration;
pub mod fingerprint;
pub mod hours;

pub mod rules;
pub mod state;
pub mod template;
pub mod unit_tests;
