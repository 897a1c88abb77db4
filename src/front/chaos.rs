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
use utoipa::ToSchema;

use super::{
    error::{ErrorBody, error, unavailable},
    query,
    shared::Shared,
};
use crate::audit::Change;

const HANG: Duration = Duration::from_secs(10);
const LONGEST_HANG: u64 = 60;

/// What an actor can be struck with.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "lowercase")]
#[schema(as = Fault)]
enum FaultName {
    Panic,
    Hang,
    Stop,
}

/// Who is struck, and by what.
#[derive(Serialize, ToSchema)]
struct Struck {
    actor: String,
    fault: FaultName,
}

/// Strike an actor
///
/// Only with `--chaos`, and only between loopback addresses.
#[utoipa::path(
    post,
    path = "/vitals/v1/chaos/{actor}/{fault}",
    tag = "state",
    params(
        ("actor" = String, Path, description = "Its path in the tree, URL-encoded", example = "collectors/system"),
        ("fault" = FaultName, Path, description = "What happens to it"),
        ("seconds" = Option<u64>, Query, minimum = 1, maximum = 60, description = "How long it hangs; 10 if not said"),
    ),
    responses(
        (status = 202, description = "It is struck", body = Struck),
        (status = 400, description = "No such fault, or not this actor", body = ErrorBody),
        (status = 403, description = "Chaos is off, or asked from elsewhere", body = ErrorBody),
        (status = 404, description = "No such actor", body = ErrorBody),
        (status = 409, description = "The actor is not running", body = ErrorBody),
        (status = 503, description = "The tree is not standing yet, or the service is overloaded", body = ErrorBody),
    )
)]
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
    let (name, fault) = match fault(&name, request.query_string()) {
        Ok(named) => named,
        Err(message) => return error(StatusCode::BAD_REQUEST, "bad_fault", &message),
    };
    let Some(tree) = shared.tree.get() else {
        return unavailable("the tree is not standing yet");
    };
    match tree.inject(&actor, fault) {
        Ok(()) => {
            shared.audit.tell(Change {
                who: "loopback".to_owned(),
                what: format!("chaos: {fault:?} {actor}").to_lowercase(),
                outcome: "struck".to_owned(),
                peer: request.peer_addr(),
            });
            HttpResponse::Accepted().json(Struck { actor, fault: name })
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

fn fault(name: &str, query: &str) -> Result<(FaultName, Fault), String> {
    match name {
        "panic" => Ok((FaultName::Panic, Fault::Panic)),
        "stop" => Ok((FaultName::Stop, Fault::Stop)),
        "hang" => seconds(query).map(|length| (FaultName::Hang, Fault::Hang(length))),
        _ => Err(format!("no fault `{name}`: panic, hang or stop")),
    }
}

fn seconds(query: &str) -> Result<Duration, String> {
    let Some(text) = query::parameter(query, "seconds") else {
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
        let fault = |name, query| fault(name, query).map(|(_, fault)| fault);
        let hang = |seconds| Ok(Fault::Hang(Duration::from_secs(seconds)));
        assert_eq!(fault("hang", ""), hang(10));
        assert_eq!(fault("hang", "seconds=60"), hang(60));
        for bad in [
            "seconds=61",
            "seconds=0",
            "seconds=-1",
            "seconds=x",
            "seconds=",
            "seconds",
        ] {
            assert!(fault("hang", bad).is_err(), "{bad}");
        }
        assert_eq!(fault("panic", "seconds=x"), Ok(Fault::Panic));
        assert!(fault("explode", "").is_err());
    }
}
