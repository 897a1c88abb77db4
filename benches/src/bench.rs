//! Runs a benchmark: every contender of every subject in a fresh process, round after round.

use std::{
    collections::BTreeMap,
    env,
    process::{Command, ExitCode, Stdio},
};

use serde_json::{Value, json};

use crate::{
    bar::Bar,
    options::{ONE, Options, USAGE},
    results::Results,
    subject::{Sheet, Subject},
    table,
};

/// A benchmark: call [`main`](Self::main) in a `main` that does nothing else.
pub struct Bench {
    /// The name of its target.
    pub name: &'static str,
    /// The columns of the table, ours first.
    pub contenders: &'static [&'static str],
    /// The parts of the table.
    pub subjects: Vec<Subject>,
    /// What must hold.
    pub bars: fn(&Results) -> Vec<Bar>,
}

impl Bench {
    /// Does what the command line says: see `--help`, or rather any unknown option.
    pub fn main(self) -> ExitCode {
        match self.run() {
            Ok(code) => code,
            Err(error) => {
                eprintln!("{}: {error}", self.name);
                ExitCode::from(2)
            }
        }
    }

    fn run(&self) -> Result<ExitCode, String> {
        let options = Options::parse(env::args().skip(1))?;
        if let Some((subject, contender)) = &options.one {
            println!("{}", written(&self.measure(subject, contender)?));
            return Ok(ExitCode::SUCCESS);
        }
        if !options.bench {
            println!(
                "{}: measures nothing without `cargo bench`\n{USAGE}",
                self.name
            );
            return Ok(ExitCode::SUCCESS);
        }
        let mut results = Results::default();
        for round in 1..=options.rounds {
            self.play(round, &options, &mut results)?;
        }
        let bars = (self.bars)(&results);
        if options.json {
            println!("{}", self.json(options.rounds, &results, &bars));
        } else {
            let rounds = options.rounds;
            println!("\n{}: medians and ranges of {rounds} rounds\n", self.name);
            print!("{}", table::draw(self.contenders, &self.subjects, &results));
            println!();
            bars.iter().for_each(|bar| println!("{bar}"));
        }
        let failed = bars.iter().any(|bar| bar.holds() == Some(false));
        Ok(ExitCode::from(u8::from(failed && options.check)))
    }

    fn measure(&self, subject: &str, contender: &str) -> Result<Sheet, String> {
        let subject = self.subjects.iter().find(|s| s.name == subject);
        let run = subject.and_then(|subject| subject.run_of(contender));
        Ok(run.ok_or("no such subject or contender")?())
    }

    /// One round: all contenders of a subject one after the other, then the next subject.
    fn play(&self, round: usize, options: &Options, results: &mut Results) -> Result<(), String> {
        for subject in self.subjects.iter().filter(|s| options.wants(s.name)) {
            eprintln!("round {round}: {}", subject.name);
            for (contender, _) in &subject.contenders {
                for (row, value) in in_a_process_of_its_own(subject.name, contender)? {
                    results.put(subject.name, &row, contender, value);
                }
            }
        }
        Ok(())
    }

    fn json(&self, rounds: usize, results: &Results, bars: &[Bar]) -> Value {
        let mut rows = Vec::new();
        for subject in &self.subjects {
            for row in &subject.rows {
                let mut found = BTreeMap::new();
                for who in self.contenders {
                    if let Some(stats) = results.stats_of(subject.name, row.name, who) {
                        let (median, min, max) = (stats.median, stats.min, stats.max);
                        found.insert(who, json!({ "median": median, "min": min, "max": max }));
                    }
                }
                if !found.is_empty() {
                    let (unit, contenders) = (row.unit.symbol(), found);
                    rows.push(json!({
                        "subject": subject.name, "row": row.name, "unit": unit, "contenders": contenders,
                    }));
                }
            }
        }
        let bars: Vec<_> = bars.iter().map(Bar::json).collect();
        json!({ "bench": self.name, "rounds": rounds, "rows": rows, "bars": bars })
    }
}

/// A sheet on its way to the process that asked for it.
fn written(sheet: &Sheet) -> Value {
    sheet
        .0
        .iter()
        .map(|(row, value)| ((*row).to_owned(), json!(value)))
        .collect()
}

fn in_a_process_of_its_own(
    subject: &str,
    contender: &str,
) -> Result<BTreeMap<String, f64>, String> {
    let failed = |what: String| format!("{subject}, {contender}: {what}");
    let me = env::current_exe().map_err(|error| failed(error.to_string()))?;
    let child = Command::new(me)
        .args([ONE, subject, contender])
        .stderr(Stdio::inherit())
        .output()
        .map_err(|error| failed(error.to_string()))?;
    if !child.status.success() {
        return Err(failed(child.status.to_string()));
    }
    serde_json::from_slice(&child.stdout).map_err(|error| failed(error.to_string()))
}
