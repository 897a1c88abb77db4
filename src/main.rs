//! Vitals: a monitor for InterSystems IRIS / HL7 integration stacks.

mod alerting;
mod audit;
mod build;
mod cli;
mod collectors;
mod command;
mod data_directory;
mod exit_code;
mod export;
mod front;
mod import;
mod journal_of_the_tree;
mod logging;
mod moment;
mod open_files;
mod port_holder;
mod reload;
mod selectors;
mod settings;
mod settings_changed;
mod store;
mod tree;
mod watchdog;

use std::{
    fmt::Display,
    io::{self, Write},
    process::ExitCode,
};

use clap::Parser;

use cli::{Cli, Command};
use settings::Settings;

fn main() -> ExitCode {
    footprint::share_two_arenas();
    footprint::keep_little_at_hand();
    build::starts();
    let cli = match Cli::try_parse() {
        Ok(cli) => cli,
        Err(answer) => {
            // Help and version arrive here too; with nobody left to read them, nothing is lost.
            let _ = answer.print();
            return u8::try_from(answer.exit_code())
                .unwrap_or(exit_code::USAGE)
                .into();
        }
    };
    if let Command::Completions { shell } = cli.command() {
        return command::completions::run(shell); // whatever the settings are
    }
    if let Command::Simulate(simulate) = cli.command() {
        return command::simulate::run(simulate, cli.flags.listen.as_deref()); // likewise
    }
    if let Command::Serve = cli.command() {
        return command::serve::run(cli.flags); // reads them while threads are made
    }
    let settings = match Settings::load(&cli.flags, std::env::vars_os()) {
        Ok(settings) => settings,
        Err(error) => return unusable(error),
    };
    match cli.command() {
        Command::Check { output, test } => command::check::run(&settings, output, &test),
        Command::Alerts(alerts) => command::alerts::run(&settings, &alerts),
        Command::Doctor { output } => command::doctor::run(&settings, output),
        Command::Export(export) => command::export::run(&settings, &cli.flags, &export),
        Command::History(history) => command::history::run(&settings, &history),
        Command::Import(import) => command::import::run(&settings, &import),
        Command::Query(asked) => command::query::run(&settings, &asked),
        Command::Healthcheck => command::healthcheck::run(&settings),
        Command::Serve | Command::Completions { .. } | Command::Simulate(_) => ExitCode::SUCCESS, // above
    }
}

/// Says why there is nothing to run. `eprintln!` would panic where nobody reads.
fn unusable(error: impl Display) -> ExitCode {
    let _ = writeln!(io::stderr(), "{error}");
    exit_code::USAGE.into()
}
