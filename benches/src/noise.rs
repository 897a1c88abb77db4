//! How busy the machine was with other things: then the numbers say more about those.

use std::fs;

/// Above this share of all CPU time, bars that do not hold may as well be the others' doing.
pub(crate) const TOLERABLE: f64 = 0.05;

/// A moment to measure from.
pub(crate) struct Watch(Option<Ticks>);

struct Ticks {
    all: f64,
    busy: f64,
    ours: f64,
}

impl Watch {
    pub(crate) fn start() -> Watch {
        Watch(Ticks::now())
    }

    /// The share (0 to 1) of all CPU time since the start that neither idled nor went to this
    /// process and those it has waited for; `None` where the kernel does not say.
    pub(crate) fn share_of_others(&self) -> Option<f64> {
        let (start, now) = (self.0.as_ref()?, Ticks::now()?);
        let others = (now.busy - start.busy) - (now.ours - start.ours);
        let share = others / (now.all - start.all);
        share.is_finite().then_some(share.clamp(0.0, 1.0))
    }
}

impl Ticks {
    fn now() -> Option<Ticks> {
        let machine = fs::read_to_string("/proc/stat").ok()?;
        let process = fs::read_to_string("/proc/self/stat").ok()?;
        Ticks::parse(&machine, &process)
    }

    fn parse(machine: &str, process: &str) -> Option<Ticks> {
        let cpu = numbers(machine.lines().next()?.strip_prefix("cpu ")?);
        // user nice system idle iowait irq softirq steal; guests are counted in user already
        let all: f64 = cpu.iter().take(8).sum();
        let idle = cpu.get(3)? + cpu.get(4)?;
        // Behind the name, which may contain anything: a letter, then field 4 and so on.
        let (_, behind_name) = process.rsplit_once(") ")?;
        let fields = numbers(behind_name.get(1..)?);
        let times = fields.get(10..14)?; // own user and system time, then that of the children
        Some(Ticks {
            all,
            busy: all - idle,
            ours: times.iter().sum(),
        })
    }
}

fn numbers(text: &str) -> Vec<f64> {
    let words = text.split_whitespace();
    words.map_while(|word| word.parse().ok()).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ticks_from_proc() {
        let machine = "cpu  100 1 20 800 5 0 3 7 0 0\ncpu0 1 2 3\n";
        let process = "7 (a) b) S 1 7 7 0 -1 4194560 1 2 3 4 11 12 13 14 20 0\n";
        let ticks = Ticks::parse(machine, process).unwrap();
        assert_eq!((ticks.all, ticks.busy, ticks.ours), (936.0, 131.0, 50.0));
    }
}
