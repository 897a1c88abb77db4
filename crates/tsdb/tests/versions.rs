//! Two processes, a newer version, a directory that cannot be written.

use std::{fs, os::unix::fs::PermissionsExt, path::Path};

use tsdb::OpenError;

use crate::stage::{Dir, STEP, Store, all, named, options};

#[test]
fn a_directory_has_one_holder_who_is_named() {
    let dir = Dir::new("held");
    let store = Store::open(dir.path(), options());
    let Err(error) = tsdb::open(dir.path(), options()) else {
        panic!("twice")
    };
    let OpenError::Held { pid, .. } = &error else {
        panic!("{error}")
    };
    assert_eq!(*pid, Some(std::process::id()));
    assert!(
        error
            .to_string()
            .contains(&format!("held by process {}", std::process::id()))
    );
    drop(store);
    Store::open(dir.path(), options());
}

#[test]
fn a_newer_format_is_refused_and_nothing_is_touched() {
    let dir = Dir::new("newer");
    {
        let mut store = Store::open(dir.path(), options());
        let series = store.series(&named("m"));
        for tick in 0..30 {
            store.append(tick * STEP, &[(series, 1.0)]);
        }
    }
    let kinds = [
        "blocks/000000000001-000000000001.blk",
        "blocks/catalog",
        "wal/000000000002-000002.wal",
    ];
    for name in kinds {
        let path = dir.path().join(name);
        let ours = fs::read(&path).unwrap();
        let mut newer = ours.clone();
        newer[4] = 7;
        let crc = crc32fast::hash(&newer[..8]);
        newer[8..12].copy_from_slice(&crc.to_le_bytes());
        fs::write(&path, &newer).unwrap();
        fs::write(dir.path().join("blocks/left.tmp"), "").unwrap();
        let Err(error) = tsdb::open(dir.path(), options()) else {
            panic!("{name} was opened")
        };
        let OpenError::Newer { file, version: 7 } = &error else {
            panic!("{error}")
        };
        assert_eq!(*file, path);
        assert!(
            error
                .to_string()
                .contains("has format 7, this program knows 2"),
            "{error}"
        );
        assert_eq!(fs::read(&path).unwrap(), newer);
        assert!(dir.path().join("blocks/left.tmp").exists());
        fs::write(&path, ours).unwrap();
    }
    let store = Store::open(dir.path(), options());
    assert_eq!(
        all(&store.head.reader(), store.series(&named("m"))).len(),
        30
    );
}

/// Written by a program that knew format 1: thirty samples of two series, twenty of them in a block.
#[test]
fn what_format_1_has_is_read_and_goes_on_in_format_2() {
    let dir = Dir::new("format-1");
    let written = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/format-1");
    for folder in ["blocks", "wal"] {
        fs::create_dir(dir.path().join(folder)).unwrap();
        for file in fs::read_dir(written.join(folder)).unwrap() {
            let file = file.unwrap();
            let to = dir.path().join(folder).join(file.file_name());
            fs::copy(file.path(), to).unwrap();
        }
    }
    let odd = |tick| match tick {
        5 => f64::NAN.to_bits(),
        7 => 0x7ff0_0000_0000_0002,
        _ => (tick as f64 / 4.0).to_bits(),
    };
    let mut store = Store::open(dir.path(), options());
    assert_eq!(store.recovered.damages, []);
    let [whole, with_nan] = ["whole", "odd"].map(|name| store.series(&named(name)));
    let expected = |up_to, value: &dyn Fn(i64) -> u64| -> Vec<_> {
        (0..up_to).map(|tick| (tick * STEP, value(tick))).collect()
    };
    let same = |tick: i64| (tick as f64).to_bits();
    let reader = store.head.reader();
    assert_eq!(all(&reader, whole), expected(30, &same));
    assert_eq!(all(&reader, with_nan), expected(30, &odd));
    let block = |store: &Store, series| {
        let reader = store.head.reader();
        let (first, last, stats) = reader.stream(series, 0, i64::MAX).known().unwrap();
        (first, last / STEP, stats.count, stats.nan, stats.exact)
    };
    assert_eq!(block(&store, whole), (0, 19, 20, None, false));
    for tick in 30..100 {
        let values = [(whole, tick as f64), (with_nan, f64::from_bits(odd(tick)))];
        store.append(tick * STEP, &values);
    }
    // Merged, and written anew.
    assert_eq!(block(&store, whole), (0, 79, 80, Some(0), true));
    assert_eq!(block(&store, with_nan), (0, 79, 80, Some(2), false));
    drop(store);
    let store = Store::open(dir.path(), options());
    let reader = store.head.reader();
    assert_eq!(
        all(&reader, store.series(&named("odd"))),
        expected(100, &odd)
    );
    assert_eq!(block(&store, store.series(&named("whole"))).3, Some(0));
}

/// To root nothing is read-only by its mode, so that the whole file system has to be.
#[test]
fn a_read_only_directory_is_read_and_writing_fails_until_it_may_be_written() {
    let dir = Dir::new("read-only");
    {
        let mut store = Store::open(dir.path(), options());
        let series = store.series(&named("m"));
        for tick in 0..30 {
            store.append(tick * STEP, &[(series, 1.0)]);
        }
    }
    let folders = [
        dir.path().join("blocks"),
        dir.path().join("wal"),
        dir.path().to_owned(),
    ];
    let mode = |mode| {
        for folder in &folders {
            fs::set_permissions(folder, fs::Permissions::from_mode(mode)).unwrap();
        }
        for entry in fs::read_dir(&folders[1]).unwrap() {
            fs::set_permissions(entry.unwrap().path(), fs::Permissions::from_mode(mode)).unwrap();
        }
    };
    mode(0o555);
    if fs::write(folders[0].join("probe"), "").is_ok() {
        let _ = fs::remove_file(folders[0].join("probe"));
        mode(0o755);
        println!("skipped: to this user nothing is read-only by its mode");
        return;
    }
    let mut store = Store::open(dir.path(), options());
    let series = store.series(&named("m"));
    assert_eq!(all(&store.head.reader(), series).len(), 30);
    store.head.append(30 * STEP, &[(series, 2.0)]);
    let error = store.writer.write().unwrap_err();
    assert!(error.to_string().contains("wal"), "{error}");
    assert_eq!(all(&store.head.reader(), series).len(), 31);
    mode(0o755);
    store.writer.write().unwrap();
    drop(store);
    let store = Store::open(dir.path(), options());
    assert_eq!(
        all(&store.head.reader(), store.series(&named("m"))).len(),
        31
    );
}
