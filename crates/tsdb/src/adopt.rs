//! A head that has been read from disk takes in what another one has taken in meanwhile.

use std::collections::BTreeMap;

use crate::{head::Head, reader::Scratch, series::SeriesRef};

/// So much of the past is taken over at a time, lest it be in memory twice.
const SLICE_MS: usize = 600_000;

impl Head {
    /// Takes in all that a head without a directory holds, of the same sources, as if it had come here: what
    /// came while this one was read. What is here already stays. Whoever appends to the other one appends
    /// here from now on, with references that are this one's.
    ///
    /// Of that, what lies at `from` (milliseconds since the epoch) or later. What is appended to the other one
    /// meanwhile may be missed.
    pub fn adopt(&self, young: &Head, from: i64) {
        let theirs = young.core.pen.lock().admission.owned();
        let (reader, mut scratch) = (young.reader(), Scratch::default());
        let view = young.core.view();
        let spans = view.heads.iter().filter_map(|head| head.span());
        // Each is a few hours long, however the clock has jumped.
        let slices = spans.flat_map(|(first, last)| (first.max(from)..=last).step_by(SLICE_MS));
        let mut known: Vec<Option<SeriesRef>> = vec![None; theirs.len()];
        for start in slices {
            let end = start + SLICE_MS as i64 - 1;
            let mut rows: BTreeMap<i64, Vec<(SeriesRef, f64)>> = BTreeMap::new();
            for ((source, series), known) in theirs.iter().zip(&mut known) {
                reader.read(*series, start, end, &mut scratch);
                if scratch.samples().len() == 0 {
                    continue;
                }
                let here = known.or_else(|| {
                    let labels = young.core.index.read().labels(*series).cloned()?;
                    // One that is refused here will be told, and counted, again.
                    self.series(source, &labels).ok()
                });
                let Some(here) = here else { continue };
                *known = Some(here);
                for (at, value) in scratch.samples() {
                    rows.entry(at).or_default().push((here, value));
                }
            }
            for (at, row) in rows {
                self.append(at, &row);
            }
        }
    }
}
