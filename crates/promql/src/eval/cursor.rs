//! Goes through the times of samples from step to step.

/// How many samples a moment has behind it; moments come in order.
pub(super) struct Cursor<'a> {
    times: &'a [i64],
    passed: usize,
    /// How many the last moment had more than the one before.
    stride: usize,
}

impl<'a> Cursor<'a> {
    pub(super) fn new(times: &'a [i64]) -> Self {
        Cursor {
            times,
            passed: 0,
            stride: 0,
        }
    }

    /// How many samples are at that moment (milliseconds) or before it.
    #[inline(always)]
    pub(super) fn pass(&mut self, moment_ms: i64) -> usize {
        let is_passed = |nth: usize| self.times.get(nth).is_some_and(|time| *time <= moment_ms);
        // Samples and steps are mostly as far from each other as they were.
        let guess = self.passed + self.stride;
        let is_guessed = guess <= self.times.len()
            && (self.stride == 0 || is_passed(guess - 1))
            && !is_passed(guess);
        if is_guessed {
            self.passed = guess;
            return guess;
        }
        let mut passed = self.passed;
        while is_passed(passed) {
            passed += 1;
        }
        self.stride = passed - self.passed;
        self.passed = passed;
        passed
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn all_are_passed_that_are_not_later(
            mut times in prop::collection::vec(
                prop_oneof![4 => (0..30_i64).prop_map(|nth| nth * 10), 1 => 0..300_i64], 0..40,
            ),
            mut moments in prop::collection::vec(
                prop_oneof![4 => (-1..11_i64).prop_map(|nth| nth * 30), 1 => -9..310_i64], 0..20,
            ),
        ) {
            times.sort_unstable();
            times.dedup();
            moments.sort_unstable();
            let mut cursor = Cursor::new(&times);
            for moment in moments {
                let expected = times.iter().filter(|time| **time <= moment).count();
                prop_assert_eq!(cursor.pass(moment), expected);
            }
        }
    }
}
