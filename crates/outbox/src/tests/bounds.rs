//! What goes when there is no room, or no hope.

use super::*;
use crate::{AppendError, Dropped};

const FIRING: Keep = Keep(1);
const RESOLVED: Keep = Keep(0);

fn small() -> Options {
    Options {
        // Three records of these.
        max_bytes: 3 * (100 + 128),
        segment_bytes: 1_000,
        ..Options::default()
    }
}

fn drop_of(outbox: &Outbox, keep: Keep) -> Vec<Dropped> {
    let draft = |_| Draft::new(keep, [0; 100]);
    outbox.append(draft).unwrap().dropped
}

#[test]
fn the_least_goes_first_and_of_those_the_oldest() {
    let outbox = Outbox::in_memory(small());
    outbox.consumers(&["redis", "mail"]);
    for keep in [FIRING, RESOLVED, RESOLVED] {
        assert!(drop_of(&outbox, keep).is_empty());
    }
    outbox.acknowledge("mail", 2);
    let dropped = drop_of(&outbox, FIRING);
    assert_eq!(dropped[0].record.seq, 2);
    assert_eq!(dropped[0].missed_by, ["redis".into()]);
    assert_eq!(drop_of(&outbox, FIRING)[0].record.seq, 3);
    assert_eq!(drop_of(&outbox, FIRING)[0].record.seq, 1);
    // Nothing is less dear than itself.
    assert_eq!(drop_of(&outbox, RESOLVED)[0].record.seq, 7);
    assert_eq!(seqs(&outbox.live()), [4, 5, 6]);
}

#[test]
fn what_is_too_long_is_refused_and_its_number_given_to_the_next() {
    let outbox = Outbox::in_memory(small());
    outbox.consumers(&["redis"]);
    let error = outbox.append(|_| Draft::new(FIRING, [0; 600])).unwrap_err();
    let AppendError::TooLong { length, limit } = error;
    assert_eq!((length, limit), (600, 3 * 228 - 128));
    assert_eq!(append(&outbox, "a"), 1);
}

#[test]
fn what_nobody_takes_grows_too_old() {
    let folder = Folder::new("age");
    let options = Options {
        max_age: Duration::ZERO,
        ..Options::default()
    };
    let (outbox, _) = folder.open(Options::default());
    outbox.consumers(&["redis"]);
    append(&outbox, "a");
    assert!(outbox.expire().is_empty());
    assert!(outbox.close(LONG));
    let (outbox, recovery) = folder.open(options);
    let mut dropped = recovery.dropped;
    until(|| outbox.expire().len() + dropped.len() > 0 || outbox.live().is_empty());
    dropped.truncate(1);
    assert!(outbox.live().is_empty());
    assert!(outbox.close(LONG));
    assert_eq!(folder.open(options).1.records, 0);
}

#[test]
fn the_disk_holds_about_twice_what_is_live_however_old_some_of_it_is() {
    let folder = Folder::new("moving");
    let options = Options {
        max_bytes: 20_000,
        segment_bytes: 2_000,
        ..Options::default()
    };
    let (outbox, _) = folder.open(options);
    outbox.consumers(&["slow", "fast"]);
    // One old record in every segment that nobody drops, and many that are dropped.
    for number in 0..2_000_u64 {
        let keep = Keep(u8::from(number % 40 == 0));
        let seq = outbox.append(|_| Draft::new(keep, [0; 100])).unwrap().seq;
        durable(&outbox, seq);
    }
    until(|| outbox.depth().disk_bytes <= 2 * 20_000 + 2_000);
    let live = outbox.live();
    assert!(live.iter().filter(|record| record.keep == Keep(1)).count() >= 49);
    assert!(outbox.close(LONG));
    let (outbox, recovery) = folder.open(options);
    assert!(recovery.damaged.is_empty());
    // What was dropped may come back from the disk, within the bounds; nothing live is missing.
    let again = outbox.live();
    let missing = live
        .iter()
        .filter(|record| record.keep == Keep(1) && !again.contains(record));
    assert_eq!(missing.count(), 0);
}
