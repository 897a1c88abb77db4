//! Why an incarnation ended.

use std::{backtrace::Backtrace, cell::RefCell, fmt, sync::Arc, time::Duration, time::SystemTime};

use actix::{Actor, ActorContext, Context};

/// Why an incarnation ended. Every variant says what it would be for a Unix process.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub enum Exit {
    /// The actor stopped itself. Like exit status 0.
    Normal,
    /// It was asked to stop, and did within its deadline. Like an obeyed SIGTERM.
    Shutdown,
    /// The actor gave up with a reason, see [`fail`]. Like exit status 1.
    Error(String),
    /// A panic in a handler, a timer, `started`, the start function, or a guarded task.
    /// Like SIGABRT.
    Panic(Panic),
    /// One message, or the start, kept the thread for longer than the hang deadline: the thread
    /// was abandoned.
    Hang(Duration),
    /// Messages waited, and none was settled for the stall deadline.
    Stall(Duration),
    /// It did not stop within its deadline, or its thread was taken away. Like SIGKILL.
    Killed,
    /// An overseer gave up: more restarts than its intensity allows.
    Intensity {
        /// How many there were.
        restarts: u32,
        /// Within what time.
        period: Duration,
    },
    /// The root gave up: more hung threads than the tree's budget allows. Only the end of the
    /// process can free them.
    Threads {
        /// How many are stuck.
        abandoned: usize,
        /// How many the tree bears.
        budget: usize,
    },
}

/// A panic, as the guard saw it.
#[derive(Clone)]
pub struct Panic {
    /// The panic's message.
    pub message: String,
    /// `file:line:column`.
    pub location: String,
    /// The type of the message in hand, if it was one.
    pub handling: Option<&'static str>,
    /// Where; resolved only when printed. Empty if [`capture_backtraces`](crate::capture_backtraces)
    /// is off.
    pub backtrace: Arc<Backtrace>,
}

impl fmt::Debug for Panic {
    /// Without the backtrace, which fills pages: ask for it by name.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Panic")
            .field("message", &self.message)
            .field("location", &self.location)
            .field("handling", &self.handling)
            .finish_non_exhaustive()
    }
}

impl Exit {
    /// Whether a [`Restart::Transient`](crate::Restart::Transient) child is restarted after it.
    pub fn is_abnormal(&self) -> bool {
        !matches!(self, Exit::Normal | Exit::Shutdown)
    }

    /// One lower-case word for machines.
    pub fn kind(&self) -> &'static str {
        match self {
            Exit::Normal => "normal",
            Exit::Shutdown => "shutdown",
            Exit::Error(_) => "error",
            Exit::Panic(_) => "panic",
            Exit::Hang(_) => "hang",
            Exit::Stall(_) => "stall",
            Exit::Killed => "killed",
            Exit::Intensity { .. } => "intensity",
            Exit::Threads { .. } => "threads",
        }
    }
}

impl fmt::Display for Exit {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Exit::Normal => write!(f, "stopped by itself"),
            Exit::Shutdown => write!(f, "stopped as asked"),
            Exit::Error(reason) => write!(f, "error: {reason}"),
            Exit::Panic(panic) => match panic.handling {
                Some(what) => write!(
                    f,
                    "panic handling {what}: {} at {}",
                    panic.message, panic.location
                ),
                None => write!(f, "panic: {} at {}", panic.message, panic.location),
            },
            Exit::Hang(time) => write!(f, "hung for {time:.1?}"),
            Exit::Stall(time) => write!(f, "settled no message for {time:.1?}"),
            Exit::Killed => write!(f, "killed: it did not stop in time"),
            Exit::Intensity { restarts, period } => {
                write!(f, "gave up: {restarts} restarts within {period:?}")
            }
            Exit::Threads { abandoned, budget } => {
                write!(f, "gave up: {abandoned} hung threads, {budget} allowed")
            }
        }
    }
}

/// The last end of a child, and when it was.
#[derive(Clone, Debug)]
pub struct LastExit {
    /// Why it ended.
    pub exit: Exit,
    /// Wall clock, for people.
    pub at: SystemTime,
}

thread_local! {
    static GIVEN: RefCell<Option<Exit>> = const { RefCell::new(None) };
}

/// An actor stops itself with a typed failure; its `stopping` and `stopped` hooks run.
pub fn fail<A: Actor<Context = Context<A>>>(ctx: &mut Context<A>, exit: Exit) {
    GIVEN.with(|given| *given.borrow_mut() = Some(exit));
    ctx.stop();
}

/// The exit that the actor polled last on this thread gave by [`fail`], if any.
pub(crate) fn take_given() -> Option<Exit> {
    GIVEN.with(|given| given.borrow_mut().take())
}
