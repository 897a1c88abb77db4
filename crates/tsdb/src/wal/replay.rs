//! Reads a segment, whatever has become of it.

use std::{
    fs::File,
    io::{self, BufReader, Read, Seek, SeekFrom},
    path::Path,
};

use super::{
    Encoder, FRAME, HEADER, MARKER, MAX_RECORD, Name, RESTART, SAMPLES, SERIES, is_header,
    restart_record,
};
use crate::{bytes::Input, naming::Naming, series::SeriesRef};

/// Bytes that could not be read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Gap {
    pub(crate) from: u64,
    pub(crate) to: u64,
}

#[derive(Debug, Default, PartialEq, Eq)]
pub(crate) struct Replayed {
    /// End of the last good record; behind it is only a torn tail.
    pub(crate) good: u64,
    /// The length of the file.
    pub(crate) len: u64,
    /// Damage with good records behind it.
    pub(crate) gaps: Vec<Gap>,
}

/// What a segment is told to.
pub(crate) trait Listener: Naming {
    /// A batch.
    fn batch(&mut self, t: i64, samples: &[(SeriesRef, f64)]);
}

/// Tells every good record. Behind damage it goes on at the next RESTART. Answers with what it takes to
/// write on behind the last of them, too.
pub(crate) fn replay(
    path: &Path,
    name: Name,
    listener: &mut dyn Listener,
) -> io::Result<(Replayed, Encoder)> {
    let file = File::open(path)?;
    let len = file.metadata()?.len();
    let mut file = BufReader::with_capacity(1 << 16, file);
    let mut found = Replayed {
        good: 0,
        len,
        gaps: Vec::new(),
    };
    let mut header = [0; HEADER];
    let whole = file.read_exact(&mut header).is_ok();
    // The name says all that the header does: if that is damaged, the records may be good.
    found.good = if whole && is_header(&header, name) {
        HEADER as u64
    } else {
        0
    };
    let mut at = HEADER as u64;
    let mut state = State::default();
    let mut payload = Vec::new();
    while at < len {
        let whole = next(&mut file, len - at, &mut payload).is_some();
        if whole && state.apply(&payload, listener).is_some() {
            if found.good < at {
                let from = found.good;
                found.gaps.push(Gap { from, to: at });
            }
            at += (FRAME + payload.len()) as u64;
            found.good = at;
            continue;
        }
        if whole {
            // Part of it was applied.
            state = State::default();
        }
        let Some(restart) = find_restart(&mut file, at + 1)? else {
            break;
        };
        state = State::default();
        at = restart;
    }
    Ok((found, state.encoder()))
}

/// The next record, checked.
fn next(file: &mut impl Read, left: u64, payload: &mut Vec<u8>) -> Option<()> {
    let mut frame = [0; FRAME];
    file.read_exact(&mut frame).ok()?;
    let mut frame = Input(&frame);
    let (size, crc) = (frame.u32()? as usize, frame.u32()?);
    if size == 0 || size > MAX_RECORD || size as u64 + FRAME as u64 > left {
        return None;
    }
    payload.resize(size, 0);
    file.read_exact(payload).ok()?;
    (crc32fast::hash(payload) == crc).then_some(())
}

/// Where the next RESTART record begins, at `from` or behind; leaves the file there.
fn find_restart(file: &mut BufReader<File>, from: u64) -> io::Result<Option<u64>> {
    let wanted = restart_record();
    let mut window = Vec::new();
    let mut window_at = from;
    file.seek(SeekFrom::Start(from))?;
    loop {
        let read = file.by_ref().take(1 << 18).read_to_end(&mut window)?;
        if let Some(place) = memchr::memmem::find(&window, &wanted) {
            let at = window_at + place as u64;
            file.seek(SeekFrom::Start(at))?;
            return Ok(Some(at));
        }
        if read == 0 {
            return Ok(None);
        }
        let done = window.len().saturating_sub(wanted.len() - 1);
        window.drain(..done);
        window_at += done as u64;
    }
}

/// What the records so far have defined.
#[derive(Default)]
struct State {
    refs: Vec<SeriesRef>,
    previous: Vec<u64>,
    /// The time of the first samples behind the last RESTART.
    began: Option<i64>,
    row: Vec<(SeriesRef, f64)>,
}

impl State {
    fn apply(&mut self, payload: &[u8], listener: &mut dyn Listener) -> Option<()> {
        let mut input = Input(payload);
        match input.byte()? {
            RESTART => {
                self.refs.clear();
                self.previous.clear();
                self.began = None;
                (input.0 == MARKER).then_some(())
            }
            SERIES => self.define(&mut input, listener),
            SAMPLES => self.samples(&mut input, listener),
            _ => None,
        }
    }

    fn define(&mut self, input: &mut Input<'_>, listener: &mut dyn Listener) -> Option<()> {
        let mut pairs = Vec::new();
        for _ in 0..input.var()? {
            pairs.push((listener.intern(input.str()?), listener.intern(input.str()?)));
        }
        let mut set = Vec::new();
        for _ in 0..input.var()? {
            set.clear();
            for _ in 0..input.var()? {
                set.push(pairs.get(usize::try_from(input.var()?).ok()?)?.clone());
            }
            self.refs.push(listener.series(&set)?);
            self.previous.push(0);
        }
        Some(())
    }

    fn samples(&mut self, input: &mut Input<'_>, listener: &mut dyn Listener) -> Option<()> {
        self.row.clear();
        let (t, n) = (input.zig()?, input.var()?);
        let mut expected = 0i64;
        for _ in 0..n {
            let head = input.byte()?;
            let jump = if head & 0x80 != 0 { input.zig()? } else { 0 };
            let id = expected.checked_add(jump)?;
            let (trail, bytes) = (u32::from(head >> 4 & 7), usize::from(head & 15));
            if bytes + trail as usize > 8 {
                return None;
            }
            let mut x = [0; 8];
            x[..bytes].copy_from_slice(input.take(bytes)?);
            let place = usize::try_from(id).ok()?;
            let previous = self.previous.get_mut(place)?;
            *previous ^= u64::from_le_bytes(x).checked_shl(trail * 8).unwrap_or(0);
            self.row.push((self.refs[place], f64::from_bits(*previous)));
            expected = id + 1;
        }
        self.began.get_or_insert(t);
        listener.batch(t, &self.row);
        Some(())
    }

    fn encoder(self) -> Encoder {
        match self.began {
            Some(began) => Encoder::behind(self.refs, self.previous, began),
            None => Encoder::new(),
        }
    }
}
