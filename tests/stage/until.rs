//! Waiting: for what will happen, and never longer than the deadline.

use std::{
    thread,
    time::{Duration, Instant},
};

/// For everything that takes a moment. Generous: the machine may be busy with something else.
pub(crate) const DEADLINE: Duration = Duration::from_secs(30);

/// From one look to the next.
const LOOK: Duration = Duration::from_millis(5);

/// Looks again and again until there is something, and says what there should have been when it
/// does not come.
#[track_caller]
pub(crate) fn until<T>(what: &str, deadline: Duration, mut look: impl FnMut() -> Option<T>) -> T {
    let began = Instant::now();
    loop {
        if let Some(found) = look() {
            return found;
        }
        assert!(
            began.elapsed() < deadline,
            "not within {deadline:?}: {what}"
        );
        pause(LOOK);
    }
}

/// Lets time pass, where time itself is what the story is about: the pace of a client, the age of
/// a value.
#[expect(
    clippy::disallowed_methods,
    reason = "a test has a thread of its own, and no actor is on it"
)]
pub(crate) fn pause(time: Duration) {
    thread::sleep(time);
}
