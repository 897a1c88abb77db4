//! Alerts: rules, what they are in, and what is told of it, to whom.
//!
//! [`rules`] reads Prometheus rule files, [`template`] expands labels and annotations, [`state`]
//! evaluates groups and says what changed, [`unit_tests`] runs Prometheus-format tests of rules,
//! [`hours`] says when an HL7 interface is expected to speak: there is no actor in these. The
//! [`evaluator`] runs the rules as samples come, and the [`dispatcher`] hands what changed to each
//! [`sink`], in order and at least once. Rules and runbooks of the product are [`built_in`].

pub mod built_in;
pub mod dispatcher;
pub mod duration;
pub mod evaluator;
pub mod fingerprint;
pub mod hours;
pub mod notification;
pub mod payload;
pub mod rules;
pub mod sink;
pub mod state;
pub mod template;
pub mod unit_tests;
