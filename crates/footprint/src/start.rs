//! What only the start of a process needs, or something that happens once.
//!
//! The kernel maps pages of a program as they are touched, sixteen at a time, and takes none back while there
//! is room. Reading settings and building everything touches a large part of a program that the service then
//! does not run on. Measured on Vitals, idle: 11.4 MB of its files are resident before, 3.5 MB after.

use std::{collections::HashSet, fs, io};

/// Gives back memory that is free, and what [`give_back_the_program`] does. Called once, when the start is over.
///
/// # Errors
/// When the mappings of the process cannot be read, or the kernel refuses.
#[inline(never)] // `build/record` waits for it
pub fn give_back_the_start() -> io::Result<()> {
    #[cfg(target_env = "gnu")]
    {
        // SAFETY: malloc_trim(3) takes how much to leave at the top, and locks what it changes.
        #[allow(unsafe_code)]
        unsafe {
            libc::malloc_trim(0)
        };
    }
    give_back_the_program()
}

/// Gives pages of the program and its libraries back; those that are needed again come back from the page
/// cache as they are touched. Called now and then, as each thing that happens once leaves some of them.
///
/// # Errors
/// When the mappings of the process cannot be read, or the kernel refuses.
pub fn give_back_the_program() -> io::Result<()> {
    if cfg!(not(target_os = "linux")) {
        return Ok(());
    }
    let smaps = fs::read_to_string("/proc/self/smaps")?;
    unwritten(&smaps).try_for_each(forget)
}

/// A range of addresses.
#[derive(Debug, PartialEq, Eq)]
struct Range {
    start: usize,
    bytes: usize,
}

/// What is mapped of the program and its libraries, which are the files that are mapped to be executed, and
/// has never been written: it is as the file is. Where the loader has written before it took the right to
/// (relocations), some is anonymous.
fn unwritten(smaps: &str) -> impl Iterator<Item = Range> {
    let executed = smaps.lines().filter_map(mapping);
    let executed: HashSet<&str> = executed
        .filter(|mapping| mapping.rights == "r-xp" && !mapping.path.is_empty())
        .map(|mapping| mapping.path)
        .collect();
    let mut found = None;
    smaps.lines().filter_map(move |line| {
        if let Some(Mapping {
            range,
            rights,
            path,
        }) = mapping(line)
        {
            let is_meant = matches!(rights, "r-xp" | "r--p") && executed.contains(path);
            found = is_meant.then_some(range);
            return None;
        }
        let anonymous = line.strip_prefix("Anonymous:")?;
        found.take().filter(|_| anonymous.trim() == "0 kB")
    })
}

/// A mapping of a file.
struct Mapping<'a> {
    range: Range,
    rights: &'a str,
    path: &'a str,
}

/// What a line says that begins a mapping, as proc_pid_maps(5) has it. One that is not of a file has an
/// empty path.
fn mapping(line: &str) -> Option<Mapping<'_>> {
    let (addresses, rest) = line.split_once(' ')?;
    let (start, end) = addresses.split_once('-')?;
    let address = |text| usize::from_str_radix(text, 16).ok();
    let (start, end) = (address(start)?, address(end)?);
    let bytes = end.checked_sub(start)?;
    // Rights, offset, device, inode; then a path, which may have spaces in it.
    let (rights, rest) = rest.split_once(' ')?;
    let path = rest.find('/').map_or("", |at| &rest[at..]);
    Some(Mapping {
        range: Range { start, bytes },
        rights,
        path,
    })
}

#[cfg(target_os = "linux")]
fn forget(range: Range) -> io::Result<()> {
    // SAFETY: the range is a private mapping of the program or a library without a right to write, none of
    // whose pages differ from the file; the loader made it, and it stays for as long as the process runs.
    // Whoever touches a page next finds what stands in the file, as after the kernel has reclaimed it.
    #[allow(unsafe_code)]
    let refused = unsafe {
        let start = std::ptr::without_provenance_mut(range.start);
        libc::madvise(start, range.bytes, libc::MADV_DONTNEED)
    };
    match refused {
        0 => Ok(()),
        _ => Err(io::Error::last_os_error()),
    }
}

#[cfg(not(target_os = "linux"))]
fn forget(_: Range) -> io::Result<()> {
    Ok(())
}

#[cfg(all(test, target_os = "linux"))]
mod tests {
    use super::*;

    #[test]
    fn of_programs_and_libraries_what_is_as_the_file_is_given_back() {
        let smaps = "\
1000-3000 r-xp 00001000 fe:00 123                  /opt/a b/vitals
Rss:                   8 kB
Anonymous:             0 kB
VmFlags: rd ex mr mw me
3000-4000 r--p 00003000 fe:00 123                  /opt/a b/vitals
Anonymous:             4 kB
4000-5000 rw-p 00004000 fe:00 123                  /opt/a b/vitals
Anonymous:             0 kB
5000-6000 r--p 00000000 fe:00 124                  /var/lib/vitals/a b/vitals
Anonymous:             0 kB
6000-7000 r--p 00000000 fe:00 123                  /opt/a b/vitals
Anonymous:             0 kB
7000-8000 r--p 00000000 00:00 0
Anonymous:             0 kB
8000-9000 r-xp 00000000 00:00 0                    [vdso]
Anonymous:             0 kB
9000-a000 r-xp 00000000 fe:00 9                    /usr/lib/libc.so.6
Anonymous:             0 kB
a000-b000 r--s 00000000 fe:00 9                    /usr/lib/libc.so.6
Anonymous:             0 kB
";
        let range = |start, bytes| Range { start, bytes };
        let found: Vec<_> = unwritten(smaps).collect();
        let expected = [
            range(0x1000, 0x2000),
            range(0x6000, 0x1000),
            range(0x9000, 0x1000),
        ];
        assert_eq!(found, expected);
        for odd in [
            "",
            "-",
            "x-y r-xp",
            "2000-1000 r-xp 0 fe:00 1 /a",
            "Rss: 1 kB",
        ] {
            assert_eq!(unwritten(&format!("{odd}\nAnonymous: 0 kB")).count(), 0);
        }
    }

    /// Resident pages of files.
    fn resident_kb() -> u64 {
        let status = fs::read_to_string("/proc/self/status").unwrap();
        let line = status
            .lines()
            .find_map(|line| line.strip_prefix("RssFile:"));
        line.unwrap()
            .trim()
            .trim_end_matches(" kB")
            .parse()
            .unwrap()
    }

    #[test]
    fn less_is_resident_and_everything_goes_on() {
        let before = resident_kb();
        give_back_the_start().unwrap();
        let after = resident_kb();
        assert!(after < before, "{before} kB before, {after} kB after");
    }
}
