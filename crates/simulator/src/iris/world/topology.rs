//! The simulated hospital: its production's hosts, its message types, its databases.
//!
//! Origin: invented; the framework's hosts (`Ens.*`, `EnsLib.*`) are named as recorded.

/// The namespace of the production.
pub(crate) const NAMESPACE: &str = "HOSPITAL";
/// The production.
pub(crate) const PRODUCTION: &str = "Hospital.Production";

/// HL7 structures that come in, as `messagetype` names them.
pub(crate) const TYPES: [&str; 4] = ["ADT_A01", "ADT_A03", "ORU_R01", "ORM_O01"];
/// Their shares of all that comes in, in hundredths.
pub(crate) const SHARES: [u32; 4] = [30, 15, 35, 20];

/// One number for each of [`TYPES`].
pub(crate) type ByType = [u64; TYPES.len()];

/// What a host is to the production.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Kind {
    Service,
    Actor,
    Operation,
}

impl Kind {
    /// As `hosttype` names it.
    pub(crate) fn name(self) -> &'static str {
        match self {
            Kind::Service => "service",
            Kind::Actor => "actor",
            Kind::Operation => "operation",
        }
    }
}

/// A host of the production.
pub(crate) struct Item {
    pub(crate) name: &'static str,
    pub(crate) kind: Kind,
}

const fn item(name: &'static str, kind: Kind) -> Item {
    Item { name, kind }
}

pub(crate) const ADT_INBOUND: usize = 0;
pub(crate) const LAB_INBOUND: usize = 1;
pub(crate) const ORDERS_INBOUND: usize = 2;
pub(crate) const ROUTER: usize = 3;
pub(crate) const TRANSFORM: usize = 4;
pub(crate) const EHR: usize = 5;
pub(crate) const PHARMACY: usize = 6;
pub(crate) const ARCHIVE: usize = 7;
/// Hosts that handle HL7; those after them are the framework's own.
pub(crate) const BUSINESS: usize = 8;
pub(crate) const MONITOR: usize = 11;
pub(crate) const SCHEDULE_HANDLER: usize = 12;
pub(crate) const SCHEDULE_SERVICE: usize = 13;

/// All hosts.
pub(crate) const ITEMS: [Item; 17] = [
    item("ADT Inbound", Kind::Service),
    item("Lab Inbound", Kind::Service),
    item("Orders Inbound", Kind::Service),
    item("HL7 Router", Kind::Actor),
    item("Result Transform", Kind::Actor),
    item("EHR Outbound", Kind::Operation),
    item("Pharmacy Outbound", Kind::Operation),
    item("Archive & Audit", Kind::Operation),
    item("Ens.Activity.Operation.Local", Kind::Operation),
    item("Ens.Actor", Kind::Actor),
    item("Ens.Alarm", Kind::Operation),
    item("Ens.MonitorService", Kind::Service),
    item("Ens.ScheduleHandler", Kind::Actor),
    item("Ens.ScheduleService", Kind::Service),
    item("EnsLib.Background.Process.ExportMessageSearch", Kind::Actor),
    item("EnsLib.Background.Service", Kind::Service),
    item("EnsLib.Background.Workflow.Operation", Kind::Operation),
];

/// The index of a host.
pub(crate) fn item_named(name: &str) -> Option<usize> {
    ITEMS.iter().position(|item| item.name == name)
}

/// The service that a type comes in by.
pub(crate) fn service_of(kind: usize) -> usize {
    [ADT_INBOUND, ADT_INBOUND, LAB_INBOUND, ORDERS_INBOUND][kind % TYPES.len()]
}

/// The operation that a type goes out by.
pub(crate) fn operation_of(kind: usize) -> usize {
    [EHR, EHR, EHR, PHARMACY][kind % TYPES.len()]
}

/// A database.
pub(crate) struct Database {
    /// Its name; a directory for one that is not mapped.
    pub(crate) name: &'static str,
    /// Below the manager's directory, without slashes at the ends.
    pub(crate) directory: &'static str,
    /// Megabytes at the start.
    pub(crate) megabytes: u64,
    /// Bytes it grows by for each HL7 message that comes in.
    pub(crate) per_message: u64,
}

const fn database(
    name: &'static str,
    directory: &'static str,
    megabytes: u64,
    per_message: u64,
) -> Database {
    Database {
        name,
        directory,
        megabytes,
        per_message,
    }
}

/// All databases; sizes of the system's own are about as recorded.
pub(crate) const DATABASES: [Database; 13] = [
    database("ENSLIB", "enslib", 213, 0),
    database("HOSPITAL", "hospital", 620, 6_000),
    database("HSCUSTOM", "hscustom", 21, 0),
    database("HSLIB", "hslib", 1_623, 0),
    database("HSSYS", "hssys", 21, 0),
    database("HSSYSLOCALTEMP", "hssyslocaltemp", 1, 0),
    database("INTEROP", "interop", 41, 400),
    database("IRISAUDIT", "irisaudit", 11, 40),
    database("IRISLOCALDATA", "irislocaldata", 51, 0),
    database("IRISSECURITY", "irissecurity", 21, 0),
    database("IRISSYS", "", 70, 0),
    database("IRISTEMP", "iristemp", 20, 0),
    database("USER", "user", 11, 0),
];
