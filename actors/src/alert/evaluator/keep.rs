//! What alerts are in, on disk: so that a restart neither forgets them nor begins them anew.

use std::{io, path::Path};

use crate::{alert::state::Checkpoint, whole_file};

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
    whole_file::read(&data.join(CHECKPOINT), LARGEST, "alerts begin anew")
}

/// Writes it, all or nothing.
///
/// # Errors
/// What the file system says.
pub(super) fn write_checkpoint(data: &Path, checkpoint: &Checkpoint) -> io::Result<()> {
    whole_file::write(&data.join(CHECKPOINT), checkpoint)
}
