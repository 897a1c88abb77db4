//! `/proc/stat`: what the CPUs did with their time, and the kernel's own counters.

use super::text::{Malformed, lines, unsigned, words};

/// What `/proc/stat` says, as far as it is told.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Stat {
    /// All CPUs together.
    pub(super) all_cpus: CpuTimes,
    /// The CPUs that are online, by number.
    pub(super) cpus: Vec<(u32, CpuTimes)>,
    /// Seconds since the Unix epoch.
    pub(super) boot_time: Option<u64>,
    pub(super) interrupts: Option<u64>,
    pub(super) context_switches: Option<u64>,
    pub(super) forks: Option<u64>,
    pub(super) processes_running: Option<u64>,
    pub(super) processes_blocked: Option<u64>,
}

/// The time spent since boot in each mode, in ticks of [`USER_HZ`], as in the file's columns.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct CpuTimes(pub(super) [u64; 10]);

/// Ticks in a second. Not the kernel's own clock: this one is a promise to programs.
pub(super) const USER_HZ: u64 = 100;

/// The first eight columns, which together are all of the time.
pub(super) const MODES: [&str; 8] = [
    "user", "nice", "system", "idle", "iowait", "irq", "softirq", "steal",
];
pub(super) const IDLE: usize = 3;
pub(super) const IOWAIT: usize = 4;
/// Of `user` and of `nice`, what was spent in guests.
pub(super) const GUEST: [usize; 2] = [8, 9];

impl CpuTimes {
    /// All of the time. That of guests is contained in `user` and `nice`.
    pub(super) fn total(&self) -> u64 {
        self.0[..MODES.len()]
            .iter()
            .fold(0, |sum, ticks| sum.saturating_add(*ticks))
    }

    /// What was spent since then. Single modes fall back now and then: none of their time.
    pub(super) fn since(&self, earlier: &CpuTimes) -> CpuTimes {
        let mut spent = *self;
        for (now, then) in spent.0.iter_mut().zip(earlier.0) {
            *now = now.saturating_sub(then);
        }
        spent
    }
}

pub(super) fn parse(text: &[u8]) -> Result<Stat, Malformed> {
    let mut stat = Stat::default();
    let mut all_cpus = None;
    for (line, content) in lines(text) {
        let malformed = |problem| Malformed::Line { line, problem };
        let mut words = words(content);
        let Some(key) = words.next() else { continue };
        if let Some(number) = key.strip_prefix(b"cpu") {
            let times = cpu_times(words).ok_or(malformed("not the times of a CPU"))?;
            if number.is_empty() {
                all_cpus = Some(times);
            } else {
                let number = unsigned(number).and_then(|n| u32::try_from(n).ok());
                let number = number.ok_or(malformed("not the number of a CPU"))?;
                stat.cpus.push((number, times));
            }
            continue;
        }
        let field = match key {
            b"btime" => &mut stat.boot_time,
            b"intr" => &mut stat.interrupts,
            b"ctxt" => &mut stat.context_switches,
            b"processes" => &mut stat.forks,
            b"procs_running" => &mut stat.processes_running,
            b"procs_blocked" => &mut stat.processes_blocked,
            _ => continue,
        };
        let value = words.next().and_then(unsigned);
        *field = Some(value.ok_or(malformed("not a number"))?);
    }
    stat.all_cpus = all_cpus.ok_or(Malformed::Missing("line `cpu`"))?;
    Ok(stat)
}

/// Four columns are as old as the file; the others came one by one.
fn cpu_times<'a>(words: impl Iterator<Item = &'a [u8]>) -> Option<CpuTimes> {
    let mut times = CpuTimes::default();
    let mut columns = 0;
    for (column, word) in times.0.iter_mut().zip(words) {
        *column = unsigned(word)?;
        columns += 1;
    }
    (columns > IDLE).then_some(times)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    /// Recorded on Linux 6.18 with 2 CPUs; the list of interrupts is shortened.
    const RECORDED: &[u8] = b"\
cpu  12610 0 4278 125507 437 0 32 24 0 0
cpu0 6134 0 1777 63499 46 0 9 9 0 0
cpu1 6475 0 2500 62007 390 0 22 14 0 0
intr 192072 0 0 0 1 1 14
ctxt 322723
btime 1795476834
processes 7873
procs_running 1
procs_blocked 0
softirq 115663 0 16871 6 5311 31187 0 211 28537 0 33540
";

    #[test]
    fn a_recorded_file() {
        let stat = parse(RECORDED).unwrap();
        assert_eq!(
            stat,
            Stat {
                all_cpus: CpuTimes([12610, 0, 4278, 125_507, 437, 0, 32, 24, 0, 0]),
                cpus: vec![
                    (0, CpuTimes([6134, 0, 1777, 63499, 46, 0, 9, 9, 0, 0])),
                    (1, CpuTimes([6475, 0, 2500, 62007, 390, 0, 22, 14, 0, 0])),
                ],
                boot_time: Some(1_795_476_834),
                interrupts: Some(192_072),
                context_switches: Some(322_723),
                forks: Some(7873),
                processes_running: Some(1),
                processes_blocked: Some(0),
            }
        );
        assert_eq!(stat.all_cpus.total(), 142_888);
    }

    #[test]
    fn old_kernels_have_fewer_columns_and_future_ones_more() {
        let stat = parse(b"cpu 1 2 3 4\nnews 7\n").unwrap();
        assert_eq!(stat.all_cpus, CpuTimes([1, 2, 3, 4, 0, 0, 0, 0, 0, 0]));
        assert_eq!(stat.boot_time, None);
        let stat = parse(b"cpu 1 2 3 4 5 6 7 8 9 10 11 12\n").unwrap();
        assert_eq!(stat.all_cpus, CpuTimes([1, 2, 3, 4, 5, 6, 7, 8, 9, 10]));
    }

    #[test]
    fn what_is_wrong_is_named() {
        let missing = parse(b"ctxt 1\n").unwrap_err();
        assert_eq!(missing.to_string(), "no line `cpu`");
        for (text, expected) in [
            ("cpu 1 2 3\n", "line 1: not the times of a CPU"),
            (
                "cpu 1 2 3 4\ncpux 1 2 3 4\n",
                "line 2: not the number of a CPU",
            ),
            ("cpu 1 2 3 4\n\nctxt -1\n", "line 3: not a number"),
            ("cpu 1 2 3 4\nbtime\n", "line 2: not a number"),
        ] {
            assert_eq!(parse(text.as_bytes()).unwrap_err().to_string(), expected);
        }
    }

    proptest! {
        #[test]
        fn garbage_never_panics(
            garbage in proptest::collection::vec(any::<u8>(), 0..200),
            at in 0..RECORDED.len(),
            byte in any::<u8>(),
        ) {
            let _ = parse(&garbage);
            let mut text = RECORDED.to_vec();
            text[at] = byte;
            let _ = parse(&text).map(|stat| stat.all_cpus.total());
            let _ = parse(&RECORDED[..at]);
        }
    }
}
