//! What Cargo asks before it builds the program: the commit it is built from, where it and its functions are
//! to stand, and that nothing else is in it.

mod commit;
mod layout;

use std::env;

fn main() {
    // Without any such line Cargo would run this again for every file that changes.
    println!("cargo:rerun-if-changed=build");
    println!("cargo:rustc-env=VITALS_COMMIT={}", commit::built_from());
    strip();
    place();
    if let Err(trouble) = layout::apply() {
        println!("cargo::error=build/functions.txt: {trouble}");
    }
}

/// What `strip` of the release profile asks for, and Cargo forgets where a package has a profile of its own:
/// a hundred megabytes of debug information.
fn strip() {
    if is("PROFILE", "release") && is("CARGO_CFG_TARGET_OS", "linux") {
        println!("cargo:rustc-link-arg-bin=vitals=-Wl,--strip-debug");
    }
}

/// Has a release stand where it was linked to, as programs in Go do. One that may stand anywhere has 41,000
/// addresses put in order before it begins, on 170 pages that are copied for it: 0.6 ms of each start, and
/// 0.6 MB that no other process can share. Heap, stacks and libraries stand elsewhere each time all the same.
fn place() {
    let is_gnu = is("CARGO_CFG_TARGET_OS", "linux") && is("CARGO_CFG_TARGET_ENV", "gnu");
    let features = env::var("CARGO_CFG_TARGET_FEATURE").unwrap_or_default();
    let is_static = features.split(',').any(|feature| feature == "crt-static");
    if is("PROFILE", "release") && is_gnu && !is_static {
        println!("cargo:rustc-link-arg-bin=vitals=-no-pie");
    }
}

/// Whether Cargo, or whoever calls it, has set a variable to this.
fn is(variable: &str, value: &str) -> bool {
    env::var(variable).is_ok_and(|it| it == value)
}
