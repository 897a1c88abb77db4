//! Ends the process when the root of the tree is silent: then nobody is left to restart anything.

use std::{thread, time::Duration};

use supervision::Tree;

use crate::exit_code;

/// The root looks after its children at least once a second.
const PATIENCE: Duration = Duration::from_secs(30);
const LOOK: Duration = Duration::from_secs(5);

/// Watches on a thread of its own, to the end of the process.
pub(crate) fn watch(tree: Tree) {
    let watch = move || {
        loop {
            pause();
            let silence = tree.silence().unwrap_or_default();
            if silence > PATIENCE {
                let seconds = silence.as_secs();
                log::error!("the root of the tree is silent for {seconds} s; ending the process");
                exit_code::now(exit_code::GAVE_UP);
            }
        }
    };
    if let Err(error) = thread::Builder::new().name("watchdog".into()).spawn(watch) {
        log::error!("no watchdog: {error}; a root that hangs will go unnoticed");
    }
}

#[expect(clippy::disallowed_methods, reason = "a thread of its own, no actor's")]
fn pause() {
    thread::sleep(LOOK);
}
