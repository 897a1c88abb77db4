//! A simulated InterSystems IRIS over HTTP.
//!
//! [`Simulator::start`] runs it on a thread of its own; dropping it stops it. A test moves it by the
//! methods of [`Simulator`], another process by the control endpoint:
//!
//! | | |
//! |---|---|
//! | `POST /fault` `{"kind":"hang","for_seconds":5}` | something goes wrong ([`Fault`]) |
//! | `DELETE /fault` | all faults are over |
//! | `GET /state` | what it counts, holds and was asked |
//! | `POST /production/{start\|stop\|restart}` | the production |
//! | `POST /iris/restart` `{"down_seconds":30,"starting_seconds":10}` | refused, then 503, then counters from 0 |
//! | `POST /failover` | mirror members change roles |
//! | `POST /advance` `{"seconds":60}` | time passes |
//! | `POST /host` `{"host","status","for_seconds"}` | a host fails |
//! | `POST /messages` `{"nack","errored","invalid"}` | messages fail |
//! | `POST /alert` `{"message","severity"}` | a system alert |
//! | `POST /system_state` `{"state":2}` | `iris_system_state` |
//! | `POST /load` `{"factor":3,"for_seconds":60}` | more comes in |
//! | `POST /gates` [`Gates`] | metrics are switched on and off |
//! | `POST /pin` `{"family","value"}` | a metric keeps a value |
//! | `POST /sql` [`Planned`] | the answer to a query of a test's own |
//!
//! `?instance=N` speaks to one of several servers, without it all are meant.
//!
//! ```no_run
//! use std::time::Duration;
//! use simulator::iris::{Fault, FaultKind, Options, Pace, Simulator};
//!
//! # fn main() -> Result<(), Box<dyn std::error::Error>> {
//! let iris = Simulator::start(Options {
//!     steady: true,
//!     pace: Pace::Manual,
//!     ..Options::default()
//! })?;
//! println!("{}/api/monitor/metrics", iris.url());
//! iris.all().advance(Duration::from_secs(60))?;
//! iris.all().fault(Fault::new(FaultKind::Licences).planted("PID|1||4711"))?;
//! # Ok(())
//! # }
//! ```

mod access;
mod bent;
mod body;
mod catalogue;
mod clock;
mod commands;
mod control;
mod fault;
mod http;
mod instance;
mod noise;
mod number;
mod options;
mod pages;
mod sessions;
mod simulator;
mod sql;
mod world;

pub use commands::Commands;
pub use control::CommandError;
pub use fault::{Fault, FaultError, FaultKind, Scope};
pub use http::tls::TlsError;
pub use options::{Access, Account, Gates, Options, Pace, Rights, Role, Tls, Version, accounts};
pub use simulator::{Simulator, StartError};
pub use sql::{Planned, QUERIES};
