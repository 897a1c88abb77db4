//! Timestamp columns: run-length encoded deltas. A regular scrape of any length takes ~10 bytes,
//! and a block stores equal columns once (all series of one scrape share theirs).

use std::iter;

use crate::bytes::{Input, put_var, put_zig};

pub(crate) fn encode(ts: &[i64]) -> Vec<u8> {
    let mut out = Vec::with_capacity(16);
    put_var(&mut out, ts.len() as u64);
    let Some(&first) = ts.first() else { return out };
    put_zig(&mut out, first);
    let mut i = 1;
    while i < ts.len() {
        let delta = ts[i] - ts[i - 1];
        let mut run = 1;
        while i + run < ts.len() && ts[i + run] - ts[i + run - 1] == delta {
            run += 1;
        }
        put_zig(&mut out, delta);
        put_var(&mut out, run as u64);
        i += run;
    }
    out
}

/// Appends the column to `out`; `None` if the bytes are damaged.
pub(crate) fn decode(bytes: &[u8], out: &mut Vec<i64>) -> Option<usize> {
    let mut input = Input(bytes);
    let n = input.var()? as usize;
    if n == 0 {
        return Some(0);
    }
    let mut t = input.zig()?;
    out.push(t);
    let mut have = 1;
    while have < n {
        let (delta, run) = (input.zig()?, input.var()? as usize);
        if run == 0 || run > n - have {
            return None;
        }
        out.extend(iter::repeat_n(delta, run).map(|delta| {
            t = t.wrapping_add(delta);
            t
        }));
        have += run;
    }
    Some(n)
}

/// (count, first, last) without building the column.
pub(crate) fn span(bytes: &[u8]) -> Option<(usize, i64, i64)> {
    let mut input = Input(bytes);
    let n = input.var()? as usize;
    let first = input.zig()?;
    let (mut last, mut have) = (first, 1);
    while have < n {
        let (delta, run) = (input.zig()?, input.var()? as usize);
        if run == 0 || run > n - have {
            return None;
        }
        last = last.wrapping_add(delta.wrapping_mul(run as i64));
        have += run;
    }
    Some((n, first, last))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn every_column_comes_back(
            first in -(1i64 << 50)..1 << 50,
            deltas in prop::collection::vec(prop_oneof![4 => Just(10_000i64), 1 => 1i64..100_000], 0..300),
        ) {
            let mut times = vec![first];
            for delta in deltas {
                times.push(times[times.len() - 1] + delta);
            }
            let encoded = encode(&times);
            let mut decoded = Vec::new();
            prop_assert_eq!(decode(&encoded, &mut decoded), Some(times.len()));
            prop_assert_eq!(span(&encoded), Some((times.len(), first, times[times.len() - 1])));
            prop_assert_eq!(decoded, times);
        }

        #[test]
        fn no_bytes_are_too_strange(bytes in prop::collection::vec(any::<u8>(), 0..40)) {
            if span(&bytes).is_some_and(|(n, _, _)| n < 1 << 16) {
                prop_assert!(decode(&bytes, &mut Vec::new()).is_some());
            }
        }
    }
}
