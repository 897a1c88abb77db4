//! When the allocator of the C library gives memory back to the kernel.
//!
//! Where free memory ends the heap, glibc gives back what is more than a threshold, which follows the
//! largest block that was ever freed: from 128 KiB it may rise to 64 MiB. Either what one query after the
//! other needs is given back and faulted in each time, or one large query leaves the process large for
//! ever. Measured, a chart of one series over a week takes 1.9 instead of 2.5 ms.

/// As much may stay free at the end of the heap.
const KEPT: i32 = 2 << 20;
/// A block from here on is a mapping of its own, given back when it is freed.
const MAPPED: i32 = 1 << 20;

/// Has the heap keep a little at hand, whatever was freed before. Called before the first thread is
/// started. Without effect where the C library is another than glibc.
pub fn keep_little_at_hand() {
    #[cfg(target_env = "gnu")]
    for (parameter, bytes) in [
        (libc::M_TRIM_THRESHOLD, KEPT),
        (libc::M_MMAP_THRESHOLD, MAPPED),
    ] {
        // SAFETY: mallopt(3) takes two numbers, and these are a parameter and a value it documents. It
        // locks what it changes. A refusal, by 0, leaves all as it was.
        #[allow(unsafe_code)]
        let _ = unsafe { libc::mallopt(parameter, bytes) };
    }
}

#[cfg(all(test, target_env = "gnu", target_os = "linux"))]
mod tests {
    use std::{fs, hint::black_box};

    /// Pages this thread has been given so far: the tenth field of proc_pid_stat(5).
    fn faults() -> u64 {
        let stat = fs::read_to_string("/proc/thread-self/stat").unwrap();
        let behind_the_name = stat.rsplit_once(") ").unwrap().1;
        let faults = behind_the_name.split(' ').nth(7).unwrap();
        faults.parse().unwrap()
    }

    fn use_much(bytes: usize) {
        let columns: Vec<_> = (0..3).map(|n| vec![n + 1_u8; bytes]).collect();
        black_box(columns);
    }

    #[test]
    fn what_is_used_again_and_again_stays_and_what_is_large_does_not() {
        super::keep_little_at_hand();
        let rounds = 50;
        let faults_of = |bytes| {
            use_much(bytes);
            let before = faults();
            (0..rounds).for_each(|_| use_much(bytes));
            faults() - before
        };
        let (small, large) = (faults_of(400 << 10), faults_of(4 << 20));
        // Of three hundred pages: other tests in the process may have some given back meanwhile.
        assert!(small < 30 * rounds, "{small}");
        // One for each block at least, however large the pages are.
        assert!(large >= 3 * rounds, "{large}");
    }
}
