//! What is measured of the peers.

use std::{fs, path::Path};

use vitals_benches::Sheet;

use crate::{
    rows::*,
    series::{DAY, START, STEP, at},
    server::{Server, pause},
};

const SERIES: usize = 1000;
const TICKS: usize = (7 * DAY / STEP) as usize;
/// Queries of each kind.
const TIMES: usize = 15;

fn measure(server: &Server, per_sample: impl FnOnce(&Server) -> f64) -> Sheet {
    let mut sheet = Sheet::default();
    let took = server.write(SERIES, TICKS);
    sheet.put(TAKEN, (SERIES * TICKS) as f64 / took / 1e6);
    sheet.put(PER_SAMPLE, per_sample(server));
    let end = at(TICKS - 1);
    // {__name__="iris_metric_001",instance="host3:9090"}
    let one = "iris_metric_001%7Binstance%3D%22host3%3A9090%22%7D";
    sheet.put(ONE_SERIES, server.query(one, (START, end), TIMES));
    // sum({__name__=~"iris_metric_00[0-4]"})
    let sum = "sum(%7B__name__%3D~%22iris_metric_00%5B0-4%5D%22%7D)";
    sheet.put(SUM, server.query(sum, (end - DAY, end), TIMES));
    sheet.put(RSS, server.memory_kib("VmRSS"));
    sheet
}

pub(crate) fn victoria_metrics() -> Sheet {
    let Some(server) = Server::victoria_metrics() else {
        return Sheet::default();
    };
    measure(&server, |server| {
        server.get("/internal/force_flush");
        server.get("/internal/force_merge");
        let mut last = f64::NAN;
        // Merged when it stays as it is.
        for _ in 0..120 {
            (0..50).for_each(|_| pause());
            let now = bytes(&server.dir.join("data"));
            if now == last {
                break;
            }
            last = now;
        }
        (last + bytes(&server.dir.join("indexdb"))) / (SERIES * TICKS) as f64
    })
}

pub(crate) fn prometheus() -> Sheet {
    let Some(server) = Server::prometheus() else {
        return Sheet::default();
    };
    // Of its blocks; what is in its log yet would not be fair to count.
    measure(&server, |server| {
        let entries = fs::read_dir(server.dir.join("data"))
            .into_iter()
            .flatten()
            .flatten();
        let (mut all, mut samples) = (0.0, 0.0);
        for entry in entries {
            let meta = fs::read(entry.path().join("meta.json")).unwrap_or_default();
            let meta: serde_json::Value = serde_json::from_slice(&meta).unwrap_or_default();
            if let Some(n) = meta["stats"]["numSamples"].as_f64() {
                all += bytes(&entry.path());
                samples += n;
            }
        }
        all / samples
    })
}

/// Bytes of all files beneath.
fn bytes(dir: &Path) -> f64 {
    let entries = fs::read_dir(dir).into_iter().flatten().flatten();
    let of = |entry: fs::DirEntry| match entry.metadata() {
        Ok(metadata) if metadata.is_dir() => bytes(&entry.path()),
        Ok(metadata) => metadata.len() as f64,
        Err(_) => 0.0,
    };
    entries.map(of).sum()
}
