//! The page of metrics, under the names Micrometer gives them.

use std::{fmt::Write, time::SystemTime};

use super::counts::{BOUNDS, Counts};

/// Data of a patient there is not, as somebody could put it into a label.
const PATIENT: &str = "PID|1||4711^^^SIM^MR||SIMULATED^PATIENT^^||19700101|F";

/// What is told besides what was counted.
#[derive(Default)]
pub(super) struct Extra {
    /// Series of users, each by itself.
    pub(super) bomb: u32,
    /// Labels with a patient's data in them.
    pub(super) patients: bool,
}

pub(super) fn page(counts: &mut Counts, extra: &Extra) -> String {
    let mut page = String::new();
    // Writing to a string cannot fail.
    let _ = write(&mut page, counts, extra);
    page
}

fn write(page: &mut String, counts: &mut Counts, extra: &Extra) -> std::fmt::Result {
    let started = counts.started.duration_since(SystemTime::UNIX_EPOCH);
    let started = started.unwrap_or_default().as_secs_f64();
    writeln!(
        page,
        "# HELP process_start_time_seconds Start time of the process."
    )?;
    writeln!(page, "# TYPE process_start_time_seconds gauge")?;
    writeln!(page, "process_start_time_seconds {started}")?;

    let family = "http_server_requests_seconds";
    writeln!(page, "# HELP {family} Time to answer requests.")?;
    writeln!(page, "# TYPE {family} histogram")?;
    for ((route, status), requests) in &counts.requests {
        let patient = match extra.patients {
            true => format!(",patient=\"{PATIENT}\""),
            false => String::new(),
        };
        let labels = format!("method=\"GET\",status=\"{status}\",uri=\"{route}\"{patient}");
        let mut below = 0;
        for (bound, count) in BOUNDS.iter().zip(requests.buckets) {
            below += count;
            writeln!(page, "{family}_bucket{{{labels},le=\"{bound}\"}} {below}")?;
        }
        writeln!(
            page,
            "{family}_bucket{{{labels},le=\"+Inf\"}} {}",
            requests.count
        )?;
        writeln!(page, "{family}_count{{{labels}}} {}", requests.count)?;
        writeln!(page, "{family}_sum{{{labels}}} {}", requests.seconds)?;
    }
    writeln!(page, "# HELP cache_gets_total Look-ups in the cache.")?;
    writeln!(page, "# TYPE cache_gets_total counter")?;
    for (result, count) in [("hit", counts.hits), ("miss", counts.misses)] {
        writeln!(
            page,
            "cache_gets_total{{cache=\"orders\",result=\"{result}\"}} {count}"
        )?;
    }
    let users = counts.active_users();
    writeln!(
        page,
        "# HELP application_active_users Users of the last minute."
    )?;
    writeln!(page, "# TYPE application_active_users gauge")?;
    writeln!(page, "application_active_users {users}")?;
    if extra.bomb > 0 {
        writeln!(page, "# TYPE http_requests_total counter")?;
    }
    for user in 0..extra.bomb {
        writeln!(
            page,
            "http_requests_total{{user=\"user{user}\",status=\"200\"}} 1"
        )?;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    #[test]
    fn buckets_add_up() {
        let mut counts = Counts::new();
        for ms in [1, 5, 6, 20_000] {
            counts.answered("/api/orders/{id}", 200, Duration::from_millis(ms));
        }
        let page = page(&mut counts, &Extra::default());
        let labels = "method=\"GET\",status=\"200\",uri=\"/api/orders/{id}\"";
        for (le, count) in [("0.005", 2), ("0.01", 3), ("10", 3), ("+Inf", 4)] {
            let line =
                format!("http_server_requests_seconds_bucket{{{labels},le=\"{le}\"}} {count}\n");
            assert!(page.contains(&line), "{line}{page}");
        }
        let sum = format!("http_server_requests_seconds_sum{{{labels}}} 20.012\n");
        assert!(page.contains(&sum), "{page}");
    }
}
