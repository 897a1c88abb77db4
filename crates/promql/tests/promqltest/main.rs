//! Runs PromQL test scripts: our own in `own/`, and Prometheus's in the folder `promqltest` of the
//! fixtures (`VITALS_FIXTURES`), or in the one that `PROMQLTEST_DIR` names. Cases that touch native
//! histograms are counted and skipped.

mod check;
mod script;

use std::{
    env, fs,
    path::{Path, PathBuf},
};

use promql::{Engine, MemoryStore};

use script::{Case, Command, Points, SeriesLine};

#[test]
fn scripts_of_prometheus_pass() {
    let dir = env::var_os("PROMQLTEST_DIR").map_or_else(fixtures, PathBuf::from);
    if !dir.is_dir() {
        println!("skipped: no scripts of Prometheus's in {}", dir.display());
        return;
    }
    run_all(&dir);
}

#[test]
fn own_scripts_pass() {
    run_all(&Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/promqltest/own"));
}

fn fixtures() -> PathBuf {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..");
    let fixtures = env::var_os("VITALS_FIXTURES").unwrap_or_else(|| "../shared".into());
    root.join(fixtures).join("promqltest")
}

fn run_all(dir: &Path) {
    let entries = fs::read_dir(dir).expect("the folder of scripts");
    let mut paths: Vec<PathBuf> = entries
        .map(|entry| entry.expect("an entry").path())
        .collect();
    paths.retain(|path| {
        path.extension()
            .is_some_and(|extension| extension == "test")
    });
    paths.sort();
    assert!(!paths.is_empty(), "no scripts in {}", dir.display());
    println!(
        "{:<26} {:>6} {:>8} {:>6} {:>6}",
        "file", "cases", "skipped", "float", "passed"
    );
    let mut total = Score::default();
    for path in paths {
        let name = path.file_name().unwrap_or_default().to_string_lossy();
        let score = run(&name, &fs::read_to_string(&path).expect("a script"));
        score.print(&name);
        total.cases += score.cases;
        total.skipped += score.skipped;
        total.passed += score.passed;
    }
    total.print("total");
    assert_eq!(total.passed, total.cases - total.skipped, "cases passed");
}

#[derive(Default)]
struct Score {
    cases: usize,
    skipped: usize,
    passed: usize,
}

impl Score {
    fn print(&self, name: &str) {
        let Score {
            cases,
            skipped,
            passed,
        } = self;
        let float = cases - skipped;
        println!("{name:<26} {cases:>6} {skipped:>8} {float:>6} {passed:>6}");
    }
}

/// The data a script has loaded, and which metrics of it are native histograms.
#[derive(Default)]
struct Fixture {
    store: MemoryStore,
    native: Vec<String>,
    /// `x`, when `x_bucket` was loaded as a native histogram `x` too.
    native_of_classic: Vec<String>,
}

fn run(file: &str, source: &str) -> Score {
    let mut fixture = Fixture::default();
    let mut score = Score::default();
    let engine = Engine::default();
    for command in script::parse(source) {
        match command {
            Command::Clear => fixture = Fixture::default(),
            Command::Load {
                step,
                series,
                native_too,
            } => fixture.load(step, series, native_too),
            Command::Eval(case) => {
                score.cases += 1;
                if fixture.touches_native(&case) {
                    score.skipped += 1;
                    continue;
                }
                match check::check(&case, &engine, &fixture.store) {
                    Ok(()) => score.passed += 1,
                    Err(why) => println!("  {file}:{} `{}`: {why}", case.line, case.query),
                }
            }
        }
    }
    score
}

impl Fixture {
    fn load(&mut self, step: i64, series: Vec<SeriesLine>, native_too: bool) {
        for one in series {
            let name = one.labels.get("__name__").unwrap_or_default().to_owned();
            if let (true, Some(base)) = (native_too, name.strip_suffix("_bucket")) {
                self.native_of_classic.push(base.to_owned());
            }
            match one.points {
                Points::Histograms => self.native.push(name),
                Points::Floats(points) => {
                    let times = (0..).map(|nth| nth * step);
                    let samples = times.zip(points);
                    let present = samples.filter_map(|(time, value)| Some((time, value?)));
                    self.store.append(one.labels, present);
                }
            }
        }
    }

    /// Whether a case needs native histograms, which the evaluator does not have.
    fn touches_native(&self, case: &Case) -> bool {
        let query = &case.query;
        let any_native = !self.native.is_empty() || !self.native_of_classic.is_empty();
        let expects = case
            .series
            .iter()
            .any(|one| one.points == Points::Histograms);
        let function = query.contains("histogram_") && !query.contains("_bucket") && any_native;
        let named = self.native.iter().any(|name| query.contains(name.as_str()));
        let converted = self.native_of_classic.iter().any(|base| {
            let mut places = query.match_indices(base.as_str());
            places.any(|(at, _)| !query[at + base.len()..].starts_with('_'))
        });
        expects || function || named || converted
    }
}
