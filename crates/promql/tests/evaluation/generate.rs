//! Queries by chance, the same for the same seed.

use fastrand::Rng;

/// Where queries are to mean the same.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) enum Dialect {
    /// Prometheus 3, all that there is.
    Three,
    /// What Prometheus 2.42 has, too, and answers alike where no sample lies on the boundary of a
    /// window.
    Two,
}

pub(crate) struct Generator {
    rng: Rng,
    dialect: Dialect,
}

/// Gauges of any size, with gaps and ends.
const GAUGES: [&str; 2] = ["memory", "level"];
const COUNTERS: [&str; 2] = ["requests_total", "bytes_total"];
const NUMBERS: [&str; 8] = ["0", "1", "2.5", "-7", "1e3", "0.1", "Inf", "NaN"];
/// All have these labels.
const LABELS: [&str; 3] = ["job", "instance", "zone"];

impl Generator {
    pub(crate) fn new(seed: u64, dialect: Dialect) -> Self {
        Generator {
            rng: Rng::with_seed(seed),
            dialect,
        }
    }

    /// A query of an instant vector or a scalar.
    pub(crate) fn query(&mut self) -> String {
        if self.one_in(20) {
            self.scalar(3)
        } else {
            self.vector(3)
        }
    }

    fn one_in(&mut self, n: u32) -> bool {
        self.rng.u32(0..n) == 0
    }

    fn pick<T: Copy>(&mut self, all: &[T]) -> T {
        all[self.rng.usize(0..all.len())]
    }

    fn is_three(&self) -> bool {
        self.dialect == Dialect::Three
    }

    fn vector(&mut self, depth: u32) -> String {
        if depth == 0 {
            return self.selector();
        }
        match self.rng.u32(0..16) {
            0 if !self.is_three() => self.power(depth),
            0 | 1 => self.selector(),
            2..=4 => self.over_time(depth),
            5 | 6 => self.aggregation(depth),
            7 => self.ranking(depth),
            8 | 9 => self.with_scalar(depth),
            10 | 11 => self.two_vectors(depth),
            12 => self.set(depth),
            13 => self.function(depth),
            14 => self.odd_one(depth),
            _ => format!("-({})", self.vector(depth - 1)),
        }
    }

