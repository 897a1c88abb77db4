//! What alerts are in, on disk: so that a restart neither forgets them nor begins them anew.

use std::{
    fs::{self, File},
    io::{self, Write as _},
    path::Path,
};

use crate::alert::state::Checkpoint;

/// The file in the data directory.
pub const CHECKPOINT: &str = "alerts.json";
/// Larger files are not ours.
const LARGEST: u64 = 256 << 20;

/// What an earlier process has left; `None` where it has left nothing. A file that cannot be read is
/// set aside.
///
/// # Errors
/// What is wrong with it, for the log.
pub fn read_checkpoint(data: &Path) -> Result<Option<Checkpoint>, String> {
    let path = data.join(CHECKPOINT);
    let told = |error: &dyn std::fmt::Display| {
        let _ = fs::rename(&path, path.with_extension("json.bad"));
        format!("{}: {error}; set aside, alerts begin anew", path.display())
    };
    match fs::metadata(&path).map(|found| found.len()) {
        Ok(length) if length > LARGEST => return Err(told(&"larger than 256 MiB")),
        Ok(_) => {}
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
        Err(error) => return Err(format!("{}: {error}; alerts begin anew", path.display())),
    }
    let text = fs::read(&path).map_err(|error| told(&error))?;
    serde_json::from_slice(&text).map_err(|error| told(&error))
}

/// Writes it, all or nothing.
///
/// # Errors
/// What the file system says.
pub(super) fn write_checkpoint(data: &Path, checkpoint: &Checkpoint) -> io::Result<()> {
    let text = serde_json::to_vec(checkpoint)?;
    let (path, new) = (data.join(CHECKPOINT), data.join("alerts.json.tmp"));
    let mut file = File::create(&new)?;
    file.write_all(&text)?;
    file.sync_all()?;
    fs::rename(&new, &path)?;
    File::open(data)?.sync_all()
}
