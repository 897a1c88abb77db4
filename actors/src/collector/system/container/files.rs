//! The small files of a cgroup.

use std::{fs::File, io::Read, path::Path};

use crate::collector::{CollectError, Reason};

/// The largest, `memory.stat`, has 3 kB.
const LIMIT: u64 = 64 << 10;

/// From here on a limit of version 1 is none: it is the largest number of pages that fits, in bytes,
/// and how many that is depends on the size of a page.
const UNLIMITED: u64 = (1 << 63) - (1 << 20);

/// A file as text; `None` where this kernel, or this cgroup, has no such file.
pub(super) fn text(folder: &Path, file: &str) -> Result<Option<String>, CollectError> {
    let path = folder.join(file);
    let mut text = String::new();
    let read = File::open(&path).and_then(|file| file.take(LIMIT).read_to_string(&mut text));
    match read {
        Ok(_) => Ok(Some(text)),
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => Ok(None),
        Err(error) => Err(CollectError {
            part: path.display().to_string(),
            reason: Reason::Unavailable,
            detail: error.to_string(),
        }),
    }
}

/// A file that is one number.
pub(super) fn number(folder: &Path, file: &str) -> Result<Option<u64>, CollectError> {
    let Some(text) = text(folder, file)? else {
        return Ok(None);
    };
    let number = text.trim().parse();
    number.map(Some).map_err(|_| malformed(folder, file))
}

/// The number of a line `key number`; `None` where there is no such line.
pub(super) fn value(text: &str, key: &str) -> Option<u64> {
    text.lines().find_map(|line| {
        let (name, number) = line.split_once(' ')?;
        (name == key).then(|| number.trim().parse().ok())?
    })
}

/// A limit; `None` for what stands for none: `max`, -1, or as much as fits.
pub(super) fn limit(word: &str) -> Option<u64> {
    word.parse()
        .ok()
        .filter(|&limit: &u64| limit > 0 && limit < UNLIMITED)
}

/// A file is not what it should be.
pub(super) fn malformed(folder: &Path, file: &str) -> CollectError {
    CollectError {
        part: folder.join(file).display().to_string(),
        reason: Reason::Parse,
        detail: "not as the kernel's documentation has it".to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_stands_for_no_limit_is_none() {
        for none in [
            "max",
            "-1",
            "9223372036854771712",
            "9223372036854710272",
            "9223372036854775807",
            "18446744073709551615",
            "0",
            "",
        ] {
            assert_eq!(limit(none), None, "{none}");
        }
        assert_eq!(limit("1073741824"), Some(1 << 30));
    }

    #[test]
    fn lines_are_found_by_their_whole_name() {
        let text = "inactive_file_x 1\ninactive_file 2\nbad x\n";
        assert_eq!(value(text, "inactive_file"), Some(2));
        assert_eq!(value(text, "bad"), None);
        assert_eq!(value(text, "active_file"), None);
        assert_eq!(text_of_nowhere(), Ok(None));
    }

    fn text_of_nowhere() -> Result<Option<String>, CollectError> {
        text(Path::new("/nowhere"), "memory.max")
    }
}
