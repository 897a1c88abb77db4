//! Runs a test file.

use std::collections::{BTreeMap, HashSet};
use std::path::Path;
use std::time::Duration;

use exposition::Labels;
use promql::{Cancel, Engine, MemoryStore, Value, notation};
use serde_saphyr::Spanned;

use super::compare::{self, AlertText};
use super::file::{AlertTest, ExpressionTest, Test, TestFile};
use super::outcome::{Failure, Outcome, TestFileError};
use crate::alert::duration::PrometheusDuration;
use crate::alert::rules::{self, RuleSet, strict_yaml, yaml_error};
use crate::alert::state::{AlertState, Evaluator, Settings};

/// How often rules may be evaluated in one test.
const MAX_EVALUATIONS: i64 = 100_000;

/// Runs the tests of a file. Its rule files are found relative to it.
///
/// # Errors
/// When the file, its series or its rules cannot be read: nothing was tested then.
pub fn run(path: &Path, engine: &Engine) -> Result<Outcome, TestFileError> {
    let name = path.display().to_string();
    let failed = |at, reason| TestFileError::File {
        file: name.clone(),
        at,
        reason,
    };
    let text = rules::read(path).map_err(|reason| failed(None, reason))?;
    let file: TestFile = strict_yaml(&text).map_err(|error| {
        let (at, reason) = yaml_error(&error);
        failed(at, reason)
    })?;
    let mut names = HashSet::new();
    if let Some(twice) = file
        .group_eval_order
        .iter()
        .find(|name| !names.insert(*name))
    {
        let reason = format!("group name repeated in evaluation order: {twice}");
        return Err(failed(None, reason));
    }
    let mut engine = *engine;
    engine.limits.subquery_step = file.evaluation_interval();
    let base = path.parent().unwrap_or(Path::new(""));
    let mut outcome = Outcome::default();
    for pattern in &file.rule_files {
        if rules::matching(base, pattern).is_ok_and(|found| found.is_empty()) {
            outcome.unmatched.push(pattern.clone());
        }
    }
    let mut rules = rules::load(base, &file.rule_files, &engine)?;
    rules.groups.sort_by_key(|group| {
        let at = file
            .group_eval_order
            .iter()
            .position(|name| *name == group.name);
        at.unwrap_or_default()
    });
    for (number, test) in file.tests.iter().enumerate() {
        let name = test.name.clone().filter(|name| !name.is_empty());
        let mut running = Running {
            file: &file,
            test,
            rules: &rules,
            engine: &engine,
            store: MemoryStore::new(),
            name: name.unwrap_or_else(|| format!("test {}", number + 1)),
            outcome: &mut outcome,
        };
        running.run().map_err(|(at, reason)| failed(at, reason))?;
    }
    Ok(outcome)
}

/// A test under way.
struct Running<'a> {
    file: &'a TestFile,
    test: &'a Test,
    rules: &'a RuleSet,
    engine: &'a Engine,
    store: MemoryStore,
    name: String,
    outcome: &'a mut Outcome,
}

/// A series, and its samples in milliseconds.
type Input = (Labels, Vec<(i64, f64)>);

/// What is wrong with the file, and where.
type Wrong = (Option<(u64, u64)>, String);

