//! SIGTERM and SIGINT: readiness goes, answers under way are finished, the exit code is 0.

use std::{
    io::ErrorKind,
    sync::atomic::{AtomicBool, AtomicUsize, Ordering::SeqCst},
    thread,
};

use rustix::process::Signal;

use crate::stage::{Connection, DEADLINE, Setup, until};

#[test]
fn both_signals_stop_it_in_order() {
    for signal in [Signal::TERM, Signal::INT] {
        let mut vitals = Setup::new().ready();
        vitals.process.signal(signal);
        assert!(vitals.ends().success());
        let log = vitals.process.log();
        let place = |part: &str| log.iter().position(|line| line.contains(part));
        let (asked, stopped) = (place(": stopping"), place(" stopped"));
        assert!(asked.is_some() && asked < stopped, "{log:#?}");
    }
}

#[test]
fn no_request_that_was_taken_is_cut() {
    let mut vitals = Setup::new().ready();
    let (address, over) = (vitals.address, AtomicBool::new(false));
    let answered = AtomicUsize::new(0);
    thread::scope(|scope| {
        for _ in 0..4 {
            scope.spawn(|| {
                while !over.load(SeqCst) {
                    // A connection that was refused was not taken; one that was made is answered.
                    let Ok(mut connection) = Connection::open(address) else {
                        continue;
                    };
                    match connection.get("/metrics") {
                        Ok(response) => {
                            assert_eq!(response.status, 200);
                            answered.fetch_add(1, SeqCst);
                        }
                        // The kernel had taken it for a listener that nobody asks any more.
                        Err(error) => {
                            let reset = [
                                ErrorKind::ConnectionAborted,
                                ErrorKind::ConnectionReset,
                                ErrorKind::BrokenPipe,
                            ];
                            assert!(
                                reset.contains(&error.kind()),
                                "cut in the middle: {error:?}"
                            );
                        }
                    }
                }
            });
        }
        until("many answers", DEADLINE, || {
            (answered.load(SeqCst) > 100).then_some(())
        });
        vitals.process.signal(Signal::TERM);
        let status = vitals.ends();
        over.store(true, SeqCst);
        assert!(status.success());
    });
}

#[test]
fn a_second_signal_ends_it_at_once() {
    // An actor that hangs is given its time, unless somebody insists.
    let settings = "[supervision]\nabandoned_threads = 64\n";
    let mut vitals = Setup::new().settings(settings).flag("--chaos").ready();
    vitals.strike("front", "hang?seconds=60");
    vitals.process.signal(Signal::TERM);
    vitals.process.says("SIGTERM: stopping");
    vitals.process.signal(Signal::INT);
    let code = vitals.ends().code();
    // The hang may have been found first; then the stop went its way.
    assert!([Some(130), Some(0)].contains(&code), "{code:?}");
}
