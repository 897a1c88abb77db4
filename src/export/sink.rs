//! Text on its way out.

use std::io::{self, Write};

/// Handed on at once.
const PIECE: usize = 64 << 10;

/// How far an export is.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Told {
    /// From 0 to 1.
    pub(crate) part: f64,
    /// Samples written.
    pub(crate) samples: u64,
}

/// Collects text, and hands it on in pieces.
pub(super) struct Sink<'w, W> {
    pub(super) text: String,
    writer: &'w mut W,
    told: &'w mut dyn FnMut(Told),
    samples: u64,
}

impl<'w, W: Write> Sink<'w, W> {
    pub(super) fn new(writer: &'w mut W, told: &'w mut dyn FnMut(Told)) -> Self {
        Sink {
            text: String::with_capacity(2 * PIECE),
            writer,
            told,
            samples: 0,
        }
    }

    /// Some samples are in the text: hands it on, if it is enough.
    pub(super) fn wrote(&mut self, samples: usize) -> io::Result<()> {
        self.samples += samples as u64;
        match self.text.len() {
            PIECE.. => self.pass_on(),
            _ => Ok(()),
        }
    }

    /// `done` of so many parts are done.
    pub(super) fn is_at(&mut self, done: usize, of: usize) {
        (self.told)(Told {
            part: done as f64 / of.max(1) as f64,
            samples: self.samples,
        });
    }

    fn pass_on(&mut self) -> io::Result<()> {
        self.writer.write_all(self.text.as_bytes())?;
        self.text.clear();
        Ok(())
    }

    /// Hands on what is left.
    pub(super) fn finish(mut self) -> io::Result<u64> {
        self.pass_on()?;
        self.writer.flush()?;
        Ok(self.samples)
    }
}
