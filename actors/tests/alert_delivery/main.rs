//! Alerts from the dispatcher to real Redis servers, whatever happens to those, to the disk, and to
//! the process in between. One story a file; `stage` is what they all stand on.

mod access;
mod cluster;
mod crash;
mod disk;
mod outage;
mod plain;
mod refusals;
mod sentinel;
mod speed;
mod stage;
