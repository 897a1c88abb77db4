//! `[global]`: what is true of everything this Vitals tells.

use std::collections::BTreeMap;

use serde::Serialize;

use super::table::{Section, Table};

/// `[global]`.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub(crate) struct Global {
    /// Labels that tell this Vitals from others: of every alert, and in the templates of rules.
    pub(crate) external_labels: BTreeMap<String, String>,
}

impl Section for Global {
    fn read(&mut self, table: &mut Table<'_>) {
        table.labels("external_labels", &mut self.external_labels);
    }
}