    fn metric(&mut self) -> &'static str {
        let all = [GAUGES[0], GAUGES[1], COUNTERS[0], COUNTERS[1]];
        self.pick(&all)
    }

    fn matchers(&mut self) -> String {
        match self.rng.u32(0..9) {
            0 => r#"{job="a"}"#,
            1 => r#"{job=~"a|b"}"#,
            2 => r#"{instance!="i1"}"#,
            3 => r#"{zone!~"z.",job=~".+"}"#,
            4 => r#"{zone=""}"#,
            5 => r#"{nothing="here"}"#,
            _ => "",
        }
        .to_owned()
    }

    fn selector(&mut self) -> String {
        let (metric, matchers, moment) = (self.metric(), self.matchers(), self.moment());
        format!("{metric}{matchers}{moment}")
    }

    /// With none of them and no range is a step of a subquery on the boundary of a window.
    fn moment(&mut self) -> &'static str {
        match self.rng.u32(0..16) {
            0 => " offset 1m4s",
            1 => " offset -41s",
            2 => " @ 1700000911",
            3 => " @ start()",
            4 => " @ end() offset 31s",
            _ => "",
        }
    }

    /// Never a multiple of a step, so that no step of a subquery is on its boundary.
    fn duration(&mut self) -> &'static str {
        self.pick(&["43s", "1m7s", "3m", "5m", "7m13s", "17m"])
    }

    fn range(&mut self, metric: &str, depth: u32) -> String {
        let moment = self.moment();
        if depth == 0 || !self.one_in(4) {
            let matchers = self.matchers();
            let duration = self.duration();
            return format!("{metric}{matchers}[{duration}]{moment}");
        }
        let inner = self.within(depth - 1);
        let duration = self.pick(&["1m7s", "3m3s", "7m13s"]);
        let step = self.pick(&["10s", "20s", "1m", ""]);
        // There `@` within an offset of a subquery moves with it, against the documentation.
        let moment = if !self.is_three() && inner.contains('@') {
            ""
        } else {
            moment
        };
        format!("({inner})[{duration}:{step}]{moment}")
    }

    /// The vector of a subquery.
    fn within(&mut self, depth: u32) -> String {
        loop {
            let inner = self.vector(depth);
            // Series of two names that are joined and then lose them are one where names go at once.
            if self.is_three() || !inner.contains(") or ") {
                return inner;
            }
        }
    }

    fn over_time(&mut self, depth: u32) -> String {
        let any = [
            "avg_over_time",
            "min_over_time",
            "max_over_time",
            "sum_over_time",
            "count_over_time",
            "stddev_over_time",
            "stdvar_over_time",
            "last_over_time",
            "present_over_time",
            "delta",
            "deriv",
        ];
        let of_counters = ["rate", "increase", "irate", "rate", "increase"];
        match self.rng.u32(0..8) {
            0..=2 => {
                let function = self.pick(&of_counters);
                let metric = self.pick(&COUNTERS);
                let matchers = self.matchers();
                let (duration, moment) = (self.duration(), self.moment());
                format!("{function}({metric}{matchers}[{duration}]{moment})")
            }
            3 => {
                let phi = self.pick(&["0.3", "0.9", "1", "0", "1.5", "-1"]);
                let metric = self.metric();
                let range = self.range(metric, depth);
                format!("quantile_over_time({phi}, {range})")
            }
            4 => {
                let metric = self.pick(&GAUGES);
                let range = self.range(metric, 0);
                match self.rng.u32(0..if self.is_three() { 3 } else { 2 }) {
                    // With `@` its window moves on there, against the documentation.
                    0 if !self.is_three() && range.contains('@') => format!("deriv({range})"),
                    0 => format!("predict_linear({range}, 600)"),
                    1 => format!("double_exponential_smoothing({range}, 0.4, 0.3)"),
                    _ => format!("mad_over_time({range})"),
                }
            }
            5 => {
                // What rounding may turn over is asked of raw samples only.
                let function = self.pick(&["changes", "resets", "idelta"]);
                let metric = self.metric();
                format!("{function}({})", self.range(metric, 0))
            }
            _ => {
                let function = self.pick(&any);
                let metric = self.metric();
                let range = self.range(metric, depth);
                format!("{function}({range})")
            }
        }
    }

    fn labels(&mut self) -> String {
        let count = self.rng.usize(0..3);
        let names: Vec<&str> = (0..count).map(|_| self.pick(&LABELS)).collect();
        names.join(", ")
    }

    fn grouping(&mut self) -> String {
        let labels = self.labels();
        match self.rng.u32(0..3) {
            0 => String::new(),
            1 => format!(" by ({labels}) "),
            _ => format!(" without ({labels}) "),
        }
    }

    fn aggregation(&mut self, depth: u32) -> String {
        let operators = [
            "sum", "avg", "min", "max", "count", "group", "stddev", "stdvar",
        ];
        let (operator, grouping) = (self.pick(&operators), self.grouping());
        // The deviation of a single NaN was once 0.
        let input = if operator.starts_with("std") && !self.is_three() {
            self.pick(&COUNTERS).to_owned()
        } else {
            self.vector(depth - 1)
        };
        format!("{operator}{grouping}({input})")
    }

    fn ranking(&mut self, depth: u32) -> String {
        let grouping = self.grouping();
        match self.rng.u32(0..if self.is_three() { 5 } else { 3 }) {
            // Of most there are equal ones, and either may be taken.
            0 => format!("topk{grouping}(2, bytes_total)"),
            1 => format!("bottomk{grouping}(1, bytes_total)"),
            2 => {
                let phi = self.pick(&["0.25", "0.5", "1", "2"]);
                format!("quantile{grouping}({phi}, {})", self.vector(depth - 1))
            }
            3 => format!("count_values{grouping}(\"v\", round(level / 7))"),
            // Of computed ones, others come first.
            _ => format!("limitk{grouping}(1, {})", self.selector()),
        }
    }

    /// `atan2` once kept the name; and what becomes of powers beyond the range of numbers (infinite
    /// ones, and such as lose their digits) has changed: see `power`.
    fn operators(&self) -> &'static [&'static str] {
        const ALL: &[&str] = &["+", "-", "*", "/", "^", "atan2"];
        if self.is_three() { ALL } else { &ALL[..4] }
    }

    /// A power that is a number of ordinary size.
    fn power(&mut self, depth: u32) -> String {
        let base = self.vector(depth - 1);
        let exponent = format!("clamp({}, -20, 20)", self.vector(depth - 1));
        let number = self.pick(&["0", "1", "2.5", "-7", "0.1"]);
        match self.rng.u32(0..3) {
            0 => format!("clamp({base}, -20, 20) ^ {number}"),
            1 => format!("{number} ^ {exponent}"),
            // See `two`.
            _ => format!("clamp({base}, 0, 20) ^ {exponent}"),
        }
    }

    fn number(&mut self) -> &'static str {
        self.pick(&NUMBERS)
    }

    fn scalar(&mut self, depth: u32) -> String {
        match self.rng.u32(0..6) {
            0 if depth > 0 => format!("scalar({})", self.vector(depth - 1)),
            1 => "time()".to_owned(),
            2 if depth > 0 => {
                let operator = self.pick(&["+", "-", "*", "/"]);
                let (lhs, rhs) = (self.scalar(depth - 1), self.scalar(depth - 1));
                format!("({lhs}) {operator} ({rhs})")
            }
            3 => "pi()".to_owned(),
            _ => self.number().to_owned(),
        }
    }

    fn with_scalar(&mut self, depth: u32) -> String {
        let arithmetic = self.operators();
        let comparison = ["==", "!=", "<", ">", "<=", ">="];
        let bool = self.pick(&["", "", "bool "]);
        if self.one_in(3) {
            // Of raw samples, which no rounding moves over a bound.
            let (operator, selector) = (self.pick(&comparison), self.selector());
            let number = self.pick(&["50", "0", "-20", "1e5"]);
            return match self.rng.bool() {
                true => format!("{selector} {operator} {bool}{number}"),
                false => format!("{number} {operator} {bool}{selector}"),
            };
        }
        let operator = self.pick(arithmetic);
        let (vector, scalar) = (self.vector(depth - 1), self.scalar(depth - 1));
        match self.rng.bool() {
            true => self.two(&vector, operator, "", &scalar),
            false if ["^", "atan2"].contains(&operator) => {
                format!("({}) {operator} ({vector})", self.not_negative())
            }
            false => format!("({scalar}) {operator} ({vector})"),
        }
    }

    /// Two operands, the left one a vector. Of a power of a negative number rounding decides whether it
    /// is one, as only a whole exponent makes it: the base is none where the exponent is computed. And an
    /// angle jumps by a full turn where the left one of its sides is zero, with either sign.
    fn two(&self, lhs: &str, operator: &str, matching: &str, rhs: &str) -> String {
        let exact = NUMBERS.contains(&rhs);
        let lhs = match operator {
            "^" if !exact => format!("abs({lhs})"),
            "atan2" => format!("abs({lhs})"),
            _ => format!("({lhs})"),
        };
        format!("{lhs} {operator}{matching} ({rhs})")
    }

    /// See `two`.
    fn not_negative(&mut self) -> &'static str {
        self.pick(&["0", "1", "2.5", "1e3", "0.1", "Inf", "NaN"])
    }

    fn two_vectors(&mut self, depth: u32) -> String {
        let operators = self.operators();
        let operator = self.pick(operators);
        match self.rng.u32(0..6) {
            0 => {
                let (lhs, rhs) = (self.selector(), self.selector());
                let operator = self.pick(&["==", "!=", "<", ">", "<=", ">=", "%"]);
                let bool = if operator == "%" {
                    ""
                } else {
                    self.pick(&["", "bool "])
                };
                format!("{lhs} {operator} {bool}{rhs}")
            }
            1 | 2 => {
                let (many, one) = (self.vector(depth - 1), self.vector(depth - 1));
                let label = self.pick(&LABELS);
                let other = self.pick(&LABELS);
                let with = self.pick(&["", "zone", "job"]);
                let with = if with == label || with == other {
                    ""
                } else {
                    with
                };
                let matching = format!(" on({label}, {other}) group_left({with})");
                let one = format!("sum by ({label}, {other}) ({one})");
                self.two(&many, operator, &matching, &one)
            }
            3 => {
                let (lhs, rhs) = (self.vector(depth - 1), self.vector(depth - 1));
                let labels = self.labels();
                let keyword = self.pick(&["on", "ignoring"]);
                self.two(&lhs, operator, &format!(" {keyword}({labels})"), &rhs)
            }
            4 => {
                let (one, many) = (self.vector(depth - 1), self.vector(depth - 1));
                let one = format!("avg by (job) ({one})");
                self.two(&one, operator, " on(job) group_right()", &many)
            }
            _ => {
                let (lhs, rhs) = (self.vector(depth - 1), self.vector(depth - 1));
                self.two(&lhs, operator, "", &rhs)
            }
        }
    }

    fn set(&mut self, depth: u32) -> String {
        let operator = self.pick(&["and", "or", "unless"]);
        let (lhs, rhs) = (self.vector(depth - 1), self.vector(depth - 1));
        let labels = self.labels();
        let matching = match self.rng.u32(0..3) {
            0 => String::new(),
            1 => format!(" on({labels})"),
            _ => format!(" ignoring({labels})"),
        };
        format!("({lhs}) {operator}{matching} ({rhs})")
    }

    fn function(&mut self, depth: u32) -> String {
        let functions = [
            "abs",
            "exp",
            "sqrt",
            "ln",
            "log2",
            "log10",
            "atan",
            "asinh",
            "tanh",
            "deg",
            "rad",
            "timestamp",
            "sort",
            "sort_desc",
        ];
        // What rounding may turn over is asked of raw samples only.
        let jumpy = ["ceil", "floor", "round", "sgn", "sin", "cos", "tan"];
        let calendar = [
            "minute",
            "hour",
            "day_of_week",
            "day_of_month",
            "day_of_year",
            "days_in_month",
            "month",
            "year",
        ];
        match self.rng.u32(0..5) {
            0 => {
                let part = self.pick(&calendar);
                match self.rng.bool() {
                    true => format!("{part}()"),
                    false => format!("{part}(timestamp({}))", self.selector()),
                }
            }
            1 => {
                let (low, high) = (self.scalar(1), self.scalar(1));
                let vector = self.vector(depth - 1);
                match self.rng.u32(0..3) {
                    0 => format!("clamp({vector}, {low}, {high})"),
                    1 => format!("clamp_min({vector}, {low})"),
                    _ => format!("clamp_max({vector}, {high})"),
                }
            }
            2 => {
                let function = self.pick(&jumpy);
                format!("{function}({})", self.selector())
            }
            _ => {
                let function = self.pick(&functions);
                format!("{function}({})", self.vector(depth - 1))
            }
        }
    }

    fn odd_one(&mut self, depth: u32) -> String {
        match self.rng.u32(0..7) {
            0 => {
                let vector = self.vector(depth - 1);
                format!(r#"label_replace({vector}, "copy", "$1-x", "instance", "i(.*)")"#)
            }
            1 => {
                let vector = self.vector(depth - 1);
                format!(r#"label_join({vector}, "both", "/", "job", "instance")"#)
            }
            2 => format!("absent({})", self.selector()),
            3 => {
                let metric = self.metric();
                format!("absent_over_time({})", self.range(metric, depth - 1))
            }
            4 => format!("vector({})", self.scalar(depth - 1)),
            _ => {
                let phi = self.pick(&["0.5", "0.99", "0", "1", "-1", "NaN"]);
                let by = self.pick(&["le", "le, job"]);
                let duration = self.pick(&["3m", "7m13s"]);
                format!(
                    "histogram_quantile({phi}, sum by ({by}) (rate(latency_seconds_bucket[{duration}])))"
                )
            }
        }
    }
}
