//! `GET /livez`, `/readyz` as Kubernetes writes them, `/-/healthy`, `/-/ready` as Prometheus does.

use actix_web::{
    HttpRequest, HttpResponse,
    http::{
        StatusCode,
        header::{CACHE_CONTROL, ContentType},
    },
    web::Data,
};
use supervision::State;

use super::{health::ROOT_SILENCE, query, shared::Shared};

/// A thing that must be so, and whether it is.
type Condition = (&'static str, bool);

fn liveness(shared: &Shared) -> Vec<Condition> {
    let tree = shared.tree.get();
    let silent = tree
        .and_then(|tree| tree.silence())
        .is_some_and(|silence| silence > ROOT_SILENCE);
    let failed = tree.is_some_and(|tree| tree.snapshot().state == State::Failed);
    vec![("root", !silent), ("tree", !failed)]
}

fn readiness(shared: &Shared) -> Vec<Condition> {
    let collected = shared.last_known.standing.load().version() > 0;
    let mut conditions = liveness(shared);
    conditions.push(("collection", collected));
    conditions.push(("shutdown", !shared.is_draining()));
    conditions
}

/// Whether it lives, as Kubernetes asks
#[utoipa::path(
    get,
    path = "/livez",
    tag = "health",
    params(("verbose" = Option<String>, Query, description = "Say of each condition whether it holds")),
    responses(
        (status = 200, description = "It lives", body = String, content_type = "text/plain; charset=utf-8"),
        (status = 503, description = "It should be restarted", body = String, content_type = "text/plain; charset=utf-8"),
    )
)]
pub(crate) async fn livez(request: HttpRequest, shared: Data<Shared>) -> HttpResponse {
    kubernetes("livez", &request, &liveness(&shared))
}

/// Whether it can be asked, as Kubernetes asks
#[utoipa::path(
    get,
    path = "/readyz",
    tag = "health",
    params(("verbose" = Option<String>, Query, description = "Say of each condition whether it holds")),
    responses(
        (status = 200, description = "It can be asked", body = String, content_type = "text/plain; charset=utf-8"),
        (status = 503, description = "Not yet, or no more", body = String, content_type = "text/plain; charset=utf-8"),
    )
)]
pub(crate) async fn readyz(request: HttpRequest, shared: Data<Shared>) -> HttpResponse {
    kubernetes("readyz", &request, &readiness(&shared))
}

/// Whether it lives, as Prometheus answers
#[utoipa::path(
    get,
    path = "/-/healthy",
    tag = "health",
    responses(
        (status = 200, description = "It lives", body = String, content_type = "text/plain; charset=utf-8"),
        (status = 503, description = "It should be restarted", body = String, content_type = "text/plain; charset=utf-8"),
    )
)]
pub(crate) async fn healthy(shared: Data<Shared>) -> HttpResponse {
    let (yes, no) = ("Vitals is Healthy.\n", "Vitals is not Healthy.\n");
    prometheus(&liveness(&shared), yes, no)
}

/// Whether it can be asked, as Prometheus answers
#[utoipa::path(
    get,
    path = "/-/ready",
    tag = "health",
    responses(
        (status = 200, description = "It can be asked", body = String, content_type = "text/plain; charset=utf-8"),
        (status = 503, description = "Not yet, or no more", body = String, content_type = "text/plain; charset=utf-8"),
    )
)]
pub(crate) async fn ready(shared: Data<Shared>) -> HttpResponse {
    let (yes, no) = ("Vitals is Ready.\n", "Vitals is not Ready.\n");
    prometheus(&readiness(&shared), yes, no)
}

fn kubernetes(what: &str, request: &HttpRequest, conditions: &[Condition]) -> HttpResponse {
    let all = conditions.iter().all(|(_, so)| *so);
    let verbose = query::parameter(request.query_string(), "verbose").is_some();
    if all && !verbose {
        return text(StatusCode::OK, "ok".to_owned());
    }
    let line = |(name, so): &Condition| match so {
        true => format!("[+]{name} ok\n"),
        false => format!("[-]{name} failed\n"),
    };
    let mut body: String = conditions.iter().map(line).collect();
    if all {
        body.push_str(&format!("{what} check passed\n"));
        text(StatusCode::OK, body)
    } else {
        body.push_str(&format!("{what} check failed\n"));
        text(StatusCode::SERVICE_UNAVAILABLE, body)
    }
}

fn prometheus(conditions: &[Condition], yes: &str, no: &str) -> HttpResponse {
    if conditions.iter().all(|(_, so)| *so) {
        text(StatusCode::OK, yes.to_owned())
    } else {
        text(StatusCode::SERVICE_UNAVAILABLE, no.to_owned())
    }
}

fn text(status: StatusCode, body: String) -> HttpResponse {
    HttpResponse::build(status)
        .insert_header((CACHE_CONTROL, "no-store"))
        .content_type(ContentType::plaintext())
        .body(body)
}
