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

    fn scaled(self, factor: f64) -> Self {
        KahanSum {
            sum: self.sum * factor,
            error: self.error * factor,
        }
    }
}

pub(crate) fn sum(values: impl Iterator<Item = f64>) -> f64 {
    let mut sum = KahanSum::default();
    values.for_each(|value| sum.add(value));
    sum.value()
}

/// The mean: the plain sum divided by the count, unless finite values overflow the sum.
pub(crate) fn mean(values: impl Iterator<Item = f64> + Clone) -> f64 {
    let mut total = KahanSum::default();
    let (mut count, mut all_finite) = (0.0, true);
    for value in values.clone() {
        total.add(value);
        count += 1.0;
        all_finite &= value.is_finite();
    }
    if total.sum.is_finite() || !all_finite {
        return total.sum / count + total.error / count;
    }
    running_mean(values)
}

/// Updates the mean with each value, so that no intermediate exceeds the largest of them.
fn running_mean(values: impl Iterator<Item = f64>) -> f64 {
    let mut mean = KahanSum::default();
    for (before, value) in values.enumerate() {
        let count = before as f64 + 1.0;
        mean = mean.scaled(before as f64 / count);
        mean.add(value / count);
    }
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
