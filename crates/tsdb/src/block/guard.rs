//! Keeps an index readable although a stretch of it is damaged: a checksum per page, and for every
//! sixteen pages one that is the XOR of them. A sixteenth of the index buys back any one page in
//! each group.

use crate::bytes::{Input, put_u32};

/// Bytes in a page.
const PAGE: usize = 512;
/// Pages that share a parity page.
const GROUP: usize = 16;

/// What is stored behind the index: parity pages, then a checksum per page of the index.
pub(super) fn of(index: &[u8]) -> Vec<u8> {
    let mut out = Vec::with_capacity(len(index.len()));
    for group in index.chunks(PAGE * GROUP) {
        out.extend_from_slice(&parity(group.chunks(PAGE)));
    }
    for page in index.chunks(PAGE) {
        put_u32(&mut out, crc32fast::hash(page));
    }
    out
}

/// How long the guard of an index is.
pub(super) fn len(index: usize) -> usize {
    let groups = index / (PAGE * GROUP);
    let rest = index % (PAGE * GROUP);
    groups * PAGE + rest.min(PAGE) + index.div_ceil(PAGE) * 4
}

/// Rebuilds at most one damaged page in each group. The caller checks the whole afterwards.
pub(super) fn mend(index: &mut [u8], guard: &[u8]) {
    let Some(sums_at) = guard.len().checked_sub(index.len().div_ceil(PAGE) * 4) else {
        return;
    };
    let (parities, sums) = guard.split_at(sums_at);
    let mut sums = Input(sums);
    for (group, parity_page) in index.chunks_mut(PAGE * GROUP).zip(parities.chunks(PAGE)) {
        let mut bad = Vec::new();
        for (n, page) in group.chunks(PAGE).enumerate() {
            if sums.u32() != Some(crc32fast::hash(page)) {
                bad.push(n);
            }
        }
        if let [only] = bad[..] {
            let others = group.chunks(PAGE).enumerate().filter(|(n, _)| *n != only);
            let rebuilt = parity(others.map(|(_, page)| page).chain([parity_page]));
            for (byte, new) in group
                .chunks_mut(PAGE)
                .nth(only)
                .into_iter()
                .flatten()
                .zip(rebuilt)
            {
                *byte = new;
            }
        }
    }
}

/// As long as the longest page.
fn parity<'a>(pages: impl Iterator<Item = &'a [u8]>) -> Vec<u8> {
    let mut out: Vec<u8> = Vec::with_capacity(PAGE);
    for page in pages {
        out.resize(out.len().max(page.len()), 0);
        out.iter_mut()
            .zip(page)
            .for_each(|(sum, byte)| *sum ^= byte);
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn any_one_page_of_a_group_comes_back() {
        for size in [1, 300, 512, 513, 9000, 20_000] {
            let index: Vec<u8> = (0..size).map(|n: usize| (n * n / 7) as u8).collect();
            let guard = of(&index);
            assert_eq!(guard.len(), len(size));
            for page in 0..size.div_ceil(PAGE) {
                let mut bad = index.clone();
                let end = size.min((page + 1) * PAGE);
                bad[page * PAGE..end]
                    .iter_mut()
                    .for_each(|byte| *byte ^= 0x5a);
                mend(&mut bad, &guard);
                assert!(bad == index, "{size}: page {page}");
            }
        }
    }
}
