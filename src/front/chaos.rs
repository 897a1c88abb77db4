//! `POST /vitals/v1/chaos/{actor}/{panic|hang|stop}`: strikes a running actor by its path in the
//! tree (URL-encoded). Open only with `--chaos`, and only between loopback addresses.

use std::time::Duration;

use actix_web::{
    HttpRequest, HttpResponse,
    http::StatusCode,
    web::{Data, Path},
};
use serde::Serialize;
use supervision::{Fault, FaultError};

use super::{
    error::{error, unavailable},
    shared::Shared,
};

const HANG: Duration = Duration::from_secs(10);
const LONGEST_HANG: u64 = 60;

#[derive(Serialize)]
struct Struck<'a> {
    actor: &'a str,
    fault: &'a str,
}

pub(crate) async fn chaos(
    request: HttpRequest,
    place: Path<(String, String)>,
    shared: Data<Shared>,
) -> HttpResponse {
    let local = request
        .peer_addr()
        .is_some_and(|peer| peer.ip().is_loopback());
    if !shared.chaos || !local {
        let message = "chaos is for `--chaos` on a loopback address, asked from there";
        return error(StatusCode::FORBIDDEN, "forbidden", message);
    }
    let (actor, name) = place.into_inner();
    let fault = match fault(&name, request.query_string()) {
        Ok(fault) => fault,
        Err(message) => return error(StatusCode::BAD_REQUEST, "bad_fault", &message),
    };
    let Some(tree) = shared.tree.get() else {
        return unavailable("the tree is not standing yet");
    };
    match tree.inject(&actor, fault) {
        Ok(()) => {
            log::warn!("chaos: {actor} is struck: {fault:?}");
            HttpResponse::Accepted().json(Struck {
                actor: &actor,
                fault: &name,
            })
        }
        Err(problem) => {
            let (status, code) = match problem {
                FaultError::NoSuchActor(_) => (StatusCode::NOT_FOUND, "no_such_actor"),
                FaultError::NotRunning(_) => (StatusCode::CONFLICT, "not_running"),
                FaultError::Root => (StatusCode::BAD_REQUEST, "root"),
            };
            error(status, code, &problem.to_string())
        }
    }
}

fn fault(name: &str, query: &str) -> Result<Fault, String> {
    match name {
        "panic" => Ok(Fault::Panic),
        "stop" => Ok(Fault::Stop),
        "hang" => seconds(query).map(Fault::Hang),
        _ => Err(format!("no fault `{name}`: panic, hang or stop")),
    }
}

fn seconds(query: &str) -> Result<Duration, String> {
    let Some(text) = query.split('&').find_map(|p| p.strip_prefix("seconds=")) else {
        return Ok(HANG);
    };
    match text.parse() {
        Ok(seconds @ 1..=LONGEST_HANG) => Ok(Duration::from_secs(seconds)),
        _ => Err(format!("seconds=`{text}`: 1 to {LONGEST_HANG}")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_hang_has_a_length() {
        let hang = |seconds| Ok(Fault::Hang(Duration::from_secs(seconds)));
        assert_eq!(fault("hang", ""), hang(10));
        assert_eq!(fault("hang", "seconds=60"), hang(60));
        for bad in [
            "seconds=61",
            "seconds=0",
            "seconds=-1",
            "seconds=x",
            "seconds=",
        ] {
            assert!(fault("hang", bad).is_err(), "{bad}");
        }
        assert_eq!(fault("panic", "seconds=x"), Ok(Fault::Panic));
        assert!(fault("explode", "").is_err());
    }
}
