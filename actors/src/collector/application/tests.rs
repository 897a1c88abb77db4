//! What is made of pages as instrumentation writes them.

use std::collections::BTreeMap;

use exposition::Value;

use super::*;
use crate::http::Outward;

fn settings() -> ApplicationSettings {
    ApplicationSettings {
        name: "app".to_owned(),
        probe: None,
        metrics: Some("http://app/metrics".parse().unwrap()),
        credentials: None,
        outward: Outward::default(),
        job: "application".to_owned(),
        map: Map::default(),
        labels: Vec::new(),
    }
}

/// A collector that is shown pages, ten seconds from one to the next.
struct Shown(ApplicationCollector);

/// What was told: series as text, and why others were not.
struct Seen {
    series: BTreeMap<String, f64>,
    absent: BTreeMap<&'static str, Reason>,
    failed: Vec<CollectError>,
}

impl Shown {
    fn new(settings: ApplicationSettings) -> Self {
        Shown(ApplicationCollector::new(settings))
    }

    async fn see(&mut self, body: &str) -> Seen {
        tokio::time::advance(Duration::from_secs(10)).await;
        let reading = self.0.reader.read(body.as_bytes());
        assert!(!reading.is_cut);
        let simulated = false;
        let collected = self.0.tell(None, Some(Ok(Page { reading, simulated })));
        let series = collected.families.iter().flat_map(|family| {
            family.metrics.iter().map(move |metric| {
                let Value::Number(value) = metric.value else {
                    panic!("{family:?}");
                };
                let labels = metric.labels.iter();
                let labels: Vec<_> = labels
                    .filter(|(name, _)| *name != "application")
                    .map(|(name, value)| format!("{name}={value}"))
                    .collect();
                let name = family.name.strip_prefix("vitals_").unwrap();
                let name = name.strip_prefix("application_").unwrap_or(name);
                (format!("{name}{{{}}}", labels.join(",")), value)
            })
        });
        Seen {
            series: series.collect(),
            absent: collected
                .absent
                .iter()
                .map(|a| (a.family, a.reason))
                .collect(),
            failed: collected.failed,
        }
    }
}

impl Seen {
    #[track_caller]
    fn is(&self, series: &str, expected: f64) {
        let value = self.series.get(series).copied();
        let close = value.is_some_and(|value| (value - expected).abs() < 1e-9);
        assert!(
            close,
            "{series}: {value:?}, not {expected}: {:#?}",
            self.series
        );
    }

    #[track_caller]
    fn comes_from(&self, signal: &str, source: &str) {
        self.is(&format!("source{{signal={signal},source={source}}}"), 1.0);
    }
}

/// 30 requests, 3 of them failed; 2 s each.
fn in_ten_seconds(times: u32, page: impl Fn(u32, u32, f64) -> String) -> String {
    page(27 * times, 3 * times, 60.0 * f64::from(times))
}

