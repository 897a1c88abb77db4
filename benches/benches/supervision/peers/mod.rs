//! The contenders.

pub(crate) mod actix;
mod counter;
pub(crate) mod kameo;
pub(crate) mod ours;
pub(crate) mod ractor;
