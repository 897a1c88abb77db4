//! Tails that were cut off, bits that were flipped, formats of tomorrow.

use super::*;
use crate::{OpenError, segment};

const RECORDS: u64 = 6;

/// A directory of one segment with some records of which `taken` is the last that was taken.
fn written(test: &str) -> (Folder, PathBuf) {
    let folder = Folder::new(test);
    let (outbox, _) = folder.open(Options::default());
    outbox.consumers(&["redis"]);
    for number in 0..RECORDS {
        append(&outbox, format!("record {number}"));
        durable(&outbox, number + 1);
    }
    outbox.acknowledge("redis", 1);
    assert!(outbox.close(LONG));
    let file = folder.files().pop().unwrap();
    (folder, file)
}

/// Opens a changed copy. What was not changed must be there.
fn opened(folder: &Folder, change: impl FnOnce(&mut Vec<u8>)) -> (Folder, Outbox, Recovery) {
    let copied = Folder::new("copy");
    copy(&folder.0, &copied.0);
    let file = copied.files().pop().unwrap();
    let mut bytes = fs::read(&file).unwrap();
    change(&mut bytes);
    fs::write(&file, bytes).unwrap();
    let (outbox, recovery) = copied.open(Options::default());
    outbox.consumers(&["redis"]);
    (copied, outbox, recovery)
}

fn payloads_are_whole(outbox: &Outbox) {
    for record in outbox.live() {
        let expected = format!("record {}", record.seq - 1);
        assert_eq!(*record.payload, *expected.as_bytes());
    }
}

#[test]
fn a_tail_is_cut_at_every_byte() {
    let (folder, file) = written("torn");
    let length = fs::metadata(&file).unwrap().len() as usize;
    let mut records = Vec::new();
    for at in 0..=length {
        let (_copied, outbox, recovery) = opened(&folder, |bytes| bytes.truncate(at));
        assert!(recovery.damaged.is_empty(), "at {at}: {recovery:?}");
        payloads_are_whole(&outbox);
        let live = seqs(&outbox.live());
        // A run up to somewhere, from the first that is not known to have been taken.
        assert!(
            live.windows(2).all(|pair| pair[1] == pair[0] + 1),
            "{live:?}"
        );
        records.push(live.last().copied().unwrap_or(0));
        // It goes on, and what is appended comes back.
        let seq = append(&outbox, "more");
        assert!(seq > *records.last().unwrap());
        assert!(outbox.close(LONG));
    }
    assert!(records.is_sorted() && *records.last().unwrap() == RECORDS);
}

#[test]
fn a_cut_tail_stays_cut() {
    let (folder, _) = written("cut");
    let (copied, outbox, recovery) = opened(&folder, |bytes| {
        bytes.truncate(bytes.len() - 1);
    });
    assert!(recovery.torn_bytes > 0);
    drop(outbox);
    let (_, again) = copied.open(Options::default());
    assert_eq!(again.torn_bytes, 0);
}

#[test]
fn a_flipped_bit_costs_one_record_and_is_reported() {
    let (folder, file) = written("flipped");
    let length = fs::metadata(&file).unwrap().len() as usize;
    for at in 0..length {
        let (copied, outbox, recovery) = opened(&folder, |bytes| bytes[at] ^= 1 << (at % 8));
        payloads_are_whole(&outbox);
        // All but the one that was hit; the first may be back, where it was its cursor's frame.
        let live = outbox.live().len() as u64;
        assert!(live >= RECORDS - 2, "at {at}: {live}");
        let reported = recovery.torn_bytes > 0 || recovery.damaged.len() == 1;
        assert!(reported, "at {at}: {recovery:?}");
        assert!(
            append(&outbox, "more") > RECORDS,
            "no number is given twice"
        );
        assert!(outbox.close(LONG));
        drop(outbox);
        // The second time everything is in order, and the damaged file is beside.
        let (_, again) = copied.open(Options::default());
        assert!(
            again.damaged.is_empty() && again.torn_bytes == 0,
            "at {at}: {again:?}"
        );
        assert_eq!(again.records as u64, live + 1);
        let aside = copied
            .files()
            .into_iter()
            .filter(|file| file.extension().unwrap() == "damaged");
        assert_eq!(aside.count(), recovery.damaged.len(), "at {at}");
    }
}

#[test]
fn a_few_damaged_files_are_kept_and_no_more() {
    let (folder, _) = written("aside");
    for round in 0..7 {
        let file = folder
            .files()
            .into_iter()
            .rfind(|f| f.extension().unwrap() == "outbox")
            .unwrap();
        let mut bytes = fs::read(&file).unwrap();
        // Behind the head, in the cursors: every record stays.
        bytes[segment::HEAD + 10] ^= 1;
        fs::write(&file, bytes).unwrap();
        let (outbox, recovery) = folder.open(Options::default());
        outbox.consumers(&["redis"]);
        assert_eq!(recovery.damaged.len(), 1, "round {round}");
        assert!(outbox.live().len() >= 5);
        assert!(outbox.close(LONG));
    }
    let files = folder.files();
    assert_eq!(files.len(), 5, "{files:?}");
}

#[test]
fn a_later_format_is_refused_and_left_alone() {
    let (folder, file) = written("newer");
    let mut bytes = fs::read(&file).unwrap();
    bytes[..segment::HEAD].copy_from_slice(&segment::head_of(2));
    fs::write(&file, &bytes).unwrap();
    let error = Outbox::open(&folder.0, Options::default()).err().unwrap();
    assert!(
        matches!(
            error,
            OpenError::Newer {
                found: 2,
                known: 1,
                ..
            }
        ),
        "{error}"
    );
    assert!(error.to_string().contains("is of format 2"), "{error}");
    assert_eq!(fs::read(&file).unwrap(), bytes);
}

#[test]
fn a_directory_that_is_a_file_is_named() {
    let folder = Folder::new("file");
    let path = folder.0.join("outbox");
    fs::write(&path, "").unwrap();
    let error = Outbox::open(&path, Options::default()).err().unwrap();
    assert!(
        error.to_string().starts_with(path.to_str().unwrap()),
        "{error}"
    );
}
