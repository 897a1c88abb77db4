//! A head that has been read from disk takes in what another one has taken in meanwhile.

use std::collections::BTreeMap;

use crate::{head::Head, reader::Scratch, series::SeriesRef};

impl Head {
    /// Takes in all that a head without a directory holds, of the same sources, as if it had come here: what
    /// came while this one was read. What is here already stays. Whoever appends to the other one appends
    /// here from now on, with references that are this one's.
    ///
    /// Nothing may be appended to the other one meanwhile. It takes longer the more samples there are.
    pub fn adopt(&self, young: &Head) {
        let theirs: Vec<_> = young.core.pen.lock().admission.owned().collect();
        let mut rows: BTreeMap<i64, Vec<(SeriesRef, f64)>> = BTreeMap::new();
        let (reader, mut scratch) = (young.reader(), Scratch::default());
        for (source, series) in theirs {
            let labels = young.core.index.read().labels(series).cloned();
            // One that is refused here will be told, and counted, again.
            let Some(Ok(here)) = labels.map(|labels| self.series(&source, &labels)) else {
                continue;
            };
            reader.read(series, i64::MIN, i64::MAX, &mut scratch);
            for (at, value) in scratch.samples() {
                rows.entry(at).or_default().push((here, value));
            }
        }
        for (at, row) in rows {
            self.append(at, &row);
        }
    }
}
