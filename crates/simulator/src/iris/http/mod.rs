//! The simulated web server, and the control endpoint beside it.

pub(crate) mod atelier;
pub(crate) mod control;
pub(crate) mod deliver;
pub(crate) mod gzip;
pub(crate) mod listener;
pub(crate) mod port;
pub(crate) mod reply;
pub(crate) mod reset;
pub(crate) mod site;
pub(crate) mod tls;
