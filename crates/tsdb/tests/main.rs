//! Stories of the store as its users see it.

mod mix;
mod stage;

mod basics;
mod damage;
mod order;
mod versions;
