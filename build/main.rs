//! What Cargo asks before it builds the program: the commit it is built from, and the order in which its
//! functions are to stand.

mod commit;
mod layout;

fn main() {
    // Without any such line Cargo would run this again for every file that changes.
    println!("cargo:rerun-if-changed=build");
    println!("cargo:rustc-env=VITALS_COMMIT={}", commit::built_from());
    if let Err(trouble) = layout::apply() {
        println!("cargo::error=build/functions.txt: {trouble}");
    }
}
