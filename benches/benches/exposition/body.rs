//! A body like one of InterSystems IRIS 2026.1: its families and labels, with invented values, in
//! about as many bytes as a recorded one.

use std::fmt::Write;

/// Families without labels: how many there are, and what their names begin with.
const PLAIN: [(&str, usize); 11] = [
    ("iris_jrn_", 8),
    ("iris_mirror_", 10),
    ("iris_phys_", 6),
    ("iris_ecps_", 32),
    ("iris_wqm_", 12),
    ("iris_glo_", 12),
    ("iris_rtn_", 7),
    ("iris_obj_", 7),
    ("iris_wd_", 14),
    ("iris_license_", 4),
    ("iris_trans_open_", 3),
];
const DATABASES: [&str; 11] = [
    "ENSLIB",
    "HSCUSTOM",
    "HSLIB",
    "HSSYS",
    "INTEROP",
    "IRISAUDIT",
    "IRISSECURITY",
    "IRISSYS",
    "IRISTEMP",
    "LABDEMO",
    "USER",
];
const HOSTS: [&str; 10] = [
    "Cloud API",
    "EMR Source",
    "Lab Router",
    "FHIR Transform",
    "Ens.MonitorService",
    "Ens.ScheduleHandler",
    "Ens.Activity.Operation.Local",
    "Ens.Alert",
    "Archive",
    "Ward Display",
];
const PROCESSES: usize = 55;
const RESOURCES: usize = 52;

/// The body.
pub(crate) fn body() -> String {
    let mut body = Body::default();
    for (prefix, count) in PLAIN {
        for n in 0..count {
            let samples = [(String::new(), format!("{}", n * 7919 % 4001))];
            body.family(&format!("{prefix}rate{n}_per_sec"), "gauge", "", samples);
        }
    }
    body.databases();
    body.interop();
    body.processes();
    body.resources();
    body.0
}

#[derive(Default)]
struct Body(String);

impl Body {
    fn family(
        &mut self,
        name: &str,
        kind: &str,
        unit: &str,
        samples: impl IntoIterator<Item = (String, String)>,
    ) {
        let out = &mut self.0;
        // Writing to a String cannot fail.
        let _ = writeln!(
            out,
            "# HELP {name} Some words (as many as usual) on what is counted"
        );
        let _ = writeln!(out, "# TYPE {name} {kind}");
        if !unit.is_empty() {
            let _ = writeln!(out, "# UNIT {name} {unit}");
        }
        for (labels, value) in samples {
            let _ = match labels.is_empty() {
                true => writeln!(out, "{name} {value}"),
                false => writeln!(out, "{name}{{{labels}}} {value}"),
            };
        }
    }

    fn databases(&mut self) {
        for name in [
            "iris_db_size_mb",
            "iris_directory_space",
            "iris_disk_percent_full",
        ] {
            let samples = DATABASES.iter().zip(11..).map(|(id, value)| {
                let directory = format!("/iris-shared/durable/mgr/{}/", id.to_lowercase());
                (
                    format!("id=\"{id}\",dir=\"{directory}\""),
                    format!("{value}"),
                )
            });
            self.family(name, "gauge", "megabytes", samples);
        }
        for name in [
            "iris_db_free_space",
            "iris_db_latency",
            "iris_db_expansion_size_mb",
            "iris_cached_query_by_ns",
            "iris_rtn_count_by_ns",
        ] {
            let samples = DATABASES.iter().zip(217..);
            let samples = samples.map(|(id, value)| (format!("id=\"{id}\""), format!(".{value}")));
            self.family(name, "gauge", "milliseconds", samples);
        }
        for name in [
            "iris_smh_available",
            "iris_smh_used",
            "iris_smh_percent_full",
        ] {
            let samples = DATABASES.iter().zip(65_536..).flat_map(|(id, value)| {
                let of = move |n| (format!("id=\"{id} & Heap {n}\""), format!("{}", value * n));
                (1..4).map(of)
            });
            self.family(name, "gauge", "bytes", samples);
        }
        for name in [
            "iris_sql_queries_avg_runtime",
            "iris_sql_queries_per_second",
        ] {
            let samples = DATABASES.iter().zip(1_222_857_142_857_142_857_u64..);
            let samples =
                samples.map(|(id, value)| (format!("id=\"{id}\""), format!(".000{value}")));
            self.family(name, "gauge", "seconds", samples);
        }
    }

    fn interop(&mut self) {
        let production = "production=\"LABDEMO.Production\"";
        for name in ["messages", "messages_per_sec", "last_activity"] {
            let samples = HOSTS.iter().zip(3..).map(|(host, value)| {
                let labels = format!("id=\"LABDEMO\",host=\"{host}\",{production}");
                (labels, format!("{}.{value}", value * 14))
            });
            self.family(&format!("iris_interop_{name}"), "counter", "", samples);
        }
        for name in ["avg_processing_time", "avg_queueing_time", "sample_count"] {
            let samples = HOSTS.iter().zip(1..).map(|(host, value)| {
                let labels = format!(
                    "id=\"LABDEMO\",hosttype=\"actor\",host=\"{host}\",messagetype=\"ORM_O01\",{production}"
                );
                (labels, format!(".0{value}"))
            });
            self.family(&format!("iris_interop_{name}"), "gauge", "seconds", samples);
        }
    }

    fn processes(&mut self) {
        let samples = (0..PROCESSES).map(|n| {
            let labels = format!(
                "id=\"{}\",state=\"EVTW\",waitstate=\"\",jobtype=\"27\",clientname=\"localhost\",\
                 namespace=\"LABDEMO\",routine=\"%SYS.cspServer{n}\"",
                900 + 17 * n
            );
            (labels, "1".to_owned())
        });
        self.family("iris_process", "gauge", "", samples);
        for name in [
            "commands",
            "glo_refs",
            "jrn_entries",
            "phys_reads",
            "block_allocs",
            "block_writes",
        ] {
            let samples = (0..PROCESSES).map(|n| {
                let value = n * n * 104_729 % 9_999_991;
                (format!("id=\"{}\"", 900 + 17 * n), format!("{value}"))
            });
            self.family(&format!("iris_process_{name}"), "counter", "", samples);
        }
    }

    fn resources(&mut self) {
        for name in ["iris_res_seize", "iris_res_a_seize", "iris_res_n_seize"] {
            let samples = (0..RESOURCES).map(|n| {
                let value = n * n * 7_919 % 99_991;
                (format!("id=\"Resource{n}\""), format!("{value}"))
            });
            self.family(name, "counter", "", samples);
        }
    }
}
