//! Takes the log of an earlier run back into memory.

use std::{
    fs::File,
    io::{self, Read, Seek, SeekFrom},
    path::Path,
    sync::Arc,
};

use crate::{
    generation::Generation,
    naming::{Names, Naming, Pair},
    series::SeriesRef,
    wal::{Gap, Listener},
};

/// Takes what a segment tells.
pub(super) struct Taker<'a> {
    pub(super) names: &'a mut Names,
    pub(super) head: &'a Generation,
}

impl Naming for Taker<'_> {
    fn intern(&mut self, text: &str) -> Arc<str> {
        self.names.intern(text)
    }

    fn series(&mut self, pairs: &[Pair]) -> Option<SeriesRef> {
        self.names.series(pairs)
    }
}

impl Listener for Taker<'_> {
    fn batch(&mut self, t: i64, samples: &[(SeriesRef, f64)]) {
        // Another part of the log may have had it already.
        self.head.append(t, samples, |_, _, _| {});
    }
}

/// Copies damaged bytes beside the segment; false if that was done before.
pub(super) fn set_aside(segment: &Path, gap: Gap) -> io::Result<bool> {
    let aside = segment.with_extension(format!("{}.bad", gap.from));
    if aside.exists() {
        return Ok(false);
    }
    let mut file = File::open(segment)?;
    file.seek(SeekFrom::Start(gap.from))?;
    let mut bytes = file.take(gap.to - gap.from);
    io::copy(&mut bytes.by_ref(), &mut File::create(aside)?)?;
    Ok(true)
}
