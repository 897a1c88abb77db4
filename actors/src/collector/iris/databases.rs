//! Sizes of databases.

use std::collections::BTreeSet;

use super::{native::Native, settings::IrisSettings, told::Told};
use crate::collector::Reason;

const SIZE: &str = "vitals_iris_database_size_bytes";
const MEGABYTE: f64 = 1_048_576.0;
/// Databases of IRIS's own.
const SYSTEM: [&str; 13] = [
    "IRISSYS",
    "IRISLIB",
    "IRISTEMP",
    "IRISLOCALDATA",
    "IRISAUDIT",
    "IRISSECURITY",
    "IRISMETRICS",
    "ENSLIB",
    "ENSTEMP",
    "HSLIB",
    "HSSYS",
    "HSCUSTOM",
    "HSSYSLOCALTEMP",
];

pub(super) fn tell(native: &Native, settings: &IrisSettings, told: &mut Told) {
    let mut directories = BTreeSet::new();
    let mut any = false;
    for (labels, megabytes) in native.series("iris_db_size_mb") {
        // A database that is mapped to no name is told by its directory.
        let directory = labels.get("dir");
        let Some(name) = labels.get("id").or(directory) else {
            continue;
        };
        let is = |other: &&str| other.eq_ignore_ascii_case(name);
        let is_wanted = match &settings.databases[..] {
            [] => !SYSTEM.iter().any(is),
            wanted => wanted.iter().any(|wanted| is(&wanted.as_str())),
        };
        let is_new = directory.is_none_or(|directory| directories.insert(directory));
        if is_wanted && is_new {
            any = true;
            let help = "Size of a database.";
            told.gauge_of(SIZE, help, [("database", name)], megabytes * MEGABYTE);
        }
    }
    if any {
        told.source("database_size", "iris_db_size_mb");
    } else if settings.databases.is_empty() {
        let hint = "there is no database but IRIS's own";
        told.absent(SIZE, Reason::NotConfigured, hint);
    } else {
        let hint = "none of the databases in the settings is there";
        told.absent(SIZE, Reason::NotConfigured, hint);
    }
}
