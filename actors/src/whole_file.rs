//! Small files of our own in the data directory: written all or nothing, and set aside where they
//! cannot be read.

use std::{
    fs::{self, File},
    io::{self, BufWriter},
    path::Path,
};

use serde::{Serialize, de::DeserializeOwned};

/// What an earlier process has left in a file, as JSON; `None` where there is no such file. One that
/// cannot be read, or is longer than `longest` bytes and so not ours, is set aside.
///
/// # Errors
/// What is wrong with it and what will be, `otherwise`; for the log.
pub(crate) fn read<T: DeserializeOwned>(
    path: &Path,
    longest: u64,
    otherwise: &str,
) -> Result<Option<T>, String> {
    let set_aside = |error: &dyn std::fmt::Display| {
        let _ = fs::rename(path, path.with_extension("json.bad"));
        format!("{}: {error}; set aside, {otherwise}", path.display())
    };
    match fs::metadata(path).map(|found| found.len()) {
        Ok(length) if length > longest => {
            let megabytes = longest >> 20;
            return Err(set_aside(&format!("larger than {megabytes} MiB")));
        }
        Ok(_) => {}
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
        Err(error) => return Err(format!("{}: {error}; {otherwise}", path.display())),
    }
    let text = fs::read(path).map_err(|error| set_aside(&error))?;
    let read = serde_json::from_slice(&text);
    read.map(Some).map_err(|error| set_aside(&error))
}

/// Writes it as JSON: after a crash the file is what it was before, or all of this.
///
/// # Errors
/// What the file system says.
pub(crate) fn write(path: &Path, value: &impl Serialize) -> io::Result<()> {
    let new = path.with_extension("json.tmp");
    let mut text = BufWriter::new(File::create(&new)?);
    serde_json::to_writer(&mut text, value)?;
    let file = text.into_inner().map_err(io::IntoInnerError::into_error)?;
    file.sync_all()?;
    fs::rename(&new, path)?;
    File::open(path.parent().unwrap_or(Path::new(".")))?.sync_all()
}

#[cfg(test)]
mod tests {
    use std::env;

    use super::*;

    #[test]
    fn it_is_what_was_written_or_what_was_there_before_or_nothing() {
        let folder = env::temp_dir().join(format!("vitals-whole-file-{}", std::process::id()));
        fs::create_dir_all(&folder).unwrap();
        let path = folder.join("numbers.json");
        let read = || read::<Vec<u64>>(&path, 1 << 20, "numbers begin anew");
        assert_eq!(read(), Ok(None));
        write(&path, &vec![1_u64, 2]).unwrap();
        assert_eq!(read(), Ok(Some(vec![1, 2])));
        // A write that does not come to its end changes nothing.
        fs::create_dir(folder.join("numbers.json.tmp")).unwrap();
        assert!(write(&path, &vec![3_u64]).is_err());
        assert_eq!(read(), Ok(Some(vec![1, 2])));

        for (text, why) in [
            ("[1, 2", "EOF while parsing"),
            (&*" ".repeat((1 << 20) + 1), "larger than 1 MiB"),
        ] {
            fs::write(&path, text).unwrap();
            let told = read().unwrap_err();
            assert!(told.contains(why), "{told}");
            assert!(told.ends_with("; set aside, numbers begin anew"), "{told}");
            assert_eq!(
                fs::read_to_string(folder.join("numbers.json.bad")).unwrap(),
                text
            );
            assert_eq!(read(), Ok(None));
        }
        fs::remove_dir_all(&folder).unwrap();
    }
}
