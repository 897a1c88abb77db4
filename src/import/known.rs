//! Series as they are written, so that their labels are made once and not once a line.

use std::collections::HashMap;

/// More are forgotten, and made again.
const MOST: usize = 1_000_000;

/// What a text stands for.
pub(super) struct Known<S> {
    series: HashMap<Box<str>, S>,
    last: Option<(String, S)>,
}

impl<S> Default for Known<S> {
    fn default() -> Self {
        Known {
            series: HashMap::new(),
            last: None,
        }
    }
}

impl<S: Copy> Known<S> {
    /// The series of a text, which `make` makes where it is new.
    pub(super) fn find<E>(
        &mut self,
        text: &str,
        make: impl FnOnce() -> Result<S, E>,
    ) -> Result<S, E> {
        // Files are sorted by series, more often than not.
        if let Some((last, series)) = &self.last
            && last == text
        {
            return Ok(*series);
        }
        let series = match self.series.get(text) {
            Some(series) => *series,
            None => {
                let series = make()?;
                if self.series.len() == MOST {
                    self.series.clear();
                }
                self.series.insert(text.into(), series);
                series
            }
        };
        match &mut self.last {
            Some((last, of_last)) => {
                last.clear();
                last.push_str(text);
                *of_last = series;
            }
            none => *none = Some((text.to_owned(), series)),
        }
        Ok(series)
    }
}
