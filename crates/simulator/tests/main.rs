//! The simulated servers over real sockets, and beside what was recorded of real ones.

mod application;
mod captures;
mod client;
mod faults;
mod licences;
mod production;
mod secured;
mod servers;
mod sql;
