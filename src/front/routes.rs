//! Which path leads to which handler.

use actix_web::{
    HttpRequest, HttpResponse, Resource, guard,
    http::{StatusCode, header::ALLOW},
    web,
};

use super::{chaos, error, health, index, metrics, probes, summary, tree};

pub(crate) fn routes(config: &mut web::ServiceConfig) {
    config
        .service(get("/", web::to(index::index)))
        .service(get("/metrics", web::to(metrics::metrics)))
        .service(get("/health", web::to(health::health)))
        .service(get("/livez", web::to(probes::livez)))
        .service(get("/readyz", web::to(probes::readyz)))
        .service(get("/-/healthy", web::to(probes::healthy)))
        .service(get("/-/ready", web::to(probes::ready)))
        .service(get("/summary", web::to(summary::summary)))
        .service(get("/vitals/v1/tree", web::to(tree::tree)))
        .service(
            web::resource("/vitals/v1/chaos/{actor:.+}/{fault}")
                .route(web::post().to(chaos::chaos))
                .default_service(web::to(|| method_not_allowed("POST"))),
        )
        .default_service(web::to(not_found));
}

/// A route that is read, with or without its body.
fn get(path: &str, route: actix_web::Route) -> Resource {
    let read = guard::Any(guard::Get()).or(guard::Head());
    web::resource(path)
        .route(route.guard(read))
        .default_service(web::to(|| method_not_allowed("GET, HEAD")))
}

async fn method_not_allowed(allowed: &'static str) -> HttpResponse {
    let mut response = HttpResponse::MethodNotAllowed();
    response.insert_header((ALLOW, allowed));
    let message = format!("this route takes {allowed}");
    error::with(response, "method_not_allowed", &message)
}

async fn not_found(request: HttpRequest) -> HttpResponse {
    let message = format!("nothing at {}; / lists what there is", request.path());
    error::error(StatusCode::NOT_FOUND, "not_found", &message)
}
