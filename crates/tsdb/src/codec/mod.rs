//! Value codec of sealed chunks. Every value comes back bit for bit.
//!
//! One pipeline: f64 -> i64 -> deltas -> (delta - base) / gcd -> narrowest unsigned type -> pco.
//! * i64: `v * 10^k` when that is exact for (nearly) all values, else the float's bits in
//!   numeric order. Values that are not decimals (NaN, -0.0, Inf...) go to a list of exceptions.
//! * deltas: order 0, 1 or 2, whichever looks smallest.
//! * narrow type: pco stores each bin's lower bound in the type's full width, so u8 or u16
//!   instead of u64 saves ~60 bytes per chunk: 0.1 B/sample in a 2 h chunk.
//!
//! All residuals equal (constant gauge, steady counter): no pco body at all.
//!
//! chunk = flags | k or dictionary | exceptions? | first * order | base | gcd | pco meta + page

mod pack;
mod patches;
#[cfg(test)]
mod tests;

use std::iter;

use crate::{
    bytes::{Input, put_u64, put_var, put_zig},
    numbers::{POW10, decimal, find_k, gcd, ordered, spread, unordered},
};
use pack::{pack, unpack};

const ORDER: u8 = 0b11; // bits 0-1
const WIDTH: u8 = 0b111 << 2; // 0: none, 1: u8, 2: u16, 3: u32, 4: u64
const BITS: u8 = 1 << 5; // float bits instead of decimals
const PATCHED: u8 = 1 << 6;
const DICT: u8 = 1 << 7; // the integers are places in a list of at most 16 floats

const MAX_ORDER: usize = 2;

/// Reusable buffers; one per sealing or reading thread.
#[derive(Default)]
pub(crate) struct Codec {
    ints: Vec<i64>,
    n8: Vec<u8>,
    n16: Vec<u16>,
    n32: Vec<u32>,
    n64: Vec<u64>,
    scratch: pco::DecompressorScratch,
}

impl Codec {
    pub(crate) fn encode(&mut self, vs: &[f64], level: usize, out: &mut Vec<u8>) {
        let mut flags = 0;
        let mut patches = Vec::new();
        let mut k = 0;
        match find_k(vs).filter(|&k| self.take_decimals(vs, k, &mut patches)) {
            Some(fit) => k = fit,
            None => {
                patches.clear();
                flags |= BITS;
                self.ints.clear();
                self.ints.extend(vs.iter().map(|&v| ordered(v)));
            }
        }
        let dictionary = if flags & BITS != 0 {
            self.take_dictionary()
        } else {
            vec![]
        };
        let at = out.len();
        out.push(flags);
        if flags & BITS == 0 {
            out.push(k as u8);
        } else if !dictionary.is_empty() {
            out[at] |= DICT;
            put_var(out, dictionary.len() as u64);
            dictionary.iter().for_each(|&i| put_u64(out, i as u64));
        }
        if !patches.is_empty() {
            out[at] |= PATCHED;
            patches::put(out, &patches);
        }
        let order = self.difference();
        out[at] |= order as u8;
        for &first in &self.ints[..order] {
            put_zig(out, first);
        }
        out[at] |= self.residuals(order, level, out) << 2;
    }

    /// Fills `ints`; values without an exact decimal repeat the one before and become patches.
    fn take_decimals(&mut self, vs: &[f64], k: usize, patches: &mut Vec<(usize, u64)>) -> bool {
        self.ints.clear();
        let mut last = vs.iter().find_map(|&v| decimal(v, k)).unwrap_or(0);
        for (i, &v) in vs.iter().enumerate() {
            match decimal(v, k) {
                Some(int) => last = int,
                None => patches.push((i, v.to_bits())),
            }
            self.ints.push(last);
            if patches.len() > 8 + vs.len() / 16 {
                return false;
            }
        }
        true
    }

    /// A few floats over and over: leaves their places in `ints` and returns the list.
    fn take_dictionary(&mut self) -> Vec<i64> {
        let mut list: Vec<i64> = Vec::with_capacity(16);
        for i in &self.ints {
            if !list.contains(i) {
                if list.len() == 16 {
                    return vec![];
                }
                list.push(*i);
            }
        }
        if list.len() == 1 || list.len() * 16 > self.ints.len() {
            return vec![];
        }
        for i in &mut self.ints {
            *i = list.iter().position(|l| l == i).unwrap_or(0) as i64;
        }
        list
    }

    /// Picks the delta order that spreads least; leaves `order` first values + deltas in `ints`.
    fn difference(&mut self) -> usize {
        let ints = &mut self.ints;
        if ints.len() < 4 || ints.iter().all(|&i| i == ints[0]) {
            return 0;
        }
        let delta = |w: &[i64]| w[1].wrapping_sub(w[0]);
        let second = |w: &[i64]| {
            w[2].wrapping_sub(w[1])
                .wrapping_sub(w[1].wrapping_sub(w[0]))
        };
        let costs = [
            spread(ints.iter().copied()),
            spread(ints.windows(2).map(delta)),
            spread(ints.windows(3).map(second)),
        ];
        let order = (0..=MAX_ORDER).min_by_key(|&o| costs[o]).unwrap_or(0);
        for o in 1..=order {
            for i in (o..ints.len()).rev() {
                ints[i] = ints[i].wrapping_sub(ints[i - 1]);
            }
        }
        order
    }

