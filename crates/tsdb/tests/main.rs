//! Stories of the store as its users see it.

mod mix;
mod stage;

mod backfill;
mod basics;
mod damage;
mod disk;
mod kill;
mod limits;
mod order;
mod readers;
mod versions;
