//! Quantities that cross boundaries with their unit: in settings, rules, routes and messages.
//!
//! Each type reads what people write and prints the shortest text that reads back as exactly the
//! same value: [`Ratio`] `80%`, [`Bytes`] `1.5GB`, [`HumanDuration`] `1m30s`, [`Intensity`]
//! `5 in 60s`.

mod bytes;
mod duration;
mod intensity;
mod ratio;
mod text;

pub use bytes::Bytes;
pub use duration::HumanDuration;
pub use intensity::Intensity;
pub use ratio::Ratio;
pub use text::UnitError;
