//! The service, as it is built for users.

use std::{
    env,
    path::{Path, PathBuf},
    process::Command,
};

use crate::{SERIES, TICKS, fill::Fill, server::Server};

/// Names the program, where it is not where cargo puts it.
const PROGRAM: &str = "VITALS_PROGRAM";

/// Beside the directory this program is in.
fn program() -> Option<PathBuf> {
    if let Some(program) = env::var_os(PROGRAM) {
        return Some(program.into());
    }
    let me = env::current_exe().ok()?;
    let beside = me.parent()?.parent()?.join("vitals");
    beside.is_file().then_some(beside)
}

/// With the samples in its history, as it would have stored them; `None` where it is not built.
pub(crate) fn start() -> Option<Server> {
    let Some(program) = program() else {
        eprintln!("api: no vitals here: cargo build --release -p vitals");
        return None;
    };
    Server::start("vitals", "/-/ready", |dir, address| {
        let data = dir.join("data");
        fill(&data.join("history"));
        let mut command = Command::new(&program);
        command
            .current_dir(dir)
            .args(["serve", "--listen", address, "--data"])
            .arg(data)
            // The samples are always of the same week.
            .env("VITALS__HISTORY__RETENTION", "400d");
        command
    })
}

fn fill(dir: &Path) {
    let fill = Fill {
        dir: dir.to_owned(),
        series: SERIES,
        ticks: TICKS,
        sync: false,
        paced: false,
    };
    fill.apart();
}