#[tokio::test(start_paused = true)]
async fn the_usual_instrumentation_is_known_by_its_names() {
    type Write = fn(u32, u32, f64) -> String;
    let kinds: [(&str, &str, Write); 7] = [
        (
            "http_server_requests_seconds",
            "http_server_requests_seconds_count",
            |good, bad, seconds| {
                format!(
                    "# TYPE http_server_requests_seconds summary\n\
                 http_server_requests_seconds_count{{method=\"GET\",outcome=\"SUCCESS\",status=\"200\",uri=\"/x\",}} {good}\n\
                 http_server_requests_seconds_sum{{method=\"GET\",outcome=\"SUCCESS\",status=\"200\",uri=\"/x\",}} {seconds}\n\
                 http_server_requests_seconds_count{{method=\"GET\",outcome=\"SERVER_ERROR\",status=\"500\",uri=\"/x\",}} {bad}\n\
                 http_server_requests_seconds_sum{{method=\"GET\",outcome=\"SERVER_ERROR\",status=\"500\",uri=\"/x\",}} 0\n\
                 http_server_requests_seconds_count{{method=\"GET\",status=\"200\",uri=\"/metrics\",}} {}\n\
                 http_server_requests_seconds_sum{{method=\"GET\",status=\"200\",uri=\"/metrics\",}} 1\n",
                    good + bad
                )
            },
        ),
        (
            "http_server_request_duration_seconds",
            "http_server_request_duration_seconds_count",
            |good, bad, seconds| {
                format!(
                    "http_server_request_duration_seconds_count{{http_response_status_code=\"204\"}} {good}\n\
                 http_server_request_duration_seconds_count{{http_response_status_code=\"503\"}} {bad}\n\
                 http_server_request_duration_seconds_sum{{http_response_status_code=\"204\"}} {seconds}\n\
                 http_server_request_duration_seconds_sum{{http_response_status_code=\"503\"}} 0\n"
                )
            },
        ),
        (
            "http_request_duration_seconds",
            "http_requests_total",
            |good, bad, seconds| {
                format!(
                    "http_requests_total{{handler=\"/a\",status=\"2xx\"}} {good}\n\
                 http_requests_total{{handler=\"/a\",status=\"5xx\"}} {bad}\n\
                 http_request_duration_seconds_count{{handler=\"/a\"}} {}\n\
                 http_request_duration_seconds_sum{{handler=\"/a\"}} {seconds}\n",
                    good + bad
                )
            },
        ),
        (
            "flask_http_request_duration_seconds",
            "flask_http_request_duration_seconds_count",
            |good, bad, seconds| {
                format!(
                    "flask_http_request_duration_seconds_count{{status=\"200\"}} {good}\n\
                 flask_http_request_duration_seconds_count{{status=\"500\"}} {bad}\n\
                 flask_http_request_duration_seconds_sum{{status=\"200\"}} {seconds}\n\
                 flask_http_request_duration_seconds_sum{{status=\"500\"}} 0\n"
                )
            },
        ),
        (
            "django_http_requests_latency_including_middlewares_seconds",
            "django_http_responses_total_by_status_total",
            |good, bad, seconds| {
                format!(
                    "django_http_responses_total_by_status_total{{status=\"200\"}} {good}\n\
                     django_http_responses_total_by_status_total{{status=\"500\"}} {bad}\n\
                     django_http_requests_latency_including_middlewares_seconds_count {}\n\
                     django_http_requests_latency_including_middlewares_seconds_sum {seconds}\n",
                    good + bad
                )
            },
        ),
        (
            "http_request_duration_seconds",
            "http_requests_received_total",
            |good, bad, seconds| {
                format!(
                    "http_requests_received_total{{code=\"200\"}} {good}\n\
                 http_requests_received_total{{code=\"500\"}} {bad}\n\
                 http_request_duration_seconds_count {}\n\
                 http_request_duration_seconds_sum {seconds}\n",
                    good + bad
                )
            },
        ),
        (
            "http_server_duration_milliseconds",
            "http_server_duration_milliseconds_count",
            |good, bad, seconds| {
                format!(
                    "http_server_duration_milliseconds_count{{http_status_code=\"200\"}} {good}\n\
                 http_server_duration_milliseconds_count{{http_status_code=\"500\"}} {bad}\n\
                 http_server_duration_milliseconds_sum{{http_status_code=\"200\"}} {}\n\
                 http_server_duration_milliseconds_sum{{http_status_code=\"500\"}} 0\n",
                    seconds * 1e3
                )
            },
        ),
    ];
    for (duration, requests, write) in kinds {
        let mut shown = Shown::new(settings());
        let first = shown.see(&in_ten_seconds(100, write)).await;
        first.is("requests_total{}", 3_000.0);
        assert_eq!(first.absent[MEAN], Reason::TooFew, "of before we looked");
        let second = shown.see(&in_ten_seconds(101, write)).await;
        second.is("requests_total{}", 3_030.0);
        second.is("errors_total{}", 303.0);
        second.is("response_mean_seconds{}", 2.0);
        second.is("error_ratio{}", 0.1);
        second.comes_from("api_response", duration);
        second.comes_from("error_rate", requests);
    }
}

#[tokio::test(start_paused = true)]
async fn restarts_leave_no_gap_and_no_spike() {
    let page = |start: u32, requests: u32| {
        format!(
            "process_start_time_seconds {start}\n\
             http_request_duration_seconds_count{{code=\"200\"}} {requests}\n\
             http_request_duration_seconds_sum{{code=\"200\"}} {requests}\n"
        )
    };
    let mut shown = Shown::new(settings());
    shown.see(&page(1, 1_000)).await;
    shown
        .see(&page(1, 1_010))
        .await
        .is("requests_total{}", 1_010.0);
    shown.see(&page(2, 5)).await.is("requests_total{}", 1_015.0);
    // Restarted, and already further than before: its start says so.
    shown
        .see(&page(3, 40))
        .await
        .is("requests_total{}", 1_055.0);
    let last = shown.see(&page(3, 40)).await;
    last.is("response_mean_seconds{}", 1.0);
    last.is("error_ratio{}", 0.0);
}

