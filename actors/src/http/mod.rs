//! HTTP as collectors need it: one question at a time on one connection, with one deadline over
//! everything, bounds on everything, and a reason for each way it can fail. What was answered never
//! gets into a failure's words.
//!
//! awc speaks the protocol; the connection is made here, so that names, connections and certificates
//! fail by their own reasons, and so that a body that was cut short is told from a whole one.

mod base_url;
mod client;
mod cookies;
mod credentials;
mod dial;
mod inflate;
mod page_url;
mod proxy;
mod stream;
mod tail;
#[cfg(test)]
mod tests;

pub(crate) use self::client::{Answer, Client, Question};
pub use self::{
    base_url::{BaseUrl, UrlError},
    credentials::Credentials,
    page_url::PageUrl,
    proxy::{Outward, Proxies, Proxy, ProxyError},
};
pub use crate::net::{Trust, TrustError};
