//! An embedded store for time series, made for one process that samples a few thousand series
//! every few seconds, keeps them for weeks, and must neither lose them by `kill -9` nor be held up by
//! its disk.
//!
//! [`open`] gives the two owners of a store. The [`Head`] takes samples in, in memory, and hands out
//! [`Reader`]s; it does no I/O. The [`Journal`] alone touches the disk: its [`Writer`] makes accepted
//! batches durable in a write-ahead log, its [`Keeper`] makes blocks of what is older, merges them,
//! and forgets them when they are too old or too many. While the disk hangs, the head keeps within a
//! bound what could not be written; the journal catches up.
//!
//! Values come back bit for bit: stale markers, -0.0, payloads of NaN. The files are described in
//! `docs/history-format.md`.
//!
//! ```
//! use exposition::Labels;
//! use tsdb::{Matcher, Options, Scratch};
//!
//! # let dir = std::env::temp_dir().join(format!("tsdb-doc-{}", std::process::id()));
//! let (head, journal, _) = tsdb::open(&dir, Options::default())?;
//! let (mut writer, mut keeper) = (journal.writer(), journal.keeper());
//!
//! let up = Labels::new([("__name__", "up"), ("job", "iris")]);
//! let series = head.series("iris", &up)?;
//! let appended = head.append(1_790_000_000_000, &[(series, 1.0)]);
//! assert!(writer.write()?.up_to >= appended.batch); // on disk
//! keeper.finish()?;
//!
//! let reader = head.reader();
//! let mut scratch = Scratch::default();
//! for (series, _) in reader.select(&[Matcher::equal("__name__", "up")], 0, i64::MAX) {
//!     reader.read(series, 0, i64::MAX, &mut scratch);
//!     assert_eq!(scratch.samples().collect::<Vec<_>>(), [(1_790_000_000_000, 1.0)]);
//! }
//! # std::fs::remove_dir_all(&dir)?;
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```

mod admission;
mod adopt;
mod backfill;
mod block;
mod bytes;
mod catalog;
mod codec;
mod core;
mod error;
mod generation;
mod head;
mod health;
mod index;
mod journal;
mod matcher;
mod naming;
mod numbers;
mod open;
mod options;
mod preamble;
mod reader;
mod series;
mod shed;
mod times;
mod verify;
mod view;
mod waiting;
mod wal;

pub use admission::{Refused, RefusedSource};
pub use backfill::{Backfill, BackfillError, BackfillSeries, Backfilled};
pub use block::Stats;
pub use error::{JournalError, OpenError};
pub use head::{Appended, Head};
pub use health::{Counts, Damage, Health, What};
pub use journal::{Journal, Keeper, Progress, Writer};
pub use matcher::Matcher;
pub use open::{Held, Recovered, hold, open};
pub use options::Options;
pub use reader::{BlockInfo, Chunks, MetricUse, Reader, Scratch};
pub use series::SeriesRef;
pub use verify::{Verified, repair, verify};
pub use waiting::Durable;

/// The version of the format that this program writes, and the newest that it reads.
pub const FORMAT_VERSION: u16 = preamble::VERSION;