    /// Writes base, gcd and the packed body; returns the width code.
    fn residuals(&mut self, order: usize, level: usize, out: &mut Vec<u8>) -> u8 {
        let rest = &self.ints[order.min(self.ints.len())..];
        let base = rest.iter().copied().min().unwrap_or(0);
        let top = rest.iter().copied().max().unwrap_or(0);
        put_zig(out, base);
        let range = top.wrapping_sub(base) as u64;
        if range == 0 {
            return 0;
        }
        let mut g = range;
        for &d in rest {
            if g == 1 {
                break;
            }
            g = gcd(d.wrapping_sub(base) as u64, g);
        }
        put_var(out, g);
        let unit = |d: i64| {
            let r = d.wrapping_sub(base) as u64;
            if g == 1 { r } else { r / g }
        };
        macro_rules! narrow {
            ($buf:ident, $type:ty) => {{
                self.$buf.clear();
                self.$buf.extend(rest.iter().map(|&d| unit(d) as $type));
                pack(&self.$buf, level, out)
            }};
        }
        let widest = range / g;
        if widest <= u64::from(u8::MAX) {
            narrow!(n8, u8);
            1
        } else if widest <= u64::from(u16::MAX) {
            narrow!(n16, u16);
            2
        } else if widest <= u64::from(u32::MAX) {
            narrow!(n32, u32);
            3
        } else {
            narrow!(n64, u64);
            4
        }
    }

    /// Appends `n` values; `None` if the bytes are damaged.
    pub(crate) fn decode(&mut self, bytes: &[u8], n: usize, out: &mut Vec<f64>) -> Option<()> {
        let mut input = Input(bytes);
        let flags = input.byte()?;
        let k = if flags & BITS == 0 {
            input.byte()? as usize
        } else {
            0
        };
        let mut dictionary = Vec::new();
        if flags & DICT != 0 {
            for _ in 0..input.var()?.min(16) {
                dictionary.push(input.u64()? as i64);
            }
        }
        let patches = if flags & PATCHED != 0 {
            patches::get(&mut input, n)?
        } else {
            vec![]
        };
        let order = (flags & ORDER) as usize;
        if order > n.min(MAX_ORDER) {
            return None;
        }
        let mut firsts = [0; MAX_ORDER];
        for first in &mut firsts[..order] {
            *first = input.zig()?;
        }
        let base = input.zig()?;
        let code = (flags & WIDTH) >> 2;
        let unit = if code == 0 { 0 } else { input.var()? };
        let deltas = Deltas {
            firsts: &firsts[..order],
            base,
            unit,
        };
        let kind = if flags & BITS != 0 {
            Kind::Bits
        } else if k == 0 {
            Kind::Integers
        } else {
            Kind::Decimals(*POW10.get(k)?)
        };
        let (from, rest) = (out.len(), n - order);
        macro_rules! widen {
            ($buf:ident) => {{
                unpack(input.0, rest, &mut self.$buf, &mut self.scratch)?;
                deltas.restore(self.$buf.iter().map(|&r| r.into()), kind, out)
            }};
        }
        match code {
            0 => deltas.restore(iter::repeat_n(0, rest), kind, out),
            1 => widen!(n8),
            2 => widen!(n16),
            3 => widen!(n32),
            4 => widen!(n64),
            _ => return None,
        }
        if flags & DICT != 0 {
            for place in &mut out[from..] {
                // Bits of small numbers in numeric order are those numbers.
                let nth = usize::try_from(place.to_bits()).ok()?;
                *place = unordered(*dictionary.get(nth)?);
            }
        }
        for (at, bits) in patches {
            *out.get_mut(from + at)? = f64::from_bits(bits);
        }
        Some(())
    }
}

/// What a chunk says of its integers, besides the residuals.
#[derive(Clone, Copy)]
struct Deltas<'a> {
    /// As many as deltas were taken.
    firsts: &'a [i64],
    base: i64,
    unit: u64,
}

/// What the integers stand for.
#[derive(Clone, Copy)]
enum Kind {
    Bits,
    Integers,
    /// So many of one.
    Decimals(f64),
}

impl Deltas<'_> {
    /// Appends the floats that residuals stand for.
    fn restore(
        self,
        residuals: impl ExactSizeIterator<Item = u64>,
        kind: Kind,
        out: &mut Vec<f64>,
    ) {
        match kind {
            Kind::Bits => self.sum_up(residuals, unordered, out),
            Kind::Integers => self.sum_up(residuals, |int| int as f64, out),
            Kind::Decimals(scale) => self.sum_up(residuals, |int| int as f64 / scale, out),
        }
    }

    /// One loop from the residual to the float: reading is mostly this.
    #[inline]
    fn sum_up(
        self,
        residuals: impl ExactSizeIterator<Item = u64>,
        float: impl Fn(i64) -> f64,
        out: &mut Vec<f64>,
    ) {
        let Deltas { base, unit, .. } = self;
        let ints = residuals.map(|r| base.wrapping_add(r.wrapping_mul(unit) as i64));
        match *self.firsts {
            [] => out.extend(ints.map(float)),
            [mut sum] => {
                out.push(float(sum));
                out.extend(ints.map(|delta| {
                    sum = sum.wrapping_add(delta);
                    float(sum)
                }));
            }
            [first, mut delta, ..] => {
                let mut sum = first.wrapping_add(delta);
                out.extend([float(first), float(sum)]);
                out.extend(ints.map(|change| {
                    delta = delta.wrapping_add(change);
                    sum = sum.wrapping_add(delta);
                    float(sum)
                }));
            }
        }
    }
}
