//! Sums and means that do not lose small terms next to large ones (Kahan-Babuška-Neumaier).

/// A running sum with the error that rounding has cost so far.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct KahanSum {
    sum: f64,
    error: f64,
}

impl KahanSum {
    #[inline(always)]
    pub(crate) fn add(&mut self, term: f64) {
        let total = self.sum + term;
        if total.is_infinite() {
            self.error = 0.0;
        } else if self.sum.abs() >= term.abs() {
            self.error += (self.sum - total) + term;
        } else {
            self.error += (term - total) + self.sum;
        }
        self.sum = total;
    }

    #[inline(always)]
    pub(crate) fn value(self) -> f64 {
        if self.sum.is_infinite() {
            self.sum
        } else {
            self.sum + self.error
        }
    }

    /// Adds another sum, its error too.
    pub(crate) fn add_sum(&mut self, other: KahanSum) {
        self.add(other.sum);
        if self.sum.is_finite() {
            self.error += other.error;
        }
    }

    pub(crate) fn is_finite(self) -> bool {
        self.sum.is_finite()
    }

    fn scaled(self, factor: f64) -> Self {
        KahanSum {
            sum: self.sum * factor,
            error: self.error * factor,
        }
    }
}

/// A mean: the sum divided by the count, and where finite values overflow that sum, the mean so far,
/// updated with each value, so that nothing exceeds the largest of them.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Mean {
    /// The sum; the mean once it runs.
    total: KahanSum,
    count: f64,
    runs: bool,
}

impl Mean {
    #[inline(always)]
    pub(crate) fn add(&mut self, value: f64) {
        if !self.runs {
            let mut total = self.total;
            total.add(value);
            if total.sum.is_finite() || !value.is_finite() || !self.total.sum.is_finite() {
                self.total = total;
                self.count += 1.0;
                return;
            }
            self.runs = true;
            self.total = self.total.scaled(1.0 / self.count);
        }
        let before = self.count;
        self.count += 1.0;
        self.total = self.total.scaled(before / self.count);
        self.total.add(value / self.count);
    }

    pub(crate) fn value(self) -> f64 {
        if self.runs {
            self.total.value()
        } else if self.total.sum.is_finite() {
            self.total.sum / self.count + self.total.error / self.count
        } else {
            self.total.sum
        }
    }
}

pub(crate) fn mean(values: impl Iterator<Item = f64>) -> f64 {
    let mut mean = Mean::default();
    values.for_each(|value| mean.add(value));
    mean.value()
}

/// Population variance, by Welford's method.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Variance {
    count: f64,
    mean: KahanSum,
    squares: KahanSum,
}

impl Variance {
    pub(crate) fn add(&mut self, value: f64) {
        self.count += 1.0;
        let delta = value - self.mean.value();
        self.mean.add(delta / self.count);
        self.squares.add(delta * (value - self.mean.value()));
    }

    pub(crate) fn value(self) -> f64 {
        self.squares.value() / self.count
    }
}

pub(crate) fn variance(values: impl Iterator<Item = f64>) -> f64 {
    let mut variance = Variance::default();
    values.for_each(|value| variance.add(value));
    variance.value()
}

/// The φ-quantile with linear interpolation; sorts the values, NaN first.
pub(crate) fn quantile(phi: f64, values: &mut [f64]) -> f64 {
    if values.is_empty() || phi.is_nan() {
        return f64::NAN;
    }
    if phi < 0.0 {
        return f64::NEG_INFINITY;
    }
    if phi > 1.0 {
        return f64::INFINITY;
    }
    values.sort_unstable_by(|a, b| b.is_nan().cmp(&a.is_nan()).then(a.total_cmp(b)));
    let rank = phi * (values.len() - 1) as f64;
    let lower = rank.floor() as usize;
    let upper = (lower + 1).min(values.len() - 1);
    let weight = rank - rank.floor();
    values[lower] * (1.0 - weight) + values[upper] * weight
}
