//! `vitals simulate`: servers that are not there, for demos and tests.

mod application;
mod iris;

use std::{
    io::{self, Write},
    net::SocketAddr,
    process::ExitCode,
};

use clap::Subcommand;
use tokio::signal::unix::{SignalKind, signal};

use super::print;
use crate::exit_code;

/// What can be simulated.
#[derive(Clone, Debug, PartialEq, Subcommand)]
pub(crate) enum Simulate {
    /// A simulated InterSystems IRIS with an HL7 production; --listen says where (127.0.0.1:52773)
    #[command(after_help = iris::EXAMPLES)]
    Iris(Box<iris::IrisFlags>),
    /// A simulated web application with users; --listen says where (127.0.0.1:8080)
    #[command(after_help = application::EXAMPLES)]
    Application(Box<application::ApplicationFlags>),
}

/// Something that runs until it is dropped, and what is said of it.
struct Running(Box<dyn Send>, String);

/// Runs it until a signal. `listen` is the flag all commands share.
pub(crate) fn run(simulate: Simulate, listen: Option<&str>) -> ExitCode {
    let default = match simulate {
        Simulate::Iris(_) => iris::LISTEN,
        Simulate::Application(_) => application::LISTEN,
    };
    let listen = listen.unwrap_or(default);
    let Ok(listen) = listen.parse::<SocketAddr>() else {
        let why = format!("--listen {listen}: not an address such as {default}");
        return ended(exit_code::USAGE, &why);
    };
    let started = match simulate {
        Simulate::Iris(flags) => iris::start(*flags, listen),
        Simulate::Application(flags) => application::start(*flags, listen),
    };
    let Running(_running, told) = match started {
        Ok(running) => running,
        Err((code, why)) => return ended(code, &why),
    };
    print(&told);
    match actix_rt::System::new().block_on(until_a_signal()) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => ended(exit_code::FAILED, &format!("cannot take signals: {error}")),
    }
}

async fn until_a_signal() -> io::Result<()> {
    let mut terminate = signal(SignalKind::terminate())?;
    let mut interrupt = signal(SignalKind::interrupt())?;
    tokio::select! {
        _ = terminate.recv() => {}
        _ = interrupt.recv() => {}
    }
    Ok(())
}

/// Says why it ends.
fn ended(code: u8, why: &str) -> ExitCode {
    let _ = writeln!(io::stderr(), "vitals: {why}");
    code.into()
}
