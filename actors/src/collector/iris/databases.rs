//! Sizes of databases.

use std::collections::BTreeSet;

use super::{native::Native, settings::IrisSettings};
use crate::collector::{Reason, told::Told};

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
    let mut all = Vec::new();
    for (labels, megabytes) in native.series("iris_db_size_mb") {
        // A database that is mapped to no name is told by its directory.
        let directory = labels.get("dir");
        let name = labels.get("id").or(directory);
        let is_new = directory.is_none_or(|directory| directories.insert(directory));
        all.extend(
            name.filter(|_| is_new)
                .map(|name| (name.to_owned(), megabytes)),
        );
    }
    tell_of(&all, settings, "iris_db_size_mb", told);
}

/// Tells the sizes, in megabytes, that a source knows.
pub(super) fn tell_of(
    all: &[(String, f64)],
    settings: &IrisSettings,
    source: &str,
    told: &mut Told,
) {
    told.replace(SIZE);
    let mut any = false;
    for (name, megabytes) in all {
        let is = |other: &&str| other.eq_ignore_ascii_case(name);
        let is_wanted = match &settings.databases[..] {
            [] => !SYSTEM.iter().any(is),
            wanted => wanted.iter().any(|wanted| is(&wanted.as_str())),
        };
        if is_wanted {
            any = true;
            let help = "Size of a database.";
            told.gauge_of(
                SIZE,
                help,
                [("database", name.as_str())],
                megabytes * MEGABYTE,
            );
        }
    }
    if any {
        told.source("database_size", source);
    } else if all.is_empty() {
        let hint = "IRIS does not tell the sizes of its databases";
        told.absent(SIZE, Reason::NotEnabled, hint);
    } else if settings.databases.is_empty() {
        let hint = "there is no database but IRIS's own";
        told.absent(SIZE, Reason::NotConfigured, hint);
    } else {
        let hint = "none of the databases in the settings is there";
        told.absent(SIZE, Reason::NotConfigured, hint);
    }
}