impl Running<'_> {
    fn run(&mut self) -> Result<(), Wrong> {
        let mut input = self.input()?;
        let external_labels = Labels::try_new(
            self.test
                .external_labels
                .iter()
                .map(|(name, value)| (name.as_str(), value.as_str())),
        );
        let settings = Settings {
            engine: *self.engine,
            interval: self.file.evaluation_interval(),
            external_labels: external_labels.map_err(|error| (None, error.to_string()))?,
            external_url: self.test.external_url.clone(),
            grace_period: Duration::MAX,
            ..Settings::default()
        };
        let step = millis(self.file.evaluation_interval());
        let last = self.last_time();
        if last / step > MAX_EVALUATIONS {
            return Err((
                None,
                format!("{}: more than {MAX_EVALUATIONS} evaluations", self.name),
            ));
        }
        let mut evaluator = Evaluator::new(self.rules, settings);
        for at in (0..=last).step_by(usize::try_from(step).unwrap_or(1)) {
            self.load(&mut input, at);
            let evaluation = evaluator.evaluate_all(&self.store, at, &Cancel::new());
            for sample in evaluation.samples {
                self.store
                    .append(sample.labels, [(sample.at, sample.value)]);
            }
            if evaluation.failures > 0 {
                self.report_errors(&evaluator, at);
                return Ok(());
            }
            let is_now = |time: i64| (at..at + step).contains(&time);
            for one in &self.test.alert_rule_test {
                if is_now(millis(one.eval_time.0)) {
                    self.compare_alerts(one, &evaluator);
                }
            }
        }
        self.load(&mut input, last);
        for one in &self.test.promql_expr_test {
            self.compare_samples(one)?;
        }
        Ok(())
    }

    /// Every series with its samples.
    fn input(&self) -> Result<Vec<Input>, Wrong> {
        let said = self.test.interval.map(|interval| interval.0);
        let interval = said.filter(|interval| !interval.is_zero());
        let interval = millis(interval.unwrap_or(self.file.evaluation_interval()));
        let mut input = Vec::new();
        for one in &self.test.input_series {
            let labels = labels(&one.series)?;
            let values = notation::values(&one.values.value)
                .map_err(|error| (place(&one.values), error.to_string()))?;
            let samples = (0i64..).zip(values);
            let samples = samples.filter_map(|(number, value)| Some((number * interval, value?)));
            input.push((labels, samples.collect()));
        }
        Ok(input)
    }

    /// Stores what comes up to a time.
    fn load(&mut self, input: &mut [Input], until: i64) {
        for (labels, samples) in input {
            let due = samples.partition_point(|(at, _)| *at <= until);
            self.store.append(labels.clone(), samples.drain(..due));
        }
    }

    /// The last time at which anything is compared.
    fn last_time(&self) -> i64 {
        let alerts = self.test.alert_rule_test.iter().map(|one| one.eval_time);
        let expressions = self.test.promql_expr_test.iter().map(|one| one.eval_time);
        let last: Option<PrometheusDuration> = alerts.chain(expressions).max();
        last.map_or(0, |last| millis(last.0))
    }

    fn report_errors(&mut self, evaluator: &Evaluator, at: i64) {
        for rule in evaluator.rules() {
            if let Some(error) = &rule.last_error {
                let what = format!("rule {} at {}", rule.rule().name(), time(at));
                self.fail(what, error.clone());
            }
        }
    }

    fn fail(&mut self, what: String, text: String) {
        self.outcome.failures.push(Failure {
            test: self.name.clone(),
            what,
            text,
        });
    }

    fn compare_alerts(&mut self, test: &AlertTest, evaluator: &Evaluator) {
        self.outcome.comparisons += 1;
        let name = &test.alertname.value;
        let mut got = Vec::new();
        for rule in evaluator.rules() {
            if rule
                .rule()
                .alerting()
                .is_none_or(|alerting| *alerting.name != **name)
            {
                continue;
            }
            let firing = rule
                .alerts()
                .filter(|alert| alert.state == AlertState::Firing);
            got.extend(firing.map(|alert| -> AlertText {
                let labels = alert
                    .labels
                    .iter()
                    .map(|(name, value)| (name.into(), value.into()));
                let annotations = alert.annotations.iter();
                let annotations =
                    annotations.map(|(name, text)| (name.to_string(), text.to_string()));
                (labels.collect(), annotations.collect())
            }));
        }
        let expected = test.exp_alerts.iter().map(|alert| {
            let mut labels: BTreeMap<_, _> = alert.exp_labels.clone();
            labels.retain(|_, value| !value.is_empty());
            labels.insert("alertname".into(), name.clone());
            (labels, alert.exp_annotations.clone())
        });
        if let Some(difference) = compare::alerts(got, expected.collect()) {
            self.fail(format!("alert {name} at {}", test.eval_time), difference);
        }
    }

    fn compare_samples(&mut self, test: &ExpressionTest) -> Result<(), Wrong> {
        self.outcome.comparisons += 1;
        let expression = &test.expr.value;
        let what = format!("expression {expression:?} at {}", test.eval_time);
        let mut expected = Vec::new();
        for sample in &test.exp_samples {
            expected.push((labels(&sample.labels)?, sample.value));
        }
        match self.answer(expression, millis(test.eval_time.0)) {
            Ok(got) => {
                if let Some(difference) = compare::samples(got, expected, self.file.fuzzy_compare) {
                    self.fail(what, difference);
                }
            }
            Err(reason) => self.fail(what, reason),
        }
        Ok(())
    }

    fn answer(&self, expression: &str, at: i64) -> Result<Vec<(Labels, f64)>, String> {
        let query = self
            .engine
            .parse(expression)
            .map_err(|error| error.to_string())?;
        let answer = query.instant(&self.store, at, &Cancel::new());
        match answer.map_err(|error| error.to_string())?.value {
            Value::Vector(samples) => Ok(samples
                .into_iter()
                .map(|sample| (sample.labels, sample.value))
                .collect()),
            Value::Scalar(value) => Ok(vec![(Labels::none(), value)]),
            Value::Matrix(_) | Value::Text(_) => Err("the result is not a vector or scalar".into()),
        }
    }
}

/// The labels of a series, and nothing behind them.
fn labels(text: &Spanned<String>) -> Result<Labels, Wrong> {
    let wrong = |reason| (place(text), reason);
    match notation::series(text.value.trim()) {
        Ok((labels, "")) => Ok(labels),
        Ok((_, rest)) => Err(wrong(format!(
            "{rest:?} behind the series {:?}",
            text.value
        ))),
        Err(error) => Err(wrong(error.to_string())),
    }
}

fn place(text: &Spanned<String>) -> Option<(u64, u64)> {
    Some((text.referenced.line(), text.referenced.column()))
}

fn millis(duration: Duration) -> i64 {
    i64::try_from(duration.as_millis())
        .unwrap_or(i64::MAX)
        .max(0)
}

fn time(at: i64) -> PrometheusDuration {
    PrometheusDuration(Duration::from_millis(at.unsigned_abs()))
}
