//! Noise that is the same whenever it is asked for: a function of seed, stream and time.

/// Mixes all bits of the three (splitmix64).
pub(crate) fn hash(seed: u64, stream: u64, at: i64) -> u64 {
    let mut mixed = mix(seed ^ mix(stream.wrapping_add(0x9E37_79B9_7F4A_7C15)));
    mixed = mix(mixed ^ mix(at.cast_unsigned()));
    mixed
}

fn mix(bits: u64) -> u64 {
    let bits = bits.wrapping_add(0x9E37_79B9_7F4A_7C15);
    let bits = (bits ^ (bits >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
    let bits = (bits ^ (bits >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
    bits ^ (bits >> 31)
}

/// 0 (included) to 1 (excluded).
pub(crate) fn unit(seed: u64, stream: u64, at: i64) -> f64 {
    // 53 bits: exactly what a double holds.
    (hash(seed, stream, at) >> 11) as f64 / (1_u64 << 53) as f64
}

/// −1 to 1, a new value every `period` seconds and a straight line in between.
pub(crate) fn smooth(seed: u64, stream: u64, at: i64, period: i64) -> f64 {
    let (from, into) = (at.div_euclid(period), at.rem_euclid(period));
    let share = into as f64 / period as f64;
    let end = |knot| 2.0 * unit(seed, stream, knot) - 1.0;
    end(from) * (1.0 - share) + end(from + 1) * share
}

/// How often something happened that happens `mean` times on average.
pub(crate) fn poisson(seed: u64, stream: u64, at: i64, mean: f64) -> u64 {
    if mean <= 0.0 {
        return 0;
    }
    if mean > 30.0 {
        // The sum of twelve uniform numbers is normal enough.
        let normal: f64 = (0..12)
            .map(|draw| unit(seed, stream ^ (draw << 32), at))
            .sum::<f64>()
            - 6.0;
        return (mean + normal * mean.sqrt()).round().max(0.0) as u64;
    }
    let floor = (-mean).exp();
    let mut product = 1.0;
    for draw in 0..200 {
        product *= unit(seed, stream ^ (draw << 32), at);
        if product <= floor {
            return draw;
        }
    }
    200
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_same_question_has_the_same_answer_and_others_have_others() {
        assert_eq!(hash(1, 2, 3), hash(1, 2, 3));
        assert_ne!(hash(1, 2, 3), hash(1, 2, 4));
        assert_ne!(hash(1, 2, 3), hash(1, 3, 3));
        assert_ne!(hash(1, 2, 3), hash(2, 2, 3));
    }

    #[test]
    fn poisson_keeps_its_mean() {
        for mean in [0.3, 4.0, 80.0] {
            let total: u64 = (0..20_000).map(|at| poisson(7, 1, at, mean)).sum();
            let ratio = total as f64 / 20_000.0 / mean;
            assert!((0.97..1.03).contains(&ratio), "{mean}: {ratio}");
        }
        assert_eq!(poisson(7, 1, 0, 0.0), 0);
    }
}
