//! Debian's Prometheus scrapes Vitals, and finds what is there.

use crate::stage::{DEADLINE, Prometheus, Setup, memory_used_ratio, until};

#[test]
fn it_is_scraped_whole() {
    let vitals = Setup::new().ready();
    let prometheus = Prometheus::scraping(&vitals);
    assert_eq!(prometheus.value("up"), 1.0);
    let target = &prometheus.api("/api/v1/targets")["activeTargets"][0];
    assert_eq!(
        (target["health"].as_str(), target["lastError"].as_str()),
        (Some("up"), Some(""))
    );

    let samples = prometheus.value("scrape_samples_scraped");
    let page = vitals.page();
    // The first scrapes add series of their own (`/metrics` as a route, its codes).
    assert!(
        samples > 150.0 && samples <= page.len() as f64,
        "{samples} of {}",
        page.len()
    );
    until("as many samples as on the page", DEADLINE, || {
        let scraped = prometheus.value("scrape_samples_scraped");
        (scraped == vitals.page().len() as f64).then_some(())
    });

    // As the machine says itself, give or take what has happened since.
    let memory = prometheus.value("vitals_host_memory_used_ratio");
    let now = memory_used_ratio();
    assert!((memory - now).abs() < 0.1, "{memory}, and {now} by now");
    let cores = prometheus.value("count(node_cpu_seconds_total%7Bmode%3D%22idle%22%7D)");
    let online = std::thread::available_parallelism().unwrap().get();
    assert!(cores >= online as f64, "{cores} of {online}");
    let kind = &prometheus.api("/api/v1/metadata?metric=node_cpu_seconds_total");
    let kind = &kind["node_cpu_seconds_total"][0]["type"];
    // OpenMetrics names the family without `_total`; either way it is a counter.
    assert!(kind == "counter" || kind.is_null(), "{kind}");
    let busy = prometheus.value("rate(node_cpu_seconds_total%5B10s%5D)");
    assert!(busy >= 0.0);
}
