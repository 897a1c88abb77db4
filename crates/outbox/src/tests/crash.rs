//! `kill -9` at any moment: what was said to be durable is there, in order, with its number.

use std::{
    env,
    io::{BufRead, BufReader},
    process::{Command, Stdio},
};

use super::*;

/// Set for the process that is killed.
const DIRECTORY: &str = "OUTBOX_TEST_DIRECTORY";
const SEGMENT: u64 = 4_000;

fn options() -> Options {
    Options {
        segment_bytes: SEGMENT,
        ..Options::default()
    }
}

/// Appends for ever, takes what is older, and says what is durable.
#[test]
#[ignore = "the other test starts it in a process of its own"]
fn appending() {
    let Some(directory) = env::var_os(DIRECTORY) else {
        return; // among all ignored tests it is nobody's story
    };
    let (outbox, _) = Outbox::open(Path::new(&directory), options()).unwrap();
    outbox.consumers(&["redis"]);
    let mut taken = outbox.cursor("redis").unwrap();
    loop {
        let seq = append(&outbox, "");
        let seq = outbox
            .append(|next| Draft::new(Keep(0), format!("{next} after {seq}").into_bytes()))
            .unwrap()
            .seq;
        if seq % 3 == 0 {
            durable(&outbox, seq);
            println!("durable {seq}");
        }
        if seq > taken + 50 {
            taken = seq - 25;
            println!("taking {taken}");
            outbox.acknowledge("redis", taken);
        }
    }
}

fn rounds(count: usize) {
    let folder = Folder::new("kill");
    let (mut durable, mut taken) = (0, 0);
    for round in 0..count {
        let mut child = Command::new(env::current_exe().unwrap())
            .args([
                "--ignored",
                "--exact",
                "tests::crash::appending",
                "--nocapture",
            ])
            .env(DIRECTORY, &folder.0)
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        let lines = BufReader::new(child.stdout.take().unwrap()).lines();
        // Each time after another number of lines, the same ones on every machine.
        let most = (round * 37) % 101 + 1;
        for (count, line) in lines.enumerate() {
            let line = line.unwrap();
            let number = |of| line.strip_prefix(of).and_then(|n| n.parse::<u64>().ok());
            durable = number("durable ").unwrap_or(durable).max(durable);
            taken = number("taking ").unwrap_or(taken).max(taken);
            if count == most {
                child.kill().unwrap();
            }
        }
        child.wait().unwrap();
        let look = Folder::new("look");
        copy(&folder.0, &look.0);
        let (outbox, recovery) = look.open(options());
        assert!(recovery.damaged.is_empty(), "round {round}: {recovery:?}");
        let live = outbox.live();
        let found = seqs(&live);
        assert!(
            found.windows(2).all(|pair| pair[1] == pair[0] + 1),
            "{found:?}"
        );
        if durable > taken {
            assert!(
                found.first().is_some_and(|&first| first <= taken + 1),
                "{found:?}"
            );
            assert!(
                found.last().is_some_and(|&last| last >= durable),
                "{found:?}"
            );
        }
        for record in live.iter().filter(|record| !record.payload.is_empty()) {
            let expected = format!("{} after {}", record.seq, record.seq - 1);
            assert_eq!(*record.payload, *expected.as_bytes());
        }
        assert!(append(&outbox, "") > durable);
    }
    assert!(durable > 0);
}

#[test]
fn killed_a_few_times() {
    rounds(5);
}

#[test]
#[ignore = "takes a while: --long"]
fn killed_very_often() {
    rounds(100);
}
