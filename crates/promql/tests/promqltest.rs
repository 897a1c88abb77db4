//! Runs PromQL test scripts: our own in `own/`, and Prometheus's in the folder `promqltest` of the
//! fixtures (`VITALS_FIXTURES`), or in the one that `PROMQLTEST_DIR` names.

mod script;

use exposition::Labels;
use promql::{Cancel, Engine, Error, MemoryStore, STALE_BITS, Value, series_text};
use script::{Case, Command, Point, SeriesLine, When};
use std::path::{Path, PathBuf};

#[test]
fn official_scripts_pass() {
    let dir = std::env::var_os("PROMQLTEST_DIR").map_or_else(
        || {
            let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..");
            let fixtures = std::env::var_os("VITALS_FIXTURES").map(PathBuf::from);
            root.join(fixtures.unwrap_or_else(|| "../shared".into()))
                .join("promqltest")
        },
        PathBuf::from,
    );
    if !dir.is_dir() {
        println!(
            "skipped: there are no scripts of Prometheus's in {}",
            dir.display()
        );
        return;
    }
    run_all(&dir);
}

#[test]
fn own_scripts_pass() {
    run_all(&Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/own"));
}

fn run_all(dir: &Path) {
    let mut paths: Vec<_> = std::fs::read_dir(dir)
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .collect();
    paths.retain(|path| {
        path.extension()
            .is_some_and(|extension| extension == "test")
    });
    paths.sort();
    let mut total = Score::default();
    println!(
        "{:<26} {:>6} {:>8} {:>6} {:>6}",
        "file", "cases", "skipped", "float", "passed"
    );
    for path in paths {
        let name = path.file_name().unwrap().to_string_lossy().into_owned();
        let score = run(&name, &std::fs::read_to_string(&path).unwrap());
        score.print(&name);
        total.cases += score.cases;
        total.skipped += score.skipped;
        total.passed += score.passed;
    }
    total.print("total");
    assert_eq!(total.passed, total.cases - total.skipped);
}

#[derive(Default)]
struct Score {
    cases: usize,
    skipped: usize,
    passed: usize,
}

impl Score {
    fn print(&self, name: &str) {
        let float = self.cases - self.skipped;
        println!(
            "{name:<26} {:>6} {:>8} {float:>6} {:>6}",
            self.cases, self.skipped, self.passed
        );
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
                match check(&case, &engine, &fixture.store) {
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
            if one.points.contains(&Point::Histogram) {
                self.native.push(name.clone());
            }
            if let (true, Some(base)) = (native_too, name.strip_suffix("_bucket")) {
                self.native_of_classic.push(base.to_string());
            }
            let samples = one
                .points
                .iter()
                .enumerate()
                .filter_map(|(i, point)| match point {
                    Point::Float(value) => Some((i as i64 * step, *value)),
                    Point::Stale => Some((i as i64 * step, f64::from_bits(STALE_BITS))),
                    Point::Gap | Point::Histogram => None,
                });
            self.store.append(one.labels.clone(), samples);
        }
    }

    /// Whether a case needs native histograms, which the evaluator does not have.
    fn touches_native(&self, case: &Case) -> bool {
        let query = &case.query;
        let any_native = !self.native.is_empty() || !self.native_of_classic.is_empty();
        let expects = case
            .series
            .iter()
            .any(|one| one.points.contains(&Point::Histogram));
        let function = query.contains("histogram_") && !query.contains("_bucket") && any_native;
        let named = self.native.iter().any(|name| query.contains(name.as_str()));
        let converted = self.native_of_classic.iter().any(|base| {
            query
                .match_indices(base.as_str())
                .any(|(at, _)| !query[at + base.len()..].starts_with('_'))
        });
        expects || function || named || converted
    }
}

fn instant(engine: &Engine, store: &MemoryStore, text: &str, at: i64) -> Result<Value, Error> {
    let answer = engine.parse(text)?.instant(store, at, &Cancel::new())?;
    Ok(answer.value)
}

fn range(
    engine: &Engine,
    store: &MemoryStore,
    text: &str,
    (start, end, step): (i64, i64, i64),
) -> Result<Value, Error> {
    let answer = engine
        .parse(text)?
        .range(store, start, end, step, &Cancel::new())?;
    Ok(answer.value)
}

fn check(case: &Case, engine: &Engine, store: &MemoryStore) -> Result<(), String> {
    let result = match case.when {
        When::Instant(at) => instant(engine, store, &case.query, at),
        When::Range { start, end, step } => range(engine, store, &case.query, (start, end, step)),
    };
    if let (When::Instant(at), Ok(Value::Vector(_)), false) =
        (case.when, &result, case.fails || case.ordered)
    {
        check_in_range(case, engine, store, at)
            .map_err(|why| format!("as a range query: {why}"))?;
    }
    match (case.fails, result) {
        (true, Err(_)) => Ok(()),
        (true, Ok(got)) => Err(format!("should fail, gave {got:?}")),
        (false, Err(error)) => Err(format!("error: {error}")),
        (false, Ok(got)) => compare(case, got),
    }
}

/// An instant query answers like the same step of a range query.
fn check_in_range(
    case: &Case,
    engine: &Engine,
    store: &MemoryStore,
    at: i64,
) -> Result<(), String> {
    let result = range(
        engine,
        store,
        &case.query,
        (at - 60_000, at + 60_000, 60_000),
    );
    let Value::Matrix(matrix) = result.map_err(|error| error.to_string())? else {
        return Err("no matrix".into());
    };
    let here = |samples: Vec<(i64, f64)>| {
        samples
            .into_iter()
            .filter(|(time, _)| *time == at)
            .map(|(_, v)| (0, v))
            .collect()
    };
    let rows: Vec<Row> = matrix
        .into_iter()
        .map(|one| (one.labels, here(one.samples)))
        .collect();
    compare_series(
        case,
        rows.into_iter()
            .filter(|(_, samples)| !samples.is_empty())
            .collect(),
        |_| 0,
    )
}

fn compare(case: &Case, got: Value) -> Result<(), String> {
    match got {
        Value::Scalar(got) => match case.scalar {
            Some(wanted) if close(got, wanted) => Ok(()),
            wanted => Err(format!("scalar {got}, wanted {wanted:?}")),
        },
        Value::Text(got) if case.text.as_ref() == Some(&got) => Ok(()),
        Value::Text(got) => Err(format!("string {got}")),
        Value::Vector(got) => {
            if case.scalar.is_some() {
                return Err("a vector, wanted a scalar".into());
            }
            let got: Vec<_> = got
                .into_iter()
                .map(|one| (one.labels, vec![(0, one.value)]))
                .collect();
            compare_series(case, got, |_| 0)
        }
        Value::Matrix(got) => {
            let When::Range { start, step, .. } = case.when else {
                return Err("a matrix".into());
            };
            let got: Vec<_> = got
                .into_iter()
                .map(|one| (one.labels, one.samples))
                .collect();
            compare_series(case, got, |index| start + step * index as i64)
        }
    }
}

type Row = (Labels, Vec<(i64, f64)>);

fn compare_series(case: &Case, got: Vec<Row>, time: impl Fn(usize) -> i64) -> Result<(), String> {
    let wanted: Vec<Row> = case
        .series
        .iter()
        .map(|one| (one.labels.clone(), floats(one, &time)))
        .collect();
    let wanted: Vec<Row> = wanted
        .into_iter()
        .filter(|(_, samples)| !samples.is_empty())
        .collect();
    if wanted.len() != got.len() {
        return Err(format!(
            "{} series, wanted {}: {got:?}",
            got.len(),
            wanted.len()
        ));
    }
    for (position, (labels, samples)) in wanted.iter().enumerate() {
        let Some(at) = got.iter().position(|(got, _)| got == labels) else {
            return Err(format!("no {} in {got:?}", series_text(labels)));
        };
        let same = |(a, b): (&(i64, f64), &(i64, f64))| a.0 == b.0 && close(a.1, b.1);
        if got[at].1.len() != samples.len() || !got[at].1.iter().zip(samples).all(same) {
            return Err(format!(
                "{}: {:?}, wanted {samples:?}",
                series_text(labels),
                got[at].1
            ));
        }
        if case.ordered && at != position {
            return Err(format!(
                "{} is at {at}, wanted at {position}",
                series_text(labels)
            ));
        }
    }
    Ok(())
}

fn floats(line: &SeriesLine, time: impl Fn(usize) -> i64) -> Vec<(i64, f64)> {
    let value = |(index, point): (usize, &Point)| match point {
        Point::Float(value) => Some((time(index), *value)),
        _ => None,
    };
    line.points.iter().enumerate().filter_map(value).collect()
}

/// Equal to six digits; NaN equals NaN; next to zero only zero is close.
fn close(a: f64, b: f64) -> bool {
    if a == b || (a.is_nan() && b.is_nan()) {
        return true;
    }
    if a == 0.0 || b == 0.0 {
        return (a - b).abs() < 1e-6 * f64::MIN_POSITIVE;
    }
    (a - b).abs() / (a.abs() + b.abs()).min(f64::MAX) < 1e-6
}
