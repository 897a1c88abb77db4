//! `[[interface]]`: the HL7 interfaces, and when they are expected to speak.

use serde::Serialize;
use vitals_actors::alert::hours::Hours;

use super::setting::{Setting, parse};
use super::table::{Section, Table};
use super::text;
use super::value::Value;

/// More interfaces are not known to one Vitals.
pub(super) const MOST: usize = 1_000;

/// One `[[interface]]`.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub(crate) struct Interface {
    /// The IRIS it is of; empty: the one called `main`.
    pub(crate) iris: String,
    /// The business host in its production.
    pub(crate) host: String,
    /// Messages a minute that are expected in its hours; 0: any number.
    pub(crate) expected: f64,
    /// When it is expected to speak; none: always.
    #[serde(serialize_with = "text::optional")]
    pub(crate) hours: Option<Hours>,
    /// Whom to ask about it.
    pub(crate) owner: String,
}

impl Section for Interface {
    fn read(&mut self, table: &mut Table<'_>) {
        table.value("iris", &mut self.iris);
        let says = || "the name of a business host".to_owned();
        table.checked("host", &mut self.host, says, |host| !host.is_empty());
        table.within("expected", &mut self.expected, 0.0..=1_000_000.0);
        table.optional("hours", &mut self.hours);
        table.value("owner", &mut self.owner);
    }
}

impl Setting for Hours {
    const WHAT: &'static str = "hours of the week, such as \"Mon-Fri 07:00-18:00 Europe/Berlin\"";

    fn read(value: &Value) -> Result<Self, String> {
        parse(value)
    }
}