#[tokio::test(start_paused = true)]
async fn labels_are_summed_over_but_for_those_that_are_allowed() {
    let mut body = String::new();
    for patient in 0..1_000 {
        let name = ["DOE^JOHN", "A|B"][patient % 2];
        body.push_str(&format!(
            "http_requests_total{{code=\"200\",patient=\"{name}{patient}\",method=\"GET\"}} 1\n"
        ));
    }
    body.push_str("http_requests_total{code=\"500\",patient=\"x\",method=\"POST\"} 7\n");
    let mut shown = Shown::new(settings());
    let seen = shown.see(&body).await;
    seen.is("requests_total{}", 1_007.0);
    seen.is("errors_total{}", 7.0);
    let labels = vec!["method".to_owned()];
    let mut shown = Shown::new(ApplicationSettings {
        labels,
        ..settings()
    });
    let seen = shown.see(&body).await;
    seen.is("requests_total{method=GET}", 1_000.0);
    seen.is("errors_total{method=POST}", 7.0);
    // Were such a label allowed, its values would not pass, and there would be few of them.
    let labels = vec!["patient".to_owned(), "code".to_owned()];
    let mut shown = Shown::new(ApplicationSettings {
        labels,
        ..settings()
    });
    let seen = shown.see(&body).await;
    seen.is("requests_total{code=200,patient=other}", 1_000.0);
    let all: String = seen.series.into_keys().collect();
    assert!(!all.contains("DOE") && !all.contains("A|B"), "{all}");
}

#[tokio::test(start_paused = true)]
async fn sets_of_labels_are_bounded_and_sums_stay_true() {
    let labels = vec!["id".to_owned()];
    let mut shown = Shown::new(ApplicationSettings {
        labels,
        ..settings()
    });
    let line = |id| format!("http_requests_total{{code=\"200\",id=\"n{id}\"}} 2\n");
    let seen = shown.see(&(0..5_000).map(line).collect::<String>()).await;
    let requests = seen
        .series
        .iter()
        .filter(|(name, _)| name.starts_with("requests_total"));
    let values: Vec<f64> = requests.map(|(_, value)| *value).collect();
    assert!(values.len() <= 201, "{}", values.len());
    assert_eq!(values.iter().sum::<f64>(), 10_000.0);
}

#[tokio::test(start_paused = true)]
async fn a_bomb_of_series_is_looked_at_in_part_and_said() {
    let line = |id| format!("http_requests_total{{code=\"200\",id=\"n{id}\"}} 1\n");
    let seen = Shown::new(settings())
        .see(&(0..30_000).map(line).collect::<String>())
        .await;
    seen.is("requests_total{}", 20_000.0);
    assert_eq!(seen.failed.len(), 1);
    assert_eq!(seen.failed[0].reason, Reason::TooLarge);
}

#[tokio::test(start_paused = true)]
async fn quantiles_are_those_of_the_last_minute() {
    let page = |fast: u32, slow: u32| {
        format!(
            "http_request_duration_seconds_bucket{{le=\"0.1\"}} {fast}\n\
             http_request_duration_seconds_bucket{{le=\"1\"}} {all}\n\
             http_request_duration_seconds_bucket{{le=\"+Inf\"}} {all}\n\
             http_request_duration_seconds_count {all}\nhttp_request_duration_seconds_sum 1\n",
            all = fast + slow
        )
    };
    let mut shown = Shown::new(settings());
    shown.see(&page(1_000_000, 5)).await;
    let seen = shown.see(&page(1_000_080, 25)).await;
    seen.is("response_quantile_seconds{q=0.5}", 0.1 * 50.0 / 80.0);
    seen.is("response_quantile_seconds{q=0.9}", 0.1 + 0.9 * 0.5);
    seen.is("response_quantile_seconds{q=0.99}", 0.1 + 0.9 * 0.95);
    assert_eq!(seen.absent[ERRORS], Reason::NotEnabled, "no status is told");
    // Of a summary they are taken as they are, if there is but one.
    let summary = "http_request_duration_seconds{quantile=\"0.5\"} 0.2\n\
                   http_request_duration_seconds{quantile=\"0.99\"} NaN\n\
                   http_request_duration_seconds_count 3\nhttp_request_duration_seconds_sum 1\n";
    let seen = Shown::new(settings()).see(summary).await;
    seen.is("response_quantile_seconds{q=0.5}", 0.2);
    assert!(
        !seen
            .series
            .contains_key("response_quantile_seconds{q=0.99}")
    );
}

