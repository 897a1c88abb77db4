//! Rules that read what is on a disk that hangs go on with what is in memory: alerts are told all the
//! same.

use std::{
    fs,
    time::{Duration, SystemTime},
};

use super::weather::{page, weather, with_rules};
use crate::stage::{DEADLINE, HangingFile, Pages, Redis, Subscriber, done, until};

const DAY: Duration = Duration::from_secs(86_400);

/// Reads days that are on disk, which a maximum would not, and fires for what is now.
const OF_DAYS: &str = r#"
groups:
  - name: weather
    rules:
      - alert: Hot
        expr: temperature > 30 or quantile_over_time(1, temperature[3d]) > 1000
        labels: { severity: critical }
"#;

#[test]
fn what_is_true_is_told_while_the_disk_hangs_and_the_disk_is_read_again_afterwards() {
    let directory = with_rules(OF_DAYS);
    let yesterday = SystemTime::now() - DAY;
    let yesterday = yesterday.duration_since(SystemTime::UNIX_EPOCH).unwrap();
    let begin = yesterday.as_secs() / 21_600 * 21_600;
    // Of six hours, which are one block.
    let samples = (0..600).map(|at| {
        let (degrees, time) = (at % 7, begin + at * 10);
        format!("temperature{{room=\"cellar\"}} {degrees} {time}\n")
    });
    let text = samples.collect::<String>() + "# EOF\n";
    directory.write("in.om", &text);
    done(directory.path(), &["import", "in.om"]);
    let mut blocks = Vec::new();
    let mut folders = vec![directory.join("data")];
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            match path.extension() {
                _ if path.is_dir() => folders.push(path),
                Some(ending) if ending == "blk" => blocks.push(path),
                _ => {}
            }
        }
    }
    let [block] = &blocks[..] else {
        panic!("one block: {blocks:?}");
    };
    let Some(disk) = HangingFile::over(block) else {
        return;
    };

    let (redis, thermometer) = (Redis::start(&[]), Pages::start(&page(20)));
    let vitals = weather(directory, &thermometer, Some(&redis)).ready();
    let listener = Subscriber::of(&redis, "vitals:alerts");
    let opened = disk.reads();
    until("rules that read the disk", DEADLINE, || {
        (disk.reads() > opened + 2).then_some(())
    });
    thermometer.say(&page(35));
    assert_eq!(listener.next_of("Hot")["status"], "firing");

    let hanging = disk.hang();
    until("a read that hangs", DEADLINE, || {
        (hanging.reads() > 0).then_some(())
    });
    thermometer.say(&page(20));
    assert_eq!(listener.next_of("Hot")["status"], "resolved");
    vitals.process.says("they go on with what is in memory");
    let hung = hanging.reads();
    for (degrees, status) in [(36, "firing"), (20, "resolved")] {
        thermometer.say(&page(degrees));
        assert_eq!(listener.next_of("Hot")["status"], status);
    }
    // Whoever does not read the disk does not hang on it.
    assert_eq!(hanging.reads(), hung, "rules read the disk");
    assert_eq!(vitals.get("/health").status, 200);

    drop(hanging);
    vitals
        .process
        .says("the disk answers again, rules read all of history");
    let before = disk.reads();
    until("rules that read the disk again", DEADLINE, || {
        (disk.reads() > before + 2).then_some(())
    });
    thermometer.say(&page(37));
    assert_eq!(listener.next_of("Hot")["value"], 37.0);
}
