//! One series of a generation: times as deltas of deltas, values XORed with the one before (as
//! Facebook's Gorilla does), about three bytes per sample.

use super::arena::{Arena, NONE};

#[derive(Clone)]
pub(super) struct Column {
    first_page: u32,
    last_page: u32,
    /// Complete words in pages; the next one is `word`.
    words: u32,
    word: u64,
    used: u32,
    pub(super) n: u32,
    pub(super) first_t: i64,
    pub(super) t: i64,
    delta: i64,
    pub(super) v: u64,
    lead: u8,
    trail: u8,
    /// The last two, the older one first; none before there is one.
    marks: Option<Box<[Mark; 2]>>,
}

/// Samples from one mark to the next: of a series that is kept every second, rules read a few minutes
/// every second, and need not decode hours for it. One that is kept every ten has none in two hours.
const MARK: u32 = 1_024;

/// What stood in the column when it was made: what came later can be read without what is before.
#[derive(Clone, Copy, Default)]
struct Mark {
    last_page: u32,
    words: u32,
    used: u32,
    n: u32,
    t: i64,
    delta: i64,
    v: u64,
    lead: u8,
    trail: u8,
}

/// No window of significant bits yet.
const NO_WINDOW: u8 = 255;

impl Column {
    pub(super) fn new() -> Self {
        Column {
            first_page: NONE,
            last_page: NONE,
            words: 0,
            word: 0,
            used: 0,
            n: 0,
            first_t: 0,
            t: 0,
            delta: 0,
            v: 0,
            lead: NO_WINDOW,
            trail: 0,
            marks: None,
        }
    }

    /// `t` is later than all before.
    pub(super) fn push(&mut self, t: i64, v: u64, arena: &mut Arena) {
        if self.n == 0 {
            self.first_t = t;
            self.put(t as u64, 64, arena);
            self.put(v, 64, arena);
        } else {
            self.put_time(t, arena);
            self.put_value(v, arena);
        }
        (self.t, self.v) = (t, v);
        self.n += 1;
        if self.n.is_multiple_of(MARK) {
            let mark = self.mark();
            let marks = self.marks.get_or_insert_with(|| Box::new([mark; 2]));
            **marks = [marks[1], mark];
        }
    }

    fn mark(&self) -> Mark {
        Mark {
            last_page: self.last_page,
            words: self.words,
            used: self.used,
            n: self.n,
            t: self.t,
            delta: self.delta,
            v: self.v,
            lead: self.lead,
            trail: self.trail,
        }
    }

    /// Delta of deltas: 0 | 10 + 14 bits | 11 + the delta in 64 bits.
    fn put_time(&mut self, t: i64, arena: &mut Arena) {
        let delta = t.wrapping_sub(self.t);
        let change = delta.wrapping_sub(self.delta);
        self.delta = delta;
        if change == 0 {
            self.put(0, 1, arena);
        } else if (-8192..8192).contains(&change) {
            self.put((0b10 << 14) | (change as u64 & 0x3fff), 16, arena);
        } else {
            self.put(0b11, 2, arena);
            self.put(delta as u64, 64, arena);
        }
    }

    /// 0: the same | 10 + bits in the last window | 11 + lead (5) + length (6) + bits.
    fn put_value(&mut self, v: u64, arena: &mut Arena) {
        let x = v ^ self.v;
        if x == 0 {
            return self.put(0, 1, arena);
        }
        let (lead, trail) = (x.leading_zeros().min(31) as u8, x.trailing_zeros() as u8);
        if self.lead == NO_WINDOW || lead < self.lead || trail < self.trail {
            (self.lead, self.trail) = (lead, trail);
            let len = u64::from(64 - lead - trail);
            let window = (0b11 << 11) | (u64::from(lead) << 6) | (len & 63);
            self.put(window, 13, arena);
        } else {
            self.put(0b10, 2, arena);
        }
        let len = 64 - u32::from(self.lead) - u32::from(self.trail);
        self.put(x >> self.trail, len, arena);
    }

    #[inline]
    fn put(&mut self, v: u64, bits: u32, arena: &mut Arena) {
        let free = 64 - self.used;
        if bits < free {
            self.word |= v << (free - bits);
            self.used += bits;
            return;
        }
        let word = self.word | (v >> (bits - free));
        self.used = bits - free;
        self.word = if self.used == 0 {
            0
        } else {
            v << (64 - self.used)
        };
        self.last_page = arena.put(self.last_page, self.words, word);
        if self.words == 0 {
            self.first_page = self.last_page;
        }
        self.words += 1;
    }

    /// Copies all samples from `from` on, and a few before.
    pub(super) fn copy(&self, from: i64, arena: &Arena, to: &mut Bits) {
        let marks = self.marks.iter().flat_map(|marks| marks.iter().rev());
        let mark = marks.copied().find(|mark| mark.t < from);
        to.words.clear();
        match &mark {
            None => arena.copy(self.first_page, 0, self.words, &mut to.words),
            Some(mark) => {
                let (skip, words) = (Arena::taken(mark.words), self.words - mark.words);
                arena.copy(mark.last_page, skip, words, &mut to.words);
            }
        }
        to.words.push(self.word);
        to.n = (self.n - mark.map_or(0, |mark| mark.n)) as usize;
        to.behind = mark;
    }
}

/// A copied column, to be decoded without any lock.
#[derive(Default)]
pub(crate) struct Bits {
    words: Vec<u64>,
    n: usize,
    /// Where it begins, if not with the column.
    behind: Option<Mark>,
}

impl Bits {
    /// Appends all samples, by ascending time.
    pub(crate) fn decode(&self, times: &mut Vec<i64>, values: &mut Vec<f64>) {
        let Mark {
            used,
            mut t,
            mut delta,
            mut v,
            ..
        } = self.behind.unwrap_or_default();
        let mut bits = Cursor {
            words: &self.words,
            at: used as usize,
        };
        let window = self.behind.map_or((0, 0), |mark| (mark.lead, mark.trail));
        let (mut lead, mut trail) = (u32::from(window.0), u32::from(window.1));
        times.reserve(self.n);
        values.reserve(self.n);
        for n in 0..self.n {
            if n == 0 && self.behind.is_none() {
                (t, v) = (bits.get(64) as i64, bits.get(64));
            } else {
                if bits.get(1) == 1 {
                    delta = match bits.get(1) {
                        0 => delta.wrapping_add(((bits.get(14) << 50) as i64) >> 50),
                        _ => bits.get(64) as i64,
                    };
                }
                t = t.wrapping_add(delta);
                if bits.get(1) == 1 {
                    if bits.get(1) == 1 {
                        lead = bits.get(5) as u32;
                        let len = bits.get(6) as u32;
                        trail = 64 - lead - if len == 0 { 64 } else { len };
                    }
                    v ^= bits.get(64 - lead - trail) << trail;
                }
            }
            times.push(t);
            values.push(f64::from_bits(v));
        }
    }
}

struct Cursor<'a> {
    words: &'a [u64],
    at: usize,
}

impl Cursor<'_> {
    /// `bits` is 1 to 64.
    #[inline]
    fn get(&mut self, bits: u32) -> u64 {
        let (word, offset) = (self.at / 64, (self.at % 64) as u32);
        self.at += bits as usize;
        let mut all = self.words[word] << offset;
        if offset + bits > 64 {
            all |= self.words[word + 1] >> (64 - offset);
        }
        all >> (64 - bits)
    }
}
