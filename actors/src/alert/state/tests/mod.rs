//! Stories of rules over a store in memory.

mod appends;
mod compliance;
mod reach;
mod recording;
mod restarts;
mod scale;
mod stage;
mod waiting;
