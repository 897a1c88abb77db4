//! The web gateway.

use super::{Family, Number, Series, Version, View, gauge};

pub(super) const ALL: &[Family] = &[
    gauge(
        "iris_csp_activity",
        "Web requests served by the Web Gateway Server since it was started",
        |view, out| push(view, out, Number::whole(view.world.web_requests)),
    ),
    gauge(
        "iris_csp_actual_connections",
        "Current connections to this server by the Web Gateway Server",
        |view, out| push(view, out, connections(view)),
    ),
    gauge(
        "iris_csp_gateway_latency",
        "Time (milliseconds) required to obtain a response from the Web Gateway Server when fetching metrics represented by Web sensors",
        |view, out| push(view, out, view.latency(10, 2.9)),
    )
    .unit("milliseconds"),
    gauge(
        "iris_csp_in_use_connections",
        "Current connections to this server by the Web Gateway Server that are processing a Web request",
        // The scrape itself.
        |view, out| push(view, out, Number::whole(1)),
    ),
    gauge(
        "iris_csp_private_connections",
        "Current connections to this server by the Web Gateway Server that are reserved for state-aware applications (Preserve mode 1)",
        |view, out| push(view, out, Number::whole(0)),
    ),
    gauge(
        "iris_csp_sessions",
        "Currently active Web session IDs on this server",
        |view, out| {
            let portal = 3 + (2.0 * view.wave(12, 300)) as i64;
            out.one(Number::whole(portal.max(1) + i64::from(view.sessions)));
        },
    ),
];

fn push(view: &View<'_>, out: &mut Series, value: Number) {
    let gateway = match view.version() {
        Version::V2024 => "127.0.0.1:80",
        Version::V2026 => "172.24.0.1:80",
        Version::Community => "127.0.0.1:52773",
    };
    out.push(&[("id", gateway)], value);
}

fn connections(view: &View<'_>) -> Number {
    let open = 12.0 + 5.0 * view.world.busy() + 3.0 * view.wave(11, 120);
    Number::whole(open.clamp(1.0, 200.0) as i64)
}
