//! Series that are met in the field: busy and slow counters, bytes, memory, percentages, full-precision
//! noise, constants, CPU seconds; the same in every run.

/// Values, tick after tick.
pub(crate) struct Mix {
    series: Vec<(u64, f64)>,
}

impl Mix {
    pub(crate) fn new(series: usize) -> Self {
        let seed = |n: usize| {
            let mut state = 0x9e37_79b9_7f4a_7c15_u64.wrapping_mul(n as u64 + 1) | 1;
            for _ in 0..5 {
                step(&mut state);
            }
            let value = match n % 10 {
                5 => 4096.0 * 50_000.0,
                6 | 7 => 40.0,
                8 => (n % 7) as f64,
                _ => 0.0,
            };
            (state, value)
        };
        Mix {
            series: (0..series).map(seed).collect(),
        }
    }

    pub(crate) fn tick(&mut self, out: &mut Vec<f64>) {
        out.clear();
        for (n, (state, v)) in self.series.iter_mut().enumerate() {
            let r = step(state);
            let u = (r >> 11) as f64 / (1u64 << 53) as f64;
            match n % 10 {
                0..=2 => *v += (r % 50) as f64,
                3 => *v += 1000.0 + (r % 30_000) as f64,
                4 => *v += f64::from(u8::from(r.is_multiple_of(20))),
                5 => *v = (*v + 4096.0 * ((r % 201) as f64 - 100.0)).max(0.0),
                6 => *v = ((*v + (u - 0.5) * 4.0).clamp(0.0, 100.0) * 100.0).round() / 100.0,
                7 => *v = (*v + (u - 0.5) * 4.0).clamp(0.0, 100.0),
                8 => {}
                _ => *v = ((*v + u * 0.4) * 100.0).round() / 100.0,
            }
            out.push(*v);
        }
    }
}

pub(crate) fn step(state: &mut u64) -> u64 {
    *state ^= *state << 13;
    *state ^= *state >> 7;
    *state ^= *state << 17;
    *state
}
