//! Series that end up with the same labels: one, unless they meet at a step.

use std::collections::HashMap;

use exposition::Labels;

use super::row::{Series, is_absent};
use crate::error::{Error, Result};

/// Collects series, in order of first appearance.
#[derive(Default)]
pub(crate) struct Union {
    series: Vec<Series>,
    index: HashMap<(Labels, bool), usize>,
}

impl Union {
    /// Adds a series.
    ///
    /// # Errors
    /// When there is one with the same labels and a sample at the same step.
    pub(crate) fn add(&mut self, added: Series) -> Result<()> {
        let key = (added.labels.clone(), added.drop_name);
        let Some(&at) = self.index.get(&key) else {
            self.index.insert(key, self.series.len());
            self.series.push(added);
            return Ok(());
        };
        let cells = self.series[at].values.iter_mut();
        for (cell, value) in cells.zip(added.values.iter()) {
            if is_absent(*value) {
                continue;
            }
            if !is_absent(*cell) {
                return Err(Error::same_labels());
            }
            *cell = *value;
        }
        Ok(())
    }

    pub(crate) fn into_series(self) -> Vec<Series> {
        self.series
    }
}
