//! A small web application with users: they sign in, look up orders and reports, and wait in between.
//! Orders come from a cache, which is in Redis if there is one, and from a slower place otherwise.
//! It tells of all this as Spring Boot does (Micrometer's names), on `/metrics`.
//!
//! [`Application::start`] runs it on a thread of its own; dropping it stops it. A test moves it by its
//! methods, another process by the control endpoint:
//!
//! | | |
//! |---|---|
//! | `POST /fault` `{"kind":"errors","ratio":0.5}` | something goes wrong ([`Fault`]) |
//! | `DELETE /fault` | all faults are over |
//! | `POST /users` `{"users":50,"pause_ms":500}` | who uses it, and how busily |
//! | `GET /state` | what it has counted |
//!
//! ```no_run
//! use simulator::application::{Application, Fault, Options};
//!
//! # fn main() -> Result<(), Box<dyn std::error::Error>> {
//! let application = Application::start(Options::default())?;
//! println!("{}/metrics", application.url());
//! application.fault(Fault::Hang);
//! # Ok(())
//! # }
//! ```

mod cache;
mod client;
mod control;
mod counts;
mod fault;
mod metrics;
mod options;
mod server;
mod site;
mod users;

pub use fault::Fault;
pub use options::{Options, Users};
pub use server::{Application, StartError};
