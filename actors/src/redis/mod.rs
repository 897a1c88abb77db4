//! Redis, as whoever talks to it needs it: where it is ([`RedisUrl`]: one server, what Sentinels watch, or
//! a Cluster), and connections that fail by their own reasons. What was answered never gets into a
//! failure's words.
//!
//! The crate `redis` speaks the protocol; names, connections and certificates are ours, as they are with
//! HTTP ([`crate::http`]).

mod address;
mod cluster;
mod connection;
mod failure;
mod sentinel;
mod servers;

pub use self::{
    address::{RedisUrl, RedisUrlError, Topology},
    servers::{RedisAccount, RedisSettings},
};
pub(crate) use self::{
    connection::Connection,
    servers::{Servers, Unheard},
};
