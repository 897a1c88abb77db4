//! The names by which the usual instrumentation tells of requests, users and caches: Micrometer (Spring
//! Boot, Quarkus), OpenTelemetry, ASP.NET, prom-client and express-prom-bundle, the clients of Go, Ruby
//! and Python (Flask, Django, FastAPI, Starlette), and what people write themselves. The first that is
//! there counts.

/// Histograms and summaries of response times.
pub(super) const DURATIONS: &[&str] = &[
    "http_server_request_duration_seconds",
    "http_server_requests_seconds",
    "http_request_duration_seconds",
    "http_request_duration_highr_seconds",
    "http_server_duration_milliseconds",
    "http_server_duration_seconds",
    "http_request_duration_milliseconds",
    "http_request_duration_ms",
    "http_requests_duration_seconds",
    "http_request_latency_seconds",
    "http_response_time_seconds",
    "flask_http_request_duration_seconds",
    "django_http_requests_latency_including_middlewares_seconds",
    "django_http_requests_latency_seconds_by_view_method",
    "starlette_request_duration_seconds",
    "fastapi_requests_duration_seconds",
    "fastapi_request_duration_seconds",
    "traefik_service_request_duration_seconds",
    "grpc_server_handling_seconds",
    "application_request_duration_seconds",
    "app_request_duration_seconds",
    "request_duration_seconds",
    "request_latency_seconds",
];

/// Counters of requests, or of their answers.
pub(super) const REQUESTS: &[&str] = &[
    "http_requests_total",
    "http_server_requests_total",
    "http_requests_received_total",
    "http_request_total",
    "http_responses_total",
    "flask_http_request_total",
    "django_http_responses_total_by_status_total",
    "starlette_requests_total",
    "fastapi_responses_total",
    "fastapi_requests_total",
    "traefik_service_requests_total",
    "haproxy_backend_http_responses_total",
    "application_requests_total",
    "app_requests_total",
    "requests_total",
];

/// Gauges of users, or of sessions.
pub(super) const ACTIVE_USERS: &[&str] = &[
    "application_active_users",
    "app_active_users",
    "active_users",
    "users_active",
    "logged_in_users",
    "active_sessions",
    "sessions_active",
    "http_sessions_active",
    "tomcat_sessions_active_current_sessions",
    "jetty_sessions_current",
];

/// Counters of look-ups in a cache that found something, and that did not.
pub(super) const CACHES: &[(&str, &str)] = &[
    (
        "application_cache_hits_total",
        "application_cache_misses_total",
    ),
    ("app_cache_hits_total", "app_cache_misses_total"),
    ("cache_hits_total", "cache_misses_total"),
    ("cache_hit_total", "cache_miss_total"),
    (
        "django_cache_get_hits_total",
        "django_cache_get_misses_total",
    ),
    ("caffeine_cache_hit_total", "caffeine_cache_miss_total"),
    ("guava_cache_hit_total", "guava_cache_miss_total"),
];

/// Counters of look-ups, of which a label says how they ended.
pub(super) const CACHE_RESULTS: &[&str] = &[
    "cache_gets_total",
    "cache_requests_total",
    "cache_lookups_total",
];
/// That label, and its values.
pub(super) const RESULT_LABELS: &[&str] = &["result", "outcome", "status"];
pub(super) const HIT: &str = "hit";
pub(super) const MISS: &str = "miss";

/// Labels with the status of an answer: `503`, `5xx`.
const STATUS_LABELS: &[&str] = &[
    "http_response_status_code",
    "http_status_code",
    "status_code",
    "http_status",
    "statuscode",
    "status",
    "code",
];

/// Labels with the path that was asked for.
pub(super) const PATH_LABELS: &[&str] = &[
    "http_route",
    "route",
    "uri",
    "path",
    "handler",
    "endpoint",
    "url",
];

/// When the process that tells all this was started.
pub(super) const START_TIME: &str = "process_start_time_seconds";

/// What the labels of a counter of requests say of the answers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Status {
    /// The server failed: 5xx.
    Error,
    /// Anything else.
    Good,
}

impl Status {
    /// `None` where no label says so.
    pub(super) fn of<'l>(
        label: impl Fn(&str) -> Option<std::borrow::Cow<'l, str>>,
    ) -> Option<Status> {
        let status = STATUS_LABELS.iter().find_map(|name| label(name))?;
        let is_class = |byte: &u8| byte.is_ascii_digit() || byte.eq_ignore_ascii_case(&b'x');
        let bytes = status.as_bytes();
        let is_error =
            bytes.len() == 3 && bytes.first() == Some(&b'5') && bytes.iter().all(is_class);
        Some(if is_error {
            Status::Error
        } else {
            Status::Good
        })
    }
}
