//! What a long-lived process of many threads keeps in memory: two heaps for all of them, and of the
//! program what it runs on, not what it started with.

mod arena;
mod layout;
mod start;
mod thresholds;

pub use arena::share_two_arenas;
pub use layout::{BadLine, Layout};
pub use start::{give_back_the_program, give_back_the_start};
pub use thresholds::keep_little_at_hand;
