//! A small file that settings name, such as one with a secret: read without trusting it.

use std::fs::{self, File};
use std::io::{self, Read};
use std::path::Path;

/// Enough for secrets, and for some certificates.
const LARGEST: u64 = 256 << 10;

/// Its text. The error is a predicate of the path.
pub(super) fn read(path: &Path) -> Result<String, String> {
    let unreadable = |error: io::Error| format!("cannot be read ({})", error.kind());
    // Before opening: opening a pipe nobody writes to never returns.
    if !fs::metadata(path).map_err(unreadable)?.is_file() {
        return Err("is not a file".to_owned());
    }
    let mut text = String::new();
    let file = File::open(path).map_err(unreadable)?;
    let read = file.take(LARGEST + 1).read_to_string(&mut text);
    match read.map_err(unreadable)? as u64 {
        0..=LARGEST => Ok(text),
        _ => Err(format!("is larger than {LARGEST} bytes")),
    }
}
