//! A durable queue of opaque records: what was appended reaches every consumer, whatever happens to
//! the process in between. It knows nothing of what the records say.
//!
//! # The words
//!
//! *Record*: bytes with a *sequence number* that only grows, and a [`Keep`] that says how long it is
//! held when there is no room for all. *Consumer*: somebody with a name and a *cursor*, the number up
//! to which everything has been taken by it. A record is *live* until every consumer's cursor has
//! passed it; then it is gone.
//!
//! # The promises
//!
//! * Live records are held in memory, and a thread of its own writes them to disk. Nobody who
//!   appends, reads or acknowledges ever waits for the disk: on one that fails or hangs the queue
//!   goes on in memory, and catches up when it can.
//! * What [`Durable::up_to`] has passed survives `kill -9` and the loss of power, until it is taken.
//!   Appends that come together share one `fdatasync`.
//! * Records come back in the order they were appended in. One may come twice (a cursor is written
//!   without waiting for the disk), none is left out.
//! * Memory is bounded by [`Options::max_bytes`], the disk by about twice that. What has no room is
//!   handed back to the caller as [`Dropped`], least [`Keep`] first, and of those the oldest first.
//!   What was dropped may still be on disk when it is opened anew; it then takes part in that again.
//! * A tail that was cut off in the middle of a write is cut; damaged parts are left out, and the
//!   file they are in is set aside; both are reported.
//!
//! # The directory
//!
//! It belongs to one [`Outbox`] alone: whoever opens it holds the lock that says so. In it are
//! segments, `00000000000000000042.outbox`, named by a number that only grows:
//!
//! ```text
//! segment  magic "VTLOUTBX" | version u32 | crc u32 of both | frames
//! frame    length of the body u32 | crc u32 of length and body | body
//! body     1 | seq u64 | milliseconds since the epoch i64 | keep u8 | payload       a record
//!          2 | last seq u64 | (length of name u8 | name | cursor u64)…              the cursors
//! ```
//!
//! All numbers are little-endian; `crc` is CRC-32 as in zlib. Every segment begins with the cursors.
//! A segment is removed when nothing live is in it; when the disk holds too much that is not, the
//! rest of the oldest is written once more at the end.
//!
//! # An example
//!
//! ```
//! use outbox::{Draft, Keep, Options, Outbox};
//!
//! let directory = std::env::temp_dir().join(format!("outbox-example-{}", std::process::id()));
//! let (outbox, recovered) = Outbox::open(&directory, Options::default()).unwrap();
//! assert_eq!(recovered.records, 0);
//! outbox.consumers(&["mail"]);
//! let seq = outbox.append(|_seq| Draft::new(Keep(1), b"hello".to_vec())).unwrap().seq;
//! assert_eq!(&*outbox.read("mail", 0, 10)[0].payload, b"hello");
//! outbox.acknowledge("mail", seq);
//! assert!(outbox.read("mail", 0, 10).is_empty());
//! # outbox.close(std::time::Duration::from_secs(10));
//! # std::fs::remove_dir_all(directory).unwrap();
//! ```

mod error;
mod frame;
mod handle;
mod homes;
mod options;
mod queue;
mod record;
mod recover;
mod segment;
#[cfg(test)]
mod tests;
mod timeline;
mod writer;

pub use error::{AppendError, OpenError};
pub use handle::{Depth, Durable, Outbox};
pub use options::Options;
pub use record::{Appended, Draft, Dropped, Keep, Record};
pub use recover::{Damage, Recovery};
