//! Values that the common way of a chunk cannot carry: stale markers, -0.0, infinities.

use crate::bytes::{Input, put_u64, put_var};

/// Places ascend; neighbours with the same bits take one entry.
pub(super) fn put(out: &mut Vec<u8>, patches: &[(usize, u64)]) {
    let runs: Vec<&[(usize, u64)]> = patches
        .chunk_by(|a, b| b.0 == a.0 + 1 && a.1 == b.1)
        .collect();
    put_var(out, runs.len() as u64);
    let mut next = 0;
    for run in runs {
        put_var(out, (run[0].0 - next) as u64);
        put_var(out, run.len() as u64);
        put_u64(out, run[0].1);
        next = run[0].0 + run.len();
    }
}

/// As many at most as the chunk has values.
pub(super) fn get(input: &mut Input<'_>, n: usize) -> Option<Vec<(usize, u64)>> {
    let (mut patches, mut next) = (Vec::new(), 0usize);
    for _ in 0..input.var()? {
        let start = next.checked_add(input.var()? as usize)?;
        let (len, bits) = (input.var()? as usize, input.u64()?);
        next = start.checked_add(len).filter(|end| *end <= n)?;
        patches.extend((start..next).map(|at| (at, bits)));
    }
    Some(patches)
}
