//! Runs a benchmark: every contender of every subject in a fresh process, round after round.

use std::{
    collections::BTreeMap,
    env,
    process::{Command, ExitCode, Stdio},
};

use serde_json::{Map, Value, json};

use crate::{
    bar::Bar,
    noise::{self, Watch},
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
        let watch = Watch::start();
        let mut results = Results::default();
        for round in 1..=options.rounds {
            self.play(round, &options, &mut results)?;
        }
        let others = watch.share_of_others();
        let bars = (self.bars)(&results);
        let failed = bars.iter().any(|bar| bar.holds() == Some(false));
        if options.json {
            println!("{}", self.json(&options, others, &results, &bars));
        } else {
            self.print(&options, others, &results, &bars);
        }
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

    fn print(&self, options: &Options, others: Option<f64>, results: &Results, bars: &[Bar]) {
        let rounds = options.rounds;
        println!("\n{}: medians and ranges of {rounds} rounds\n", self.name);
        println!("{}", table::draw(self.contenders, &self.subjects, results));
        bars.iter().for_each(|bar| println!("{bar}"));
        if let Some(share) = others.filter(|share| *share > noise::TOLERABLE) {
            let percent = share * 100.0;
            println!(
                "\nOther programs took {percent:.0} % of the CPUs meanwhile: try again later."
            );
        }
    }

    fn json(
        &self,
        options: &Options,
        others: Option<f64>,
        results: &Results,
        bars: &[Bar],
    ) -> Value {
        let mut rows = Vec::new();
        for subject in &self.subjects {
            for row in &subject.rows {
                let of = |who: &&'static str| {
                    let stats = results.stats((subject.name, *row, *who))?;
                    Some(((*who).to_owned(), stats.json()))
                };
                let found: Map<_, _> = self.contenders.iter().filter_map(of).collect();
                if !found.is_empty() {
                    let (subject, unit) = (subject.name, row.unit.symbol());
                    let row = row.name;
                    rows.push(json!({
                        "subject": subject, "row": row, "unit": unit, "contenders": found,
                    }));
                }
            }
        }
        let bars: Vec<_> = bars.iter().map(Bar::json).collect();
        json!({
            "bench": self.name, "rounds": options.rounds, "share_of_others": others,
            "rows": rows, "bars": bars,
        })
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
