//! The actors of Vitals and the messages between them. Start reading at `messages.rs`.

pub mod aggregator;
pub mod alert;
mod beside;
pub mod clock;
pub mod collector;
pub mod events;
pub mod federation;
pub mod health;
pub mod history;
pub mod http;
pub mod keep;
pub mod last_known;
pub mod messages;
pub mod net;
pub mod own;
pub mod page;
pub mod redis;
mod stand_in;
pub mod standing;
pub mod summary;
pub mod targets;
mod told;
pub mod trend;
pub mod tuning;
pub mod units;
pub mod uptime;
mod whole_file;
