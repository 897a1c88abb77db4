//! Floats as integers, reversibly: exact decimals and bits in numeric order.

pub(crate) const MAX_K: usize = 9;
pub(crate) const POW10: [f64; MAX_K + 1] = [1., 1e1, 1e2, 1e3, 1e4, 1e5, 1e6, 1e7, 1e8, 1e9];
const EXACT: f64 = (1u64 << 53) as f64;

/// v as an integer count of 10^-k, if dividing gives back the very same bits.
#[inline]
pub(crate) fn decimal(v: f64, k: usize) -> Option<i64> {
    let scaled = if k == 0 {
        v
    } else {
        (v * POW10[k]).round_ties_even()
    };
    if scaled.is_nan() || scaled.abs() >= EXACT {
        return None;
    }
    let int = scaled as i64;
    let back = if k == 0 {
        int as f64
    } else {
        int as f64 / POW10[k]
    };
    (back.to_bits() == v.to_bits()).then_some(int)
}

/// Smallest k that fits almost all of a sample of the values; `None`: not decimals.
pub(crate) fn find_k(vs: &[f64]) -> Option<usize> {
    let (mut k, mut seen, mut bad) = (0, 0, 0);
    let step = (vs.len() / 64).max(1);
    for &v in vs.iter().step_by(step).chain(vs.last()) {
        seen += 1;
        match (k..=MAX_K).find(|&k| decimal(v, k).is_some()) {
            Some(fit) => k = fit,
            None => bad += 1,
        }
    }
    (bad * 8 <= seen).then_some(k)
}

/// Float bits as an integer in numeric order, so that neighbours have small deltas.
#[inline]
pub(crate) fn ordered(v: f64) -> i64 {
    let b = v.to_bits() as i64;
    b ^ ((b >> 63) as u64 >> 1) as i64
}

#[inline]
pub(crate) fn unordered(i: i64) -> f64 {
    f64::from_bits((i ^ ((i >> 63) as u64 >> 1) as i64) as u64)
}

pub(crate) fn gcd(mut a: u64, mut b: u64) -> u64 {
    while b != 0 {
        (a, b) = (b, a % b);
    }
    a
}

/// Total bit length around the middle: tells how wide the values spread, wherever they lie.
pub(crate) fn spread(values: impl Iterator<Item = i64> + Clone) -> u64 {
    let (mut sum, mut n) = (0i128, 0);
    for v in values.clone() {
        sum += v as i128;
        n += 1;
    }
    let middle = (sum / n.max(1)) as i64;
    let bits = |v: i64| {
        let d = v.wrapping_sub(middle);
        64 - (d ^ (d >> 63)).leading_zeros() as u64
    };
    values.map(bits).sum()
}
