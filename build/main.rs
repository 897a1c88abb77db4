//! What Cargo asks before it builds the program: the commit it is built from, the order in which its
//! functions are to stand, and that nothing else is in it.

mod commit;
mod layout;

use std::env;

fn main() {
    // Without any such line Cargo would run this again for every file that changes.
    println!("cargo:rerun-if-changed=build");
    println!("cargo:rustc-env=VITALS_COMMIT={}", commit::built_from());
    strip();
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

/// Whether Cargo, or whoever calls it, has set a variable to this.
fn is(variable: &str, value: &str) -> bool {
    env::var(variable).is_ok_and(|it| it == value)
}
