//! Has the linker put together those functions that a service runs on, as `functions.txt` lists them.

use std::{env, error::Error, fs, path::Path};

use footprint::Layout;

use crate::is;

/// Of release builds only, with linkers that read scripts of GNU's ld: its own and LLVM's. With
/// another, `VITALS_LAYOUT=off` does without.
pub(crate) fn apply() -> Result<(), Box<dyn Error>> {
    println!("cargo:rerun-if-env-changed=VITALS_LAYOUT");
    // In every build, so that a list that cannot be read is found before there is a release.
    let layout: Layout = include_str!("functions.txt").parse()?;
    if is("VITALS_LAYOUT", "off")
        || !is("PROFILE", "release")
        || !is("CARGO_CFG_TARGET_OS", "linux")
    {
        return Ok(());
    }
    let script = Path::new(&env::var("OUT_DIR")?).join("functions.ld");
    fs::write(&script, layout.linker_script())?;
    println!("cargo:rustc-link-arg-bin=vitals=-T{}", script.display());
    Ok(())
}
