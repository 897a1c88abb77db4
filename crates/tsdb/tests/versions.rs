//! Two processes, a newer version, a directory that cannot be written.

use std::{fs, os::unix::fs::PermissionsExt};

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
                .contains("has format 7, this program knows 1"),
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
