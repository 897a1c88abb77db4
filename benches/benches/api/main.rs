//! The query API of the built `vitals` beside Debian's Prometheus and VictoriaMetrics: the same samples,
//! the same range queries, each over one connection that is kept. What is measured is what a dashboard
//! waits for.

#[path = "../tsdb/fill.rs"]
mod fill;
mod ours;
mod queries;
#[path = "../tsdb/remote_write.rs"]
mod remote_write;
#[path = "../tsdb/series.rs"]
mod series;
#[path = "../tsdb/server.rs"]
mod server;

use std::process::ExitCode;

use vitals_benches::{Bar, Bench, Results, Sheet, Subject};

use fill::Fill;
use queries::{HEAVY, HOURLY, ONE, PEAK, RATES, SUM};
use server::Server;

const OURS: &str = "vitals";
const VICTORIA: &str = "VictoriaMetrics";
const PROMETHEUS: &str = "Prometheus";

/// How many series there are, and how many samples of each.
const SERIES: usize = 200;
const TICKS: usize = (7 * series::DAY / series::STEP) as usize;
const SUBJECT: &str = "200 series, 7 d at 10 s; by the minute, over HTTP";

fn subjects() -> Vec<Subject> {
    let queries = queries::ALL.iter().map(|query| query.row);
    let rows: Vec<_> = queries.chain([PEAK]).collect();
    vec![
        Subject::new(SUBJECT, rows)
            .contender(OURS, || queries::measure(ours::start()))
            .contender(VICTORIA, || peer(Server::victoria_metrics()))
            .contender(PROMETHEUS, || peer(Server::prometheus())),
    ]
}

fn peer(server: Option<Server>) -> Sheet {
    if let Some(server) = &server {
        server.write(SERIES, TICKS);
        // VictoriaMetrics shows samples once they are in a part.
        server.get("/internal/force_flush");
    }
    queries::measure(server)
}

fn bars(results: &Results) -> Vec<Bar> {
    let place = |row, who| (SUBJECT, row, who);
    let ours = |row| results.stats(place(row, OURS));
    let beside = |row, who| results.ratio(place(row, OURS), place(row, who));
    let at_most = Bar::at_most;
    vec![
        at_most("1 series, 7 d: <= 1.2 ms", ours(ONE), 1.2),
        at_most("sum by(job), 100 series, 24 h: <= 7 ms", ours(SUM), 7.0),
        at_most("rates of 20 series, 24 h: <= 2 ms", ours(RATES), 2.0),
        at_most(
            "max_over_time[1h], 24 h: as VictoriaMetrics",
            beside(HOURLY, VICTORIA),
            1.0,
        ),
        at_most(
            "max_over_time[1h], 24 h: as Prometheus",
            beside(HOURLY, PROMETHEUS),
            1.0,
        ),
        at_most(
            "all series, 7 d: as VictoriaMetrics",
            beside(HEAVY, VICTORIA),
            1.0,
        ),
        // A query holds at most [query] max_samples, ten million of sixteen bytes.
        at_most("memory, peak: <= 200 MiB", ours(PEAK), 200.0 * 1024.0),
    ]
}

fn main() -> ExitCode {
    if Fill::if_asked() {
        return ExitCode::SUCCESS;
    }
    Bench {
        name: "api",
        contenders: &[OURS, VICTORIA, PROMETHEUS],
        subjects: subjects(),
        bars,
    }
    .main()
}
