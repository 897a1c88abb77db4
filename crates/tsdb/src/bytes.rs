//! Numbers and strings as they lie in files: varints, and a reader that checks every bound. What it
//! reads may be damaged: every getter returns `Option`.

pub(crate) fn put_u32(out: &mut Vec<u8>, v: u32) {
    out.extend_from_slice(&v.to_le_bytes());
}

pub(crate) fn put_u64(out: &mut Vec<u8>, v: u64) {
    out.extend_from_slice(&v.to_le_bytes());
}

/// LEB128, 7 bits per byte.
pub(crate) fn put_var(out: &mut Vec<u8>, mut v: u64) {
    while v >= 0x80 {
        out.push(v as u8 | 0x80);
        v >>= 7;
    }
    out.push(v as u8);
}

/// Zigzag, so that small negative numbers stay short.
pub(crate) fn put_zig(out: &mut Vec<u8>, v: i64) {
    put_var(out, ((v << 1) ^ (v >> 63)) as u64);
}

pub(crate) fn put_str(out: &mut Vec<u8>, s: &str) {
    put_var(out, s.len() as u64);
    out.extend_from_slice(s.as_bytes());
}

/// A float as a small integer when it is one, else as its 8 bytes.
pub(crate) fn put_num(out: &mut Vec<u8>, v: f64) {
    let int = v as i64;
    if int.unsigned_abs() < 1 << 48 && (int as f64).to_bits() == v.to_bits() {
        put_zig(out, int << 1);
    } else {
        put_zig(out, 1);
        put_u64(out, v.to_bits());
    }
}

/// Reads what the `put_*` functions wrote.
pub(crate) struct Input<'a>(pub(crate) &'a [u8]);

impl<'a> Input<'a> {
    pub(crate) fn take(&mut self, n: usize) -> Option<&'a [u8]> {
        let head = self.0.get(..n)?;
        self.0 = &self.0[n..];
        Some(head)
    }

    pub(crate) fn byte(&mut self) -> Option<u8> {
        self.take(1).map(|b| b[0])
    }

    pub(crate) fn u32(&mut self) -> Option<u32> {
        Some(u32::from_le_bytes(self.take(4)?.try_into().ok()?))
    }

    pub(crate) fn u64(&mut self) -> Option<u64> {
        Some(u64::from_le_bytes(self.take(8)?.try_into().ok()?))
    }

    pub(crate) fn var(&mut self) -> Option<u64> {
        let mut v = 0;
        for shift in (0..64).step_by(7) {
            let b = self.byte()?;
            v |= ((b & 0x7f) as u64) << shift;
            if b < 0x80 {
                return Some(v);
            }
        }
        None
    }

    pub(crate) fn zig(&mut self) -> Option<i64> {
        let v = self.var()?;
        Some((v >> 1) as i64 ^ -((v & 1) as i64))
    }

    pub(crate) fn str(&mut self) -> Option<&'a str> {
        let n = self.var()? as usize;
        std::str::from_utf8(self.take(n)?).ok()
    }

    pub(crate) fn num(&mut self) -> Option<f64> {
        let v = self.zig()?;
        if v & 1 == 0 {
            Some((v >> 1) as f64)
        } else {
            Some(f64::from_bits(self.u64()?))
        }
    }
}
