//! How the process ends.

/// Failed at run time.
pub(crate) const FAILED: u8 = 1;
/// A command line or settings that cannot be used.
pub(crate) const USAGE: u8 = 2;
/// The tree gave up, or fell silent: the platform should restart the process.
pub(crate) const GAVE_UP: u8 = 70;
/// A second signal during the stop.
pub(crate) const INTERRUPTED: u8 = 130;

/// Ends the process here and now: nothing is flushed, nobody is asked.
#[expect(
    clippy::disallowed_methods,
    reason = "the one place where the process is ended"
)]
pub(crate) fn now(code: u8) -> ! {
    std::process::exit(code.into())
}
