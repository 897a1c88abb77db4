//! Two arenas for all threads. Alone in its process: threads of other tests would have arenas, too.
#![cfg(target_env = "gnu")]

use std::{fs, hint::black_box, thread};

/// Mappings an arena is made of: 64 MiB (`HEAP_MAX_SIZE`) of addresses, most of them without rights.
fn arenas() -> usize {
    let maps = fs::read_to_string("/proc/self/smaps").unwrap();
    let sizes = maps.lines().filter_map(|line| {
        let size = line.strip_prefix("Size:")?.trim().strip_suffix(" kB")?;
        size.parse::<u64>().ok()
    });
    sizes.filter(|kb| (60_000..65_537).contains(kb)).count()
}

#[test]
fn threads_have_no_arenas_of_their_own() {
    footprint::share_two_arenas();
    let threads: Vec<_> = (0..8)
        .map(|_| {
            thread::spawn(|| {
                let kept: Vec<_> = (0..100).map(|n| vec![n as u8; 5_000]).collect();
                (black_box(kept), arenas())
            })
        })
        .collect();
    for thread in threads {
        let found = thread.join().unwrap().1;
        // That of the main thread is no such mapping.
        assert!(found <= 1, "{found} besides that of the main thread");
    }
}