#[tokio::test(start_paused = true)]
async fn users_and_caches_are_known_by_their_names() {
    let page = |hits: u32, misses: u32| {
        format!(
            "tomcat_sessions_active_current_sessions 12\n\
             cache_gets_total{{cache=\"a\",result=\"hit\"}} {hits}\n\
             cache_gets_total{{cache=\"a\",result=\"miss\"}} {misses}\n\
             cache_gets_total{{cache=\"a\",result=\"pending\"}} 99\n"
        )
    };
    let mut shown = Shown::new(settings());
    let first = shown.see(&page(500, 500)).await;
    first.is("active_users{}", 12.0);
    assert_eq!(first.absent[CACHE], Reason::TooFew);
    let few = shown.see(&page(590, 509)).await;
    assert_eq!(few.absent[CACHE], Reason::TooFew, "99");
    let enough = shown.see(&page(590, 510)).await;
    enough.is("cache_hit_ratio{}", 0.9);
    enough.comes_from("cache_hit", "cache_gets_total");
    enough.comes_from("active_users", "tomcat_sessions_active_current_sessions");
    let none = Shown::new(settings()).see("up 1\n").await;
    for family in [MEAN, ERRORS, USERS, CACHE] {
        assert_eq!(none.absent[family], Reason::NotEnabled, "{family}");
    }
}

#[tokio::test(start_paused = true)]
async fn what_is_called_otherwise_is_mapped() {
    let series = |text: &str| Some(text.parse().unwrap());
    let map = Map {
        requests: series("jobs_done"),
        errors: series("jobs_done{how=\"badly\"}"),
        duration: series("jobs_time{queue!=\"slow\"}"),
        duration_unit: Some(Unit::Milliseconds),
        active_users: series("people"),
        cache_hits: series("lookups{found=\"1\"}"),
        cache_misses: series("lookups{found=\"0\"}"),
    };
    let mut shown = Shown::new(ApplicationSettings { map, ..settings() });
    let page = |times: u32| {
        format!(
            "jobs_done{{how=\"well\"}} {}\njobs_done{{how=\"badly\"}} {}\n\
             jobs_time_count{{queue=\"a\"}} {}\njobs_time_sum{{queue=\"a\"}} {}\n\
             jobs_time_count{{queue=\"slow\"}} {}\njobs_time_sum{{queue=\"slow\"}} 1e9\n\
             people{{where=\"here\"}} 3\npeople{{where=\"there\"}} 4\n\
             lookups{{found=\"1\"}} {}\nlookups{{found=\"0\"}} {}\n",
            75 * times,
            25 * times,
            100 * times,
            5_000 * times,
            times,
            300 * times,
            100 * times
        )
    };
    shown.see(&page(1)).await;
    let seen = shown.see(&page(2)).await;
    seen.is("requests_total{}", 200.0);
    seen.is("errors_total{}", 50.0);
    seen.is("error_ratio{}", 0.25);
    seen.is("response_mean_seconds{}", 0.05);
    seen.is("active_users{}", 7.0);
    seen.is("cache_hit_ratio{}", 0.75);
    seen.comes_from("error_rate", "jobs_done{how=\"badly\"}");
    seen.comes_from("api_response", "jobs_time{queue!=\"slow\"}");
}

#[tokio::test(start_paused = true)]
async fn a_probe_alone_tells_how_fast_and_how_often() {
    let probe = Some("http://app/health".parse().unwrap());
    let settings = ApplicationSettings {
        probe,
        metrics: None,
        ..settings()
    };
    let mut collector = ApplicationCollector::new(settings);
    assert!(collector.identity().is_empty());
    let mut down = None;
    for look in 0..20 {
        let result = match look {
            5 => Err(Failure::new(
                Reason::Http,
                "answered 500; look into its log",
            )),
            _ => Ok(()),
        };
        let took = Duration::from_millis(50);
        let began = Instant::now();
        tokio::time::advance(Duration::from_secs(10)).await;
        collector.probes.add(began, result.is_ok().then_some(took));
        let status = Some(if result.is_ok() { 200 } else { 500 });
        let collected = collector.tell(
            Some(Probed {
                status,
                took,
                result,
                simulated: false,
            }),
            None,
        );
        down = down.or(collected.down);
        let value = |name: &str| {
            let family = collected
                .families
                .iter()
                .find(|family| family.name == name)?;
            match family.metrics[0].value {
                Value::Number(value) => Some((value * 1e9).round() / 1e9),
                _ => None,
            }
        };
        if look == 5 {
            assert_eq!(value("vitals_application_probe_status"), Some(500.0));
            assert_eq!(value(UP), Some(0.0));
        }
        if look == 19 {
            assert_eq!(value(MEAN), Some(0.05));
            assert_eq!(value(ERRORS), Some(0.05));
            assert_eq!(value(UP), Some(1.0));
        }
    }
    assert_eq!(down.unwrap().part, "http://app/health");
}
