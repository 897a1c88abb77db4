//! Texts that kill or stall the parser are refused before it sees them, and the worst that pass are
//! harmless on a small stack. In a process of their own: a stack that overflows ends the process.

use std::{
    env,
    process::Command,
    thread,
    time::{Duration, Instant},
};

use promql::{Limits, Selector};

/// Half of what the threads that read requests have, and a debug build needs the more.
const STACK: usize = 1 << 20;
/// For one text, in a debug build on a machine that is busy.
const LONGEST: Duration = Duration::from_secs(5);

fn hostile() -> Vec<String> {
    let fill = |unit: &str, bytes: usize| unit.repeat(bytes / unit.len());
    let units = [
        "(",
        "[",
        "{",
        "abs(",
        "-",
        "- ",
        "+-",
        "a^",
        "a+",
        "a or ",
        "a unless ",
        "a=~",
        "{a=~'x',",
        "x[5m:",
        "(-",
        "#\r(",
        "'",
        "`",
        "\\",
        "a{b=~'.{999}'}+",
        "a @ 1 ",
        "a offset 1m ",
        "sum by (a,",
        "a,",
    ];
    let mut texts = Vec::new();
    for unit in units {
        for bytes in [1_000_000, Limits::MOST_BYTES, 4 << 10] {
            texts.push(fill(unit, bytes));
        }
        // As much as passes.
        for times in [20, 33, 50, 99, 100, 333, 499, 999, 1_000] {
            texts.push(unit.repeat(times));
            texts.push(format!("{}a", unit.repeat(times)));
        }
    }
    for depth in [33, 49, 50, 99, 100] {
        for (open, close) in [
            ("(", ")"),
            ("abs(", ")"),
            ("-(", ")"),
            ("(a^", ")"),
            ("(", ")[5m:1m]"),
        ] {
            texts.push(format!("{}a{}", open.repeat(depth), close.repeat(depth)));
        }
    }
    texts.push(format!("a{{{}}}", "b=\"c\",".repeat(999)));
    texts.push(format!("a{{{}}}", "b=\"c\" or ".repeat(499)));
    texts.push(format!("a{{{}}}", r"b=~'\\w{9}',".repeat(20)));
    texts.push(format!("a{{b=~'{}'}}", "(".repeat(4_000)));
    texts.push(format!(
        "a{{b=~'{}a{}'}}",
        "(".repeat(2_000),
        ")".repeat(2_000)
    ));
    texts.push(format!("a{{b=~'a{}'}}", "*".repeat(4_000)));
    texts.push(format!("a{{b=~'a{}'}}", "{9}".repeat(1_000)));
    texts
}

#[test]
fn no_text_ends_the_process() {
    let this = env::current_exe().expect("the path of this test");
    let child = Command::new(this)
        .args([
            "--exact",
            "in_a_process_of_its_own",
            "--ignored",
            "--nocapture",
        ])
        .output()
        .expect("a process");
    let said = String::from_utf8_lossy(&child.stderr);
    assert!(child.status.success(), "{}: {said}", child.status);
    assert!(String::from_utf8_lossy(&child.stdout).contains("1 passed"));
}

#[test]
#[ignore = "started by the test beside it"]
fn in_a_process_of_its_own() {
    let read = || {
        for text in hostile() {
            let shown: String = text.chars().take(40).collect();
            let began = Instant::now();
            let _ = Selector::parse(&text);
            let _ = Selector::parse_within(&text, &Limits::of_bytes(usize::MAX));
            let took = began.elapsed();
            assert!(
                took < LONGEST,
                "{took:?} for {} bytes: {shown}…",
                text.len()
            );
        }
    };
    let reader = thread::Builder::new().stack_size(STACK).spawn(read);
    reader.expect("a thread").join().expect("no panic");
}
