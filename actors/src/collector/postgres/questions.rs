//! What is asked, and how rows are read. Each question carries a mark, by which the statistics of
//! statements tell ours from all others.

use super::connection::Row;

/// Version, its number, connections there may be, whether it is a standby, its start, and where the
/// extension is.
pub(super) const SERVER: &str = "SELECT /* vitals */ current_setting('server_version'), \
    current_setting('server_version_num'), current_setting('max_connections')::int \
    - current_setting('superuser_reserved_connections')::int \
    - coalesce(nullif(current_setting('reserved_connections', true), ''), '0')::int, \
    pg_is_in_recovery(), extract(epoch FROM pg_postmaster_start_time()), \
    (SELECT quote_ident(n.nspname) FROM pg_extension e JOIN pg_namespace n \
    ON n.oid = e.extnamespace WHERE e.extname = 'pg_stat_statements')";

/// State, number, and the age in seconds of the oldest transaction. Accounts that may not know have no
/// state.
pub(super) const SESSIONS: &str = "SELECT /* vitals */ state, count(*), \
    coalesce(max(extract(epoch FROM clock_timestamp() - xact_start)), 0) FROM pg_stat_activity \
    WHERE backend_type = 'client backend' OR backend_type IS NULL AND datid IS NOT NULL \
    GROUP BY state";

/// What each database counts; the one without a name is what all of them share.
pub(super) const DATABASES: &str = "SELECT /* vitals */ datid, coalesce(xact_commit, 0), \
    coalesce(xact_rollback, 0), coalesce(blks_hit, 0), coalesce(blks_read, 0), \
    coalesce(deadlocks, 0) FROM pg_stat_database LIMIT 10000";

/// The largest databases we may look at.
pub(super) const SIZES: &str = "SELECT /* vitals */ datname, pg_database_size(oid) FROM pg_database \
    WHERE datallowconn AND NOT datistemplate AND (has_database_privilege(oid, 'CONNECT') \
    OR pg_has_role('pg_read_all_stats', 'USAGE')) ORDER BY 2 DESC LIMIT 100";

/// Calls, and the milliseconds they took, of all statements but our own.
pub(super) fn statements(schema: &str, version: f64) -> String {
    let time = if version >= 130_000.0 {
        "total_exec_time"
    } else {
        "total_time"
    };
    format!(
        "SELECT /* vitals */ coalesce(sum(calls), 0), coalesce(sum({time}), 0) \
         FROM {schema}.pg_stat_statements WHERE coalesce(query, '') NOT LIKE '%/* vitals */%'"
    )
}

/// A column as text.
pub(super) fn text(row: &Row, at: usize) -> Option<&str> {
    row.get(at)?.as_deref()
}

/// A column as a number that is one.
pub(super) fn number(row: &Row, at: usize) -> Option<f64> {
    let number: f64 = text(row, at)?.parse().ok()?;
    number.is_finite().then_some(number)
}
