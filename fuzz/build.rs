//! The command line names the commit it is built from; here there is none to name.

fn main() {
    println!("cargo:rerun-if-changed=build.rs");
    println!("cargo:rustc-env=VITALS_COMMIT=fuzz");
}
