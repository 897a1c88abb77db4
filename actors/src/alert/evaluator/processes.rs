//! Which processes are busy: by their names only, never by what was on their command lines.
//!
//! One file of each process says all of it. sysinfo, which tells of Vitals itself, reads three.

use std::{
    collections::{BTreeMap, HashMap},
    fs::{self, File},
    io::Read,
    path::Path,
    time::{Duration, Instant},
};

/// Names that are told.
const MOST: usize = 3;
/// From one look to the next while nothing is about to be told: a file of every process is not little.
const SELDOM: Duration = Duration::from_mins(1);
/// What is older than this says nothing of now. No look is, unless looks are late.
const FRESH: Duration = Duration::from_secs(75);
/// CPU time is counted over at least this.
const LEAST: Duration = Duration::from_millis(250);
/// The line of a process is shorter: a name of 16 bytes and 51 numbers.
const LINE: usize = 2_048;

/// Looks at processes now and then, so that what they did since can be told at any moment.
#[derive(Default)]
pub(super) struct Processes {
    last: Option<Look>,
    /// What those at the last look have used of a CPU, in percent, since the one before.
    cpu: BTreeMap<String, f64>,
}

/// What all processes had used, once.
struct Look {
    at: Instant,
    /// By number. Nothing on a machine that cannot be looked at.
    processes: HashMap<u32, Process>,
}

/// What is told of a process, see proc_pid_stat(5).
#[derive(Debug, PartialEq, Eq)]
struct Process {
    name: String,
    /// In ticks of the clock since the machine started. Numbers are given again, to others.
    born: u64,
    /// CPU time, in ticks.
    used: u64,
    /// Resident memory, in pages.
    pages: u64,
}

impl Processes {
    /// Keeps a look at hand that says something of now. `soon`: somebody may want to know in a moment.
    pub(super) fn keep_looking(&mut self, soon: bool) {
        let is_old = |last: &Look| last.at.elapsed() >= SELDOM;
        if soon || self.last.as_ref().is_none_or(is_old) {
            self.look();
        }
    }

    /// A look: what is used from now on can be told.
    fn look(&mut self) {
        let look = Look {
            at: Instant::now(),
            processes: read(Path::new("/proc")),
        };
        self.cpu = self
            .last
            .as_ref()
            .map_or_else(BTreeMap::new, |last| look.since(last));
        self.last = Some(look);
    }

    /// Who has most memory, and who has used most CPU since the last look where that says something of
    /// now: the first to tell may have nobody who looked before. `None` where nobody has much.
    pub(super) fn busiest(&mut self) -> Option<String> {
        let since = self.last.as_ref().map(|last| last.at.elapsed());
        let is_fresh = since.is_some_and(|since| since <= FRESH);
        if since.is_none_or(|since| since >= LEAST) {
            self.look();
        }
        let mut memory = BTreeMap::new();
        for process in self.last.as_ref()?.processes.values() {
            *memory.entry(process.name.clone()).or_insert(0.0) += process.pages as f64;
        }
        let page = rustix::param::page_size() as f64;
        memory.values_mut().for_each(|pages| *pages *= page);
        let cpu = match is_fresh {
            true => self.cpu.clone(),
            false => BTreeMap::new(),
        };
        let cpu = most(cpu, 1.0).into_iter();
        let cpu = cpu.map(|(name, percent)| format!("{name} {percent:.0} %"));
        let memory = most(memory, 1e6).into_iter();
        let memory = memory.map(|(name, bytes)| format!("{name} {:.0} MB", bytes / 1e6));
        let told = [("CPU", cpu.collect()), ("memory", memory.collect())];
        let told: Vec<String> = told
            .into_iter()
            .filter(|(_, names): &(_, Vec<String>)| !names.is_empty())
            .map(|(what, names)| format!("{what}: {}", names.join(", ")))
            .collect();
        (!told.is_empty()).then(|| told.join("; "))
    }
}

impl Look {
    /// Percent of a CPU by name since an earlier look; of those that were there then.
    fn since(&self, earlier: &Look) -> BTreeMap<String, f64> {
        let ticks = self.at.duration_since(earlier.at).as_secs_f64()
            * rustix::param::clock_ticks_per_second() as f64;
        let mut cpu = BTreeMap::new();
        for (number, process) in &self.processes {
            let before = earlier.processes.get(number);
            if let Some(before) = before.filter(|before| before.born == process.born) {
                let used = process.used.saturating_sub(before.used) as f64;
                *cpu.entry(process.name.clone()).or_insert(0.0) += used / ticks * 100.0;
            }
        }
        cpu
    }
}

