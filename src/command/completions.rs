//! `vitals completions SHELL`: what a shell needs to complete commands and flags.

use std::process::ExitCode;

use clap::CommandFactory;
use clap_complete::{Shell, generate};

use super::print;
use crate::cli::Cli;

/// Prints it.
pub(crate) fn run(shell: Shell) -> ExitCode {
    let mut script = Vec::new();
    generate(
        shell,
        &mut <Cli as CommandFactory>::command(),
        "vitals",
        &mut script,
    );
    print(&String::from_utf8_lossy(&script));
    ExitCode::SUCCESS
}
