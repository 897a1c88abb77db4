//! Queries held against others that should answer the same: those of a naive evaluator, their own at
//! each single step, and those of Prometheus 2.42.

mod compare;
mod data;
mod generate;
mod naive;
mod peer;
mod plain;
mod printed;
mod reach;
mod steps;
mod summaries;
