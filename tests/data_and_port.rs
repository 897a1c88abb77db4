//! What can be in the way at the start: another process, a directory that cannot be written.

use crate::stage::{Process, Setup, command};

#[test]
fn one_process_holds_the_data_directory() {
    let first = Setup::new().ready();
    let data = first.directory.join("data");
    let data = data.to_str().unwrap();
    let mut second = Process::start(command().args(["--listen", "127.0.0.1:0", "--data", data]));
    let line = second.says("another process holds the data directory");
    assert!(line.contains(data) && line.contains("--data"), "{line}");
    assert_eq!(second.ends_within(crate::stage::DEADLINE).code(), Some(1));
}

#[test]
fn a_directory_that_cannot_be_written_is_gone_without() {
    let vitals = Setup::new().flag("--data").flag("/proc/vitals").ready();
    let line = vitals.process.says("going on without it");
    assert!(line.contains("/proc/vitals"), "{line}");
    assert_eq!(vitals.get("/metrics").status, 200);
}

#[test]
fn a_taken_port_names_its_holder() {
    let first = Setup::new().ready();
    let address = first.address.to_string();
    let mut second =
        Process::start(command().args(["--listen", &address, "--data", "/proc/vitals"]));
    let line = second.says("cannot listen on");
    assert!(line.contains(&address), "{line}");
    assert!(
        line.contains(&format!(
            "vitals (process {}) listens there",
            first.process.id()
        )),
        "{line}"
    );
    assert_eq!(second.ends_within(crate::stage::DEADLINE).code(), Some(1));
}
