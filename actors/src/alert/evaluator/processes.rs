//! Which processes are busy: by their names only, never by what was on their command lines.

use std::{
    collections::BTreeMap,
    time::{Duration, Instant},
};

use sysinfo::{ProcessRefreshKind, ProcessesToUpdate, System};

/// Names that are told.
const MOST: usize = 3;
/// From one look to the next while nothing is about to be told: three files of every process are most
/// of what is read while idle.
const SELDOM: Duration = Duration::from_mins(1);
/// What is older than this says nothing of now. No look is, unless looks are late.
const FRESH: Duration = Duration::from_secs(75);
/// CPU time is counted over at least this.
const LEAST: Duration = Duration::from_millis(250);

/// Looks at processes now and then, so that what they did since can be told at any moment.
pub(super) struct Processes {
    /// `None` on a machine that cannot be looked at.
    system: Option<System>,
    /// When it looked last.
    looked: Option<Instant>,
}

impl Default for Processes {
    fn default() -> Self {
        Processes {
            system: System::new().ok(),
            looked: None,
        }
    }
}

impl Processes {
    /// Keeps a look at hand that says something of now. `soon`: somebody may want to know in a moment.
    pub(super) fn keep_looking(&mut self, soon: bool) {
        let seldom = || self.looked.is_none_or(|looked| looked.elapsed() >= SELDOM);
        if soon || seldom() {
            self.look();
        }
    }

    /// A look: what is used from now on can be told. Takes some milliseconds.
    fn look(&mut self) {
        let what = ProcessRefreshKind::nothing()
            .with_cpu()
            .with_memory()
            .without_tasks();
        if let Some(system) = &mut self.system {
            system.refresh_processes_specifics(ProcessesToUpdate::All, true, what);
            self.looked = Some(Instant::now());
        }
    }

    /// Who has most memory, and who has used most CPU since the last look where that says something of
    /// now: the first to tell may have nobody who looked before. `None` where nobody has much.
    pub(super) fn busiest(&mut self) -> Option<String> {
        let since = self.looked.map(|looked| looked.elapsed());
        let is_fresh = since.is_some_and(|since| since <= FRESH);
        if since.is_none_or(|since| since >= LEAST) {
            self.look();
        }
        let (mut cpu, mut memory) = (BTreeMap::new(), BTreeMap::new());
        for process in self.system.as_ref()?.processes().values() {
            let name = process.name().to_string_lossy().into_owned();
            *cpu.entry(name.clone()).or_insert(0.0) += f64::from(process.cpu_usage());
            *memory.entry(name).or_insert(0.0) += process.memory() as f64;
        }
        if !is_fresh {
            cpu.clear();
        }
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
    fn those_with_most_come_first() {
        let of = [("a", 1.0), ("b", 3.0), ("c", 2.0), ("d", 0.5), ("e", 2.0)];
        let of = of.map(|(name, much)| (name.to_owned(), much)).into();
        let names: Vec<_> = most(of, 1.0).into_iter().map(|(name, _)| name).collect();
        assert_eq!(names, ["b", "c", "e"]);
    }
}
