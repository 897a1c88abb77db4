//! The families of IRIS that Vitals hands on, with types of its own: IRIS's TYPE lines are absent in
//! 2024.1 and wrong in 2026.1 (a rate is called a counter, counters are called gauges).
//!
//! What is told per process and per resource is not in here: labels that come and go every second.
//! Names and meanings: the class reference of 2024.1, and recorded bodies of 2024.1 and 2026.1.

use std::{collections::HashMap, sync::LazyLock};

use exposition::MetricType::{self, Counter, Gauge, Untyped};

/// A family that is handed on.
#[derive(Debug)]
pub(super) struct Known {
    pub(super) name: &'static str,
    pub(super) kind: MetricType,
    pub(super) help: &'static str,
}

/// The family of this name, unless it is left out.
pub(super) fn known(name: &str) -> Option<&'static Known> {
    static BY_NAME: LazyLock<HashMap<&'static str, &'static Known>> =
        LazyLock::new(|| FAMILIES.iter().map(|known| (known.name, known)).collect());
    BY_NAME.get(name).copied()
}

const fn of(name: &'static str, kind: MetricType, help: &'static str) -> Known {
    Known { name, kind, help }
}

#[rustfmt::skip] // A table: one family a line.
const FAMILIES: &[Known] = &[
    of("iris_cache_efficiency", Gauge, "Global references per physical read and write."),
    of("iris_cached_query_by_ns", Gauge, "Cached queries of each namespace."),
    of("iris_cpu_pct", Gauge, "CPU used by a type of processes, in percent."),
    of("iris_cpu_usage", Gauge, "CPU used on the machine, in percent."),
    of("iris_csp_activity", Counter, "Web requests served since the web gateway was started."),
    of("iris_csp_actual_connections", Gauge, "Connections of the web gateway to this server."),
    of("iris_csp_gateway_latency", Gauge, "Time the web gateway took to answer, in milliseconds."),
    of("iris_csp_in_use_connections", Gauge, "Connections of the web gateway that are processing a request."),
    of("iris_csp_private_connections", Gauge, "Connections of the web gateway that are reserved for one client."),
    of("iris_csp_sessions", Gauge, "Active web sessions."),
    of("iris_db_expansion_size_mb", Gauge, "Size by which a database grows, in megabytes."),
    of("iris_db_file_limit_percent", Gauge, "Size of a database file against its limit, in percent."),
    of("iris_db_free_space", Gauge, "Free space within a database, in megabytes."),
    of("iris_db_latency", Gauge, "Time of a random read from a database, in milliseconds."),
    of("iris_db_max_size_mb", Gauge, "Size a database may grow to, in megabytes; 0 is unlimited."),
    of("iris_db_size_mb", Gauge, "Size of a database, in megabytes."),
    of("iris_directory_space", Gauge, "Free space on the volume of a database, in megabytes."),
    of("iris_disk_percent_full", Gauge, "Space used on the volume of a database, in percent."),
    of("iris_ecp_clients", Gauge, "ECP clients."),
    of("iris_ecp_conn", Gauge, "Active ECP connections as an application server."),
    of("iris_ecp_conn_max", Gauge, "Most ECP connections as an application server."),
    of("iris_ecp_connections", Gauge, "Active ECP connections."),
    of("iris_ecp_latency", Gauge, "Latency of ECP, in milliseconds."),
    of("iris_ecp_servers", Gauge, "ECP servers."),
    of("iris_ecps_conn", Gauge, "Active ECP connections as a data server."),
    of("iris_ecps_conn_max", Gauge, "Most ECP connections as a data server."),
    of("iris_glo_a_seize_per_sec", Gauge, "A-seizes of the global resource per second."),
    of("iris_glo_n_seize_per_sec", Gauge, "N-seizes of the global resource per second."),
    of("iris_glo_ref_per_sec", Gauge, "References to globals in local databases per second."),
    of("iris_glo_ref_rem_per_sec", Gauge, "References to globals in remote databases per second."),
    of("iris_glo_seize_per_sec", Gauge, "Seizes of the global resource per second."),
    of("iris_glo_update_per_sec", Gauge, "Updates of globals in local databases per second."),
    of("iris_glo_update_rem_per_sec", Gauge, "Updates of globals in remote databases per second."),
    of("iris_iju_count", Gauge, "Updaters."),
    of("iris_iju_lock", Gauge, "Whether updaters are blocked at the beginning of a write daemon pass."),
    of("iris_interop_alert_delay", Gauge, "Hosts that have raised an alert because a message is delayed."),
    of("iris_interop_avg_http_received_chars", Gauge, "Characters received per HTTP answer."),
    of("iris_interop_avg_http_sent_chars", Gauge, "Characters sent per HTTP request."),
    of("iris_interop_avg_http_ttfc", Gauge, "Time to the first character of an HTTP answer, in seconds."),
    of("iris_interop_avg_http_ttlc", Gauge, "Time to the last character of an HTTP answer, in seconds."),
    of("iris_interop_avg_processing_time", Gauge, "Time a message is processed for, in seconds."),
    of("iris_interop_avg_queueing_time", Gauge, "Time a message is queued for, in seconds."),
    of("iris_interop_header_count_older_than", Gauge, "Message headers older than a number of days."),
    of("iris_interop_hosts", Gauge, "Hosts by status."),
    of("iris_interop_http_sample_count", Gauge, "HTTP requests in the sampling window."),
    of("iris_interop_http_sample_count_per_sec", Gauge, "HTTP requests in the sampling window, per second."),
    of("iris_interop_last_activity", Gauge, "Time since a host was last active, in seconds."),
    of("iris_interop_messages", Counter, "Messages a host has processed since its production started."),
    of("iris_interop_messages_aborted", Counter, "Messages aborted since the production started."),
    of("iris_interop_messages_discarded", Counter, "Messages discarded since the production started."),
    of("iris_interop_messages_errored", Counter, "Messages that ended in an error since the production started."),
    of("iris_interop_messages_per_sec", Gauge, "Messages a host processes per second."),
    of("iris_interop_messages_suspended", Gauge, "Messages suspended since the production started."),
    of("iris_interop_namespace_storage_mb", Gauge, "Storage of a namespace, in megabytes."),
    of("iris_interop_oldest_message_header_count", Gauge, "Message headers of the oldest day."),
    of("iris_interop_oldest_message_header_days", Gauge, "Age of the oldest message header, in days."),
    of("iris_interop_queued", Gauge, "Queued messages of hosts that have a queue count alert value."),
    of("iris_interop_sample_count", Gauge, "Messages of a host within the sampling window."),
    of("iris_interop_sample_count_per_sec", Gauge, "Messages of a host within the sampling window, per second."),
    of("iris_interop_session_count", Gauge, "Sessions of a production."),
    of("iris_interop_session_storage_kb", Gauge, "Storage of the sessions of a production, in kilobytes."),
    of("iris_jrn_block_per_sec", Gauge, "Journal blocks written per second."),
    of("iris_jrn_entry_per_sec", Gauge, "Journal entries per second."),
    of("iris_jrn_free_space", Gauge, "Free space in a journal directory, in megabytes."),
    of("iris_jrn_size", Gauge, "Size of all journal files, in megabytes."),
    of("iris_license_available", Gauge, "Licence units that are free."),
    of("iris_license_consumed", Gauge, "Licence units in use."),
    of("iris_license_days_remaining", Gauge, "Days until a licence expires."),
    of("iris_license_percent_used", Gauge, "Licence units in use, in percent."),
    of("iris_log_reads_per_sec", Gauge, "Logical reads per second."),
    of("iris_mirror_database_latency_bytes", Gauge, "What a mirror member has yet to apply, in bytes."),
    of("iris_mirror_database_latency_files", Gauge, "Journal files a mirror member has yet to apply."),
    of("iris_mirror_database_latency_time", Gauge, "How far a mirror member's databases are behind, in milliseconds."),
    of("iris_mirror_failover_ready", Gauge, "Whether a mirror member could take over."),
    of("iris_mirror_journal_latency_bytes", Gauge, "What a mirror member has yet to receive, in bytes."),
    of("iris_mirror_journal_latency_files", Gauge, "Journal files a mirror member has yet to receive."),
    of("iris_mirror_journal_latency_time", Gauge, "How far a mirror member's journal is behind, in milliseconds."),
    of("iris_mirror_member_type", Gauge, "1 indeterminate, 2 none, 3 failover, 4 async, 5 disaster recovery, 6 and 7 reporting."),
    of("iris_mirror_missing_databases", Gauge, "Mirrored databases that a member does not have."),
    of("iris_mirror_no_failover", Gauge, "Whether failover is switched off."),
    of("iris_mirror_status", Gauge, "State of a mirror member; 2 primary, 3 backup."),
    of("iris_obj_a_seize_per_sec", Gauge, "A-seizes of the object resource per second."),
    of("iris_obj_del_per_sec", Gauge, "Objects deleted per second."),
    of("iris_obj_hit_per_sec", Gauge, "Object references found in memory per second."),
    of("iris_obj_load_per_sec", Gauge, "Objects loaded from disk per second."),
    of("iris_obj_miss_per_sec", Gauge, "Object references not found in memory per second."),
    of("iris_obj_new_per_sec", Gauge, "Objects initialised per second."),
    of("iris_obj_seize_per_sec", Gauge, "Seizes of the object resource per second."),
    of("iris_page_space_percent_used", Gauge, "Page file space in use, in percent."),
    of("iris_phys_mem_percent_used", Gauge, "Physical memory in use, in percent."),
    of("iris_phys_reads_per_sec", Gauge, "Physical block reads per second."),
    of("iris_phys_writes_per_sec", Gauge, "Physical block writes per second."),
    of("iris_process_count", Gauge, "Active processes."),
    of("iris_rtn_a_seize_per_sec", Gauge, "A-seizes of the routine resource per second."),
    of("iris_rtn_call_local_per_sec", Gauge, "Calls of local routines per second."),
    of("iris_rtn_call_miss_per_sec", Gauge, "Calls of routines not found in memory per second."),
    of("iris_rtn_call_remote_per_sec", Gauge, "Calls of remote routines per second."),
    of("iris_rtn_count_by_ns", Gauge, "Routines of each namespace."),
    of("iris_rtn_load_per_sec", Gauge, "Routines loaded from local disk per second."),
    of("iris_rtn_load_rem_per_sec", Gauge, "Routines loaded from remote disk per second."),
    of("iris_rtn_seize_per_sec", Gauge, "Seizes of the routine resource per second."),
    of("iris_sam_get_db_sensors_seconds", Gauge, "Time IRIS took to measure its databases."),
    of("iris_sam_get_interop_sensors_seconds", Gauge, "Time IRIS took to measure its productions."),
    of("iris_sam_get_jrn_sensors_seconds", Gauge, "Time IRIS took to measure its journal."),
    of("iris_sam_get_sql_sensors_seconds", Gauge, "Time IRIS took to measure SQL."),
    of("iris_sam_get_wqm_sensors_seconds", Gauge, "Time IRIS took to measure its work queues."),
    of("iris_smh_available", Gauge, "Shared memory that is free, by purpose, in bytes."),
    of("iris_smh_percent_full", Gauge, "Shared memory in use, by purpose, in percent."),
    of("iris_smh_total", Gauge, "Shared memory allocated, in bytes."),
    of("iris_smh_total_percent_full", Gauge, "Shared memory in use, in percent."),
    of("iris_smh_used", Gauge, "Shared memory in use, by purpose, in bytes."),
    of("iris_sql_active_queries", Gauge, "SQL statements being executed."),
    of("iris_sql_active_queries_95_percentile", Gauge, "95th percentile of the time of SQL statements being executed, in seconds."),
    of("iris_sql_active_queries_99_percentile", Gauge, "99th percentile of the time of SQL statements being executed, in seconds."),
    of("iris_sql_commands_per_second", Gauge, "ObjectScript commands executed by SQL statements, per second."),
    of("iris_sql_current_connections", Gauge, "Open SQL connections."),
    of("iris_sql_queries_avg_runtime", Gauge, "Time of an SQL statement, in seconds."),
    of("iris_sql_queries_per_second", Gauge, "SQL statements per second."),
    of("iris_sql_row_count_per_second", Gauge, "Rows returned by SQL statements, per second."),
    of("iris_system_alerts", Counter, "Alerts posted since IRIS was started."),
    of("iris_system_alerts_log", Gauge, "Alerts in the alerts log."),
    of("iris_system_alerts_new", Gauge, "Whether alerts were posted since the alerts were last read."),
    of("iris_system_info", Untyped, "Product, platform and version."),
    of("iris_system_state", Gauge, "-1 hung, 0 well, 1 warning, 2 alert."),
    of("iris_trans_open_count", Gauge, "Open transactions."),
    of("iris_trans_open_secs", Gauge, "Time the open transactions have been open for on average, in seconds."),
    of("iris_trans_open_secs_max", Gauge, "Time the oldest open transaction has been open for, in seconds."),
    of("iris_wd_buffer_redirty", Gauge, "Buffers written again in the last cycle of the write daemon."),
    of("iris_wd_buffer_write", Gauge, "Buffers written in the last cycle of the write daemon."),
    of("iris_wd_condition", Gauge, "Condition of the write daemon."),
    of("iris_wd_cycle_time", Gauge, "Time of the last cycle of the write daemon, in milliseconds."),
    of("iris_wd_pass", Gauge, "Pass of the write daemon."),
    of("iris_wd_phase", Gauge, "Phase of the write daemon."),
    of("iris_wd_proc_in_global", Gauge, "Processes within a global module at the beginning of the last cycle of the write daemon."),
    of("iris_wd_size_write", Gauge, "Buffers written in the last cycle of the write daemon, in kilobytes."),
    of("iris_wd_sleep", Gauge, "Time the write daemon slept before its last cycle, in milliseconds."),
    of("iris_wd_suspended", Gauge, "Whether the write daemon is suspended."),
    of("iris_wd_temp_queue", Gauge, "Buffers in the queue of temporary ones at the beginning of the last cycle."),
    of("iris_wd_temp_write", Gauge, "Temporary buffers written in the last cycle of the write daemon."),
    of("iris_wd_write_time", Gauge, "Time the last cycle of the write daemon spent writing buffers, in milliseconds."),
    of("iris_wdwij_time", Gauge, "Time the last cycle of the write daemon spent writing the image journal, in milliseconds."),
    of("iris_wij_writes_per_sec", Gauge, "Block writes to the write image journal per second."),
    of("iris_wqm_active_worker_jobs", Gauge, "Worker jobs that are busy."),
    of("iris_wqm_commands_per_sec", Gauge, "Commands of a work queue per second."),
    of("iris_wqm_globals_per_sec", Gauge, "Global references of a work queue per second."),
    of("iris_wqm_max_active_worker_jobs", Gauge, "Most worker jobs that were busy at once since the last look."),
    of("iris_wqm_max_work_queue_depth", Gauge, "Longest queue since the last look."),
    of("iris_wqm_waiting_worker_jobs", Gauge, "Worker jobs that wait for work."),
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_good_and_there_once() {
        let names: Vec<_> = FAMILIES.iter().map(|known| known.name).collect();
        let mut sorted = names.clone();
        sorted.sort_unstable();
        sorted.dedup();
        assert_eq!(names.len(), sorted.len());
        assert!(names.iter().all(|name| exposition::is_metric_name(name)));
        assert!(known("iris_cpu_usage").is_some());
        for left_out in [
            "iris_process",
            "iris_res_seize",
            "iris_process_commands",
            "pharma_x",
        ] {
            assert!(known(left_out).is_none(), "{left_out}");
        }
    }
}
