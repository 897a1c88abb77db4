//! Enterprise Cache Protocol: there is none, as on most servers.

use super::{Family, Number, gauge};

pub(super) const ALL: &[Family] = &[
    gauge(
        "iris_ecp_conn",
        "Total active ECP connections on this system as an ECP application server",
        |_, out| out.one(Number::whole(0)),
    ),
    gauge(
        "iris_ecp_conn_max",
        "Maximum active ECP connections from this system as an ECP application server",
        |_, out| out.one(Number::whole(2)),
    ),
    gauge("iris_ecp_connections", "ECP connections", |_, out| {
        out.one(Number::whole(0));
    })
    .only_2024(),
    gauge("iris_ecp_latency", "ECP latency", |_, out| {
        out.one(Number::whole(0));
    })
    .only_2024(),
    gauge(
        "iris_ecps_conn",
        "Total active client connections to this system as an ECP data server",
        |_, out| out.one(Number::whole(0)),
    ),
    gauge(
        "iris_ecps_conn_max",
        "Maximum active client connections to this system as an ECP data server",
        |_, out| out.one(Number::whole(1)),
    ),
];
