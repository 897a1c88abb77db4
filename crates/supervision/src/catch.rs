//! Turning panics into typed exits.
//!
//! The panic payload alone has no location, so a process-wide hook notes message, location and
//! backtrace on the panicking thread; outside guarded code it calls the hook that was there before.

use std::{
    backtrace::Backtrace,
    cell::{Cell, RefCell},
    panic::{AssertUnwindSafe, PanicHookInfo, catch_unwind},
    sync::{
        Arc, Once,
        atomic::{AtomicBool, Ordering::Relaxed},
    },
};

use crate::{
    exit::{Exit, Panic},
    poison::MessageKind,
};

struct Noted {
    message: String,
    location: String,
    backtrace: Arc<Backtrace>,
}

thread_local! {
    static GUARDED: Cell<bool> = const { Cell::new(false) };
    static NOTED: RefCell<Option<Noted>> = const { RefCell::new(None) };
    /// What the actor on this thread is handling right now: whom to blame for a panic.
    static HANDLING: Cell<Option<MessageKind>> = const { Cell::new(None) };
}
static BACKTRACES: AtomicBool = AtomicBool::new(true);

/// Whether panics carry a backtrace. Capturing one costs about 5 µs (it is resolved only when
/// printed). On by default; for the whole process.
pub fn capture_backtraces(on: bool) {
    BACKTRACES.store(on, Relaxed);
}

/// Installs the hook, once per process, in front of the one that was there.
pub(crate) fn install_panic_hook() {
    static ONCE: Once = Once::new();
    ONCE.call_once(|| {
        let previous = std::panic::take_hook();
        std::panic::set_hook(Box::new(move |info| {
            if GUARDED.with(Cell::get) {
                note(info);
            } else {
                previous(info);
            }
        }));
    });
}

fn note(info: &PanicHookInfo<'_>) {
    let message = info
        .payload_as_str()
        .unwrap_or("(the payload is not a string)");
    let backtrace = if BACKTRACES.load(Relaxed) {
        Backtrace::force_capture()
    } else {
        Backtrace::disabled()
    };
    let noted = Noted {
        message: message.to_owned(),
        location: info.location().map(ToString::to_string).unwrap_or_default(),
        backtrace: Arc::new(backtrace),
    };
    NOTED.with(|slot| *slot.borrow_mut() = Some(noted));
}

/// A failure met elsewhere, carried into the guard by unwinding.
struct Carried(Exit);

/// Ends the incarnation that is being polled with `exit`, as if it had panicked here.
/// (`resume_unwind` does not call the hook: the failure was noted where it happened.)
pub(crate) fn crash(exit: Exit) -> ! {
    std::panic::resume_unwind(Box::new(Carried(exit)))
}

/// Runs `f`; a panic becomes [`Exit::Panic`].
pub(crate) fn catch<T>(f: impl FnOnce() -> T) -> Result<T, Exit> {
    let outer = GUARDED.with(|guarded| guarded.replace(true));
    let result = catch_unwind(AssertUnwindSafe(f));
    GUARDED.with(|guarded| guarded.set(outer));
    result.map_err(|payload| match payload.downcast::<Carried>() {
        Ok(carried) => carried.0,
        Err(payload) => {
            let panic = take_noted();
            // The payload's own drop may panic, too.
            let _ = catch_unwind(AssertUnwindSafe(move || drop(payload)));
            Exit::Panic(panic)
        }
    })
}

fn take_noted() -> Panic {
    let noted = NOTED.with(|slot| slot.borrow_mut().take());
    let handling = HANDLING.with(Cell::get).map(|kind| kind.name);
    match noted {
        Some(noted) => Panic {
            message: noted.message,
            location: noted.location,
            handling,
            backtrace: noted.backtrace,
        },
        // Another hook has replaced ours, or `resume_unwind` was called with a foreign payload.
        None => Panic {
            message: "(unknown)".into(),
            location: "(unknown)".into(),
            handling,
            backtrace: Arc::new(Backtrace::disabled()),
        },
    }
}

/// Marks `kind` as being handled while `f` runs. It stays marked when `f` unwinds: the guard reads it.
pub(crate) fn handling<T>(kind: MessageKind, f: impl FnOnce() -> T) -> T {
    set_handling(Some(kind));
    let done = f();
    set_handling(None);
    done
}

pub(crate) fn set_handling(kind: Option<MessageKind>) {
    HANDLING.with(|handling| handling.set(kind));
}

pub(crate) fn take_handling() -> Option<MessageKind> {
    HANDLING.with(Cell::take)
}
