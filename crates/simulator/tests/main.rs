//! The simulated IRIS over real sockets, and beside what was recorded of real ones.

mod captures;
mod client;
mod faults;
mod licences;
mod production;
mod secured;
mod servers;
mod sql;
