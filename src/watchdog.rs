//! Ends the process when the root of the tree is silent: then nobody is left to restart anything.

use std::{
    thread,
    time::{Duration, Instant},
};

use supervision::Tree;

use crate::exit_code;

/// The root looks after its children at least every two seconds.
const PATIENCE: Duration = Duration::from_secs(30);
const LOOK: Duration = Duration::from_secs(5);

/// Watches on a thread of its own, to the end of the process.
pub(crate) fn watch(tree: Tree) {
    let watch = move || {
        let seconds = until_silent(&tree, PATIENCE, LOOK).as_secs();
        log::error!("the root of the tree is silent for {seconds} s; ending the process");
        exit_code::now(exit_code::GAVE_UP);
    };
    if let Err(error) = thread::Builder::new().name("watchdog".into()).spawn(watch) {
        log::error!("no watchdog: {error}; a root that hangs will go unnoticed");
    }
}

/// Returns once the root has been silent for longer than `patience`, and says for how long. One that
/// has never looked is silent from now on.
fn until_silent(tree: &Tree, patience: Duration, look: Duration) -> Duration {
    let began = Instant::now();
    loop {
        pause(look);
        let silence = tree.silence().unwrap_or_else(|| began.elapsed());
        if silence > patience {
            return silence;
        }
    }
}

#[expect(clippy::disallowed_methods, reason = "a thread of its own, no actor's")]
fn pause(time: Duration) {
    thread::sleep(time);
}

#[cfg(test)]
mod tests {
    use actix_rt::System;
    use supervision::{ABANDONED_THREADS, Exit, Overseer, Root, Strategy};

    use super::*;

    const PATIENCE: Duration = Duration::from_millis(300);
    const LOOK: Duration = Duration::from_millis(10);

    #[test]
    fn a_root_that_hangs_or_never_came_to_life_is_noticed() {
        System::new().block_on(async {
            let build = || Overseer::new(Strategy::OneForOne);
            let root = Root::start("root", ABANDONED_THREADS, build);
            for has_looked in [false, true] {
                while has_looked && root.tree().silence().is_none() {
                    tokio::time::sleep(LOOK).await;
                }
                assert_eq!(root.tree().silence().is_some(), has_looked);
                let tree = root.tree().clone();
                let watching = thread::spawn(move || until_silent(&tree, PATIENCE, LOOK));
                // The root lives on this thread, and waiting for the other one it does nothing.
                assert!(watching.join().unwrap() > PATIENCE);
            }
            root.shutdown();
            assert!(matches!(root.exit().await, Exit::Shutdown));
        });
    }
}