/// All processes there are. Those that end meanwhile are left out.
fn read(procfs: &Path) -> HashMap<u32, Process> {
    let Ok(entries) = fs::read_dir(procfs) else {
        return HashMap::new();
    };
    let mut line = [0; LINE];
    let of_one = |entry: fs::DirEntry| {
        let number = entry.file_name().to_str()?.parse().ok()?;
        let mut file = File::open(entry.path().join("stat")).ok()?;
        let length = file.read(&mut line).ok()?;
        Some((number, parse(&line[..length])?))
    };
    entries.filter_map(Result::ok).filter_map(of_one).collect()
}

/// A name may have anything in it, so that only the last parenthesis ends it.
fn parse(line: &[u8]) -> Option<Process> {
    let line = String::from_utf8_lossy(line);
    let (before, numbers) = line.rsplit_once(')')?;
    let (_, name) = before.split_once('(')?;
    let numbers: Vec<&str> = numbers.split_ascii_whitespace().collect();
    // The manual counts from 1, and the number and the name are the first two.
    let number = |field: usize| numbers.get(field - 3)?.parse::<u64>().ok();
    Some(Process {
        name: name.to_owned(),
        used: number(14)?.checked_add(number(15)?)?,
        born: number(22)?,
        pages: number(24)?,
    })
}

/// Those with most, if they have at least so much.
fn most(of: BTreeMap<String, f64>, least: f64) -> Vec<(String, f64)> {
    let mut of: Vec<_> = of.into_iter().filter(|(_, much)| *much >= least).collect();
    of.sort_by(|a, b| b.1.total_cmp(&a.1).then_with(|| a.0.cmp(&b.0)));
    of.truncate(MOST);
    of
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_and_no_more_are_told() {
        let mut processes = Processes::default();
        let told = processes.busiest().unwrap();
        assert!(told.starts_with("memory: "), "nobody has looked: {told}");
        let told = processes.busiest().unwrap();
        assert!(told.contains("memory: "), "{told}");
        assert!(!told.contains('/') && !told.contains("--"), "{told}");
    }

    #[test]
    fn a_line_is_understood_whatever_the_name_is() {
        let line = |name: &str| {
            format!(
                "7 ({name}) S 1 7 7 0 -1 4194560 9 0 0 0 12 30 0 0 20 0 1 0 455 9000 77 18446744073709551615 1\n"
            )
        };
        let process = |name: &str| Process {
            name: name.to_owned(),
            born: 455,
            used: 42,
            pages: 77,
        };
        for name in ["irisdb", "a) R 1 2 (b", ""] {
            assert_eq!(parse(line(name).as_bytes()), Some(process(name)));
        }
        for cut in 0..68 {
            assert_eq!(parse(&line("irisdb").as_bytes()[..cut]), None, "{cut}");
        }
    }

    #[test]
    fn what_a_process_used_is_told_as_a_share_of_a_cpu() {
        let process = |born, used| Process {
            name: "irisdb".to_owned(),
            born,
            used,
            pages: 1,
        };
        let at = Instant::now();
        let look = |at, processes: Vec<(u32, Process)>| Look {
            at,
            processes: processes.into_iter().collect(),
        };
        let earlier = look(
            at,
            vec![
                (1, process(10, 50)),
                (2, process(10, 7)),
                (3, process(10, 900)),
            ],
        );
        let ticks = rustix::param::clock_ticks_per_second();
        let now = look(
            at + Duration::from_secs(2),
            // Both run all the time; the third has the number of one that has ended.
            vec![
                (1, process(10, 50 + 2 * ticks)),
                (2, process(10, 7 + ticks)),
                (3, process(77, 1_000)),
                (4, process(78, 1_000)),
            ],
        );
        assert_eq!(
            now.since(&earlier),
            BTreeMap::from([("irisdb".to_owned(), 150.0)])
        );
    }

    #[test]
    fn those_with_most_come_first() {
        let of = [("a", 1.0), ("b", 3.0), ("c", 2.0), ("d", 0.5), ("e", 2.0)];
        let of = of.map(|(name, much)| (name.to_owned(), much)).into();
        let names: Vec<_> = most(of, 1.0).into_iter().map(|(name, _)| name).collect();
        assert_eq!(names, ["b", "c", "e"]);
    }
}
